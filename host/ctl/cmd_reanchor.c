/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cmd_reanchor.c
 * @brief sekishoctl audit reanchor: go on after the audit chain was found cut off, replaced or forged.
 *
 * As long as the chain and its head file disagree, no record is added and every attempt is denied. After somebody has looked
 * into it and has kept the evidence, this accepts the newest record there is; that it was done, by whom and why is the next
 * record. The daemon must be stopped: one process at a time has the registry open.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/ctl.h"
#include "store/store.h"
#include "store/vault.h"

#define STATE_DIR "/var/lib/sekisho"
#define KEY_FILE STATE_DIR "/template.key"

/* As in sekishod: the head file carries a MAC under the template key. */
static enum sk_status head_mac(void *arg, struct sk_span in, uint8_t ret_mac[static 32])
{
	return vault_mac(arg, "audit-head", in, ret_mac);
}

static enum ctl_exit failed(enum sk_status st)
{
	if (st == SK_E_BUSY)
		ctl_error("%s", _("The daemon has the registry open. Stop it first: systemctl stop sekishod.socket sekishod-admin.socket sekishod"));
	else if (st == SK_E_NOENT)
		ctl_error("%s", _("There is no registry, or no template key."));
	else if (st == SK_E_STATE)
		ctl_error("%s", _("The chain and its head agree: there is nothing to mend."));
	else if (st == SK_E_UNSUPPORTED)
		ctl_error("%s", _("The registry was made by a newer Sekisho: install that version again."));
	else
		ctl_error("%s", _("The registry or the template key can't be used: it is damaged, or belongs to somebody else."));
	return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
}

/* Who acts: the user who logged in and became root. */
static void actor(char ret_actor[static 65])
{
	unsigned login = (unsigned)-1;
	FILE *f = fopen("/proc/self/loginuid", "re");

	if (f != NULL) {
		if (fscanf(f, "%u", &login) != 1)
			login = (unsigned)-1;
		(void)fclose(f);
	}
	if (login == (unsigned)-1)
		snprintf(ret_actor, 65, "uid %u", (unsigned)getuid());
	else
		snprintf(ret_actor, 65, "uid %u (login uid %u)", (unsigned)getuid(), login);
}

static enum sk_status reanchor(const char *reason, uint64_t *ret_seq)
{
	struct store *s = NULL;
	struct vault *v = NULL;
	struct audit_report report;
	char who[65];
	const struct audit_in in = { .event = EV_ADMIN, .actor = who, .reason = "audit-reanchor", .detail = reason };
	enum sk_status st = store_sqlite_open(STATE_DIR, &s);

	actor(who);
	if (st == SK_OK)
		st = vault_open(getenv("CREDENTIALS_DIRECTORY"), KEY_FILE, &v);
	if (st == SK_OK)
		st = store_set_mac(s, head_mac, v);
	/* A chain that is whole needs no act that looks like covering something up. */
	if (st == SK_OK && store_audit_verify(s, &report) == SK_OK)
		st = SK_E_STATE;
	if (st == SK_OK)
		st = store_audit_reanchor(s, &in, (int64_t)time(NULL), ret_seq);
	store_free(&s);
	vault_free(&v);
	return st;
}

enum ctl_exit cmd_audit_reanchor(const struct ctl_args *a)
{
	const struct passwd *pw = getpwnam(CONNECT_DAEMON_USER);
	uint64_t seq = 0;
	enum sk_status st;

	if (geteuid() != 0) {
		ctl_error("%s", _("Only root may administer Sekisho: use sudo or su."));
		return CTL_NO_PERMISSION;
	}
	/* The state is the daemon's: nothing is written there as root. */
	if (pw != NULL && (setegid(pw->pw_gid) != 0 || seteuid(pw->pw_uid) != 0)) {
		ctl_error("%s", _("The daemon's user can't be taken on."));
		return CTL_FAILED;
	}
	st = reanchor(a->reason, &seq);
	if (st != SK_OK)
		return failed(st);
	printf(_("Record %llu goes on from here. Start the daemon again.\n"), (unsigned long long)seq);
	return CTL_OK;
}
