/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_mistakes - what a flow says when it is put together wrong, and how it explains itself.
 */
#include "flow.h"

static const char tables[] =
    "CREATE TABLE payments (id BIGINT, account BIGINT, amount DOUBLE, `at` TIMESTAMP(3), "
    "WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND) WITH ('connector' = 'datagen', "
    "'number-of-rows' = '10');"
    "CREATE TABLE plain (id BIGINT, account INT) WITH ('connector' = 'datagen', "
    "'number-of-rows' = '10');"
    "CREATE TABLE alerts (account BIGINT, text STRING) WITH ('connector' = 'filesystem', 'path' "
    "= '${DIR}/alerts', 'format' = 'json');"
    "CREATE VIEW ids AS SELECT id FROM plain;";

static int open_tables(void **state)
{
	flow_open(state);
	flow_sql(*state, tables);
	return 0;
}

static int row(void *user, const struct weir_row *in, struct weir_appender *out)
{
	return 0;
}

static int keep(void *user, const struct weir_row *in)
{
	return 1;
}

static int element(void *self, struct weir_context *context, const struct weir_row *in)
{
	return 0;
}

static int timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	return 0;
}

static int join(void *user, const struct weir_row *left, const struct weir_row *right,
		struct weir_appender *out)
{
	return 0;
}

static int start(void *user, struct weir_request *request, const struct weir_row *in)
{
	return 0;
}

struct flag {
	bool set;
	int64_t since;
};

static const struct weir_state flag_state[] = {{.size = sizeof(struct weir_state),
						.name = "flag",
						.kind = WEIR_VALUE,
						.columns = "`set` BOOLEAN, since BIGINT",
						.value_size = sizeof(struct flag)}};
static const struct weir_process detector = {.size = sizeof(struct weir_process),
					     .name = "detector",
					     .columns = "account BIGINT, text STRING",
					     .state = flag_state,
					     .state_count = 1,
					     .element = element,
					     .element2 = element,
					     .timer = timer};

/* The mistake of a stream that is made of payments (and of plain) by `make`. */
static void expect(struct flow_test *test,
		   void (*make)(struct weir_stream *payments, struct weir_stream *plain),
		   const char *text)
{
	struct weir_flow *flow = weir_flow_new(test->session, "wrong");

	make(weir_from_sql(flow, "TABLE payments"), weir_from_sql(flow, "TABLE plain"));
	flow_expect(flow, text);
	weir_flow_free(flow);
}

/* --- one mistake each --- */

#define MISTAKE(name, ...)                                                                         \
	static void name(struct weir_stream *payments, struct weir_stream *plain)                  \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}

MISTAKE(no_columns, weir_map(payments, "m", NULL, row, NULL))
MISTAKE(bad_type, weir_map(payments, "m", "a BIGNT", row, NULL))
MISTAKE(no_function, weir_flat_map(payments, "m", "a INT", NULL, NULL))
MISTAKE(no_name, weir_filter(payments, "", keep, NULL))
MISTAKE(no_key, weir_key_by(payments, "acount"))
MISTAKE(unlike, weir_union((struct weir_stream *[]){payments, plain}, 2))
MISTAKE(no_table, weir_insert_into(payments, "alert"))
MISTAKE(into_view, weir_insert_into(payments, "ids"))
MISTAKE(not_keyed, weir_process(payments, &detector))
MISTAKE(two_alike, weir_process(weir_key_by(payments, "account"), &detector);
	weir_process(weir_key_by(payments, "id"), &detector))
MISTAKE(no_side,
	weir_side_stream(weir_process(weir_key_by(payments, "account"), &detector), "late"))
MISTAKE(side_of_none, weir_side_stream(payments, "late"))
MISTAKE(key_types,
	weir_process2(weir_key_by(payments, "account"), weir_key_by(plain, "account"), &detector))
