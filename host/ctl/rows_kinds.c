/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of rows and their columns; see rows.h. */
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/rows.h"

static const struct row_column person[] = {
	{ IPC_F_PERSON, "person", N_("NUMBER"), 0 },
	{ IPC_F_NAME, "name", N_("NAME"), 0 },
	{ IPC_F_ACCOUNT, "account", N_("ACCOUNT"), 0 },
	{ IPC_F_ROLE, "role", N_("ROLE"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_VALID_FROM, "valid_from", N_("FROM"), 0 },
	{ IPC_F_VALID_UNTIL, "valid_until", N_("UNTIL"), 0 },
	{ IPC_F_CREATED, "created", NULL, 0 },
	{ IPC_F_CHANGED, "changed", N_("CHANGED"), 0 },
};
static const struct row_column dormant[] = {
	{ IPC_F_PERSON, "person", N_("NUMBER"), 0 },
	{ IPC_F_NAME, "name", N_("NAME"), 0 },
	{ IPC_F_ACCOUNT, "account", N_("ACCOUNT"), 0 },
	{ IPC_F_ROLE, "role", N_("ROLE"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_TIME, "used", N_("LAST USED"), 0 },
	{ IPC_F_VALID_UNTIL, "ends", N_("COUNTS AS USED UNTIL"), 0 },
};
static const struct row_column card[] = {
	{ IPC_F_CARD, "card", N_("CARD"), 16 },
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_SUBJECT, "subject", N_("CERTIFICATE"), 40 },
	{ IPC_F_VALID_UNTIL, "expires", N_("EXPIRES"), 0 },
	{ IPC_F_CREATED, "created", NULL, 0 },
	{ IPC_F_CHANGED, "changed", N_("CHANGED"), 0 },
	{ IPC_F_DETAIL, "reason", N_("REASON"), 0 },
	{ IPC_F_TIME, "temporary_until", N_("TEMPORARY UNTIL"), 0 },
	{ IPC_F_TEXT, "terminals", N_("ON TERMINALS"), 0 },
};
static const struct row_column finger[] = {
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_FINGER, "finger", N_("FINGER"), 0 },
	{ IPC_F_COUNT, "touches", N_("TOUCHES"), 0 },
	{ IPC_F_DRIVER, "driver", N_("SENSOR"), 0 },
	{ IPC_F_DEVICE, "device", NULL, 0 },
	{ IPC_F_CREATED, "created", N_("ENROLLED"), 0 },
};
static const struct row_column lockout[] = {
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_CARD, "card", N_("CARD"), 16 },
	{ IPC_F_DEVICE, "terminal", N_("TERMINAL"), 0 },
	{ IPC_F_FACTORS, "factor", N_("FACTOR"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_FAILURES, "failures", N_("FAILURES"), 0 },
	{ IPC_F_LEFT, "left", N_("LEFT"), 0 },
	{ IPC_F_MAX_S, "wait_s", N_("WAIT (s)"), 0 },
};
static const struct row_column crl[] = {
	{ IPC_F_NAME, "list", N_("LIST"), 8 },
	{ IPC_F_ISSUER, "issuer", N_("ISSUER"), 60 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_SERIAL, "number", N_("CRL NUMBER"), 16 },
	{ IPC_F_CREATED, "this_update", N_("ISSUED"), 0 },
	{ IPC_F_VALID_UNTIL, "next_update", N_("NEXT"), 0 },
	{ IPC_F_COUNT, "entries", N_("REVOKED"), 0 },
};
static const struct row_column audit[] = {
	{ IPC_F_SEQ, "seq", N_("RECORD"), 0 },
	{ IPC_F_TIME, "time", N_("TIME"), 0 },
	{ IPC_F_EVENT, "event", N_("EVENT"), 0 },
	{ IPC_F_ATTEMPT, "attempt", N_("ATTEMPT"), 0 },
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_ACCOUNT, "account", N_("ACCOUNT"), 0 },
	{ IPC_F_SERVICE, "service", N_("SERVICE"), 0 },
	{ IPC_F_TTY, "tty", NULL, 0 },
	{ IPC_F_CARD, "card", N_("CARD"), 8 },
	{ IPC_F_RUSER, "actor", N_("BY"), 0 },
	{ IPC_F_STATUS, "reason", N_("REASON"), 0 },
	{ IPC_F_DETAIL, "detail", N_("DETAIL"), 60 },
	{ IPC_F_BYTES, "prev", NULL, 0 },
	{ IPC_F_HASH, "hash", NULL, 0 },
};
static const struct row_column verify[] = {
	{ IPC_F_STATUS, "status", N_("CHAIN"), 0 },
	{ IPC_F_TOTAL, "records", N_("RECORDS"), 0 },
	{ IPC_F_ATTEMPT, "first_bad", N_("FIRST BAD"), 0 },
	{ IPC_F_DETAIL, "detail", N_("DETAIL"), 0 },
	{ IPC_F_SEQ, "head", N_("NEWEST"), 0 },
	{ IPC_F_HASH, "hash", N_("HASH"), 0 },
};
static const struct row_column check[] = {
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_EVENT, "check", N_("CHECK"), 0 },
	{ IPC_F_DETAIL, "detail", N_("FOUND"), 0 },
	{ IPC_F_TEXT, "mend", NULL, 0 }, /* In tables it stands on a line of its own. */
};
static const struct row_column daemon_[] = {
	{ IPC_F_DEVICE, "terminal", N_("TERMINAL"), 0 },
	{ IPC_F_NAME, "site", N_("SITE"), 0 },
	{ IPC_F_TIME, "started", N_("RUNS SINCE"), 0 },
	{ IPC_F_COUNT, "connections", N_("CONNECTIONS"), 0 },
	{ IPC_F_TOTAL, "waiting", N_("WAITING"), 0 },
	{ IPC_F_LEFT, "nobody_there", N_("NOBODY THERE"), 0 },
};
static const struct row_column count[] = {
	{ IPC_F_EVENT, "what", N_("REGISTERED"), 0 },
	{ IPC_F_COUNT, "active", N_("ACTIVE"), 0 },
	{ IPC_F_TOTAL, "all", N_("ALL"), 0 },
};
static const struct row_column reader[] = {
	{ IPC_F_READER, "reader", N_("READER"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
};
static const struct row_column retired[] = {
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_COUNT, "cards_revoked", N_("CARDS REVOKED"), 0 },
	{ IPC_F_TOTAL, "prints_deleted", N_("PRINTS DELETED"), 0 },
};
static const struct row_column unlocked[] = {
	{ IPC_F_COUNT, "counters_cleared", N_("COUNTERS CLEARED"), 0 },
	{ IPC_F_DETAIL, "detail", N_("BEFORE"), 0 },
};
static const struct row_column deleted[] = {
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_FINGER, "finger", N_("FINGER"), 0 },
	{ IPC_F_COUNT, "prints_deleted", N_("PRINTS DELETED"), 0 },
};
static const struct row_column head[] = {
	{ IPC_F_SEQ, "head", N_("NEWEST"), 0 },
	{ IPC_F_HASH, "hash", N_("HASH"), 0 },
};
static const struct row_column denylist[] = {
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_SERIAL, "number", N_("LIST NUMBER"), 0 },
	{ IPC_F_COUNT, "entries", N_("REVOKED"), 0 },
	{ IPC_F_CREATED, "issued", N_("ISSUED"), 0 },
	{ IPC_F_CHANGED, "in_force_since", N_("IN FORCE SINCE"), 0 },
	{ IPC_F_HASH, "sha256", N_("HASH"), 16 },
	{ IPC_F_TEXT, "problem", N_("PROBLEM"), 0 },
};
static const struct row_column ocsp[] = {
	{ IPC_F_CARD, "card", N_("CARD"), 16 },
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_SERIAL, "serial", N_("SERIAL"), 20 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_CREATED, "this_update", N_("ISSUED"), 0 },
	{ IPC_F_VALID_UNTIL, "next_update", N_("NEXT"), 0 },
};
static const struct row_column fetch[] = {
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_EVENT, "kind", N_("KIND"), 0 },
	{ IPC_F_PATH, "source", N_("SOURCE"), 60 },
	{ IPC_F_CARD, "card", N_("CARD"), 16 },
	{ IPC_F_DETAIL, "detail", N_("FOUND"), 0 },
};

