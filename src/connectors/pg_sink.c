/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_sink - a table of PostgreSQL as a sink.
 *
 * At least once: rows are collected (pg_out.h) and put into the table when they are many, when the
 * first of them has waited for 'sink.buffer-flush.interval', and at a checkpoint. After an error
 * that may pass the whole batch is put again.
 *
 * Exactly once: rows go into the outbox. The commit of a checkpoint, told as a story:
 *   1  The checkpoint is durable and has the rows and the commit's mark (commit_mark.h).
 *   2  BEGIN; the row of this sink in the commit table is read and locked. If another run has made
 *      itself its owner since this one began, this one stops: the newer one goes on from a
 *      checkpoint that this one may have left behind. If its mark is built on ours, the transaction
 *      has happened: done.
 *   3  The rows are put. If the server refuses some, the transaction is begun again and put
 *      carefully; the refused ones are kept aside.
 *   4  Mark and refused rows are written into the row of this sink; COMMIT.
 *   5  Whatever goes wrong from 2 to 4, also if nobody knows whether COMMIT has arrived: a new
 *      connection, and again from 2. So there is nothing in doubt, ever.
 *   6  The refused rows go on to the host with the next call of write, flush or prepare: they are
 *      dead letters of the next interval. If the job dies before that interval's checkpoint is
 *      durable, the restore's commit finds its own mark (2) and takes them from the row again; if
 *      it dies behind it, they are in that checkpoint, and its commit writes the row anew.
 *   7  Behind the last commit there is no next call. So the last prepare puts the rows once and
 *      rolls back, only to see which are refused; the commit then does not hand them on.
 *
 * A job without checkpoints has nothing to go back to; exactly once means there that no batch is
 * put twice after an error that leaves the outcome open: the same transaction, batch by batch.
 *
 * Thread: write, flush, idle and prepare on one; commit on another beside them, with a connection
 * of its own.
 */
#include <inttypes.h>
#include <pthread.h>

#include "base/fault.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/varint.h"
#include "connectors/commit_mark.h"
#include "connectors/jdbc.h"
#include "connectors/outbox.h"
#include "connectors/pg_out.h"
#include "connectors/retry.h"

#define BATCH_BYTES_MAX (32u << 20) /* of rows that wait: they are held for another attempt */

struct wr_sink {
	struct wr_arena arena;
	const struct wr_connector_args *args;
	struct wr_host *host;
	struct wr_pg_target target;
	struct wr_pg_out_table table;
	struct wr_pg pg; /* of the thread that writes */
	struct wr_retrying retrying;
	struct wr_pg_batch batch;         /* rows that wait to be put; not with an outbox */
	int64_t first_us;                 /* monotonic: since when the first of them waits */
	uint64_t rows_max;                /* sink.buffer-flush.max-rows; 0: any */
	int64_t interval_us;              /* sink.buffer-flush.interval */
	bool exact;                       /* exactly once */
	bool dead_letters;                /* what cannot be put at all is given up */
	struct wr_outbox *outbox;         /* NULL: rows are put as they come */
	uint64_t takes;                   /* of the outbox */
	const char *commit_table;         /* quoted */
	const char *id;                   /* of this sink in it */
	const char *owner;                /* a random name of this run */
	struct wr_commit_mark base, mark; /* what this run goes on from; the last one prepared */
	pthread_mutex_t lock;             /* for `refused` */
	struct wr_pg_refusals refused;    /* by commits: for the host */
	struct wr_pg commit_pg;           /* of the thread that commits */
	struct wr_retrying commit_retrying;
};

struct wr_writer {
	const struct wr_pg_out_table *table;
};

static struct wr_env *env_of(const struct wr_sink *sink)
{
	return sink->args->env;
}

/* --- rows that are given up
 * ------------------------------------------------------------------------ */

static wr_status *reject_all(struct wr_sink *sink, const struct wr_pg_refusals *refused)
{
	for (uint32_t i = 0; i < refused->count; i++) {
		const struct wr_pg_refusal *item = &refused->item[i];
		struct wr_reject reject = {.raw = {item->raw, item->raw_len},
					   .kind = item->kind,
					   .text = item->text,
					   .origin = sink->table.table.sql_name};

		WR_TRY(wr_host_reject(sink->host, &reject));
	}
	return NULL;
}

