/* SPDX-License-Identifier: Apache-2.0
 *
 * own_rows - SQL over rows that lie in the program's memory: a window over an array of structs.
 *
 *     cc own_rows.c $(pkg-config --cflags --libs weir) -o own_rows && ./own_rows
 */
#include <stdio.h>

#include <weir/weir.h>

/* What the program has. */
struct reading {
	const char *room;
	double celsius;
	int64_t at_ms;
};

static const struct reading readings[] = {
    {"kitchen", 20.5, 1000},  {"cellar", 11.0, 2000},   {"kitchen", 21.5, 30000},
    {"kitchen", 22.0, 61000}, {"cellar", 11.5, 118000}, {"cellar", 12.5, 119999},
};

static enum weir_code push(struct weir_input *input, struct weir_error **error)
{
	struct weir_appender *out = weir_input_appender(input);

	for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
		weir_append_text(out, readings[i].room);
		weir_append_f64(out, readings[i].celsius);
		weir_append_timestamp(out, readings[i].at_ms, 0);
		weir_append_end(out);
	}
	return weir_input_push(input, WEIR_INPUT_WAIT, error);
}

static int print_row(void *user, const struct weir_row *row)
{
	(void)user;
	return printf("%s  %-8s %s readings, %s on average\n", weir_get_text(row, 0),
		      weir_get_text(row, 1), weir_get_text(row, 2), weir_get_text(row, 3)) < 0;
}

int main(void)
{
	struct weir_handler handler = {.size = sizeof handler, .row = print_row};
	struct weir_session *session = weir_session_new();
	struct weir_input *input = NULL;
	struct weir_error *error = NULL;
	enum weir_code code =
	    weir_execute(session,
			 "CREATE TABLE readings (room STRING, celsius DOUBLE, ts TIMESTAMP(3),"
			 "  WATERMARK FOR ts AS ts) WITH ('connector' = 'input')",
			 NULL, &error);

	if (code == WEIR_OK)
		code = weir_input_open(session, "readings", &input, &error);
	if (code == WEIR_OK)
		code = push(input, &error);
	if (code == WEIR_OK) {
		weir_input_end(input);
		code = weir_execute(
		    session,
		    "SELECT window_start, room, COUNT(*), CAST(AVG(celsius) AS DECIMAL(4, 1)) "
		    "FROM TUMBLE(TABLE readings, DESCRIPTOR(ts), INTERVAL '1' MINUTE) "
		    "GROUP BY window_start, window_end, room",
		    &handler, &error);
	}
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_input_free(input);
	weir_session_free(session);
	return (int)code;
}
