/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file suites.h
 * @brief The groups of tests of test_pam; each returns the number of failures.
 */
#ifndef TEST_PAM_SUITES_H
#define TEST_PAM_SUITES_H

int suite_auth(void);
int suite_person(void);
int suite_hostile(void);
int suite_socket(void);
int suite_session(void);

#endif /* TEST_PAM_SUITES_H */
