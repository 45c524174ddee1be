# SPDX-License-Identifier: Apache-2.0
# Boards: the Linux process and the image for mps2-an386 (QEMU's Cortex-M4 board).

READER_APP := firmware/main.c firmware/reader.c
READER_PORTABLE := $(sort $(CORE_SRC) $(READER_SRC)) $(READER_APP)
READER_BENCH := $(sort $(wildcard firmware/board/bench/*.c))
READER_DEF := -DREADER_VERSION='"$(VERSION)"'

# --- the Linux process: the same portable code, hosted board ------------------------------------------------------
$(B)/firmware/reader.o: CPP_OF = -ffreestanding -Ifirmware $(READER_DEF)
$(B)/firmware/board/linux/%: CPP_OF = -D_GNU_SOURCE -Ifirmware $(READER_DEF)
$(B)/reader-linux: $(patsubst %.c,$(B)/%.o,$(READER_PORTABLE) $(READER_BENCH) $(sort $(wildcard firmware/board/linux/*.c)))
	$(call say,LD,$@)
	$(call link)
bench-programs: $(B)/reader-linux

# --- the image ------------------------------------------------------------------------------------------------------
ARM_PREFIX ?= arm-none-eabi-
ARM_CC := $(ARM_PREFIX)gcc
FW := $(B)/firmware
FW_OBJ_DIR := $(B)/arm
FW_PATHS := -ffile-prefix-map=$(CURDIR)=. -fdebug-prefix-map=$(abspath $(B))=build
FW_ARCH := -mcpu=cortex-m4 -mthumb -mfloat-abi=soft --specs=picolibc.specs
FW_CFLAGS := $(FW_ARCH) -std=c11 -Os -g -ffreestanding -ffunction-sections -fdata-sections -fno-common -fno-strict-aliasing \
	-fno-ident -fstack-usage $(FW_PATHS) -Ifirmware $(READER_DEF) -MMD -MP
FW_WARN := $(WARN) -Wstack-usage=512 -Wlarger-than=8192 -Wundef -Wcast-align -Wpointer-arith
FW_LD := firmware/board/mps2/reader.ld
FW_LDFLAGS := -nostartfiles -T $(FW_LD) -Wl,--gc-sections,--build-id=none,--fatal-warnings,--orphan-handling=error

FW_SRC := $(READER_PORTABLE) $(READER_BENCH) $(sort $(wildcard firmware/board/mps2/*.c))
FW_OBJ := $(FW_SRC:%.c=$(FW_OBJ_DIR)/%.o)

$(FW_OBJ_DIR)/%.o: %.c firmware/board/objects.mk
	$(call say,ARMCC,$<)
	$(Q)command -v $(ARM_CC) >/dev/null || { echo 'make firmware: no $(ARM_CC). Install it: apt-get install gcc-arm-none-eabi picolibc-arm-none-eabi' >&2; exit 1; }
	$(Q)mkdir -p $(@D)
	$(Q)$(ARM_CC) $(FW_CFLAGS) $(FW_WARN) -c $< -o $@

fw_link = $(Q)mkdir -p $(@D) && $(ARM_CC) $(FW_ARCH) $(FW_LDFLAGS) -Wl,-Map=$(@:.elf=.map) -o $@ $(filter %.o %.a,$^)
$(FW)/reader.elf: $(FW_OBJ) $(FW_LD)
	$(call say,ARMLD,$@)
	$(fw_link)
$(FW)/%.bin: $(FW)/%.elf
	$(Q)$(ARM_PREFIX)objcopy -O binary $< $@
.PRECIOUS: $(FW_OBJ_DIR)/%.o
-include $(FW_OBJ:.o=.d)

# --- the image with crypto: BearSSL from Debian's source package, never in the repository ------------------------------
BEARSSL_DIR := build/bearssl
BEARSSL_LIB := $(FW)/libbearssl.a
CRYPTO_SRC := firmware/crypto/selftest.c firmware/crypto/main_crypto.c
CRYPTO_OBJ := $(CRYPTO_SRC:%.c=$(FW_OBJ_DIR)/%.o)
# Its headers convert silently, and its frames are its own (the stack of that image is measured when it runs).
$(CRYPTO_OBJ): FW_CFLAGS += -isystem $(BEARSSL_DIR)/src/inc
$(FW_OBJ_DIR)/firmware/crypto/selftest.o: FW_WARN += -Wstack-usage=1024
$(CRYPTO_OBJ): $(BEARSSL_DIR)/src/inc/bearssl.h
$(BEARSSL_DIR)/src/inc/bearssl.h: firmware/crypto/fetch.sh
	$(call say,FETCH,bearssl)
	$(Q)firmware/crypto/fetch.sh $(BEARSSL_DIR)
	$(Q)touch $@
# All of its sources; the linker takes what is used. Compiled in its folder, so that no path gets in.
$(BEARSSL_LIB): $(BEARSSL_DIR)/src/inc/bearssl.h firmware/board/objects.mk
	$(call say,ARMCC,BearSSL)
	$(Q)rm -rf $(FW)/bearssl && mkdir -p $(FW)/bearssl
	$(Q)cd $(BEARSSL_DIR)/src && find src -name '*.c' ! -path 'src/ssl/*' ! -path 'src/x509/*' ! -path 'src/rsa/*' | LC_ALL=C sort | \
		xargs -P "$$(nproc)" -n 8 sh -c 'for f; do $(ARM_CC) $(FW_ARCH) -std=c99 -Os -g -ffunction-sections -fdata-sections -fno-ident \
			-ffile-prefix-map="$$PWD"=bearssl -DBR_USE_URANDOM=0 -DBR_USE_UNIX_TIME=0 -DBR_LE_UNALIGNED=0 -Iinc -Isrc -c "$$f" \
			-o $(abspath $(FW))/bearssl/"$$(echo "$$f" | tr / _)".o || exit 255; done' sh
	$(Q)rm -f $@ && cd $(FW)/bearssl && $(ARM_PREFIX)ar rcsD ../libbearssl.a $$(ls *.o | LC_ALL=C sort)
$(FW)/reader-crypto.elf: $(filter-out %/firmware/main.o,$(FW_OBJ)) $(CRYPTO_OBJ) $(BEARSSL_LIB) $(FW_LD)
	$(call say,ARMLD,$@)
	$(fw_link)

# --- sizes, hash -----------------------------------------------------------------------------------------------------
.PHONY: firmware firmware-check firmware-hash
firmware: $(FW)/reader.bin $(FW)/reader-crypto.bin ## Build the reader's image, with and without crypto, and tell its size
	$(Q)firmware/board/size.sh $(FW)/reader.map 49152 16384
	$(Q)firmware/board/size.sh $(FW)/reader-crypto.map 81920 16384
firmware-check: $(FW)/reader.bin $(FW)/reader-crypto.bin ## Compare the image with the released hash
	$(Q)firmware/board/hash.sh check $(FW) firmware/reader.bin.sha256 $(ARM_PREFIX)
firmware-hash: $(FW)/reader.bin $(FW)/reader-crypto.bin ## Write the hash of the image to be released
	$(Q)firmware/board/hash.sh write $(FW) firmware/reader.bin.sha256 $(ARM_PREFIX)

# Images with a fault built in, for tests/e2e/reader_boot.sh: reader_step() is replaced at link time, the product has no switch.
BAD_IMAGES := $(patsubst tests/bench/reader/image/%.c,$(FW)/%.elf,$(wildcard tests/bench/reader/image/bad_*.c))
$(FW_OBJ_DIR)/tests/bench/reader/image/%.o: FW_WARN += -Wno-infinite-recursion
$(FW_OBJ_DIR)/firmware/reader.weak.o: $(FW_OBJ_DIR)/firmware/reader.o
	$(Q)$(ARM_PREFIX)objcopy --weaken-symbol=reader_step $< $@
$(BAD_IMAGES): $(FW)/%.elf: $(FW_OBJ_DIR)/tests/bench/reader/image/%.o $(FW_OBJ_DIR)/firmware/reader.weak.o $(filter-out %/firmware/reader.o,$(FW_OBJ)) $(FW_LD)
	$(call say,ARMLD,$@)
	$(fw_link)
# For tests/e2e/reader_kill9.sh: the store driven over the serial line, and the same with a charge that comes too late.
STORE_BENCH := tests/bench/reader/storebench
$(FW)/reader-store.elf: $(FW_OBJ_DIR)/$(STORE_BENCH)/main_store.o $(filter-out %/firmware/main.o,$(FW_OBJ)) $(FW_LD)
	$(call say,ARMLD,$@)
	$(fw_link)
$(FW)/reader-store-late.elf: FW_LDFLAGS += -Wl,--wrap=store_counter_charge,--wrap=store_counter_clear
$(FW)/reader-store-late.elf: $(FW_OBJ_DIR)/$(STORE_BENCH)/main_store.o $(FW_OBJ_DIR)/$(STORE_BENCH)/late_charge.o \
	$(filter-out %/firmware/main.o,$(FW_OBJ)) $(FW_LD)
	$(call say,ARMLD,$@)
	$(fw_link)
.PHONY: firmware-bad
firmware-bad: $(BAD_IMAGES) $(FW)/reader-store.elf $(FW)/reader-store-late.elf