/* Those that commits have left. */
static wr_status *reject_left(struct wr_sink *sink)
{
	struct wr_pg_refusals taken;
	wr_status *status;

	pthread_mutex_lock(&sink->lock);
	taken = sink->refused;
	sink->refused = (struct wr_pg_refusals){0};
	pthread_mutex_unlock(&sink->lock);
	status = reject_all(sink, &taken);
	wr_pg_refusals_clear(&taken);
	return status;
}

/* --- a transaction with a mark
 * --------------------------------------------------------------------- */

/* What is to be put as a whole. */
struct commit {
	struct wr_sink *sink;
	struct wr_pg *pg;
	struct wr_pg_batch *batch;
	const struct wr_commit_mark *mark; /* NULL: none is written */
	bool dry;                          /* only to see what is refused */
	bool careful;                      /* some rows are refused */
	struct wr_pg_refusals refused;     /* they */
};

static wr_status *overtaken(const struct wr_sink *sink)
{
	return wr_status_hint(
	    wr_status_new(WR_FATAL,
			  "Table '%s' (PostgreSQL %s): another run of the job writes to it by now, "
			  "so this one stops",
			  sink->args->table, sink->target.database),
	    "Let one run go on; two different jobs that write to one table need a 'sink.id' each");
}

/* Reads and locks the sink's row: what was committed last, and what was refused then. */
static wr_status *read_mark(struct commit *commit, struct wr_commit_mark *found,
			    struct wr_pg_refusals *refused)
{
	const struct wr_sink *sink = commit->sink;
	const struct wr_pg_calls *call = &sink->target.call;
	const char *value[1] = {sink->id};
	const int length[1] = {(int)strlen(sink->id)};
	const Oid type[1] = {WR_PG_TEXT};
	struct wr_pg_params params = {1, type, value, length, false};
	struct wr_text sql;
	PGresult *result;
	wr_status *status;

	*found = (struct wr_commit_mark){0};
	wr_text_init(&sql);
	wr_text_printf(&sql, "SELECT mark, rejects, owner FROM %s WHERE sink = $1 FOR UPDATE",
		       sink->commit_table);
	status = wr_pg_exec_params(commit->pg, wr_text_str(&sql), &params, &result);
	wr_text_release(&sql);
	if (status != NULL)
		return status;
	if (call->PQntuples(result) > 0) {
		struct wr_str mark = {call->PQgetvalue(result, 0, 0),
				      (size_t)call->PQgetlength(result, 0, 0)};
		struct wr_str rejects = {call->PQgetvalue(result, 0, 1),
					 (size_t)call->PQgetlength(result, 0, 1)};

		if (!wr_commit_mark_get(found, mark) ||
		    (rejects.len > 0 && !wr_pg_refusals_get(refused, rejects)))
			status = wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "Table '%s': the row of sink '%s' in %s cannot be read",
					  sink->args->table, sink->id, sink->commit_table),
			    "Somebody else has written it: set 'sink.id' or 'sink.commit-table'");
		else if (strcmp(call->PQgetvalue(result, 0, 2), sink->owner) != 0)
			status = overtaken(sink);
	}
	call->PQclear(result);
	return status;
}

