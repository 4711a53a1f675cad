/* SPDX-License-Identifier: Apache-2.0
 *
 * databases - the databases of the session's own catalog, and which catalog and database names
 * without them are of (USE).
 *
 * There is always default_database. What databases other catalogs have, those know themselves.
 *
 * Thread: the session's.
 */
#ifndef WR_CATALOG_DATABASES_H
#define WR_CATALOG_DATABASES_H

#include <stdbool.h>

#include "base/map.h"

#define WR_DEFAULT_CATALOG  "default_catalog"
#define WR_DEFAULT_DATABASE "default_database"

/* Borrowed texts. */
struct wr_current {
	const char *catalog;
	const char *database; /* "": a catalog that has none */
};

struct wr_databases {
	struct wr_map own;         /* of default_catalog, but default_database: name -> itself */
	struct wr_current current; /* what USE said; views are read with their own */
	char *used[2];             /* the texts of USE; owned; NULL: the defaults */
};

void wr_databases_init(struct wr_databases *databases);
void wr_databases_release(struct wr_databases *databases);
/* From now on; the texts are copied. */
void wr_databases_use(struct wr_databases *databases, const char *catalog, const char *database);
/* Of default_catalog. */
bool wr_databases_has(const struct wr_databases *databases, const char *name);
bool wr_is_home(const char *catalog, const char *database); /* the two defaults */

#endif
