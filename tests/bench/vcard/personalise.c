/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vcard-personalise: a demo certification authority, its cards and its CRLs, for tests only.
 *
 * The PIN comes as an argument: it is a made-up one of a made-up card, and tests must know it.
 */
#include "carddir.h"
#include "bytes.h"
#include "pki.h"

#include <errno.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REVOKED_MAX 64
#define EKU_AUTH "clientAuth,msSmartcardLogin"
#define EKU_CARD_AUTH "critical,2.16.840.1.101.3.6.8"	/* id-PIV-cardAuth, FIPS 201 */
#define KU_SIGN "critical,digitalSignature"

static const char usage_text[] =
	"usage: vcard-personalise ca --out DIR [--alg rsa2048|p256|p384] [--name CN] [--days N]\n"
	"           [--issuer CADIR]                           (a CA below another one)\n"
	"       vcard-personalise card --ca CADIR --out CARDDIR --cn NAME --serial-label X\n"
	"           [--alg rsa2048|p256|p384] [--pin DIGITS] [--puk TEXT8] [--tries N] [--puk-tries N]\n"
	"           [--not-before DAYS] [--not-after DAYS]     (from now, may be negative)\n"
	"           [--eku LIST|none] [--key-usage LIST|none] [--no-digital-signature] [--ca-true]\n"
	"           [--no-9e] [--cert-pad BYTES] [--gzip-cert] [--foreign-key]\n"
	"           [--renew]                                  (new certificates over the folder's keys)\n"
	"       vcard-personalise crl --ca CADIR --out FILE [--revoke CARDDIR]... [--number N]\n"
	"           [--this-update SECONDS] [--next-update SECONDS] [--fill N] [--bad-signature]\n"
	"           [--pem|--der]\n";

static const struct option options[] = {
	{ "out", required_argument, NULL, 'o' },
	{ "alg", required_argument, NULL, 'a' },
	{ "name", required_argument, NULL, 'n' },
	{ "cn", required_argument, NULL, 'n' },
	{ "days", required_argument, NULL, 'A' },
	{ "issuer", required_argument, NULL, 'c' },
	{ "ca", required_argument, NULL, 'c' },
	{ "serial-label", required_argument, NULL, 'l' },
	{ "pin", required_argument, NULL, 'p' },
	{ "puk", required_argument, NULL, 'P' },
	{ "tries", required_argument, NULL, 't' },
	{ "puk-tries", required_argument, NULL, 'T' },
	{ "not-before", required_argument, NULL, 'B' },
	{ "not-after", required_argument, NULL, 'A' },
	{ "eku", required_argument, NULL, 'e' },
	{ "key-usage", required_argument, NULL, 'k' },
	{ "no-digital-signature", no_argument, NULL, 'K' },
	{ "ca-true", no_argument, NULL, 'C' },
	{ "no-9e", no_argument, NULL, '9' },
	{ "cert-pad", required_argument, NULL, 'x' },
	{ "gzip-cert", no_argument, NULL, 'z' },
	{ "foreign-key", no_argument, NULL, 'f' },
	{ "renew", no_argument, NULL, 'R' },
	{ "revoke", required_argument, NULL, 'r' },
	{ "number", required_argument, NULL, 'N' },
	{ "this-update", required_argument, NULL, 'u' },
	{ "next-update", required_argument, NULL, 'U' },
	{ "fill", required_argument, NULL, 'F' },
	{ "bad-signature", no_argument, NULL, 'b' },
	{ "pem", no_argument, NULL, 'm' },
	{ "der", no_argument, NULL, 'd' },
	{ NULL, 0, NULL, 0 },
};

struct request {
	const char *out, *alg, *cn, *ca, *label, *pin, *puk, *eku, *key_usage;
	const char *revoke[REVOKED_MAX];
	size_t revoke_n;
	long tries, puk_tries, not_before, not_after, pad_n, number, this_update, next_update, fill_n;
	bool ca_true, no_9e, gzip, foreign_key, renew, bad_signature, der;
};

