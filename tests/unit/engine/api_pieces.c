/* SPDX-License-Identifier: Apache-2.0
 *
 * api_pieces - sources of the program that are read in pieces, several at a time, with a watermark
 * for each split; and sources that wake their job themselves.
 */
#include "ledger.h"

#define SPLITS  4u
#define SECONDS 10u /* of each split: a piece has one */
#define EACH    3u  /* rows of a split in a second */

/* Splits with the same seconds: all of the last one first, then all of the one before. */
struct pieces {
	uint32_t named; /* so far */
	uint32_t seeks;
	bool lies; /* it does not tell of splits before they come */
	int fail;  /* of read_piece: 1 without words, 2 with */
	/* beside_each_other */
	pthread_barrier_t *meet; /* NULL: not there */
};

static enum weir_code name_piece(void *self, struct weir_piece *piece, int64_t *wait_ms)
{
	struct pieces *pieces = self;
	uint32_t at = pieces->named;
	uint32_t name[2];

	assert_int_equal(piece->split_count, 1);
	assert_true(piece->max_rows > 0);
	if (!pieces->lies)
		piece->split_count = SPLITS;
	if (at == SPLITS * SECONDS)
		return WEIR_END;
	name[0] = SPLITS - 1 - at / SECONDS;
	name[1] = at % SECONDS;
	piece->split = pieces->lies ? at / SECONDS : name[0];
	piece->split_ends = name[1] == SECONDS - 1;
	weir_put(piece->name, name, sizeof name);
	pieces->named++;
	return WEIR_OK;
}

static int read_piece(void *self, const char *name, size_t size, struct weir_appender *out,
		      int64_t *watermark_ms)
{
	struct pieces *pieces = self;
	uint32_t at[2];

	assert_int_equal(size, sizeof at);
	memcpy(at, name, size);
	if (pieces->meet != NULL && at[0] == SPLITS - 1 && at[1] < 2)
		pthread_barrier_wait(pieces->meet);
	if (pieces->fail == 2)
		return weir_append_fail(out, "the disk is gone");
	if (pieces->fail == 1)
		return -1;
	for (uint32_t i = 0; i < EACH; i++) {
		weir_append_i64(out, at[1]);
		weir_append_timestamp(out, at[1] * 1000 + i, 0);
		weir_append_end(out);
	}
	*watermark_ms = at[1] * 1000 + 999;
	return 0;
}

static int pieces_position(void *self, struct weir_bytes_out *out)
{
	weir_put(out, &((struct pieces *)self)->named, sizeof(uint32_t));
	return 0;
}

static int pieces_seek(void *self, const char *bytes, size_t len)
{
	struct pieces *pieces = self;

	assert_int_equal(len, sizeof pieces->named);
	memcpy(&pieces->named, bytes, len);
	pieces->seeks++;
	return 0;
}

static int pieces_open(void *user, void **self)
{
	((struct pieces *)user)->named = 0;
	return 0;
}

static struct weir_source pieces_source(struct pieces *pieces, const char *columns)
{
	return (struct weir_source){.size = sizeof(struct weir_source),
				    .name = "pieces",
				    .columns = columns,
				    .user = pieces,
				    .open = pieces_open,
				    .piece = name_piece,
				    .read_piece = read_piece,
				    .position = pieces_position,
				    .seek = pieces_seek};
}

static const char by_rows[] = "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts";
static const char by_source[] = "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()";

/* Rows of all splits by second: the numbers of the seconds, if none is late; those are left out. */
static struct weir_flow *counts(struct weir_session *session, const struct weir_source *source,
				const struct weir_sink *sink)
{
	struct weir_flow *flow = weir_flow_new(session, "pieces");

	assert_int_equal(weir_to_table(weir_from_source(flow, source), "s", NULL), WEIR_OK);
	weir_sink_to(weir_from_sql(flow, "SELECT MAX(n) * COUNT(*) / 12 AS id FROM "
					 "TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1' "
					 "SECOND)) GROUP BY window_start, window_end"),
		     sink);
	return flow;
}

/* Whether no row was late. */
static bool run_counts(size_t v, struct pieces *pieces, const char *columns)
{
	struct weir_session *session = session_variant(v);
	struct ledger *ledger = ledger_new(true);
	struct weir_source source = pieces_source(pieces, columns);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = counts(session, &source, &sink);
	struct weir_error *error = NULL;
	int64_t sum = 0;

	if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	for (uint32_t i = 0; i < ledger->visible; i++)
		sum += ledger->row[i];
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
	return sum == SECONDS * (SECONDS - 1) / 2;
}

/* The lowest watermark of the splits counts, whatever the batches, workers and restores. */
static void a_watermark_each(void **state)
{
	for (size_t v = 0; v <= VARIANTS; v++) {
		struct pieces rows = {0}, told = {0};

		assert_true(run_counts(v, &rows, by_rows));
		assert_true(run_counts(v, &told, by_source));
		assert_true((rows.seeks > 0) == (v == VARIANTS));
	}
}

