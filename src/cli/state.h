/* SPDX-License-Identifier: Apache-2.0
 *
 * state - weir state: what is in a checkpoint or savepoint.
 *
 * state.c reads the command line; state_list.c shows lists (ls, schema); state_rows.c shows entries
 * (dump, diff).
 */
#ifndef WR_CLI_STATE_H
#define WR_CLI_STATE_H

#include "cli/output.h"
#include "state/image.h"

struct wr_state_view {
	const char *what;          /* ls, schema, dump, diff */
	const char *path[2];       /* the second one for diff */
	const char *operator_name; /* --operator; NULL: all */
	const char *state_name;    /* --state; NULL: all */
	uint64_t limit;            /* rows of a state that dump and diff show */
	bool sql;                  /* schema: CREATE TABLE statements */
	bool quiet;
	enum wr_result_format format;
	struct wr_env *env;
	struct wr_output output;
	struct wr_manifest *manifest[2]; /* at the paths */
};

/* Prints the help. */
void wr_state_help(FILE *file);
/* Runs `weir state`; argv[0] is "state". Returns an exit code of enum wr_exit. */
int wr_state_main(int argc, char **argv);

/* Whether --operator and --state let a state through. */
bool wr_state_is_chosen(const struct wr_state_view *view, const struct wr_saved_state *state);
/* The error when they let none through. */
wr_status *wr_state_none_chosen(const struct wr_state_view *view);

wr_status *wr_state_ls(struct wr_state_view *view);
wr_status *wr_state_schema(struct wr_state_view *view);
wr_status *wr_state_dump(struct wr_state_view *view);
/* Shows what makes the first checkpoint the second; *differ: there is something. */
wr_status *wr_state_diff(struct wr_state_view *view, bool *differ);

#endif
