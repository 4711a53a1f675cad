/* SPDX-License-Identifier: Apache-2.0
 *
 * user_inputs - process functions with two inputs, broadcast states and side outputs, those without
 * keys, and what a program may do wrong.
 */
#include "user_case.h"

static void text_of_row(const struct weir_row *row, char *text, size_t size)
{
	const char *cmd;
	size_t len;

	assert_true(weir_get_bytes(row, 1, &cmd, &len));
	snprintf(text, size, "%.*s", (int)len, cmd);
}

static void say(struct weir_appender *out, int64_t k, const char *text)
{
	weir_append_i64(out, k);
	weir_append_text(out, text);
	weir_append_end(out);
}

static int64_t key_of(const struct weir_row *row)
{
	int64_t k = -1;

	(void)weir_get_i64(row, 0, &k);
	return k;
}

/* --- two keyed inputs share the state of a key */

static const struct weir_state count_state[] = {{.size = sizeof(struct weir_state),
						 .name = "seen",
						 .kind = WEIR_VALUE,
						 .columns = "a BIGINT, b BIGINT",
						 .value_size = 16}};

static int note_first(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t *seen = weir_state_make(context, 0);

	seen[0]++;
	weir_timer_set(context, WEIR_EVENT_TIME, weir_timestamp(context) + 10);
	return 0;
}
static int note_second(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t *seen = weir_state_make(context, 0);

	seen[1]++;
	return 0;
}
static int tell_both(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	const int64_t *seen = weir_state_get(context, 0);
	char text[80];

	snprintf(text, sizeof text, "%lld: %lld and %lld", (long long)time_ms,
		 seen != NULL ? (long long)seen[0] : -1, seen != NULL ? (long long)seen[1] : -1);
	say(weir_output(context), key_of(weir_key(context)), text);
	weir_state_clear(context, 0);
	return 0;
}

static void two_inputs_share_their_state(void **state)
{
	static const struct weir_process both = {.size = sizeof both,
						 .name = "both",
						 .columns = "k BIGINT, said STRING",
						 .state = count_state,
						 .state_count = 1,
						 .element = note_first,
						 .element2 = note_second,
						 .timer = tell_both};
	static const struct uc_row row[] = {{1, 10, "", 0}, {2, 11, "", 1}, {1, 12, "", 1},
					    {1, 13, "", 1}, {2, 14, "", 0}, {1, 40, "", 1}};
	const uint32_t workers[] = {1, 2, 5};
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t w = 0; w < WR_COUNT(workers); w++) {
		struct uc uc;
		struct uc_run run;

		uc_open(&uc, &both, true, 2, false);
		uc_start(&run, &uc, workers[w], w == 1 ? 1 : 4096, 2);
		must(uc_feed(&run, row, WR_COUNT(row)));
		assert_string_equal(uc_lines(&run, &text), "1 20: 1 and 3|2 24: 1 and 1");
		assert_int_equal(uc_keys(&run), 0);
		uc_stop(&run);
		uc_close(&uc);
	}
	wr_text_release(&text);
}

/* --- broadcast */

static const struct weir_state rules_states[] = {{.size = sizeof(struct weir_state),
						  .name = "rules",
						  .kind = WEIR_MAP,
						  .columns = "text STRING",
						  .value_size = sizeof(struct weir_bytes),
						  .key_columns = "k BIGINT",
						  .key_size = 8,
						  .broadcast = true},
						 {.size = sizeof(struct weir_state),
						  .name = "count",
						  .kind = WEIR_VALUE,
						  .columns = "n BIGINT",
						  .value_size = 8}};

static int apply_rules(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t rule = 1, *n = weir_state_make(context, 1);
	const struct weir_bytes *text = weir_map_get(context, 0, &rule);
	char said[120];

	++*n;
	snprintf(said, sizeof said, "%lld of %u: %.*s", (long long)*n, weir_state_count(context, 0),
		 text != NULL ? (int)text->size : 4, text != NULL ? text->data : "none");
	say(weir_output(context), key_of(row), said);
	return 0;
}
static int change_rules(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t rule = key_of(row);
	char text[64];

	assert_null(weir_key(context));
	text_of_row(row, text, sizeof text);
	if (strcmp(text, "drop") == 0)
		weir_map_remove(context, 0, &rule);
	else
		weir_state_bytes(context, 0, weir_map_put(context, 0, &rule), text, strlen(text));
	return 0;
}
static int change_from_keyed(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t rule = 1;
	struct weir_bytes *text = weir_map_put(context, 0, &rule);

	text->size = 0; /* there is something to write to */
	return 0;
}

static struct weir_process with_rules = {.size = sizeof with_rules,
					 .name = "with rules",
					 .columns = "k BIGINT, said STRING",
					 .state = rules_states,
					 .state_count = 2,
					 .element = apply_rules,
					 .element2 = change_rules};

