/* SPDX-License-Identifier: Apache-2.0 */
/* Taking anchors and CRLs afresh; see daemon.h. */
#include <syslog.h>

#include "daemon/daemon.h"
#include "daemon/journal.h"

enum sk_status daemon_trust_reload(struct daemon *d, char reterr_what[static 160])
{
	const struct trust_config cfg = { .anchors_dir = d->config.anchors_dir, .crl_dir = SEKISHO_CRL_DIR,
		.ocsp_dir = SEKISHO_OCSP_DIR, .require_crl = d->config.require_crl, .crl_warn_s = d->config.crl_warn_s,
		.policies = d->config.policies, .algorithms = d->config.algorithms };
	struct trust *fresh = NULL;
	enum sk_status st = trust_open(&cfg, &fresh, reterr_what);

	if (st != SK_OK)
		return st;
	trust_free(&d->trust);
	d->trust = fresh;
	return SK_OK;
}

static int on_repair(sd_event_source *s, void *userdata)
{
	struct daemon *d = userdata;
	struct audit_in in = { .event = EV_FAULT, .reason = "crl-index-damaged" };
	char what[160] = "";

	(void)s;
	if (!trust_needs_repair(d->trust))
		return 0;
	in.detail = trust_repair(d->trust, what) == SK_OK ? "built again from the list" : what;
	if (journal_record(d, &in) != SK_OK)
		journal_note(LOG_ALERT, "A revocation list's index was damaged, and that could not be recorded.");
	return 0;
}

void daemon_repair_later(struct daemon *d)
{
	/* One is enough; a second would find nothing to do. */
	if (sd_event_add_defer(d->event, NULL, on_repair, d) < 0)
		journal_note(LOG_ERR, "A revocation list's index is damaged; restart sekishod.");
}
