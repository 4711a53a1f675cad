/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs over a connector that is made for this: a source with splits, whose blocks, claims and
 * confirmed positions the test can look at. What runs above it is the real thing.
 *
 * Row i of split s has the time i * step(s) milliseconds; each block has BLOCK_ROWS rows of one
 * split. 'order' = 'apart' gives all of split 0 before anything of split 1, and so on, so that one
 * watermark for all of them would make nearly every row late.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* A script's text and what a connector reads from have one name. */
#define wr_source wr_script_source
#include "sql/source.h"
#undef wr_source

#include "base/mem.h"
#include "data/builder.h"
#include "engine/prepared.h"
#include "engine/session.h"

#define SPLITS_MAX 8
#define BLOCK_ROWS 10
#define CLAIMS_MAX 100000

/* What a claim handed out, for the tests. */
struct claim {
	char table;                /* first letter of its name */
	uint32_t split;            /* of the block */
	uint64_t number;           /* of its first row within the split */
	uint64_t asked;            /* rows_max */
	int64_t lowest_ms, own_ms; /* as the view said */
};

static struct claim claims[CLAIMS_MAX];
static uint32_t claim_count, confirm_count;
static uint32_t seek_count;  /* to another place than the one before */
static uint64_t sought_rows; /* the last one */
static char confirmed[256];

struct wr_source {
	const struct wr_connector_args *args;
	uint32_t splits;         /* number of them */
	uint64_t rows;           /* of each split */
	uint64_t at[SPLITS_MAX]; /* next row of each */
	bool ended[SPLITS_MAX];  /* its end was told */
	uint32_t last;           /* split of the last block */
	bool apart, ends, bad;   /* options */
	uint64_t connects;       /* claims that find nothing before the first block */

	struct wr_host *host;
	/* 'fed': a thread makes rows available one by one, and wakes. */
	bool fed;
	pthread_t feeder;
	atomic_ullong fed_rows;   /* of split 0 */
	atomic_ullong taken_rows; /* of split 0, by claims */
};

struct wr_reader {
	struct wr_source *source;
};

static const struct wr_option parts_options[] = {
    {.name = "splits", .type = WR_OPTION_INT, .fallback = "2", .min = 1, .max = SPLITS_MAX},
    {.name = "rows", .type = WR_OPTION_INT, .fallback = "100", .min = 0, .max = 1000000},
    {.name = "order", .type = WR_OPTION_STRING, .fallback = "lowest"},
    {.name = "ends", .type = WR_OPTION_BOOL, .fallback = "true"},
    {.name = "fed", .type = WR_OPTION_BOOL, .fallback = "false"},
    {.name = "bad", .type = WR_OPTION_BOOL, .fallback = "false"},
    {.name = "connects", .type = WR_OPTION_INT, .fallback = "0", .min = 0, .max = 1000},
};

/* The next row comes when the one before has been taken and the job, very likely, sleeps. */
static void *feed(void *argument)
{
	struct wr_source *source = argument;

	for (uint64_t i = 0; i < source->rows; i++) {
		while (atomic_load(&source->taken_rows) < i && !wr_host_stopping(source->host))
			source->args->env->ops->sleep_us(source->args->env, 200);
		atomic_store(&source->fed_rows, i + 1);
		wr_host_wake(source->host);
	}
	return NULL;
}

static wr_status *parts_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->args = args;
	source->host = host;
	source->splits = (uint32_t)wr_options_i64(args->options, "splits");
	source->rows = (uint64_t)wr_options_i64(args->options, "rows");
	source->apart = strcmp(wr_options_str(args->options, "order"), "apart") == 0;
	source->ends = wr_options_bool(args->options, "ends");
	source->bad = wr_options_bool(args->options, "bad");
	source->connects = (uint64_t)wr_options_i64(args->options, "connects");
	source->fed = wr_options_bool(args->options, "fed");
	if (source->fed)
		assert_int_equal(pthread_create(&source->feeder, NULL, feed, source), 0);
	*out = source;
	return NULL;
}

