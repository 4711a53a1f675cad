/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog_session - a session of the engine as the server's users and jobs get it: with the
 * settings of weir.yaml, and the objects of the store's catalog, made by executing their
 * statements.
 *
 * An object that cannot be made (a plugin that is gone, a table of a connector that this build has
 * not) does not hold up the others: it is told of and left out.
 *
 * Thread: the session's owner.
 */
#ifndef WR_SERVER_CATALOG_SESSION_H
#define WR_SERVER_CATALOG_SESSION_H

#include "engine/session.h"
#include "server/metastore.h"

struct wr_server;

/* An object that could not be made, and why (borrowed); MAY be NULL. */
struct wr_catalog_miss {
	void (*tell)(void *own, const struct wr_meta_object *object, const wr_status *why);
	void *own;
};

/* The settings of the server's configuration that do not begin with "server."; and what runs in the
 * session shares the server's memory. */
wr_status *wr_catalog_session_settings(struct wr_server *server, struct wr_session *session);
/* Executes the statement of one object, with the catalog and the database that were current. */
wr_status *wr_catalog_session_make(struct wr_session *session, const struct wr_meta_object *object);
/* Executes the objects behind `since` (0: all), as declarations only; an object that was altered
 * comes behind others that need it, so those that fail are tried again. *newest: the id of the last
 * one, for the next call; *version: of the catalog then. Both MAY be NULL. An error is one of the
 * store. */
wr_status *wr_catalog_session_load(struct wr_metastore *store, struct wr_session *session,
				   uint64_t since, const struct wr_catalog_miss *miss,
				   uint64_t *newest, uint64_t *version);

#endif
