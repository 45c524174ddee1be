/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_model.c
 * @brief The store as plain arrays.
 */
#include "unit/fwstore/store_model.h"

#include <string.h>

static void fill(uint8_t *p, const struct step *step)
{
	uint32_t x = step->seed | 1;

	for (uint32_t i = 0; i < step->len; i++) {
		x = x * 1664525u + 1013904223u;
		/* runs of ones and zeros too: blank words inside a record */
		p[i] = (uint8_t)(step->seed % 5 == 0 ? 0xFF : step->seed % 5 == 1 ? 0 : x >> 24);
	}
}

static void empty(struct store_model *m)
{
	memset(m->counter, 0, sizeof(m->counter));
	memset(m->data, 0, sizeof(m->data));
	for (int i = 0; i < 64; i++)
		m->len[i] = -1;
}

void store_model_init(struct store_model *m, uint32_t sector_size, uint32_t sectors)
{
	uint32_t bank = sector_size * (sectors >= 8 ? sectors / 4 : 1);

	empty(m);
	/* FORMAT.md, "Room" */
	m->room = bank - 32 - 32 * 16 - bank / 8;
}

static enum sk_status put(struct store_model *m, const struct step *step)
{
	uint32_t sum = 12 + (step->len + 3u) / 4 * 4;

	if (step->id >= 64 || step->len > 1024)
		return SK_E_ARG;
	for (int i = 0; i < 64; i++)
		sum += m->len[i] >= 0 && i != step->id ? 12 + ((uint32_t)m->len[i] + 3) / 4 * 4 : 0;
	if (sum > m->room)
		return SK_E_SPACE;
	m->len[step->id] = step->len;
	fill(m->data[step->id], step);
	return SK_OK;
}

enum sk_status store_model_step(struct store_model *m, const struct step *step)
{
	switch (step->kind) {
	case STEP_CHARGE:
		if (step->id >= 32)
			return SK_E_ARG;
		if (m->counter[step->id] >= 65535)
			return SK_E_LOCKED;
		m->counter[step->id]++;
		return SK_OK;
	case STEP_CLEAR:
		if (step->id >= 32)
			return SK_E_ARG;
		m->counter[step->id] = 0;
		return SK_OK;
	case STEP_PUT:
		return put(m, step);
	case STEP_DELETE:
		if (step->id >= 64)
			return SK_E_ARG;
		if (m->len[step->id] < 0)
			return SK_E_NOENT;
		m->len[step->id] = -1;
		return SK_OK;
	case STEP_FORMAT:
		empty(m);
		return SK_OK;
	default:
		return SK_OK;
	}
}

enum sk_status store_model_drive(struct store *s, const struct step *step, const struct store_model *before)
{
	uint8_t data[1024 + 8];
	uint32_t value = 0;
	enum sk_status st;

	switch (step->kind) {
	case STEP_CHARGE:
		st = store_counter_charge(s, step->id, &value);
		return st == SK_OK && value != before->counter[step->id] + 1 ? SK_E_FAULT : st;
	case STEP_CLEAR:
		return store_counter_clear(s, step->id);
	case STEP_PUT:
		if (step->len <= 1024)
			fill(data, step);
		return store_put(s, step->id, data, step->len);
	case STEP_DELETE:
		return store_delete(s, step->id);
	case STEP_FORMAT:
		return store_format(s);
	default:
		return store_mount(s);
	}
}

bool store_model_fits(const struct store_model *m, const struct store *s)
{
	uint8_t data[1024];
	uint32_t value;
	size_t len;

	for (uint8_t i = 0; i < 32; i++) {
		if (store_counter_read(s, i, &value) != SK_OK || value != m->counter[i])
			return false;
	}
	for (uint8_t i = 0; i < 64; i++) {
		enum sk_status st = store_get(s, i, data, sizeof(data), &len);

		if (m->len[i] < 0 ? st != SK_E_NOENT
				  : st != SK_OK || len != (size_t)m->len[i] || memcmp(data, m->data[i], len) != 0)
			return false;
	}
	return true;
}
