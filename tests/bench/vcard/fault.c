/* SPDX-License-Identifier: Apache-2.0 */
/* Fault rules of the virtual card: parsing, counting, bending answers. */
#include "fault.h"

#include "bytes.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum argument_kind { ARG_NONE, ARG_NUMBER, ARG_HEX };

struct action_row {
	const char *name;
	enum vc_fault_action action;
	enum argument_kind argument;
	long max;
};

static const struct action_row actions[] = {
	{ "sw", VC_FAULT_SW, ARG_HEX, 2 },
	{ "raw", VC_FAULT_RAW, ARG_HEX, VC_FAULT_RAW_MAX },
	{ "lie-sig", VC_FAULT_LIE_SIG, ARG_NONE, 0 },
	{ "tear", VC_FAULT_TEAR, ARG_NONE, 0 },
	{ "truncate", VC_FAULT_TRUNCATE, ARG_NUMBER, 65535 },
	{ "oversize", VC_FAULT_OVERSIZE, ARG_NUMBER, 65535 },
	{ "flip", VC_FAULT_FLIP, ARG_NUMBER, 8 * 65535 },
	{ "delay", VC_FAULT_DELAY, ARG_NUMBER, 3600000 },
	{ "mute", VC_FAULT_MUTE, ARG_NONE, 0 },
	{ "pull", VC_FAULT_PULL, ARG_NONE, 0 },
	{ "pull-after", VC_FAULT_PULL_AFTER, ARG_NONE, 0 },
	{ "close", VC_FAULT_CLOSE, ARG_NONE, 0 },
};

/* N | * | ins=XX | ins=XX#N | ins=XX#* */
static bool parse_when(const char *when, struct vc_fault *fault)
{
	char ins[3] = "";
	size_t len;

	fault->countdown = 1;
	if (strncmp(when, "ins=", 4) == 0) {
		strncpy(ins, when + 4, 2);
		if (!vc_hex_decode(ins, &fault->ins, 1, &len) || len != 1)
			return false;
		fault->by_ins = true;
		when += 6;
		if (*when == '\0')
			return true;
		if (*when++ != '#')
			return false;
	}
	if (strcmp(when, "*") == 0) {
		fault->sticky = true;
		return true;
	}
	return vc_parse_long(when, 1, 1000000, &fault->countdown);
}

static bool parse_argument(const struct action_row *row, const char *text, struct vc_fault *fault)
{
	uint8_t *raw;
	size_t len;

	switch (row->argument) {
	case ARG_NONE:
		return text == NULL;
	case ARG_NUMBER:
		return text != NULL && vc_parse_long(text, 0, row->max, &fault->arg);
	case ARG_HEX:
		break;
	}
	if (text == NULL)
		return false;
	raw = malloc((size_t)row->max);
	if (raw == NULL)
		return false;
	if (!vc_hex_decode(text, raw, (size_t)row->max, &len) || len == 0 ||
	    (row->action == VC_FAULT_SW && len != 2)) {
		free(raw);
		return false;
	}
	fault->raw = raw;
	fault->raw_len = len;
	return true;
}

const char *vc_fault_add(struct vc_fault_list *list, const char *when, const char *action,
			 const char *argument)
{
	struct vc_fault fault = { 0 };
	size_t i;

	if (list->n == VC_FAULTS_MAX)
		return "too many faults";
	if (!parse_when(when, &fault))
		return "bad WHEN";
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].name, action) != 0)
			continue;
		if (!parse_argument(&actions[i], argument, &fault))
			return "bad argument";
		fault.action = actions[i].action;
		list->fault[list->n++] = fault;
		return NULL;
	}
	return "unknown action";
}

static void remove_at(struct vc_fault_list *list, size_t i)
{
	free(list->fault[i].raw);
	list->n--;
	memmove(&list->fault[i], &list->fault[i + 1], (list->n - i) * sizeof(list->fault[0]));
}

void vc_fault_clear(struct vc_fault_list *list)
{
	while (list->n > 0)
		remove_at(list, list->n - 1);
}

static void merge(const struct vc_fault *fault, struct vc_fault_plan *plan)
{
	switch (fault->action) {
	case VC_FAULT_SW:
	case VC_FAULT_RAW:
		plan->replace = true;
		plan->replace_len = fault->raw_len;
		memcpy(plan->replace_bytes, fault->raw, fault->raw_len);
		break;
	case VC_FAULT_LIE_SIG:
		plan->lie_sig = true;
		break;
	case VC_FAULT_TEAR:
		plan->tear = true;
		break;
	case VC_FAULT_TRUNCATE:
		plan->truncate_n = fault->arg;
		break;
	case VC_FAULT_OVERSIZE:
		plan->oversize_n = fault->arg;
		break;
	case VC_FAULT_FLIP:
		plan->flip = true;
		plan->flip_bit = fault->arg;
		break;
	case VC_FAULT_DELAY:
		plan->delay_ms = fault->arg;
		break;
	case VC_FAULT_MUTE:
		plan->mute = true;
		break;
	case VC_FAULT_PULL:
		plan->pull = true;
		break;
	case VC_FAULT_PULL_AFTER:
		plan->pull_after = true;
		break;
	case VC_FAULT_CLOSE:
		plan->close_link = true;
		break;
	}
}

void vc_fault_match(struct vc_fault_list *list, uint8_t ins, struct vc_fault_plan *ret_plan)
{
	size_t i = 0;

	memset(ret_plan, 0, sizeof(*ret_plan));
	while (i < list->n) {
		struct vc_fault *fault = &list->fault[i];

		if (fault->by_ins && fault->ins != ins) {
			i++;
		} else if (fault->sticky) {
			merge(fault, ret_plan);
			i++;
		} else if (--fault->countdown > 0) {
			i++;
		} else {
			merge(fault, ret_plan);
			remove_at(list, i);
		}
	}
}

size_t vc_fault_bend(const struct vc_fault_plan *plan, uint8_t *rsp, size_t len, size_t cap)
{
	size_t n;

	if (plan->oversize_n > 0 && len >= 2) {
		n = (size_t)plan->oversize_n;
		if (n > cap - len)
			n = cap - len;
		memmove(rsp + len - 2 + n, rsp + len - 2, 2);
		if (RAND_bytes(rsp + len - 2, (int)n) != 1)
			memset(rsp + len - 2, 0xA5, n);
		len += n;
	}
	n = (size_t)plan->truncate_n;
	len = n < len ? len - n : 0;
	if (plan->flip && len > 0) {
		n = (size_t)plan->flip_bit % (8 * len);
		rsp[n / 8] ^= (uint8_t)(0x80 >> n % 8);
	}
	return len;
}
