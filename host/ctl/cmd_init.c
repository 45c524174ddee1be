/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl init: the places of a real terminal. */
#include <pwd.h>
#include <unistd.h>

#include "ctl/connect.h"
#include "ctl/init.h"

enum ctl_exit cmd_init(const struct ctl_args *a)
{
	struct init_paths paths = {
		.etc = "/etc/sekisho",
		.conf = "/etc/sekisho/sekisho.conf",
		.anchors = "/etc/sekisho/anchors",
		.state = "/var/lib/sekisho",
		.crl = "/var/lib/sekisho/crl",
		.key = "/var/lib/sekisho/template.key",
	};
	const struct passwd *pw;

	if (geteuid() != 0) {
		ctl_error("%s", _("Only root may prepare a terminal."));
		return CTL_NO_PERMISSION;
	}
	pw = getpwnam(CONNECT_DAEMON_USER);
	if (pw != NULL) {
		paths.uid = pw->pw_uid;
		paths.gid = pw->pw_gid;
	} else {
		ctl_error("%s", _("Warning: there is no user sekisho; the state will belong to root."));
	}
	return init_run(&paths, a);
}