/* Notes the commit, and what was refused in it. */
static wr_status *write_mark(struct commit *commit)
{
	const struct wr_sink *sink = commit->sink;
	struct wr_text sql, mark, rejects;
	const char *value[4] = {sink->id, NULL, NULL, sink->owner};
	int length[4] = {(int)strlen(sink->id), 0, 0, (int)strlen(sink->owner)};
	const Oid type[4] = {WR_PG_TEXT, WR_PG_TEXT, WR_PG_BYTEA, WR_PG_TEXT};
	struct wr_pg_params params = {4, type, value, length, false};
	wr_status *status;

	wr_text_init(&sql);
	wr_text_init(&mark);
	wr_text_init(&rejects);
	wr_commit_mark_put(commit->mark, &mark);
	value[1] = wr_text_str(&mark);
	length[1] = (int)mark.len;
	if (commit->refused.count > 0) {
		wr_pg_refusals_put(&commit->refused, &rejects);
		value[2] = rejects.data;
		length[2] = (int)rejects.len;
	}
	wr_text_printf(
	    &sql,
	    "INSERT INTO %s AS e (sink, mark, rejects, owner, committed) VALUES ($1, $2, $3, $4, "
	    "now()) ON CONFLICT (sink) DO UPDATE SET mark = EXCLUDED.mark, rejects = "
	    "EXCLUDED.rejects, committed = EXCLUDED.committed",
	    sink->commit_table);
	status = wr_pg_exec_params(commit->pg, wr_text_str(&sql), &params, NULL);
	wr_text_release(&sql);
	wr_text_release(&mark);
	wr_text_release(&rejects);
	return status;
}

static bool is_same(const struct wr_commit_mark *a, const struct wr_commit_mark *b)
{
	const struct wr_commit_part *last_a = &a->part[a->count - 1],
				    *last_b = &b->part[b->count - 1];

	return last_a->run == last_b->run && last_a->number == last_b->number;
}

/* Within a transaction. *done: it has happened before. */
static wr_status *put_marked(struct commit *commit, bool *done)
{
	struct wr_commit_mark found;
	struct wr_pg_refusals old = {0};
	wr_status *status = NULL;

	*done = false;
	if (commit->mark != NULL)
		status = read_mark(commit, &found, &old);
	if (status == NULL && commit->mark != NULL && wr_commit_mark_has(&found, commit->mark)) {
		*done = true;
		if (is_same(&found, commit->mark)) { /* nobody has taken over what it refused */
			commit->refused = old;
			old = (struct wr_pg_refusals){0};
		}
	}
	wr_pg_refusals_clear(&old);
	if (status != NULL || *done)
		return status;
	if (commit->mark != NULL)
		WR_TRY(wr_fault_pass(WR_FAULT_PG_COMMIT_BEGUN));
	WR_TRY(wr_pg_batch_put(commit->batch, commit->pg, commit->careful, &commit->refused));
	if (commit->mark == NULL)
		return NULL;
	WR_TRY(wr_fault_pass(WR_FAULT_PG_ROWS_SENT));
	WR_TRY(write_mark(commit));
	return wr_fault_pass(WR_FAULT_PG_MARK_WRITTEN);
}

/* One transaction; as short as it can be. */
static wr_status *put_transaction(struct commit *commit)
{
	struct wr_pg *pg = commit->pg;
	bool plain = commit->mark == NULL && !commit->careful && !commit->dry &&
		     !wr_pg_batch_is_many(commit->batch);
	bool done = false;

	if (plain) /* one statement is a transaction */
		return wr_pg_batch_put(commit->batch, pg, false, &commit->refused);
	WR_TRY(wr_pg_exec(pg, "BEGIN", NULL));
	WR_TRY(put_marked(commit, &done));
	if (done || commit->dry)
		return wr_pg_exec(pg, "ROLLBACK", NULL);
	WR_TRY(wr_pg_exec(pg, "COMMIT", NULL));
	return commit->mark != NULL ? wr_fault_pass(WR_FAULT_PG_COMMITTED) : NULL;
}

/* An attempt, for the loop of retries. */
static wr_status *attempt(void *user)
{
	struct commit *commit = user;
	wr_status *status;

	for (;;) {
		wr_pg_refusals_clear(&commit->refused);
		WR_TRY(wr_pg_connect(commit->pg));
		status = put_transaction(commit);
		if (status == NULL)
			return NULL;
		bool refuses = wr_pg_refuses_row(commit->pg) && status->class != WR_RETRY;
		wr_pg_close(commit->pg); /* and with it what the transaction has done */
		if (!refuses || commit->careful ||
		    (commit->mark != NULL && commit->sink->host->refusals_fail))
			return status;
		wr_status_free(status);
		commit->careful = true;
	}
}

/* --- putting what has been written
 * ------------------------------------------------------------------ */