MISTAKE(one_key, weir_process2(weir_key_by(payments, "account"), plain, &detector))
MISTAKE(join_time, weir_interval_join(weir_key_by(payments, "id"), weir_key_by(plain, "id"), "j",
				      "a BIGINT", -10, 10, join, NULL))
MISTAKE(join_bounds, weir_interval_join(weir_key_by(payments, "id"), weir_key_by(payments, "id"),
					"j", "a BIGINT", 10, -10, join, NULL))
MISTAKE(first_counts,
	weir_map(weir_map(payments, "one", "a WHAT", row, NULL), "two", "b", row, NULL))

static void no_size(struct weir_stream *payments, struct weir_stream *plain)
{
	struct weir_async async = {.name = "ask", .columns = "a INT", .start = start};

	weir_async(payments, &async);
}

static void state_size(struct weir_stream *payments, struct weir_stream *plain)
{
	struct weir_state state = flag_state[0];
	struct weir_process process = detector;

	state.value_size = 12;
	process.state = &state;
	weir_process(weir_key_by(payments, "account"), &process);
}

static void window_size(struct weir_stream *payments, struct weir_stream *plain)
{
	struct weir_window window = {
	    .size = sizeof window, .name = "w", .columns = "n BIGINT", .assigner = WEIR_TUMBLING};

	weir_window(weir_key_by(payments, "account"), &window);
}

static int evicted(void *user, struct weir_context *context, const struct weir_span *window,
		   struct weir_elements *elements)
{
	return 0;
}

static void make_window(struct weir_stream *payments, int64_t slide_ms,
			const struct weir_trigger *trigger, const struct weir_evictor *evictor)
{
	struct weir_window window = {.size = sizeof window,
				     .name = "w",
				     .columns = "n BIGINT",
				     .assigner = WEIR_SLIDING,
				     .size_ms = (int64_t)1 << 40,
				     .slide_ms = slide_ms,
				     .trigger = trigger,
				     .evictor = evictor,
				     .process = evicted};

	weir_window(weir_key_by(payments, "account"), &window);
}

static void no_late_rows(struct weir_stream *payments, struct weir_stream *plain)
{
	struct weir_window window = {.size = sizeof window,
				     .name = "w",
				     .columns = "n BIGINT",
				     .assigner = WEIR_COUNT,
				     .count = 3,
				     .process = evicted};

	weir_side_stream(weir_window(weir_key_by(payments, "account"), &window), "late");
}

MISTAKE(window_slides, make_window(payments, 1, NULL, NULL))
MISTAKE(window_trigger,
	make_window(payments, (int64_t)1 << 40,
		    &(struct weir_trigger){.size = sizeof(struct weir_trigger), .kind = 99}, NULL))
MISTAKE(window_evictor,
	make_window(payments, (int64_t)1 << 40, NULL,
		    &(struct weir_evictor){.size = sizeof(struct weir_evictor), .kind = 99}))
MISTAKE(no_sink, weir_sink_to(payments, NULL))