static void broadcast_states_are_everywhere(void **state)
{
	static const struct uc_row row[] = {
	    {1, 1, "a rule that is longer than others", 1},
	    {7, 1, "other", 1},
	    {1, 2, "", 0},
	    {2, 2, "", 0},
	    {3, 2, "", 0},
	    {4, 2, "", 0},
	};
	static const struct uc_row more[] = {
	    {7, 3, "drop", 1}, {1, 3, "b", 1}, {1, 4, "", 0}, {2, 4, "", 0}, {9, 4, "", 0}};
	const uint32_t workers[] = {1, 2, 5};
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t w = 0; w < WR_COUNT(workers); w++) {
		struct uc uc;
		struct uc_run run;

		uc_open(&uc, &with_rules, true, 2, true);
		uc_start(&run, &uc, workers[w], 4096, 100);
		must(uc_feed(&run, row, WR_COUNT(row)));
		uc_restore(&run, &uc, workers[2 - w]);
		must(uc_feed(&run, row + 4, 1));
		must(uc_feed(&run, more, WR_COUNT(more)));
		assert_string_equal(uc_lines(&run, &text),
				    "1 1 of 2: a rule that is longer than others|1 2 of 1: b"
				    "|2 1 of 2: a rule that is longer than others|2 2 of 1: b"
				    "|3 1 of 2: a rule that is longer than others"
				    "|3 2 of 2: a rule that is longer than others"
				    "|4 1 of 2: a rule that is longer than others|9 1 of 1: b");
		uc_stop(&run);
		uc_close(&uc);
	}
	wr_text_release(&text);
}

/* --- side outputs */

static int to_sides(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct weir_appender *out;
	int64_t k = key_of(row);

	say(weir_output(context), k, "main");
	out = weir_side_output(context, 1);
	weir_append_f64(out, (double)k / 2);
	weir_append_end(out);
	if (k == 2) {
		out = weir_side_output(context, 0);
		weir_append_i64(out, 100 + k);
		weir_append_bool(out, true);
		weir_append_end(out);
	}
	return 0;
}

static void side_outputs_have_columns_of_their_own(void **state)
{
	static const struct weir_side sides[] = {{"odd", "x BIGINT, y BOOLEAN"},
						 {"half", "h DOUBLE"}};
	static const struct weir_process process = {.size = sizeof process,
						    .name = "sides",
						    .columns = "k BIGINT, said STRING",
						    .side = sides,
						    .side_count = 2,
						    .element = to_sides};
	static const struct uc_row row[] = {{1, 1, "", 0}, {2, 1, "", 0}};
	struct wr_text text;
	struct uc uc;
	struct uc_run run;

	wr_text_init(&text);
	uc_open(&uc, &process, false, 1, false);
	uc_start(&run, &uc, 1, 4096, 100);
	must(uc_feed(&run, row, 2));
	assert_string_equal(uc_lines(&run, &text), "0 1 main|0 2 main|1 102 TRUE|2 0.5|2 1.0");
	uc_stop(&run);
	uc_close(&uc);
	wr_text_release(&text);
}

/* --- open and close */

static int opened, closed;

static int open_here(void *user, struct weir_context *context, void **self)
{
	uint32_t workers;

	assert_true(weir_worker(context, &workers) < workers);
	assert_null(weir_key(context));
	*self = &opened;
	opened++;
	return user != NULL ? weir_fail(context, "no %s", (const char *)user) : 0;
}
static int sees_itself(void *self, struct weir_context *context, const struct weir_row *row)
{
	assert_ptr_equal(self, &opened);
	return 0;
}
static void close_here(void *self)
{
	assert_ptr_equal(self, &opened);
	closed++;
}

static void instances_are_opened_and_closed(void **state)
{
	struct weir_process process = {.size = sizeof process,
				       .name = "instance",
				       .columns = "k BIGINT",
				       .open = open_here,
				       .element = sees_itself,
				       .close = close_here};
	static const struct uc_row row[] = {{1, 1, "", 0}, {2, 1, "", 0}};
	struct uc uc;
	struct uc_run run;
	wr_status *status;

	uc_open(&uc, &process, true, 1, false);
	uc_start(&run, &uc, 3, 4096, 100);
	must(uc_feed(&run, row, 2));
	assert_int_equal(uc_keys(&run), 0);
	uc_stop(&run);
	uc_close(&uc);
	assert_int_equal(opened, 3);
	assert_int_equal(closed, 3);
	process.user = "luck";
	uc_open(&uc, &process, true, 1, false);
	status = uc_try(&run, &uc, 1, 1, 1);
	assert_non_null(status);
	assert_string_equal(status->text, "'instance', open failed: no luck");
	wr_status_free(status);
	uc_stop(&run);
	uc_close(&uc);
	assert_int_equal(opened, closed);
}

