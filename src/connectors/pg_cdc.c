/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc - see pg_cdc.h: opening, the feed's thread, claims and positions.
 */
#include "connectors/pg_cdc.h"

#include "base/mem.h"

#define SLOT_NAME_MAX 63          /* PostgreSQL cuts names behind it */
#define FEED_BYTES    (32u << 20) /* of blocks that wait for a worker */
#define REST_MIN_US   200000      /* before a broken connection is tried again, at first */
#define REST_MAX_US   10000000    /* at most */
#define WAIT_US       100000      /* the feed wakes the host */

/* Statements may take longer than an answer to the question whether the server lives: so many
 * times. */
#define STATEMENT_TIMES 16

/* Where the database is, in libpq's words. */
static const char *make_url(const struct wr_connector_args *args, struct wr_arena *arena)
{
	const char *url = wr_options_str(args->options, "url");

	return url != NULL ? url
			   : wr_arena_printf(arena, "postgresql://%s:%lld/%s",
					     wr_options_str(args->options, "hostname"),
					     (long long)wr_options_i64(args->options, "port"),
					     wr_options_str(args->options, "database-name"));
}

struct wr_pg_access wr_pg_cdc_access(const struct wr_connector_args *args, struct wr_arena *arena)
{
	return (struct wr_pg_access){
	    .url = make_url(args, arena),
	    .username = wr_options_str(args->options, "username"),
	    .password = wr_options_str(args->options, "password"),
	    .max_retry_ms = wr_options_i64(args->options, "connect.timeout"),
	};
}

/* --- opening ------------------------------------------------------------------------------------
 */

static const char *given(const struct wr_connector_args *args, const char *key)
{
	for (uint32_t i = args->given_count; i > 0; i--)
		if (strcmp(args->given[i - 1].key, key) == 0)
			return args->given[i - 1].value;
	return NULL;
}

/* A slot's name is of small letters, digits and '_', and known to all databases of the server. */
static const char *slot_name(struct wr_source *source)
{
	char *name = wr_arena_printf(&source->arena, "weir_%s_%s", source->database, source->name);
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
		else if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9'))
			name[i] = '_';
	if (len > SLOT_NAME_MAX) /* the end tells tables apart */
		memmove(name, name + len - SLOT_NAME_MAX, SLOT_NAME_MAX + 1);
	return name;
}

static void take_options(struct wr_source *source)
{
	const struct wr_connector_args *args = source->args;
	const struct wr_options *options = args->options;
	const char *table = wr_options_str(options, "table-name");
	const struct wr_option_value *beat;

	source->name =
	    wr_arena_printf(&source->arena, "%s.%s", wr_options_str(options, "schema-name"), table);
	source->database = wr_options_str(options, "database-name");
	if (source->database == NULL)
		source->database = "";
	source->slot = wr_options_str(options, "slot.name");
	if (source->slot == NULL)
		source->slot = slot_name(source);
	source->publication = wr_options_str(options, "publication.name");
	if (source->publication == NULL)
		source->publication = given(args, "debezium.publication.name");
	if (source->publication == NULL)
		source->publication = source->slot;
	source->upserts = wr_options_i64(options, "changelog-mode") == 1;
	source->truncate_skips = wr_options_i64(options, "truncate.handling") == 1;
	source->startup = (enum wr_pg_cdc_startup)wr_options_i64(options, "scan.startup.mode");
	source->chunk_rows =
	    (uint64_t)wr_options_i64(options, "scan.incremental.snapshot.chunk.size");
	source->readers = (uint32_t)wr_options_i64(options, "scan.snapshot.parallelism");
	beat = wr_options_get(options, "heartbeat.interval.ms");
	if (!beat->is_given)
		beat = wr_options_get(options, "heartbeat.interval");
	source->heartbeat_us = beat->number * 1000;
	source->answer_us = source->patience_us =
	    wr_options_i64(options, "connection.answer-timeout") * 1000;
}

void wr_pg_cdc_close(struct wr_source *source)
{
	wr_feed_close(source->feed);
	if (source->filling != NULL)
		wr_pg_cdc_block_free(&source->filling->item);
	wr_pg_cdc_position_release(&source->at);
	wr_text_release(&source->position);
	wr_zone_close(source->zone);
	wr_arena_release(&source->arena);
	wr_free(source);
}

wr_status *wr_pg_cdc_open(const struct wr_connector_args *args, struct wr_host *host,
			  struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	struct wr_pg_access access;
	wr_status *status;

	source->args = args;
	source->host = host;
	wr_arena_init(&source->arena);
	wr_text_init(&source->position);
	take_options(source);
	wr_pg_cdc_position_put(&source->at, &source->position);
	if (args->zone_id != NULL)
		WR_TRY_OUT(status, wr_zone_open(args->zone_id, &source->zone));
	access = wr_pg_cdc_access(args, &source->arena);
	WR_TRY_OUT(status, wr_pg_target_init(&source->target, &source->arena, args, &access));
	access.replication = "database";
	WR_TRY_OUT(status, wr_pg_target_init(&source->replication, &source->arena, args, &access));
	source->target.answer_ms = STATEMENT_TIMES * source->answer_us / 1000;
	source->replication.answer_ms = source->answer_us / 1000;
	*out = source;
	return NULL;
out:
	wr_pg_cdc_close(source);
	return status;
}

/* --- the feed's thread --------------------------------------------------------------------------
 */