static void mistakes_name_operator_and_argument(void **state)
{
	static const struct {
		void (*make)(struct weir_stream *payments, struct weir_stream *plain);
		const char *text;
	} cases[] = {
	    {no_columns, "The columns of weir_map 'm' are missing"},
	    {no_function, "weir_flat_map 'm': the function is missing"},
	    {no_name, "weir_filter '': the name is missing"},
	    {no_key, "weir_key_by: the columns, 'acount': There is no column 'acount'"},
	    {unlike, "weir_union: stream 1 has 4 columns, stream 2 has 2"},
	    {no_table, "There is no table or view 'alert'"},
	    {into_view, "'ids' is a view; only tables can be written"},
	    {not_keyed, "weir_process 'detector' has a timer, but its stream has no key"},
	    {two_alike, "weir_process 'detector': the flow has an operator 'detector' already"},
	    {no_side, "weir_side_stream: 'detector' has no side output 'late'"},
	    {side_of_none,
	     "weir_side_stream: the stream is not what weir_process, weir_process2 or "
	     "weir_window made"},
	    {no_late_rows,
	     "weir_side_stream: 'w' has global or count windows, for which no row is late"},
	    {key_types,
	     "weir_process2 'detector': key `account` is of type BIGINT, key `account` of "
	     "INT"},
	    {one_key, "weir_process2 'detector': the streams are keyed by 1 and 0 columns"},
	    {join_time, "weir_interval_join 'j' works by event time, but the second stream has no "
			"rowtime column"},
	    {join_bounds, "weir_interval_join 'j': lower_ms is more than upper_ms"},
	    {no_size, "weir_async: the struct has no size"},
	    {state_size,
	     "The columns of state 'flag' of weir_process 'detector', '`set` BOOLEAN, since "
	     "BIGINT': The struct of the program has 12 bytes, these columns 16"},
	    {window_size, "weir_window 'w': `size_ms` must be more than 0"},
	    {window_slides, "weir_window 'w': each row would belong to 1099511627776 windows"},
	    {window_trigger, "weir_window 'w': 99 is no enum weir_trigger_kind"},
	    {window_evictor, "weir_window 'w': 99 is no enum weir_evictor_kind"},
	    {no_sink, "The struct weir_sink is missing"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(*state, cases[i].make, cases[i].text);
}

/* What the SQL parser says is part of the sentence. */
static void mistakes_in_types_are_those_of_sql(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "wrong");
	struct weir_error *error = NULL;

	bad_type(weir_from_sql(flow, "TABLE payments"), NULL);
	assert_int_equal(weir_flow_check(flow, &error), WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "The columns of weir_map 'm', 'a BIGNT': "));
	weir_error_free(error);
	weir_flow_free(flow);
	flow = weir_flow_new(test->session, "wrong");
	first_counts(weir_from_sql(flow, "TABLE payments"), NULL);
	assert_int_equal(weir_flow_check(flow, &error), WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "weir_map 'one'"));
	weir_error_free(error);
	weir_flow_free(flow);
}

static void a_wrong_query_is_shown_in_its_place(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "wrong");
	struct weir_stream *stream = weir_from_sql(flow, "SELECT acount FROM payments");
	struct weir_error *error = NULL;

	assert_non_null(stream);
	assert_null(weir_stream_result(stream));
	weir_insert_into(weir_map(stream, "m", "a INT", row, NULL), "alerts");
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_SCRIPT);
	assert_string_equal(weir_error_text(error), "Column 'acount' not found in any table");
	assert_int_equal(weir_error_column(error), 8);
	assert_non_null(strstr(weir_error_report(error), "SELECT acount FROM payments"));
	weir_error_free(error);
	assert_int_equal(weir_to_table(stream, "t", &error), WEIR_ERROR_SCRIPT);
	weir_error_free(error);
	assert_null(weir_flow_explain(flow, &error));
	weir_error_free(error);
	weir_flow_free(flow);
}

static void a_flow_without_sinks_does_not_run(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "idle");
	struct weir_error *error = NULL;

	weir_from_sql(flow, "TABLE payments");
	assert_int_equal(weir_flow_check(flow, NULL), WEIR_OK);
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_SCRIPT);
	assert_string_equal(weir_error_text(error), "Nothing of flow 'idle' goes anywhere");
	weir_error_free(error);
	weir_flow_free(flow);
}

/* What only the plan can say. */
static void updates_are_refused_where_they_cannot_be_taken(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "updates");
	struct weir_error *error = NULL;
	struct weir_stream *stream = weir_from_sql(
	    flow,
	    "SELECT account, CAST(COUNT(*) AS STRING) AS text FROM payments GROUP BY account");

	weir_insert_into(weir_filter(stream, "all", keep, NULL), "alerts");
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "takes only new rows, but the aggregation"));
	weir_error_free(error);
	weir_flow_free(flow);
}

/* --- explain --- */

