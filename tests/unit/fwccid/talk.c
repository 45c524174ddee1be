/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwccid/talk.h"

#include "unit/core/core_test.h"
#include "unit/fwccid/fake_card.h"

struct ccid ccid;
static struct card card;
uint8_t seq;

const struct ccid_config serial_config = { .level = CARD_LEVEL_TPDU, .may_change_level = true };
const struct ccid_config usb_config = { .level = CARD_LEVEL_EXTENDED, .automatic = true, .control_pipe = true };

void start(const struct ccid_config *config, enum card_state state)
{
	fake_reset();
	ccid_init(&ccid, config, &card);
	fake.state = state;
	fake.power_offs = 0;
	seq = 0x40;
}

/* The host's side: a message with the given parameters, its abData in hex. */
void say_at(uint8_t slot, uint8_t type, const char *params, const char *data)
{
	uint8_t msg[CCID_MESSAGE_MAX], p[3];
	struct ccid_header h = { .type = type, .slot = slot, .seq = ++seq };

	assert_int_equal(unhex(params, p, sizeof(p)), 3);
	memcpy(h.param, p, sizeof(p));
	h.length = (uint32_t)unhex(data, msg + CCID_HEADER_LEN, CCID_DATA_MAX);
	ccid_header_put(msg, &h);
	ccid_receive(&ccid, msg, CCID_HEADER_LEN + h.length);
	memset(msg, 0xA5, sizeof(msg));
	ccid_step(&ccid);
}

void say(uint8_t type, const char *params, const char *data)
{
	say_at(0, type, params, data);
}

/* The next message is exactly this one. */
void hear_seq(uint8_t type, uint8_t of, uint8_t status, uint8_t error, uint8_t last, const char *data)
{
	uint8_t want[CCID_DATA_MAX];
	size_t len, n = unhex(data, want, sizeof(want));
	const uint8_t *p = ccid_pending(&ccid, &len);
	struct ccid_header h;

	assert_non_null(p);
	ccid_header_get(p, &h);
	assert_int_equal(h.type, type);
	assert_int_equal(h.seq, of);
	assert_int_equal(h.param[0], status);
	assert_int_equal(h.param[1], error);
	assert_int_equal(h.param[2], last);
	assert_int_equal(len, CCID_HEADER_LEN + h.length);
	assert_int_equal(h.length, n);
	assert_memory_equal(p + CCID_HEADER_LEN, want, n);
	ccid_sent(&ccid);
}

void hear(uint8_t type, uint8_t status, uint8_t error, uint8_t last, const char *data)
{
	hear_seq(type, seq, status, error, last, data);
}

void silence(void)
{
	size_t len;

	assert_null(ccid_pending(&ccid, &len));
	assert_int_equal(len, 0);
}

void card_ends(enum card_what what, enum card_error error, const char *data)
{
	static uint8_t bytes[CCID_DATA_MAX];

	fake_end(what, error, bytes, unhex(data, bytes, sizeof(bytes)));
	ccid_step(&ccid);
}

void check_status(uint8_t response, uint8_t slot, uint8_t status, int error)
{
	size_t len;
	const uint8_t *p = ccid_pending(&ccid, &len);

	assert_non_null(p);
	assert_int_equal(p[0], response);
	assert_int_equal(p[5], slot);
	assert_int_equal(p[6], seq);
	assert_int_equal(p[7], status);
	assert_int_equal(p[8], error);
	if (status & 0x40)
		assert_int_equal(len, CCID_HEADER_LEN);
	ccid_sent(&ccid);
	silence();
}

void pass_us(uint64_t us)
{
	fake.now_us += us;
	ccid_step(&ccid);
}
