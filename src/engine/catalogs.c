/* SPDX-License-Identifier: Apache-2.0
 *
 * catalogs - see catalogs.h.
 */
#include "engine/catalogs.h"

#include <stdlib.h>

#include "analyze/analyzer.h"
#include "base/mem.h"
#include "catalog/plugin_table.h"
#include "engine/plugin.h"

#define CATALOG_SIZE_MIN (offsetof(struct weir_catalog, close) + sizeof(void *))
#define CATALOGS_MAX     1024u /* open at once in a session */
#define NAMES_MAX        4096u /* offered in hints */

/* A catalog that CREATE CATALOG has made. */
struct open_catalog {
	const char *name;
	const struct weir_catalog *type; /* of the plugin */
	void *self;                      /* the plugin's */
};

struct wr_catalogs {
	struct wr_arena arena; /* names and options of all that were ever open */
	struct open_catalog *item;
	uint32_t count; /* number of item */
};

wr_status *wr_catalog_type_read(struct wr_arena *arena, const struct weir_catalog *given,
				struct wr_catalog_type *out)
{
	struct weir_catalog *own = &out->given;

	WR_TRY(wr_plugin_copy(own, sizeof *own, given, CATALOG_SIZE_MIN, "weir_catalog"));
	if (own->name == NULL || *own->name == '\0')
		return wr_status_new(WR_USER_ERROR, "A catalog has no name");
	if (own->databases == NULL || own->tables == NULL || own->table == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Catalog '%s' lacks one of `databases`, `tables` and `table`",
				     own->name);
	return wr_plugin_options(arena, wr_arena_printf(arena, "catalog '%s'", own->name),
				 own->options, own->option_count, &out->options);
}

struct wr_catalogs *wr_catalogs_new(void)
{
	struct wr_catalogs *catalogs = wr_calloc(1, sizeof *catalogs);

	wr_arena_init(&catalogs->arena);
	return catalogs;
}

static void close_catalog(const struct open_catalog *catalog)
{
	if (catalog->type->close != NULL)
		catalog->type->close(catalog->self);
}

void wr_catalogs_free(struct wr_catalogs *catalogs)
{
	if (catalogs == NULL)
		return;
	for (uint32_t i = 0; i < catalogs->count; i++)
		close_catalog(&catalogs->item[i]);
	wr_free(catalogs->item);
	wr_arena_release(&catalogs->arena);
	wr_free(catalogs);
}

static struct open_catalog *find(const struct wr_catalogs *catalogs, const char *name)
{
	for (uint32_t i = 0; i < catalogs->count; i++)
		if (strcmp(catalogs->item[i].name, name) == 0)
			return &catalogs->item[i];
	return NULL;
}

static wr_status *find_or_tell(const struct wr_session *session, const struct wr_ast_ident *name,
			       struct open_catalog **out)
{
	struct wr_text list;
	wr_status *status;

	*out = find(session->catalogs, name->text);
	if (*out != NULL)
		return NULL;
	status = wr_status_because(
	    wr_status_at(WR_USER_ERROR, name->pos, "There is no catalog '%s'", name->text),
	    WR_NO_CATALOG);
	if (session->catalogs->count == 0)
		return wr_status_hint(status, "The only catalog is 'default_catalog'");
	wr_text_init(&list);
	for (uint32_t i = 0; i < session->catalogs->count; i++)
		wr_text_printf(&list, ", '%s'", session->catalogs->item[i].name);
	wr_status_hint(status, "There are 'default_catalog'%s", wr_text_str(&list));
	wr_text_release(&list);
	return status;
}

/* --- CREATE, DROP */

/* The options of WITH but 'type', read as the catalog declares them. */
static wr_status *read_options(struct wr_arena *arena, const struct wr_ast_stmt *stmt,
			       const struct wr_catalog_type *type, struct wr_options *out)
{
	const struct wr_ast_options *given = &stmt->catalog.options;

	wr_options_init(out, arena,
			wr_arena_printf(arena, "option of catalog '%s'", type->given.name),
			type->options, type->given.option_count);
	for (uint32_t i = 0; i < given->count; i++)
		if (strcmp(given->items[i].key, "type") != 0)
			WR_TRY(wr_status_place(
			    wr_options_set(out, given->items[i].key, given->items[i].value),
			    given->items[i].key_pos));
	return wr_status_place(wr_options_check(out), stmt->catalog.name.pos);
}

static wr_status *open_catalog(struct wr_session *session, const struct wr_ast_stmt *stmt,
			       const struct wr_catalog_type *type, struct open_catalog *out)
{
	static const struct wr_schema none;
	struct wr_arena *arena = &session->catalogs->arena;
	const struct weir_catalog *given = &type->given;
	struct weir_table table;
	struct wr_options options;
	wr_status *status;

	*out = (struct open_catalog){
	    .name = wr_arena_strdup(arena, stmt->catalog.name.text),
	    .type = given,
	    .self = given->user,
	};
	WR_TRY(read_options(arena, stmt, type, &options));
	if (given->open == NULL)
		return NULL;
	status = wr_plugin_table_init(&table, out->name, &none, &options,
				      wr_options_str(&session->settings, "table.local-time-zone"));
	if (status == NULL && given->open(given->user, &table, &out->self) != 0) {
		status =
		    wr_status_at(WR_USER_ERROR, stmt->catalog.name.pos,
				 "Catalog '%s' of type '%s' cannot be opened%s%s", out->name,
				 given->name, table.failure[0] != '\0' ? ": " : "", table.failure);
		close_catalog(out);
	}
	wr_plugin_table_release(&table);
	return status;
}

