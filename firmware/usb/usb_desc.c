/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_desc.c
 * @brief Descriptors, written on request: lengths, clock and rates can't disagree with what the reader does.
 */
#include "usb/usb_desc.h"

#include "ccid/ccid.h"
#include "core/usb_ids.h"
#include "hal.h"

#define LANGUAGE_ENGLISH_US 0x0409u

#define DEVICE_LEN 18u
#define CONFIG_LEN 9u
#define INTERFACE_LEN 9u
#define CCID_LEN 54u
#define ENDPOINT_LEN 7u
#define CONFIG_TOTAL (CONFIG_LEN + INTERFACE_LEN + CCID_LEN + 3u * ENDPOINT_LEN)
_Static_assert(CONFIG_TOTAL <= USB_DESC_MAX, "the configuration fits the control buffer");

/* bmAttributes (USB 2.0 table 9-10): bus powered, remote wakeup when a card comes or goes. */
#define ATTRIBUTES (0x80u | 0x20u)
/* Controller and a class A card (60 mA, 7816-3:2006 5.2.1), in units of 2 mA. */
#define MAX_POWER 50u

/* dwFeatures, CCID 1.1 table 5.1-1: what card_power_on() with negotiation and the APDU level do by themselves. */
#define FEATURE_AUTO_PARAMETERS 0x00000002u
#define FEATURE_AUTO_VOLTAGE 0x00000008u
#define FEATURE_AUTO_CLOCK 0x00000010u
#define FEATURE_AUTO_BAUD 0x00000020u
#define FEATURE_AUTO_NEGOTIATION 0x00000040u
#define FEATURE_AUTO_IFSD 0x00000400u
#define FEATURE_EXTENDED_APDU 0x00040000u
/* Wake-up on insertion and removal: bmAttributes D5 says the same. */
#define FEATURE_WAKE_UP 0x00100000u
#define FEATURES \
	(FEATURE_AUTO_PARAMETERS | FEATURE_AUTO_VOLTAGE | FEATURE_AUTO_CLOCK | FEATURE_AUTO_BAUD | \
	    FEATURE_AUTO_NEGOTIATION | FEATURE_AUTO_IFSD | FEATURE_EXTENDED_APDU | FEATURE_WAKE_UP)

#define DEFAULT_F 372u
/* The rates of 7816-3:2006 tables 7 and 8 that cards ask for, in rising order: D/F. */
static const struct {
	uint16_t f;
	uint8_t d;
} rates[] = {
	{ 512, 1 },
	{ 372, 1 },
	{ 512, 2 },
	{ 372, 2 },
	{ 512, 4 },
	{ 372, 4 },
	{ 512, 8 },
	{ 372, 8 },
	{ 512, 12 },
	{ 512, 16 },
	{ 372, 12 },
	{ 512, 20 },
	{ 372, 16 },
	{ 372, 20 },
	{ 512, 32 },
	{ 372, 32 },
	{ 512, 64 },
};
#define RATES (sizeof(rates) / sizeof(rates[0]))
_Static_assert(RATES * 4u <= USB_DESC_MAX, "the rates fit the control buffer");

static void put_le16(struct sk_writer *w, uint32_t v)
{
	sk_put_u8(w, (uint8_t)v);
	sk_put_u8(w, (uint8_t)(v >> 8));
}

static void put_le32(struct sk_writer *w, uint32_t v)
{
	put_le16(w, v & 0xFFFFu);
	put_le16(w, v >> 16);
}

static uint32_t rate_of(size_t i)
{
	return hal_card_clock_khz() * 1000u / rates[i].f * rates[i].d;
}

/* USB 2.0 table 9-8. Class and protocol 0: the interface says them. */
static void put_device(struct sk_writer *w, bool has_serial)
{
	sk_put_u8(w, DEVICE_LEN);
	sk_put_u8(w, USB_DESC_DEVICE);
	put_le16(w, 0x0200);
	sk_put_u8(w, 0);
	sk_put_u8(w, 0);
	sk_put_u8(w, 0);
	sk_put_u8(w, USB_DESC_PACKET);
	put_le16(w, USB_IDS_VENDOR);
	put_le16(w, USB_IDS_PRODUCT);
	put_le16(w, USB_IDS_RELEASE);
	sk_put_u8(w, 1);
	sk_put_u8(w, 2);
	sk_put_u8(w, has_serial ? 3 : 0);
	sk_put_u8(w, 1);
}

/* CCID 1.1 table 5.1-1. */
static void put_ccid(struct sk_writer *w)
{
	uint32_t clock = hal_card_clock_khz();

	sk_put_u8(w, CCID_LEN);
	sk_put_u8(w, 0x21);
	put_le16(w, 0x0110);
	sk_put_u8(w, 0); /* bMaxSlotIndex: one slot */
	sk_put_u8(w, 0x07); /* bVoltageSupport: 5, 3, 1.8 V */
	put_le32(w, 0x03); /* dwProtocols: T=0, T=1 */
	put_le32(w, clock); /* dwDefaultClock, dwMaximumClock: there is one */
	put_le32(w, clock);
	sk_put_u8(w, 1);
	put_le32(w, clock * 1000u / DEFAULT_F);
	put_le32(w, rate_of(RATES - 1));
	sk_put_u8(w, RATES);
	put_le32(w, 254); /* dwMaxIFSD */
	put_le32(w, 0); /* dwSynchProtocols */
	put_le32(w, 0); /* dwMechanical */
	put_le32(w, FEATURES);
	put_le32(w, CCID_MESSAGE_MAX);
	sk_put_u8(w, 0xFF); /* bClassGetResponse, bClassEnvelope: the command's class is echoed */
	sk_put_u8(w, 0xFF);
	put_le16(w, 0); /* wLcdLayout */
	sk_put_u8(w, 0); /* bPINSupport */
	sk_put_u8(w, 1); /* bMaxCCIDBusySlots */
}

