/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwserial/fake_line.h"

#include <string.h>

#include "hal.h"

struct fake_line line;
static uint8_t answer[CCID_HEADER_LEN];

uint64_t hal_now_us(void)
{
	return line.now_us;
}

int hal_serial_getc(void)
{
	return line.in_at < line.in_len ? line.in[line.in_at++] : -1;
}

size_t hal_serial_send(const uint8_t *p, size_t len)
{
	size_t n = len < line.take ? len : line.take;

	if (n > sizeof(line.out) - line.out_len)
		n = sizeof(line.out) - line.out_len;
	memcpy(line.out + line.out_len, p, n);
	line.out_len += n;
	return n;
}

void ccid_receive(struct ccid *c, const uint8_t *msg, size_t len)
{
	(void)c;
	line.received++;
	memcpy(line.got, msg, len);
	line.got_len = len;
	if (!line.answers)
		return;
	memset(answer, 0, sizeof(answer));
	answer[0] = 0x81;
	answer[6] = msg[6];
	line.pending = answer;
	line.pending_len = sizeof(answer);
}

void ccid_step(struct ccid *c)
{
	(void)c;
}

bool ccid_takes(const struct ccid *c)
{
	(void)c;
	return line.pending == NULL;
}

bool ccid_owes(const struct ccid *c)
{
	(void)c;
	return line.busy || line.pending != NULL;
}

void ccid_host_gone(struct ccid *c)
{
	(void)c;
	line.gone++;
	line.busy = false;
	line.pending = NULL;
	line.pending_len = 0;
}

const uint8_t *ccid_pending(const struct ccid *c, size_t *ret_len)
{
	(void)c;
	*ret_len = line.pending_len;
	return line.pending;
}

void ccid_sent(struct ccid *c)
{
	(void)c;
	line.pending = NULL;
	line.pending_len = 0;
}

bool ccid_take_change(struct ccid *c, bool *ret_present)
{
	bool changed = line.changed;

	(void)c;
	line.changed = false;
	*ret_present = line.present;
	return changed;
}
