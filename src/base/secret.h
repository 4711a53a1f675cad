/* SPDX-License-Identifier: Apache-2.0
 *
 * secret - values of options that should not stand in a script: "${env:NAME}" is the content of an
 * environment variable, "${file:PATH}" that of a file (a line end behind it does not count).
 *
 * Anything else stands for itself. What comes out never goes into a message, and what is shown of a
 * script's options goes through wr_secret_hide.
 */
#ifndef WR_BASE_SECRET_H
#define WR_BASE_SECRET_H

#include "base/arena.h"
#include "base/env.h"

/* Whether a key is that of a secret, by the words that Flink knows ("password", "secret", "token"
 * ...) and those of private keys. */
bool wr_secret_is(const char *key);
/* The value as it may be shown: all of a secret is hidden, and of an address its password. What
 * only names a secret ("${env:NAME}") stays. In the arena, or the value itself. */
const char *wr_secret_hide(struct wr_arena *arena, const char *key, const char *value);

/* Overwrites with '*' what wr_secret_hide hides, in a piece of a script: `'key' = 'value'`. */
void wr_secret_blot(char *script, size_t len);

/* `what` names the option in messages. NULL stays NULL. */
wr_status *wr_secret_read(struct wr_env *env, struct wr_arena *arena, const char *what,
			  const char *text, const char **out);

#endif
