/* SPDX-License-Identifier: Apache-2.0
 *
 * diff - `weir diff A B`: the rows by which two outputs differ.
 */
#ifndef WR_CLI_DIFF_H
#define WR_CLI_DIFF_H

#include <stdio.h>

/* Runs the command; argv[0] is "diff". Returns the exit code: 0 equal, 1 different, 2 an error. */
int wr_diff_main(int argc, char **argv);
void wr_diff_help(FILE *file);

#endif