static bool parse_number(const char *text, long min, long max, long *ret_value)
{
	if (vc_parse_long(text, min, max, ret_value))
		return true;
	fprintf(stderr, "vcard-personalise: %s is not a number from %ld to %ld\n", text, min, max);
	return false;
}

static bool parse_option(int option, struct request *req)
{
	switch (option) {
	case 'o': req->out = optarg; return true;
	case 'a': req->alg = optarg; return true;
	case 'n': req->cn = optarg; return true;
	case 'c': req->ca = optarg; return true;
	case 'l': req->label = optarg; return true;
	case 'p': req->pin = optarg; return true;
	case 'P': req->puk = optarg; return true;
	case 't': return parse_number(optarg, 1, VC_TRIES_MAX, &req->tries);
	case 'T': return parse_number(optarg, 1, VC_TRIES_MAX, &req->puk_tries);
	case 'B': return parse_number(optarg, -36500, 36500, &req->not_before);
	case 'A': return parse_number(optarg, -36500, 36500, &req->not_after);
	case 'e': req->eku = strcmp(optarg, "none") == 0 ? NULL : optarg; return true;
	case 'k': req->key_usage = strcmp(optarg, "none") == 0 ? NULL : optarg; return true;
	case 'K': req->key_usage = "critical,keyAgreement"; return true;
	case 'C': req->ca_true = true; return true;
	case '9': req->no_9e = true; return true;
	case 'x': return parse_number(optarg, 1, 20000, &req->pad_n);
	case 'z': req->gzip = true; return true;
	case 'f': req->foreign_key = true; return true;
	case 'R': req->renew = true; return true;
	case 'N': return parse_number(optarg, 0, 1000000000, &req->number);
	case 'u': return parse_number(optarg, -1000000000, 1000000000, &req->this_update);
	case 'U': return parse_number(optarg, -1000000000, 1000000000, &req->next_update);
	case 'F': return parse_number(optarg, 0, 2000000, &req->fill_n);
	case 'b': req->bad_signature = true; return true;
	case 'm': req->der = false; return true;
	case 'd': req->der = true; return true;
	case 'r':
		if (req->revoke_n == REVOKED_MAX)
			return false;
		req->revoke[req->revoke_n++] = optarg;
		return true;
	default: return false;
	}
}

static bool make_folder(const char *dir)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return true;
	fprintf(stderr, "vcard-personalise: %s: %s\n", dir, strerror(errno));
	return false;
}

/* Prints what a registry keyed by public-key hash would look for. */
static bool report_key(const char *what, EVP_PKEY *key)
{
	uint8_t hash[32];
	char hex[2 * sizeof(hash) + 1];

	if (!pki_key_hash(key, hash))
		return false;
	vc_hex_encode(hash, sizeof(hash), hex);
	printf("%s spki-sha256 %s\n", what, hex);
	return true;
}

static bool make_ca(const struct request *req)
{
	struct pki_profile profile = {
		.cn = req->cn != NULL ? req->cn : "Sekisho Test Root CA",
		.basic_constraints = "critical,CA:TRUE", .key_usage = "critical,keyCertSign,cRLSign",
		.not_before_days = req->not_before, .not_after_days = req->not_after,
	};
	EVP_PKEY *key = pki_key_new(req->alg), *issuer_key = NULL;
	X509 *cert = NULL, *issuer = NULL;
	bool ok = key != NULL && make_folder(req->out);

	if (ok && req->ca != NULL) {
		issuer = pki_cert_read(req->ca, "ca.crt");
		issuer_key = pki_key_read(req->ca, "ca.key");
		ok = issuer != NULL && issuer_key != NULL;
	}
	if (ok)
		cert = pki_cert_new(&profile, key, issuer, issuer_key);
	ok = cert != NULL && pki_key_write(req->out, "ca.key", key) &&
	     pki_cert_write(req->out, "ca.crt", cert) && report_key("ca", key);
	X509_free(cert);
	X509_free(issuer);
	EVP_PKEY_free(issuer_key);
	EVP_PKEY_free(key);
	return ok;
}