/* The first connection of a job; without it there is none. */
static wr_status *begin(struct wr_pg *pg)
{
	wr_status *status = wr_pg_connect_first(pg);

	if (status != NULL && status->class == WR_RETRY)
		wr_status_hint(status, "Look whether the server runs and can be reached from here; "
				       "'connect.timeout' says how long a job that starts waits "
				       "for it");
	return status;
}

/* From wherever it stands as far as it goes. */
static wr_status *go_on(struct wr_source *source, struct wr_pg *pg)
{
	WR_TRY(wr_pg_connect(pg));
	WR_TRY(wr_pg_cdc_prepare(source, pg));
	wr_host_resumed(source->host);
	if (!source->at.snapshot_done)
		WR_TRY(wr_pg_cdc_rows(source, pg));
	if (source->startup == WR_PG_CDC_SNAPSHOT)
		return NULL;
	source->put_lsn = source->at.lsn;
	source->put_skip = source->at.skip;
	wr_pg_close(pg);
	return wr_pg_cdc_stream(source, pg);
}

static wr_status *cdc_main(struct wr_feed *feed, void *user)
{
	struct wr_source *source = user;
	int64_t rest_us = REST_MIN_US;
	struct wr_pg pg;
	wr_status *status;

	wr_pg_init(&pg, &source->target, source->host);
	status = begin(&pg);
	while (status == NULL) {
		uint64_t before = source->put_lsn;

		status = go_on(source, &pg);
		if (status == NULL || wr_feed_stopping(feed) || status->class != WR_RETRY)
			break;
		if (source->some_rows && !source->at.snapshot_done)
			break;
		wr_host_waiting(source->host, status->text);
		wr_status_free(status);
		status = NULL;
		wr_pg_close(&pg);
		rest_us = source->put_lsn != before ? REST_MIN_US : rest_us;
		wr_feed_rest(feed, rest_us);
		rest_us = WR_MIN(2 * rest_us, REST_MAX_US);
	}
	wr_pg_release(&pg);
	if (!wr_feed_stopping(feed))
		return status;
	wr_status_free(status);
	return NULL;
}

/* --- claims -------------------------------------------------------------------------------------
 */

static void note_position(struct wr_source *source, const struct wr_pg_cdc_block *block)
{
	wr_text_clear(&source->position);
	wr_text_add(&source->position, block->position.data, block->position.len);
	if (!source->host->checkpoints) /* nobody will ask for these again */
		atomic_store(&source->confirmed, block->lsn);
}

wr_status *wr_pg_cdc_claim(struct wr_source *source, struct wr_claim_ask *ask,
			   struct wr_block **out, enum wr_claim *result)
{
	static const char thread[] = "weir-cdc";
	bool ended = false;

	(void)ask;
	if (source->feed == NULL)
		WR_TRY(wr_feed_start(&(struct wr_feed_config){.host = source->host,
							      .name = thread,
							      .bytes_max = FEED_BYTES,
							      .main = cdc_main,
							      .item_free = wr_pg_cdc_block_free,
							      .user = source},
				     &source->feed));
	for (;;) {
		struct wr_feed_item *item;
		struct wr_pg_cdc_block *block;

		WR_TRY(wr_feed_take(source->feed, &item, &ended));
		block = (struct wr_pg_cdc_block *)item;
		if (block == NULL)
			break;
		note_position(source, block);
		if (block->rows > 0) {
			block->block.index = source->blocks++;
			*out = &block->block;
			*result = WR_CLAIM_BLOCK;
			return NULL;
		}
		wr_pg_cdc_block_free(item);
	}
	ask->wait_us = WAIT_US;
	*result = ended ? WR_CLAIM_END : WR_CLAIM_WAIT;
	return NULL;
}

void wr_pg_cdc_release(struct wr_source *source, struct wr_block *block)
{
	(void)source;
	wr_pg_cdc_block_free(&((struct wr_pg_cdc_block *)block->own)->item);
}

/* --- positions ----------------------------------------------------------------------------------
 */

wr_status *wr_pg_cdc_position(struct wr_source *source, struct wr_text *out)
{
	if (source->position.len == 0)
		return wr_status_hint(
		    wr_pg_cdc_wrong(source,
				    "there is no place to go on from before all of its rows "
				    "are read: it has no primary key"),
		    "Checkpoints will succeed once they are; give the table a primary key to have "
		    "them before");
	wr_text_add(out, source->position.data, source->position.len);
	return NULL;
}

wr_status *wr_pg_cdc_seek(struct wr_source *source, const char *bytes, size_t len)
{
	if (!wr_pg_cdc_position_get(&source->at, bytes, len))
		return wr_status_new(WR_FATAL, "The checkpoint's position of table '%s' is damaged",
				     source->args->table);
	wr_text_clear(&source->position);
	wr_text_add(&source->position, bytes, len);
	atomic_store(&source->confirmed, source->at.lsn);
	source->put_lsn = source->at.lsn;
	source->put_skip = source->at.skip;
	return NULL;
}

/* Until the rows are read, all changes are still needed; then those behind the position. */
void wr_pg_cdc_confirm(struct wr_source *source, const char *bytes, size_t len)
{
	struct wr_pg_cdc_position position;

	if (!wr_pg_cdc_position_get(&position, bytes, len))
		return;
	if (position.started)
		atomic_store(&source->confirmed, position.lsn);
	wr_pg_cdc_position_release(&position);
}
