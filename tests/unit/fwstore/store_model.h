/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_model.h
 * @brief What the store is for its user, as plain arrays; and steps that drive both alike.
 */
#ifndef TESTS_UNIT_FWSTORE_STORE_MODEL_H
#define TESTS_UNIT_FWSTORE_STORE_MODEL_H

#include "flash/store.h"

struct store_model {
	uint32_t counter[32];
	int len[64]; /* -1: none */
	uint8_t data[64][1024];
	uint32_t room; /* for all records */
};

enum step_kind { STEP_CHARGE, STEP_CLEAR, STEP_PUT, STEP_DELETE, STEP_FORMAT, STEP_MOUNT, STEP_KINDS };

struct step {
	enum step_kind kind;
	uint8_t id;
	uint16_t len;
	uint32_t seed; /* of a record's bytes */
};

/* An empty store on this geometry. */
void store_model_init(struct store_model *m, uint32_t sector_size, uint32_t sectors);
/* What the step must answer, and its effect. */
enum sk_status store_model_step(struct store_model *m, const struct step *step);
/* The same step on the store; a charge that doesn't say one more is SK_E_FAULT. */
enum sk_status store_model_drive(struct store *s, const struct step *step, const struct store_model *before);
/* Does the store hold exactly what the model holds? */
bool store_model_fits(const struct store_model *m, const struct store *s);

#endif /* TESTS_UNIT_FWSTORE_STORE_MODEL_H */
