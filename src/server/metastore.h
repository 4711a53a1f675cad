/* SPDX-License-Identifier: Apache-2.0
 *
 * metastore - what a server remembers when it is not running: the catalog, jobs, saved queries; one
 * SQLite file, catalog.db in the server's folder.
 *
 * Objects of the catalog are kept as the statements that made them, in their order; a session gets
 * them by executing those. A version counts the changes, so that sessions know when to look again.
 *
 * Every change is durable when the call returns (WAL, synchronous = FULL); history outlives the
 * process at once, and the machine a little later. The file is locked: two
 * servers cannot have one folder.
 *
 * Thread: any; one call at a time inside.
 */
#ifndef WR_SERVER_METASTORE_H
#define WR_SERVER_METASTORE_H

#include "base/env.h"
#include "base/text.h"

struct wr_metastore;

wr_status *wr_meta_open(const char *folder, struct wr_metastore **out);
void wr_meta_close(struct wr_metastore *store);

/* --- the catalog --- */

/* Texts stay until the callback returns. */
struct wr_meta_object {
	uint64_t id;      /* in the order in which they were made */
	const char *kind; /* "table", "view", "function", "catalog", "database",
			     "materialized table" */
	bool alters;      /* a change of an object that came before; it goes with that */
	const char *name; /* catalog.database.name, without what is default */
	const char *sql;  /* the statement */
	const char *catalog, *database; /* that were current then; NULL or "": the defaults */
	const char *owner;              /* the user who made it; "" */
	int64_t made_ms;                /* since 1970 */
};

/* Counts changes of the catalog. */
uint64_t wr_meta_version(struct wr_metastore *store);
/* An object of that kind and name goes, with what altered it, and this one comes in its place. */
wr_status *wr_meta_put(struct wr_metastore *store, const struct wr_meta_object *object);
/* What changes the object of that kind and name comes behind all others. */
wr_status *wr_meta_alter(struct wr_metastore *store, const struct wr_meta_object *object);
wr_status *wr_meta_drop(struct wr_metastore *store, const char *kind, const char *name);
/* In the order of id, those behind `since` (0: all); the first error ends it. *version MAY be NULL:
 * of the catalog as it was shown. The callback may ask the store. */
wr_status *wr_meta_each(struct wr_metastore *store, uint64_t since, uint64_t *version,
			wr_status *(*each)(void *own, const struct wr_meta_object *object),
			void *own);

/* --- documents: jobs, saved queries, alert rules; JSON that its owner understands --- */

wr_status *wr_meta_put_document(struct wr_metastore *store, const char *kind, const char *name,
				const char *json);
/* Appended to `json`; *found. */
wr_status *wr_meta_get_document(struct wr_metastore *store, const char *kind, const char *name,
				struct wr_text *json, bool *found);
wr_status *wr_meta_drop_document(struct wr_metastore *store, const char *kind, const char *name);
/* In the order in which they came. */
wr_status *wr_meta_each_document(struct wr_metastore *store, const char *kind,
				 wr_status *(*each)(void *own, const char *name, const char *json),
				 void *own);

/* --- history: exceptions, checkpoints, audit; the newest `keep` of a kind and name stay --- */

wr_status *wr_meta_note(struct wr_metastore *store, const char *kind, const char *name,
			const char *json, uint32_t keep);
/* The newest first; `limit` of them. */
wr_status *wr_meta_each_note(struct wr_metastore *store, const char *kind, const char *name,
			     uint32_t limit,
			     wr_status *(*each)(void *own, int64_t at_ms, const char *json),
			     void *own);
/* For wr_meta_each_note, `own` a struct wr_text whose last byte is '[' or the end of an item: the
 * note, an object, with the time as its first member. */
wr_status *wr_meta_note_json(void *own, int64_t at_ms, const char *json);
/* All of a name, of every kind. */
wr_status *wr_meta_forget_notes(struct wr_metastore *store, const char *name);

#endif
