/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_stream - see pg_cdc.h: the changes, as logical replication sends them.
 *
 * A block goes to the workers when nothing more is there to be read, or when it is full; its end is
 * a commit, unless a transaction is larger than a block may be. Then the position says how many
 * of its changes are read, for the server sends transactions as a whole.
 *
 * What the server may let go of is what a checkpoint has (`confirmed`); it is told at least every
 * few seconds, which also keeps the connection alive while the workers are busy or idle. When other
 * tables of the database are busy and ours is not, the position moves on with the log all the same,
 * once a heartbeat, so that the log does not pile up.
 *
 * A server that has vanished is not always noticed by TCP: a proxy between us goes on to answer for
 * it, and an idle server says nothing either. So after a silence the server is asked with each
 * status whether it lives, which it answers at once; when it does not, the connection is given up
 * and a new one is made. But a server that decodes a huge transaction may be silent, too, and it
 * begins again with a new connection: so patience ('connection.answer-timeout' at first) doubles
 * with each connection that was given up, until one has lasted or brought something new. Time in
 * which nobody reads, for the workers have no room, is no silence.
 */
#include "base/env.h"
#include "base/mem.h"
#include "connectors/pg_cdc.h"

#define BLOCK_BYTES     (512u << 10) /* handed over at the next commit */
#define BLOCK_BYTES_MAX (8u << 20)   /* handed over within a transaction */
#define STATUS_US       5000000      /* longest silence towards the server */
#define WAIT_US         200000       /* between two looks at what is to be confirmed */
#define ASKS            4            /* times that a silent server is asked, at least */
#define PATIENCE_GROWTH 16           /* patience grows to so many times the first one */

struct stream {
	struct wr_source *source;
	struct wr_pg pg; /* the replication connection */
	struct wr_pg_cdc_changes changes;
	struct wr_pgo_message message;
	bool in_transaction;
	bool skips;          /* the transaction is one that was read before */
	uint64_t seen;       /* changes of the transaction so far */
	uint64_t skip;       /* of it, to be left out: they were read before */
	uint64_t commit_lsn; /* of the transaction, from its Begin */
	uint64_t received;   /* end of what has come */
	uint64_t told;       /* what the server knows to be confirmed */
	int64_t told_us;     /* when it was told (monotonic) */
	int64_t start_us;    /* when the connection began to be read */
	int64_t heard_us;    /* last time that something came, or that nobody listened */
};

static struct wr_env *env(const struct stream *stream)
{
	return stream->source->args->env;
}

/* --- towards the server -------------------------------------------------------------------------
 */

/* Silence after which the server is asked for an answer; then so often. */
static int64_t ask_us(const struct stream *stream)
{
	return WR_MIN(STATUS_US, stream->source->patience_us / ASKS);
}

static wr_status *tell(struct stream *stream)
{
	const struct wr_pg_calls *call = &stream->pg.target->call;
	uint64_t confirmed = atomic_load(&stream->source->confirmed);
	int64_t now_us = wr_mono_us(env(stream));
	char status[WR_PGO_STATUS_BYTES];

	wr_pgo_status(status, WR_MAX(stream->received, confirmed), confirmed,
		      wr_wall_us(env(stream)), now_us - stream->heard_us >= ask_us(stream));
	switch (call->PQputCopyData(stream->pg.conn, status, sizeof status)) {
	case -1: return wr_pg_error(&stream->pg, NULL);
	case 1: stream->told = confirmed; stream->told_us = now_us;
	}
	return wr_pg_flush(&stream->pg);
}

/* Tells the server what is due. */
static wr_status *tell_if_due(void *user)
{
	struct stream *stream = user;

	if (atomic_load(&stream->source->confirmed) == stream->told &&
	    wr_mono_us(env(stream)) - stream->told_us < ask_us(stream))
		return NULL;
	return tell(stream);
}

/* --- what comes, and what does not ---------------------------------------------------------------
 */

/* Something has come. A connection that lasts longer than the patience is one that it is enough
 * for. */
static void hear(struct stream *stream)
{
	struct wr_source *source = stream->source;

	stream->heard_us = wr_mono_us(env(stream));
	if (stream->heard_us - stream->start_us > source->patience_us)
		source->patience_us = source->answer_us;
}

/* Nothing comes: gives the connection up when the server should have answered long ago. */
static wr_status *bear_silence(struct stream *stream)
{
	struct wr_source *source = stream->source;
	int64_t silent_us = wr_mono_us(env(stream)) - stream->heard_us;

	if (silent_us < source->patience_us)
		return NULL;
	source->patience_us = WR_MIN(2 * source->patience_us, PATIENCE_GROWTH * source->answer_us);
	return wr_status_new(
	    WR_RETRY,
	    "Table '%s' (PostgreSQL %s): the server was asked for a sign of life "
	    "and has been silent for %.3g s; the next connection may be for %.3g s",
	    source->args->table, source->target.database, (double)silent_us / 1e6,
	    (double)source->patience_us / 1e6);
}

