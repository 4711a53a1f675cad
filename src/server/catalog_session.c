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

/* An object that could not be made. */
struct failure {
	uint64_t id;
	wr_status *why; /* owned; NULL: it was made later */
};

struct loading {
	struct wr_session *session;
	const struct wr_catalog_miss *miss;
	uint64_t newest;        /* id of the last object */
	struct failure *failed; /* in the order of id; owned */
	uint32_t count, room;   /* of failed: used, allocated */
	bool progress;          /* one more has been made */
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

/* The first time: what fails waits for what comes behind it. */
static wr_status *load_one(void *own, const struct wr_meta_object *object)
{
	struct loading *loading = own;
	wr_status *status = make(loading->session, object);

	loading->newest = object->id;
	if (status == NULL)
		return NULL;
	if (loading->count == loading->room) {
		loading->room = loading->room * 2 + 16;
		loading->failed =
		    wr_realloc(loading->failed, loading->room * sizeof *loading->failed);
	}
	loading->failed[loading->count++] = (struct failure){object->id, status};
	return NULL;
}

static struct failure *failure_of(struct loading *loading, const struct wr_meta_object *object)
{
	for (uint32_t i = 0; i < loading->count; i++)
		if (loading->failed[i].id == object->id)
			return &loading->failed[i];
	return NULL;
}

/* Once more what has failed. */
static wr_status *load_again(void *own, const struct wr_meta_object *object)
{
	struct loading *loading = own;
	struct failure *failure = failure_of(loading, object);

	if (failure == NULL || failure->why == NULL)
		return NULL;
	wr_status_free(failure->why);
	failure->why = make(loading->session, object);
	loading->progress |= failure->why == NULL;
	return NULL;
}

static wr_status *tell_one(void *own, const struct wr_meta_object *object)
{
	struct loading *loading = own;
	struct failure *failure = failure_of(loading, object);

	if (failure != NULL && failure->why != NULL)
		loading->miss->tell(loading->miss->own, object, failure->why);
	return NULL;
}

wr_status *wr_catalog_session_load(struct wr_metastore *store, struct wr_session *session,
				   uint64_t since, const struct wr_catalog_miss *miss,
				   uint64_t *newest, uint64_t *version)
{
	struct loading loading = {.session = session, .miss = miss, .newest = since};
	struct kept kept = keep(session);
	wr_status *status = wr_meta_each(store, since, version, load_one, &loading);

	loading.progress = loading.count > 0;
	while (status == NULL && loading.progress) {
		loading.progress = false;
		status = wr_meta_each(store, since, NULL, load_again, &loading);
	}
	if (status == NULL && loading.count > 0 && miss != NULL)
		status = wr_meta_each(store, since, NULL, tell_one, &loading);
	for (uint32_t i = 0; i < loading.count; i++)
		wr_status_free(loading.failed[i].why);
	wr_free(loading.failed);
	put_back(session, kept);
	if (status != NULL)
		return status;
	if (newest != NULL)
		*newest = loading.newest;
	return NULL;
}
