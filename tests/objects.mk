# SPDX-License-Identifier: Apache-2.0
# Bench programs, unit tests and fuzzers. Tests may include everything; nothing includes them.
$(B)/tests/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -Ipam_module -Itests -Itests/bench/fingers -Itests/bench/pam \
	-Itests/bench/card $(call pkg,cflags,cmocka libsystemd libpcsclite json-c) -DSITE_BUILD='"$(B)"'
$(B)/tests/bench/fingers/% $(B)/tests/unit/finger/%: CPP_OF += $(call pkg,cflags,libfprint-2)
$(B)/tests/bench/vcard/%: CPP_OF = -D_GNU_SOURCE -Itests/bench/vcard

# --- bench programs ------------------------------------------------------------------------------------------
bench_obj = $(patsubst %.c,$(B)/%.o,$(1))
VCARD_COMMON := $(filter-out %/main.c %/personalise.c %/drive.c,$(wildcard tests/bench/vcard/*.c))
FINGER_COMMON := tests/bench/fingers/synthfinger.c tests/bench/fingers/virtualsensor.c
BENCH := $(addprefix $(B)/bench/,vcard vcard-personalise vcard-drive synthfinger fingerlab carddrive cardrival pamdrive memcount pamweight)

$(B)/bench/vcard: $(call bench_obj,tests/bench/vcard/main.c $(VCARD_COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libcrypto zlib))
$(B)/bench/vcard-personalise: $(call bench_obj,tests/bench/vcard/personalise.c $(VCARD_COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libcrypto zlib))
$(B)/bench/vcard-drive: $(call bench_obj,tests/bench/vcard/drive.c $(VCARD_COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libcrypto zlib))
$(B)/bench/synthfinger: $(call bench_obj,tests/bench/fingers/synthfinger_main.c $(FINGER_COMMON))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,-lm)
$(B)/bench/fingerlab: $(call bench_obj,tests/bench/fingers/fingerlab.c $(FINGER_COMMON)) $(HOST_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libfprint-2) -lm)
$(B)/bench/carddrive: $(B)/tests/bench/card/carddrive.o $(HOST_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link)
$(B)/bench/cardrival: $(B)/tests/bench/card/cardrival.o $(HOST_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libpcsclite))
$(B)/bench/pamdrive: $(call bench_obj,$(wildcard tests/bench/pam/*.c)) $(HOST_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,-lpam)
$(B)/bench/pamweight: $(B)/tests/bench/figures/pamweight.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,-lpam)
$(B)/bench/memcount: $(B)/tests/bench/memcount.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link)
# Revocation lists of any length, and one measurement a process.
BENCH += $(addprefix $(B)/bench/,crlmake crlbench)
$(B)/tests/bench/crl/%: CPP_OF += -Itests/bench/crl
$(B)/bench/crlmake: $(B)/tests/bench/crl/crlmake.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libcrypto))
$(B)/bench/crlbench: $(B)/tests/bench/crl/crlbench.o $(B)/libcrl.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libcrypto))
# When pcscd tells that a card has left.
BENCH += $(B)/bench/cardleft
$(B)/bench/cardleft: $(B)/tests/bench/guard/cardleft.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libpcsclite))
# The other ends of the reader's wires (firmware/board/bench/WIRE.md).
$(B)/tests/bench/reader/%: CPP_OF = -D_GNU_SOURCE -Itests/bench/reader
BENCH += $(addprefix $(B)/bench/,cardbridge sidebridge usbbridge)
$(B)/bench/sidebridge: $(call bench_obj,tests/bench/reader/sidebridge.c tests/bench/reader/benchio.c)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link)
$(B)/bench/cardbridge: $(call bench_obj,$(wildcard tests/bench/reader/cardbridge.c tests/bench/reader/cb_*.c) tests/bench/reader/benchio.c)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link)
$(B)/tests/bench/reader/usbbridge%: CPP_OF += $(call pkg,cflags,libusbredirparser-0.5)
$(B)/bench/usbbridge: $(call bench_obj,$(wildcard tests/bench/reader/usbbridge*.c) tests/bench/reader/benchio.c)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link,$(call pkg,libs,libusbredirparser-0.5))
# The reader's portable code between two exact lines in virtual time, here and on a Cortex-M4 in QEMU (instructions).
BENCH += $(B)/bench/linefigures
LINEFIGURES := $(wildcard tests/bench/reader/linefigures_*.c)
$(B)/tests/bench/reader/linefigures%: CPP_OF += -Ifirmware
$(B)/bench/linefigures: $(call bench_obj,tests/bench/reader/linefigures.c $(LINEFIGURES)) $(B)/firmware/reader.o $(B)/libreader.a $(B)/libcore.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(call link)
$(FW_OBJ_DIR)/tests/bench/reader/%.o: FW_CFLAGS += -Itests/bench/reader
ICOUNT_OBJ := $(patsubst %.c,$(FW_OBJ_DIR)/%.o,$(wildcard tests/bench/reader/icount/*.c) $(LINEFIGURES) \
	$(CORE_SRC) $(READER_SRC) firmware/reader.c)
$(FW)/icount.elf: $(ICOUNT_OBJ) tests/bench/reader/icount/icount.ld
	$(call say,ARMLD,$@)
	$(Q)mkdir -p $(@D) && $(ARM_CC) $(FW_ARCH) -nostartfiles -T tests/bench/reader/icount/icount.ld -Wl,--gc-sections -o $@ $(filter %.o,$^)
.PHONY: firmware-icount
firmware-icount: $(FW)/icount.elf $(FW)/reader.elf $(FW)/reader-crypto.elf
.PHONY: bench-programs
bench-programs: $(BENCH)

# --- unit tests: tests/unit/<folder>/test_<topic>.c, together with the other sources of its folder ----------------
# Tests put short names into short buffers; gcc's guess about truncation is for the product.
$(B)/tests/unit/%: CPP_OF += -Itests/unit $(if $(findstring clang,$(CC)),,-Wno-format-truncation)

UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
# What a folder's tests link with: our archives, then Debian's libraries.
UNIT_LIBS_core := core
UNIT_LIBS_guard := guard core
UNIT_LIBS_ipc := common core
UNIT_LIBS_msg := common core
UNIT_LIBS_clockmark := common core
UNIT_LIBS_lockmark := common core
UNIT_LIBS_store := store common core
UNIT_LIBS_trust := trust crl common core
UNIT_LIBS_crl := crl common core
UNIT_LIBS_trust_ocsp := trust crl common core
UNIT_LIBS_cuts := trust crl denylist common core
UNIT_LIBS_config := config common core
UNIT_LIBS_denylist := denylist common core
UNIT_LIBS_media := media denylist common core
UNIT_LIBS_fetch := fetch common core
UNIT_LIBS_greet := greet config common core
UNIT_LIBS_lockbus := greet common core
UNIT_LIBS_locker := greet config common core
UNIT_LIBS_ctl := daemon guard ctl store trust crl denylist media config common core
UNIT_LIBS_attempt := daemon guard store trust crl denylist media config common core
UNIT_LIBS_attempt_jpki := daemon guard store trust crl denylist media config common core
UNIT_LIBS_daemon := daemon guard store trust crl denylist media config common core
UNIT_LIBS_desk := daemon guard store trust crl denylist media config common core
UNIT_LIBS_guarding := daemon guard store trust crl denylist media config common core
UNIT_LIBS_admin := daemon guard ctl store trust crl denylist media config common core
UNIT_LIBS_card := watch card common core
UNIT_LIBS_finger := finger common core
UNIT_LIBS_sandbox := sandbox common core
UNIT_LIBS_pam := common core
# The reader's code with a hal of the test's own (tests/unit/fw*/).
UNIT_LIBS_fwcard := reader core
UNIT_LIBS_fwccid := reader core
UNIT_LIBS_fwserial := reader core
UNIT_LIBS_fwusb := reader core
UNIT_LIBS_fwstore := reader core
UNIT_LIBS_fwsys := reader core
UNIT_LIBS_fwjoin := reader core
unit_libs = $(patsubst %,$(B)/lib%.a,$(UNIT_LIBS_$(1)))
unit_help = $(patsubst %.c,$(B)/%.o,$(filter-out tests/unit/$(1)/test_%,$(wildcard tests/unit/$(1)/*.c)))
UNIT_PKG_core :=
UNIT_PKG_guard :=
UNIT_PKG_ipc :=
UNIT_PKG_clockmark :=
UNIT_PKG_lockmark :=
UNIT_PKG_store := sqlite3 libcrypto
UNIT_PKG_trust := libcrypto
UNIT_PKG_crl := libcrypto
UNIT_PKG_trust_ocsp := libcrypto
UNIT_PKG_cuts := libcrypto
UNIT_PKG_config := inih
UNIT_PKG_denylist := libcrypto
UNIT_PKG_media := libcrypto
UNIT_PKG_fetch := libcurl
UNIT_PKG_greet := json-c inih
UNIT_PKG_lockbus := libsystemd
UNIT_PKG_locker := libsystemd json-c inih
UNIT_PKG_ctl := json-c libsystemd libcrypto inih sqlite3
UNIT_PKG_attempt := libsystemd sqlite3 libcrypto inih
UNIT_PKG_attempt_jpki := libsystemd sqlite3 libcrypto inih
UNIT_PKG_daemon := libsystemd sqlite3 libcrypto inih
UNIT_PKG_desk := libsystemd sqlite3 libcrypto inih
UNIT_PKG_guarding := libsystemd sqlite3 libcrypto inih
UNIT_PKG_admin := json-c libsystemd libcrypto inih sqlite3
UNIT_PKG_card := zlib
UNIT_PKG_finger := libfprint-2 gio-2.0 gobject-2.0 glib-2.0
UNIT_PKG_sandbox := libseccomp
UNIT_PKG_pam :=
comma := ,
UNIT_EXTRA_pam := -lpam -ldl
UNIT_EXTRA_finger := -lm
UNIT_EXTRA_media := -Wl,--wrap=readdir
$(B)/unit/greet/test_vt: UNIT_EXTRA_greet := -Wl,--wrap=ioctl,--wrap=open,--wrap=nanosleep
$(B)/unit/greet/test_clear: UNIT_EXTRA_greet := -Wl,--wrap=nanosleep
$(B)/unit/greet/test_ask: UNIT_EXTRA_greet := -Wl,--wrap=socketpair,--wrap=posix_spawn
$(B)/unit/greet/test_ask_run: UNIT_EXTRA_greet := -Wl,--wrap=prctl,--wrap=setrlimit
UNIT_EXTRA_locker := $(addprefix -Wl$(comma)--wrap=,ask_start prctl getpwnam bind unlink chown open pread getsockopt sd_event_add_io \
	sd_event_add_time_relative sd_event_set_watchdog sd_notify)

UNIT_OBJ_fwjoin := $(call bench_obj,$(addprefix tests/unit/fwcard/,fake_hal.c card_model.c t0_model.c))
UNIT_OBJ_admin := $(call bench_obj,$(addprefix tests/unit/trust/,mint.c mint_site.c) tests/unit/trust_ocsp/mint_ocsp.c)
UNIT_OBJ_trust_ocsp := $(call bench_obj,$(addprefix tests/unit/trust/,mint.c mint_site.c))
UNIT_OBJ_cuts := $(call bench_obj,$(addprefix tests/unit/trust/,mint.c mint_site.c crl_site.c) tests/unit/denylist/deny_help.c)
# Callees that several of the daemon's rigs replace alike.
OUTSIDE := $(call bench_obj,$(addprefix tests/unit/outside/,callees.c attempt.c))
GOOD_CARD := $(call bench_obj,tests/unit/outside/good_card.c)
NO_ENROLMENT := $(call bench_obj,tests/unit/outside/no_enrolment.c)
UNIT_OBJ_attempt := $(OUTSIDE) $(NO_ENROLMENT)
UNIT_OBJ_attempt_jpki := $(OUTSIDE) $(GOOD_CARD)
UNIT_OBJ_desk := $(OUTSIDE) $(GOOD_CARD) $(NO_ENROLMENT)
UNIT_OBJ_guarding := $(call bench_obj,tests/unit/outside/callees.c)
UNIT_OBJ_media := $(call bench_obj,tests/unit/denylist/deny_help.c)
UNIT_OBJ_finger := $(call bench_obj,tests/bench/fingers/fingerrig.c $(FINGER_COMMON))
UNIT_OBJ_pam := $(call bench_obj,tests/bench/pam/driver.c tests/bench/pam/memscan.c pam_module/client.c)
$(B)/pam_module/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ipam_module

.SECONDEXPANSION:
$(UNIT): $(B)/unit/%: $(B)/tests/unit/%.o $$(call unit_help,$$(firstword $$(subst /, ,$$*))) $$(UNIT_OBJ_$$(firstword $$(subst /, ,$$*))) \
	$$(call unit_libs,$$(firstword $$(subst /, ,$$*)))
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -pie -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(call pkg,libs,cmocka $(UNIT_PKG_$(notdir $(@D)))) $(UNIT_EXTRA_$(notdir $(@D)))
# A module that the PAM tests put beside ours in a stack.
$(B)/unit/pam/peek_module.so: tests/unit/pam/peek/peek_module.c $(B)/autoconf.h
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(HOST_CPP) -fPIC -shared -o $@ $< -lpam
.PHONY: unit-programs
unit-programs: $(UNIT) $(B)/unit/pam/peek_module.so $(B)/pam_sekisho.so $(B)/po/ja.mo

# --- the test build: virtual sensor and card allowed, fixed place in the test's own /run ---------------------------
TEST_MAKE := $(MAKE) --no-print-directory CONFIG_VIRTUAL_SENSOR=y CONFIG_VIRTUAL_CARD=y prefix=/run/sekisho-bench
.PHONY: test-build
test-build: ## Build programs, bench and unit tests for the test bench
	$(Q)$(TEST_MAKE) B=build/test all bench-programs unit-programs

# --- the two commands ------------------------------------------------------------------------------------------------
.PHONY: demo test test-kiosk bench
# What sudo built belongs to whoever called it, so that a plain make goes on from there.
GIVE_BACK := [ -z "$$SUDO_UID" ] || chown -R "$$SUDO_UID:$$SUDO_GID" build
demo: deps-test ## Play the whole story on real parts, narrated (root)
	$(Q)$(TEST_MAKE) -s B=build/test all bench-programs; status=$$?; [ $$status -ne 0 ] || tests/demo.sh || status=$$?; $(GIVE_BACK); exit $$status
bench: deps-test ## Print the figures beside their aims and beside the peers (root)
	$(Q)$(TEST_MAKE) -s B=build/test all bench-programs && $(MAKE) --no-print-directory -s B=build/default firmware-icount; status=$$?; \
		if [ $$status -eq 0 ]; then tests/bench/figures.sh || status=$$?; tests/bench/crl/figures.sh || status=$$?; tests/bench/guard/figures.sh || status=$$?; tests/bench/reader/figures.sh || status=$$?; tests/kiosk/run.sh figures.py || status=$$?; fi; $(GIVE_BACK); exit $$status
test: deps-test ## Run everything (root; about 35 minutes)
	$(Q)status=0; tests/run $(if $(MORE),all $(MORE)) || status=$$?; $(GIVE_BACK); exit $$status
test-kiosk: deps-test ## Try a whole terminal: the packages on a Debian in QEMU (root; under 20 minutes)
	$(Q)status=0; tests/run kiosk || status=$$?; $(GIVE_BACK); exit $$status

# --- fuzzers: clang's libFuzzer, the product's sources with ASan, UBSan and coverage (B=build/fuzz CC=clang) --------------
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CORE := $(wildcard firmware/core/*.c)
FUZZ_COMMON := $(wildcard host/common/ipc/*.c host/common/safefile/*.c host/common/msg/*.c host/common/url/*.c)
FUZZ_SRC_t1 := $(wildcard firmware/card/t1*.c)
FUZZ_SRC_t0 := $(wildcard firmware/card/t0*.c)
FUZZ_SRC_card := $(wildcard firmware/card/*.c tests/unit/fwcard/fake_hal*.c)
FUZZ_SRC_ccid := $(wildcard firmware/ccid/*.c tests/unit/fwccid/fake_*.c)
FUZZ_SRC_serial := $(wildcard firmware/serial/*.c tests/unit/fwserial/fake_*.c)
FUZZ_SRC_usb := $(wildcard firmware/usb/*.c) $(wildcard tests/unit/fwusb/fake_*.c)
FUZZ_SRC_store := $(wildcard firmware/flash/*.c) $(wildcard tests/unit/fwstore/fake_*.c tests/unit/fwstore/store_model*.c)
FUZZ_SRC_ipc := $(FUZZ_COMMON)
FUZZ_SRC_config := $(FUZZ_COMMON) $(wildcard host/config/*.c)
FUZZ_SRC_cert := $(FUZZ_COMMON) $(wildcard host/trust/*.c) $(filter-out %main.c,$(wildcard host/crl/*.c))
FUZZ_SRC_crl := $(FUZZ_SRC_cert)
FUZZ_SRC_crl_stream := $(filter-out %/main.c,$(wildcard host/crl/*.c))
FUZZ_SRC_crl_index := $(FUZZ_SRC_crl_stream)
FUZZ_SRC_piv := tests/fuzz/card_world.c $(FUZZ_COMMON) $(filter-out %/main.c %/process.c,$(wildcard host/card/*.c))
FUZZ_SRC_jpki := $(FUZZ_SRC_piv)
FUZZ_SRC_ocsp := $(FUZZ_SRC_cert)
FUZZ_SRC_usbdesc := host/media/usbdesc.c
FUZZ_SRC_medialist := host/media/medialist.c
FUZZ_SRC_greet_wire := $(FUZZ_COMMON) host/greet/wire.c host/greet/model.c host/greet/serve.c host/greet/field.c
FUZZ_SRC_ldif := $(FUZZ_COMMON) host/fetch/ldif.c
# The list's own signature can't be guessed by a fuzzer: the check is replaced at link time, in the fuzzer alone.
FUZZ_LD_ocsp := -Wl,--wrap=ASN1_item_verify
FUZZ_LD_crl := -Wl,--wrap=EVP_PKEY_verify
FUZZ_PKG_config := inih
FUZZ_PKG_greet_wire := json-c
FUZZ_PKG_cert := libcrypto
FUZZ_PKG_crl := libcrypto
FUZZ_PKG_ocsp := libcrypto
FUZZ_PKG_crl_stream := libcrypto
FUZZ_PKG_crl_index := libcrypto
FUZZ_PKG_piv := zlib
FUZZ_PKG_jpki := zlib
FUZZ_CPP = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -Itests -Itests/unit $(call pkg,cflags,libpcsclite json-c)
$(FUZZ): $(B)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(B)/autoconf.h $(FUZZ_CORE) $$(FUZZ_SRC_$$*)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)clang -std=c11 -g -O1 -w -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all $(FUZZ_CPP) -o $@ \
		$(filter %.c,$^) $(FUZZ_LD_$*) $(if $(FUZZ_PKG_$*),$(call pkg,libs,$(FUZZ_PKG_$*)))
.PHONY: fuzz-programs fuzz
fuzz-programs: $(FUZZ)
fuzz: deps-test ## Fuzz each target for an hour
	$(Q)SECONDS_EACH=3600 tests/fuzz/short.sh
