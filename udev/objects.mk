# SPDX-License-Identifier: Apache-2.0
# Rules: the reader's and the sensors' are made from one table; those for media know where sekisho-media lies.
UDEV_RULES := $(B)/udev/70-sekisho.rules $(B)/udev/71-sekisho-media.rules

$(B)/udev/70-sekisho.rules: udev/genrules.sh udev/devices firmware/core/usb_ids.h
	$(call say,RULES,$@)
	$(Q)mkdir -p $(@D)
	$(Q)udev/genrules.sh firmware/core/usb_ids.h udev/devices > $@.new && mv $@.new $@
$(B)/udev/71-sekisho-media.rules: udev/71-sekisho-media.rules.in $(B)/.config-now
	$(call say,RULES,$@)
	$(Q)mkdir -p $(@D)
	$(Q)sed 's|@libexecdir@|$(libexecdir)|g' $< > $@.new && mv $@.new $@
