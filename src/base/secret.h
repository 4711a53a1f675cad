/* SPDX-License-Identifier: Apache-2.0
 *
 * secret - values of options that should not stand in a script: "${env:NAME}" is the content of an
 * environment variable, "${file:PATH}" that of a file (a line end behind it does not count).
 *
 * Anything else stands for itself. What comes out never goes into a message.
 */
#ifndef WR_BASE_SECRET_H
#define WR_BASE_SECRET_H

#include "base/arena.h"
#include "base/env.h"

/* `what` names the option in messages. NULL stays NULL. */
wr_status *wr_secret_read(struct wr_env *env, struct wr_arena *arena, const char *what,
			  const char *text, const char **out);

#endif
