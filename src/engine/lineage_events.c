/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_events - see lineage_events.h: what is open, and when which event goes out.
 *
 * Lock: around the list of runs and the counts of their datasets. A run leaves the list before its
 * last event is made, so that no RUNNING can come behind it.
 */
#include "engine/lineage_events.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/thread.h"
#include "base/wait.h"
#include "data/datetime.h"
#include "engine/lineage_facets.h"
#include "weir/version.h"

#define CLOSE_US 5000000 /* for what still waits at the end */

struct wr_lineage_events {
	struct wr_env *env;
	struct wr_arena arena; /* of the texts */
	const char *url;       /* as it was set */
	const char *path;      /* behind the poster's URL */
	const char *space;     /* namespace of jobs */
	int64_t interval_us;
	struct wr_poster *poster;
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock; /* over what follows */
	pthread_cond_t changed;
	bool closing;
	struct wr_lineage_run *first; /* that go on */
};

struct wr_lineage_run {
	struct wr_lineage_events *events;
	struct wr_lineage_run *next; /* in the list */
	struct wr_run *run;
	struct wr_arena arena; /* of all texts */
	char id[37];
	const char *job;  /* {"namespace":..., "name":..., "facets":...} */
	const char *bare; /* the same without facets */
	struct wr_dataset *dataset;
	uint32_t count;  /* number of dataset */
	int64_t next_us; /* monotonic: of the next RUNNING */
};

/* --- events */

/* A random UUID of version 4. */
static void make_id(struct wr_env *env, char out[37])
{
	uint8_t b[16];

	env->ops->random(env, b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
		 b[13], b[14], b[15]);
}

static void put_time(struct wr_env *env, struct wr_text *out)
{
	int64_t us = wr_wall_us(env);
	char text[64];
	size_t len = wr_timestamp_print(text, us / 1000, (int32_t)(us % 1000) * 1000, 6);

	*strchr(text, ' ') = 'T';
	wr_text_add(out, text, len);
	wr_text_putc(out, 'Z');
}

/* `all`: with what does not change. Without the lock, or with it. */
static void send(struct wr_lineage_run *run, const char *type, bool all, const wr_status *why)
{
	struct wr_lineage_events *events = run->events;
	struct wr_text text;

	wr_text_init(&text);
	wr_text_printf(&text, "{\"eventType\":\"%s\",\"eventTime\":\"", type);
	put_time(events->env, &text);
	wr_text_printf(&text,
		       "\",\"producer\":\"" WR_LINEAGE_PRODUCER
		       "\",\"schemaURL\":\"https://openlineage.io/spec/2-0-2/OpenLineage.json#/"
		       "$defs/RunEvent\",\"run\":{\"runId\":\"%s\",\"facets\":",
		       run->id);
	wr_lineage_run_facets(&text, why);
	wr_text_printf(&text, "},\"job\":%s,\"inputs\":", all ? run->job : run->bare);
	wr_lineage_datasets(&text, run->dataset, run->count, true, all);
	wr_text_puts(&text, ",\"outputs\":");
	wr_lineage_datasets(&text, run->dataset, run->count, false, all);
	wr_text_putc(&text, '}');
	wr_poster_send(events->poster, events->path, "application/json", text.data, text.len);
	wr_text_release(&text);
}

/* The figures of the running job. */
static void look(struct wr_lineage_run *run, struct wr_job *job)
{
	for (uint32_t d = 0; d < run->count; d++)
		run->dataset[d].rows = 0;
	for (uint32_t i = 0; i < wr_job_table_count(job); i++) {
		struct wr_table_stats stats;

		wr_job_table_stats(job, i, &stats);
		for (uint32_t d = 0; d < run->count; d++)
			if (run->dataset[d].is_source == stats.is_source &&
			    strcmp(run->dataset[d].table, stats.table) == 0)
				run->dataset[d].rows += stats.rows;
	}
}

/* --- the thread of RUNNING */

