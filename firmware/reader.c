/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include "hal.h"
#include "sys/journal.h"
#include "sys/text.h"

/* A noise source that has given nothing by then does not work. */
#define ENTROPY_START_US 3000000u
#define STACK_LOOK_US 1000000u

static void log_start(void)
{
	static const char *const reasons[] = {
		[HAL_START_POWER] = "power",
		[HAL_START_WATCHDOG] = "watchdog",
		[HAL_START_SOFT] = "soft",
	};
	struct text line = { .len = 0 };

	text_put(&line, "sekisho-reader " READER_VERSION ", start ");
	text_put(&line, reasons[hal_start_reason()]);
	hal_log(line.s);
}

static void log_fault(const char *what, const struct hal_fault *fault)
{
	struct text line = { .len = 0 };

	text_put(&line, what);
	text_put_number(&line, fault->code);
	text_put(&line, " at ");
	text_put_hex(&line, fault->where);
	hal_log(line.s);
}

static void log_journal(const struct journal *j)
{
	struct text line = { .len = 0 };

	text_put(&line, "store good, starts ");
	text_put_number(&line, j->starts);
	if (j->fault_start != 0) {
		text_put(&line, ", fault in start ");
		text_put_number(&line, j->fault_start);
	}
	hal_log(line.s);
	if (j->fault_start != 0)
		log_fault("store keeps fault ", &j->fault);
}

/* Before anything is done for a host or a card: sys/journal.h, rule 1. */
static void store_start(struct reader *r)
{
	struct hal_fault fault;
	const bool fell = hal_fault_last(&fault);
	struct journal journal;
	enum sk_status st;

	if (fell)
		log_fault("last fault ", &fault);
	st = journal_start(&r->store, fell ? &fault : NULL, &journal);
	if (st == SK_OK)
		log_journal(&journal);
	else
		hal_log(st == SK_E_CORRUPT ? "store damaged" : "store failed");
}

/* Nothing that needs entropy may run before this has said yes. */
static void entropy_step(struct reader *r)
{
	uint8_t sample[8];

	if (r->entropy_known)
		return;
	if (hal_entropy(sample, sizeof(sample)) == SK_OK)
		r->entropy_good = true;
	else if (hal_now_us() < ENTROPY_START_US)
		return;
	r->entropy_known = true;
	hal_log(r->entropy_good ? "entropy good" : "entropy failed");
}

/* The high-water mark, whenever it has risen: the bench reckons with it. */
static void stack_step(struct reader *r)
{
	struct text line = { .len = 0 };
	uint32_t size, unused;

	if (hal_now_us() < r->stack_due)
		return;
	r->stack_due = hal_now_us() + STACK_LOOK_US;
	hal_stack(&size, &unused);
	if (size - unused == r->stack_used)
		return;
	r->stack_used = size - unused;
	text_put(&line, "stack ");
	text_put_number(&line, r->stack_used);
	text_put(&line, " of ");
	text_put_number(&line, size);
	hal_log(line.s);
}

static void led_step(const struct reader *r)
{
	static const enum hal_led leds[] = {
		[CARD_ABSENT] = HAL_LED_OFF,
		[CARD_INACTIVE] = HAL_LED_CARD,
		[CARD_ACTIVE] = HAL_LED_CARD,
		[CARD_BUSY] = HAL_LED_BUSY,
	};

	hal_led(leds[card_state(&r->card)]);
}

/* GemPCTwin: libccid starts at TPDU level, does PPS and parameters itself, and may ask for the short APDU level. */
static const struct ccid_config serial_config = { .level = CARD_LEVEL_TPDU,
	.automatic = false,
	.may_change_level = true };
static const struct ccid_config usb_config = { .level = CARD_LEVEL_EXTENDED,
	.automatic = true,
	.may_change_level = false,
	.control_pipe = true };

static void give_to(struct reader *r, bool usb)
{
	const struct ccid_config *const config = usb ? &usb_config : &serial_config;

	card_init(&r->card, config->level);
	ccid_init(&r->ccid, config, &r->card);
	r->usb_owns = usb;
	if (usb)
		usb_ccid_init(&r->transport.usb, &r->ccid);
	else
		gemtwin_init(&r->transport.serial, &r->ccid);
}

static void choose_transport(struct reader *r)
{
	const bool usb = hal_usb_attached();

	if (usb == r->usb_owns)
		return;
	ccid_host_gone(&r->ccid);
	card_power_off(&r->card);
	give_to(r, usb);
}

static void transport_step(struct reader *r)
{
	struct hal_usb_event ignored;

	if (r->usb_owns) {
		usb_ccid_step(&r->transport.usb);
		/* Nobody is at the other end; what comes all the same must not wait for the day USB goes. */
		while (hal_serial_getc() >= 0)
			;
		return;
	}
	gemtwin_step(&r->transport.serial);
	/* What comes before a host is there means nothing; what comes after is for the USB side, from the next round on. */
	while (!hal_usb_attached()) {
		hal_usb_poll(&ignored);
		if (ignored.kind == HAL_USB_NONE)
			break;
	}
}

void reader_init(struct reader *r)
{
	r->entropy_known = false;
	r->entropy_good = false;
	r->stack_due = 0;
	r->stack_used = 0;
	log_start();
	store_start(r);
	hal_led(HAL_LED_OFF);
	give_to(r, hal_usb_attached());
	watch_start(&r->watch, READER_MODULES);
}

/* The transport comes twice: a command that came in goes on to the card, an answer that is ready leaves, in one round. */
void reader_step(struct reader *r)
{
	choose_transport(r);
	transport_step(r);
	card_step(&r->card);
	watch_report(&r->watch, READER_CARD);
	ccid_step(&r->ccid);
	watch_report(&r->watch, READER_CCID);
	transport_step(r);
	watch_report(&r->watch, READER_TRANSPORT);
	entropy_step(r);
	stack_step(r);
	led_step(r);
	watch_report(&r->watch, READER_BOARD);
	watch_round(&r->watch);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t reader_next_us(const struct reader *r)
{
	/* The watchdog wants to be fed, whatever the modules wait for. */
	const uint64_t own = hal_now_us() + (r->entropy_known ? WATCH_SLEEP_US : WATCH_SLEEP_US / 10);
	const uint64_t transport = r->usb_owns ? usb_ccid_next_us(&r->transport.usb)
					       : gemtwin_next_us(&r->transport.serial);

	return earlier(own, earlier(transport, earlier(card_next_us(&r->card), ccid_next_us(&r->ccid))));
}
