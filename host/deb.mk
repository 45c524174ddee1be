# SPDX-License-Identifier: Apache-2.0
# Debian packages. The source tree is copied, host/debian/ becomes its debian/, and dpkg-buildpackage does the rest: no file of the
# packaging stands at the top level, and the build sees what a clone would.
DEB := build/deb
# What git would have in a clone; without git, or of somebody else's clone, all but what is built.
DEB_FILES := { git ls-files -co --exclude-standard 2>/dev/null || find . \( -path ./build -o -path ./.git \) -prune -o -type f -print; }
deb_tree = $(Q)rm -rf $(1) && mkdir -p $(1)/sekisho-$(VERSION) && $(DEB_FILES) | tar -cf - -T - | tar -xf - -C $(1)/sekisho-$(VERSION) && mv $(1)/sekisho-$(VERSION)/host/debian $(1)/sekisho-$(VERSION)/debian
deb_build = $(Q)cd $(1)/sekisho-$(VERSION) && unset MAKEFLAGS MFLAGS MAKELEVEL && \
	$(2) dpkg-buildpackage -b -us -uc -j$(shell nproc) >../build.log 2>&1 || { tail -n 30 ../build.log; exit 1; }

.PHONY: deb deb-test
deb: ## Build the Debian packages (build/deb/*.deb), and let lintian judge them
	$(Q)tests/apt-need $(DEPS_BUILD) $(DEPS_DEB)
	$(call say,DEB,$(DEB))
	$(call deb_tree,$(DEB))
	$(call deb_build,$(DEB),)
	$(Q)lintian --fail-on error --suppress-tags bad-distribution-in-changes-file $(DEB)/*.changes
	$(Q)ls $(DEB)/*.deb
# The same with virtual card and sensor, for the virtual terminals of the tests; "+insecure" in their version.
deb-test:
	$(call say,DEB,$(DEB)-test)
	$(call deb_tree,$(DEB)-test)
	$(call deb_build,$(DEB)-test,DEB_BUILD_PROFILES=pkg.sekisho.insecure)
