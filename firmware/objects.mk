# SPDX-License-Identifier: Apache-2.0
# firmware/core sees firmware/ only.
$(B)/firmware/%.o $(B)/pic/firmware/%.o: CPP_OF = -ffreestanding -Ifirmware

CORE_SRC := $(wildcard firmware/core/*.c)
$(B)/libcore.a: $(CORE_SRC:%.c=$(B)/%.o)
