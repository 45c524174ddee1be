/* SPDX-License-Identifier: Apache-2.0 */
/* What QEMU may ask that a reader doesn't have (isochronous and streamed transfers) or that needs no answer. */
#include "usbbridge_redir.h"

#include <stdio.h>
#include <stdlib.h>
#include <usbredirparser.h>

static void on_start_iso(void *priv, uint64_t id, struct usb_redir_start_iso_stream_header *h)
{
	struct usb_redir_iso_stream_status_header s = { .status = usb_redir_inval, .endpoint = h->endpoint };

	usbredirparser_send_iso_stream_status(priv, id, &s);
}

static void on_stop_iso(void *priv, uint64_t id, struct usb_redir_stop_iso_stream_header *h)
{
	struct usb_redir_iso_stream_status_header s = { .status = usb_redir_inval, .endpoint = h->endpoint };

	usbredirparser_send_iso_stream_status(priv, id, &s);
}

static void on_iso(void *priv, uint64_t id, struct usb_redir_iso_packet_header *h, uint8_t *data, int len)
{
	(void)id;
	(void)h;
	(void)len;
	usbredirparser_free_packet_data(priv, data);
}

static void on_alloc_streams(void *priv, uint64_t id, struct usb_redir_alloc_bulk_streams_header *h)
{
	struct usb_redir_bulk_streams_status_header s = { .endpoints = h->endpoints, .status = usb_redir_inval };

	usbredirparser_send_bulk_streams_status(priv, id, &s);
}

static void on_free_streams(void *priv, uint64_t id, struct usb_redir_free_bulk_streams_header *h)
{
	struct usb_redir_bulk_streams_status_header s = { .endpoints = h->endpoints, .status = usb_redir_inval };

	usbredirparser_send_bulk_streams_status(priv, id, &s);
}

static void on_filter_reject(void *priv)
{
	(void)priv;
	fprintf(stderr, "usbbridge: QEMU's filter refuses the device\n");
}

static void on_filter(void *priv, struct usbredirfilter_rule *rules, int count)
{
	(void)priv;
	(void)count;
	free(rules);
}

static void on_ack(void *priv)
{
	(void)priv;
}

void redir_refuse(struct usbredirparser *p)
{
	p->start_iso_stream_func = on_start_iso;
	p->stop_iso_stream_func = on_stop_iso;
	p->iso_packet_func = on_iso;
	p->alloc_bulk_streams_func = on_alloc_streams;
	p->free_bulk_streams_func = on_free_streams;
	p->filter_reject_func = on_filter_reject;
	p->filter_filter_func = on_filter;
	p->device_disconnect_ack_func = on_ack;
}
