/* SPDX-License-Identifier: Apache-2.0 */
/* Taking anchors and CRLs afresh; see daemon.h. */
#include "daemon/daemon.h"

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
