/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwccid/fake_card.h"

#include <string.h>

#include "hal.h"

struct fake_card fake;

void fake_reset(void)
{
	fake = (struct fake_card){ .state = CARD_INACTIVE, .now_us = 1000000 };
	fake.params = (struct card_params){ .t = 1, .fi_di = 0x18, .bwi = 4, .cwi = 13, .ifsc = 32 };
}

void fake_end(enum card_what what, enum card_error error, const void *data, size_t len)
{
	fake.outcome = (struct card_outcome){ .what = what, .error = error, .data = { data, len } };
}

uint64_t hal_now_us(void)
{
	return fake.now_us;
}

uint32_t hal_card_clock_khz(void)
{
	return 4000;
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_WATCHDOG;
}

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 0x4000;
	*ret_unused = 0x1234;
}

void card_init(struct card *c, enum card_level level)
{
	(void)c;
	fake.level = level;
}

enum card_state card_state(const struct card *c)
{
	(void)c;
	return fake.state;
}

bool card_take_change(struct card *c)
{
	bool changed = fake.changed;

	(void)c;
	fake.changed = false;
	return changed;
}

void card_set_level(struct card *c, enum card_level level)
{
	(void)c;
	fake.level = level;
}

static enum sk_status begin(void)
{
	if (fake.refuse != SK_OK)
		return fake.refuse;
	fake.state = CARD_BUSY;
	fake.asks_time = false;
	fake.outcome = (struct card_outcome){ .what = CARD_NONE };
	return SK_OK;
}

enum sk_status card_power_on(struct card *c, uint8_t voltage, bool negotiate)
{
	(void)c;
	fake.power_ons++;
	fake.voltage = voltage;
	fake.negotiate = negotiate;
	return begin();
}

void card_power_off(struct card *c)
{
	(void)c;
	fake.power_offs++;
	fake.outcome = (struct card_outcome){ .what = CARD_NONE };
	if (fake.state != CARD_ABSENT)
		fake.state = CARD_INACTIVE;
}

enum sk_status card_xfr(struct card *c, const uint8_t *p, size_t len, bool more, uint8_t bwt_factor)
{
	(void)c;
	fake.xfrs++;
	fake.more = more;
	fake.bwt_factor = bwt_factor;
	fake.sent_len = len;
	memcpy(fake.sent, p, len);
	return begin();
}

enum sk_status card_continue(struct card *c)
{
	(void)c;
	fake.continues++;
	return begin();
}

void card_abort(struct card *c)
{
	(void)c;
	fake.aborts++;
	if (fake.state == CARD_BUSY && !fake.deaf && fake.outcome.what == CARD_NONE)
		fake_end(CARD_FAILED, CARD_E_ABORTED, NULL, 0);
}

void card_outcome(struct card *c, struct card_outcome *ret_outcome)
{
	(void)c;
	*ret_outcome = fake.outcome;
	if (fake.outcome.what == CARD_NONE)
		return;
	if (fake.state == CARD_BUSY)
		fake.state = CARD_ACTIVE;
	fake.outcome.what = CARD_NONE;
}

bool card_asks_time(const struct card *c)
{
	(void)c;
	return fake.asks_time;
}

enum sk_status card_get_params(const struct card *c, struct card_params *ret_params)
{
	(void)c;
	if (fake.state != CARD_ACTIVE)
		return SK_E_STATE;
	*ret_params = fake.params;
	return SK_OK;
}

enum sk_status card_set_params(struct card *c, const struct card_params *params)
{
	(void)c;
	if (fake.refuse_params != SK_OK)
		return fake.refuse_params;
	fake.params = *params;
	return SK_OK;
}

enum sk_status card_reset_params(struct card *c)
{
	(void)c;
	fake.resets++;
	fake.params = (struct card_params){ .t = 0, .fi_di = 0x11, .wi = 10, .inverse = true };
	return SK_OK;
}
