/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin - loading plugins (weir/weir_plugin.h) into a session: LOAD MODULE, UNLOAD MODULE, SHOW
 * MODULES, weir_load_plugin.
 *
 * A plugin is looked at as a whole before anything of it is registered. What it brings stays in
 * memory until the session goes; UNLOAD takes it out of the lists, so that tables and jobs that use
 * it go on.
 *
 * Thread: the session's.
 */
#ifndef WR_ENGINE_PLUGIN_H
#define WR_ENGINE_PLUGIN_H

#include "engine/prepared.h"

struct wr_plugins;

struct wr_plugins *wr_plugins_new(void);
void wr_plugins_free(struct wr_plugins *plugins); /* NULL is allowed */
/* name: that the plugin must have; NULL: any. */
wr_status *wr_plugin_load(struct wr_session *session, const char *path, const char *name);
/* Paths with semicolons between them. */
wr_status *wr_plugin_load_list(struct wr_session *session, const char *paths);
wr_status *wr_plugin_load_module(struct wr_session *session, const struct wr_ast_stmt *stmt);
wr_status *wr_plugin_unload_module(struct wr_session *session, const struct wr_ast_stmt *stmt);
/* The catalogs that CREATE CATALOG can make with this 'type'; NULL: none. */
struct wr_catalog_type;
const struct wr_catalog_type *wr_plugins_catalog(const struct wr_plugins *plugins,
						 const char *name);
/* The names, a line each, behind "core". */
void wr_plugins_show(const struct wr_session *session, struct wr_text *text);

#endif
