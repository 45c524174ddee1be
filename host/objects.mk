# SPDX-License-Identifier: Apache-2.0
# host/common sees firmware/ and itself; the other folders of host/ see host/ as well, and each only its own libraries.
pkg = $(shell pkg-config --$(1) $(2))

$(B)/host/% $(B)/pic/host/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost
$(B)/host/common/% $(B)/pic/host/common/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common
# The guard's table is pure: of host/ it sees its own header only.
$(B)/host/guard/%: CPP_OF = $(HOST_CPP) -Ifirmware
$(B)/host/finger/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,libfprint-2)
$(B)/host/card/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,libpcsclite)
$(B)/host/watch/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,libpcsclite)
$(B)/host/fetch/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,libcurl)
$(B)/host/ctl/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,json-c)
$(B)/host/denylist/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000
# The one file that may use OpenSSL's old engines.
$(B)/host/denylist/denysign_engine.o: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost
$(B)/host/media/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000
$(B)/host/trust/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000
$(B)/host/crl/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000
# The log-in screen: json-c for greetd's protocol; GTK in the two files that draw, and nowhere else in the project.
$(B)/host/greet/%: CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(call pkg,cflags,json-c)
GREET_GTK := host/greet/view.c host/greet/main.c
$(GREET_GTK:%.c=$(B)/%.o): CPP_OF = $(HOST_CPP) -Ifirmware -Ihost/common -Ihost $(patsubst -I%,-isystem %,$(call pkg,cflags,gtk+-3.0))

lib = $(B)/lib$(1).a: $(patsubst %.c,$(B)/%.o,$(filter-out $(3),$(wildcard $(2))))
$(eval $(call lib,common,host/common/*/*.c,host/common/sandbox/%))
$(eval $(call lib,sandbox,host/common/sandbox/*.c))
$(eval $(call lib,store,host/store/*.c))
$(eval $(call lib,crl,host/crl/*.c,%main.c))
$(eval $(call lib,trust,host/trust/*.c))
$(eval $(call lib,config,host/config/*.c))
$(eval $(call lib,denylist,host/denylist/*.c))
$(eval $(call lib,guard,host/guard/*.c))
$(eval $(call lib,media,host/media/*.c,%main.c))
$(eval $(call lib,daemon,host/daemon/*.c,host/daemon/main.c))
$(eval $(call lib,finger,host/finger/*.c,%main.c))
$(eval $(call lib,card,host/card/*.c,%main.c))
$(eval $(call lib,watch,host/watch/*.c,%main.c))
$(eval $(call lib,fetch,host/fetch/*.c,%main.c))
$(eval $(call lib,ctl,host/ctl/*.c,%main.c))
$(eval $(call lib,greet,host/greet/*.c,%main.c $(GREET_GTK)))

PROGRAMS += $(addprefix $(B)/,sekishod sekishoctl sekisho-card sekisho-finger sekisho-watch sekisho-crl sekisho-fetch sekisho-media sekisho-greet sekisho-kiosk sekisho-locker)
HOST_LIBS := $(B)/libcommon.a $(B)/libcore.a

$(B)/sekishod: $(B)/host/daemon/main.o $(B)/libdaemon.a $(B)/libguard.a $(B)/libmedia.a $(B)/libstore.a $(B)/libtrust.a $(B)/libcrl.a $(B)/libdenylist.a $(B)/libconfig.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libsystemd sqlite3 libcrypto inih))
$(B)/sekishoctl: $(patsubst %.c,$(B)/%.o,$(wildcard host/ctl/*main.c)) $(B)/libctl.a $(B)/libmedia.a $(B)/libstore.a $(B)/libtrust.a $(B)/libcrl.a $(B)/libdenylist.a $(B)/libconfig.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,json-c sqlite3 libcrypto inih))
$(B)/sekisho-card: $(B)/host/card/main.o $(B)/libcard.a $(B)/libsandbox.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libpcsclite libseccomp zlib))
$(B)/sekisho-watch: $(B)/host/watch/main.o $(B)/libwatch.a $(B)/libcard.a $(B)/libsandbox.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libpcsclite libseccomp))
$(B)/sekisho-crl: $(B)/host/crl/main.o $(B)/libcrl.a $(B)/libsandbox.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libcrypto libseccomp))
$(B)/sekisho-finger: $(patsubst %.c,$(B)/%.o,$(wildcard host/finger/*main.c)) $(B)/libfinger.a $(B)/libsandbox.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libfprint-2 libseccomp))
$(B)/sekisho-fetch: $(B)/host/fetch/main.o $(B)/libfetch.a $(B)/libsandbox.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libcurl libseccomp))
$(B)/sekisho-media: $(B)/host/media/main.o $(B)/libmedia.a $(B)/libdenylist.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libcrypto))
$(B)/sekisho-greet: $(GREET_GTK:%.c=$(B)/%.o) $(B)/libgreet.a $(B)/libconfig.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,gtk+-3.0 json-c inih))
$(B)/sekisho-locker: $(B)/host/greet/locker_main.o $(B)/libgreet.a $(B)/libconfig.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,libsystemd inih) -lpam)
$(B)/sekisho-kiosk: $(B)/host/greet/kiosk_main.o $(B)/libgreet.a $(HOST_LIBS)
	$(call say,LD,$@)
	$(call link,$(call pkg,libs,inih))
