/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin - see plugin.h.
 */
#include "engine/plugin.h"

#include <dlfcn.h>

#include "analyze/user_function.h"
#include "base/mem.h"
#include "catalog/plugin_table.h"
#include "connectors/plugin_connector.h"
#include "engine/catalogs.h"
#include "engine/functions.h"
#include "engine/plugin_file.h"
#include "formats/plugin_format.h"

#define PLUGIN_SIZE_MIN offsetof(struct weir_plugin, languages)
#define PART_MAX        1024u /* functions, connectors ... of a plugin: more is a wrong struct */

/* One that is loaded. */
struct loaded {
	const char *name;
	const char *path;
	bool unloaded; /* out of the lists; its memory stays */
	const struct wr_connector **connector;
	uint32_t connector_count;
	const struct wr_format **format;
	uint32_t format_count;
	const struct wr_catalog_type *catalog;
	uint32_t catalog_count;
	struct wr_user_function **function; /* references until they are in the catalog */
	const char **function_name;         /* of each */
	uint32_t function_count;
};

struct wr_plugins {
	struct wr_arena arena; /* of all plugins */
	struct loaded **item;  /* in the order of loading */
	uint32_t count;        /* number of item */
};

struct wr_plugins *wr_plugins_new(void)
{
	struct wr_plugins *plugins = wr_calloc(1, sizeof *plugins);

	wr_arena_init(&plugins->arena);
	return plugins;
}

void wr_plugins_free(struct wr_plugins *plugins)
{
	if (plugins == NULL)
		return;
	wr_arena_release(&plugins->arena);
	wr_free(plugins->item);
	wr_free(plugins);
}

static struct loaded *find(const struct wr_plugins *plugins, const char *name)
{
	for (uint32_t i = 0; i < plugins->count; i++)
		if (!plugins->item[i]->unloaded && strcmp(plugins->item[i]->name, name) == 0)
			return plugins->item[i];
	return NULL;
}

const struct wr_catalog_type *wr_plugins_catalog(const struct wr_plugins *plugins, const char *name)
{
	for (uint32_t i = 0; i < plugins->count; i++) {
		const struct loaded *item = plugins->item[i];

		for (uint32_t k = 0; k < item->catalog_count && !item->unloaded; k++)
			if (strcmp(item->catalog[k].given.name, name) == 0)
				return &item->catalog[k];
	}
	return NULL;
}

/* --- what the shared object says --- */

/* A list of the description has as many members as it says. */
static wr_status *check_list(const struct weir_plugin *plugin, const void *list, uint32_t count,
			     bool pointers, const char *what)
{
	const void *const *item = list;

	if (count > PART_MAX)
		return wr_status_new(WR_USER_ERROR, "Plugin '%s' has more than %u %s", plugin->name,
				     PART_MAX, what);
	if (count > 0 && list == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Plugin '%s' says that it has %u %s, but the list is NULL",
				     plugin->name, count, what);
	for (uint32_t i = 0; pointers && i < count; i++)
		if (item[i] == NULL)
			return wr_status_new(WR_USER_ERROR,
					     "Plugin '%s' says that it has %u %s, but number %u "
					     "is NULL",
					     plugin->name, count, what, i);
	return NULL;
}

/* The description in this version's layout. Magic and version come before the size, for nothing
 * behind them can be trusted before they are right. */
