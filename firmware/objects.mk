# SPDX-License-Identifier: Apache-2.0
# firmware/core sees firmware/ only, and so does the rest of the reader's portable code.
$(B)/firmware/%.o $(B)/pic/firmware/%.o: CPP_OF = -ffreestanding -Ifirmware

CORE_SRC := $(wildcard firmware/core/*.c)
$(B)/libcore.a: $(CORE_SRC:%.c=$(B)/%.o)

# The reader's portable code, without a board: unit tests link it with a hal of their own.
READER_SRC := $(foreach d,card ccid serial usb flash sys,$(wildcard firmware/$(d)/*.c))
$(B)/libreader.a: $(READER_SRC:%.c=$(B)/%.o)

include firmware/board/objects.mk
