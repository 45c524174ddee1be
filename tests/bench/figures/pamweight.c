/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pamweight: what a PAM module brings into the login process.
 *
 *     pamweight MODULE                              loaded, nothing called
 *     pamweight MODULE CONFDIR SERVICE USER         also at the PIN prompt of a whole log-in; the PIN is on descriptor 9
 *
 * Prints lines "WHEN libraries=N rss-kib=N private-kib=N", counted from a process that has libpam, and has used it (CONFDIR
 * has a service "nothing" for that), and nothing else; WHEN is "loaded" or "prompt". The module is opened as libpam does
 * it, its own file is one of the libraries. The measuring is done without the heap and once before the start, so that it
 * is not measured itself. Exit status 1: not measured.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <locale.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIN_FD 9

struct weight {
	long libraries_n, rss_kib, private_kib;
};

static char text[1 << 18];
static struct weight base;
static bool said;

/* A whole file of /proc in text[], NUL at its end. */
static bool read_proc(const char *path)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	text[len] = '\0';
	return n == 0 && len > 0;
}

static bool field(const char *name, long *ret_kib)
{
	const char *at = strstr(text, name);

	return at != NULL && sscanf(at + strlen(name), ": %ld kB", ret_kib) == 1;
}

/* Shared objects have one mapping at offset 0 each, whatever else is mapped of them. */
static long count_libraries(void)
{
	long n = 0;

	for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		unsigned long offset;
		int name_at = 0;

		*end = '\0';
		if (sscanf(line, "%*s %*s %lx %*s %*s %n", &offset, &name_at) == 1 && name_at > 0 && offset == 0 &&
		    strstr(line + name_at, ".so") != NULL)
			n++;
	}
	return n;
}

static bool weigh(struct weight *ret_w)
{
	if (!read_proc("/proc/self/smaps_rollup") || !field("\nRss", &ret_w->rss_kib) ||
	    !field("\nPrivate_Dirty", &ret_w->private_kib) || !read_proc("/proc/self/maps"))
		return false;
	ret_w->libraries_n = count_libraries();
	return true;
}

static bool say(const char *when)
{
	struct weight now;

	if (!weigh(&now))
		return false;
	printf("%s libraries=%ld rss-kib=%ld private-kib=%ld\n", when, now.libraries_n - base.libraries_n,
	    now.rss_kib - base.rss_kib, now.private_kib - base.private_kib);
	return true;
}

/* pam_conv(3): weighs at the first prompt, then answers with the PIN. */
static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *pin)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (msg[i]->msg_style != PAM_PROMPT_ECHO_OFF)
			continue;
		if (!said)
			said = say("prompt");
		r[i].resp = strdup(pin);
	}
	*resp = r;
	return PAM_SUCCESS;
}

/* Whatever libpam itself needs is there before the first look: a log-in by the service "nothing" (pam_permit). */
static int log_in_with_nothing(const char *confdir)
{
	const struct pam_conv conv = { converse, NULL };
	pam_handle_t *pamh = NULL;
	int err = pam_start_confdir("nothing", "nobody", &conv, confdir, &pamh);

	if (err == PAM_SUCCESS)
		err = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, err);
	if (err != PAM_SUCCESS)
		fputs("pamweight: no service \"nothing\"\n", stderr);
	return err == PAM_SUCCESS ? 0 : 1;
}

static int log_in(char **argv, char *pin)
{
	const struct pam_conv conv = { converse, pin };
	pam_handle_t *pamh = NULL;
	int err;

	err = pam_start_confdir(argv[1], argv[2], &conv, argv[0], &pamh);
	if (err == PAM_SUCCESS)
		err = pam_authenticate(pamh, 0);
	if (err != PAM_SUCCESS || !said) {
		fprintf(stderr, "pamweight: %s\n", pam_strerror(pamh, err));
		return 1;
	}
	(void)pam_end(pamh, err);
	return 0;
}

int main(int argc, char **argv)
{
	char pin[64] = "";

	/* As login programs do; and what printing and measuring need is there before the first look. */
	(void)setlocale(LC_ALL, "");
	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	printf("# %s\n", argc > 1 ? argv[1] : "");
	if ((argc != 2 && argc != 5) || (argc == 5 && read(PIN_FD, pin, sizeof(pin) - 1) <= 0)) {
		fputs("usage: pamweight MODULE [CONFDIR SERVICE USER]\n", stderr);
		return 2;
	}
	pin[strcspn(pin, "\n")] = '\0';
	if ((argc == 5 && log_in_with_nothing(argv[2]) != 0) || !weigh(&base) || !weigh(&base))
		return 1;
	if (dlopen(argv[1], RTLD_NOW) == NULL) {
		fprintf(stderr, "pamweight: %s\n", dlerror());
		return 1;
	}
	if (!say("loaded"))
		return 1;
	return argc == 5 ? log_in(argv + 2, pin) : 0;
}
