/* SPDX-License-Identifier: Apache-2.0
 *
 * testing - weir/testing.h: a session with a clock of its own, an inline job, inputs and sinks that
 * keep texts.
 *
 * The environment is the system's but for the clocks, which stand still until the test moves them,
 * and for sleeping, which moves them. Both clocks are one: the monotonic one is the time of day.
 */
#include "weir/testing.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/api_session.h"
#include "engine/recovery.h"
#include "sql/parser.h"
#include "sql/unparse.h"
#include "state/store_files.h"

/* The clock. */
struct clock_env {
	struct wr_env env; /* first: wr_env functions see this */
	struct wr_env_ops ops;
	int64_t now_us; /* since 1970 */
};

struct test_input {
	char *name; /* owned */
	struct weir_input *input;
	struct test_input *next;
};

struct test_output {
	struct weir_harness *harness;
	char *name;           /* owned */
	struct wr_text lines; /* since the last take */
	struct test_output *next;
};

struct weir_harness {
	struct clock_env clock;
	struct weir_session *session;
	struct weir_flow *flow; /* the harness's since start; NULL: none */
	struct weir_job *job;   /* NULL: not started */
	struct test_input *inputs;
	struct test_output *outputs;
	struct wr_text taken;     /* what the last take returned */
	struct wr_text snapshot;  /* path of the last one */
	char *folder;             /* of checkpoints; owned; removed at the end */
	uint32_t snapshots;       /* made so far */
	struct weir_error *error; /* the first mistake; NULL: none */
};

/* --- the clock */

static int64_t clock_now_us(struct wr_env *env)
{
	return ((struct clock_env *)env)->now_us;
}

static void clock_sleep_us(struct wr_env *env, int64_t us)
{
	((struct clock_env *)env)->now_us += WR_MAX(us, 0);
}

static void clock_init(struct clock_env *clock)
{
	clock->ops = *wr_env_system()->ops;
	clock->ops.mono_us = clock_now_us;
	clock->ops.wall_us = clock_now_us;
	clock->ops.sleep_us = clock_sleep_us;
	clock->env.ops = &clock->ops;
}

/* --- mistakes */

static bool failed(const struct weir_harness *harness)
{
	return harness->error != NULL;
}

/* Keeps a mistake in words; false. */
static bool mistake(struct weir_harness *harness, wr_status *status)
{
	if (harness->error == NULL)
		wr_error_give(&harness->error, WEIR_MISUSE, status, NULL);
	else
		wr_status_free(status);
	return false;
}

/* Keeps what a call came to; true: it went well. */
static bool keep(struct weir_harness *harness, enum weir_code code, struct weir_error **error)
{
	if (code == WEIR_OK || code == WEIR_END)
		return true;
	if (harness->error == NULL)
		harness->error = *error;
	else
		weir_error_free(*error);
	return false;
}

WR_PUBLIC const char *weir_harness_error(const struct weir_harness *harness)
{
	return harness->error != NULL ? weir_error_report(harness->error) : NULL;
}

/* --- the harness */

WR_PUBLIC struct weir_harness *weir_harness_new(void)
{
	struct weir_harness *harness = wr_calloc(1, sizeof *harness);
	wr_status *status;

	clock_init(&harness->clock);
	wr_text_init(&harness->taken);
	wr_text_init(&harness->snapshot);
	harness->session = weir_session_new();
	wr_session_use(harness->session->session, &harness->clock.env);
	status = wr_recovery_temporary(&harness->clock.env, &harness->folder);
	if (status != NULL) {
		mistake(harness, status);
		return harness;
	}
	weir_set_option(harness->session, "parallelism.default", "1", NULL);
	weir_set_option(harness->session, "execution.checkpointing.dir", harness->folder, NULL);
	weir_set_option(harness->session, "execution.checkpointing.interval", "3650 d", NULL);
	weir_set_option(harness->session, "restart-strategy.type", "none", NULL);
	return harness;
}

WR_PUBLIC void weir_harness_free(struct weir_harness *harness)
{
	struct test_input *input, *next_input;
	struct test_output *output, *next_output;

	if (harness == NULL)
		return;
	weir_job_free(harness->job);
	weir_flow_free(harness->flow);
	for (input = harness->inputs; input != NULL; input = next_input) {
		next_input = input->next;
		weir_input_free(input->input);
		wr_free(input->name);
		wr_free(input);
	}
	for (output = harness->outputs; output != NULL; output = next_output) {
		next_output = output->next;
		wr_text_release(&output->lines);
		wr_free(output->name);
		wr_free(output);
	}
	weir_session_free(harness->session);
	if (harness->folder != NULL)
		wr_store_remove(&harness->clock.env, harness->folder);
	wr_free(harness->folder);
	wr_text_release(&harness->taken);
	wr_text_release(&harness->snapshot);
	weir_error_free(harness->error);
	wr_free(harness);
}

