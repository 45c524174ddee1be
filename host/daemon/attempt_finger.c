/* SPDX-License-Identifier: Apache-2.0 */
/* The finger's part of an attempt: sensor, templates, touches, verdicts. Only reached after the card's proof. */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "core/wipe.h"
#include "daemon/attempt.h"
#include "daemon/enrol.h"
#include "daemon/journal.h"

/* Judged touches within one attempt; each is charged. */
#define TOUCHES_MAX 3u
/* Touches that could not be judged (too short, off centre) before the sensor is thought to be dirty. */
#define RETRIES_MAX 10u
/* How long one judgement may take. Unit: seconds. */
#define JUDGE_STEP_S 8u

static void on_finger_msg(void *arg, const struct ipc_msg *m)
{
	attempt_dispatch(arg, m);
}

/* The sensor can't be used any more: what follows depends on how far we were. */
static void sensor_lost(struct attempt *a, const char *reason)
{
	a->sensor_known = true;
	a->sensor_ok = false;
	switch (a->state) {
	case ATTEMPT_QUEUED:
	case ATTEMPT_CARD:
	case ATTEMPT_CERT:
		return; /* attempt_choose() will see */
	case ATTEMPT_SENSOR:
		if (a->kind == ATTEMPT_LOGIN)
			attempt_choose(a);
		else
			attempt_end(a, END_FAULT, reason, MSG_NO_SENSOR, a->d->config.help, NULL);
		return;
	case ATTEMPT_CARD_KEY:
	case ATTEMPT_TRIES:
	case ATTEMPT_PIN:
		if ((a->required & FACTOR_FINGER) != 0)
			attempt_end(a, END_FAULT, reason, MSG_NO_SENSOR, a->d->config.help, NULL);
		return;
	case ATTEMPT_SIGN:
		if ((a->required & FACTOR_FINGER) != 0)
			attempt_abandon(a, END_FAULT, reason, MSG_NO_SENSOR);
		return;
	case ATTEMPT_TOUCH:
	case ATTEMPT_JUDGE:
		if (a->abandoned)
			attempt_end_abandoned(a);
		else
			attempt_end(a, END_FAULT, reason, MSG_NO_SENSOR, a->d->config.help, NULL);
		return;
	case ATTEMPT_CARD_CERT:
		return;
	}
}

static void on_finger_gone(void *arg)
{
	struct attempt *a = arg;

	a->finger_helper = NULL;
	sensor_lost(a, "sensor-helper-died");
}

static bool tell_finger(struct attempt *a, struct ipc_out *o)
{
	if (a->finger_helper == NULL || helper_send(a->finger_helper, o) != SK_OK) {
		attempt_fault(a, "sensor-helper-died");
		return false;
	}
	return true;
}

enum sk_status attempt_sensor_open(struct attempt *a)
{
	uint8_t buf[128];
	struct ipc_out o;
	enum sk_status st;

	if (a->finger_helper != NULL)
		return SK_OK;
	st = helper_spawn(a->d, HELPER_FINGER, on_finger_msg, on_finger_gone, a, &a->finger_helper);
	if (st != SK_OK)
		return st;
	ipc_out_init(&o, IPC_FINGER_OPEN, buf, sizeof(buf));
	if (a->d->config.sensor[0] != '\0')
		ipc_out_text(&o, IPC_F_DRIVER, a->d->config.sensor);
	return helper_send(a->finger_helper, &o);
}

void attempt_on_ready(struct attempt *a, const struct ipc_msg *m)
{
	uint64_t flags = ipc_num(m, IPC_F_FLAGS);

	if (ipc_text(m, IPC_F_DRIVER, a->driver, sizeof(a->driver)) != SK_OK ||
	    ipc_text(m, IPC_F_DEVICE, a->device, sizeof(a->device)) != SK_OK) {
		attempt_fault(a, "protocol");
		return;
	}
	/* The helper refuses virtual sensors itself; a second look costs nothing. */
	if ((flags & IPC_SENSOR_VIRTUAL) != 0 && !CONFIG_VIRTUAL_SENSOR) {
		attempt_fault(a, "virtual-sensor");
		return;
	}
	a->sensor_known = true;
	a->sensor_ok = true;
	a->sensor_weak = (flags & IPC_SENSOR_WEAK) != 0;
	if (a->state != ATTEMPT_SENSOR)
		return;
	if (a->kind == ATTEMPT_ENROL_FINGER && (a->shown & FACTOR_CARD) != 0)
		attempt_finger_scan(a);
	else
		attempt_choose(a);
}