/*
 * CHUID: FASC-N of a non-federal issuer (agency code 9999), GUID, expiry, no issuer signature
 * (SP 800-73-4 part 1, 3.1.2 and table 9). FASC-N and GUID come from the label.
 */
static bool make_chuid(const struct request *req, char ret_guid_hex[static 33])
{
	static const uint8_t fascn_head[] = { 0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39 };
	uint8_t hash[32], fascn[25], buf[128];
	struct vc_out out = { .buf = buf, .cap = sizeof(buf) };
	time_t end = time(NULL) + req->not_after * 24 * 60 * 60;
	struct tm day;
	char text[16];

	if (EVP_Digest(req->label, strlen(req->label), hash, NULL, EVP_sha256(), NULL) != 1 ||
	    gmtime_r(&end, &day) == NULL || strftime(text, sizeof(text), "%Y%m%d", &day) != 8)
		return false;
	memcpy(fascn, hash, sizeof(fascn));
	memcpy(fascn, fascn_head, sizeof(fascn_head));
	hash[6] = (hash[6] & 0x0F) | 0x50;	/* RFC 4122: a name-based UUID */
	hash[8] = (hash[8] & 0x3F) | 0x80;
	vc_hex_encode(hash, 16, ret_guid_hex);
	vc_out_tlv(&out, 0x30, fascn, sizeof(fascn));
	vc_out_tlv(&out, 0x34, hash, 16);
	vc_out_tlv(&out, 0x35, text, 8);
	vc_out_tlv(&out, 0x3E, NULL, 0);
	vc_out_tlv(&out, 0xFE, NULL, 0);
	return !out.overflow &&
	       vc_file_replace(pki_path(req->out, "chuid.bin"), 0644, buf, out.len) == 0;
}

static bool make_conf(const struct request *req)
{
	struct vc_card card = { .piv = true, .gzip_cert = req->gzip };
	bool ok = strlen(req->out) < sizeof(card.dir) - 32 && strlen(req->puk) == VC_PIN_LEN &&
		  vc_pin_pad(req->pin, card.pin.value);

	if (ok) {
		strcpy(card.dir, req->out);
		memcpy(card.puk.value, req->puk, VC_PIN_LEN);
		card.pin.tries = card.pin.left = (unsigned)req->tries;
		card.puk.tries = card.puk.left = (unsigned)req->puk_tries;
		ok = vc_card_save(&card) == 0;
	} else {
		fputs("vcard-personalise: PIN: 6 to 8 digits; PUK: 8 characters\n", stderr);
	}
	OPENSSL_cleanse(&card, sizeof(card));
	return ok;
}

/* One key with its certificate. With renew the key is the one there; with foreign_key it is not the certified one. */
static bool make_slot(const struct request *req, const char *slot, const struct pki_profile *profile,
		      X509 *issuer, EVP_PKEY *issuer_key)
{
	char name[16];
	EVP_PKEY *key;
	X509 *cert;
	bool ok;

	snprintf(name, sizeof(name), "%s.key", slot);
	key = req->renew ? pki_key_read(req->out, name) : pki_key_new(req->alg);
	cert = key != NULL ? pki_cert_new(profile, key, issuer, issuer_key) : NULL;
	ok = cert != NULL && report_key(slot, key);
	if (ok && req->foreign_key) {
		EVP_PKEY_free(key);
		key = pki_key_new(req->alg);
		ok = key != NULL;
	}
	ok = ok && pki_key_write(req->out, name, key);
	snprintf(name, sizeof(name), "%s.crt", slot);
	ok = ok && pki_cert_write(req->out, name, cert);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ok;
}