/* Puts the batch, waiting as long as it takes. */
static wr_status *flush_batch(struct wr_sink *sink)
{
	struct commit commit = {.sink = sink, .pg = &sink->pg, .batch = &sink->batch};
	enum wr_retry_end end;
	wr_status *status;

	if (sink->batch.rows == 0)
		return NULL;
	if (sink->exact) {
		if (sink->mark.count == 0)
			wr_commit_mark_begin(&sink->mark, &sink->base, env_of(sink));
		else
			wr_commit_mark_next(&sink->mark);
		commit.mark = &sink->mark;
	}
	status = wr_retrying_run(&sink->retrying, attempt, &commit, &end);
	if (status != NULL && end == WR_RETRY_USED_UP && sink->dead_letters) {
		wr_pg_refusals_clear(&commit.refused);
		wr_pg_batch_refuse_all(&sink->batch, "unreachable", status->text, &commit.refused);
		wr_status_free(status);
		status = NULL;
	} else if (status != NULL && end == WR_RETRY_USED_UP) {
		status->class = WR_RESTART;
	}
	if (status == NULL) {
		wr_pg_batch_clear(&sink->batch);
		status = reject_all(sink, &commit.refused);
	}
	wr_pg_refusals_clear(&commit.refused);
	return status;
}

static bool is_due(const struct wr_sink *sink)
{
	return sink->batch.rows > 0 &&
	       ((sink->rows_max > 0 && sink->batch.rows >= sink->rows_max) ||
		sink->batch.bytes >= BATCH_BYTES_MAX ||
		wr_mono_us(env_of(sink)) - sink->first_us >= sink->interval_us);
}

wr_status *wr_pg_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	struct wr_pg_refusals *refused = chunk->own;
	uint64_t rows = chunk->rows - (refused != NULL ? refused->count : 0);

	WR_TRY(reject_left(sink));
	if (refused != NULL)
		WR_TRY(reject_all(sink, refused));
	if (chunk->bytes.len == 0)
		return NULL;
	if (sink->outbox != NULL) {
		WR_TRY(wr_outbox_wait(sink->outbox));
		wr_outbox_add(sink->outbox, (struct wr_str){chunk->bytes.data, chunk->bytes.len},
			      (uint32_t)rows);
		return NULL;
	}
	if (sink->batch.rows == 0)
		sink->first_us = wr_mono_us(env_of(sink));
	wr_pg_batch_add(&sink->batch, &chunk->bytes, rows);
	return sink->batch.rows >= sink->rows_max || sink->batch.bytes >= BATCH_BYTES_MAX
		   ? (is_due(sink) ? flush_batch(sink) : NULL)
		   : NULL;
}

wr_status *wr_pg_flush_sink(struct wr_sink *sink)
{
	WR_TRY(reject_left(sink));
	return is_due(sink) ? flush_batch(sink) : NULL;
}

wr_status *wr_pg_idle(struct wr_sink *sink, bool last)
{
	WR_TRY(reject_left(sink));
	return last || is_due(sink) ? flush_batch(sink) : NULL;
}

/* --- exactly once
 * ------------------------------------------------------------------------------------ */

/* The rows of an outbox as a batch. */
static wr_status *read_outbox(struct wr_outbox_reader *reader, struct wr_pg_batch *batch)
{
	struct wr_str record;

	for (;;) {
		struct wr_text bytes;

		WR_TRY(wr_outbox_next(reader, &record));
		if (record.data == NULL)
			return NULL;
		wr_text_init(&bytes);
		wr_text_add(&bytes, record.data, record.len);
		wr_pg_batch_add(batch, &bytes, 1);
	}
}

/* Puts what was prepared; `dry`: only to see what is refused. */
static wr_status *commit_bytes(struct wr_sink *sink, struct wr_pg *pg, struct wr_retrying *retrying,
			       const char *bytes, size_t len, const struct wr_commit_mark *mark,
			       struct wr_pg_refusals *refused)
{
	struct wr_outbox_reader reader;
	struct wr_pg_batch batch;
	struct commit commit = {.sink = sink, .pg = pg, .batch = &batch, .mark = mark};
	enum wr_retry_end end;
	wr_status *status = wr_outbox_open(&reader, bytes, len);