/* Under lock. */
static int64_t send_due(struct wr_lineage_events *events)
{
	int64_t now_us = wr_mono_us(events->env), next_us = INT64_MAX;

	for (struct wr_lineage_run *run = events->first; run != NULL; run = run->next) {
		if (run->next_us <= now_us) {
			struct wr_job *job = wr_run_hold(run->run);

			if (job != NULL)
				look(run, job);
			wr_run_let(run->run);
			send(run, "RUNNING", false, NULL);
			run->next_us = now_us + events->interval_us;
		}
		next_us = run->next_us < next_us ? run->next_us : next_us;
	}
	return next_us == INT64_MAX ? events->interval_us : next_us - now_us;
}

static void *events_main(void *own)
{
	struct wr_lineage_events *events = own;

	pthread_mutex_lock(&events->lock);
	while (!events->closing)
		wr_cond_wait_us(&events->changed, &events->lock, send_due(events));
	pthread_mutex_unlock(&events->lock);
	return NULL;
}

/* --- open and close */

/* The poster, with a login from the settings. */
static wr_status *open_poster(struct wr_lineage_events *events, const struct wr_options *settings,
			      void (*told)(void *own, const char *reason), void *own)
{
	struct wr_poster_options options = {
	    .what = "Lineage events", .url = events->url, .told = told, .own = own};
	const char *endpoint = wr_options_str(settings, "lineage.endpoint");

	while (*endpoint == '/')
		endpoint++;
	events->path = wr_arena_printf(&events->arena, "/%s", endpoint);
	WR_TRY(wr_secret_read(events->env, &events->arena, "lineage.api-key",
			      wr_options_str(settings, "lineage.api-key"), &options.token));
	return wr_poster_open(events->env, &options, &events->poster);
}

wr_status *wr_lineage_events_open(struct wr_env *env, const struct wr_options *settings,
				  void (*told)(void *own, const char *reason), void *own,
				  struct wr_lineage_events **out)
{
	const char *url = wr_options_str(settings, "lineage.url");
	struct wr_lineage_events *events;
	wr_status *status;

	*out = NULL;
	if (url == NULL || *url == '\0')
		return NULL;
	events = wr_calloc(1, sizeof *events);
	events->env = env;
	wr_arena_init(&events->arena);
	pthread_mutex_init(&events->lock, NULL);
	wr_cond_init(&events->changed);
	events->url = wr_arena_strdup(&events->arena, url);
	events->space =
	    wr_arena_strdup(&events->arena, wr_options_str(settings, "lineage.namespace"));
	events->interval_us = wr_options_i64(settings, "lineage.interval") * 1000;
	status = open_poster(events, settings, told, own);
	if (status != NULL) {
		wr_lineage_events_close(events);
		return wr_status_hint(status, "Correct 'lineage.url' (or OPENLINEAGE_URL), or "
					      "leave it out");
	}
	*out = events;
	return NULL;
}

/* The thread first, so that nothing is sent any more. */
uint64_t wr_lineage_events_close(struct wr_lineage_events *events)
{
	struct wr_poster_counts count = {0};

	if (events == NULL)
		return 0;
	pthread_mutex_lock(&events->lock);
	WR_ASSERT(events->first == NULL);
	events->closing = true;
	pthread_cond_broadcast(&events->changed);
	pthread_mutex_unlock(&events->lock);
	if (events->has_thread)
		pthread_join(events->thread, NULL);
	if (events->poster != NULL) {
		wr_poster_drain(events->poster, CLOSE_US);
		wr_poster_counts(events->poster, &count);
	}
	wr_poster_close(events->poster, 0);
	pthread_cond_destroy(&events->changed);
	pthread_mutex_destroy(&events->lock);
	wr_arena_release(&events->arena);
	wr_free(events);
	return count.failed + count.dropped + count.waiting;
}

void wr_lineage_events_counts(struct wr_lineage_events *events, struct wr_poster_counts *out)
{
	wr_poster_counts(events->poster, out);
}

const char *wr_lineage_events_space(const struct wr_lineage_events *events)
{
	return events->space;
}

