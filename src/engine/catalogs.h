/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogs - CREATE CATALOG and DROP CATALOG, and what catalogs of plugins (struct weir_catalog)
 * say of their databases and tables.
 *
 * A catalog stays open from CREATE to DROP or the end of the session. Tables that the analyzer has
 * made of its declarations are in the session's catalog and need it no more.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_CATALOGS_H
#define WR_ENGINE_CATALOGS_H

#include "engine/prepared.h"
#include "weir/weir_plugin.h"

/* A 'type' of catalogs. */
struct wr_catalog_type {
	struct weir_catalog given;       /* in this version's layout */
	const struct wr_option *options; /* given.option_count of them */
};

struct wr_catalogs;

/* What a plugin says of one. */
wr_status *wr_catalog_type_read(struct wr_arena *arena, const struct weir_catalog *given,
				struct wr_catalog_type *out);
struct wr_catalogs *wr_catalogs_new(void);
void wr_catalogs_free(struct wr_catalogs *catalogs); /* closes all; NULL is allowed */
wr_status *wr_catalogs_create(struct wr_session *session, const struct wr_ast_stmt *stmt);
wr_status *wr_catalogs_drop(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* `declaration` of struct wr_analyze_env; user: the session. */
wr_status *wr_catalogs_declaration(void *user, const struct wr_ast_name *name, struct wr_text *out);
/* The error that no statement but a TEMPORARY one makes or drops a table of another catalog; NULL:
 * the name is of the default one. */
wr_status *wr_catalogs_own(struct wr_session *session, const struct wr_ast_name *name,
			   bool temporary, const char *statement);
/* An error when there is no such catalog, or none with such a database. */
wr_status *wr_catalogs_check(const struct wr_session *session, const struct wr_ast_ident *name);
/* See wr_catalogs_check. */
wr_status *wr_catalogs_check_database(struct wr_session *session,
				      const struct wr_ast_ident *catalog,
				      const struct wr_ast_ident *database);
/* The names, a line each, in order, with the default one. */
void wr_catalogs_show(const struct wr_session *session, struct wr_text *text);
/* name: of a catalog other than the default one. */
wr_status *wr_catalogs_show_databases(const struct wr_session *session,
				      const struct wr_ast_ident *name, struct wr_text *text);
/* What the catalog, which is another than the default one, says of a database that is there. */
wr_status *wr_catalogs_show_tables(struct wr_session *session, const struct wr_current *of,
				   struct wr_pos pos, struct wr_text *text);

#endif
