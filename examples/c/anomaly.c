/* SPDX-License-Identifier: Apache-2.0
 *
 * anomaly - a score for each measurement of a sensor: by how many standard deviations it differs
 * from the mean of those before it (running mean and variance by Welford's method).
 *
 *     cc anomaly.c $(pkg-config --cflags --libs weir) -lm -o anomaly && ./anomaly measurements.csv
 *
 * The scores become a table, from which SQL picks the outliers: a stream made of a table, and a
 * table made of a stream.
 */
#include <math.h>
#include <stdio.h>

#include <weir/weir.h>

#define ENOUGH 5 /* measurements before a score means anything */

enum { SENSOR, VALUE, AT }; /* columns of a measurement */

struct statistics {
	int64_t count;
	double mean;
	double squares; /* sum of squared differences from the mean */
};

static int on_measurement(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct statistics *all = weir_state_make(context, 0);
	struct weir_appender *out = weir_output(context);
	double value, before, deviation;

	(void)self;
	if (!weir_get_f64(row, VALUE, &value))
		return 0; /* NULL: the sensor was silent */
	deviation = all->count > 1 ? sqrt(all->squares / (double)(all->count - 1)) : 0;
	weir_append_value(out, row, SENSOR);
	weir_append_value(out, row, VALUE);
	if (all->count >= ENOUGH && deviation > 0)
		weir_append_f64(out, (value - all->mean) / deviation);
	else
		weir_append_null(out);
	weir_append_value(out, row, AT);
	weir_append_end(out);
	before = value - all->mean;
	all->count++;
	all->mean += before / (double)all->count;
	all->squares += before * (value - all->mean);
	return 0;
}

static int print_row(void *user, const struct weir_row *row)
{
	(void)user;
	return printf("sensor %s: %s at %s, score %s\n", weir_get_text(row, 0),
		      weir_get_text(row, 1), weir_get_text(row, 3), weir_get_text(row, 2)) < 0;
}

int main(int argc, char **argv)
{
	struct weir_state statistics = {.size = sizeof statistics,
					.name = "statistics",
					.kind = WEIR_VALUE,
					.columns = "number BIGINT, mean DOUBLE, squares DOUBLE",
					.value_size = sizeof(struct statistics)};
	struct weir_process score = {.size = sizeof score,
				     .name = "score",
				     .columns =
					 "sensor STRING, val DOUBLE, score DOUBLE, ts TIMESTAMP(3)",
				     .state = &statistics,
				     .state_count = 1,
				     .element = on_measurement};
	struct weir_handler handler = {.size = sizeof handler, .row = print_row};
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = weir_flow_new(session, "anomaly");
	struct weir_stream *measurements;
	struct weir_error *error = NULL;
	enum weir_code code;

	weir_set_variable(session, "path", argc > 1 ? argv[1] : "measurements.csv");
	code = weir_execute(session,
			    "CREATE TABLE measurements (sensor STRING, val DOUBLE, ts TIMESTAMP(3),"
			    "  WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem',"
			    "  'path' = '${path}', 'format' = 'csv')",
			    NULL, &error);
	if (code == WEIR_OK) {
		measurements = weir_from_sql(flow, "TABLE measurements");
		code = weir_to_table(weir_process(weir_key_by(measurements, "sensor"), &score),
				     "scores", &error);
	}
	if (code == WEIR_OK)
		code = weir_execute(
		    session,
		    "SELECT sensor, val, CAST(score AS DECIMAL(10, 1)), ts FROM scores "
		    "WHERE ABS(score) > 3",
		    &handler, &error);
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_flow_free(flow);
	weir_session_free(session);
	return (int)code;
}