static void a_flow_explains_itself(void **state)
{
	static const struct weir_side side[] = {{"large", "id BIGINT"}};
	struct weir_process process = detector;
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "fraud");
	struct weir_error *error = NULL;
	struct weir_stream *stream;
	char *text;

	process.side = side;
	process.side_count = 1;
	stream = weir_filter(weir_from_sql(flow, "SELECT account, amount FROM payments"), "large",
			     keep, NULL);
	stream = weir_process(weir_key_by(stream, "account"), &process);
	weir_insert_into(stream, "alerts");
	weir_insert_into(weir_map(weir_side_stream(stream, "large"), "tell",
				  "account BIGINT, text STRING", row, NULL),
			 "alerts");
	text = weir_flow_explain(flow, &error);
	if (text == NULL)
		fail_msg("%s", weir_error_report(error));
	assert_non_null(strstr(text, "== Logical Plan ==\nSink(table=[alerts])\n  Project("));
	assert_non_null(strstr(text, "\n== Physical Plan ==\n"));
	assert_string_equal(
	    strstr(text, "== Physical Plan ==\n") + strlen("== Physical Plan ==\n"),
	    "Sink(table=[alerts]), changelogMode=[I]\n"
	    "  Calc(select=[account, text], where=[$side = 0]), changelogMode=[I]\n"
	    "    Process(name=[detector], key=[account], state=[flag], side=[large]), "
	    "changelogMode=[I]\n"
	    "      Exchange(distribution=[hash], keys=[account]), changelogMode=[I]\n"
	    "        Filter(name=[large]), changelogMode=[I]\n"
	    "          Calc(select=[account, amount]), changelogMode=[I]\n"
	    "            Scan(table=[payments], fields=[account, amount, at], watermark=[at AS at "
	    "- "
	    "INTERVAL '+0 00:00:05.000']), changelogMode=[I], rowtime=at\n"
	    "Sink(table=[alerts]), changelogMode=[I]\n"
	    "  Map(name=[tell]), changelogMode=[I]\n"
	    "    Calc(select=[large.id AS id], where=[$side = 1]), changelogMode=[I]\n"
	    "      Process(reused #3)\n"
	    "\n== Optimizer ==\n"
	    "projection-push-down, calc-merging\n");
	weir_free(text);
	weir_flow_free(flow);
}

static void views_of_streams_are_described_and_go(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "views");
	struct weir_stream *stream = weir_from_sql(flow, "SELECT id, `at` FROM payments");
	struct weir_error *error = NULL;

	stream = weir_map(stream, "same", "`at` TIMESTAMP(3), id BIGINT NOT NULL", row, NULL);
	assert_int_equal(weir_to_table(stream, "moved", NULL), WEIR_OK);
	assert_non_null(strstr(flow_sql(test, "DESCRIBE moved"), "TIMESTAMP(3) *ROWTIME*"));
	assert_non_null(strstr(flow_sql(test, "SHOW VIEWS"), "moved"));
	assert_non_null(strstr(flow_sql(test, "SHOW CREATE VIEW moved"), "weir_to_table"));
	assert_int_equal(weir_to_table(stream, "moved", &error), WEIR_ERROR_SCRIPT);
	assert_string_equal(weir_error_text(error), "A table or view 'moved' exists already");
	weir_error_free(error);
	weir_flow_free(flow);
	assert_null(strstr(flow_sql(test, "SHOW VIEWS"), "moved"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_tables, flow_close)
	const struct CMUnitTest tests[] = {
	    TEST(mistakes_name_operator_and_argument),
	    TEST(mistakes_in_types_are_those_of_sql),
	    TEST(a_wrong_query_is_shown_in_its_place),
	    TEST(a_flow_without_sinks_does_not_run),
	    TEST(updates_are_refused_where_they_cannot_be_taken),
	    TEST(a_flow_explains_itself),
	    TEST(views_of_streams_are_described_and_go),
	};

	return cmocka_run_group_tests_name("flow_mistakes", tests, NULL, NULL);
}
