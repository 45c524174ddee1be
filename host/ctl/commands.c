/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of subcommands and options; see commands.h. */
#include "ctl/commands.h"

static const struct option_row options[] = {
	{ OPT_JSON, { "json", 'j', NULL, 0, N_("Answer for programs: one JSON object on standard output"), 9 } },
	{ OPT_NAME, { "name", 'n', "NAME", 0, N_("The person's name, as the site writes it"), 0 } },
	{ OPT_ACCOUNT, { "account", 'a', "ACCOUNT", 0, N_("Account of the operating system"), 0 } },
	{ OPT_ROLE, { "role", 'R', "ROLE", 0, N_("staff (default), privileged or auditor"), 0 } },
	{ OPT_VALID_FROM, { "valid-from", KEY_VALID_FROM, "DATE", 0, N_("First day (2026-04-01), or first minute"), 0 } },
	{ OPT_VALID_UNTIL, { "valid-until", KEY_VALID_UNTIL, "DATE", 0, N_("Last day, or last minute"), 0 } },
	{ OPT_PERSON, { "person", 'p', "NUMBER", 0, N_("The person with this number"), 0 } },
	{ OPT_CARD, { "card", 'c', "CARD", 0, N_("The card whose number starts with these 8 or more hex digits"), 0 } },
	{ OPT_TERMINAL, { "terminal", KEY_TERMINAL, NULL, 0, N_("This terminal"), 0 } },
	{ OPT_TERMINAL_ID, { "terminal", KEY_TERMINAL_ID, "ID", 0, N_("Id of this terminal (default: host name)"), 0 } },
	{ OPT_REASON, { "reason", 'r', "TEXT", 0, N_("Why; it stands in the record"), 0 } },
	{ OPT_PIN_FD, { "pin-fd", KEY_PIN_FD, "N", 0, N_("Read PINs from this open descriptor, one a line, and don't ask"), 0 } },
	{ OPT_AFTER, { "after", KEY_AFTER, "RECORD", 0, N_("Only records behind this one"), 0 } },
	{ OPT_LAST, { "last", 'l', "N", 0, N_("The newest N (default 50); with --after: the next N"), 0 } },
	{ OPT_FORMAT, { "format", KEY_FORMAT, "FORMAT", 0, N_("jsonl (default) or csv"), 0 } },
	{ OPT_OUTPUT, { "output", 'o', "FILE", 0, N_("Write to this new file instead of standard output"), 0 } },
	{ OPT_BOM, { "bom", KEY_BOM, NULL, 0, N_("CSV: start with a byte order mark, for Excel"), 0 } },
	{ OPT_FILE, { "file", KEY_FILE, "FILE", 0, N_("Verify this JSON Lines export; needs neither daemon nor root"), 0 } },
	{ OPT_ANCHOR, { "anchor", KEY_ANCHOR, "FILE", 0, N_("CA certificate to trust, PEM or DER; may be given several times"), 0 } },
	{ OPT_SITE, { "site", KEY_SITE, "NAME", 0, N_("Whose terminal this is"), 0 } },
	{ OPT_HELP_DESK, { "help-desk", KEY_HELP_DESK, "TEXT", 0, N_("Whom to call, shown with every refusal"), 0 } },
	{ OPT_CHAIN, { "chain", KEY_CHAIN, "FILE", 0, N_("Certificates that come along, PEM or DER; several times. Never trusted by themselves"), 0 } },
	{ OPT_CRL, { "crl", KEY_CRL, "FILE", 0, N_("Revocation list, PEM or DER; several times"), 0 } },
	{ OPT_AT, { "at", KEY_AT, "TIME", 0, N_("As of this time (2026-04-01T08:30:00Z, @seconds) instead of now"), 0 } },
	{ OPT_CONFIG, { "config", KEY_CONFIG, "FILE", 0, N_("Settings of this file instead of /etc/sekisho/sekisho.conf"), 0 } },
	{ OPT_POLICY, { "policy", KEY_POLICY, "OIDS", 0, N_("Certificate policies, one of which the path must have, instead of those in the settings"), 0 } },
	{ OPT_EXPLICIT_POLICY, { "explicit-policy", KEY_EXPLICIT_POLICY, NULL, 0, N_("The path must have a certificate policy"), 0 } },
	{ OPT_INHIBIT_MAPPING, { "inhibit-mapping", KEY_INHIBIT_MAPPING, NULL, 0, N_("No policy may stand for another"), 0 } },
	{ OPT_INHIBIT_ANY, { "inhibit-any", KEY_INHIBIT_ANY, NULL, 0, N_("anyPolicy counts for nothing"), 0 } },
	{ OPT_PAM_DIR, { "pam-dir", KEY_PAM_DIR, "DIR", 0, N_("Look at the PAM stacks in this folder (default /etc/pam.d)"), 0 } },
};

