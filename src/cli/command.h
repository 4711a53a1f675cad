/* SPDX-License-Identifier: Apache-2.0
 *
 * command - the command line read into one struct.
 */
#ifndef WR_CLI_COMMAND_H
#define WR_CLI_COMMAND_H

#include "cli/output.h"

enum wr_exit {
	WR_EXIT_DONE = 0,
	WR_EXIT_FAILED = 1,       /* the job failed while it ran */
	WR_EXIT_SCRIPT = 2,       /* the script or the command line is wrong; nothing has run */
	WR_EXIT_INTERRUPTED = 130 /* SIGINT or SIGTERM, after what was complete has been written */
};

struct wr_setting_given {
	const char *key, *value;
};

struct wr_command {
	const char *name;       /* "run", "check", "explain", "docs" ... */
	const char *file;       /* script: path or "-"; NULL with -e */
	const char *text;       /* -e SQL */
	const char *old_file;   /* check-upgrade: the script before `file`; NULL: none */
	const char *checkpoint; /* check-upgrade: --checkpoint; NULL: none */
	bool quiet;
	bool help;
	bool json;    /* explain --format json */
	bool analyze; /* explain --analyze */
	enum wr_result_mode mode;
	enum wr_result_format format;
	struct wr_setting_given *setting; /* --set, --parallelism */
	uint32_t setting_count;
	const char **variable_name, **variable_value; /* -v */
	uint32_t variable_count;
};

/* Reads argv. On an error prints it with the next step and returns false. */
bool wr_command_read(struct wr_command *command, int argc, char **argv);
void wr_command_release(struct wr_command *command);
/* Prints the help of a command ("" or NULL: the overview). */
void wr_command_help(FILE *file, const char *name);

/* run.c */
enum wr_exit wr_command_run(const struct wr_command *command);
/* upgrade.c: weir check-upgrade. */
enum wr_exit wr_command_upgrade(const struct wr_command *command);
/* docs.c: prints docs/FUNCTIONS.md or docs/OPTIONS.md. */
enum wr_exit wr_command_docs(const struct wr_command *command);

#endif