	commit.dry = mark == NULL;
	wr_pg_batch_init(&batch, &sink->table);
	if (status == NULL && reader.records > 0) {
		status = read_outbox(&reader, &batch);
		if (status == NULL)
			status = wr_retrying_run(retrying, attempt, &commit, &end);
	}
	*refused = commit.refused;
	wr_pg_batch_release(&batch);
	wr_outbox_close(&reader);
	return status;
}

/* The note: number of the outbox, 1 if refused rows were handed on, the mark. */
static void put_note(struct wr_text *out, uint64_t number, bool handed_on,
		     const struct wr_commit_mark *mark)
{
	wr_varint_put(out, number);
	wr_varint_put(out, handed_on);
	wr_commit_mark_put(mark, out);
}

static bool get_note(struct wr_str note, uint64_t *number, bool *handed_on,
		     struct wr_commit_mark *mark)
{
	const char *end = note.data + note.len, *at = wr_varint_get(note.data, end, number);
	uint64_t value = 0;

	if (at != NULL)
		at = wr_varint_get(at, end, &value);
	*handed_on = value != 0;
	return at != NULL && wr_commit_mark_get(mark, (struct wr_str){at, (size_t)(end - at)});
}

/* Step 7: hands on what the last commit will refuse. */
static wr_status *look_ahead(struct wr_sink *sink)
{
	struct wr_pg_refusals refused = {0};
	struct wr_text bytes;
	wr_status *status;

	wr_text_init(&bytes);
	(void)wr_outbox_take(sink->outbox, (struct wr_str){0}, &bytes);
	sink->takes++;
	status =
	    commit_bytes(sink, &sink->pg, &sink->retrying, bytes.data, bytes.len, NULL, &refused);
	if (status == NULL)
		status = reject_all(sink, &refused);
	wr_pg_refusals_clear(&refused);
	wr_text_release(&bytes);
	return status;
}

wr_status *wr_pg_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	bool ahead = last && !sink->host->refusals_fail;
	struct wr_text note;
	uint64_t number;

	WR_TRY(reject_left(sink));
	if (sink->outbox == NULL)
		return flush_batch(sink);
	if (ahead)
		WR_TRY(look_ahead(sink));
	if (sink->mark.count == 0)
		wr_commit_mark_begin(&sink->mark, &sink->base, env_of(sink));
	else
		wr_commit_mark_next(&sink->mark);
	wr_text_init(&note);
	put_note(&note, ++sink->takes, ahead, &sink->mark);
	number = wr_outbox_take(sink->outbox, (struct wr_str){note.data, note.len}, out);
	WR_REQUIRE(number == sink->takes);
	wr_text_release(&note);
	return NULL;
}

/* Whether the commit was prepared by this run (and not by the one that it goes on from). */
static bool is_own(const struct wr_sink *sink, const struct wr_commit_mark *mark)
{
	return sink->outbox != NULL && sink->mark.count > 0 &&
	       sink->mark.part[sink->mark.count - 1].run == mark->part[mark->count - 1].run;
}

wr_status *wr_pg_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	struct wr_pg_refusals refused = {0};
	struct wr_outbox_reader reader;
	struct wr_commit_mark mark;
	uint64_t number = 0;
	bool handed_on = false, readable = false;
	wr_status *status;

	if (len == 0) /* at least once */
		return NULL;
	status = wr_outbox_open(&reader, bytes, len);
	if (status == NULL)
		readable = get_note(reader.note, &number, &handed_on, &mark);
	wr_outbox_close(&reader);
	if (status != NULL)
		return status;
	if (!readable)
		return wr_status_new(WR_FATAL,
				     "What the checkpoint keeps of the sink '%s' is damaged",
				     sink->args->table);
	WR_TRY(commit_bytes(sink, &sink->commit_pg, &sink->commit_retrying, bytes, len, &mark,
			    &refused));
	if (handed_on) {
		wr_pg_refusals_clear(&refused);
	} else if (refused.count > 0) {
		pthread_mutex_lock(&sink->lock);
		WR_ASSERT(sink->refused.count == 0);
		wr_pg_refusals_clear(&sink->refused);
		sink->refused = refused;
		pthread_mutex_unlock(&sink->lock);
	}
	if (is_own(sink, &mark))
		wr_outbox_done(sink->outbox, number);
	return NULL;
}

