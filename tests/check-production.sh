#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# C-TESTENV: a production daemon does not start where somebody set an order to libfprint's virtual drivers, and its helpers
# do not know virtual sensors. (The helpers' own refusals: tests/unit/finger, tests/unit/card.)
cd "$(dirname "$0")/.." || exit 99
out=$(unshare -m sh -c 'mount -t tmpfs run /run && FP_VIRTUAL_IMAGE=/run/x build/default/sekishod' 2>&1)
status=$?
echo "$out"
[ $status -eq 1 ] && echo "$out" | grep -q 'FP_' || exit 1
grep -q 'CONFIG_VIRTUAL_SENSOR 0' build/default/autoconf.h && grep -q 'CONFIG_VIRTUAL_CARD 0' build/default/autoconf.h
