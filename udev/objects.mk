# SPDX-License-Identifier: Apache-2.0
# Rules for reader and sensor come with the kiosk packages; nothing is built here yet.
