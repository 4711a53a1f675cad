/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog - a map from names to tables and views, and the look-ups in the registries of connectors
 * and formats.
 *
 * The map owns the tables. Listing is in order of name and sorts on demand: catalogs are small and
 * listed seldom.
 */
#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

struct wr_catalog {
	const struct wr_registry *registry; /* connectors and formats; outlives the catalog */
	struct wr_map map;                  /* name -> struct wr_table, owned */
	struct wr_databases databases;      /* of default_catalog, and the current one */
	struct wr_map functions;            /* NAME -> struct wr_user_function, a reference each */
	const struct wr_table **sorted;     /* by name; rebuilt by wr_catalog_at */
	bool stale;                         /* `sorted` does not match `map` */
	struct wr_tables *kept;             /* gets what is found; NULL: nobody wants it */
};

struct wr_catalog *wr_catalog_new(const struct wr_registry *registry)
{
	struct wr_catalog *catalog = wr_calloc(1, sizeof *catalog);

	WR_ASSERT(registry != NULL);
	catalog->registry = registry;
	catalog->stale = true;
	wr_map_init(&catalog->map);
	wr_map_init(&catalog->functions);
	wr_databases_init(&catalog->databases);
	return catalog;
}

void wr_catalog_free(struct wr_catalog *catalog)
{
	if (catalog == NULL)
		return;
	for (uint32_t i = 0; i < catalog->map.count; i++)
		wr_table_free(catalog->map.entry[i].value);
	wr_map_release(&catalog->map);
	for (uint32_t i = 0; i < catalog->functions.count; i++)
		wr_user_function_unref(catalog->functions.entry[i].value);
	wr_map_release(&catalog->functions);
	wr_databases_release(&catalog->databases);
	wr_free(catalog->sorted);
	wr_free(catalog);
}

const struct wr_registry *wr_catalog_registry(const struct wr_catalog *catalog)
{
	return catalog->registry;
}

struct wr_databases *wr_catalog_databases(struct wr_catalog *catalog)
{
	return &catalog->databases;
}

struct wr_table *wr_table_new(const char *name)
{
	struct wr_table *table = wr_calloc(1, sizeof *table);

	atomic_init(&table->refs, 1);
	wr_arena_init(&table->arena);
	wr_expr_pool_init(&table->pool, &table->arena);
	table->name = wr_arena_strdup(&table->arena, name);
	table->rowtime = -1;
	return table;
}

struct wr_table *wr_table_ref(const struct wr_table *table)
{
	struct wr_table *counted = (struct wr_table *)(uintptr_t)table; /* seen as before */

	atomic_fetch_add_explicit(&counted->refs, 1, memory_order_relaxed);
	return counted;
}

void wr_table_free(struct wr_table *table)
{
	if (table == NULL || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) > 1)
		return;
	wr_embed_unref(table->embed);
	wr_expr_pool_release(&table->pool);
	wr_arena_release(&table->arena);
	wr_free(table);
}

wr_status *wr_table_exists(const char *name, struct wr_pos pos, const char *hint)
{
	return wr_status_hint(
	    wr_status_because(
		wr_status_at(WR_USER_ERROR, pos, "A table or view '%s' exists already", name),
		WR_TABLE_EXISTS),
	    "%s", hint);
}

wr_status *wr_catalog_add(struct wr_catalog *catalog, struct wr_table *table_moved)
{
	struct wr_table *table = table_moved;

	if (wr_map_get(&catalog->map, table->name) != NULL) {
		wr_status *status = wr_table_exists(
		    table->name, table->pos, "Drop it first, or write CREATE ... IF NOT EXISTS");
		wr_table_free(table);
		return status;
	}
	wr_map_put(&catalog->map, table->name, table);
	catalog->stale = true;
	return NULL;
}

void wr_tables_release(struct wr_tables *tables)
{
	for (uint32_t i = 0; i < tables->count; i++)
		wr_table_free(tables->table[i]);
	wr_free(tables->table);
	*tables = (struct wr_tables){0};
}

static void tables_add(struct wr_tables *tables, const struct wr_table *table)
{
	for (uint32_t i = tables->count; i-- > 0;)
		if (tables->table[i] == table)
			return;
	if (tables->count == tables->capacity) {
		tables->capacity = WR_MAX(8, 2 * tables->capacity);
		tables->table = wr_realloc(tables->table, tables->capacity * sizeof *tables->table);
	}
	tables->table[tables->count++] = wr_table_ref(table);
}

void wr_catalog_keep(struct wr_catalog *catalog, struct wr_tables *tables)
{
	catalog->kept = tables;
}

const struct wr_table *wr_catalog_find(const struct wr_catalog *catalog, const char *name)
{
	const struct wr_table *table = wr_map_get(&catalog->map, name);

	if (table != NULL && catalog->kept != NULL)
		tables_add(catalog->kept, table);
	return table;
}