/* --- towards the workers ------------------------------------------------------------------------
 */

static wr_status *put(struct stream *stream)
{
	WR_TRY(wr_pg_cdc_put(stream->source, tell_if_due, stream));
	hear(stream);
	stream->source->patience_us = stream->source->answer_us;
	return NULL;
}

/* Nothing is under way, and the log has gone on without our table: if it has not gone. */
static wr_status *beat(struct stream *stream, uint64_t lsn)
{
	struct wr_source *source = stream->source;
	int64_t now_us = wr_mono_us(env(stream));

	if (stream->in_transaction || lsn <= source->at.lsn || wr_pg_cdc_filled(source) > 0 ||
	    now_us - source->beat_us < source->heartbeat_us)
		return NULL;
	source->beat_us = now_us;
	WR_TRY(wr_pg_cdc_still_there(source, stream->changes.pg));
	source->at.lsn = lsn;
	source->at.skip = 0;
	return put(stream);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static wr_status *on_begin(struct stream *stream)
{
	struct wr_pg_cdc_position *at = &stream->source->at;

	if (at->part_count > 0 && stream->source->put_lsn >= at->seen_lsn)
		wr_pg_cdc_position_forget(at);
	stream->in_transaction = true;
	stream->commit_lsn = stream->message.lsn;
	stream->skips = stream->commit_lsn < at->lsn;
	stream->seen = 0;
	stream->skip = at->skip;
	wr_pg_cdc_begin(&stream->changes, &stream->message);
	return NULL;
}

static wr_status *on_commit(struct stream *stream)
{
	struct wr_pg_cdc_position *at = &stream->source->at;

	stream->in_transaction = false;
	if (stream->skips)
		return NULL;
	at->lsn = stream->message.lsn;
	at->skip = 0;
	return wr_pg_cdc_filled(stream->source) >= BLOCK_BYTES ? put(stream) : NULL;
}

static wr_status *on_truncate(struct stream *stream)
{
	struct wr_source *source = stream->source;

	if (stream->changes.table == 0 || stream->changes.all_see || source->truncate_skips ||
	    !wr_pgo_truncates(&stream->message, stream->changes.table))
		return NULL;
	return wr_status_hint(
	    wr_pg_cdc_wrong(source,
			    "it was emptied by TRUNCATE, which does not tell what rows it had"),
	    "Start the job without its checkpoints, so that the table is read anew; or set "
	    "'truncate.handling' = 'skip' to go on as if nothing had been removed");
}

static wr_status *on_change(struct stream *stream)
{
	struct wr_source *source = stream->source;

	if (stream->message.table != stream->changes.table)
		return NULL;
	if (stream->skips || stream->seen++ < stream->skip)
		return NULL;
	WR_TRY(wr_pg_cdc_change(&stream->changes, &stream->message));
	if (wr_pg_cdc_filled(source) < BLOCK_BYTES_MAX)
		return NULL;
	source->at.skip = stream->seen;
	return put(stream);
}

static wr_status *on_message(struct stream *stream, struct wr_str bytes)
{
	struct wr_source *source = stream->source;
	const char *wrong = wr_pgo_read(&stream->message, bytes);

	if (wrong != NULL)
		return wr_pg_cdc_wrong(source, "the server's replication sends %s", wrong);
	switch (stream->message.kind) {
	case WR_PGO_BEGIN: return on_begin(stream);
	case WR_PGO_COMMIT: return on_commit(stream);
	case WR_PGO_RELATION:
		/* Records of a block have one shape. */
		if (wr_pg_cdc_filled(source) > 0 &&
		    stream->message.table == stream->changes.table) {
			source->at.skip = stream->in_transaction && !stream->skips
					      ? WR_MAX(stream->seen, stream->skip)
					      : source->at.skip;
			WR_TRY(put(stream));
			WR_REQUIRE(wr_pgo_read(&stream->message, bytes) == NULL);
		}
		return wr_pg_cdc_relation(&stream->changes, &stream->message);
	case WR_PGO_TRUNCATE: return on_truncate(stream);
	case WR_PGO_OTHER: return NULL;
	default: return on_change(stream);
	}
}

/* One piece of the stream. */
static wr_status *on_piece(struct stream *stream, struct wr_str bytes)
{
	struct wr_pgo_piece piece;
	const char *wrong = wr_pgo_piece(&piece, bytes);

	if (wrong != NULL)
		return wr_pg_cdc_wrong(stream->source, "the server's replication sends %s", wrong);
	stream->received = WR_MAX(stream->received, piece.keepalive ? piece.end : piece.start);
	if (!piece.keepalive)
		return on_message(stream, piece.bytes);
	WR_TRY(beat(stream, piece.end));
	return piece.reply ? tell(stream) : NULL;
}

/* --- the connection -----------------------------------------------------------------------------
 */

static wr_status *start(struct stream *stream)
{
	struct wr_source *source = stream->source;
	struct wr_text sql, name;
	PGresult *result;
	wr_status *status;

	WR_TRY(wr_pg_connect(&stream->pg));
	wr_text_init(&sql);
	wr_text_init(&name);
	wr_pg_put_name(&name, source->publication);
	wr_text_puts(&sql, "START_REPLICATION SLOT ");
	wr_pg_put_name(&sql, source->slot);
	wr_text_puts(&sql, " LOGICAL ");
	wr_pgo_lsn_print(&sql, source->at.lsn);
	wr_text_puts(&sql, " (proto_version '1', binary 'true', publication_names ");
	wr_pg_put_literal(&sql, wr_text_str(&name), name.len);
	wr_text_puts(&sql, ")");
	if (!stream->pg.target->call.PQsendQuery(stream->pg.conn, wr_text_str(&sql)))
		status = wr_pg_error(&stream->pg, NULL);
	else
		status = wr_pg_result(&stream->pg, &result);
	if (status == NULL)
		stream->pg.target->call.PQclear(result);
	wr_text_release(&name);
	wr_text_release(&sql);
	if (status == NULL)
		return tell(stream);
	/* 55006: the slot is in use, perhaps still by the connection of a job that was killed. */
	if (strcmp(stream->pg.sqlstate, "55006") == 0)
		status->class = WR_RETRY;
	return status;
}

/* Nothing is there at the moment: what is filled goes, then waits. */
static wr_status *idle(struct stream *stream)
{
	bool ready;

	if (wr_pg_cdc_filled(stream->source) > 0 && !stream->in_transaction)
		WR_TRY(put(stream));
	WR_TRY(tell_if_due(stream));
	WR_TRY(wr_pg_wait(&stream->pg, false, wr_mono_us(env(stream)) + WAIT_US, &ready));
	if (!ready)
		return bear_silence(stream);
	if (!stream->pg.target->call.PQconsumeInput(stream->pg.conn))
		return wr_pg_error(&stream->pg, NULL);
	hear(stream);
	return NULL;
}

static wr_status *run(struct stream *stream)
{
	const struct wr_pg_calls *call = &stream->pg.target->call;

	stream->start_us = stream->heard_us = wr_mono_us(env(stream));
	WR_TRY(start(stream));
	stream->start_us = stream->heard_us = wr_mono_us(env(stream));
	if (stream->source->beat_us == 0)
		stream->source->beat_us = stream->start_us;
	wr_host_resumed(stream->source->host);
	while (!wr_feed_stopping(stream->source->feed)) {
		wr_status *status = NULL;
		char *data;
		int len = call->PQgetCopyData(stream->pg.conn, &data, 1);

		if (len > 0) {
			status = on_piece(stream, (struct wr_str){data, (size_t)len});
			call->PQfreemem(data);
		} else if (len == 0) {
			status = idle(stream);
		} else {
			PGresult *result = NULL;

			status = wr_pg_result(&stream->pg, &result);
			call->PQclear(result);
			if (status == NULL)
				status = wr_status_new(WR_RETRY,
						       "Table '%s' (PostgreSQL %s): the server has "
						       "ended the replication",
						       stream->source->args->table,
						       stream->source->target.database);
		}
		if (status != NULL)
			return status;
	}
	return NULL;
}

wr_status *wr_pg_cdc_stream(struct wr_source *source, struct wr_pg *pg)
{
	struct stream *stream = wr_calloc(1, sizeof *stream);
	wr_status *status;

	stream->source = source;
	stream->changes.source = source;
	stream->changes.pg = pg;
	stream->message.before.value =
	    wr_calloc(WR_PGO_COLUMNS_MAX, sizeof *stream->message.before.value);
	stream->message.after.value =
	    wr_calloc(WR_PGO_COLUMNS_MAX, sizeof *stream->message.after.value);
	stream->message.column = wr_calloc(WR_PGO_COLUMNS_MAX, sizeof *stream->message.column);
	wr_pg_init(&stream->pg, &source->replication, source->host);
	status = run(stream);
	if (source->filling != NULL) { /* it comes again */
		wr_pg_cdc_block_free(&source->filling->item);
		source->filling = NULL;
	}
	source->at.lsn = source->put_lsn;
	source->at.skip = source->put_skip;
	wr_pg_release(&stream->pg);
	wr_pg_cdc_changes_release(&stream->changes);
	wr_free(stream->message.before.value);
	wr_free(stream->message.after.value);
	wr_free(stream->message.column);
	wr_free(stream);
	return status;
}