wr_status *wr_pg_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	struct wr_outbox_reader reader;
	wr_status *status;
	uint64_t number;
	bool handed_on;

	if (len == 0)
		return NULL;
	status = wr_outbox_open(&reader, bytes, len);
	if (status == NULL && !get_note(reader.note, &number, &handed_on, &sink->base))
		status =
		    wr_status_new(WR_FATAL, "What the checkpoint keeps of the sink '%s' is damaged",
				  sink->args->table);
	wr_outbox_close(&reader);
	return status;
}

/* --- opening and closing
 * ------------------------------------------------------------------------------ */

/* The table of commits is there. */
static wr_status *make_commit_table(struct wr_sink *sink)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_printf(&sql,
		       "CREATE TABLE IF NOT EXISTS %s (sink text PRIMARY KEY, mark text NOT NULL, "
		       "rejects bytea, owner text NOT NULL, committed timestamptz NOT NULL)",
		       sink->commit_table);
	status = wr_pg_exec(&sink->pg, wr_text_str(&sql), NULL);
	if (status != NULL && wr_pg_refuses_row(&sink->pg)) { /* two sinks at the same moment */
		wr_status_free(status);
		status = wr_pg_exec(&sink->pg, wr_text_str(&sql), NULL);
	}
	wr_text_release(&sql);
	return status;
}

/* From now on only this run may commit. Waits for a commit of another one that is under way. */
static wr_status *take_over(struct wr_sink *sink)
{
	const char *value[2] = {sink->id, sink->owner};
	const int length[2] = {(int)strlen(sink->id), (int)strlen(sink->owner)};
	const Oid type[2] = {WR_PG_TEXT, WR_PG_TEXT};
	struct wr_pg_params params = {2, type, value, length, false};
	static const struct wr_commit_mark none;
	struct wr_text sql, mark;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_init(&mark);
	wr_commit_mark_put(&none, &mark);
	wr_text_printf(&sql,
		       "INSERT INTO %s AS e (sink, mark, owner, committed) VALUES ($1, '%s', $2, "
		       "now()) ON CONFLICT (sink) DO UPDATE SET owner = EXCLUDED.owner",
		       sink->commit_table, wr_text_str(&mark));
	status = wr_pg_exec_params(&sink->pg, wr_text_str(&sql), &params, NULL);
	wr_text_release(&mark);
	wr_text_release(&sql);
	return status;
}

/* The name of the sink, and of the table of commits. */
static void read_names(struct wr_sink *sink)
{
	const struct wr_options *options = sink->args->options;
	const char *name = wr_options_str(options, "sink.commit-table"), *dot;
	const char *id = wr_options_str(options, "sink.id");
	struct wr_commit_mark run;
	struct wr_text quoted;

	wr_text_init(&quoted);
	for (; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
		wr_pg_put_name(&quoted, wr_arena_strndup(&sink->arena, name, (size_t)(dot - name)));
		wr_text_putc(&quoted, '.');
	}
	wr_pg_put_name(&quoted, name);
	sink->commit_table = wr_arena_strdup(&sink->arena, wr_text_str(&quoted));
	wr_text_release(&quoted);
	if (id == NULL)
		id = wr_arena_printf(&sink->arena, "%s/%s/%s", sink->host->job, sink->args->table,
				     sink->table.table.sql_name);
	sink->id = id;
	wr_commit_mark_begin(&run, &(struct wr_commit_mark){0}, env_of(sink));
	sink->owner = wr_arena_printf(&sink->arena, "%016" PRIx64, run.part[0].run);
}

