/* SPDX-License-Identifier: Apache-2.0
 *
 * rate_limiter - a token bucket for each customer, asked by the program and answered in
 * microseconds: an inline job, so that the question is answered on the caller's thread.
 *
 *     cc rate_limiter.c $(pkg-config --cflags --libs weir) -o rate_limiter
 *     ./rate_limiter 100000
 *
 * asks for 1,000 customers in turn, prints how many questions were allowed and how long an answer
 * took. A bucket that is not used for ten minutes is forgotten (TTL): it would be full again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weir/weir.h>

#define CUSTOMERS 1000
#define BURST     20.0 /* tokens of a full bucket */
#define PER_MS    0.01 /* tokens that come back: 10 a second */

struct bucket {
	double tokens;
	int64_t at; /* when they were counted, ms; 0: a new bucket */
};

/* Appends whether the question of a row (customer) is allowed. */
static int on_question(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct bucket *bucket = weir_state_make(context, 0);
	struct weir_appender *out = weir_output(context);
	int64_t now = weir_now(context, WEIR_PROCESSING_TIME);
	bool allowed;

	(void)self;
	if (bucket->at == 0)
		bucket->tokens = BURST;
	else
		bucket->tokens += (double)(now - bucket->at) * PER_MS;
	if (bucket->tokens > BURST)
		bucket->tokens = BURST;
	bucket->at = now;
	allowed = bucket->tokens >= 1;
	if (allowed)
		bucket->tokens -= 1;
	weir_append_value(out, row, 0);
	weir_append_bool(out, allowed);
	weir_append_end(out);
	return 0;
}

/* The answers: the sink of the flow. */
struct answers {
	bool last;
	uint64_t allowed;
};

static int on_answer(void *self, const struct weir_batch *batch)
{
	struct answers *answers = self;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++)
		weir_get_bool(weir_batch_row(batch, i), 1, &answers->last);
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Asks n times. */
static enum weir_code ask(struct weir_input *input, struct weir_job *job, struct answers *answers,
			  uint32_t n, struct weir_error **error)
{
	int64_t begin = now_ns();
	enum weir_code code = WEIR_OK;

	for (uint32_t i = 0; i < n && code == WEIR_OK; i++) {
		struct weir_appender *question = weir_input_appender(input);

		weir_append_i64(question, i % CUSTOMERS);
		weir_append_end(question);
		code = weir_input_push(input, WEIR_INPUT_WAIT, error);
		if (code == WEIR_OK)
			code = weir_job_poll(job, error); /* on_answer has been called */
		answers->allowed += answers->last;
	}
	printf("%u questions, %llu allowed; an answer took %.1f us\n", n,
	       (unsigned long long)answers->allowed, (double)(now_ns() - begin) / n / 1000);
	return code;
}

int main(int argc, char **argv)
{
	struct answers answers = {false, 0};
	struct weir_state bucket = {.size = sizeof bucket,
				    .name = "bucket",
				    .kind = WEIR_VALUE,
				    .columns = "tokens DOUBLE, counted_at BIGINT",
				    .value_size = sizeof(struct bucket),
				    .ttl_ms = 600000};
	struct weir_process limiter = {.size = sizeof limiter,
				       .name = "limiter",
				       .columns = "customer BIGINT, allowed BOOLEAN",
				       .state = &bucket,
				       .state_count = 1,
				       .element = on_question};
	struct weir_sink sink = {
	    .size = sizeof sink, .name = "answers", .user = &answers, .write = on_answer};
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = NULL;
	struct weir_input *input = NULL;
	struct weir_job *job = NULL;
	struct weir_error *error = NULL;
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	enum weir_code code = weir_execute(
	    session, "CREATE TABLE questions (customer BIGINT) WITH ('connector' = 'input')", NULL,
	    &error);

	if (code == WEIR_OK)
		code = weir_input_open(session, "questions", &input, &error);
	if (code == WEIR_OK) {
		flow = weir_flow_new(session, "rate limiter");
		weir_sink_to(
		    weir_process(weir_key_by(weir_from_sql(flow, "TABLE questions"), "customer"),
				 &limiter),
		    &sink);
		code = weir_flow_submit(flow, WEIR_JOB_INLINE, NULL, &job, &error);
	}
	if (code == WEIR_OK)
		code = ask(input, job, &answers, n, &error);
	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_job_free(job);
	weir_flow_free(flow);
	weir_input_free(input);
	weir_session_free(session);
	return (int)code;
}
