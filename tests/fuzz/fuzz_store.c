/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_store.c
 * @brief firmware/flash: a foreign flash image, then steps with stops and errors, in lockstep with the second model.
 *
 * Input: geometry, 2-byte length and bytes of an image (from the flash's start), then steps of 8 bytes: what, id,
 * 2-byte length, seed, stop at write (0: none; 255: SK_E_IO at a call), tear, lot. Checked: the image is refused, or mounts and
 * says the same at each later mount; after a stop there is the old or the new value; a charge that was said to be made is never
 * given back.
 */
#include <string.h>

#include "core/bytes.h"
#include "fuzz/fuzz_check.h"
#include "unit/fwstore/fake_flash.h"
#include "unit/fwstore/store_model.h"

static struct store s;
static struct store_model old_model, new_model;

/* What a mounted foreign image says is the model from now on, as far as it says anything. */
static bool adopt(struct store_model *m)
{
	for (uint8_t i = 0; i < 32; i++) {
		if (store_counter_read(&s, i, &m->counter[i]) != SK_OK)
			return false;
		check(m->counter[i] <= STORE_COUNTER_MAX);
	}
	for (uint8_t i = 0; i < 64; i++) {
		size_t len = 0;
		enum sk_status st = store_get(&s, i, m->data[i], sizeof(m->data[i]), &len);

		if (st != SK_OK && st != SK_E_NOENT)
			return false;
		m->len[i] = st == SK_OK ? (int)len : -1;
	}
	return true;
}

static bool driven(const struct step *step, uint32_t n, enum fake_tear tear, uint32_t lot, enum sk_status *st)
{
	jmp_buf cut;

	if (setjmp(cut) != 0) {
		fake_calm();
		memset(&s, 0xA5, sizeof(s));
		return false;
	}
	if (n == 255)
		fake_error_at(lot + 1, 0, tear, lot);
	else
		fake_cut_at(n, tear, lot, &cut);
	*st = store_model_drive(&s, step, &old_model);
	fake_calm();
	return true;
}

/* Old or new, and which of them. An interrupted format may leave damage. */
static void settle(const struct step *step)
{
	enum sk_status st = store_mount(&s);

	if (step->kind == STEP_FORMAT && st == SK_E_CORRUPT)
		st = store_format(&s);
	check(st == SK_OK);
	if (store_model_fits(&new_model, &s))
		old_model = new_model;
	else
		check(store_model_fits(&old_model, &s));
}

static void run_step(struct sk_reader *r)
{
	struct step step = { .kind = (enum step_kind)(sk_get_u8(r) % STEP_KINDS), .id = sk_get_u8(r) };
	uint8_t n, tear, lot;
	enum sk_status st = SK_E_FAULT, want;

	step.len = sk_get_be16(r) % 1100;
	step.seed = sk_get_u8(r);
	n = sk_get_u8(r);
	tear = sk_get_u8(r) % FAKE_TEARS;
	lot = sk_get_u8(r);
	new_model = old_model;
	want = store_model_step(&new_model, &step);
	if (!driven(&step, n, (enum fake_tear)tear, lot, &st)) {
		settle(&step);
		return;
	}
	if (n == 255 && st == SK_E_IO) {
		settle(&step);
		return;
	}
	check(st == want);
	old_model = new_model;
	check(store_model_fits(&old_model, &s));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t sectors[] = { 2, 3, 4, 8 };
	struct sk_reader r;
	struct sk_span image;
	uint32_t n;

	sk_reader_init(&r, data, size);
	n = sectors[sk_get_u8(&r) % 4];
	fake_init(1024, n);
	store_model_init(&old_model, 1024, n);
	image = sk_get_span(&r, sk_get_be16(&r) % (n * 1024));
	if (r.bad)
		return 0;
	if (image.len > 0)
		memcpy(fake.mem, image.p, image.len);
	if (store_mount(&s) != SK_OK) {
		check(store_counter_read(&s, 0, &old_model.counter[0]) == SK_E_STATE);
		check(store_format(&s) == SK_OK);
		check(store_model_fits(&old_model, &s));
	} else if (!adopt(&old_model)) {
		return 0;
	}
	check(store_mount(&s) == SK_OK && store_model_fits(&old_model, &s));
	for (int i = 0; i < 100 && r.left >= 8; i++)
		run_step(&r);
	return 0;
}