/* All that there are, when none is near. */
static void hint_names(wr_status *status, const char *const *names, uint32_t count)
{
	struct wr_text list;

	wr_text_init(&list);
	wr_text_names(&list, names, count);
	wr_status_hint(status, "Declare it with CREATE TABLE first; there are: %s",
		       wr_text_str(&list));
	wr_text_release(&list);
}

wr_status *wr_catalog_unknown(const struct wr_catalog *catalog, const char *name, struct wr_pos pos)
{
	uint32_t count = catalog->map.count;
	const char **names = wr_calloc(count + 1, sizeof *names);
	wr_status *status = wr_status_because(
	    wr_status_at(WR_USER_ERROR, pos, "There is no table or view '%s'", name), WR_NO_TABLE);

	for (uint32_t i = 0; i < count; i++)
		names[i] = catalog->map.entry[i].key;
	const char *near = wr_nearest(name, names, count);
	if (wr_map_get(&catalog->map, name) != NULL)
		wr_status_hint(status, "There is one in default_catalog.default_database");
	else if (near != NULL)
		wr_status_hint(status, "Did you mean '%s'?", near);
	else if (count == 0)
		wr_status_hint(status, "Declare it with CREATE TABLE first");
	else
		hint_names(status, names, count);
	wr_free(names);
	return status;
}

void wr_catalog_written(struct wr_catalog *catalog, const char *name)
{
	struct wr_table *table = wr_map_get(&catalog->map, name);

	if (table != NULL)
		table->written = true;
}

struct wr_table *wr_catalog_take(struct wr_catalog *catalog, const char *name)
{
	struct wr_table *table = wr_map_remove(&catalog->map, name);

	catalog->stale = catalog->stale || table != NULL;
	return table;
}

wr_status *wr_catalog_drop(struct wr_catalog *catalog, const char *name)
{
	struct wr_table *table = wr_catalog_take(catalog, name);

	if (table == NULL)
		return wr_catalog_unknown(catalog, name, (struct wr_pos){0});
	wr_table_free(table);
	return NULL;
}

uint32_t wr_catalog_count(const struct wr_catalog *catalog)
{
	return catalog->map.count;
}

static int by_name(const void *a, const void *b)
{
	const struct wr_table *const *left = a;
	const struct wr_table *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

const struct wr_table *wr_catalog_at(const struct wr_catalog *catalog, uint32_t index)
{
	/* The order is a cache: the catalog as seen from outside does not change. */
	struct wr_catalog *cache = (struct wr_catalog *)catalog;

	WR_ASSERT(index < catalog->map.count);
	if (cache->stale) {
		cache->sorted = wr_realloc(cache->sorted, cache->map.count * sizeof *cache->sorted);
		for (uint32_t i = 0; i < cache->map.count; i++)
			cache->sorted[i] = cache->map.entry[i].value;
		qsort(cache->sorted, cache->map.count, sizeof *cache->sorted, by_name);
		cache->stale = false;
	}
	return cache->sorted[index];
}

/* --- functions */

/* The key of a name, to be freed. */
static char *function_key(const char *name)
{
	char *key = wr_strdup(name);

	for (char *c = key; *c != '\0'; c++)
		*c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
	return key;
}

struct wr_user_function *wr_catalog_function(const struct wr_catalog *catalog, const char *name)
{
	struct wr_user_function *function;
	char *key;

	if (catalog->functions.count == 0)
		return NULL;
	key = function_key(name);
	function = wr_map_get(&catalog->functions, key);
	wr_free(key);
	return function;
}

void wr_catalog_function_add(struct wr_catalog *catalog, struct wr_user_function *function_moved)
{
	char *key = function_key(function_moved->name);

	WR_REQUIRE(wr_map_put(&catalog->functions, key, function_moved) == NULL);
	wr_free(key);
}

bool wr_catalog_function_drop(struct wr_catalog *catalog, const char *name)
{
	char *key = function_key(name);
	struct wr_user_function *function = wr_map_remove(&catalog->functions, key);

	wr_free(key);
	wr_user_function_unref(function);
	return function != NULL;
}

uint32_t wr_catalog_function_count(const struct wr_catalog *catalog)
{
	return catalog->functions.count;
}

const struct wr_user_function *wr_catalog_function_at(const struct wr_catalog *catalog,
						      uint32_t index)
{
	return catalog->functions.entry[index].value;
}

const struct wr_connector *wr_registry_connector(const struct wr_registry *registry,
						 const char *name)
{
	for (uint32_t i = 0; registry->connectors[i] != NULL; i++) {
		if (strcmp(registry->connectors[i]->name, name) == 0)
			return registry->connectors[i];
	}
	return NULL;
}

const struct wr_format *wr_registry_format(const struct wr_registry *registry, const char *name)
{
	for (uint32_t i = 0; registry->formats[i] != NULL; i++) {
		if (strcmp(registry->formats[i]->name, name) == 0)
			return registry->formats[i];
	}
	return NULL;
}
