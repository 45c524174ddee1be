/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file media_help.h
 * @brief Lists of approved media for the tests, signed by OpenSSL and not by the code under test.
 */
#ifndef TESTS_MEDIA_HELP_H
#define TESTS_MEDIA_HELP_H

#include "../denylist/deny_help.h"
#include "media/medialist.h"

/** An entry; @p serial and @p label must live on. */
struct media_entry help_entry(uint16_t vendor, uint16_t product, const char *serial, const char *label);
/** Sign a list in place, with the domain given. */
void help_sign(EVP_PKEY *key, const char *domain, uint8_t *bytes, size_t len);
/** A signed list with 0951:1666 and these serial numbers, comma between; "" for none. The caller frees. */
uint8_t *help_list(EVP_PKEY *key, const char *site, uint64_t number, int64_t issued, const char *serials, size_t *ret_len);

/** readdir() gives so many entries more and then fails (replaced at link time). */
extern unsigned help_readdir_left;
#define HELP_READDIR_ALL (~0u)

#endif /* TESTS_MEDIA_HELP_H */