WR_PUBLIC struct weir_session *weir_harness_session(struct weir_harness *harness)
{
	return harness->session;
}

/* --- inputs */

static bool open_input(struct weir_harness *harness, const char *name)
{
	struct test_input *input = wr_calloc(1, sizeof *input);
	struct weir_error *error = NULL;

	input->name = wr_strdup(name);
	input->next = harness->inputs;
	harness->inputs = input;
	return keep(harness, weir_input_open(harness->session, name, &input->input, &error),
		    &error);
}

/* The statement that makes its table; names are in quotes, whatever words they are. */
static wr_status *input_sql(const char *name, const char *columns, struct wr_text *out)
{
	const struct wr_ast_create_table *create;
	struct wr_ast_ident part = {.text = name};
	struct wr_ast_name whole = {.parts = &part, .count = 1};
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_parse_table_text(&arena, wr_str_of(columns), &create);
	if (status == NULL) {
		wr_unparse_create_table(create, &whole, out);
		wr_text_puts(out, " WITH ('connector' = 'input')");
	} else {
		status->pos = (struct wr_pos){0};
	}
	wr_arena_release(&arena);
	return status;
}

WR_PUBLIC struct weir_stream *weir_harness_input(struct weir_harness *harness,
						 struct weir_flow *flow, const char *name,
						 const char *columns)
{
	struct weir_error *error = NULL;
	struct weir_stream *stream;
	wr_status *status;
	struct wr_text sql;

	wr_text_init(&sql);
	status = input_sql(name, columns, &sql);
	if (status != NULL)
		mistake(harness, status);
	if (!failed(harness) &&
	    keep(harness, weir_execute(harness->session, sql.data, NULL, &error), &error))
		open_input(harness, name);
	wr_text_clear(&sql);
	wr_text_puts(&sql, "TABLE ");
	wr_unparse_ident(name, &sql);
	stream = weir_from_sql(flow, sql.data);
	wr_text_release(&sql);
	return stream;
}

/* The input of a name; NULL: a mistake. */
static struct test_input *find_input(struct weir_harness *harness, const char *name)
{
	if (failed(harness))
		return NULL;
	for (struct test_input *input = harness->inputs; input != NULL; input = input->next)
		if (strcmp(input->name, name) == 0)
			return input;
	mistake(harness,
		wr_status_hint(wr_status_new(WR_USER_ERROR, "The harness has no input '%s'", name),
			       "Make it by weir_harness_input"));
	return NULL;
}

/* Does all that can be done now. */
static bool settle(struct weir_harness *harness)
{
	struct weir_error *error = NULL;

	for (struct test_input *input = harness->inputs; input != NULL && !failed(harness);
	     input = input->next)
		keep(harness, weir_input_push(input->input, WEIR_INPUT_NO_WAIT, &error), &error);
	if (harness->job == NULL || failed(harness))
		return !failed(harness);
	return keep(harness, weir_job_poll(harness->job, &error), &error);
}

/* Appends the next value of a row in text, up to '|' or the end, to `value`; whether it is NULL. */
static const char *next_value(const char *at, struct wr_text *value, bool *null)
{
	const char *begin = at;

	for (; *at != '\0' && *at != '|'; at++) {
		if (*at == '\\' && at[1] == 'N') {
			wr_text_add(value, "NULL", 4);
			at++;
		} else if (*at == '\\' && at[1] != '\0') {
			wr_text_add(value, ++at, 1);
		} else {
			wr_text_add(value, at, 1);
		}
	}
	*null = at - begin == 4 && memcmp(begin, "NULL", 4) == 0;
	return at;
}

WR_PUBLIC bool weir_harness_push(struct weir_harness *harness, const char *name, const char *row)
{
	struct test_input *input = find_input(harness, name);
	struct weir_appender *out;
	struct wr_text value;
	bool null;

	if (input == NULL)
		return false;
	out = weir_input_appender(input->input);
	wr_text_init(&value);
	for (const char *at = row;; at++) {
		wr_text_clear(&value);
		at = next_value(at, &value, &null);
		weir_append_text(out, null ? NULL : wr_text_str(&value));
		if (*at == '\0')
			break;
	}
	weir_append_end(out);
	wr_text_release(&value);
	return settle(harness);
}

