# SPDX-License-Identifier: Apache-2.0
# The module sees core, host/common and itself, and links libpam and nothing else.
$(B)/pic/pam_module/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ipam_module

MODULE_SRC := $(wildcard pam_module/*.c) $(wildcard host/common/ipc/*.c host/common/msg/*.c) \
	firmware/core/bytes.c firmware/core/tlv.c firmware/core/utf8.c firmware/core/wipe.c
PROGRAMS += $(B)/pam_sekisho.so

$(B)/pam_sekisho.so: $(MODULE_SRC:%.c=$(B)/pic/%.o) pam_module/pam_sekisho.map
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -shared -Wl,--version-script=pam_module/pam_sekisho.map -Wl,-z,defs \
		-o $@ $(filter %.o,$^) -lpam
