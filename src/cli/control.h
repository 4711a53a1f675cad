/* SPDX-License-Identifier: Apache-2.0
 *
 * control - a running `weir run` can be asked and told things through a Unix socket.
 *
 * The socket is PID.sock (mode 0600) in the folder of wr_control_folder. A client sends one line,
 * gets one line of JSON, and the connection ends:
 *
 *     status                 what the job does
 *     why [text]             why there is no output (runtime/why.h); text: {"ok":true,"text":...}
 *     savepoint [PATH]       makes a savepoint; the answer comes when it is there
 *     stop                   as SIGINT does
 *     stop PATH | stop -     makes a savepoint (-: beside the checkpoints) and ends with it
 *     drain                  the input ends here: windows fire, the job ends well
 *
 * {"ok":false,"error":...,"hint":...} when it cannot be done. One connection at a time.
 *
 * Thread: open, job and close that of the run; a thread of its own answers.
 */
#ifndef WR_CLI_CONTROL_H
#define WR_CLI_CONTROL_H

#include <stdio.h>

#include "engine/session.h"

#define WR_CONTROL_LINE_MAX 8192 /* bytes of a question */

struct wr_control;

struct wr_control *wr_control_new(struct wr_session *session);
/* A job begins or (NULL) ends: the first one opens the socket. The error why it could not. */
wr_status *wr_control_job(struct wr_control *control, struct wr_job *job, const char *name);
void wr_control_free(struct wr_control *control);

/* Appends the folder of the sockets: `given`, or $XDG_RUNTIME_DIR/weir, or below the folder of
 * checkpoints (NULL: there is none). false: there is none. */
bool wr_control_folder(const char *given, const char *checkpoints, struct wr_text *folder);

/* Sends a question to a socket; the answer's line is appended to `answer`. */
wr_status *wr_control_ask(const char *path, const char *question, struct wr_text *answer);

/* jobs.c: weir jobs, status, why, savepoint, stop; argv[0] is the command. */
bool wr_jobs_is(const char *command);
int wr_jobs_main(int argc, char **argv);
void wr_jobs_help(FILE *file, const char *command);

#endif
