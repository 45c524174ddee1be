/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked in the place of main.c: the product's store and board, driven over the serial line (kill9.py).
 *
 * Command, 5 bytes:  op, id, length (2, big-endian), seed
 * Answer, 6 bytes:   op, status with its sign turned, value (4, big-endian)
 *
 * | op | does | value |
 * |---|---|---|
 * | M | (said once, after the start) store_mount() | 0 |
 * | C, Z, R | charge, clear, read a counter | the counter's; Z: 0 |
 * | P, D | put, delete a record; contents are made from length and seed, see fill() | 0 |
 * | G | get a record | its length; the contents follow the answer |
 *
 * An answer leaves after the call came back. While a call runs, the word behind the store's flash holds its op: what
 * kills QEMU can see there whether it hit in the middle.
 */
#include "board/bench/wire.h"
#include "board/mps2/mps2.h"
#include "core/bytes.h"
#include "flash/store.h"
#include "hal.h"
#include "reader.h"

#define COMMAND_LEN 5u
#define ANSWER_LEN 6u
#define IDLE_US 1000u
#define BUSY MPS2_REG(MPS2_FLASH + MPS2_FLASH_SECTOR * MPS2_FLASH_SECTORS)

static struct store store;
static uint8_t contents[STORE_RECORD_MAX];

static void fill(size_t len, uint8_t seed)
{
	for (size_t i = 0; i < len; i++)
		contents[i] = (uint8_t)(seed ^ (i * 167u + (i >> 8) * 29u));
}

static void say(const uint8_t *p, size_t len)
{
	for (size_t sent = 0; sent < len;)
		sent += wire_send(WIRE_SERIAL, p + sent, len - sent);
}

static void answer(uint8_t op, enum sk_status st, uint32_t value)
{
	uint8_t b[ANSWER_LEN] = { op, (uint8_t) - (int)st };

	sk_store_be32(b + 2, value);
	say(b, sizeof(b));
}

static enum sk_status call(const uint8_t c[static COMMAND_LEN], uint32_t *ret_value)
{
	size_t len = (size_t)(c[2] << 8 | c[3]);
	enum sk_status st;

	switch (c[0]) {
	case 'M':
		return store_mount(&store);
	case 'C':
		return store_counter_charge(&store, c[1], ret_value);
	case 'Z':
		return store_counter_clear(&store, c[1]);
	case 'R':
		return store_counter_read(&store, c[1], ret_value);
	case 'P':
		return store_put(&store, c[1], contents, len);
	case 'D':
		return store_delete(&store, c[1]);
	case 'G':
		st = store_get(&store, c[1], contents, sizeof(contents), &len);
		*ret_value = st == SK_OK ? (uint32_t)len : 0;
		return st;
	default:
		return SK_E_ARG;
	}
}

static void obey(const uint8_t c[static COMMAND_LEN])
{
	const uint32_t len = (uint32_t)(c[2] << 8 | c[3]);
	uint32_t value = 0;
	enum sk_status st = SK_E_ARG;

	if (len <= sizeof(contents)) {
		if (c[0] == 'P')
			fill(len, c[4]);
		BUSY = c[0];
		st = call(c, &value);
		BUSY = 0;
	}
	answer(c[0], st, value);
	if (c[0] == 'G')
		say(contents, value);
}

_Noreturn void reader_main(void)
{
	uint8_t command[COMMAND_LEN] = { 'M' };
	size_t have = 0;
	int byte;

	obey(command);
	for (;;) {
		byte = wire_getc(WIRE_SERIAL);
		if (byte < 0) {
			hal_idle(hal_now_us() + IDLE_US);
			continue;
		}
		command[have++] = (uint8_t)byte;
		if (have == COMMAND_LEN) {
			have = 0;
			obey(command);
		}
	}
}
