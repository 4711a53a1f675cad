/* SPDX-License-Identifier: Apache-2.0
 *
 * telemetry - what weir run tells of itself: its log, and its metrics and traces to an
 * OpenTelemetry collector. The options (log.*, otel.*) come with --set and from OpenTelemetry's
 * environment variables.
 *
 * Thread: that of the command; say any.
 */
#ifndef WR_CLI_TELEMETRY_H
#define WR_CLI_TELEMETRY_H

#include "cli/command.h"
#include "engine/session.h"
#include "telemetry/log.h"

struct wr_cli_telemetry;

/* The log is there in any case; `status`: what of the options is wrong. */
struct wr_cli_telemetry *wr_cli_telemetry_new(const struct wr_command *command,
					      struct wr_session *session, wr_status **status);
void wr_cli_telemetry_free(struct wr_cli_telemetry *telemetry);
struct wr_log *wr_cli_telemetry_log(struct wr_cli_telemetry *telemetry);
/* A job of the script begins: what is said from here on is about it. */
void wr_cli_telemetry_job(struct wr_cli_telemetry *telemetry, const char *name);
/* A line about the script's job. */
void wr_cli_telemetry_say(struct wr_cli_telemetry *telemetry, enum wr_log_level level,
			  uint64_t checkpoint, const char *text, const char *hint);

#endif
