/* SPDX-License-Identifier: Apache-2.0
 *
 * script - what the commands that take scripts share: settings of the command line, and errors with
 * their place in the script.
 */
#ifndef WR_CLI_SCRIPT_H
#define WR_CLI_SCRIPT_H

#include "cli/command.h"
#include "engine/session.h"

/* --set and its like, in their order. */
wr_status *wr_command_settings(const struct wr_command *command, struct wr_session *session);
/* Prints the error to standard error, with the lines of the script that it is about. `file`: as the
 * script is to be called. */
void wr_command_report(const char *file, struct wr_str script, const wr_status *status);

#endif
