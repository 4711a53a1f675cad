/* SPDX-License-Identifier: Apache-2.0
 *
 * main - the `weir` command.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/control.h"
#include "cli/diff.h"
#include "cli/dlq.h"
#include "cli/serve.h"
#include "cli/shell.h"
#include "cli/state.h"
#include "cli/test.h"
#include "weir/version.h"

/* Freed batch buffers stay with the process: handing pages back and forth costs a tenth of a run.
 */
#define KEEP_FREE_BYTES (64 << 20)

int main(int argc, char **argv)
{
	struct wr_command command;
	int code = WR_EXIT_DONE;

	mallopt(M_TRIM_THRESHOLD, KEEP_FREE_BYTES);
	mallopt(M_MMAP_THRESHOLD, 16 << 20);

	if (argc > 1 && strcmp(argv[1], "diff") == 0)
		return wr_diff_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "dlq") == 0)
		return wr_dlq_main(argc - 1, argv + 1);
	if (argc > 1 && wr_jobs_is(argv[1]))
		return wr_jobs_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return wr_serve_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "sql") == 0)
		return wr_shell_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "state") == 0)
		return wr_state_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "test") == 0)
		return wr_test_main(argc - 1, argv + 1);
	if (!wr_command_read(&command, argc, argv)) {
		wr_command_release(&command);
		return WR_EXIT_SCRIPT;
	}
	if (command.help)
		wr_command_help(stdout, command.name);
	else if (strcmp(command.name, "help") == 0)
		wr_command_help(stdout, command.file);
	else if (strcmp(command.name, "version") == 0)
		printf("weir %s\n", WEIR_VERSION);
	else if (strcmp(command.name, "check-upgrade") == 0)
		code = wr_command_upgrade(&command);
	else if (strcmp(command.name, "docs") == 0)
		code = wr_command_docs(&command);
	else
		code = wr_command_run(&command);
	wr_command_release(&command);
	return code;
}
