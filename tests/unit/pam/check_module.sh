#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_module.sh pam_sekisho.so: what the built module shows to the loader and brings into a login process.
set -eu

so=$1
text_max=61440 # 60 KiB of everything that is loaded
failed=0

fail() {
	echo "check_module: $*" >&2
	failed=1
}

exports=$(nm -D --defined-only "$so" | awk '{ print $3 }' | sort | tr '\n' ' ')
wanted="pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred "
[ "$exports" = "$wanted" ] || fail "exports: $exports"

needed=$(readelf -dW "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')
[ "$needed" = "libc.so.6 libpam.so.0 " ] || fail "needs: $needed"

# Nothing in the module may read the environment or replace a process-wide setting.
banned=$(nm -D --undefined-only "$so" | awk '{ sub(/@.*/, "", $2); print $2 }' |
	grep -xE 'getenv|secure_getenv|setenv|putenv|unsetenv|setlocale|textdomain|signal|sigaction|fork|vfork|execve|system|popen|pthread_create|chdir|umask|pam_prompt|pam_get_user|pam_get_authtok|printf|fopen' || true)
[ -z "$banned" ] || fail "calls $banned"

# Static data that can change: only what the compiler's start-up files bring (two words).
writable=$(size -A "$so" | awk '$1 == ".data" || $1 == ".bss" { n += $2 } END { print n + 0 }')
[ "$writable" -le 16 ] || fail "$writable bytes of writable static data"

loaded=$(size "$so" | awk 'NR == 2 { print $4 }')
[ "$loaded" -le "$text_max" ] || fail "$loaded bytes are loaded"

dynamic=$(readelf -dW "$so")
case $dynamic in *BIND_NOW* | *"Flags: NOW"*) ;; *) fail "lazy binding" ;; esac
case $dynamic in *TEXTREL*) fail "text relocations" ;; esac
case $dynamic in *RUNPATH* | *RPATH*) fail "a run path" ;; esac
readelf -lW "$so" | grep -q GNU_RELRO || fail "no RELRO"
readelf -lW "$so" | grep GNU_STACK | grep -q 'RW ' || fail "executable stack"

[ "$failed" -eq 0 ] && echo "check_module: 6 exports, libpam and libc, $loaded bytes loaded, $writable writable"
exit "$failed"
