/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replaced at link time for tests of log-ins: none of them may come to where cards are enrolled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/attempt.h"
#include "daemon/enrol.h"

void enrol_after_proof(struct attempt *a) { (void)a; fail(); }
void enrol_on_verdict(struct attempt *a, const struct ipc_msg *m) { (void)a; (void)m; fail(); }
void enrol_card_store(struct attempt *a) { (void)a; fail(); }
void attempt_on_card_cert_head(struct attempt *a, const struct ipc_msg *m) { (void)a; (void)m; fail(); }
void attempt_on_card_cert(struct attempt *a, const struct ipc_msg *m) { (void)a; (void)m; fail(); }
