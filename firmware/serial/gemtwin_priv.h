/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gemtwin_priv.h
 * @brief What the sources of firmware/serial share.
 */
#ifndef SERIAL_GEMTWIN_PRIV_H
#define SERIAL_GEMTWIN_PRIV_H

#include "serial/gemtwin.h"

#define SYNC 0x03u
#define ACK 0x06u
#define NAK 0x15u
/** SYNC, ACK and LRC around a message. Unit: bytes. */
#define GEMTWIN_FRAME_EXTRA 3u

/** A byte has been read: a frame may be whole now (give), or something be due to be said (nak, again). */
SK_NONNULL void gemtwin_rx_byte(struct gemtwin *g, uint8_t byte);
/** The host has been silent until silent_us. */
SK_NONNULL void gemtwin_rx_silence(struct gemtwin *g);

#endif /* SERIAL_GEMTWIN_PRIV_H */
