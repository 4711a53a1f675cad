/* SPDX-License-Identifier: Apache-2.0
 *
 * telemetry - see telemetry.h.
 */
#include "cli/telemetry.h"

#include <unistd.h>

#include "base/mem.h"
#include "engine/run.h"
#include "telemetry/otlp.h"

static const struct wr_option table[] = {WR_TELEMETRY_OPTION_ROWS};

struct wr_cli_telemetry {
	struct wr_arena arena; /* of the options */
	struct wr_options options;
	struct wr_run *run; /* the session's */
	struct wr_log *log;
	struct wr_otlp *otlp; /* NULL: nothing is exported */
	struct wr_metrics_of metrics;
	pthread_mutex_t lock;
	char name[256]; /* under lock: of the job that runs, or the last one; "": none has begun */
};

/* --- metrics ------------------------------------------------------------------------------------
 */

/* The job's name; false: none has begun. */
static bool take_name(struct wr_cli_telemetry *telemetry, char out[static 256])
{
	pthread_mutex_lock(&telemetry->lock);
	memcpy(out, telemetry->name, sizeof telemetry->name);
	pthread_mutex_unlock(&telemetry->lock);
	return out[0] != '\0';
}

void wr_cli_telemetry_job(struct wr_cli_telemetry *telemetry, const char *name)
{
	pthread_mutex_lock(&telemetry->lock);
	snprintf(telemetry->name, sizeof telemetry->name, "%s", name);
	pthread_mutex_unlock(&telemetry->lock);
}

/* The one job; what it has done counts when it has ended, too. */
static void each(void *own,
		 void (*each)(void *look, const char *id, const char *name, bool runs,
			      struct wr_run *run),
		 void *look)
{
	struct wr_cli_telemetry *telemetry = own;
	struct wr_job *job;
	char name[sizeof telemetry->name];

	if (!take_name(telemetry, name))
		return;
	job = wr_run_hold(telemetry->run);
	wr_run_let(telemetry->run);
	each(look, "", name, job != NULL, telemetry->run);
}

static struct wr_run *hold(void *own, const char *id)
{
	return ((struct wr_cli_telemetry *)own)->run;
}

static void let(void *own, struct wr_run *run)
{
}

static void more(void *own, struct wr_metrics *metrics)
{
	wr_otlp_metrics(((struct wr_cli_telemetry *)own)->otlp, metrics);
}

/* --- open and close -----------------------------------------------------------------------------
 */

static void say(void *own, const char *text)
{
	wr_cli_telemetry_say(own, WR_LOG_WARN, 0, text, NULL);
}

static wr_status *read_options(struct wr_cli_telemetry *telemetry, const struct wr_command *command)
{
	for (uint32_t i = 0; i < command->setting_count; i++)
		if (wr_telemetry_is_option(command->setting[i].key))
			WR_TRY(wr_options_set(&telemetry->options, command->setting[i].key,
					      command->setting[i].value));
	return wr_telemetry_environment(&telemetry->options);
}

static wr_status *export(struct wr_cli_telemetry *telemetry)
{
	const struct wr_otlp_for what = {.options = &telemetry->options,
					 .metrics = &telemetry->metrics,
					 .say = say,
					 .user = telemetry};

	WR_TRY(wr_otlp_open(&what, &telemetry->otlp));
	telemetry->run->tracer = wr_otlp_tracer(telemetry->otlp);
	return NULL;
}

struct wr_cli_telemetry *wr_cli_telemetry_new(const struct wr_command *command,
					      struct wr_session *session, wr_status **status)
{
	struct wr_cli_telemetry *telemetry = wr_calloc(1, sizeof *telemetry);
	struct wr_env *env = wr_env_system();

	wr_arena_init(&telemetry->arena);
	pthread_mutex_init(&telemetry->lock, NULL);
	wr_options_init(&telemetry->options, &telemetry->arena, "option", table, WR_COUNT(table));
	telemetry->run = wr_session_run(session);
	telemetry->metrics = (struct wr_metrics_of){.env = env,
						    .began_us = wr_mono_us(env),
						    .jobs = each,
						    .hold = hold,
						    .let = let,
						    .more = more,
						    .own = telemetry};
	*status = read_options(telemetry, command);
	telemetry->log =
	    wr_log_new(env, STDERR_FILENO, wr_options_i64(&telemetry->options, "log.format") != 0,
		       (enum wr_log_level)wr_options_i64(&telemetry->options, "log.level"));
	if (*status == NULL && strcmp(command->name, "run") == 0)
		*status = export(telemetry);
	return telemetry;
}

void wr_cli_telemetry_free(struct wr_cli_telemetry *telemetry)
{
	wr_otlp_close(telemetry->otlp);
	telemetry->run->tracer = NULL;
	wr_log_free(telemetry->log);
	wr_arena_release(&telemetry->arena);
	pthread_mutex_destroy(&telemetry->lock);
	wr_free(telemetry);
}

struct wr_log *wr_cli_telemetry_log(struct wr_cli_telemetry *telemetry)
{
	return telemetry->log;
}

void wr_cli_telemetry_say(struct wr_cli_telemetry *telemetry, enum wr_log_level level,
			  uint64_t checkpoint, const char *text, const char *hint)
{
	struct wr_trace_context trace = wr_run_trace(telemetry->run);
	char id[WR_TRACE_ID_LEN + 1], name[sizeof telemetry->name];
	/* As text, the job is not named: there is one. */
	bool named = take_name(telemetry, name) && wr_log_is_json(telemetry->log);

	wr_trace_id_write(&trace, id);
	wr_log_say(telemetry->log, level,
		   &(struct wr_log_about){.job = named ? name : NULL,
					  .checkpoint = checkpoint,
					  .hint = hint,
					  .trace_id = wr_trace_is_set(&trace) ? id : NULL},
		   text);
}