/* USB 2.0 table 9-13. */
static void put_endpoint(struct sk_writer *w, uint8_t address, uint8_t attributes, uint16_t packet, uint8_t interval)
{
	sk_put_u8(w, ENDPOINT_LEN);
	sk_put_u8(w, 5);
	sk_put_u8(w, address);
	sk_put_u8(w, attributes);
	put_le16(w, packet);
	sk_put_u8(w, interval);
}

/* USB 2.0 tables 9-10 and 9-12, CCID 1.1 4.1 to 4.4. */
static void put_config(struct sk_writer *w)
{
	sk_put_u8(w, CONFIG_LEN);
	sk_put_u8(w, USB_DESC_CONFIG);
	put_le16(w, CONFIG_TOTAL);
	sk_put_u8(w, 1);
	sk_put_u8(w, USB_DESC_CONFIGURATION);
	sk_put_u8(w, 0);
	sk_put_u8(w, ATTRIBUTES);
	sk_put_u8(w, MAX_POWER);

	sk_put_u8(w, INTERFACE_LEN);
	sk_put_u8(w, 4);
	sk_put_u8(w, USB_DESC_INTERFACE);
	sk_put_u8(w, 0);
	sk_put_u8(w, 3);
	sk_put_u8(w, 0x0B); /* CCID, bulk transfers */
	sk_put_u8(w, 0);
	sk_put_u8(w, 0);
	sk_put_u8(w, 0);

	put_ccid(w);
	put_endpoint(w, USB_DESC_EP_OUT, 2, USB_DESC_PACKET, 0);
	put_endpoint(w, USB_DESC_EP_IN, 2, USB_DESC_PACKET, 0);
	put_endpoint(w, USB_DESC_EP_NOTIFY, 3, USB_DESC_NOTIFY_PACKET, 16);
}

/* USB 2.0 9.6.7: UTF-16LE; our texts are ASCII. */
static void put_text(struct sk_writer *w, const char *text)
{
	uint8_t n = 0;

	for (const char *c = text; *c != '\0' && n < USB_DESC_TEXT_MAX; c++)
		n++;
	sk_put_u8(w, (uint8_t)(2u + 2u * n));
	sk_put_u8(w, USB_DESC_STRING);
	for (uint8_t i = 0; i < n; i++)
		put_le16(w, (uint8_t)text[i]);
}

static enum sk_status put_string(struct sk_writer *w, uint8_t number, uint16_t language, const char *serial)
{
	/* Number 0 is the table of languages, for every language asked. */
	if (number == 0) {
		sk_put_u8(w, 4);
		sk_put_u8(w, USB_DESC_STRING);
		put_le16(w, LANGUAGE_ENGLISH_US);
		return SK_OK;
	}
	if (language != LANGUAGE_ENGLISH_US)
		return SK_E_NOENT;
	if (number == 1)
		put_text(w, USB_IDS_MANUFACTURER);
	else if (number == 2)
		put_text(w, USB_IDS_PRODUCT_NAME);
	else if (number == 3 && serial)
		put_text(w, serial);
	else
		return SK_E_NOENT;
	return SK_OK;
}

enum sk_status usb_desc_get(uint8_t type, uint8_t number, uint16_t language, const char *serial,
    uint8_t ret_p[static USB_DESC_MAX], size_t *ret_len)
{
	struct sk_writer w;
	enum sk_status st = SK_OK;

	sk_writer_init(&w, ret_p, USB_DESC_MAX);
	if (type == USB_DESC_DEVICE && number == 0)
		put_device(&w, serial != NULL);
	else if (type == USB_DESC_CONFIG && number == 0)
		put_config(&w);
	else if (type == USB_DESC_STRING)
		st = put_string(&w, number, language, serial);
	else
		st = SK_E_NOENT;
	if (st != SK_OK)
		return st;
	return sk_writer_done(&w, ret_len);
}

size_t usb_desc_clocks(uint8_t ret_p[static USB_DESC_MAX])
{
	struct sk_writer w;

	sk_writer_init(&w, ret_p, USB_DESC_MAX);
	put_le32(&w, hal_card_clock_khz());
	return w.len;
}

size_t usb_desc_rates(uint8_t ret_p[static USB_DESC_MAX])
{
	struct sk_writer w;

	sk_writer_init(&w, ret_p, USB_DESC_MAX);
	for (size_t i = 0; i < RATES; i++)
		put_le32(&w, rate_of(i));
	return w.len;
}
