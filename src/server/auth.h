/* SPDX-License-Identifier: Apache-2.0
 *
 * auth - who may do what: users with passwords or tokens, and three roles.
 *
 *     viewer    looks: jobs, plans, metrics, rows of views; SELECT, SHOW, DESCRIBE, EXPLAIN
 *     operator  also runs, stops and restores jobs, makes savepoints, replays dead letters
 *     admin     also changes the catalog: CREATE, ALTER, DROP, ADD JAR; settings of the server
 *
 * Without users everybody is admin: a server allows that on the loopback alone.
 *
 * Thread: immutable once made.
 */
#ifndef WR_SERVER_AUTH_H
#define WR_SERVER_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

enum wr_role { WR_ROLE_NONE, WR_ROLE_VIEWER, WR_ROLE_OPERATOR, WR_ROLE_ADMIN };
const char *wr_role_name(enum wr_role role);
/* WR_ROLE_NONE: there is no such role. */
enum wr_role wr_role_of(const char *name);

struct wr_principal {
	const char *name; /* "" when there are no users */
	enum wr_role role;
};

struct wr_user {
	struct wr_principal is;
	const char *password; /* in clear; NULL: none */
	const char *token;    /* NULL: none */
};

struct wr_auth {
	uint32_t count;
	struct wr_user *user; /* in the server's arena */
};

/* By name; NULL: there is none. */
const struct wr_user *wr_auth_user(const struct wr_auth *auth, const char *name);
/* Of an Authorization header (Basic or Bearer; NULL: there is none). Takes as long whatever
 * differs. NULL: no such login. */
const struct wr_principal *wr_auth_header(const struct wr_auth *auth, const char *header);

#endif
