/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishod: opens everything, then serves. What can't be opened stops the start with
 * one sentence; a daemon that runs has all it needs to decide.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/conn.h"
#include "daemon/daemon.h"
#include "daemon/denying.h"
#include "daemon/guarding.h"
#include "daemon/journal.h"
#include "daemon/logind.h"
#include "daemon/queue.h"
#include "daemon/watching.h"

extern char **environ;

const char *argp_program_version = "sekishod " SEKISHO_VERSION;

static const struct argp argp = { .doc = "sekishod -- decides who may log in at this terminal.\v"
	"It takes no options: everything is in " SEKISHO_CONF ". Administration: sekishoctl(8)." };

/* libfprint takes orders from FP_* variables; a production daemon does not start where somebody set one. */
static bool environment_ok(void)
{
	for (char **e = environ; *e != NULL; e++) {
		if (strncmp(*e, "FP_", 3) == 0 && !CONFIG_VIRTUAL_SENSOR)
			return false;
	}
	return true;
}

static enum sk_status harden(void)
{
	const struct rlimit no_core = { 0, 0 };
	struct rlimit files;

	(void)umask(077);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &no_core) != 0 || getrlimit(RLIMIT_NOFILE, &files) != 0)
		return SK_E_IO;
	files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192;
	return setrlimit(RLIMIT_NOFILE, &files) == 0 ? SK_OK : SK_E_IO;
}

static enum sk_status load_config(struct config *ret_c)
{
	struct config_error err;
	enum sk_status st = config_load(SEKISHO_CONF, ret_c, &err);

	if (st == SK_E_FORMAT)
		journal_note(LOG_ERR, SEKISHO_CONF ":%u: %s: %s", (unsigned)err.line, err.key, err.reason);
	else if (st == SK_E_NOENT)
		journal_note(LOG_ERR, "There is no " SEKISHO_CONF ". Run: sekishoctl init");
	else if (st == SK_E_DENIED)
		journal_note(LOG_ERR, SEKISHO_CONF " must belong to root and must not be writable by others.");
	else if (st != SK_OK)
		journal_note(LOG_ERR, SEKISHO_CONF " can't be read.");
	return st;
}

/* The head of the audit chain carries a MAC under the template key: whoever can write the files can't forge it. */
static enum sk_status head_mac(void *arg, struct sk_span in, uint8_t ret_mac[static 32])
{
	return vault_mac(arg, "audit-head", in, ret_mac);
}

static const char *store_fault(enum sk_status st)
{
	switch ((int)st) {
	case SK_E_NOENT:
		return "There is no registry in " SEKISHO_STATE_DIR ". Run: sekishoctl init";
	case SK_E_BUSY:
		return "Another sekishod has the registry open.";
	case SK_E_UNSUPPORTED:
		return "The registry in " SEKISHO_STATE_DIR " was made by a newer Sekisho. Nobody can log in."
		       " Install that version again, or restore a backup of before; see sekishod(8), RECOVERY.";
	case SK_E_CORRUPT:
		return "The registry in " SEKISHO_STATE_DIR " is damaged. Nobody can log in. Restore a backup; see sekishod(8), RECOVERY.";
	default:
		return "The registry in " SEKISHO_STATE_DIR " can't be opened.";
	}
}

/* Messages for the three things whose loss must stop us rather than start us afresh. */
static enum sk_status open_state(struct daemon *d)
{
	char what[160] = "";
	enum sk_status st = store_sqlite_open(SEKISHO_STATE_DIR, &d->store);

	if (st != SK_OK) {
		journal_note(LOG_ERR, "%s", store_fault(st));
		return st;
	}
	st = vault_open(getenv("CREDENTIALS_DIRECTORY"), SEKISHO_KEY_FILE, &d->vault);
	if (st != SK_OK) {
		journal_note(LOG_ERR, "The template key " SEKISHO_KEY_FILE " is %s.", st == SK_E_NOENT ? "missing"
		        : st == SK_E_DENIED ? "not ours alone (owner, mode 0600)" : "damaged");
		return st;
	}
	st = store_set_mac(d->store, head_mac, d->vault);
	if (st != SK_OK) {
		journal_note(LOG_ERR, "The audit head can't be read.");
		return st;
	}
	st = daemon_clock_open(d);
	if (st != SK_OK) {
		journal_note(LOG_ERR, SEKISHO_CLOCK_FILE " is damaged or can't be written; see sekishod(8), RECOVERY.");
		return st;
	}
	st = daemon_trust_reload(d, what);
	if (st != SK_OK) {
		journal_note(LOG_ERR, "Trust anchors or CRLs: %s", what);
		return st;
	}
	/* A damaged denylist doesn't stop us: it denies, and can be imported again. */
	st = denying_load(d);
	if (st != SK_OK)
		journal_note(LOG_ERR, "The denylist can't be loaded: no memory, or the site's name is too long.");
	return st;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;

