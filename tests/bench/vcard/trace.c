/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace of what went over the wire, one line per command (">>"), answer ("<<") and event ("--").
 *
 * MUST: no byte of a PIN or PUK is written. Everything behind the header of VERIFY, CHANGE
 * REFERENCE DATA and RESET RETRY COUNTER is masked, whatever the class byte, the length fields or
 * the fault rules say.
 */
#include "server.h"

#include <stdlib.h>

void vc_trace_command(struct vc_server *server, const uint8_t *cmd, size_t len)
{
	bool secret = len > 1 && (cmd[1] == VC_INS_VERIFY || cmd[1] == VC_INS_CHANGE_REFERENCE_DATA ||
				  cmd[1] == VC_INS_RESET_RETRY_COUNTER);
	size_t i;

	if (!server->tracing)
		return;
	fputs(">> ", server->trace);
	for (i = 0; i < len; i++) {
		if (secret && i >= 5)
			fputs("**", server->trace);
		else
			fprintf(server->trace, "%02X", cmd[i]);
	}
	fputc('\n', server->trace);
	fflush(server->trace);
}

void vc_trace_answer(struct vc_server *server, const uint8_t *rsp, size_t len)
{
	size_t i;

	if (!server->tracing)
		return;
	fputs("<< ", server->trace);
	for (i = 0; i < len; i++)
		fprintf(server->trace, "%02X", rsp[i]);
	fputc('\n', server->trace);
	fflush(server->trace);
}

void vc_trace_event(struct vc_server *server, const char *what)
{
	if (!server->tracing)
		return;
	fprintf(server->trace, "-- %s\n", what);
	fflush(server->trace);
}