static int64_t view_of(const struct wr_claim_ask *ask, uint32_t split)
{
	return split < ask->split_count ? ask->split[split].watermark_ms : WR_WATERMARK_MIN;
}

/* The split to read, or UINT32_MAX. */
static uint32_t choose(const struct wr_source *source, const struct wr_claim_ask *ask)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t k = 1; k <= source->splits; k++) {
		uint32_t i = source->apart ? k - 1 : (source->last + k) % source->splits;

		if (source->at[i] == source->rows)
			continue;
		if (source->apart)
			return i;
		if (i < ask->split_count && ask->split[i].held)
			continue;
		if (best == UINT32_MAX || view_of(ask, i) < view_of(ask, best))
			best = i;
	}
	return best;
}

static void note_claim(const struct wr_source *source, const struct wr_claim_ask *ask,
		       uint32_t split)
{
	struct claim *claim = &claims[claim_count++];

	WR_REQUIRE(claim_count < CLAIMS_MAX);
	*claim = (struct claim){.table = source->args->table[0],
				.split = split,
				.number = source->at[split],
				.asked = ask->rows_max,
				.lowest_ms = INT64_MAX,
				.own_ms = view_of(ask, split)};
	for (uint32_t i = 0; i < ask->split_count; i++)
		if (source->at[i] < source->rows)
			claim->lowest_ms = WR_MIN(claim->lowest_ms, ask->split[i].watermark_ms);
}

static wr_status *parts_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	uint32_t split = choose(source, ask);
	uint64_t rows = ask->rows_max > 0 ? WR_MIN(ask->rows_max, BLOCK_ROWS) : BLOCK_ROWS,
		 left = 0;

	ask->split_total = source->splits;
	if (source->connects > 0) {
		source->connects--;
		ask->wait_us = 5000;
		*result = WR_CLAIM_WAIT;
		return NULL;
	}
	for (uint32_t i = 0; i < source->splits; i++)
		left += source->rows - source->at[i];
	if (source->fed && split == 0 && source->at[0] == atomic_load(&source->fed_rows)) {
		ask->wait_us = INT64_C(3600000000); /* an hour, unless somebody wakes */
		*result = WR_CLAIM_WAIT;
		return NULL;
	}
	if (source->fed)
		rows = atomic_load(&source->fed_rows) - source->at[0];
	if (split == UINT32_MAX) {
		*result = left == 0 ? WR_CLAIM_END : WR_CLAIM_WAIT;
		return NULL;
	}
	note_claim(source, ask, split);
	*out = wr_calloc(1, sizeof **out);
	(*out)->split = split;
	(*out)->origin = source->args->table;
	(*out)->from = source->at[split];
	(*out)->to = source->at[split] = WR_MIN(source->at[split] + rows, source->rows);
	(*out)->split_ends = source->ends && (*out)->to == source->rows;
	if (source->fed)
		atomic_store(&source->taken_rows, source->at[0]);
	source->last = split;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

static wr_status *parts_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->source = source;
	return NULL;
}

static void parts_reader_free(struct wr_reader *reader)
{
	wr_free(reader);
}

