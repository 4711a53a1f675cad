/* SPDX-License-Identifier: Apache-2.0
 *
 * script_place - where a script of several INSERTs is. They are jobs that run one after the other,
 * so it is in the middle of one of them: those before it had finished, those behind have not begun.
 *
 * A savepoint of such a script is a folder with a file "script-place" that tells this, and, in a
 * folder below, the savepoint of the job that ran:
 *
 *     weir-script-place 1
 *     2 3                     the second job of three
 *     2                       where its state is: relative to the folder, or absolute
 *
 * Thread: any.
 */
#ifndef WR_ENGINE_SCRIPT_PLACE_H
#define WR_ENGINE_SCRIPT_PLACE_H

#include "base/env.h"
#include "base/text.h"

struct wr_script_place {
	uint32_t at, count; /* 1..count; at 0: the folder is none of such a script */
	char *path;         /* of the job's savepoint or checkpoints; owned; NULL: at is 0 */
};

/* Writes the file, whose folder is made if it is not there. */
wr_status *wr_script_place_write(struct wr_env *env, const char *folder,
				 const struct wr_script_place *place);
wr_status *wr_script_place_read(struct wr_env *env, const char *folder,
				struct wr_script_place *place);
/* Removes the file and the folder, if nothing else is in it. */
void wr_script_place_remove(struct wr_env *env, const char *folder);

#endif