static bool make_card(const struct request *req)
{
	struct pki_profile profile = {
		.cn = req->cn, .serial_number = req->label,
		.basic_constraints = req->ca_true ? "critical,CA:TRUE" : "critical,CA:FALSE",
		.key_usage = req->key_usage, .ext_key_usage = req->eku,
		.not_before_days = req->not_before, .not_after_days = req->not_after,
		.pad_n = (size_t)req->pad_n,
	};
	char guid[33];
	X509 *issuer;
	EVP_PKEY *issuer_key;
	bool ok;

	if (req->ca == NULL || req->cn == NULL || req->label == NULL || !make_folder(req->out))
		return false;
	issuer = pki_cert_read(req->ca, "ca.crt");
	issuer_key = pki_key_read(req->ca, "ca.key");
	ok = issuer != NULL && issuer_key != NULL && make_conf(req) && make_chuid(req, guid) &&
	     make_slot(req, "9a", &profile, issuer, issuer_key);
	if (ok && !req->no_9e) {
		/* The card authentication certificate names the card, not the person (FIPS 201). */
		profile.cn = NULL;
		profile.serial_number = guid;
		profile.key_usage = KU_SIGN;
		profile.ext_key_usage = EKU_CARD_AUTH;
		ok = make_slot(req, "9e", &profile, issuer, issuer_key);
	}
	if (req->no_9e) {
		unlink(pki_path(req->out, "9e.key"));
		unlink(pki_path(req->out, "9e.crt"));
	}
	X509_free(issuer);
	EVP_PKEY_free(issuer_key);
	return ok;
}

static bool make_crl(const struct request *req)
{
	struct pki_crl crl = {
		.number = (uint64_t)req->number, .this_update_s = req->this_update,
		.next_update_s = req->next_update, .fill_n = (size_t)req->fill_n,
		.bad_signature = req->bad_signature, .der = req->der,
	};
	X509 *revoked[2 * REVOKED_MAX] = { NULL }, *issuer;
	EVP_PKEY *issuer_key;
	bool ok;
	size_t i;

	if (req->ca == NULL)
		return false;
	issuer = pki_cert_read(req->ca, "ca.crt");
	issuer_key = pki_key_read(req->ca, "ca.key");
	ok = issuer != NULL && issuer_key != NULL;
	for (i = 0; ok && i < req->revoke_n; i++) {
		revoked[2 * i] = pki_cert_read(req->revoke[i], "9a.crt");
		ok = revoked[2 * i] != NULL;
		if (ok && access(pki_path(req->revoke[i], "9e.crt"), R_OK) == 0)
			revoked[2 * i + 1] = pki_cert_read(req->revoke[i], "9e.crt");
	}
	ok = ok && pki_crl_write(req->out, &crl, issuer, issuer_key, revoked, 2 * req->revoke_n);
	for (i = 0; i < 2 * REVOKED_MAX; i++)
		X509_free(revoked[i]);
	X509_free(issuer);
	EVP_PKEY_free(issuer_key);
	return ok;
}

int main(int argc, char **argv)
{
	struct request req = {
		.alg = "p256", .pin = "123456", .puk = "12345678", .eku = EKU_AUTH, .key_usage = KU_SIGN,
		.tries = 3, .puk_tries = 3, .not_before = -1, .not_after = 365, .number = 1,
		.next_update = 7L * 24 * 60 * 60,
	};
	const char *what = argc > 1 ? argv[1] : "";
	bool ok = argc > 1;
	int option;

	if (strcmp(what, "ca") == 0)
		req.not_after = 3650;
	optind = 2;
	while (ok && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		ok = parse_option(option, &req);
	if (!ok || optind != argc || req.out == NULL) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (strcmp(what, "ca") == 0)
		return make_ca(&req) ? 0 : 1;
	if (strcmp(what, "card") == 0)
		return make_card(&req) ? 0 : 1;
	if (strcmp(what, "crl") == 0)
		return make_crl(&req) ? 0 : 1;
	fputs(usage_text, stderr);
	return 2;
}
