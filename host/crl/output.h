/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file output.h
 * @brief A new index file: pages one after the other behind the header, the header last, the name when all is durable.
 */
#ifndef CRL_OUTPUT_H
#define CRL_OUTPUT_H

#include "core/attr.h"
#include "crl/layout.h"

#define OUTPUT_PAGES 16u
/** Longest name of an index file. */
#define OUTPUT_NAME_MAX 128u

struct output {
	int dir_fd, fd;
	const char *name;
	char temp[OUTPUT_NAME_MAX + 8];
	const struct layout *l;
	uint32_t page; /**< Number of the page being filled. */
	uint32_t ready; /**< Pages in buf that are complete. */
	uint8_t buf[OUTPUT_PAGES][LAYOUT_PAGE];
};

/** Make ".name.part"; one that a power cut left is replaced. @retval SK_E_ARG, SK_E_IO. output_abandon() is always allowed. */
SK_MUST_CHECK SK_NONNULL enum sk_status output_open(struct output *o, int dir_fd, const char *name,
    const struct layout *l);
/** The page to fill next, all zero. Its last 4 bytes are output_end_page()'s. */
SK_MUST_CHECK SK_NONNULL uint8_t *output_page(struct output *o);
/** It is full: its CRC, and the next one. @retval SK_E_IO, SK_E_SPACE: no room on the disk */
SK_MUST_CHECK SK_NONNULL enum sk_status output_end_page(struct output *o);
/**
 * Everything durable, then the header, durable too, then the name.
 * @retval SK_E_EXIST  There is a file of that name.
 * @retval SK_E_IO, SK_E_SPACE
 */
SK_MUST_CHECK SK_NONNULL enum sk_status output_finish(struct output *o, const uint8_t *header, size_t header_len);
/** Close, and take away what has no name yet. */
SK_NONNULL void output_abandon(struct output *o);

#endif /* CRL_OUTPUT_H */
