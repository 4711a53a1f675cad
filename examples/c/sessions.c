/* SPDX-License-Identifier: Apache-2.0
 *
 * sessions - visits of a web page, by windows with a trigger of one's own: a session ends ten
 * minutes after its last click, but a purchase shows it at once.
 *
 *     cc sessions.c $(pkg-config --cflags --libs weir) -o sessions && ./sessions clicks.csv
 *
 * prints a line for each result: user, begin and end of the session, clicks so far, bought or not.
 */
#include <stdio.h>
#include <string.h>

#include <weir/weir.h>

enum { USER, PAGE, AT }; /* columns of a click */

struct visit {
	int64_t clicks;
	bool bought;
};

static bool is_purchase(const struct weir_row *click)
{
	const char *page;
	size_t len;

	return weir_get_bytes(click, PAGE, &page, &len) && len == 4 && memcmp(page, "/buy", 4) == 0;
}

/* --- the trigger: at the session's end, and at each purchase */

static int on_click(void *user, struct weir_context *context, const struct weir_row *click,
		    const struct weir_span *window)
{
	(void)user;
	weir_timer_set(context, WEIR_EVENT_TIME, window->end - 1);
	return is_purchase(click) ? WEIR_FIRE : WEIR_CONTINUE;
}

static int on_end(void *user, struct weir_context *context, int64_t time_ms, enum weir_time time,
		  const struct weir_span *window)
{
	(void)user, (void)context;
	return time == WEIR_EVENT_TIME && time_ms == window->end - 1 ? WEIR_FIRE : WEIR_CONTINUE;
}

/* Two sessions have become one: its end is a later one. */
static int on_merged(void *user, struct weir_context *context, const struct weir_span *window)
{
	(void)user;
	weir_timer_set(context, WEIR_EVENT_TIME, window->end - 1);
	return WEIR_CONTINUE;
}

/* --- the accumulator */

static int count(void *user, struct weir_context *context, void *accumulator,
		 const struct weir_row *click)
{
	struct visit *visit = accumulator;

	(void)user, (void)context;
	visit->clicks++;
	visit->bought = visit->bought || is_purchase(click);
	return 0;
}

static void merge(void *user, void *into, const void *from)
{
	struct visit *visit = into;
	const struct visit *other = from;

	(void)user;
	visit->clicks += other->clicks;
	visit->bought = visit->bought || other->bought;
}

static int show(void *user, struct weir_context *context, const struct weir_span *window,
		const void *accumulator)
{
	const struct visit *visit = accumulator;
	struct weir_appender *out = weir_output(context);

	(void)user;
	weir_append_value(out, weir_key(context), 0);
	weir_append_timestamp(out, window->start, 0);
	weir_append_timestamp(out, window->end, 0);
	weir_append_i64(out, visit->clicks);
	weir_append_bool(out, visit->bought);
	weir_append_end(out);
	return 0;
}

static const char tables[] =
    "CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3),"
    "  WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)"
    "  WITH ('connector' = 'filesystem', 'path' = '${clicks}', 'format' = 'csv');"
    "CREATE TABLE visits (user_id BIGINT, begin_at TIMESTAMP(3), end_at TIMESTAMP(3),"
    "  clicks BIGINT, bought BOOLEAN) WITH ('connector' = 'print')";

int main(int argc, char **argv)
{
	struct weir_trigger trigger = {.size = sizeof trigger,
				       .kind = WEIR_TRIGGER_OWN,
				       .element = on_click,
				       .timer = on_end,
				       .merged = on_merged};
	struct weir_window window = {
	    .size = sizeof window,
	    .name = "visits",
	    .columns = "user_id BIGINT, begin_at TIMESTAMP(3), end_at TIMESTAMP(3), clicks BIGINT, "
		       "bought BOOLEAN",
	    .assigner = WEIR_SESSION,
	    .time = WEIR_EVENT_TIME,
	    .gap_ms = 600000,
	    .trigger = &trigger,
	    .accumulator_columns = "clicks BIGINT, bought BOOLEAN",
	    .accumulator_size = sizeof(struct visit),
	    .accumulate = count,
	    .merge = merge,
	    .result = show};
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	enum weir_code code;

	weir_set_variable(session, "clicks", argc > 1 ? argv[1] : "clicks.csv");
	code = weir_execute(session, tables, NULL, &error);
	if (code == WEIR_OK) {
		struct weir_flow *flow = weir_flow_new(session, "visits");
		struct weir_stream *clicks = weir_from_sql(flow, "TABLE clicks");

		weir_insert_into(weir_window(weir_key_by(clicks, "user_id"), &window), "visits");
		code = weir_flow_run(flow, NULL, &error);
		weir_flow_free(flow);
	}
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_session_free(session);
	return (int)code;
}