/* Columns: split INT, number INT, ts TIMESTAMP(3). */
static struct wr_column *make_column(const struct wr_block *block, const struct wr_field *field,
				     uint32_t rows)
{
	struct wr_builder *builder = wr_builder_new(field->type, rows);
	struct wr_column *column;

	for (uint64_t i = block->from; i < block->from + rows; i++) {
		if (strcmp(field->name, "ts") == 0)
			wr_builder_i64(builder, (int64_t)(i * (block->split + 1)));
		else
			wr_builder_i32(builder,
				       field->name[0] == 's' ? (int32_t)block->split : (int32_t)i);
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static wr_status *parts_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out)
{
	const struct wr_connector_args *args = reader->source->args;
	uint32_t rows = (uint32_t)WR_MIN(block->to - block->from, args->max_rows);

	*out = NULL;
	if (rows == 0)
		return NULL;
	if (reader->source->bad && block->from == 20) {
		struct wr_bad_record *bad = wr_bad_list_add(&block->range.bad);

		bad->kind = "syntax";
		bad->span = 3;
		snprintf(bad->text, sizeof bad->text, "this is not a number");
	}
	*out = wr_batch_new(args->wanted_count, rows);
	for (uint32_t i = 0; i < args->wanted_count; i++)
		(*out)->column[i] = make_column(block, &args->schema->field[args->wanted[i]], rows);
	block->from += rows;
	return NULL;
}

static void parts_place(struct wr_source *source, const struct wr_block *block,
			const struct wr_bad_record *record, struct wr_place *place)
{
	place->is_message = true;
	place->partition = block->split;
	place->offset = 1000 + record->span;
	place->timestamp_ms = 86400000;
	place->key = (struct wr_str){"the key", 7};
	place->raw = (struct wr_str){"four", 4};
}

static void parts_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_free(block);
}

static wr_status *parts_position(struct wr_source *source, struct wr_text *out)
{
	for (uint32_t i = 0; i < source->splits; i++)
		wr_text_printf(out, "%llu ", (unsigned long long)source->at[i]);
	return NULL;
}

static wr_status *parts_seek(struct wr_source *source, const char *bytes, size_t len)
{
	unsigned long long at;
	uint64_t rows = 0;
	int used;

	for (uint32_t i = 0; i < source->splits; i++, bytes += used) {
		if (sscanf(bytes, "%llu %n", &at, &used) != 1)
			return wr_status_new(WR_FATAL, "damaged position");
		source->at[i] = at;
		rows += at;
	}
	/* An epoch that a slow machine left empty ends where the one before did. */
	seek_count += rows != sought_rows;
	sought_rows = rows;
	return NULL;
}

static void parts_confirm(struct wr_source *source, const char *bytes, size_t len)
{
	snprintf(confirmed, sizeof confirmed, "%.*s", (int)len, bytes);
	confirm_count++;
}

static void parts_close(struct wr_source *source)
{
	if (source->fed)
		pthread_join(source->feeder, NULL);
	wr_free(source);
}

static const struct wr_connector parts = {
    .name = "parts",
    .doc = "Splits, for tests.",
    .options = parts_options,
    .option_count = WR_COUNT(parts_options),
    .bounded = true,
    .source_open = parts_open,
    .claim = parts_claim,
    .place = parts_place,
    .reader_new = parts_reader_new,
    .decode = parts_decode,
    .reader_free = parts_reader_free,
    .block_free = parts_block_free,
    .position = parts_position,
    .seek = parts_seek,
    .splits = true,
    .confirm = parts_confirm,
    .source_close = parts_close,
};

/* --- running ------------------------------------------------------------------------------------
 */

/* What a run showed. */
struct shown {
	uint64_t rows, sum;    /* result rows, and the sum of their last column */
	uint64_t late, bad;    /* of the job */
	int64_t watermark[64]; /* distinct ones of the first marks */
	uint32_t watermark_count, marks;
	char error[512];
};

static wr_status *on_rows(void *user, const struct wr_batch *batch)
{
	struct shown *shown = user;
	const struct wr_column *last = batch->column[batch->column_count - 1];

	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i) & last->mask;

		shown->sum += last->phys == WR_P_I64 ? (uint64_t)WR_DATA(last, int64_t)[row] : 0;
	}
	shown->rows += wr_batch_count(batch);
	return NULL;
}

static wr_status *on_mark(void *user, const struct wr_mark *mark)
{
	struct shown *shown = user;
	uint32_t n = shown->watermark_count;

	shown->marks++;
	if (n < WR_COUNT(shown->watermark) &&
	    (n == 0 || shown->watermark[n - 1] != mark->watermark_ms))
		shown->watermark[shown->watermark_count++] = mark->watermark_ms;
	return NULL;
}