static wr_status *check_description(const struct weir_plugin *given, const char *path,
				    struct weir_plugin *out)
{
	if (given == NULL || given->magic != WEIR_PLUGIN_MAGIC)
		return wr_status_new(WR_USER_ERROR,
				     "Plugin '%s' does not begin with WEIR_PLUGIN_MAGIC", path);
	if (given->version == 0 || given->version > WEIR_PLUGIN_VERSION)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Plugin '%s' is of version %u of plugins, this Weir knows "
				  "versions up to %u",
				  path, given->version, WEIR_PLUGIN_VERSION),
		    "Use a newer Weir, or build the plugin with this one's weir_plugin.h");
	if (given->size < PLUGIN_SIZE_MIN)
		return wr_status_new(WR_USER_ERROR,
				     "The description of plugin '%s' has %zu bytes, %zu at least",
				     path, given->size, PLUGIN_SIZE_MIN);
	memset(out, 0, sizeof *out);
	memcpy(out, given, WR_MIN(given->size, sizeof *out));
	if (out->name == NULL || *out->name == '\0')
		return wr_status_new(WR_USER_ERROR, "Plugin '%s' has no name", path);
	WR_TRY(check_list(out, out->functions, out->function_count, false, "functions"));
	WR_TRY(check_list(out, out->connectors, out->connector_count, true, "connectors"));
	WR_TRY(check_list(out, out->languages, out->language_count, true, "languages"));
	WR_TRY(check_list(out, out->formats, out->format_count, true, "formats"));
	return check_list(out, out->catalogs, out->catalog_count, true, "catalogs");
}

static wr_status *open_plugin(struct wr_session *session, const char *path, struct weir_plugin *out)
{
	const char *file =
	    strchr(path, '/') != NULL ? path : wr_arena_printf(&session->script, "./%s", path);
	weir_plugin_entry *entry;
	void *library;

	WR_TRY(wr_plugin_file_check(file));
	library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL)
		return wr_status_new(WR_USER_ERROR, "Plugin '%s' cannot be loaded: %s", path,
				     dlerror());
	entry = (weir_plugin_entry *)(uintptr_t)dlsym(library, WEIR_PLUGIN_ENTRY);
	if (entry == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is no plugin: it exports no function '%s'",
				  path, WEIR_PLUGIN_ENTRY),
		    "Define `const struct weir_plugin *weir_plugin(void)` in it, not static");
	return check_description(entry(), path, out);
}

/* --- its parts --- */

static wr_status *taken(const char *plugin, const char *what, const char *name)
{
	return wr_status_new(WR_USER_ERROR, "Plugin '%s' has a %s '%s', but there is one already",
			     plugin, what, name);
}

static wr_status *read_connectors(struct wr_session *session, const struct weir_plugin *plugin,
				  struct loaded *loaded)
{
	struct wr_arena *arena = &session->plugins->arena;

	loaded->connector =
	    WR_NEW_ARRAY(arena, const struct wr_connector *, plugin->connector_count + 1);
	for (uint32_t i = 0; i < plugin->connector_count; i++) {
		const struct wr_plugin_connector *made;

		WR_TRY(wr_plugin_connector_new(arena, plugin->connectors[i], &made));
		if (wr_registry_connector(&session->registry, made->connector.name) != NULL)
			return taken(plugin->name, "connector", made->connector.name);
		loaded->connector[loaded->connector_count++] = &made->connector;
	}
	return NULL;
}

static wr_status *read_formats(struct wr_session *session, const struct weir_plugin *plugin,
			       struct loaded *loaded)
{
	struct wr_arena *arena = &session->plugins->arena;

	loaded->format = WR_NEW_ARRAY(arena, const struct wr_format *, plugin->format_count + 1);
	for (uint32_t i = 0; i < plugin->format_count; i++) {
		const struct wr_plugin_format *made;

		WR_TRY(wr_plugin_format_new(arena, plugin->formats[i], &made));
		if (wr_registry_format(&session->registry, made->format.name) != NULL)
			return taken(plugin->name, "format", made->format.name);
		loaded->format[loaded->format_count++] = &made->format;
	}
	return NULL;
}

static wr_status *read_catalogs(struct wr_session *session, const struct weir_plugin *plugin,
				struct loaded *loaded)
{
	struct wr_arena *arena = &session->plugins->arena;
	struct wr_catalog_type *types =
	    WR_NEW_ARRAY(arena, struct wr_catalog_type, plugin->catalog_count + 1);