static const struct row_column shared[] = {
	{ IPC_F_ACCOUNT, "account", N_("ACCOUNT"), 0 },
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_NAME, "name", N_("NAME"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_CREATED, "since", N_("SINCE"), 0 },
};
static const struct row_column hold[] = {
	{ IPC_F_ACCOUNT, "account", N_("ACCOUNT"), 0 },
	{ IPC_F_PERSON, "person", N_("PERSON"), 0 },
	{ IPC_F_NAME, "name", N_("NAME"), 0 },
	{ IPC_F_CREATED, "since", N_("SINCE"), 0 },
	{ IPC_F_CHANGED, "until", N_("UNTIL"), 0 },
	{ IPC_F_TTY, "tty", N_("SCREEN"), 0 },
	{ IPC_F_SERVICE, "service", N_("SERVICE"), 0 },
	{ IPC_F_CARD, "card", N_("CARD"), 8 },
	{ IPC_F_SESSION, "session", NULL, 0 },
	{ IPC_F_ATTEMPT, "attempt", NULL, 0 },
};
static const struct row_column medialist[] = {
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_SERIAL, "number", N_("LIST NUMBER"), 0 },
	{ IPC_F_COUNT, "entries", N_("MEDIA"), 0 },
	{ IPC_F_CREATED, "issued", N_("ISSUED"), 0 },
	{ IPC_F_CHANGED, "in_force_since", N_("IN FORCE SINCE"), 0 },
	{ IPC_F_HASH, "sha256", N_("HASH"), 16 },
	{ IPC_F_TEXT, "problem", N_("PROBLEM"), 0 },
};
static const struct row_column medium[] = {
	{ IPC_F_DEVICE, "device", N_("DEVICE"), 0 },
	{ IPC_F_NAME, "serial", N_("SERIAL"), 0 },
	{ IPC_F_SUBJECT, "label", N_("LABEL"), 40 },
	{ IPC_F_CREATED, "added", N_("ADDED"), 0 },
};
static const struct row_column plugged[] = {
	{ IPC_F_PATH, "port", N_("SOCKET"), 0 },
	{ IPC_F_STATUS, "status", N_("STATUS"), 0 },
	{ IPC_F_EVENT, "reason", NULL, 0 },
	{ IPC_F_SUBJECT, "product", N_("DEVICE"), 30 },
	{ IPC_F_DETAIL, "found", N_("FOUND"), 0 },
	{ IPC_F_NAME, "serial", NULL, 0 },
	{ IPC_F_TEXT, "medium", N_("MEDIUM"), 0 },
};

