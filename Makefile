# SPDX-License-Identifier: Apache-2.0
# One Makefile for everything. `make help` lists what it can do.
#
# Sources are listed by folder in the objects.mk files; each folder is compiled with the include paths that
# it may use and no others, so an include against the arrows of README.md does not compile.

VERSION := 0.1.0

# --- Configuration: .config if there is one, safe defaults if not -----------------------------------------
-include .config
CONFIG_VIRTUAL_SENSOR ?= n
CONFIG_VIRTUAL_CARD ?= n
# Selected by the weakening options (Kconfig `select`); reckoned here too, for builds without a Kconfig tool.
override CONFIG_INSECURE_DEFAULTS := $(if $(filter y,$(CONFIG_VIRTUAL_SENSOR) $(CONFIG_VIRTUAL_CARD)),y,n)
CONFIG_NAMES := VIRTUAL_SENSOR VIRTUAL_CARD INSECURE_DEFAULTS

# --- Places ------------------------------------------------------------------------------------------------
B ?= build/default
DESTDIR ?=
prefix ?= /usr
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
libexecdir := $(prefix)/libexec/sekisho
pamdir := $(prefix)/lib/$(MULTIARCH)/security
sbindir := $(prefix)/sbin
mandir := $(prefix)/share/man
localedir := $(prefix)/share/locale
unitdir := $(prefix)/lib/systemd/system
polkitdir := $(prefix)/share/polkit-1/rules.d
sysusersdir := $(prefix)/lib/sysusers.d
tmpfilesdir := $(prefix)/lib/tmpfiles.d
pamconfigdir := $(prefix)/share/pam-configs
udevdir := $(prefix)/lib/udev/rules.d

# --- Tools and flags ---------------------------------------------------------------------------------------
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = @printf '  %-7s %s\n' '$(1)' '$(2)'
SANITIZE ?=
OPT ?= -O2
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Wmissing-prototypes -Wformat -Wformat-security -Werror
HARDEN := -fstack-protector-strong -fstack-clash-protection -fno-strict-aliasing $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero) \
	$(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
# gcc reckons buffer sizes worse when sanitizers are on, and then sees truncation where there is none.
CFLAGS_ALL = -std=c11 $(OPT) -g $(WARN) $(if $(SANITIZE),$(if $(findstring clang,$(CC)),,-Wno-format-truncation)) $(HARDEN) -ffile-prefix-map=$(CURDIR)=. -MMD -MP \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer) $(CFLAGS)
LDFLAGS_ALL = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
HOST_CPP = -D_GNU_SOURCE -include $(B)/autoconf.h -DLIBEXECDIR='"$(libexecdir)"' -DSEKISHO_VERSION='"$(VERSION)$(if $(filter y,$(CONFIG_INSECURE_DEFAULTS)),+insecure)"' \
	-DLOCALEDIR='"$(localedir)"'

.DEFAULT_GOAL := all
PROGRAMS :=
CLEANED :=

include firmware/objects.mk
include host/objects.mk
include host/deb.mk
include pam_module/objects.mk
include udev/objects.mk
include tests/objects.mk

.PHONY: all
all: $(PROGRAMS) $(B)/po/ja.mo $(UDEV_RULES) ## Build everything for this terminal (safe defaults)

# --- Compiling ---------------------------------------------------------------------------------------------
$(B)/autoconf.h: Makefile $(wildcard .config) $(B)/.config-now
	$(Q)mkdir -p $(@D)
	$(Q){ $(foreach n,$(CONFIG_NAMES),echo '#define CONFIG_$(n) $(if $(filter y,$(CONFIG_$(n))),1,0)';) } > $@

# Changes only when an option given on the command line does.
$(B)/.config-now: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(foreach n,$(CONFIG_NAMES),$(n)=$(CONFIG_$(n))) $(CC) $(SANITIZE) $(OPT) $(CFLAGS) $(prefix)' | cmp -s - $@ || \
		printf '%s\n' '$(foreach n,$(CONFIG_NAMES),$(n)=$(CONFIG_$(n))) $(CC) $(SANITIZE) $(OPT) $(CFLAGS) $(prefix)' > $@
.PHONY: FORCE
FORCE:

# CPP_OF: set for each folder by the objects.mk files (pattern-specific).
$(B)/%.o: %.c $(B)/autoconf.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -fPIE -ffunction-sections -fdata-sections $(CPP_OF) -c $< -o $@