const char *wr_lineage_events_url(const struct wr_lineage_events *events)
{
	return events->url;
}

/* --- runs */

static const char *job_json(struct wr_lineage_run *run, const struct wr_lineage_subject *subject,
			    bool facets)
{
	const struct wr_action *action = subject->action;
	const char *name = subject->name, *json;
	struct wr_text text;

	if (name == NULL)
		name = action->recovery.job_name != NULL ? action->recovery.job_name : action->name;
	wr_text_init(&text);
	wr_text_puts(&text, "{\"namespace\":");
	wr_text_json(&text, run->events->space);
	wr_text_puts(&text, ",\"name\":");
	wr_text_json(&text, name);
	wr_text_puts(&text, ",\"facets\":");
	if (facets)
		wr_lineage_job_facets(&text, subject);
	else
		wr_text_puts(&text, "{}");
	wr_text_putc(&text, '}');
	json = wr_arena_strndup(&run->arena, text.data, text.len);
	wr_text_release(&text);
	return json;
}

struct wr_lineage_run *wr_lineage_begin(struct wr_lineage_events *events,
					const struct wr_lineage_subject *subject)
{
	const struct wr_lineage *lineage = subject->action->plan->lineage;
	struct wr_lineage_run *run;

	if (events == NULL || lineage == NULL)
		return NULL;
	run = wr_calloc(1, sizeof *run);
	run->events = events;
	run->run = subject->run;
	wr_arena_init(&run->arena);
	make_id(events->env, run->id);
	run->job = job_json(run, subject, true);
	run->bare = job_json(run, subject, false);
	run->count = wr_datasets_of(&run->arena, lineage, events->space, &run->dataset);
	send(run, "START", true, NULL);
	pthread_mutex_lock(&events->lock);
	run->next_us = wr_mono_us(events->env) + events->interval_us;
	run->next = events->first;
	events->first = run;
	if (!events->has_thread)
		events->has_thread =
		    wr_thread_start(&events->thread, "weir-lineage", events_main, events);
	pthread_cond_broadcast(&events->changed);
	pthread_mutex_unlock(&events->lock);
	return run;
}

void wr_lineage_note(struct wr_lineage_run *run, struct wr_job *job)
{
	if (run == NULL)
		return;
	pthread_mutex_lock(&run->events->lock);
	look(run, job);
	for (uint32_t d = 0; d < run->count; d++) {
		run->dataset[d].rows_before += run->dataset[d].rows;
		run->dataset[d].rows = 0;
	}
	pthread_mutex_unlock(&run->events->lock);
}

void wr_lineage_end(struct wr_lineage_run *run, enum wr_lineage_end how, const wr_status *why)
{
	static const char *const type[] = {"COMPLETE", "ABORT", "FAIL"};
	struct wr_lineage_run **at;

	if (run == NULL)
		return;
	pthread_mutex_lock(&run->events->lock);
	for (at = &run->events->first; *at != run; at = &(*at)->next)
		;
	*at = run->next;
	pthread_mutex_unlock(&run->events->lock);
	send(run, type[how], true, why);
	wr_arena_release(&run->arena);
	wr_free(run);
}

wr_status *wr_lineage_environment(void *own,
				  wr_status *(*set)(void *own, const char *key, const char *value))
{
	static const char *const names[][2] = {
	    {"OPENLINEAGE_URL", "lineage.url"},
	    {"OPENLINEAGE_ENDPOINT", "lineage.endpoint"},
	    {"OPENLINEAGE_API_KEY", "lineage.api-key"},
	    {"OPENLINEAGE_NAMESPACE", "lineage.namespace"},
	};
	const char *disabled = getenv("OPENLINEAGE_DISABLED");

	if (disabled != NULL && strcmp(disabled, "true") == 0)
		return NULL;
	for (size_t i = 0; i < WR_COUNT(names); i++) {
		const char *value = getenv(names[i][0]);

		if (value != NULL && *value != '\0')
			WR_TRY(set(own, names[i][1], value));
	}
	return NULL;
}
