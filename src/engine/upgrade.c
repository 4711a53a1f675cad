/* SPDX-License-Identifier: Apache-2.0
 *
 * upgrade - see upgrade.h.
 */
#include "engine/upgrade.h"

#include "base/mem.h"
#include "engine/prepared.h"
#include "runtime/job_inner.h"

/* Opens the job of an action to look at it; to be closed in any case. */
static wr_status *open_dry(const struct wr_action *action, struct wr_job **out)
{
	struct wr_job_options options = action->options;

	options.dry = true;
	options.workers = 1;
	options.checkpoint.on = false;
	options.restore.manifest = NULL;
	return wr_job_open(action->plan, &options, out);
}

static uint32_t job_count(const struct wr_prepared *prepared)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < prepared->count; i++)
		count += prepared->action[i].plan != NULL;
	return count;
}

/* Job number `index` of a script. */
static struct wr_action *job_at(const struct wr_prepared *prepared, uint32_t index)
{
	for (uint32_t i = 0; i < prepared->count; i++)
		if (prepared->action[i].plan != NULL && index-- == 0)
			return &prepared->action[i];
	return NULL;
}

static const char *job_name(const struct wr_action *action)
{
	return action->recovery.job_name != NULL ? action->recovery.job_name : action->name;
}

/* The old script's job that is continued by job number `index`: of the same name, else at its
 * place. */
static struct wr_action *job_before(const struct wr_prepared *old, const struct wr_action *action,
				    uint32_t index)
{
	for (uint32_t i = 0; i < job_count(old); i++)
		if (strcmp(job_name(job_at(old, i)), job_name(action)) == 0)
			return job_at(old, i);
	return job_at(old, index);
}

/* What a checkpoint of the job would hold, but for the contents. */
static struct wr_manifest *manifest_of(const struct wr_job *job, struct wr_arena *arena)
{
	const struct wr_graph *graph = &job->graph;
	struct wr_manifest *manifest = WR_NEW_ARRAY(arena, struct wr_manifest, 1);
	struct wr_saved_source *source =
	    WR_NEW_ARRAY(arena, struct wr_saved_source, graph->source_count + 1);
	struct wr_saved_sink *sink =
	    WR_NEW_ARRAY(arena, struct wr_saved_sink, graph->sink_count + 1);

	for (uint32_t i = 0; i < graph->source_count; i++)
		source[i] =
		    (struct wr_saved_source){.name = job->names.source_name[i],
					     .connector = graph->source[i]->connector->name};
	for (uint32_t i = 0; i < graph->sink_count; i++)
		sink[i] = (struct wr_saved_sink){.name = job->names.sink_name[i],
						 .connector = graph->sink[i]->connector != NULL
								  ? graph->sink[i]->connector->name
								  : ""};
	*manifest = (struct wr_manifest){.state_count = job->names.state_count,
					 .state = job->names.state,
					 .source_count = graph->source_count,
					 .source = source,
					 .sink_count = graph->sink_count,
					 .sink = sink};
	return manifest;
}

static wr_status *show(struct wr_upgrade *upgrade, const struct wr_action *action,
		       const struct wr_job *job, const struct wr_manifest *manifest)
{
	struct wr_job_fit fit;
	struct wr_arena arena;
	wr_status *status = NULL;

	wr_arena_init(&arena);
	wr_job_fit(job, manifest, &arena, &fit);
	upgrade->misfits += fit.misfit;
	for (uint32_t i = 0; i < fit.count && status == NULL; i++)
		status = upgrade->row(upgrade->user, job_name(action), &fit.row[i]);
	wr_arena_release(&arena);
	return status;
}

/* Compares one job with its checkpoint. */
static wr_status *compare_checkpoint(struct wr_env *env, struct wr_upgrade *upgrade,
				     struct wr_action *action, struct wr_script_job which,
				     const struct wr_job *job)
{
	struct wr_recovery recovery = action->recovery;
	struct wr_manifest nothing = {0}, *manifest = NULL;
	wr_status *status;
	bool over;

	recovery.from = (char *)(uintptr_t)upgrade->checkpoint; /* borrowed */
	status =
	    wr_recovery_find(env, &recovery, which, upgrade->say, upgrade->user, &manifest, &over);
	if (status == NULL)
		status = show(upgrade, action, job, manifest != NULL ? manifest : &nothing);
	wr_manifest_free(manifest);
	return status;
}

/* Compares one job with that of the old script. */
static wr_status *compare_script(struct wr_upgrade *upgrade, const struct wr_prepared *old,
				 struct wr_action *action, const struct wr_job *job, uint32_t index)
{
	const struct wr_action *before = job_before(old, action, index);
	struct wr_manifest nothing = {0};
	struct wr_job *old_job = NULL;
	struct wr_arena arena;
	wr_status *status;

	if (before == NULL)
		return show(upgrade, action, job, &nothing);
	wr_arena_init(&arena);
	status = open_dry(before, &old_job);
	if (status == NULL)
		status = show(upgrade, action, job, manifest_of(old_job, &arena));
	wr_status_free(wr_job_close(old_job, false));
	wr_arena_release(&arena);
	return status;
}

static wr_status *compare(struct wr_env *env, struct wr_upgrade *upgrade,
			  const struct wr_prepared *prepared, const struct wr_prepared *old)
{
	uint32_t count = job_count(prepared);
	wr_status *status = NULL;

	upgrade->jobs = count;
	if (count == 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "The script has no job"),
				      "Give one with an INSERT or a statement set");
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		struct wr_script_job which = {i + 1, count};
		struct wr_action *action = job_at(prepared, i);
		struct wr_job *job = NULL;

		status = open_dry(action, &job);
		if (status == NULL && upgrade->checkpoint != NULL)
			status = compare_checkpoint(env, upgrade, action, which, job);
		else if (status == NULL)
			status = compare_script(upgrade, old, action, job, i);
		wr_status_free(wr_job_close(job, false));
	}
	return status;
}

wr_status *wr_session_upgrade(struct wr_session *session, struct wr_session *old_session,
			      struct wr_upgrade *upgrade)
{
	struct wr_prepared prepared = {0}, old = {0};
	wr_status *status = NULL;

	upgrade->misfits = 0;
	upgrade->in_old = false;
	if (upgrade->old.data != NULL)
		status = wr_session_prepare(old_session, upgrade->old, upgrade->variables,
					    WR_SCRIPT_CHECK, &old);
	upgrade->in_old = status != NULL;
	if (status == NULL)
		status = wr_session_prepare(session, upgrade->script, upgrade->variables,
					    WR_SCRIPT_CHECK, &prepared);
	if (status == NULL)
		status = compare(session->run.env, upgrade, &prepared, &old);
	wr_prepared_release(&prepared);
	wr_prepared_release(&old);
	return status;
}
