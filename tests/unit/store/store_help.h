/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_help.h
 * @brief What the tests of the store share: folders that go away, samples, and a hand in the database.
 */
#ifndef STORE_STORE_HELP_H
#define STORE_STORE_HELP_H

#include "store/store.h"

#define HELP_PATH_MAX 256

/** A new folder, 0700, in $TMPDIR or /tmp. */
void help_dir_make(char ret_dir[static HELP_PATH_MAX]);
/** Remove it and the files in it. */
void help_dir_remove(const char *dir);
void help_path(const char *dir, const char *name, char ret_path[static HELP_PATH_MAX]);

/** Create and open a store in @p dir. */
struct store *help_store(const char *dir);
/** Close and open again; must succeed. */
void help_reopen(struct store **s, const char *dir);

/** Run SQL on a closed store's file the way an intruder would: no triggers, no checks. */
void help_sql(const char *dir, const char *file, const char *sql);
void help_copy(const char *dir, const char *from, const char *to);
/** Does @p needle stand in the file? A file that isn't there holds nothing. */
bool help_file_holds(const char *dir, const char *name, const void *needle, size_t len);

/** A folder with an open store: what most tests begin with. */
struct store_place {
	char dir[HELP_PATH_MAX];
	struct store *s;
};
/** cmocka set-up and tear-down around a struct store_place. */
int store_place_setup(void **state);
int store_place_teardown(void **state);

void help_person(struct person *ret_p, const char *id, const char *account);
/** ... and into the store with it. */
enum sk_status help_person_add(struct store *s, const char *id, const char *account);
/** Key and certificates filled from @p seed. */
void help_card(struct card *ret_c, uint8_t seed, const char *person);
void help_print(struct finger_print *ret_f, const char *person, const char *finger, uint8_t impression);
struct lockout_id help_lock(enum lockout_subject subject, enum lockout_factor factor, const char *id);
/** Records with seq 1..n about account "sato". */
void help_audit(struct store *s, uint32_t n);

#endif /* STORE_STORE_HELP_H */