static void on_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	struct shown *shown = user;

	shown->late = stats->rows_late;
	shown->bad = stats->rows_bad;
}

/* Runs a script; `workers`, and after `every` epochs a restore (0: none). */
static void run(const char *script, const char *workers, const char *every, struct shown *shown)
{
	struct wr_listener listener = {
	    .result_rows = on_rows, .result_mark = on_mark, .job_end = on_end, .user = shown};
	struct wr_session *session = wr_session_new(&listener);
	const struct wr_connector *connectors[64] = {&parts};
	struct wr_variables variables = {0};
	wr_status *status;

	*shown = (struct shown){0};
	for (uint32_t i = 0; session->registry.connectors[i] != NULL; i++)
		connectors[i + 1] = session->registry.connectors[i];
	session->registry.connectors = connectors;
	assert_null(wr_session_set(session, "parallelism.default", workers));
	assert_null(wr_session_set(session, "weir.test.restore-every", every));
	claim_count = confirm_count = seek_count = 0;
	sought_rows = 0;
	status = wr_session_script(session, (struct wr_str){script, strlen(script)}, &variables,
				   WR_SCRIPT_RUN);
	if (status != NULL)
		snprintf(shown->error, sizeof shown->error, "%s", status->text);
	wr_status_free(status);
	wr_session_free(session);
}

#define TABLE(name, options)                                                                       \
	"CREATE TABLE " name " (split INT, number INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "  \
	"WITH ('connector' = 'parts'" options ");\n"
#define WINDOWS                                                                                    \
	"SELECT window_start, COUNT(*) FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '0.010' "     \
	"SECOND(1, 3)) GROUP BY window_start, window_end;\n"

static const char *const worker_counts[] = {"1", "2", "5"};

static void test_splits_far_apart_lose_no_row(void **unused)
{
	static const char script[] =
	    TABLE("t", ", 'splits' = '3', 'rows' = '200', 'order' = 'apart', 'ends' = 'false'")
		WINDOWS;
	struct shown shown;

	for (size_t i = 0; i < WR_COUNT(worker_counts); i++) {
		run(script, worker_counts[i], "0", &shown);
		assert_string_equal(shown.error, "");
		assert_int_equal(shown.late, 0);
		assert_int_equal(shown.sum, 600);
		assert_int_equal(shown.rows, 60); /* the last split's times reach 597 */
	}
}

static void test_watermark_is_that_of_the_lowest_split(void **unused)
{
	struct shown shown;

	/* Split 0 ends at 29, split 1 at 58, split 2 at 87; nobody ends before all have. */
	run(TABLE("t", ", 'splits' = '3', 'rows' = '30', 'order' = 'apart', 'ends' = 'false'")
		WINDOWS,
	    "1", "0", &shown);
	assert_int_equal(shown.watermark[0], WR_WATERMARK_MIN);
	assert_int_equal(shown.watermark[1], 27); /* split 2 at last: 9 * 3 */
	assert_int_equal(shown.watermark[2], 29); /* held back by split 0 */
	assert_int_equal(shown.watermark[3], WR_WATERMARK_MAX);
	assert_int_equal(shown.watermark_count, 4);
	/* A split that has ended holds nothing back. */
	run(TABLE("t", ", 'splits' = '3', 'rows' = '30', 'order' = 'apart'") WINDOWS, "1", "0",
	    &shown);
	assert_int_equal(shown.watermark[0], WR_WATERMARK_MIN);
	assert_int_equal(shown.watermark[1], 27);
	assert_int_equal(shown.watermark[2], 57);
	assert_int_equal(shown.watermark[3], WR_WATERMARK_MAX);
}