WR_PUBLIC struct weir_appender *weir_harness_appender(struct weir_harness *harness,
						      const char *name)
{
	struct test_input *input = find_input(harness, name);

	return input != NULL ? weir_input_appender(input->input) : NULL;
}

WR_PUBLIC bool weir_harness_watermark(struct weir_harness *harness, const char *name,
				      int64_t watermark_ms)
{
	struct test_input *input = find_input(harness, name);
	struct weir_error *error = NULL;

	return input != NULL && settle(harness) &&
	       keep(harness, weir_input_watermark(input->input, watermark_ms, &error), &error) &&
	       settle(harness);
}

WR_PUBLIC bool weir_harness_end(struct weir_harness *harness, const char *name)
{
	struct test_input *input = find_input(harness, name);

	if (input == NULL || !settle(harness))
		return false;
	weir_input_end(input->input);
	return settle(harness);
}

/* --- the clock, for the test */

WR_PUBLIC bool weir_harness_advance(struct weir_harness *harness, int64_t ms)
{
	if (failed(harness) || !settle(harness))
		return false;
	harness->clock.now_us += WR_MAX(ms, 0) * 1000;
	if (harness->job != NULL)
		wr_api_job_tick(harness->job);
	return settle(harness);
}

WR_PUBLIC int64_t weir_harness_now(const struct weir_harness *harness)
{
	return harness->clock.now_us / 1000;
}

/* --- outputs */

static int write_lines(void *self, const struct weir_batch *batch)
{
	struct test_output *output = self;
	uint32_t columns = weir_column_count(weir_batch_result(batch));

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		const struct weir_row *row = weir_batch_row(batch, i);

		wr_text_puts(&output->lines, wr_row_kind_str((uint8_t)weir_row_kind(row)));
		for (uint32_t c = 0; c < columns; c++) {
			const char *text = weir_get_text(row, c);

			wr_text_printf(&output->lines, "|%s", text != NULL ? text : "NULL");
		}
		wr_text_puts(&output->lines, "\n");
	}
	return 0;
}

WR_PUBLIC void weir_harness_output(struct weir_harness *harness, const char *name,
				   struct weir_stream *stream)
{
	struct test_output *output = wr_calloc(1, sizeof *output);
	struct weir_sink sink = {.size = sizeof sink,
				 .name = name,
				 .user = output,
				 .write = write_lines,
				 .accepts_changes = true};

	output->harness = harness;
	output->name = wr_strdup(name);
	wr_text_init(&output->lines);
	output->next = harness->outputs;
	harness->outputs = output;
	weir_sink_to(stream, &sink);
}

WR_PUBLIC const char *weir_harness_take(struct weir_harness *harness, const char *name)
{
	if (failed(harness) || !settle(harness))
		return NULL;
	for (struct test_output *output = harness->outputs; output != NULL; output = output->next) {
		if (strcmp(output->name, name) != 0)
			continue;
		wr_text_clear(&harness->taken);
		wr_text_add(&harness->taken, output->lines.data, output->lines.len);
		wr_text_clear(&output->lines);
		return wr_text_str(&harness->taken);
	}
	mistake(harness,
		wr_status_hint(wr_status_new(WR_USER_ERROR, "The harness has no output '%s'", name),
			       "Make it by weir_harness_output"));
	return NULL;
}

static bool compare(struct weir_harness *harness, const char *name, const char *got,
		    const char *expected)
{
	if (strcmp(got, expected) == 0)
		return true;
	return mistake(harness,
		       wr_status_new(WR_USER_ERROR, "Output '%s' has\n%sand not, as expected,\n%s",
				     name, got, expected));
}

WR_PUBLIC bool weir_harness_expect(struct weir_harness *harness, const char *name,
				   const char *expected)
{
	const char *got = weir_harness_take(harness, name);

	return got != NULL && compare(harness, name, got, expected);
}

