/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog_session - see catalog_session.h.
 */
#include "server/catalog_session.h"

#include "base/mem.h"
#include "catalog/databases.h"
#include "engine/prepared.h"
#include "server/server.h"

wr_status *wr_catalog_session_settings(struct wr_server *server, struct wr_session *session)
{
	const struct wr_config *config = server->config;

	for (uint32_t i = 0; i < config->setting_count; i++)
		WR_TRY(wr_session_set(session, config->key[i], config->value[i]));
	session->memory = &server->memory;
	return NULL;
}

struct loading {
	struct wr_session *session;
	const struct wr_catalog_miss *miss;
	uint64_t newest; /* id of the last object */
};

/* Names without a catalog and a database are of these. */
static void use(struct wr_session *session, const char *catalog, const char *database)
{
	bool given = catalog != NULL && *catalog != '\0';

	wr_databases_use(wr_catalog_databases(session->catalog),
			 given ? catalog : WR_DEFAULT_CATALOG,
			 given && database != NULL ? database : WR_DEFAULT_DATABASE);
}

/* Preparing a declaration is what executes it. */
static wr_status *make(struct wr_session *session, const struct wr_meta_object *object)
{
	struct wr_prepared prepared;
	wr_status *status;

	use(session, object->catalog, object->database);
	status =
	    wr_session_prepare(session, wr_str_of(object->sql), NULL, WR_SCRIPT_CHECK, &prepared);
	wr_prepared_release(&prepared);
	return status;
}

/* What is current stays so. */
struct kept {
	char *catalog, *database;
};

static struct kept keep(struct wr_session *session)
{
	struct wr_current current = wr_catalog_databases(session->catalog)->current;

	return (struct kept){wr_strdup(current.catalog), wr_strdup(current.database)};
}

static void put_back(struct wr_session *session, struct kept kept)
{
	use(session, kept.catalog, kept.database);
	wr_free(kept.catalog);
	wr_free(kept.database);
}

wr_status *wr_catalog_session_make(struct wr_session *session, const struct wr_meta_object *object)
{
	struct kept kept = keep(session);
	wr_status *status = make(session, object);

	put_back(session, kept);
	return status;
}

static wr_status *load_one(void *own, const struct wr_meta_object *object)
{
	struct loading *loading = own;
	wr_status *status = make(loading->session, object);

	if (status != NULL && loading->miss != NULL)
		loading->miss->tell(loading->miss->own, object, status);
	wr_status_free(status);
	loading->newest = object->id;
	return NULL;
}

wr_status *wr_catalog_session_load(struct wr_metastore *store, struct wr_session *session,
				   uint64_t since, const struct wr_catalog_miss *miss,
				   uint64_t *newest, uint64_t *version)
{
	struct loading loading = {session, miss, since};
	struct kept kept = keep(session);
	wr_status *status = wr_meta_each(store, since, version, load_one, &loading);

	put_back(session, kept);
	if (status != NULL)
		return status;
	if (newest != NULL)
		*newest = loading.newest;
	return NULL;
}