/* What WITH says of the type. */
static wr_status *find_type(const struct wr_session *session, const struct wr_ast_stmt *stmt,
			    const struct wr_catalog_type **out)
{
	const struct wr_ast_options *options = &stmt->catalog.options;
	const struct wr_ast_option *type = NULL;

	for (uint32_t i = 0; i < options->count; i++)
		if (strcmp(options->items[i].key, "type") == 0)
			type = &options->items[i];
	if (type == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, stmt->catalog.name.pos,
				 "Catalog '%s' has no 'type'", stmt->catalog.name.text),
		    "Write CREATE CATALOG %s WITH ('type' = '...')", stmt->catalog.name.text);
	*out = wr_plugins_catalog(session->plugins, type->value);
	if (*out == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, type->key_pos,
						   "There is no type '%s' of catalogs",
						   type->value),
				      "Types of catalogs come with plugins: LOAD MODULE name WITH "
				      "('path' = './name.so')");
	return NULL;
}

wr_status *wr_catalogs_create(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	const struct wr_ast_ident *name = &stmt->catalog.name;
	struct wr_catalogs *catalogs = session->catalogs;
	const struct wr_catalog_type *type;
	struct open_catalog made;

	if (strcmp(name->text, "default_catalog") == 0 || find(catalogs, name->text) != NULL)
		return stmt->catalog.if_exists
			   ? NULL
			   : wr_status_because(wr_status_at(WR_USER_ERROR, name->pos,
							    "A catalog '%s' exists already",
							    name->text),
					       WR_CATALOG_EXISTS);
	if (catalogs->count >= CATALOGS_MAX)
		return wr_status_at(WR_USER_ERROR, name->pos, "There are %u catalogs already",
				    CATALOGS_MAX);
	WR_TRY(find_type(session, stmt, &type));
	WR_TRY(open_catalog(session, stmt, type, &made));
	catalogs->item = wr_realloc(catalogs->item, (catalogs->count + 1) * sizeof *catalogs->item);
	catalogs->item[catalogs->count++] = made;
	return NULL;
}

/* Plans that use the tables keep them. */
static void forget_tables(struct wr_catalog *catalog, const char *name)
{
	for (uint32_t i = wr_catalog_count(catalog); i-- > 0;) {
		const struct wr_table *table = wr_catalog_at(catalog, i);

		if (table->path[0] != NULL && strcmp(table->path[0], name) == 0)
			wr_table_free(wr_catalog_take(catalog, table->name));
	}
}

wr_status *wr_catalogs_drop(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	const struct wr_ast_ident *name = &stmt->catalog.name;
	struct wr_catalogs *catalogs = session->catalogs;
	struct open_catalog *found;
	wr_status *status;

	if (strcmp(name->text, "default_catalog") == 0)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "Catalog 'default_catalog' cannot be dropped");
	status = find_or_tell(session, name, &found);
	if (status != NULL && stmt->catalog.if_exists) {
		wr_status_free(status);
		return NULL;
	}
	WR_TRY(status);
	if (strcmp(wr_catalog_databases(session->catalog)->current.catalog, name->text) == 0)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, name->pos,
						   "Catalog '%s' is the current one", name->text),
				      "USE CATALOG default_catalog first");
	forget_tables(session->catalog, name->text);
	close_catalog(found);
	*found = catalogs->item[--catalogs->count];
	return NULL;
}

wr_status *wr_catalogs_own(struct wr_session *session, const struct wr_ast_name *name,
			   bool temporary, const char *statement)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct open_catalog *catalog;
	struct wr_full_name full;

	WR_TRY(wr_full_name(&env, name, &full));
	if (!full.foreign)
		return NULL;
	WR_TRY(find_or_tell(session, &full.part[0], &catalog));
	if (temporary)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, name->pos,
					   "%s cannot change catalog '%s': its tables are those of "
					   "the plugin",
					   statement, full.part[0].text),
			      "TEMPORARY ones are the session's");
}

wr_status *wr_catalogs_check(const struct wr_session *session, const struct wr_ast_ident *name)
{
	struct open_catalog *catalog;

	return find_or_tell(session, name, &catalog);
}

/* --- what a catalog says */

/* Ends a call of the plugin for `what`. */
static wr_status *judge(const struct open_catalog *catalog, int result,
			const struct weir_bytes_out *out, struct wr_pos pos, const char *what)
{
	if (result == 0 && out->failure[0] == '\0')
		return NULL;
	return wr_status_at(WR_USER_ERROR, pos, "Catalog '%s' cannot tell %s%s%s", catalog->name,
			    what, out->failure[0] != '\0' ? ": " : "", out->failure);
}

