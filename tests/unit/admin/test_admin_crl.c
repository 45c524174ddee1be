/* SPDX-License-Identifier: Apache-2.0 */
/* The import of a revocation list, from its first chunk to its compiler's answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "admin_rig.h"

/* An import is put together from chunks in order, within its bounds. */
static void crl_chunks(void **state)
{
	struct rig *r = *state;
	uint8_t chunk[100];

	memset(chunk, 'x', sizeof(chunk));
	/* In the middle: there is no import. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 100);
	rig_num(r, IPC_F_TOTAL, 200);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	/* Larger than announced. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, 99);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	/* Too large altogether. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, (UINT64_C(2) << 30) + 1);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_SPACE);
	/* The first of two is taken; a gap ends the import. */
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 0);
	rig_num(r, IPC_F_TOTAL, 300);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_OK);
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, 200);
	rig_num(r, IPC_F_TOTAL, 300);
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
	assert_int_equal(rig_answer(r), SK_E_STATE);
	assert_int_equal(rig_records(r), 0);
}

static void send_chunk(struct rig *r, uint64_t at, uint64_t total)
{
	uint8_t chunk[100];

	memset(chunk, 'x', sizeof(chunk));
	rig_ask(r, CMD_CRL_IMPORT);
	rig_num(r, IPC_F_COUNT, at);
	rig_num(r, IPC_F_TOTAL, total);
	rig_text(r, IPC_F_PATH, "ca.crl");
	ipc_out_bytes(&r->o, IPC_F_BYTES, chunk, sizeof(chunk));
}

/* The last chunk is answered when the list has been compiled; meanwhile no other begins, and commands go on. */
static void crl_is_compiled(void **state)
{
	struct rig *r = *state;
	struct audit_row row;

	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_OK);
	send_chunk(r, 100, 200);
	rig_send(r);
	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_E_BUSY);
	rig_ask(r, CMD_PERSON_LIST);
	assert_int_equal(rig_answer(r), SK_OK);
	assert_int_equal(rig_compiled(r, SK_E_FORMAT, "this is no CRL in DER or PEM"), SK_E_FORMAT);
	assert_string_equal(r->text, "this is no CRL in DER or PEM");
	assert_int_equal(rig_records(r), 1);
	rig_newest(r, &row);
	assert_int_equal(row.event, EV_CRL_REFUSED);
	assert_string_equal(row.detail, "this is no CRL in DER or PEM from=ca.crl");
	/* and the next one begins */
	send_chunk(r, 0, 200);
	assert_int_equal(rig_answer(r), SK_OK);
	/* a peer that goes takes its import along */
	admin_crl_client_gone((struct conn *)(void *)r->conn);
	send_chunk(r, 100, 200);
	assert_int_equal(rig_answer(r), SK_E_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(crl_chunks, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(crl_is_compiled, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
