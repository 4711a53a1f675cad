/* SPDX-License-Identifier: Apache-2.0
 *
 * databases - CREATE, DROP and ALTER DATABASE, and USE.
 *
 * Databases of default_catalog are the session's; those of other catalogs are the plugins', which
 * no statement makes or drops.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_DATABASES_H
#define WR_ENGINE_DATABASES_H

#include "engine/prepared.h"

wr_status *wr_database_create(struct wr_session *session, const struct wr_ast_stmt *stmt);
wr_status *wr_database_drop(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* ALTER: properties are accepted, as with CREATE, and mean nothing to the default catalog. */
wr_status *wr_database_alter(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* USE CATALOG: with the catalog's first database, unless it is the current catalog already. */
wr_status *wr_catalog_use(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* USE [catalog.]database */
wr_status *wr_database_use(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* A database's name with both parts, which must be there; count 0: the current one. */
wr_status *wr_database_find(struct wr_session *session, const struct wr_ast_name *name,
			    struct wr_current *out);
/* The names of default_catalog, a line each, in order. */
void wr_databases_show(struct wr_session *session, struct wr_text *text);

#endif