/* Names, a line each: of databases (database NULL) or of tables. */
static wr_status *put_names(const struct open_catalog *catalog, const char *database,
			    struct wr_pos pos, struct wr_text *text)
{
	const struct weir_catalog *type = catalog->type;
	struct weir_bytes_out out = {.text = text};
	int result = database == NULL ? type->databases(catalog->self, &out)
				      : type->tables(catalog->self, database, &out);

	WR_TRY(judge(catalog, result, &out, pos,
		     database == NULL ? "its databases" : "the tables of a database"));
	if (text->len > 0 && text->data[text->len - 1] != '\n')
		wr_text_putc(text, '\n');
	return NULL;
}

/* Whether `name` is a line of `text`; the lines are offered in the error when not. */
static bool has_line(struct wr_arena *arena, const char *text, const char *name, const char **names,
		     uint32_t *count)
{
	bool found = false;

	for (*count = 0; *text != '\0';) {
		size_t len = strcspn(text, "\n");
		const char *line = wr_arena_strndup(arena, text, len);

		found = found || strcmp(line, name) == 0;
		if (*count < NAMES_MAX)
			names[(*count)++] = line;
		text += len + (text[len] == '\n');
	}
	return found;
}

/* The error that there is no such database, or no such table; NULL: it is in the list. */
static wr_status *missing(struct wr_session *session, const struct open_catalog *catalog,
			  const char *database, const struct wr_ast_ident *ident)
{
	const char **names = WR_NEW_ARRAY(&session->script, const char *, NAMES_MAX);
	struct wr_text text;
	uint32_t count;
	wr_status *status;

	wr_text_init(&text);
	status = put_names(catalog, database, ident->pos, &text);
	if (status == NULL &&
	    !has_line(&session->script, wr_text_str(&text), ident->text, names, &count))
		status = wr_hint_names(
		    wr_status_at(WR_USER_ERROR, ident->pos, "Catalog '%s' has no %s '%s%s%s'",
				 catalog->name, database == NULL ? "database" : "table",
				 database == NULL ? "" : database, database == NULL ? "" : ".",
				 ident->text),
		    ident->text, "There are", names, count);
	wr_text_release(&text);
	return status;
}

wr_status *wr_catalogs_check_database(struct wr_session *session,
				      const struct wr_ast_ident *catalog,
				      const struct wr_ast_ident *database)
{
	struct open_catalog *found;

	WR_TRY(find_or_tell(session, catalog, &found));
	return missing(session, found, NULL, database);
}

wr_status *wr_catalogs_declaration(void *user, const struct wr_ast_name *name, struct wr_text *out)
{
	struct wr_session *session = user;
	const struct wr_ast_ident *part = name->parts;
	struct weir_bytes_out bytes = {.text = out};
	struct open_catalog *catalog;
	int result;

	WR_TRY(find_or_tell(session, &part[0], &catalog));
	result = catalog->type->table(catalog->self, part[1].text, part[2].text, &bytes);
	WR_TRY(
	    judge(catalog, result, &bytes, name->pos,
		  wr_arena_printf(&session->script, "table '%s.%s'", part[1].text, part[2].text)));
	if (out->len > 0)
		return NULL;
	WR_TRY(missing(session, catalog, NULL, &part[1]));
	WR_TRY(missing(session, catalog, part[1].text, &part[2]));
	return wr_status_at(WR_USER_ERROR, name->pos,
			    "Catalog '%s' lists table '%s.%s', but does not say how it is declared",
			    catalog->name, part[1].text, part[2].text);
}

/* --- SHOW */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void wr_catalogs_show(const struct wr_session *session, struct wr_text *text)
{
	const struct wr_catalogs *catalogs = session->catalogs;
	const char **names = wr_calloc(catalogs->count + 1, sizeof *names);

	for (uint32_t i = 0; i < catalogs->count; i++)
		names[i] = catalogs->item[i].name;
	names[catalogs->count] = "default_catalog";
	qsort(names, catalogs->count + 1, sizeof *names, by_name);
	for (uint32_t i = 0; i <= catalogs->count; i++)
		wr_text_printf(text, "%s\n", names[i]);
	wr_free(names);
}

wr_status *wr_catalogs_show_databases(const struct wr_session *session,
				      const struct wr_ast_ident *name, struct wr_text *text)
{
	struct open_catalog *catalog;

	WR_TRY(find_or_tell(session, name, &catalog));
	return put_names(catalog, NULL, name->pos, text);
}

wr_status *wr_catalogs_show_tables(struct wr_session *session, const struct wr_current *of,
				   struct wr_pos pos, struct wr_text *text)
{
	const struct wr_ast_ident name = {.text = of->catalog, .pos = pos};
	struct open_catalog *catalog;

	WR_TRY(find_or_tell(session, &name, &catalog));
	return put_names(catalog, of->database, pos, text);
}
