/* SPDX-License-Identifier: Apache-2.0
 *
 * pg - the PostgreSQL wire protocol, version 3, of a server.
 *
 * A thread listens; each connection has one of its own, which waits for its client, runs what it
 * asks by client.h, and writes rows as the client takes them: a slow client slows only its query.
 *
 * Thread: open and close that of the server's owner.
 */
#ifndef WR_SERVER_PG_H
#define WR_SERVER_PG_H

#include <stdint.h>

#include "base/status.h"

struct wr_pgs;
struct wr_server;

/* server.pg.port -1: *out is NULL, nothing listens. */
wr_status *wr_pgs_open(struct wr_server *server, struct wr_pgs **out);
/* That it listens on. */
uint16_t wr_pgs_port(const struct wr_pgs *pg);
/* Connections end; returns when they have. NULL is allowed. */
void wr_pgs_close(struct wr_pgs *pg);

#endif