	loaded->catalog = types;
	for (uint32_t i = 0; i < plugin->catalog_count; i++) {
		struct wr_catalog_type *type = &types[i];

		WR_TRY(wr_catalog_type_read(arena, plugin->catalogs[i], type));
		if (wr_plugins_catalog(session->plugins, type->given.name) != NULL)
			return taken(plugin->name, "catalog", type->given.name);
		loaded->catalog_count++;
	}
	return NULL;
}

static wr_status *read_functions(struct wr_session *session, const struct weir_plugin *plugin,
				 struct loaded *loaded)
{
	loaded->function = WR_NEW_ARRAY(&session->plugins->arena, struct wr_user_function *,
					plugin->function_count + 1);
	loaded->function_name =
	    WR_NEW_ARRAY(&session->plugins->arena, const char *, plugin->function_count + 1);
	for (uint32_t i = 0; i < plugin->function_count; i++) {
		const struct weir_plugin_function *given = &plugin->functions[i];
		struct wr_user_function *function;

		if (given->name == NULL || given->function == NULL)
			return wr_status_new(WR_USER_ERROR,
					     "Function %u of plugin '%s' has no name or descriptor",
					     i, plugin->name);
		if (wr_catalog_function(session->catalog, given->name) != NULL)
			return taken(plugin->name, "function", given->name);
		WR_TRY(wr_user_function_read(given->name, given->function, &function));
		function->language = "C";
		loaded->function_name[loaded->function_count] =
		    wr_arena_strdup(&session->plugins->arena, given->name);
		loaded->function[loaded->function_count++] = function;
	}
	return NULL;
}

/* --- registering --- */

/* A registry's list, which NULL ends, without those of `out` and with those of `in`. */
static const void *const *change_list(struct wr_arena *arena, const void *const *from,
				      const void *const *in, uint32_t in_count,
				      const void *const *out, uint32_t out_count)
{
	uint32_t count = 0, kept = 0;
	const void **list;

	while (from[count] != NULL)
		count++;
	list = WR_NEW_ARRAY(arena, const void *, count + in_count + 1);
	for (uint32_t i = 0; i < count; i++) {
		bool goes = false;

		for (uint32_t k = 0; k < out_count; k++)
			goes = goes || out[k] == from[i];
		if (!goes)
			list[kept++] = from[i];
	}
	for (uint32_t k = 0; k < in_count; k++)
		list[kept++] = in[k];
	return list;
}

/* Its connectors and formats can be had, or no more. */
static void change_registry(struct wr_session *session, const struct loaded *in,
			    const struct loaded *out)
{
	static const struct loaded nothing;
	struct wr_registry *registry = &session->registry;
	struct wr_arena *arena = &session->plugins->arena;

	if (in == NULL)
		in = &nothing;
	if (out == NULL)
		out = &nothing;
	registry->connectors = (const void *)change_list(
	    arena, (const void *)registry->connectors, (const void *)in->connector,
	    in->connector_count, (const void *)out->connector, out->connector_count);
	registry->formats = (const void *)change_list(arena, (const void *)registry->formats,
						      (const void *)in->format, in->format_count,
						      (const void *)out->format, out->format_count);
}

static wr_status *add_languages(struct wr_session *session, const struct weir_plugin *plugin)
{
	for (uint32_t i = 0; i < plugin->language_count; i++)
		WR_TRY(wr_language_add(session->languages, plugin->languages[i]));
	return NULL;
}

/* Everything has been read; only languages can still be wrong. */
static wr_status *register_plugin(struct wr_session *session, const struct weir_plugin *plugin,
				  struct loaded *loaded)
{
	struct wr_plugins *plugins = session->plugins;

