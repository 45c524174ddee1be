/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwusb/fake.h"

#include <string.h>

struct fake_ccid fake_ccid;

void ccid_receive(struct ccid *c, const uint8_t *msg, size_t len)
{
	unsigned int i = fake_ccid.got_n++ % FAKE_MESSAGES;

	(void)c;
	if (fake_ccid.response_len != 0 || len > sizeof(fake_ccid.got[0])) {
		fake_ccid.contract_broken = true;
		return;
	}
	memcpy(fake_ccid.got[i], msg, len);
	fake_ccid.got_len[i] = len;
}

bool ccid_takes(const struct ccid *c)
{
	(void)c;
	return fake_ccid.response_len == 0;
}

bool ccid_owes(const struct ccid *c)
{
	(void)c;
	return fake_ccid.busy || fake_ccid.response_len != 0;
}

const uint8_t *ccid_pending(const struct ccid *c, size_t *ret_len)
{
	(void)c;
	*ret_len = fake_ccid.response_len;
	return fake_ccid.response_len ? fake_ccid.response : NULL;
}

void ccid_sent(struct ccid *c)
{
	(void)c;
	if (fake_ccid.response_len == 0)
		fake_ccid.contract_broken = true;
	fake_ccid.response_len = 0;
	fake_ccid.sent++;
}

bool ccid_take_change(struct ccid *c, bool *ret_present)
{
	bool was = fake_ccid.change;

	(void)c;
	fake_ccid.change = false;
	*ret_present = fake_ccid.present;
	return was;
}

bool ccid_control_abort(struct ccid *c, uint8_t slot, uint8_t seq)
{
	(void)c;
	fake_ccid.aborts++;
	fake_ccid.abort_slot = slot;
	fake_ccid.abort_seq = seq;
	return fake_ccid.abort_answer;
}

void ccid_host_gone(struct ccid *c)
{
	(void)c;
	fake_ccid.busy = false;
	fake_ccid.response_len = 0;
	fake_ccid.gone++;
}