static wr_status *open_retries(struct wr_sink *sink)
{
	const struct wr_options *options = sink->args->options;
	const struct wr_option_value *retries = wr_options_get(options, "sink.max-retries");
	struct wr_retry_options retry;

	WR_TRY(wr_retry_options_read(options, sink->args->table, sink->args->pos, &retry));
	if (retries->is_set && retry.attempts_max == 0)
		retry.attempts_max = (uint32_t)retries->number + 1;
	sink->dead_letters = retry.on_failure == WR_ON_FAILURE_DEAD_LETTER;
	wr_retrying_init(&sink->retrying, &retry, env_of(sink), sink->host);
	retry.attempts_max = 0; /* a commit has no other way to end */
	wr_retrying_init(&sink->commit_retrying, &retry, env_of(sink), sink->host);
	return NULL;
}

static wr_status *open_sink(struct wr_sink *sink)
{
	const struct wr_options *options = sink->args->options;
	struct wr_pg_access access = wr_jdbc_access(sink->args);
	struct wr_outbox_config config = {
	    .env = env_of(sink), .host = sink->host, .table = sink->args->table};

	sink->rows_max = (uint64_t)wr_options_i64(options, "sink.buffer-flush.max-rows");
	sink->interval_us = wr_options_i64(options, "sink.buffer-flush.interval") * 1000;
	sink->exact = wr_options_i64(options, "sink.delivery-guarantee") == 2;
	WR_TRY(open_retries(sink));
	WR_TRY(wr_pg_target_init(&sink->target, &sink->arena, sink->args, &access));
	wr_pg_init(&sink->pg, &sink->target, sink->host);
	wr_pg_init(&sink->commit_pg, &sink->target, sink->host);
	WR_TRY(wr_pg_connect_first(&sink->pg));
	WR_TRY(wr_pg_out_table_init(&sink->table, &sink->pg, &sink->arena, sink->args));
	wr_pg_batch_init(&sink->batch, &sink->table);
	if (!sink->exact)
		return NULL;
	read_names(sink);
	WR_TRY(make_commit_table(sink));
	WR_TRY(take_over(sink));
	if (!sink->host->checkpoints)
		return NULL;
	WR_TRY(wr_outbox_options_read(options, sink->args->table, sink->args->pos, &config));
	sink->outbox = wr_outbox_new(&config);
	return NULL;
}

static void sink_free(struct wr_sink *sink)
{
	wr_pg_batch_release(&sink->batch);
	wr_pg_refusals_clear(&sink->refused);
	wr_outbox_free(sink->outbox);
	wr_pg_out_table_release(&sink->table);
	if (sink->pg.target != NULL)
		wr_pg_release(&sink->pg);
	if (sink->commit_pg.target != NULL)
		wr_pg_release(&sink->commit_pg);
	pthread_mutex_destroy(&sink->lock);
	wr_arena_release(&sink->arena);
	wr_free(sink);
}

wr_status *wr_pg_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			   struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	wr_status *status;

	wr_arena_init(&sink->arena);
	pthread_mutex_init(&sink->lock, NULL);
	sink->args = args;
	sink->host = host;
	status = open_sink(sink);
	if (status != NULL) {
		sink_free(sink);
		sink = NULL;
	}
	*out = sink;
	return status;
}

wr_status *wr_pg_sink_close(struct wr_sink *sink, bool commit)
{
	wr_status *status = commit ? flush_batch(sink) : NULL;

	sink_free(sink);
	return status;
}

/* --- encoding, on the workers
 * -------------------------------------------------------------------------- */

wr_status *wr_pg_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->table = &sink->table;
	return NULL;
}

wr_status *wr_pg_encode_chunk(struct wr_writer *writer, const struct wr_batch *batch,
			      struct wr_chunk *chunk)
{
	struct wr_pg_refusals refused = {0};

	(void)wr_pg_out_encode(writer->table, batch, &chunk->bytes, &refused);
	if (refused.count > 0) {
		chunk->own = wr_malloc(sizeof refused);
		memcpy(chunk->own, &refused, sizeof refused);
	}
	return NULL;
}

void wr_pg_writer_free(struct wr_writer *writer)
{
	wr_free(writer);
}

void wr_pg_chunk_free(struct wr_chunk *chunk)
{
	if (chunk->own == NULL)
		return;
	wr_pg_refusals_clear(chunk->own);
	wr_free(chunk->own);
	chunk->own = NULL;
}
