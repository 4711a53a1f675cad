/* SPDX-License-Identifier: Apache-2.0
 *
 * fraud_detector - flags an account that pays less than 1.00 and raises an alert when more than
 * 500.00 follow within a minute: a keyed process function with a value and a timer.
 *
 *     cc fraud_detector.c $(pkg-config --cflags --libs weir) -o fraud_detector
 *     ./fraud_detector payments.csv alerts checkpoints          by the times of the payments
 *     ./fraud_detector payments.csv alerts checkpoints clock    by the clock
 *
 * It makes checkpoints: killed at any moment and started again, it goes on from the last one, and
 * the folder `alerts` ends up with each alert once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weir/weir.h>

#define SMALL  1.00
#define LARGE  500.00
#define MINUTE 60000 /* ms */

/* What is remembered of an account after a small payment. */
struct flag {
	int64_t since; /* time of the payment */
	int64_t timer; /* when the flag goes */
};

enum { ACCOUNT, AMOUNT, AT }; /* columns of a payment */
enum { FLAG };                /* states */

static enum weir_time time_of(void *self)
{
	return *(enum weir_time *)self;
}

static int raise_alert(struct weir_context *context, const struct weir_row *payment)
{
	struct weir_appender *out = weir_output(context);

	weir_append_value(out, payment, ACCOUNT);
	weir_append_value(out, payment, AMOUNT);
	weir_append_value(out, payment, AT);
	weir_append_end(out);
	return 0;
}

static void clear(struct weir_context *context, enum weir_time time, const struct flag *flag)
{
	weir_timer_delete(context, time, flag->timer);
	weir_state_clear(context, FLAG);
}

static int on_payment(void *self, struct weir_context *context, const struct weir_row *payment)
{
	enum weir_time time = time_of(self);
	int64_t now = time == WEIR_EVENT_TIME ? weir_timestamp(context) : weir_now(context, time);
	struct flag *flag = weir_state_get(context, FLAG);
	double amount = 0;

	weir_get_f64(payment, AMOUNT, &amount);
	if (flag != NULL) {
		if (amount > LARGE && now - flag->since <= MINUTE)
			raise_alert(context, payment);
		clear(context, time, flag);
	}
	if (amount < SMALL) {
		flag = weir_state_make(context, FLAG);
		flag->since = now;
		flag->timer = now + MINUTE;
		weir_timer_set(context, time, flag->timer);
	}
	return 0;
}

/* A minute has passed without a large payment. */
static int on_timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	(void)self, (void)time_ms, (void)time;
	weir_state_clear(context, FLAG);
	return 0;
}

static const char tables[] =
    "SET 'execution.checkpointing.dir' = '${checkpoints}';"
    "SET 'execution.checkpointing.interval' = '100 ms';"
    "SET 'execution.state-recovery.path' = 'latest';"
    "CREATE TABLE payments (account BIGINT, amount DOUBLE, ts TIMESTAMP(3),"
    "  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)"
    "  WITH ('connector' = 'filesystem', 'path' = '${payments}', 'format' = 'csv');"
    "CREATE TABLE alerts (account BIGINT, amount DOUBLE, ts TIMESTAMP(3))"
    "  WITH ('connector' = 'filesystem', 'path' = '${alerts}', 'format' = 'csv');";

static enum weir_code run(struct weir_session *session, enum weir_time time,
			  struct weir_error **error)
{
	struct weir_state flag = {.size = sizeof flag,
				  .name = "flag",
				  .kind = WEIR_VALUE,
				  .columns = "since BIGINT, timer BIGINT",
				  .value_size = sizeof(struct flag)};
	struct weir_process detector = {.size = sizeof detector,
					.name = "detector",
					.columns = "account BIGINT, amount DOUBLE, ts TIMESTAMP(3)",
					.state = &flag,
					.state_count = 1,
					.element = on_payment,
					.timer = on_timer,
					.user = &time};
	struct weir_flow *flow;
	struct weir_stream *payments;
	enum weir_code code = weir_execute(session, tables, NULL, error);

	if (code != WEIR_OK)
		return code;
	flow = weir_flow_new(session, "fraud");
	payments = weir_from_sql(flow, "TABLE payments");
	weir_insert_into(weir_process(weir_key_by(payments, "account"), &detector), "alerts");
	code = weir_flow_run(flow, NULL, error);
	weir_flow_free(flow);
	return code;
}

int main(int argc, char **argv)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	bool clock = argc > 4 && strcmp(argv[4], "clock") == 0;
	enum weir_code code;

	if (argc < 4) {
		fprintf(stderr, "usage: %s PAYMENTS.csv ALERTS CHECKPOINTS [clock]\n", argv[0]);
		return 2;
	}
	weir_set_variable(session, "payments", argv[1]);
	weir_set_variable(session, "alerts", argv[2]);
	weir_set_variable(session, "checkpoints", argv[3]);
	code = run(session, clock ? WEIR_PROCESSING_TIME : WEIR_EVENT_TIME, &error);
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_session_free(session);
	return (int)code;
}
