/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_missing - weir sql of a build without the shell.
 */
#include "cli/command.h"
#include "cli/shell.h"

void wr_shell_help(FILE *file)
{
	fputs("weir sql: this build is without it; build again with libedit-dev\n", file);
}

int wr_shell_main(int argc, char **argv)
{
	wr_shell_help(stderr);
	return WR_EXIT_SCRIPT;
}
