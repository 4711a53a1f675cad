/* SPDX-License-Identifier: Apache-2.0
 *
 * databases - see databases.h.
 */
#include "catalog/databases.h"

#include <string.h>

#include "base/mem.h"

void wr_databases_init(struct wr_databases *databases)
{
	*databases = (struct wr_databases){.current = {WR_DEFAULT_CATALOG, WR_DEFAULT_DATABASE}};
	wr_map_init(&databases->own);
}

void wr_databases_release(struct wr_databases *databases)
{
	wr_map_release(&databases->own);
	wr_free(databases->used[0]);
	wr_free(databases->used[1]);
}

void wr_databases_use(struct wr_databases *databases, const char *catalog, const char *database)
{
	char *copy[2] = {wr_strdup(catalog), wr_strdup(database)};

	wr_free(databases->used[0]);
	wr_free(databases->used[1]);
	memcpy(databases->used, copy, sizeof copy);
	databases->current = (struct wr_current){copy[0], copy[1]};
}

bool wr_databases_has(const struct wr_databases *databases, const char *name)
{
	return strcmp(name, WR_DEFAULT_DATABASE) == 0 || wr_map_get(&databases->own, name) != NULL;
}

bool wr_is_home(const char *catalog, const char *database)
{
	return strcmp(catalog, WR_DEFAULT_CATALOG) == 0 &&
	       strcmp(database, WR_DEFAULT_DATABASE) == 0;
}
