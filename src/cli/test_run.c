/* SPDX-License-Identifier: Apache-2.0
 *
 * test_run - see test_run.h.
 */
#include "cli/test_run.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview.h"
#include "engine/prepared.h"
#include "sql/diagnostic.h"
#include "sql/unparse.h"

#define VARIABLES_MAX 256
#define SECOND_US     INT64_C(1000000)
#define NAP_US        (3600 * SECOND_US) /* of the clock, when nothing is to be done */

/* --- the clock ----------------------------------------------------------------------------------
 */

static int64_t clock_now_us(struct wr_env *env)
{
	return ((struct wr_test_clock *)env)->now_us;
}

/* When the next record of an input arrives. */
static int64_t next_record_us(const struct wr_test_clock *clock)
{
	const struct wr_test_run *run = (const struct wr_test_run *)clock;
	int64_t next_us = INT64_MAX;

	for (const struct wr_test_input *input = run->test->input; input != NULL;
	     input = input->next)
		for (uint32_t i = 0; i < input->count; i++)
			if (input->record[i].at_us > clock->now_us)
				next_us = WR_MIN(next_us, input->record[i].at_us);
	return next_us;
}

/* Whoever looks again and again, and finds nothing, is made to wait until the next whole second:
 * there timers are usually due. */
static void clock_sleep_us(struct wr_env *env, int64_t us)
{
	struct wr_test_clock *clock = (struct wr_test_clock *)env;
	int64_t until_us = clock->now_us + WR_MAX(us, 0);

	if (clock->now_us - clock->busy_us > SECOND_US) {
		int64_t second_us = (clock->now_us / SECOND_US + 1) * SECOND_US;

		until_us = WR_MIN(WR_MAX(until_us, second_us), next_record_us(clock));
	}
	clock->now_us = WR_MAX(until_us, clock->now_us);
}

/* Everybody in turn. */
static uint32_t clock_pick(struct wr_env *env, uint32_t count)
{
	return ((struct wr_test_clock *)env)->turn++ % count;
}

static void clock_init(struct wr_test_clock *clock, int64_t now_ms)
{
	clock->ops = *wr_env_system()->ops;
	clock->ops.mono_us = clock_now_us;
	clock->ops.wall_us = clock_now_us;
	clock->ops.sleep_us = clock_sleep_us;
	clock->ops.pick = clock_pick;
	clock->env.ops = &clock->ops;
	clock->now_us = clock->busy_us = now_ms * 1000;
}

/* --- results of SELECTs -------------------------------------------------------------------------
 */

struct select {
	struct wr_test_run *run;
	struct wr_test_keeper *keeper; /* of the one under way; NULL: none is */
	struct wr_test_kept *kept;
	struct wr_text lines;
};

static wr_status *select_begin(void *user, const struct wr_schema *schema, bool updating,
			       bool ordered)
{
	struct select *select = user;
	struct wr_test_run *run = select->run;
	char name[24] = "select";

	const char *table = run->reading != NULL ? run->reading : name;

	if (run->reading == NULL && ++run->selects > 1)
		snprintf(name, sizeof name, "select-%u", run->selects);
	WR_TRY(wr_test_kept_open(run, table, &select->kept));
	return wr_test_keeper_new(run, table, schema, NULL, 0, wr_session_result_zone(run->session),
				  &select->keeper);
}

static wr_status *select_rows(void *user, const struct wr_batch *batch)
{
	struct select *select = user;

	wr_text_clear(&select->lines);
	WR_TRY(wr_test_keep(select->keeper, batch, &select->lines));
	return wr_test_kept_write(select->kept, &select->lines);
}

static wr_status *select_end(void *user)
{
	struct select *select = user;

	wr_test_keeper_free(select->keeper);
	select->keeper = NULL;
	return wr_test_kept_flush(select->kept);
}

static void job_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	struct wr_test_run *run = ((struct select *)user)->run;

	run->late += stats->rows_late;
	run->bad += stats->rows_bad;
	for (struct wr_test_kept *kept = run->kept; ok && kept != NULL; kept = kept->next)
		kept->base = kept->at;
}

