/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of usb-redir: sockets, the parser, who serves which message. */
#include "usbbridge_redir.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <usbredirparser.h>

#include "benchio.h"
#include "usbbridge.h"

static struct {
	int fd;
	struct usbredirparser *parser;
	bool verbose;
} r = { .fd = -1 };

static void on_log(void *priv, int level, const char *text)
{
	(void)priv;
	if (level <= usbredirparser_warning || r.verbose)
		fprintf(stderr, "usbbridge: %s\n", text);
}

/* The parser wants -1 when the peer is gone, 0 for "nothing now". */
static int on_read(void *priv, uint8_t *data, int count)
{
	(void)priv;
	return benchio_read(r.fd, data, (size_t)count);
}

static int on_write(void *priv, uint8_t *data, int count)
{
	ssize_t n = send(r.fd, data, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)priv;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return (int)n;
}

struct usbredirparser *redir_parser(void)
{
	return r.parser;
}

void redir_log(const char *format, ...)
{
	va_list args;

	if (!r.verbose)
		return;
	va_start(args, format);
	fputs("usbbridge: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
}

void redir_attach(int fd)
{
	uint32_t caps[USB_REDIR_CAPS_SIZE] = { 0 };

	if (r.parser)
		usbredirparser_destroy(r.parser);
	r.parser = NULL;
	r.fd = fd;
	redir_device_new_peer();
	redir_stop_interrupts();
	if (fd < 0)
		return;
	r.parser = usbredirparser_create();
	if (!r.parser)
		benchio_die("out of memory");
	r.parser->priv = r.parser;
	r.parser->log_func = on_log;
	r.parser->read_func = on_read;
	r.parser->write_func = on_write;
	redir_serve_device(r.parser);
	redir_serve_transfers(r.parser);
	redir_refuse(r.parser);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_device_disconnect_ack);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
	usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
	usbredirparser_init(r.parser, "sekisho usbbridge", caps, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

bool redir_read(void)
{
	int status = usbredirparser_do_read(r.parser);

	/* A message that the parser can't read is skipped by it. */
	return status == 0 || status == usbredirparser_read_parse_error;
}

bool redir_wants_write(void)
{
	return r.parser && usbredirparser_has_data_to_write(r.parser) > 0;
}

bool redir_write(void)
{
	return usbredirparser_do_write(r.parser) == 0;
}

void redir_verbose(bool on)
{
	r.verbose = on;
}