static int compare_lines(const void *a, const void *b)
{
	const struct wr_str *x = a, *y = b;
	int order = memcmp(x->data, y->data, WR_MIN(x->len, y->len));

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* The lines of a text in order. */
static void sort_lines(const char *text, struct wr_text *out)
{
	struct wr_str *line = NULL;
	size_t count = 0;

	for (const char *at = text; *at != '\0'; count++) {
		size_t len = strcspn(at, "\n");

		line = wr_realloc(line, (count + 1) * sizeof *line);
		line[count] = (struct wr_str){at, len};
		at += len + (at[len] == '\n');
	}
	if (count > 0)
		qsort(line, count, sizeof *line, compare_lines);
	for (size_t i = 0; i < count; i++) {
		wr_text_add(out, line[i].data, line[i].len);
		wr_text_puts(out, "\n");
	}
	wr_free(line);
}

WR_PUBLIC bool weir_harness_expect_any_order(struct weir_harness *harness, const char *name,
					     const char *expected)
{
	const char *got = weir_harness_take(harness, name);
	struct wr_text got_sorted, expected_sorted;
	bool ok;

	if (got == NULL)
		return false;
	wr_text_init(&got_sorted);
	wr_text_init(&expected_sorted);
	sort_lines(got, &got_sorted);
	sort_lines(expected, &expected_sorted);
	ok = compare(harness, name, wr_text_str(&got_sorted), wr_text_str(&expected_sorted));
	wr_text_release(&got_sorted);
	wr_text_release(&expected_sorted);
	return ok;
}

/* --- the job */

WR_PUBLIC bool weir_harness_start(struct weir_harness *harness, struct weir_flow *flow)
{
	struct weir_error *error = NULL;

	if (harness->flow != NULL) {
		weir_flow_free(flow);
		return mistake(harness, wr_status_new(WR_USER_ERROR,
						      "The harness has started a flow already"));
	}
	harness->flow = flow;
	if (failed(harness))
		return false;
	return keep(harness, weir_flow_submit(flow, WEIR_JOB_INLINE, NULL, &harness->job, &error),
		    &error) &&
	       settle(harness);
}

WR_PUBLIC bool weir_harness_metrics(struct weir_harness *harness, struct weir_job_metrics *metrics)
{
	if (failed(harness) || !settle(harness))
		return false;
	if (harness->job == NULL)
		return mistake(harness,
			       wr_status_new(WR_USER_ERROR, "The harness has not been started"));
	weir_job_metrics(harness->job, metrics);
	return true;
}

/* The file beside a savepoint that says what time it was. */
static void clock_file(const char *savepoint, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s.clock", savepoint);
}

static wr_status *save_clock(struct weir_harness *harness, const char *savepoint)
{
	struct wr_text path, now;
	wr_status *status;

	clock_file(savepoint, &path);
	wr_text_init(&now);
	wr_text_printf(&now, "%lld", (long long)harness->clock.now_us);
	status = wr_env_write_file(&harness->clock.env, wr_text_str(&path), now.data, now.len);
	wr_text_release(&path);
	wr_text_release(&now);
	return status;
}

WR_PUBLIC const char *weir_harness_snapshot(struct weir_harness *harness)
{
	struct weir_error *error = NULL;
	wr_status *status;

	if (failed(harness) || !settle(harness))
		return NULL;
	if (harness->job == NULL) {
		mistake(harness, wr_status_new(WR_USER_ERROR, "The harness has not been started"));
		return NULL;
	}
	wr_text_clear(&harness->snapshot);
	wr_text_printf(&harness->snapshot, "%s/snapshot-%u", harness->folder, harness->snapshots++);
	if (!keep(harness,
		  weir_job_savepoint(harness->job, wr_text_str(&harness->snapshot), false, NULL,
				     &error),
		  &error))
		return NULL;
	status = save_clock(harness, wr_text_str(&harness->snapshot));
	if (status != NULL) {
		mistake(harness, status);
		return NULL;
	}
	return wr_text_str(&harness->snapshot);
}

WR_PUBLIC bool weir_harness_restore(struct weir_harness *harness, const char *savepoint)
{
	struct weir_error *error = NULL;
	struct wr_text path;
	char *now = NULL;
	wr_status *status;
	size_t len;

	if (failed(harness))
		return false;
	if (harness->job != NULL)
		return mistake(
		    harness, wr_status_new(WR_USER_ERROR, "The harness has been started already"));
	clock_file(savepoint, &path);
	status = wr_env_read_file(&harness->clock.env, wr_text_str(&path), 64, &now, &len);
	if (status == NULL)
		harness->clock.now_us = strtoll(now, NULL, 10);
	wr_status_free(status); /* a savepoint of a job has no such file */
	wr_free(now);
	wr_text_release(&path);
	return keep(
	    harness,
	    weir_set_option(harness->session, "execution.state-recovery.path", savepoint, &error),
	    &error);
}
