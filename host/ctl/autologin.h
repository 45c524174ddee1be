/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file autologin.h
 * @brief Does a console or display manager let somebody in whom nobody has asked for anything? No PAM stack shows that.
 */
#ifndef CTL_AUTOLOGIN_H
#define CTL_AUTOLOGIN_H

#include "ctl/rows.h"

/**
 * One row of kind ROW_CHECK for each line that does, or one that tells there is none: automatic and timed log-in of greetd, agetty,
 * lightdm, gdm3 and sddm. A file that is there and can't be read counts as one that does.
 *
 * Units are read as systemd reads them: lines that go on, links, masks; options as agetty takes them.
 *
 * @param root  Prefix of all paths: "" for this terminal, a folder in tests.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status autologin_rows(const char *root, struct rows *rows);

#endif /* CTL_AUTOLOGIN_H */
