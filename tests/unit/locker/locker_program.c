/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-locker's own file, as a function that the rig calls. */
#include "locker/locker_rig.h"

#define main locker_main
#include "greet/locker_main.c"
