/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file settings.h
 * @brief /etc/sekisho/kiosk.conf: what a kiosk shows and starts.
 *
 *     [kiosk]
 *     language = ja
 *     session = COMMAND
 *
 * As sekisho.conf, it is read whole or not used at all. A file that isn't there means the defaults; one that is wrong means no log-in:
 * where the site asked for one program, nobody gets a shell because of a misspelt key.
 */
#ifndef GREET_SETTINGS_H
#define GREET_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

#define SETTINGS_PATH "/etc/sekisho/kiosk.conf"
/** Unit: bytes, with NUL. */
#define SETTINGS_SESSION_SIZE 192u
/**
 * The account's own login shell, on the text console. A level deeper than the first, where Debian's ~/.bash_logout calls
 * clear_console: that waits for another terminal to come to the front, for ever where the switch is locked.
 */
#define SETTINGS_SESSION_DEFAULT "env SHLVL=1 $SHELL -l"

struct settings {
	char language[3];                    /**< "ja" or "en"; default "ja". */
	char session[SETTINGS_SESSION_SIZE]; /**< For sh -c "exec …", as the person. */
};

SK_NONNULL void settings_defaults(struct settings *ret_s);

/**
 * @param reterr_line  The line that is wrong; 0: the file as a whole.
 * @param reterr_why   What is wrong with it, where that can't be seen: an English sentence, key of the catalogue; else "".
 * @retval SK_OK        Also when there is no such file.
 * @retval SK_E_DENIED  Not root's or ours, or writable by others.
 * @retval SK_E_FORMAT  Unknown section or key, a value that isn't one, a line that libinih would cut.
 * @retval others       as safefile_load()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status settings_load(const char *path, struct settings *ret_s, uint32_t *reterr_line,
    const char **reterr_why);

#endif /* GREET_SETTINGS_H */
