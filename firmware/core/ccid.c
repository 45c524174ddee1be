/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid.c
 * @brief Headers of CCID messages.
 */
#include "core/ccid.h"

void ccid_header_get(const uint8_t p[static CCID_HEADER_LEN], struct ccid_header *ret_header)
{
	ret_header->type = p[0];
	ret_header->length = (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
	ret_header->slot = p[5];
	ret_header->seq = p[6];
	for (unsigned i = 0; i < sizeof(ret_header->param); i++)
		ret_header->param[i] = p[7 + i];
}

void ccid_header_put(uint8_t p[static CCID_HEADER_LEN], const struct ccid_header *header)
{
	p[0] = header->type;
	for (unsigned i = 0; i < 4; i++)
		p[1 + i] = (uint8_t)(header->length >> 8 * i);
	p[5] = header->slot;
	p[6] = header->seq;
	for (unsigned i = 0; i < sizeof(header->param); i++)
		p[7 + i] = header->param[i];
}