static void test_checkpoints_keep_the_watermark_of_each_split(void **unused)
{
	static const char script[] =
	    TABLE("t", ", 'splits' = '3', 'rows' = '100', 'order' = 'apart', 'ends' = 'false'")
		WINDOWS;
	struct shown shown;

	for (size_t i = 0; i < WR_COUNT(worker_counts); i++) {
		run(script, worker_counts[i], "4", &shown);
		assert_string_equal(shown.error, "");
		assert_int_equal(shown.late, 0);
		assert_int_equal(shown.sum, 300);
		assert_true(seek_count >= 6);
		assert_true(confirm_count >= seek_count);
		assert_string_equal(confirmed, "100 100 100 ");
	}
}

static void test_alignment_holds_what_is_ahead(void **unused)
{
	struct shown shown;
	uint32_t held = 0;

	/* Split 3 runs four times as fast: claimed in turns it would be far ahead. */
	run(TABLE("t", ", 'splits' = '4', 'rows' = '400', "
		       "'scan.watermark.alignment.group' = 'g', "
		       "'scan.watermark.alignment.max-drift' = '45 ms'") WINDOWS,
	    "2", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.sum, 1600);
	for (uint32_t i = 0; i < claim_count; i++) {
		const struct claim *claim = &claims[i];

		if (claim->lowest_ms == WR_WATERMARK_MIN || claim->lowest_ms == INT64_MAX)
			continue;
		assert_true(claim->own_ms - claim->lowest_ms <= 45);
		held++;
	}
	assert_true(held > 20);
}

static void test_alignment_spans_tables(void **unused)
{
	struct shown shown;
	uint64_t slow = 0, ahead = 0;

	/* One split each; f's times are no faster, but its blocks would all be claimed at once. */
	run("CREATE TABLE s (split INT, number INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "
	    "WITH ('connector' = 'parts', 'splits' = '1', 'rows' = '2000', "
	    "'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '60 "
	    "ms');"
	    "CREATE TABLE f (split INT, number INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "
	    "WITH ('connector' = 'parts', 'splits' = '1', 'rows' = '2000', "
	    "'scan.watermark.alignment.group' = 'g', 'scan.watermark.alignment.max-drift' = '60 "
	    "ms');"
	    "SELECT a.number FROM s a JOIN f b ON a.number = b.number;",
	    "1", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 2000);
	for (uint32_t i = 0; i < claim_count; i++) {
		if (claims[i].table == 's')
			slow = claims[i].number;
		else if (claims[i].number > slow + 60 + 2 * BLOCK_ROWS)
			ahead++;
	}
	assert_int_equal(ahead, 0);
}

static void test_rate_limit_asks_for_little(void **unused)
{
	struct shown shown;

	run(TABLE(
		"t",
		", 'splits' = '1', 'rows' = '30', 'scan.rate-limit' = '250'") "SELECT CAST(number "
									      "AS BIGINT) FROM t;",
	    "2", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 30);
	assert_true(claim_count >= 6);
	for (uint32_t i = 0; i < claim_count; i++)
		assert_in_range(claims[i].asked, 1, 5); /* of 20 ms */
}

static void test_priority_reads_the_higher_first(void **unused)
{
	struct shown shown;
	uint64_t high = 0, low_before = 0;

	run(TABLE("l", ", 'splits' = '1', 'rows' = '3000'") TABLE(
		"h",
		", 'splits' = '1', 'rows' = '3000', 'scan.priority' = '7'") "SELECT CAST(number AS "
									    "BIGINT) FROM l UNION "
									    "ALL SELECT "
									    "CAST(number AS "
									    "BIGINT) FROM h;",
	    "1", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 6000);
	for (uint32_t i = 0; i < claim_count; i++) {
		high += claims[i].table == 'h';
		low_before += claims[i].table == 'l' && high < 300;
	}
	assert_int_equal(high, 300);
	/* One block in sixteen, and some more on a machine that is slow. */
	assert_in_range(low_before, 300 / 16 - 1, 60);
}

