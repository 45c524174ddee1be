#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The include paths keep the arrows of README.md. This shows that they do: an include against each arrow must not compile.
cd "$(dirname "$0")/.." || exit 99
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"; rm -f firmware/core/arrow_test.c host/common/ipc/arrow_test.c pam_module/arrow_test.c host/store/arrow_test.c host/guard/arrow_test.c host/greet/arrow_test.c' EXIT
status=0
forbidden() {
	echo "#include \"$2\"" >"$1"
	if make -s B="build/arrows" "build/arrows/${1%.c}.o" >"$tmp/log" 2>&1; then
		echo "$1 may include $2"
		status=1
	elif ! grep -q 'No such file' "$tmp/log"; then
		cat "$tmp/log"
		status=1
	fi
	rm -f "$1"
}
forbidden firmware/core/arrow_test.c ipc/ipc.h
forbidden host/common/ipc/arrow_test.c store/store.h
forbidden host/store/arrow_test.c tests/bench/vcard/pki.h
forbidden host/store/arrow_test.c client.h
forbidden host/guard/arrow_test.c store/store.h
forbidden host/guard/arrow_test.c ipc/ipc.h
# GTK: view.c and main.c of host/greet alone.
forbidden host/store/arrow_test.c gtk/gtk.h
forbidden host/greet/arrow_test.c gtk/gtk.h
echo '#include "store/store.h"' >pam_module/arrow_test.c
if make -s B=build/arrows build/arrows/pic/pam_module/arrow_test.o >"$tmp/log" 2>&1; then echo 'pam_module may include store'; status=1; fi
rm -f pam_module/arrow_test.c
# And nothing of the product includes from tests/.
if grep -rnE --include='*.[ch]' '#include "(tests/|\.\./)' firmware host pam_module; then status=1; fi
exit $status
