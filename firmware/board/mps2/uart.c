/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The five UARTs as the bench's wires. Each has a ring for each direction; interrupts fill and empty them, the main loop
 * does the other end. Ring indices run on and are masked when used; each is written by one side only.
 *
 * A receive ring that is full switches its interrupt off: the byte stays in the UART, and QEMU holds back the rest. A real
 * line has no such brake; a board with real lines reports HAL_CARD_LOST instead.
 */
#include "board/bench/wire.h"
#include "board/mps2/mps2.h"

struct ring {
	uint8_t *const p;
	const uint16_t size; /* a power of two */
	volatile uint16_t head, tail; /* written at head, read at tail */
};
struct port {
	struct mps2_uart *const uart;
	struct ring rx, tx;
	const uint8_t irq;
};

static uint8_t serial_rx[512], serial_tx[512], card_rx[512], card_tx[512];
static uint8_t control_rx[32], control_tx[64], usb_rx[128], usb_tx[512], side_rx[128], side_tx[512];

#define RING(memory) \
	{ \
		.p = (memory), .size = sizeof(memory) \
	}
static struct port ports[WIRES] = {
	[WIRE_SERIAL] = { (struct mps2_uart *)0x40004000u, RING(serial_rx), RING(serial_tx), IRQ_UART0 },
	[WIRE_CARD] = { (struct mps2_uart *)0x40005000u, RING(card_rx), RING(card_tx), IRQ_UART1 },
	[WIRE_CONTROL] = { (struct mps2_uart *)0x40006000u, RING(control_rx), RING(control_tx), IRQ_UART2 },
	[WIRE_USB] = { (struct mps2_uart *)0x40007000u, RING(usb_rx), RING(usb_tx), IRQ_UART3 },
	[WIRE_SIDE] = { (struct mps2_uart *)0x40009000u, RING(side_rx), RING(side_tx), IRQ_UART4 },
};
static volatile bool activity;

static uint16_t used(const struct ring *r)
{
	return (uint16_t)(r->head - r->tail);
}

static void push(struct ring *r, uint8_t b)
{
	r->p[r->head & (r->size - 1u)] = b;
	r->head++;
}

static uint8_t pull(struct ring *r)
{
	uint8_t *const at = &r->p[r->tail & (r->size - 1u)];
	const uint8_t b = *at;

	/* Commands with PINs pass here: nothing stays behind. */
	*at = 0;
	r->tail++;
	return b;
}

/* Interrupts on entry are on, but in fault handlers: PRIMASK is put back, not cleared. */
static uint32_t irq_off(void)
{
	uint32_t primask;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
	return primask;
}

static void irq_restore(uint32_t primask)
{
	__asm__ volatile("msr primask, %0" ::"r"(primask) : "memory");
}

void mps2_uart_init(void)
{
	for (unsigned i = 0; i < WIRES; i++) {
		ports[i].uart->bauddiv = UART_BAUDDIV;
		ports[i].uart->ctrl = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_TX_INTERRUPT | UART_CTRL_RX_INTERRUPT;
		NVIC_ENABLE = 3u << ports[i].irq;
	}
}

void mps2_uart_rx(unsigned uart)
{
	struct port *const port = &ports[uart];

	port->uart->interrupt = UART_INTERRUPT_RX;
	activity = true;
	while ((port->uart->state & UART_STATE_RX_FULL) != 0) {
		if (used(&port->rx) == port->rx.size) {
			port->uart->ctrl &= ~UART_CTRL_RX_INTERRUPT;
			return;
		}
		push(&port->rx, (uint8_t)port->uart->data);
	}
}

/* Called with interrupts off or from the interrupt. */
static void feed(struct port *port)
{
	while (used(&port->tx) > 0 && (port->uart->state & UART_STATE_TX_FULL) == 0)
		port->uart->data = pull(&port->tx);
}

void mps2_uart_tx(unsigned uart)
{
	struct port *const port = &ports[uart];

	port->uart->interrupt = UART_INTERRUPT_TX;
	feed(port);
	if (used(&port->tx) == 0)
		activity = true;
}

bool mps2_uart_activity(void)
{
	const bool was = activity;

	activity = false;
	return was;
}

int wire_getc(enum wire w)
{
	struct port *const port = &ports[w];
	uint32_t primask;
	int c = -1;

	primask = irq_off();
	if (used(&port->rx) > 0)
		c = pull(&port->rx);
	if ((port->uart->ctrl & UART_CTRL_RX_INTERRUPT) == 0) {
		port->uart->ctrl |= UART_CTRL_RX_INTERRUPT;
		mps2_uart_rx(w);
	}
	irq_restore(primask);
	return c;
}

size_t wire_room(enum wire w)
{
	return (size_t)ports[w].tx.size - used(&ports[w].tx);
}

size_t wire_send(enum wire w, const uint8_t *p, size_t len)
{
	struct port *const port = &ports[w];
	const uint32_t primask = irq_off();
	size_t n = 0;

	while (n < len && used(&port->tx) < port->tx.size)
		push(&port->tx, p[n++]);
	feed(port);
	irq_restore(primask);
	return n;
}

bool wire_sending(enum wire w)
{
	return used(&ports[w].tx) > 0 || (ports[w].uart->state & UART_STATE_TX_FULL) != 0;
}

void mps2_uart_drain(void)
{
	for (unsigned i = 0; i < WIRES; i++) {
		/* A peer that does not read must not keep the reader from its safe state. */
		for (uint32_t turns = 0; turns < 1000000u && used(&ports[i].tx) > 0; turns++)
			feed(&ports[i]);
	}
}
