/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_table - the connector 'view' from inside: what its sink, source and look-ups share.
 */
#ifndef WR_CONNECTORS_MVIEW_TABLE_H
#define WR_CONNECTORS_MVIEW_TABLE_H

#include "connectors/mview_store.h"
#include "connectors/registry.h"

/* The keys that the conditions of a query ask for: a key has a value for each key column, as many
 * keys as combinations of the values that are named. */
struct wr_mview_keys {
	struct wr_column **key; /* per key column, count rows; owned */
	uint32_t key_count;     /* key columns */
	uint32_t count;         /* keys */
};

/* Whether `condition`, over args->wanted, says which values a key column may have: `column = value`
 * or `column IN (values)`; appends it to `shown` (NULL: does not). */
bool wr_mview_names_key(const struct wr_connector_args *args, const struct wr_expr *condition,
			struct wr_text *shown);
/* Whether all of args->pushed together name keys; *keys is to be released then. */
bool wr_mview_keys_read(const struct wr_connector_args *args, struct wr_mview_keys *keys);
void wr_mview_keys_release(struct wr_mview_keys *keys);

/* --- mview_sink.c --- */
wr_status *wr_mview_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			      struct wr_sink **out);
wr_status *wr_mview_writer_new(struct wr_sink *sink, struct wr_writer **out);
wr_status *wr_mview_encode(struct wr_writer *writer, const struct wr_batch *batch,
			   struct wr_chunk *chunk);
void wr_mview_writer_free(struct wr_writer *writer);
wr_status *wr_mview_write(struct wr_sink *sink, struct wr_chunk *chunk);
void wr_mview_watermark(struct wr_sink *sink, int64_t watermark_ms);
wr_status *wr_mview_sink_close(struct wr_sink *sink, bool commit);

/* --- mview_source.c --- */
wr_status *wr_mview_source_open(const struct wr_connector_args *args, struct wr_host *host,
				struct wr_source **out);
wr_status *wr_mview_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
			  enum wr_claim *result);
wr_status *wr_mview_reader_new(struct wr_source *source, struct wr_reader **out);
wr_status *wr_mview_decode(struct wr_reader *reader, struct wr_block *block, struct wr_batch **out);
void wr_mview_reader_free(struct wr_reader *reader);
void wr_mview_block_free(struct wr_source *source, struct wr_block *block);
wr_status *wr_mview_position(struct wr_source *source, struct wr_text *out);
wr_status *wr_mview_seek(struct wr_source *source, const char *bytes, size_t len);
void wr_mview_source_close(struct wr_source *source);

/* --- mview_lookup.c --- */
wr_status *wr_mview_lookup_open(const struct wr_connector *connector,
				const struct wr_connector_args *args, const uint32_t *key,
				uint32_t key_count, struct wr_host *host, struct wr_lookup **out);
wr_status *wr_mview_lookup_ask(struct wr_lookup *lookup, struct wr_column *const *key,
			       uint32_t count);
wr_status *wr_mview_lookup_next(struct wr_lookup *lookup, struct wr_batch **out,
				const uint32_t **asked, bool *again);
void wr_mview_lookup_close(struct wr_lookup *lookup);

#endif