static void notice(void *user, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* --- the run ------------------------------------------------------------------------------------
 */

static wr_status *set_all(struct wr_test_run *run)
{
	const struct wr_test_way *way = run->way;
	struct wr_session *session = run->session;
	char number[24];

	snprintf(number, sizeof number, "%u", way->workers);
	WR_TRY(wr_session_set(session, "parallelism.default", number));
	WR_TRY(wr_session_set(session, "restart-strategy.type", "none"));
	if (way->batch > 0) {
		snprintf(number, sizeof number, "%llu", (unsigned long long)way->batch);
		WR_TRY(wr_session_set(session, "weir.batch.max-rows", number));
	}
	for (const struct wr_test_pair *pair = run->test->setting; pair != NULL; pair = pair->next)
		WR_TRY(wr_session_set(session, pair->name, pair->value));
	if (way->crash) {
		WR_TRY(wr_session_set(session, "weir.test.restore-every", "1"));
		WR_TRY(wr_session_set(session, "restart-strategy.type", "fixed-delay"));
		WR_TRY(
		    wr_session_set(session, "restart-strategy.fixed-delay.attempts", "1000000000"));
		WR_TRY(wr_session_set(session, "restart-strategy.fixed-delay.delay", "1 ms"));
	}
	return NULL;
}

struct wr_registry *wr_test_registry(struct wr_test_run *run)
{
	return &run->session->registry;
}

void wr_test_stop(struct wr_test_run *run)
{
	wr_session_cancel(run->session);
}

/* Parses and checks a text in the run's session. */
static wr_status *prepare(struct wr_test_run *run, struct wr_str sql, struct wr_prepared *prepared)
{
	const char *names[VARIABLES_MAX], *values[VARIABLES_MAX];
	struct wr_variables variables = {names, values, 0};

	for (const struct wr_test_pair *pair = run->test->variable;
	     pair != NULL && variables.count < WR_COUNT(names); pair = pair->next) {
		names[variables.count] = pair->name;
		values[variables.count++] = pair->value;
	}
	return wr_session_prepare(run->session, sql, &variables, WR_SCRIPT_RUN, prepared);
}

wr_status *wr_test_prepare(struct wr_test_run *run, struct wr_prepared *prepared)
{
	return prepare(run, wr_str_of(run->test->sql), prepared);
}

static wr_status *run_script(struct wr_test_run *run, struct wr_str sql)
{
	struct wr_prepared prepared;
	wr_status *status = prepare(run, sql, &prepared);

	if (status == NULL)
		status = wr_run_script(&run->session->run, &prepared);
	wr_prepared_release(&prepared);
	return status;
}

/* Materialized tables are written to no stand-in: those that the case names are read once their
 * jobs have ended. */
static wr_status *read_materialized(struct wr_test_run *run)
{
	struct wr_mviews *views = run->session->views;
	const struct wr_test_output *output = run->test->output;
	wr_status *status = NULL;
	struct wr_text sql;

	wr_text_init(&sql);
	for (; views != NULL && output != NULL && status == NULL; output = output->next) {
		struct wr_mview *view = wr_mviews_find(views, output->table);

		if (view == NULL)
			continue;
		wr_mview_unref(view);
		wr_text_clear(&sql);
		wr_text_puts(&sql, "SELECT * FROM ");
		wr_unparse_ident(output->table, &sql);
		run->reading = output->table;
		status = run_script(run, (struct wr_str){sql.data, sql.len});
	}
	run->reading = NULL;
	wr_text_release(&sql);
	return status;
}

/* The result as lines; texts behind their lengths. */
static void write_result(const struct wr_test_run *run, const wr_status *status)
{
	struct wr_text out, path, shown;

	wr_text_init(&out);
	wr_text_init(&path);
	wr_text_init(&shown);
	wr_text_printf(&out, "%llu %llu %u\n", (unsigned long long)run->late,
		       (unsigned long long)run->bad, status != NULL ? status->pos.line : 0);
	if (status != NULL) {
		wr_sql_render_error(run->test->script != NULL ? run->test->script : run->test->path,
				    wr_str_of(run->test->sql), status, &shown);
		wr_text_printf(&path, "%s%s%s", status->text, status->hint != NULL ? "\n" : "",
			       status->hint != NULL ? status->hint : "");
	}
	wr_text_printf(&out, "%zu %zu\n%s%s", shown.len, path.len, wr_text_str(&shown),
		       wr_text_str(&path));
	for (const struct wr_test_kept *kept = run->kept; kept != NULL; kept = kept->next)
		wr_text_printf(&out, "%s\n", kept->name);
	wr_text_clear(&path);
	wr_text_printf(&path, "%s/result", run->folder);
	wr_status_free(wr_env_write_file(wr_env_system(), path.data, out.data, out.len));
	wr_text_release(&shown);
	wr_text_release(&path);
	wr_text_release(&out);
}

void wr_test_run(const struct wr_test_case *test, const struct wr_test_way *way, const char *folder)
{
	struct wr_test_run run = {.test = test, .way = way, .folder = folder};
	struct select select = {.run = &run};
	struct wr_listener listener = {.result_begin = select_begin,
				       .result_rows = select_rows,
				       .result_end = select_end,
				       .job_end = job_end,
				       .notice = notice,
				       .user = &select};
	wr_status *status = NULL;

	wr_arena_init(&run.arena);
	clock_init(&run.clock, test->clock_ms);
	run.session = wr_session_new(&listener);
	wr_session_use(run.session, &run.clock.env);
	run.session->run.nap_us = NAP_US;
	wr_test_stand_in(&run);
	for (struct wr_test_input *input = test->input; way->shuffle && input != NULL;
	     input = input->next)
		if (status == NULL)
			status = wr_test_shuffle(&run, input);
	if (status == NULL)
		status = set_all(&run);
	if (status == NULL)
		status = run_script(&run, wr_str_of(test->sql));
	if (status == NULL)
		status = read_materialized(&run);
	write_result(&run, status);
	wr_status_free(status);
	wr_test_keeper_free(select.keeper);
	wr_text_release(&select.lines);
	wr_session_free(run.session);
	wr_test_kept_release(&run);
	wr_arena_release(&run.arena);
}

/* --- what came of it ----------------------------------------------------------------------------
 */

/* The names behind the texts. */
static void read_names(struct wr_test_result *result, const char *at)
{
	for (; *at != '\0'; at += strcspn(at, "\n") + 1) {
		result->name =
		    wr_realloc(result->name, (result->name_count + 1) * sizeof *result->name);
		result->name[result->name_count++] = wr_strndup(at, strcspn(at, "\n"));
	}
}

wr_status *wr_test_result_read(struct wr_test_result *result, const char *folder)
{
	unsigned long long late, bad;
	size_t len, shown_len, cause_len;
	struct wr_text path;
	wr_status *status;
	char *text = NULL;
	int used = 0;

	*result = (struct wr_test_result){0};
	wr_text_init(&path);
	wr_text_printf(&path, "%s/result", folder);
	status = wr_env_read_file(wr_env_system(), path.data, WR_TEST_FILE_MAX, &text, &len);
	wr_text_release(&path);
	if (status != NULL)
		return status;
	if (sscanf(text, "%llu %llu %u\n%zu %zu%n", &late, &bad, &result->line, &shown_len,
		   &cause_len, &used) == 5 &&
	    (size_t)used + 1 + shown_len + cause_len <= len) {
		const char *at = text + used + 1;

		result->late = late;
		result->bad = bad;
		if (shown_len > 0) {
			result->error = wr_strndup(at, shown_len);
			result->cause = wr_strndup(at + shown_len, cause_len);
		}
		read_names(result, at + shown_len + cause_len);
	} else {
		status = wr_status_new(WR_FATAL, "The result of the run is damaged");
	}
	wr_free(text);
	return status;
}

void wr_test_result_release(struct wr_test_result *result)
{
	for (uint32_t i = 0; i < result->name_count; i++)
		wr_free(result->name[i]);
	wr_free(result->name);
	wr_free(result->error);
	wr_free(result->cause);
	*result = (struct wr_test_result){0};
}