/* Unseal and send one print; the plain template lives in these two buffers only. */
static enum sk_status send_print(void *arg, const struct finger_print *f)
{
	static uint8_t plain[STORE_SEAL_MAX], buf[IPC_MSG_MAX];
	struct attempt *a = arg;
	struct ipc_out o;
	size_t len = 0;
	enum sk_status st;

	if (strcmp(f->driver, a->driver) != 0 || strcmp(f->device, a->device) != 0)
		return SK_OK; /* taken on another kind of sensor: its minutiae can't be compared */
	if (a->print_n >= STORE_PRINTS_MAX)
		return SK_E_SPACE;
	st = vault_open_seal(a->d->vault, f->person, f->finger, f->impression, (struct sk_span){ f->seal, f->seal_len },
	    plain, sizeof(plain), &len);
	if (st == SK_OK) {
		ipc_out_init(&o, IPC_FINGER_PRINT, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_PRINT_ID, f->id);
		ipc_out_bytes(&o, IPC_F_BYTES, plain, len);
		st = a->finger_helper != NULL ? helper_send(a->finger_helper, &o) : SK_E_GONE;
	}
	SK_WIPE_ARRAY(plain);
	SK_WIPE_ARRAY(buf);
	if (st == SK_OK)
		a->print_ids[a->print_n++] = f->id;
	return st;
}

void attempt_finger_begin(struct attempt *a)
{
	enum sk_status st;

	a->state = ATTEMPT_TOUCH;
	a->print_n = 0;
	st = store_print_each(a->d->store, a->person.id, send_print, a);
	if (st == SK_E_GONE) {
		sensor_lost(a, "sensor-helper-died");
		return;
	}
	if (st != SK_OK || a->print_n == 0) {
		attempt_fault(a, st == SK_E_CRYPTO ? "template-seal" : "store");
		return;
	}
	attempt_finger_scan(a);
}

/* Arm the sensor for one touch. */
void attempt_finger_scan(struct attempt *a)
{
	uint8_t buf[128];
	struct ipc_out o;
	bool enrol = a->kind == ATTEMPT_ENROL_FINGER;

	if (trust_random(a->token, sizeof(a->token)) != SK_OK) {
		attempt_fault(a, "random");
		return;
	}
	ipc_out_init(&o, IPC_FINGER_SCAN, buf, sizeof(buf));
	ipc_out_bytes(&o, IPC_F_TOKEN, a->token, sizeof(a->token));
	ipc_out_num(&o, IPC_F_FLAGS, enrol ? IPC_SCAN_WANT : 0);
	if (!tell_finger(a, &o))
		return;
	a->state = ATTEMPT_TOUCH;
	attempt_step_deadline(a, enrol ? 60 : a->d->config.finger_deadline_s);
	if (enrol) {
		char touch[12], of[12];

		(void)snprintf(touch, sizeof(touch), "%u", (unsigned)a->enrolment->accepted + 1);
		(void)snprintf(of, sizeof(of), "%u", ENROL_TOUCHES);
		attempt_say(a, MSG_ENROL_TOUCH, touch, of, NULL);
	} else if (a->touches == 0 && a->retries == 0) {
		attempt_say(a, MSG_FINGER_TOUCH, a->service, NULL, NULL);
	}
}

/* A finger is on the sensor and the helper waits: charge, durably, and only then let it be judged. */
void attempt_on_touched(struct attempt *a, const struct ipc_msg *m)
{
	uint32_t wait_s = 0;
	enum sk_status st = SK_OK;
	uint8_t buf[64];
	struct ipc_out o;

	(void)m;
	if (a->kind == ATTEMPT_LOGIN)
		st = lockouts_charge(a->d, a->person.id, a->card_hex, LOCK_FINGER, &a->charge, &wait_s);
	if (st != SK_OK) {
		attempt_locked(a, st, wait_s);
		return;
	}
	ipc_out_init(&o, IPC_FINGER_GO, buf, sizeof(buf));
	if (!tell_finger(a, &o))
		return;
	a->state = ATTEMPT_JUDGE;
	attempt_step_deadline(a, JUDGE_STEP_S);
}

