/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-card: one attempt's dealings with the card. Started by sekishod with its
 * socket as descriptor 3; nobody else has a use for it.
 */
#include "card/guard.h"
#include "card/process.h"
#include "card/session.h"

int main(void)
{
	if (process_lock_in() != SK_OK || guard_init(PROCESS_FD) != SK_OK)
		return SESSION_PROTOCOL;
	return (int)session_run(PROCESS_FD);
}