	WR_TRY(add_languages(session, plugin));
	for (uint32_t i = 0; i < loaded->function_count; i++) {
		if (wr_catalog_function(session->catalog, loaded->function[i]->name) != NULL)
			return taken(plugin->name, "function", loaded->function[i]->name);
		wr_catalog_function_add(session->catalog,
					wr_user_function_ref(loaded->function[i]));
	}
	change_registry(session, loaded, NULL);
	plugins->item = wr_realloc(plugins->item, (plugins->count + 1) * sizeof *plugins->item);
	plugins->item[plugins->count++] = loaded;
	return NULL;
}

wr_status *wr_plugin_load(struct wr_session *session, const char *path, const char *name)
{
	struct wr_arena *arena = &session->plugins->arena;
	struct loaded *loaded = WR_NEW(arena, struct loaded);
	struct weir_plugin plugin;
	wr_status *status;

	WR_TRY(open_plugin(session, path, &plugin));
	if (name != NULL && strcmp(name, plugin.name) != 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The plugin in '%s' is named '%s', not '%s'",
						    path, plugin.name, name),
				      "Write LOAD MODULE `%s`", plugin.name);
	if (find(session->plugins, plugin.name) != NULL)
		return wr_status_new(WR_USER_ERROR, "Module '%s' is loaded already", plugin.name);
	loaded->name = wr_arena_strdup(arena, plugin.name);
	loaded->path = wr_arena_strdup(arena, path);
	status = read_connectors(session, &plugin, loaded);
	if (status == NULL)
		status = read_formats(session, &plugin, loaded);
	if (status == NULL)
		status = read_catalogs(session, &plugin, loaded);
	if (status == NULL)
		status = read_functions(session, &plugin, loaded);
	if (status == NULL)
		status = register_plugin(session, &plugin, loaded);
	for (uint32_t i = 0; i < loaded->function_count; i++) /* the catalog has its own */
		wr_user_function_unref(loaded->function[i]);
	return status;
}

wr_status *wr_plugin_load_list(struct wr_session *session, const char *paths)
{
	while (*paths != '\0') {
		size_t len = strcspn(paths, ";");

		if (len > 0)
			WR_TRY(wr_plugin_load(
			    session, wr_arena_strndup(&session->plugins->arena, paths, len), NULL));
		paths += len + (paths[len] == ';');
	}
	return NULL;
}

/* --- statements --- */

wr_status *wr_plugin_load_module(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	const struct wr_ast_options *options = &stmt->module.options;
	const char *path = NULL;

	for (uint32_t i = 0; i < options->count; i++) {
		if (strcmp(options->items[i].key, "path") != 0)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, options->items[i].key_pos,
							   "LOAD MODULE has no option '%s'",
							   options->items[i].key),
					      "It takes 'path', of a shared object");
		path = options->items[i].value;
	}
	if (path == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, stmt->module.name.pos,
						   "Module '%s' is not part of Weir",
						   stmt->module.name.text),
				      "Name its shared object: LOAD MODULE %s WITH ('path' = "
				      "'./%s.so')",
				      stmt->module.name.text, stmt->module.name.text);
	return wr_plugin_load(session, path, stmt->module.name.text);
}

wr_status *wr_plugin_unload_module(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	const char *name = stmt->module.name.text;
	struct loaded *loaded = find(session->plugins, name);

	if (loaded == NULL)
		return wr_status_at(WR_USER_ERROR, stmt->module.name.pos,
				    strcmp(name, "core") == 0 ? "Module '%s' cannot be unloaded"
							      : "There is no module '%s'",
				    name);
	loaded->unloaded = true;
	change_registry(session, NULL, loaded);
	for (uint32_t i = 0; i < loaded->function_count; i++)
		wr_catalog_function_drop(session->catalog, loaded->function_name[i]);
	return NULL;
}

void wr_plugins_show(const struct wr_session *session, struct wr_text *text)
{
	wr_text_puts(text, "core\n");
	for (uint32_t i = 0; i < session->plugins->count; i++)
		if (!session->plugins->item[i]->unloaded)
			wr_text_printf(text, "%s\n", session->plugins->item[i]->name);
}
