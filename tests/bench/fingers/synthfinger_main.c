/* SPDX-License-Identifier: Apache-2.0 */
/*
 * synthfinger - make a synthetic fingerprint, or touch a virtual sensor with one.
 *
 *   synthfinger --finger SEED --impression K              PGM to stdout
 *   synthfinger --finger SEED --impression K --out FILE   PGM to a file
 *   synthfinger --finger SEED --impression K --send SOCK  touch the sensor
 *   synthfinger --image FILE --send SOCK                  touch with one that --out has written
 *   synthfinger --send SOCK --nothing | --retry R | --error E | --unplug
 *   --wait-ready MS  time for the sensor to come and take it (default 10000)
 *
 * Exit status: 0 done, 1 the sensor did not take it or a file failed, 2 usage.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "synthfinger.h"
#include "virtualsensor.h"

#define WAIT_DEFAULT_MS 10000

enum option_id { OPT_FINGER = 1, OPT_IMPRESSION, OPT_OUT, OPT_SEND, OPT_NOTHING, OPT_RETRY,
	OPT_ERROR, OPT_UNPLUG, OPT_WAIT, OPT_IMAGE };

static const struct option LONG_OPTIONS[] = {
	{ "finger", required_argument, NULL, OPT_FINGER },
	{ "impression", required_argument, NULL, OPT_IMPRESSION },
	{ "image", required_argument, NULL, OPT_IMAGE },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "send", required_argument, NULL, OPT_SEND },
	{ "nothing", no_argument, NULL, OPT_NOTHING },
	{ "retry", required_argument, NULL, OPT_RETRY },
	{ "error", required_argument, NULL, OPT_ERROR },
	{ "unplug", no_argument, NULL, OPT_UNPLUG },
	{ "wait-ready", required_argument, NULL, OPT_WAIT },
	{ NULL, 0, NULL, 0 },
};

struct request {
	bool has_finger;
	bool nothing;
	uint64_t seed;
	uint32_t impression;
	const char *image_path;
	const char *out_path;
	const char *socket_path;
	bool has_command;
	enum virtualsensor_command command;
	int32_t command_value;
	int wait_ms;
};

static bool parse_number(const char *text, unsigned long long max, unsigned long long *ret_value)
{
	char *end = NULL;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value > max)
		return false;
	*ret_value = value;
	return true;
}

static bool take_command(struct request *r, enum virtualsensor_command command, unsigned long long value)
{
	if (r->has_command)
		return false;
	r->has_command = true;
	r->command = command;
	r->command_value = (int32_t)value;
	return true;
}

static bool take_option(struct request *r, int id, const char *text)
{
	unsigned long long n = 0;

	switch (id) {
	case OPT_FINGER:
		r->has_finger = parse_number(text, UINT64_MAX, &n);
		r->seed = n;
		return r->has_finger;
	case OPT_IMPRESSION:
		if (!parse_number(text, UINT32_MAX, &n))
			return false;
		r->impression = (uint32_t)n;
		return true;
	case OPT_IMAGE:
		r->image_path = text;
		return true;
	case OPT_OUT:
		r->out_path = text;
		return true;
	case OPT_SEND:
		r->socket_path = text;
		return true;
	case OPT_NOTHING:
		r->nothing = true;
		return true;
	case OPT_RETRY:
		return parse_number(text, 255, &n) && take_command(r, VIRTUALSENSOR_RETRY, n);
	case OPT_ERROR:
		return parse_number(text, 255, &n) && take_command(r, VIRTUALSENSOR_ERROR, n);
	case OPT_UNPLUG:
		return take_command(r, VIRTUALSENSOR_UNPLUG, 0);
	case OPT_WAIT:
		if (!parse_number(text, 3600000, &n))
			return false;
		r->wait_ms = (int)n;
		return true;
	default:
		return false;
	}
}

static bool parse_arguments(int argc, char **argv, struct request *ret_request)
{
	struct request r = { .wait_ms = WAIT_DEFAULT_MS };
	int id;

	while ((id = getopt_long(argc, argv, "", LONG_OPTIONS, NULL)) != -1)
		if (!take_option(&r, id, optarg))
			return false;
	if (optind != argc || (int)r.has_finger + (int)r.nothing + (int)r.has_command + (r.image_path != NULL ? 1 : 0) != 1)
		return false;
	if (r.has_command && r.socket_path == NULL)
		return false;
	*ret_request = r;
	return true;
}

static bool write_pgm(const char *path, const struct synthfinger_image *image)
{
	FILE *file = path != NULL ? fopen(path, "wb") : stdout;
	bool written;

	if (file == NULL)
		return false;
	written = fprintf(file, "P5\n%d %d\n255\n", SYNTHFINGER_IMAGE_WIDTH,
			  SYNTHFINGER_IMAGE_HEIGHT) > 0 &&
		  fwrite(image->pixels, 1, sizeof(image->pixels), file) == sizeof(image->pixels);
	if (fflush(file) != 0)
		written = false;
	if (file != stdout && fclose(file) != 0)
		written = false;
	return written;
}

/* Just what write_pgm() writes. */
static bool read_pgm(const char *path, struct synthfinger_image *ret_image)
{
	FILE *file = fopen(path, "rb");
	char head[32], wanted[32];
	size_t n = (size_t)snprintf(wanted, sizeof(wanted), "P5\n%d %d\n255\n", SYNTHFINGER_IMAGE_WIDTH, SYNTHFINGER_IMAGE_HEIGHT);
	bool ok;

	if (file == NULL)
		return false;
	ok = fread(head, 1, n, file) == n && memcmp(head, wanted, n) == 0 &&
	    fread(ret_image->pixels, 1, sizeof(ret_image->pixels), file) == sizeof(ret_image->pixels) && fgetc(file) == EOF;
	(void)fclose(file);
	return ok;
}

static bool make_image(const struct request *r, struct synthfinger_image *ret_image)
{
	struct synthfinger *finger;

	if (r->image_path != NULL)
		return read_pgm(r->image_path, ret_image);
	if (r->nothing) {
		synthfinger_press_nothing(r->impression, ret_image);
		return true;
	}
	finger = synthfinger_grow(r->seed);
	if (finger == NULL)
		return false;
	synthfinger_press(finger, r->impression, ret_image);
	synthfinger_free(&finger);
	return true;
}

int main(int argc, char **argv)
{
	static struct synthfinger_image image;
	struct request r;
	bool done;

	if (!parse_arguments(argc, argv, &r)) {
		fputs("usage: synthfinger (--finger SEED [--impression K] | --nothing | --image FILE) "
		      "[--out FILE] [--send SOCKET [--wait-ready MS]]\n"
		      "       synthfinger --send SOCKET (--retry R | --error E | --unplug) "
		      "[--wait-ready MS]\n", stderr);
		return 2;
	}
	if (r.has_command) {
		done = virtualsensor_send_command(r.socket_path, r.command, r.command_value, r.wait_ms);
	} else {
		done = make_image(&r, &image);
		if (done && (r.out_path != NULL || r.socket_path == NULL))
			done = write_pgm(r.out_path, &image);
		if (done && r.socket_path != NULL)
			done = virtualsensor_send_image(r.socket_path, &image, r.wait_ms);
	}
	if (!done)
		fputs("synthfinger: not done\n", stderr);
	return done ? 0 : 1;
}