/* A source that hides its splits at first has rows that are late: what the test above is for. */
static void splits_unknown(void **state)
{
	struct pieces pieces = {.lies = true};

	assert_false(run_counts(2, &pieces, by_rows));
}

/* Two pieces wait for each other. */
static void beside_each_other(void **state)
{
	const char *const options[] = {"parallelism.default=2", NULL};
	struct weir_session *session = session_with(options);
	struct ledger *ledger = ledger_new(true);
	pthread_barrier_t meet;
	struct pieces pieces = {.meet = &meet};
	struct weir_source source = pieces_source(&pieces, by_rows);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = counts(session, &source, &sink);
	struct weir_error *error = NULL;

	pthread_barrier_init(&meet, NULL, 2);
	if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	ledger_expect(ledger, SECONDS);
	pthread_barrier_destroy(&meet);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
}

static void expect_failed(const struct weir_source *source, enum weir_code code, const char *text)
{
	const char *const options[] = {"restart-strategy.type=none", NULL};
	struct weir_session *session = session_with(options);
	struct ledger *ledger = ledger_new(true);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = weir_flow_new(session, "pieces");
	struct weir_error *error = NULL;

	weir_sink_to(weir_from_source(flow, source), &sink);
	assert_int_equal(weir_flow_run(flow, NULL, &error), code);
	if (strstr(weir_error_text(error), text) == NULL)
		fail_msg("%s", weir_error_text(error));
	weir_error_free(error);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
}

static enum weir_code name_many(void *self, struct weir_piece *piece, int64_t *wait_ms)
{
	piece->split = 1u << 20;
	return WEIR_OK;
}

static enum weir_code name_none(void *self, struct weir_piece *piece, int64_t *wait_ms)
{
	return WEIR_ERROR_JOB;
}

static void mistakes(void **state)
{
	struct pieces pieces = {.fail = 1}, tells = {.fail = 2};
	struct weir_source source = pieces_source(&pieces, "id BIGINT, ts TIMESTAMP(3)");

	expect_failed(&source, WEIR_ERROR_JOB, "Source 'pieces' failed in `read_piece`");
	source.user = &tells;
	expect_failed(&source, WEIR_ERROR_JOB, "the disk is gone");
	source.piece = name_many;
	expect_failed(&source, WEIR_ERROR_JOB, "more than 65536 splits");
	source.piece = name_none;
	expect_failed(&source, WEIR_ERROR_JOB, "Source 'pieces' failed in `piece`");
	source.piece = NULL;
	expect_failed(&source, WEIR_ERROR_SCRIPT, "one of `piece` and `read_piece`");
}

/* --- wakers */

#define TURNS 50

/* A row comes when the thread has made one; nobody asks for an hour. */
struct bell {
	atomic_uint made, read;
	struct weir_waker *waker;
	pthread_t thread;
	bool started;
};

static void *ring(void *user)
{
	struct bell *bell = user;

	for (uint32_t i = 0; i < TURNS; i++) {
		while (atomic_load(&bell->read) < i) /* the one before was read */
			usleep(10);
		atomic_store(&bell->made, i + 1);
		weir_wake(bell->waker);
	}
	return NULL;
}

static void bell_started(void *self, struct weir_waker *waker)
{
	struct bell *bell = self;

	assert_false(bell->started);
	bell->started = true;
	bell->waker = waker;
	pthread_create(&bell->thread, NULL, ring, bell);
}

static enum weir_code bell_read(void *self, struct weir_appender *out, uint32_t max_rows,
				int64_t *watermark_ms, int64_t *wait_ms)
{
	struct bell *bell = self;
	uint32_t read = atomic_load(&bell->read);

	assert_true(bell->started);
	if (read == atomic_load(&bell->made)) {
		*wait_ms = INT64_MAX;
		return WEIR_WOULD_BLOCK;
	}
	weir_append_i64(out, read);
	weir_append_end(out);
	atomic_store(&bell->read, read + 1);
	return read + 1 < TURNS ? WEIR_OK : WEIR_END;
}

static void bell_close(void *self)
{
	pthread_join(((struct bell *)self)->thread, NULL);
}

/* On one worker and on several, a wake-up is never lost. */
static void woken(void **state)
{
	for (size_t v = 0; v < VARIANTS; v++) {
		struct weir_session *session = session_variant(v);
		struct ledger *ledger = ledger_new(true);
		struct bell bell = {0};
		struct weir_source source = {.size = sizeof source,
					     .name = "bell",
					     .columns = "id BIGINT",
					     .user = &bell,
					     .read = bell_read,
					     .started = bell_started,
					     .close = bell_close};
		struct weir_sink sink = ledger_sink(ledger);
		struct weir_flow *flow = weir_flow_new(session, "bell");
		struct weir_error *error = NULL;

		weir_sink_to(weir_from_source(flow, &source), &sink);
		if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
			fail_msg("%s", weir_error_report(error));
		ledger_expect(ledger, TURNS);
		weir_flow_free(flow);
		weir_session_free(session);
		ledger_free(ledger);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_watermark_each),
	    cmocka_unit_test(splits_unknown),
	    cmocka_unit_test(beside_each_other),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(woken),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