static void test_a_source_that_sleeps_is_woken(void **unused)
{
	struct shown shown;

	for (size_t i = 0; i < WR_COUNT(worker_counts); i++) {
		run(TABLE("t",
			  ", 'splits' = '1', 'rows' = '150', 'fed' = 'true'") "SELECT CAST(number "
									      "AS BIGINT) FROM t;",
		    worker_counts[i], "0", &shown);
		assert_string_equal(shown.error, "");
		assert_int_equal(shown.rows, 150);
		assert_int_equal(claim_count, 150);
	}
}

static void test_bad_message_has_its_place(void **unused)
{
	struct shown shown;

	run(TABLE(
		"t",
		", 'splits' = '2', 'rows' = '30', 'order' = 'apart', 'bad' = 'true'") "SELECT "
										      "CAST(number "
										      "AS BIGINT) "
										      "FROM t;",
	    "1", "0", &shown);
	assert_string_equal(shown.error,
			    "Table 't': bad row in topic 't', partition 0, offset 1003: "
			    "this is not a number\n  four");
	run(TABLE("t", ", 'splits' = '2', 'rows' = '30', 'order' = 'apart', 'bad' = 'true', "
		       "'error-handling.mode' = 'ignore'") "SELECT CAST(number AS BIGINT) FROM t;",
	    "2", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.bad, 2);
	assert_int_equal(shown.rows, 60);
}

static void test_restores_wait_for_a_source_that_connects(void **unused)
{
	static const char script[] =
	    TABLE("t", ", 'rows' = '40', 'connects' = '4'") "SELECT CAST(number AS BIGINT) FROM t;";
	static const char two[] = TABLE("t", ", 'rows' = '40', 'connects' = '4'")
	    TABLE("u", ", 'rows' = '20', 'scan.watermark.idle-timeout' = '10 ms'") //
	    "SELECT CAST(number AS BIGINT) FROM t UNION ALL SELECT CAST(number AS BIGINT) FROM u;";
	struct shown shown;

	run(script, "1", "1", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 80);
	assert_int_equal(seek_count, 8); /* after each block */
	run(script, "2", "3", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 80);
	for (size_t i = 0; i < WR_COUNT(worker_counts); i++) {
		run(two, worker_counts[i], "1", &shown);
		assert_string_equal(shown.error, "");
		assert_int_equal(shown.rows, 120);
	}
}

static void test_a_source_that_has_ended_hurries_nobody(void **unused)
{
	struct shown shown;

	run(TABLE("t", ", 'splits' = '1', 'rows' = '20', 'connects' = '20'")
		TABLE("u", ", 'splits' = '1', 'rows' = '20'") //
	    "SELECT CAST(number AS BIGINT) FROM t UNION ALL SELECT CAST(number AS BIGINT) FROM u;",
	    "1", "0", &shown);
	assert_string_equal(shown.error, "");
	assert_int_equal(shown.rows, 40);
	assert_in_range(shown.marks, 1, 10); /* as many as the longer one, or both, have blocks */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_splits_far_apart_lose_no_row),
	    cmocka_unit_test(test_watermark_is_that_of_the_lowest_split),
	    cmocka_unit_test(test_checkpoints_keep_the_watermark_of_each_split),
	    cmocka_unit_test(test_alignment_holds_what_is_ahead),
	    cmocka_unit_test(test_alignment_spans_tables),
	    cmocka_unit_test(test_rate_limit_asks_for_little),
	    cmocka_unit_test(test_priority_reads_the_higher_first),
	    cmocka_unit_test(test_a_source_that_sleeps_is_woken),
	    cmocka_unit_test(test_bad_message_has_its_place),
	    cmocka_unit_test(test_restores_wait_for_a_source_that_connects),
	    cmocka_unit_test(test_a_source_that_has_ended_hurries_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