void attempt_on_retry(struct attempt *a, const struct ipc_msg *m)
{
	enum msg_id id = MSG_FINGER_AGAIN;

	if (lockouts_refund(a->d, &a->charge) != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	if (a->abandoned) {
		attempt_end_abandoned(a);
		return;
	}
	if (++a->retries > RETRIES_MAX) {
		attempt_end(a, END_FAULT, "sensor-unreadable", MSG_NO_SENSOR, a->d->config.help, NULL);
		return;
	}
	switch ((enum ipc_retry)ipc_num(m, IPC_F_REASON)) {
	case RETRY_TOO_SHORT:
		id = MSG_FINGER_LONGER;
		break;
	case RETRY_CENTER:
		id = MSG_FINGER_CENTER;
		break;
	case RETRY_REMOVE:
		id = MSG_FINGER_LIFT;
		break;
	case RETRY_GENERAL:
		break;
	}
	attempt_say(a, id, NULL, NULL, NULL);
	attempt_finger_scan(a);
}

void attempt_on_finger_error(struct attempt *a, const struct ipc_msg *m)
{
	const char *reason = "sensor-error";

	switch ((enum ipc_finger_error)ipc_num(m, IPC_F_REASON)) {
	case FINGER_ERR_NO_SENSOR:
		reason = "no-sensor";
		break;
	case FINGER_ERR_UNPLUGGED:
		reason = "sensor-unplugged";
		break;
	case FINGER_ERR_BUSY:
		reason = "sensor-busy";
		break;
	case FINGER_ERR_TIMEOUT:
		reason = "sensor-timeout";
		break;
	case FINGER_ERR_TEMPLATE:
		reason = "template-damaged";
		break;
	case FINGER_ERR_VIRTUAL:
		reason = "virtual-sensor";
		break;
	case FINGER_ERR_CANCELLED:
	case FINGER_ERR_GENERAL:
	case FINGER_ERR_STATE:
		break;
	}
	sensor_lost(a, reason);
}

static bool known_print(const struct attempt *a, uint64_t id)
{
	for (uint32_t i = 0; i < a->print_n; i++) {
		if (a->print_ids[i] == id)
			return true;
	}
	return false;
}

/* A wrong finger: the charge stays. One more touch, or the end. */
static void finger_wrong(struct attempt *a)
{
	struct lockouts_view view = { 0 };
	char left[12];
	enum sk_status st;

	attempt_judged_wrong(a, LOCK_FINGER);
	a->touches++;
	st = lockouts_look(a->d, a->person.id, a->card_hex, LOCK_FINGER, &view);
	if (st != SK_OK) {
		attempt_locked(a, st, 0);
		return;
	}
	if (a->abandoned) {
		attempt_end(a, END_DENIED, "finger-wrong", a->abandon_msg, NULL, NULL);
		return;
	}
	if (view.locked || view.wait_s > 0) {
		attempt_locked(a, view.locked ? SK_E_LOCKED : SK_E_WAIT, view.wait_s);
		return;
	}
	(void)snprintf(left, sizeof(left), "%u", (unsigned)view.left);
	attempt_say(a, MSG_FINGER_NOT_KNOWN, left, NULL, NULL);
	if (a->touches >= TOUCHES_MAX)
		attempt_deny(a, "finger-wrong");
	else
		attempt_finger_scan(a);
}

void attempt_on_verdict(struct attempt *a, const struct ipc_msg *m)
{
	uint64_t flags = ipc_num(m, IPC_F_FLAGS);

	if (!sk_equal_ct(m->f[IPC_F_TOKEN].p, a->token, sizeof(a->token)) || (flags != 0 && flags != IPC_VERDICT_MATCH)) {
		attempt_fault(a, "protocol");
		return;
	}
	if (a->kind == ATTEMPT_ENROL_FINGER) {
		enrol_on_verdict(a, m);
		return;
	}
	if (flags != IPC_VERDICT_MATCH) {
		finger_wrong(a);
		return;
	}
	if (!ipc_has(m, IPC_F_PRINT_ID) || !known_print(a, ipc_num(m, IPC_F_PRINT_ID))) {
		attempt_fault(a, "protocol");
		return;
	}
	/* The charge stays held: the grant clears it, any other end gives it back. */
	a->shown |= FACTOR_FINGER;
	if (a->abandoned) {
		attempt_end_abandoned(a);
		return;
	}
	attempt_decide(a);
}