/* --- bounded work */

#define EACH 90u

static int emit_much(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t k = key_of(row);

	for (uint32_t i = 0; i < EACH; i++)
		say(weir_output(context), k, "one of many");
	for (int64_t i = 0; i < 40; i++)
		weir_timer_set(context, WEIR_EVENT_TIME, 1000 + i);
	return 0;
}
static int emit_again(void *self, struct weir_context *context, int64_t time_ms,
		      enum weir_time time)
{
	say(weir_output(context), key_of(weir_key(context)), "timer");
	return 0;
}

static wr_status *count_rows(struct wr_out *out, struct wr_batch *batch)
{
	uint64_t *rows = out->target;

	assert_true(batch->rows <= 4096);
	*rows += batch->rows;
	out->rows += batch->rows;
	wr_batch_free(batch);
	return NULL;
}

static struct wr_batch *many_rows(const struct uc *uc, uint32_t rows)
{
	static struct uc_row row[4096];
	const struct uc_row *list[4096];
	int64_t watermark_ms[4096];

	for (uint32_t i = 0; i < rows; i++) {
		row[i] = (struct uc_row){.k = i, .ts = 10};
		list[i] = &row[i];
		watermark_ms[i] = 1;
	}
	return uc_batch(uc, list, watermark_ms, rows);
}

/* What comes out of a call is bounded; what is left waits for the next one. */
static void much_is_emitted_in_pieces(void **state)
{
	static const struct weir_process process = {.size = sizeof process,
						    .name = "much",
						    .columns = "k BIGINT, said STRING",
						    .element = emit_much,
						    .timer = emit_again};
	struct wr_mark mark = {.watermark_ms = 5000};
	uint64_t rows = 0, before = 0;
	uint32_t calls = 1;
	struct uc uc;
	struct uc_run run;
	struct wr_op *op;
	bool more = true;

	uc_open(&uc, &process, true, 1, false);
	uc_start(&run, &uc, 1, 4096, 4096);
	op = run.op[0];
	op->out = (struct wr_out){.emit = count_rows, .target = &rows};
	must(op->type->process(op, 0, many_rows(&uc, 4000)));
	assert_true(op->pending);
	assert_true(rows < 80000);
	must(op->type->process(op, 0, many_rows(&uc, 10))); /* what is above need not stop */
	for (; op->pending; calls++) {
		before = rows;
		must(op->type->resume(op));
		assert_true(rows - before < 80000);
	}
	assert_in_range(calls, 5, 8);
	for (calls = 0; more; calls++) {
		before = rows;
		more = false;
		must(op->type->on_mark(op, &mark, &more));
		assert_true(rows - before < 80000);
	}
	assert_in_range(calls, 3, 5);
	assert_int_equal(rows, 4010 * EACH + 4000 * 40);
	assert_int_equal(uc_keys(&run), 0);
	uc_stop(&run);
	uc_close(&uc);
}

/* --- what a program may do wrong */

static const struct weir_state some_states[] = {{.size = sizeof(struct weir_state),
						 .name = "one",
						 .kind = WEIR_VALUE,
						 .columns = "n BIGINT",
						 .value_size = 8},
						{.size = sizeof(struct weir_state),
						 .name = "many",
						 .kind = WEIR_LIST,
						 .columns = "n BIGINT",
						 .value_size = 8}};

static int do_wrong(void *self, struct weir_context *context, const struct weir_row *row)
{
	char cmd[64];

	text_of_row(row, cmd, sizeof cmd);
	if (strcmp(cmd, "index") == 0)
		assert_null(weir_state_get(context, 7));
	else if (strcmp(cmd, "kind") == 0)
		assert_null(weir_state_get(context, 1));
	else if (strcmp(cmd, "make") == 0)
		memset(weir_state_make(context, 9), 1, 8);
	else if (strcmp(cmd, "put") == 0)
		memset(weir_map_put(context, 0, "12345678"), 1, 8);
	else if (strcmp(cmd, "get") == 0)
		assert_null(weir_state_get(context, 0));
	else if (strcmp(cmd, "timer") == 0)
		weir_timer_set(context, WEIR_EVENT_TIME, 1);
	else if (strcmp(cmd, "time") == 0)
		weir_timer_set(context, (enum weir_time)5, 1);
	else if (strcmp(cmd, "side") == 0)
		weir_append_i64(weir_side_output(context, 2), 1);
	else if (strcmp(cmd, "half") == 0)
		weir_append_i64(weir_output(context), 1);
	else if (strcmp(cmd, "type") == 0)
		weir_append_bool(weir_output(context), true);
	else if (strcmp(cmd, "silent") == 0)
		return 5;
	else if (strcmp(cmd, "twice") == 0) {
		assert_null(weir_state_get(context, 7));
		assert_int_equal(weir_state_count(context, 0), 0);
	}
	return 0;
}

