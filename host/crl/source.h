/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file source.h
 * @brief Where lists usually come from: a descriptor, or memory.
 */
#ifndef CRL_SOURCE_H
#define CRL_SOURCE_H

#include "crl/crl.h"

/** From where the descriptor stands to its end. @p fd must live as long as the source; nobody closes it. */
struct crl_source crl_source_fd(int *fd);
/** What is left of @p bytes; it is moved on. */
struct crl_source crl_source_span(struct sk_span *bytes);

#endif /* CRL_SOURCE_H */
