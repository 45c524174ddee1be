/* SPDX-License-Identifier: Apache-2.0 */
#include "card/t1_table.h"

/* Clauses are rules of ISO/IEC 7816-3:2006 11.6.3.2. The same rows: STATES-T1.md. */
/* clang-format off */
const struct t1_row t1_table[] = {
	{ T1_S_IDLE,    T1_E_GO_LAST,     T1_A_SEND_I,       T1_S_LAST    }, /* rule 1 */
	{ T1_S_IDLE,    T1_E_GO_MORE,     T1_A_SEND_I,       T1_S_MORE    }, /* rule 1, rule 5 */
	{ T1_S_IDLE,    T1_E_GO_NONE,     T1_A_WANT,         T1_S_WANT    },
	{ T1_S_IDLE,    T1_E_GO_IFS,      T1_A_SEND_IFS,     T1_S_IFS     }, /* rule 1, rule 4 */
	{ T1_S_IDLE,    T1_E_DROP,        T1_A_ABORTED,      T1_S_IDLE    },

	{ T1_S_TURN,    T1_E_GO_LAST,     T1_A_SEND_I,       T1_S_LAST    }, /* rule 2.2, rule 7.1 */
	{ T1_S_TURN,    T1_E_GO_MORE,     T1_A_SEND_I,       T1_S_MORE    }, /* rule 2.2, rule 7.1 */
	{ T1_S_TURN,    T1_E_GO_NONE,     T1_A_WANT,         T1_S_WANT    },
	{ T1_S_TURN,    T1_E_GO_IFS,      T1_A_SEND_IFS,     T1_S_IFS     }, /* after rule 6.2 */
	{ T1_S_TURN,    T1_E_ABORT,       T1_A_SEND_ABORT,   T1_S_ABORT   }, /* rule 9 */
	{ T1_S_TURN,    T1_E_DROP,        T1_A_ABORTED,      T1_S_IDLE    },
	{ T1_S_TURN,    T1_E_SPENT,       T1_A_FAIL,         T1_S_FAILED  }, /* after rule 6.2 */

	{ T1_S_WANT,    T1_E_GO_LAST,     T1_A_SEND_I,       T1_S_LAST    }, /* rule 2.2 */
	{ T1_S_WANT,    T1_E_GO_MORE,     T1_A_SEND_I,       T1_S_MORE    }, /* rule 2.2 */
	{ T1_S_WANT,    T1_E_GO_NONE,     T1_A_WANT,         T1_S_WANT    },
	{ T1_S_WANT,    T1_E_ABORT,       T1_A_SEND_ABORT,   T1_S_ABORT   }, /* rule 9 */
	{ T1_S_WANT,    T1_E_DROP,        T1_A_ABORTED,      T1_S_IDLE    },

	{ T1_S_LAST,    T1_E_I_LAST,      T1_A_TAKE_LAST,    T1_S_IDLE    }, /* rule 2.1 */
	{ T1_S_LAST,    T1_E_I_MORE,      T1_A_TAKE_MORE,    T1_S_DATA    }, /* rule 2.1, rule 5 */
	{ T1_S_LAST,    T1_E_R_AGAIN,     T1_A_AGAIN,        T1_S_TURN    }, /* rule 7.1 */
	{ T1_S_LAST,    T1_E_R_NEXT,      T1_A_R_OTHER,      T1_S_LAST_R  }, /* rule 7.1 */
	{ T1_S_LAST,    T1_E_R_NEXT_ERR,  T1_A_R_OTHER,      T1_S_LAST_R  }, /* rule 7.1 */
	{ T1_S_LAST,    T1_E_WTX_REQ,     T1_A_WTX,          T1_S_LAST_S  }, /* rule 3 */
	{ T1_S_LAST,    T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_LAST,    T1_E_IFS_REQ,     T1_A_IFS,          T1_S_LAST_S  }, /* rule 4 */
	{ T1_S_LAST,    T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_LAST,    T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_LAST,    T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_LAST_R  }, /* rule 7.1 */
	{ T1_S_LAST,    T1_E_ANY,         T1_A_R_OTHER,      T1_S_LAST_R  }, /* rule 7.1 */
	{ T1_S_LAST,    T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_LAST_R,  T1_E_I_LAST,      T1_A_TAKE_LAST,    T1_S_IDLE    }, /* rule 2.1 */
	{ T1_S_LAST_R,  T1_E_I_MORE,      T1_A_TAKE_MORE,    T1_S_DATA    }, /* rule 2.1, rule 5 */
	{ T1_S_LAST_R,  T1_E_R_AGAIN,     T1_A_AGAIN,        T1_S_TURN    }, /* rule 7.1 */
	{ T1_S_LAST_R,  T1_E_R_NEXT,      T1_A_RESEND,       T1_S_LAST_R  }, /* rule 7.2 */
	{ T1_S_LAST_R,  T1_E_R_NEXT_ERR,  T1_A_RESEND,       T1_S_LAST_R  }, /* rule 7.2 */
	{ T1_S_LAST_R,  T1_E_WTX_REQ,     T1_A_WTX,          T1_S_LAST_S  }, /* rule 3 */
	{ T1_S_LAST_R,  T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_LAST_R,  T1_E_IFS_REQ,     T1_A_IFS,          T1_S_LAST_S  }, /* rule 4 */
	{ T1_S_LAST_R,  T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_LAST_R,  T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_LAST_R,  T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_LAST_R  }, /* rule 7.2 */
	{ T1_S_LAST_R,  T1_E_ANY,         T1_A_R_OTHER,      T1_S_LAST_R  }, /* rule 7.2 */
	{ T1_S_LAST_R,  T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */
	{ T1_S_LAST_R,  T1_E_SPENT_FIRST, T1_A_FAIL,         T1_S_FAILED  }, /* rule 7.4.1 */

	{ T1_S_LAST_S,  T1_E_I_LAST,      T1_A_TAKE_LAST,    T1_S_IDLE    }, /* rule 2.1 */
	{ T1_S_LAST_S,  T1_E_I_MORE,      T1_A_TAKE_MORE,    T1_S_DATA    }, /* rule 2.1, rule 5 */
	{ T1_S_LAST_S,  T1_E_R_AGAIN,     T1_A_AGAIN,        T1_S_TURN    }, /* rule 7.1 */
	{ T1_S_LAST_S,  T1_E_R_NEXT,      T1_A_RESEND,       T1_S_LAST_S  }, /* rule 7.3 */
	{ T1_S_LAST_S,  T1_E_R_NEXT_ERR,  T1_A_RESEND,       T1_S_LAST_S  }, /* rule 7.3 */
	{ T1_S_LAST_S,  T1_E_WTX_REQ,     T1_A_WTX,          T1_S_LAST_S  }, /* rule 3 */
	{ T1_S_LAST_S,  T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_LAST_S,  T1_E_IFS_REQ,     T1_A_IFS,          T1_S_LAST_S  }, /* rule 4 */
	{ T1_S_LAST_S,  T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_LAST_S,  T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_LAST_S,  T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_LAST_R  }, /* rule 7.3 */
	{ T1_S_LAST_S,  T1_E_ANY,         T1_A_R_OTHER,      T1_S_LAST_R  }, /* rule 7.3 */
	{ T1_S_LAST_S,  T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_MORE,    T1_E_R_NEXT,      T1_A_ACK,          T1_S_TURN    }, /* rule 2.2 */
	{ T1_S_MORE,    T1_E_R_NEXT_ERR,  T1_A_ACK,          T1_S_TURN    }, /* rule 2.2 */
	{ T1_S_MORE,    T1_E_R_AGAIN,     T1_A_AGAIN,        T1_S_TURN    }, /* rule 7.1 */
	{ T1_S_MORE,    T1_E_WTX_REQ,     T1_A_WTX,          T1_S_MORE_S  }, /* rule 3 */
	{ T1_S_MORE,    T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_MORE,    T1_E_IFS_REQ,     T1_A_IFS,          T1_S_MORE_S  }, /* rule 4 */
	{ T1_S_MORE,    T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_MORE,    T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_MORE,    T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_MORE    }, /* rule 7.1 */
	{ T1_S_MORE,    T1_E_ANY,         T1_A_R_OTHER,      T1_S_MORE    }, /* rule 7.1 */
	{ T1_S_MORE,    T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */
	{ T1_S_MORE,    T1_E_SPENT_FIRST, T1_A_FAIL,         T1_S_FAILED  }, /* rule 7.4.1 */

	{ T1_S_MORE_S,  T1_E_R_NEXT,      T1_A_ACK,          T1_S_TURN    }, /* rule 2.2 */
	{ T1_S_MORE_S,  T1_E_R_NEXT_ERR,  T1_A_RESEND,       T1_S_MORE_S  }, /* rule 7.3 */
	{ T1_S_MORE_S,  T1_E_R_AGAIN,     T1_A_AGAIN,        T1_S_TURN    }, /* rule 7.1 */
	{ T1_S_MORE_S,  T1_E_WTX_REQ,     T1_A_WTX,          T1_S_MORE_S  }, /* rule 3 */
	{ T1_S_MORE_S,  T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_MORE_S,  T1_E_IFS_REQ,     T1_A_IFS,          T1_S_MORE_S  }, /* rule 4 */
	{ T1_S_MORE_S,  T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_MORE_S,  T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_MORE_S,  T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_MORE    }, /* rule 7.3 */
	{ T1_S_MORE_S,  T1_E_ANY,         T1_A_R_OTHER,      T1_S_MORE    }, /* rule 7.3 */
	{ T1_S_MORE_S,  T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_DATA,    T1_E_GO_ACK,      T1_A_SEND_ACK,     T1_S_RECV    }, /* rule 2.2 */
	{ T1_S_DATA,    T1_E_ABORT,       T1_A_SEND_ABORT,   T1_S_ABORT   }, /* rule 9 */

	{ T1_S_RECV,    T1_E_I_LAST,      T1_A_TAKE_LAST,    T1_S_IDLE    }, /* rule 5 */
	{ T1_S_RECV,    T1_E_I_MORE,      T1_A_TAKE_MORE,    T1_S_DATA    }, /* rule 5 */
	{ T1_S_RECV,    T1_E_R_AGAIN,     T1_A_RESEND,       T1_S_RECV    }, /* rule 7.2 */
	{ T1_S_RECV,    T1_E_R_NEXT,      T1_A_RESEND,       T1_S_RECV    }, /* rule 7.2 */
	{ T1_S_RECV,    T1_E_R_NEXT_ERR,  T1_A_RESEND,       T1_S_RECV    }, /* rule 7.2 */
	{ T1_S_RECV,    T1_E_WTX_REQ,     T1_A_WTX,          T1_S_RECV_S  }, /* rule 3 */
	{ T1_S_RECV,    T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_RECV,    T1_E_IFS_REQ,     T1_A_IFS,          T1_S_RECV_S  }, /* rule 4 */
	{ T1_S_RECV,    T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_RECV,    T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_RECV,    T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_RECV    }, /* rule 7.2 */
	{ T1_S_RECV,    T1_E_ANY,         T1_A_R_OTHER,      T1_S_RECV    }, /* rule 7.2 */
	{ T1_S_RECV,    T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_RECV_S,  T1_E_I_LAST,      T1_A_TAKE_LAST,    T1_S_IDLE    }, /* rule 5 */
	{ T1_S_RECV_S,  T1_E_I_MORE,      T1_A_TAKE_MORE,    T1_S_DATA    }, /* rule 5 */
	{ T1_S_RECV_S,  T1_E_R_AGAIN,     T1_A_RESEND,       T1_S_RECV_S  }, /* rule 7.3 */
	{ T1_S_RECV_S,  T1_E_R_NEXT,      T1_A_RESEND,       T1_S_RECV_S  }, /* rule 7.3 */
	{ T1_S_RECV_S,  T1_E_R_NEXT_ERR,  T1_A_RESEND,       T1_S_RECV_S  }, /* rule 7.3 */
	{ T1_S_RECV_S,  T1_E_WTX_REQ,     T1_A_WTX,          T1_S_RECV_S  }, /* rule 3 */
	{ T1_S_RECV_S,  T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_RECV_S,  T1_E_IFS_REQ,     T1_A_IFS,          T1_S_RECV_S  }, /* rule 4 */
	{ T1_S_RECV_S,  T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 9 */
	{ T1_S_RECV_S,  T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_RECV_S,  T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_RECV    }, /* rule 7.3 */
	{ T1_S_RECV_S,  T1_E_ANY,         T1_A_R_OTHER,      T1_S_RECV    }, /* rule 7.3 */
	{ T1_S_RECV_S,  T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_IFS,     T1_E_IFS_RSP,     T1_A_IFS_DONE,     T1_S_IDLE    }, /* rule 4 */
	{ T1_S_IFS,     T1_E_ANY,         T1_A_ASK,          T1_S_IFS     }, /* rule 7.3 */
	{ T1_S_IFS,     T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */
	{ T1_S_IFS,     T1_E_SPENT_FIRST, T1_A_FAIL,         T1_S_FAILED  }, /* rule 7.4.1 */

	{ T1_S_ABORT,   T1_E_ABORT_RSP,   T1_A_ABORTED,      T1_S_IDLE    }, /* rule 9 */
	{ T1_S_ABORT,   T1_E_ANY,         T1_A_ASK,          T1_S_ABORT   }, /* rule 7.3 */
	{ T1_S_ABORT,   T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_GIVEN,   T1_E_R_AGAIN,     T1_A_YIELDED,      T1_S_IDLE    }, /* rule 9 */
	{ T1_S_GIVEN,   T1_E_R_NEXT,      T1_A_YIELDED,      T1_S_IDLE    }, /* rule 9 */
	{ T1_S_GIVEN,   T1_E_R_NEXT_ERR,  T1_A_YIELDED,      T1_S_IDLE    }, /* rule 9 */
	{ T1_S_GIVEN,   T1_E_I_LAST,      T1_A_TAKE_DROP,    T1_S_IDLE    }, /* rule 9 */
	{ T1_S_GIVEN,   T1_E_I_MORE,      T1_A_TAKE_STOP,    T1_S_ABORT   }, /* rule 9 */
	{ T1_S_GIVEN,   T1_E_WTX_STOP,    T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 6.1 */
	{ T1_S_GIVEN,   T1_E_IFS_REQ,     T1_A_IFS,          T1_S_GIVEN   }, /* rule 4 */
	{ T1_S_GIVEN,   T1_E_ABORT_REQ,   T1_A_GIVE,         T1_S_GIVEN   }, /* rule 7.3 */
	{ T1_S_GIVEN,   T1_E_FLOOD,       T1_A_FAIL,         T1_S_FAILED  },
	{ T1_S_GIVEN,   T1_E_BAD_EDC,     T1_A_R_EDC,        T1_S_GIVEN   }, /* rule 7.3 */
	{ T1_S_GIVEN,   T1_E_ANY,         T1_A_R_OTHER,      T1_S_GIVEN   }, /* rule 7.3 */
	{ T1_S_GIVEN,   T1_E_SPENT,       T1_A_SEND_RESYNCH, T1_S_RESYNCH }, /* rule 7.4.2 */

	{ T1_S_RESYNCH, T1_E_RESYNCH_RSP, T1_A_RESYNCHED,    T1_S_TURN    }, /* rule 6.2 */
	{ T1_S_RESYNCH, T1_E_ANY,         T1_A_ASK,          T1_S_RESYNCH }, /* rule 7.3 */
	{ T1_S_RESYNCH, T1_E_SPENT,       T1_A_FAIL,         T1_S_FAILED  }, /* rule 6.4 */
};
/* clang-format on */

const size_t t1_table_n = sizeof(t1_table) / sizeof(t1_table[0]);