#define COLUMNS(list) list, sizeof(list) / sizeof((list)[0])

static const struct row_kind_info kinds[] = {
	{ ROW_PERSON, "person", N_("Persons"), COLUMNS(person) },
	{ ROW_DORMANT, "dormant", N_("IDs not used"), COLUMNS(dormant) },
	{ ROW_CARD, "card", N_("Cards"), COLUMNS(card) },
	{ ROW_FINGER, "finger", N_("Fingers"), COLUMNS(finger) },
	{ ROW_LOCKOUT, "lockout", N_("Failures"), COLUMNS(lockout) },
	{ ROW_CRL, "crl", N_("Revocation lists"), COLUMNS(crl) },
	{ ROW_DENYLIST, "denylist", N_("Denylist"), COLUMNS(denylist) },
	{ ROW_AUDIT, "audit", N_("Records"), COLUMNS(audit) },
	{ ROW_VERIFY, "verify", N_("Audit chain"), COLUMNS(verify) },
	{ ROW_CHECK, "check", N_("Checks"), COLUMNS(check) },
	{ ROW_DAEMON, "daemon", N_("Daemon"), COLUMNS(daemon_) },
	{ ROW_COUNT, "count", N_("Registry"), COLUMNS(count) },
	{ ROW_READER, "reader", N_("Card readers"), COLUMNS(reader) },
	{ ROW_RETIRED, "retired", N_("Retired"), COLUMNS(retired) },
	{ ROW_UNLOCKED, "unlocked", N_("Unlocked"), COLUMNS(unlocked) },
	{ ROW_DELETED, "deleted", N_("Deleted"), COLUMNS(deleted) },
	{ ROW_HEAD, "head", N_("Newest record"), COLUMNS(head) },
	{ ROW_OCSP, "ocsp", N_("OCSP responses"), COLUMNS(ocsp) },
	{ ROW_FETCH, "fetch", N_("Fetched"), COLUMNS(fetch) },
	{ ROW_SHARED, "shared", N_("Shared accounts"), COLUMNS(shared) },
	{ ROW_HOLD, "hold", N_("At the desk"), COLUMNS(hold) },
	{ ROW_MEDIALIST, "media-list", N_("List of approved media"), COLUMNS(medialist) },
	{ ROW_MEDIUM, "medium", N_("Approved media"), COLUMNS(medium) },
	{ ROW_PLUGGED, "plugged", N_("USB devices"), COLUMNS(plugged) },
};

const struct row_kind_info *rows_kind_info(enum row_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].kind == kind)
			return &kinds[i];
	}
	return &kinds[0];
}

/* Words of the daemon that people see in their own language; programs get them as they are. */
static const char *const words[] = {
	N_("active"), N_("suspended"), N_("retired"), N_("revoked"), N_("returned"), N_("destroyed"), N_("ended"),
	N_("staff"), N_("privileged"), N_("auditor"),
	N_("open"), N_("waiting"), N_("locked"), N_("damaged"),
	N_("good"), N_("old"), N_("too-old"), N_("whole"), N_("broken"),
	N_("none"), N_("unknown"), N_("no-longer-counts"),
	N_("ok"), N_("warn"), N_("fail"), N_("card"), N_("empty"), N_("pin"), N_("finger"), N_("persons"), N_("cards"),
	N_("approved"), N_("refused"), N_("allowed"),
	N_("soon"), N_("dormant"), N_("unused"), N_("kept-open"),
};

const char *rows_translate(enum row_kind kind, enum ipc_field f, const char *cell)
{
	bool word = f == IPC_F_STATUS || f == IPC_F_ROLE || f == IPC_F_FACTORS || (kind == ROW_COUNT && f == IPC_F_EVENT);

	if ((kind == ROW_DENYLIST || kind == ROW_MEDIALIST) && f == IPC_F_TEXT && cell[0] != '\0')
		return _(cell);
	if (kind == ROW_PLUGGED && f == IPC_F_DETAIL && cell[0] != '\0')
		return _(cell);
	if ((kind == ROW_CHECK || kind == ROW_FETCH) && (f == IPC_F_DETAIL || f == IPC_F_TEXT) && cell[0] != '\0')
		return _(cell);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && word && kind != ROW_AUDIT; i++) {
		if (strcmp(words[i], cell) == 0)
			return _(words[i]);
	}
	return cell;
}