	(void)si;
	return sd_event_exit(sd_event_source_get_event(s), d->started == 0 ? 1 : 0);
}

/* All or nothing: what does not load leaves the old in force. */
static int on_reload(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata)
{
	struct daemon *d = userdata;
	struct config *fresh = calloc(1, sizeof(*fresh)), *old = calloc(1, sizeof(*old));
	char what[160] = "";

	(void)s;
	(void)si;
	if (fresh != NULL && old != NULL && load_config(fresh) == SK_OK) {
		*old = d->config;
		d->config = *fresh;
		if (daemon_trust_reload(d, what) != SK_OK || denying_load(d) != SK_OK) {
			d->config = *old;
			journal_note(LOG_ERR, "Not reloaded: %s", what);
		} else {
			guarding_reload(d);
			journal_note(LOG_NOTICE, "Configuration, anchors and CRLs were loaded again.");
		}
	}
	free(fresh);
	free(old);
	return 0;
}

static enum sk_status signals(struct daemon *d)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return SK_E_IO;
	if (sd_event_add_signal(d->event, NULL, SIGTERM, on_signal, d) < 0 ||
	    sd_event_add_signal(d->event, NULL, SIGINT, on_signal, d) < 0 ||
	    sd_event_add_signal(d->event, NULL, SIGHUP, on_reload, d) < 0)
		return SK_E_IO;
	return SK_OK;
}

static int serve(struct daemon *d)
{
	struct audit_in start = { .event = EV_START, .detail = "sekishod " SEKISHO_VERSION };
	struct audit_in stop = { .event = EV_STOP };
	int r;

	if (logind_new(d->event, SEKISHO_KINDS_FILE, &d->logind) != SK_OK) {
		journal_note(LOG_ERR, "There is no memory.");
		return 1;
	}
	if (queue_new(&d->queue) != SK_OK || watching_start(d) != SK_OK || conn_listen(d) != SK_OK) {
		journal_note(LOG_ERR, "The sockets in " SEKISHO_RUN_DIR " can't be made.");
		return 1;
	}
	d->started = daemon_now();
	/* C-TIME: a clock that is behind is an event, also when nobody logs in. */
	(void)daemon_safe_now(d);
	if (journal_record(d, &start) != SK_OK) {
		journal_note(LOG_ERR, "The audit chain can't be written.");
		return 1;
	}
	/* Behind the record of the start: what it closes and locks comes after it in the chain. */
	if (guarding_start(d) != SK_OK) {
		journal_note(LOG_ERR, "The open sessions can't be looked through.");
		return 1;
	}
	if (CONFIG_INSECURE_DEFAULTS)
		journal_note(LOG_WARNING, "THIS IS A TEST BUILD: it accepts virtual sensors. Not for a terminal.");
	(void)sd_event_set_watchdog(d->event, 1);
	(void)sd_notify(0, "READY=1");
	r = sd_event_loop(d->event);
	(void)sd_notify(0, "STOPPING=1");
	if (journal_record(d, &stop) != SK_OK)
		journal_note(LOG_ERR, "The stop could not be recorded.");
	guarding_free(d);
	watching_stop(d);
	logind_free(&d->logind);
	return r;
}

int main(int argc, char **argv)
{
	static struct daemon d;
	int r = 1;

	if (argp_parse(&argp, argc, argv, 0, NULL, NULL) != 0)
		return 2;
	if (!environment_ok()) {
		journal_note(LOG_ERR, "An FP_* variable is set: this build does not start with one.");
		return 1;
	}
	if (mkdir(SEKISHO_RUN_DIR, 0755) == 0)
		(void)chmod(SEKISHO_RUN_DIR, 0755);
	if (harden() != SK_OK || sd_event_new(&d.event) < 0 || signals(&d) != SK_OK) {
		journal_note(LOG_ERR, "The process can't be set up.");
		return 1;
	}
	if (load_config(&d.config) == SK_OK && open_state(&d) == SK_OK)
		r = serve(&d);
	denying_free(&d);
	trust_free(&d.trust);
	vault_free(&d.vault);
	store_free(&d.store);
	sd_event_unref(d.event);
	return r;
}
