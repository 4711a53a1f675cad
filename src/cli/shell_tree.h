/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_tree - a plan drawn as a tree: EXPLAIN's lines, whose depth is two spaces a level, with the
 * branches of a tree in front.
 *
 * Thread: pure functions.
 */
#ifndef WR_CLI_SHELL_TREE_H
#define WR_CLI_SHELL_TREE_H

#include "base/text.h"

/* Appends `plan` with branches in place of spaces. `color`: names of operators stand out. */
void wr_shell_tree(const char *plan, bool color, struct wr_text *out);

#endif