static const struct command commands[] = {
	{ "init", NULL, 0, 0, OPT_ANCHOR | OPT_TERMINAL_ID | OPT_SITE | OPT_HELP_DESK, 0, cmd_init, "",
	    N_("Prepare this terminal: configuration, folders, registry and template key. Nothing that is there is overwritten."),
	    "sekishoctl init --site \"Information Systems\" --help-desk \"ext. 2345\" --anchor ca.pem" },
	{ "status", NULL, 0, 0, OPT_JSON, 0, cmd_status, "",
	    N_("What runs, what is registered, which counters have failures."), "sekishoctl status --json" },
	{ "doctor", NULL, 0, 0, OPT_JSON | OPT_PAM_DIR, 0, cmd_doctor, "",
	    N_("Will the next log-in work, and is there a way around it? Checks configuration, trust, devices and PAM stacks."),
	    "sekishoctl doctor" },
	{ "unlock", NULL, 0, 0, OPT_JSON | OPT_PERSON | OPT_CARD | OPT_TERMINAL | OPT_REASON, OPT_REASON, cmd_unlock, "",
	    N_("Set failure counters back: of a person with their active cards, of one card, or of this terminal."),
	    "sekishoctl unlock --person 10234 --reason \"identity checked at the desk\"" },
	{ "person", "add", 1, 1, OPT_JSON | OPT_NAME | OPT_ACCOUNT | OPT_ROLE | OPT_VALID_FROM | OPT_VALID_UNTIL,
	    OPT_NAME | OPT_ACCOUNT, cmd_person_add, N_("NUMBER"), N_("Register a person."),
	    "sekishoctl person add 10234 --name 山田花子 --account yamada --valid-until 2027-03-31" },
	{ "person", "list", 0, 0, OPT_JSON, 0, cmd_person_list, "", N_("All persons."), "sekishoctl person list" },
	{ "person", "show", 1, 1, OPT_JSON, 0, cmd_person_show, N_("NUMBER"),
	    N_("One person with cards, fingers and failure counters."), "sekishoctl person show 10234" },
	{ "person", "suspend", 1, 1, OPT_JSON | OPT_REASON, OPT_REASON, cmd_person_suspend, N_("NUMBER"),
	    N_("Refuse a person from now on."), "sekishoctl person suspend 10234 --reason \"leave\"" },
	{ "person", "reinstate", 1, 1, OPT_JSON | OPT_REASON, OPT_REASON, cmd_person_reinstate, N_("NUMBER"),
	    N_("Let a suspended person log in again."), "sekishoctl person reinstate 10234 --reason \"back\"" },
	{ "person", "retire", 1, 1, OPT_JSON | OPT_REASON, OPT_REASON, cmd_person_retire, N_("NUMBER"),
	    N_("Close a person for good: cards revoked, finger templates deleted, account free again."),
	    "sekishoctl person retire 10234 --reason \"retired 2027-03-31\"" },
	{ "card", "enrol", 1, 1, OPT_JSON | OPT_PIN_FD, 0, cmd_card_enrol, N_("NUMBER"),
	    N_("Enrol the card in the reader for a person. The card must prove its key with its PIN."),
	    "sekishoctl card enrol 10234" },
	{ "card", "list", 0, 0, OPT_JSON | OPT_PERSON, 0, cmd_card_list, "", N_("All cards, or a person's."),
	    "sekishoctl card list --person 10234" },
	{ "card", "revoke", 0, 1, OPT_JSON | OPT_PERSON | OPT_REASON, OPT_REASON, cmd_card_revoke, N_("[CARD]"),
	    N_("Stop a lost card, or all active cards of a person, at once and for good."),
	    "sekishoctl card revoke 3f09a2c1 --reason \"reported lost\"\n"
	    "sekishoctl card revoke --person 10234 --reason \"bag stolen\"" },
	{ "card", "return", 1, 1, OPT_JSON | OPT_REASON, OPT_REASON, cmd_card_return, N_("CARD"),
	    N_("Record that a card was given back."), "sekishoctl card return 3f09a2c1 --reason \"replaced\"" },
	{ "card", "destroy", 1, 1, OPT_JSON | OPT_REASON, OPT_REASON, cmd_card_destroy, N_("CARD"),
	    N_("Record that a returned or revoked card was destroyed, and how."),
	    "sekishoctl card destroy 3f09a2c1 --reason \"shredded\"" },
	{ "finger", "enrol", 2, 2, OPT_JSON | OPT_PIN_FD, 0, cmd_finger_enrol, N_("NUMBER FINGER"),
	    N_("Enrol a finger. The person's card and PIN come first."),
	    "sekishoctl finger enrol 10234 right-index" },
	{ "finger", "list", 0, 0, OPT_JSON | OPT_PERSON, 0, cmd_finger_list, "", N_("Enrolled fingers."),
	    "sekishoctl finger list --person 10234" },
	{ "finger", "delete", 1, 2, OPT_JSON | OPT_REASON, 0, cmd_finger_delete, N_("NUMBER [FINGER]"),
	    N_("Delete a finger of a person, or all of them."), "sekishoctl finger delete 10234 right-index" },
	{ "crl", "import", 1, 1, OPT_JSON, 0, cmd_crl_import, N_("FILE"),
	    N_("Put a revocation list in force. Its signature is verified, its number may not go back."),
	    "sekishoctl crl import /media/usb/ca.crl" },
	{ "crl", "status", 0, 0, OPT_JSON, 0, cmd_crl_status, "", N_("Revocation lists in force and their age."),
	    "sekishoctl crl status" },
	{ "ocsp", "import", 2, 2, OPT_JSON, 0, cmd_ocsp_import, N_("CARD FILE"),
	    N_("Keep an OCSP response about a card's certificate, from a file. Its signature is verified, it may not be older than the one kept."),
	    "sekishoctl ocsp import 3f09a2c1 /media/usb/3f09a2c1.ors" },
	{ "ocsp", "status", 0, 0, OPT_JSON, 0, cmd_ocsp_status, "",
	    N_("OCSP responses kept for active cards and their age. Exit status 6 when one is missing, old or unknown."),
	    "sekishoctl ocsp status" },
	{ "fetch", NULL, 0, 0, OPT_JSON, 0, cmd_fetch, "",
	    N_("Fetch revocation lists and OCSP responses, as sekisho-fetch.timer does. Exit status 6 when something failed."),
	    "sekishoctl fetch" },
	{ "trust", "check", 1, 1, OPT_JSON | OPT_CHAIN | OPT_ANCHOR | OPT_CRL | OPT_AT | OPT_CONFIG | OPT_POLICY | OPT_EXPLICIT_POLICY |
	    OPT_INHIBIT_MAPPING | OPT_INHIBIT_ANY, 0, cmd_trust_check, N_("CERT"),
	    N_("Would this certificate be taken at a log-in? Says why not. Needs no daemon; with --anchor only what is given counts."),
	    "sekishoctl trust check card.pem\n"
	    "sekishoctl trust check card.pem --anchor root.pem --chain ca.pem --crl root.crl --crl ca.crl --at 2026-04-01T08:30:00Z" },
	{ "audit", "list", 0, 0, OPT_JSON | OPT_AFTER | OPT_LAST, 0, cmd_audit_list, "",
	    N_("The newest records, or those after a given one."), "sekishoctl audit list --last 20" },
	{ "audit", "verify", 0, 0, OPT_JSON | OPT_FILE, 0, cmd_audit_verify, "",
	    N_("Was a record changed, removed or cut off?"), "sekishoctl audit verify\nsekishoctl audit verify --file 2026-11.jsonl" },
	{ "audit", "export", 0, 0, OPT_FORMAT | OPT_OUTPUT | OPT_BOM | OPT_AFTER, 0, cmd_audit_export, "",
	    N_("Write the records with their hashes for other programs. That it was done is a record too."),
	    "sekishoctl audit export --output /media/usb/2026-11.jsonl\n"
	    "sekishoctl audit export --format csv --bom --output audit.csv" },
	{ "audit", "reanchor", 0, 0, OPT_REASON, OPT_REASON, cmd_audit_reanchor, "",
	    N_("Accept the newest record there is, after damage was looked into. The daemon must be stopped."),
	    "sekishoctl audit reanchor --reason \"disk replaced, evidence kept, see report 12\"" },
	{ "policy", "check", 0, 1, OPT_JSON, 0, cmd_policy_check, N_("[FILE]"),
	    N_("Is a configuration file good, and who must show what? Needs no daemon."),
	    "sekishoctl policy check /etc/sekisho/sekisho.conf" },
};

const struct command *commands_all(size_t *ret_n)
{
	*ret_n = sizeof(commands) / sizeof(commands[0]);
	return commands;
}

const struct option_row *commands_options(size_t *ret_n)
{
	*ret_n = sizeof(options) / sizeof(options[0]);
	return options;
}
