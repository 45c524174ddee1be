/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usbbridge_redir.h
 * @brief usb-redir's device side, between the files that it is made of; usbbridge.h has what the others call.
 *
 * usbbridge_redir.c: the stream. usbbridge_redir_device.c: what QEMU is told about the reader, configuration.
 * usbbridge_redir_transfers.c: data. usbbridge_refuse.c: what a reader doesn't have.
 */
#ifndef USBBRIDGE_REDIR_H
#define USBBRIDGE_REDIR_H

struct usbredirparser;

/** QEMU's end of the stream; NULL: there is none. */
struct usbredirparser *redir_parser(void);
/** On stderr, with --verbose. */
__attribute__((format(printf, 1, 2))) void redir_log(const char *format, ...);

/** Each sets its callbacks; they count on the parser being its own priv. */
void redir_serve_device(struct usbredirparser *p);
void redir_serve_transfers(struct usbredirparser *p);
void redir_refuse(struct usbredirparser *p);

/** Another QEMU, or none: it has said no hello and knows of no reader. */
void redir_device_new_peer(void);
/** No interrupt endpoint is read any more. */
void redir_stop_interrupts(void);

#endif /* USBBRIDGE_REDIR_H */