# The same sources for the module: position independent, small, hidden.
$(B)/pic/%.o: %.c $(B)/autoconf.h
	$(call say,CC,$< (pic))
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -Os -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections $(CPP_OF) -c $< -o $@

$(B)/%.a:
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

link = $(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -pie -o $@ $(filter %.o %.a,$^) $(1)

$(B)/po/%.mo: host/po/%.po
	$(Q)mkdir -p $(@D)
	$(Q)msgfmt --check --check-format -o $@ $<

# --- Configuration by menu ---------------------------------------------------------------------------------
.PHONY: menuconfig release
menuconfig: ## Change options (needs python3-kconfiglib or kconfig-frontends)
	$(Q)if command -v kconfig-mconf >/dev/null 2>&1; then kconfig-mconf Kconfig; \
	elif command -v menuconfig >/dev/null 2>&1; then menuconfig Kconfig; \
	else echo 'No Kconfig tool. Install one: apt-get install python3-kconfiglib' >&2; exit 1; fi

release: release-check ## Build for delivery; refuses options that weaken security
	$(Q)$(MAKE) --no-print-directory B=build/release all
.PHONY: release-check
release-check:
	$(Q)if [ '$(CONFIG_INSECURE_DEFAULTS)' = y ]; then \
		echo 'make release: INSECURE_DEFAULTS is set by: $(foreach n,VIRTUAL_SENSOR VIRTUAL_CARD,$(if $(filter y,$(CONFIG_$(n))),$(n)))' >&2; \
		echo 'Take these options out of .config (make menuconfig), then run make release again.' >&2; exit 1; fi

# --- Installing --------------------------------------------------------------------------------------------
.PHONY: install
install: all ## Install below DESTDIR
	install -d $(DESTDIR)$(libexecdir) $(DESTDIR)$(pamdir) $(DESTDIR)$(sbindir) $(DESTDIR)$(mandir)/man8 \
		$(DESTDIR)$(mandir)/man5 $(DESTDIR)$(localedir)/ja/LC_MESSAGES $(DESTDIR)$(unitdir) $(DESTDIR)$(polkitdir) \
		$(DESTDIR)$(sysusersdir) $(DESTDIR)$(tmpfilesdir) $(DESTDIR)$(pamconfigdir) $(DESTDIR)$(udevdir)
	install -m 0755 $(B)/sekisho-card $(B)/sekisho-finger $(B)/sekisho-watch $(B)/sekisho-crl $(B)/sekisho-fetch $(B)/sekisho-media $(DESTDIR)$(libexecdir)
	install -m 0755 $(B)/sekishod $(B)/sekishoctl $(DESTDIR)$(sbindir)
	install -m 0644 $(B)/pam_sekisho.so $(DESTDIR)$(pamdir)
	for m in $(filter-out %kiosk.conf.5 %sekisho-kiosk.8,$(wildcard host/man/*.[58])); do install -m 0644 $$m $(DESTDIR)$(mandir)/man$${m##*.} || exit 1; done
	install -m 0644 $(B)/po/ja.mo $(DESTDIR)$(localedir)/ja/LC_MESSAGES/sekisho.mo
	install -m 0644 $(wildcard host/units/*.service host/units/*.socket host/units/*.timer host/units/*.path) $(DESTDIR)$(unitdir)
	for d in pcscd.socket.d pcscd.service.d; do install -D -m 0644 host/units/$$d/sekisho.conf $(DESTDIR)$(unitdir)/$$d/sekisho.conf || exit 1; done
	install -m 0755 udev/ccid-ids.sh $(DESTDIR)$(libexecdir)
	install -D -m 0644 firmware/core/usb_ids.h $(DESTDIR)$(prefix)/share/sekisho/usb_ids.h
	install -m 0644 host/units/sekisho.sysusers $(DESTDIR)$(sysusersdir)/sekisho.conf
	install -m 0644 host/units/sekisho.tmpfiles $(DESTDIR)$(tmpfilesdir)/sekisho.conf
	install -m 0644 pam_module/sekisho.pam-config $(DESTDIR)$(pamconfigdir)/sekisho
	install -m 0644 host/polkit/60-sekisho.rules $(DESTDIR)$(polkitdir)
	install -m 0644 $(UDEV_RULES) $(DESTDIR)$(udevdir)

# A kiosk's profile: what closes a terminal down, and the log-in screen. Not part of install: a Debian package of its own.
sysconfdir := /etc
libdir := $(prefix)/lib
.PHONY: install-kiosk
install-kiosk: all ## Install the kiosk's screen and profile below DESTDIR
	install -d $(DESTDIR)$(libexecdir) $(DESTDIR)$(unitdir) $(DESTDIR)$(sysconfdir)/pam.d $(DESTDIR)$(sysconfdir)/sekisho $(DESTDIR)$(mandir)/man8 $(DESTDIR)$(mandir)/man5
	install -m 0755 $(B)/sekisho-greet $(B)/sekisho-kiosk $(B)/sekisho-locker $(DESTDIR)$(libexecdir)
	install -m 0644 host/units/kiosk/*.service $(DESTDIR)$(unitdir)
	for d in greetd.service.d getty@.service.d display-manager.service.d; do install -D -m 0644 host/units/kiosk/closed.conf $(DESTDIR)$(unitdir)/$$d/sekisho-kiosk.conf || exit 1; done
	for d in getty@.service.d serial-getty@.service.d; do install -D -m 0644 host/units/kiosk/console.conf $(DESTDIR)$(unitdir)/$$d/sekisho-console.conf || exit 1; done
	install -D -m 0644 host/units/kiosk/sysctl.conf $(DESTDIR)$(libdir)/sysctl.d/90-sekisho-kiosk.conf
	install -D -m 0644 host/units/kiosk/logind.conf $(DESTDIR)$(libdir)/systemd/logind.conf.d/90-sekisho-kiosk.conf
	install -D -m 0644 host/units/kiosk/system.conf $(DESTDIR)$(libdir)/systemd/system.conf.d/90-sekisho-kiosk.conf
	for f in sekisho-console sekisho-greetd sekisho-greetd-greeter sekisho-lock; do install -m 0644 host/units/kiosk/$$f.pam $(DESTDIR)$(sysconfdir)/pam.d/$$f || exit 1; done
	install -m 0644 host/units/kiosk/greetd.toml host/units/kiosk/kiosk.conf $(DESTDIR)$(sysconfdir)/sekisho
	install -D -m 0644 host/man/kiosk.conf.5 $(DESTDIR)$(mandir)/man5/kiosk.conf.5
	install -D -m 0644 host/man/sekisho-kiosk.8 $(DESTDIR)$(mandir)/man8/sekisho-kiosk.8


# --- Dependencies: listed here and nowhere else --------------------------------------------------------------
DEPS_BUILD := gcc make pkg-config gettext libpam0g-dev libpcsclite-dev libfprint-2-dev libglib2.0-dev libssl-dev \
	libsqlite3-dev libsystemd-dev libinih-dev libjson-c-dev libseccomp-dev libcurl4-openssl-dev libgtk-3-dev zlib1g-dev \
	gcc-arm-none-eabi picolibc-arm-none-eabi xz-utils debian-archive-keyring
DEPS_TEST := libcmocka-dev pcscd vsmartcard-vpcd opensc opensc-pkcs11 pamtester openssl sqlite3 valgrind clang clang-tidy \
	libclang-rt-14-dev cppcheck mandoc iproute2 util-linux procps sudo python3 shellcheck \
	qemu-system-arm qemu-system-x86 libusbredirparser-dev mmdebstrap cpio socat vsmartcard-vpicc python3-pycryptodome dbus python3-dbusmock \
	softhsm2 libengine-pkcs11-openssl systemd swtpm tpm2-tools tpm2-openssl slapd python3-cryptography-vectors qemu-utils python3-pexpect \
	cage xvfb xdotool grim fonts-noto-cjk
DEPS_DEB := debhelper po-debconf dpkg-dev fakeroot lintian
DEPS_BENCH := libpam-pkcs11 libpam-p11 sssd-common
.PHONY: deps deps-test
deps: ## Install what building needs (apt)
	$(Q)tests/apt-need $(DEPS_BUILD)
deps-test: ## Install what tests, demo and benchmarks need as well (apt)
	$(Q)tests/apt-need $(DEPS_BUILD) $(DEPS_TEST) $(DEPS_DEB) $(DEPS_BENCH)

.PHONY: clean help
clean: ## Remove everything built
	rm -rf build
help: ## This list
	$(Q)grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r a b; do printf '  make %-14s %s\n' "$$a" "$$b"; done

-include $(shell find $(B) -name '*.d' 2>/dev/null)