static void expect_wrong(bool keyed, const char *cmd, const char *expected)
{
	static const struct weir_process process = {.size = sizeof process,
						    .name = "wrong",
						    .columns = "k BIGINT, said STRING",
						    .state = some_states,
						    .state_count = 2,
						    .element = do_wrong};
	struct uc_row row = {.k = 1, .ts = 1};
	struct uc uc;
	struct uc_run run;
	wr_status *status;

	snprintf(row.cmd, sizeof row.cmd, "%s", cmd);
	uc_open(&uc, &process, keyed, 1, false);
	uc_start(&run, &uc, 1, 4096, 100);
	status = uc_feed(&run, &row, 1);
	assert_non_null(status);
	assert_string_equal(status->text, expected);
	wr_status_free(status);
	uc_stop(&run);
	uc_close(&uc);
}

static void mistakes_fail_with_their_reason(void **state)
{
	expect_wrong(true, "index", "'wrong', weir_state_get: there is no state 7");
	expect_wrong(true, "kind", "'wrong', weir_state_get: state 'many' is of kind WEIR_LIST");
	expect_wrong(true, "make", "'wrong', weir_state_make: there is no state 9");
	expect_wrong(true, "put", "'wrong', weir_map_put: state 'one' is of kind WEIR_VALUE");
	expect_wrong(false, "get",
		     "'wrong', weir_state_get: there is no key, and so no state 'one'");
	expect_wrong(true, "timer", "'wrong' sets or deletes a timer where there are none");
	expect_wrong(false, "timer", "'wrong' sets or deletes a timer where there is no key");
	expect_wrong(true, "time", "'wrong' sets or deletes a timer by a time of no kind (5)");
	expect_wrong(true, "side", "'wrong' has no side output 2");
	expect_wrong(true, "half", "'wrong', element: A row has 1 of its 2 values");
	expect_wrong(true, "type",
		     "'wrong', element: Column `k` of type BIGINT cannot take a boolean");
	expect_wrong(true, "silent",
		     "'wrong', element failed: the callback said no reason (weir_fail)");
	expect_wrong(true, "twice", "'wrong', weir_state_get: there is no state 7");
}

static void broadcast_states_are_read_only_elsewhere(void **state)
{
	static const struct uc_row row[] = {{1, 2, "", 0}};
	struct weir_process process = with_rules;
	struct uc uc;
	struct uc_run run;
	wr_status *status;

	process.element = change_from_keyed;
	uc_open(&uc, &process, true, 2, true);
	uc_start(&run, &uc, 1, 4096, 100);
	status = uc_feed(&run, row, 1);
	assert_non_null(status);
	assert_string_equal(status->text, "'with rules', weir_map_put: the broadcast state 'rules' "
					  "cannot be changed here");
	wr_status_free(status);
	uc_stop(&run);
	uc_close(&uc);
}

static void states_that_cannot_be_are_refused(void **state)
{
	static const struct {
		struct weir_state state;
		const char *expected;
	} bad[] = {
	    {{.name = "s", .kind = WEIR_LIST, .broadcast = true},
	     "State 's' of 'bad' is broadcast, but no WEIR_MAP"},
	    {{.name = "s", .kind = WEIR_REDUCING}, "State 's' of 'bad' has no function 'reduce'"},
	};

	for (uint32_t i = 0; i < WR_COUNT(bad); i++) {
		struct weir_state given = bad[i].state;
		struct weir_process process = {.size = sizeof process,
					       .name = "bad",
					       .columns = "k BIGINT",
					       .state = &given,
					       .state_count = 1,
					       .element = do_wrong};
		struct uc uc;
		struct uc_run run;
		wr_status *status;

		given.columns = "n BIGINT";
		given.value_size = 8;
		uc_open(&uc, &process, true, 1, false);
		status = uc_try(&run, &uc, 1, 1, 1);
		assert_non_null(status);
		assert_string_equal(status->text, bad[i].expected);
		wr_status_free(status);
		uc_stop(&run);
		uc_close(&uc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_inputs_share_their_state),
	    cmocka_unit_test(broadcast_states_are_everywhere),
	    cmocka_unit_test(side_outputs_have_columns_of_their_own),
	    cmocka_unit_test(instances_are_opened_and_closed),
	    cmocka_unit_test(much_is_emitted_in_pieces),
	    cmocka_unit_test(mistakes_fail_with_their_reason),
	    cmocka_unit_test(broadcast_states_are_read_only_elsewhere),
	    cmocka_unit_test(states_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
