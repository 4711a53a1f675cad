/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs - what weir jobs, status, why, savepoint and stop are asked for: jobs.c reads it and asks
 * processes at their sockets, jobs_remote.c a server.
 *
 * Thread: that of main.
 */
#ifndef WR_CLI_JOBS_H
#define WR_CLI_JOBS_H

#include "cli/sheet.h"
#include "cli/shell_login.h"

struct wr_jobs_command {
	const char *command;         /* jobs, status, why, savepoint, stop */
	const char *word[2];         /* job, and path for savepoint */
	const char *folder;          /* --control; NULL: the usual one */
	const char *savepoint;       /* --savepoint; NULL: none */
	bool drain;                  /* --drain */
	struct wr_shell_login login; /* its server NULL: jobs of processes */
	enum wr_result_format format;
	struct wr_output output;
	struct wr_text sockets; /* the folder */
	struct wr_text line;    /* being asked or answered */
	struct wr_sheet sheet;  /* of all jobs */
	struct wr_text found;   /* sockets of the jobs of that name, each with a line end */
	uint32_t found_count;   /* of them */
};

/* jobs_remote.c: it is done by the server. The class of an error is WR_RETRY when it was asked and
 * could not. */
wr_status *wr_jobs_remote(struct wr_jobs_command *jobs);

#endif
