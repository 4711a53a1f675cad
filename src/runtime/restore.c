/* SPDX-License-Identifier: Apache-2.0
 *
 * restore - see restore.h.
 */
#include "runtime/restore.h"

#include "base/fault.h"
#include "base/mem.h"
#include "base/thread.h"
#include "runtime/job_inner.h"
#include "runtime/fit.h"

/* Where the records of one saved state go on one worker. */
struct target {
	struct wr_op *op;               /* NULL: nowhere */
	struct wr_op_kept *kept;        /* of that operator */
	const struct wr_state_map *map; /* how its fields are found */
	bool single;                    /* the worker takes all keys */
};

struct restore {
	struct wr_job *job;
	const struct wr_restore_options *options;
	const struct wr_manifest *manifest;
	struct wr_arena arena; /* of `fit` */
	struct wr_job_fit fit;
};

/* One worker's loading. */
struct load {
	struct restore *restore;
	struct wr_worker *worker;
	struct target *target; /* per saved state */
	pthread_t thread;
	bool started; /* the thread is to be joined */
	wr_status *status;
};

static void say(const struct restore *restore, const char *text)
{
	if (restore->options->say != NULL)
		restore->options->say(restore->options->user, text);
}

/* --- what fits ----------------------------------------------------------------------------------
 */

/* Refuses a checkpoint that does not fit, before anything has changed. */
static wr_status *check_fit(struct restore *restore)
{
	const struct wr_manifest *manifest = restore->manifest;
	struct wr_job_fit *fit = &restore->fit;
	struct wr_text misfits;
	wr_status *status = NULL;

	if (manifest->max_parallelism != restore->job->options.max_parallelism)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The checkpoint '%s' was made with 'pipeline.max-parallelism' = "
				  "'%u', the job has '%u'",
				  manifest->path, manifest->max_parallelism,
				  restore->job->options.max_parallelism),
		    "Set the option to %u: it can never change for a job's state",
		    manifest->max_parallelism);
	wr_job_fit(restore->job, manifest, &restore->arena, fit);
	wr_text_init(&misfits);
	for (uint32_t i = 0; i < fit->count; i++) {
		if (fit->row[i].fit == WR_FIT_KEPT ||
		    (fit->row[i].part == WR_FIT_SINK && restore->options->replay))
			continue;
		wr_text_puts(&misfits, "\n  ");
		wr_fit_row_print(&fit->row[i], &misfits);
	}
	if (manifest->state_count + manifest->source_count > 0 && fit->kept == 0)
		status = wr_status_hint(
		    wr_status_new(
			WR_USER_ERROR,
			"The checkpoint '%s' is of another job ('%s'): the script has none "
			"of its states and tables",
			manifest->path, manifest->job),
		    "Give the checkpoint of this script, or another "
		    "'execution.checkpointing.dir'");
	else if (misfits.len > 0 && !restore->options->upgrade)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The checkpoint '%s' does not fit the script:%s",
				  manifest->path, misfits.data),
		    "Run the script that made it, or add --upgrade to go on with what is kept");
	else if (misfits.len > 0) {
		struct wr_text line;

		wr_text_init(&line);
		wr_text_printf(&line, "The checkpoint is taken over in part:%s", misfits.data);
		say(restore, line.data);
		wr_text_release(&line);
	}
	wr_text_release(&misfits);
	return status;
}

/* --- sinks and sources --------------------------------------------------------------------------
 */

/* A sink that prepared as sink `index` of the manifest. */
static wr_status *restore_sink(const struct restore *restore, struct wr_sink_shared *sink,
			       uint32_t index)
{
	struct wr_env *env = restore->job->options.env;
	const struct wr_connector *connector = sink->connector;
	struct wr_text bytes;
	wr_status *status;

	wr_text_init(&bytes);
	WR_TRY_OUT(status, wr_manifest_sink_bytes(env, restore->manifest, index, &bytes));
	WR_TRY_OUT(status, connector->commit(sink->sink, wr_text_str(&bytes), bytes.len));
	WR_TRY_OUT(status, wr_fault_pass(WR_FAULT_RESTORE_COMMITTED));
	WR_TRY_OUT(status, connector->restore(sink->sink, wr_text_str(&bytes), bytes.len));
	status = wr_fault_pass(WR_FAULT_RESTORE_SINK);
out:
	wr_text_release(&bytes);
	return status;
}

static wr_status *restore_sinks(struct restore *restore)
{
	const struct wr_graph *graph = &restore->job->graph;

	if (restore->options->replay)
		return NULL;
	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];
		const struct wr_saved_sink *saved =
		    wr_fit_sink(restore->manifest, restore->job->names.sink_name[i]);

		if (saved == NULL || !saved->prepared || sink->connector == NULL ||
		    sink->connector->prepare == NULL ||
		    strcmp(saved->connector, sink->connector->name) != 0)
			continue;
		WR_TRY(restore_sink(restore, sink, (uint32_t)(saved - restore->manifest->sink)));
	}
	return NULL;
}

/* Splits keep their numbers. A checkpoint of before there were any has one watermark for all: none
 * of them was behind it. */
static void restore_splits(const struct wr_source_shared *source,
			   const struct wr_saved_source *saved, struct wr_splits *splits)
{
	if (!source->connector->splits)
		return;
	wr_splits_grow(splits, saved->split_count, 0);
	for (uint32_t i = 0; i < saved->split_count; i++) {
		splits->split[i].watermark_ms = saved->split[i].watermark_ms;
		splits->split[i].ended = saved->split[i].ended;
	}
}

static wr_status *restore_sources(struct restore *restore)
{
	const struct wr_graph *graph = &restore->job->graph;

	for (uint32_t i = 0; i < graph->source_count; i++) {
		struct wr_source_shared *source = graph->source[i];
		const struct wr_saved_source *saved =
		    wr_fit_source(restore->manifest, restore->job->names.source_name[i]);
		struct wr_carry carry = source->carry;
		struct wr_str position = {NULL, 0};
		struct wr_splits splits = {0};
		bool ended = false;
		wr_status *status;

		if (saved != NULL && strcmp(saved->connector, source->connector->name) == 0) {
			carry.watermark_ms = saved->watermark_ms;
			carry.lines = saved->lines;
			carry.rows = saved->rows;
			position = saved->position;
			ended = saved->ended;
			restore_splits(source, saved, &splits);
		}
		status = wr_source_restore(source, restore->manifest->epoch, ended, position,
					   &carry, &splits);
		wr_splits_release(&splits);
		WR_TRY(status);
	}
	return NULL;
}

/* --- tasks --------------------------------------------------------------------------------------
 */

/* The stage that sends into an edge. */
static const struct wr_stage *edge_producer(const struct wr_graph *graph,
					    const struct wr_edge *edge)
{
	for (uint32_t s = 0; s < graph->stage_count; s++)
		for (uint32_t i = 0; i < graph->stage[s]->step_count; i++)
			if (graph->stage[s]->step[i].edge == edge)
				return graph->stage[s];
	WR_REQUIRE(false);
	return NULL;
}

/* Per stage, whether its input had ended. Stages come behind those that they read from, but for
 * the ones of late rows. */
static bool *find_ended(const struct wr_graph *graph)
{
	bool *ended = wr_calloc(graph->stage_count + 1, sizeof *ended);
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t s = 0; s < graph->stage_count; s++) {
			const struct wr_stage *stage = graph->stage[s];
			bool now = stage->source == NULL || stage->source->ended;

			for (uint32_t i = 0; i < stage->input_count; i++)
				now = now && ended[edge_producer(graph, stage->input[i].edge)->id];
			changed = changed || now != ended[s];
			ended[s] = now;
		}
	}
	return ended;
}

/* Every task goes on behind the epoch; those that had finished stay so. */
static void restore_tasks(struct wr_job *job, uint64_t epoch)
{
	bool *ended = find_ended(&job->graph);

	for (uint32_t w = 0; w < job->worker_count; w++) {
		struct wr_worker *worker = &job->worker[w];

		for (uint32_t t = 0; t < worker->task_count; t++) {
			struct wr_task *task = &worker->task[t];

			wr_task_restore(task, epoch, ended[task->stage->id]);
			for (uint32_t i = 0; i < task->stage->input_count; i++) {
				const struct wr_edge *edge = task->stage->input[i].edge;

				if (ended[edge_producer(&job->graph, edge)->id])
					wr_receiver_end(&task->receiver[i]);
			}
		}
	}
	wr_free(ended);
}

/* --- states -------------------------------------------------------------------------------------
 */

static struct wr_owner load_owner(const struct load *load)
{
	const struct wr_job_options *options = &load->restore->job->options;

	return (struct wr_owner){.worker = load->worker->index,
				 .workers = options->workers,
				 .max_parallelism = options->max_parallelism};
}

/* Finds where each saved state goes on this worker. */
static void find_targets(struct load *load)
{
	const struct restore *restore = load->restore;
	const struct wr_job_names *names = &restore->job->names;

	for (uint32_t t = 0; t < load->worker->task_count; t++) {
		struct wr_task *task = &load->worker->task[t];

		for (uint32_t s = 0; s < task->stage->step_count; s++) {
			struct wr_op *op = task->step[s].op;
			uint32_t first = names->first_state[task->stage->id][s];

			for (uint32_t k = 0; op != NULL && k < op->kept_count; k++) {
				const struct wr_state_fit *fit = &restore->fit.state[first + k];

				if (fit->fit != WR_FIT_KEPT && fit->fit != WR_FIT_PART)
					continue;
				WR_ASSERT(fit->declared == first + k);
				load->target[fit->saved] =
				    (struct target){.op = op,
						    .kept = &op->kept[k],
						    .map = &fit->map,
						    .single = task->stage->single};
			}
		}
	}
}

static bool load_wants(void *user, const struct wr_store_block *block)
{
	const struct load *load = user;
	const struct target *target = &load->target[block->state];
	struct wr_owner owner = load_owner(load);

	if (target->op == NULL)
		return false;
	/* Worker 0 may have had all keys of an operator that runs on one worker. */
	if (target->single || block->worker == 0 || target->kept->decl.key_count == 0)
		return true;
	return wr_store_meets(load->restore->manifest, block, &owner);
}

/* Whether the worker owns a key, by the columns that rows are distributed by. */
static bool owns_key(const struct wr_owner *owner, const struct wr_state_decl *decl,
		     const struct wr_codec *codec, struct wr_builder **builder, struct wr_str key,
		     bool *damaged)
{
	uint32_t count = decl->route != NULL ? decl->route_count : decl->key_count;
	uint64_t hash = 0;

	*damaged =
	    wr_codec_decode(codec, key.data, key.data + key.len, builder) != key.data + key.len;
	for (uint32_t i = 0; i < decl->key_count; i++) {
		if (*damaged)
			wr_builder_reset(builder[i]);
	}
	if (*damaged)
		return false;
	struct wr_column **column = wr_calloc(decl->key_count + 1, sizeof *column);

	for (uint32_t i = 0; i < decl->key_count; i++)
		column[i] = wr_builder_finish(builder[i]);
	for (uint32_t i = 0; i < count; i++)
		wr_column_hash(column[decl->route != NULL ? decl->route[i] : i], 1, &hash);
	for (uint32_t i = 0; i < decl->key_count; i++)
		wr_column_unref(column[i]);
	wr_free(column);
	return wr_owner_has(owner, hash);
}

/* Hands one record of an extra to its operator. */
static wr_status *load_extra_record(const struct target *target, struct wr_str key,
				    struct wr_str bytes, struct wr_str *saved, struct wr_str *field)
{
	const struct wr_state_map *map = target->map;
	uint32_t count = target->kept->decl.codec->field_count;
	struct wr_value value = {.field = field, .count = count};
	struct wr_op_record record = {.key = key, .value = &value};

	if (bytes.data == NULL || !wr_value_cut(bytes.data, bytes.len, saved, map->saved_count))
		return wr_status_new(WR_FATAL, "A record of the checkpoint is damaged");
	for (uint32_t i = 0; i < count; i++) {
		field[i] = (struct wr_str){NULL, 0};
		if (map->from[i] != UINT32_MAX && (map->change == NULL || map->change[i] == NULL))
			field[i] = saved[map->from[i]];
	}
	return target->kept->load(target->op, &record);
}

static wr_status *load_extra(const struct load *load, const struct target *target,
			     struct wr_str records)
{
	const struct wr_state_decl *decl = &target->kept->decl;
	struct wr_owner owner = load_owner(load);
	bool all = target->single || decl->key_count == 0, damaged = false;
	struct wr_str key, bytes, *saved, *field;
	struct wr_builder **builder = wr_calloc(decl->key_count + 1, sizeof *builder);
	struct wr_arena arena;
	struct wr_codec codec;
	const char *at = records.data;
	wr_status *status = NULL;
	int64_t ns;

	wr_arena_init(&arena);
	wr_codec_init(&codec, &arena, decl->key_type, decl->key_count);
	saved = WR_NEW_ARRAY(&arena, struct wr_str, target->map->saved_count + 1);
	field = WR_NEW_ARRAY(&arena, struct wr_str, decl->codec->field_count + 1);
	for (uint32_t i = 0; i < decl->key_count; i++)
		builder[i] = wr_builder_new(decl->key_type[i], 1);
	while (status == NULL && !damaged &&
	       wr_record_next(WR_RECORD_EXTRA, records, &at, &ns, &key, &bytes))
		if (all || owns_key(&owner, decl, &codec, builder, key, &damaged))
			status = load_extra_record(target, key, bytes, saved, field);
	if (status == NULL && (damaged || at == NULL))
		status = wr_status_new(WR_FATAL, "A record of the checkpoint is damaged");
	for (uint32_t i = 0; i < decl->key_count; i++)
		wr_builder_free(builder[i]);
	wr_free(builder);
	wr_arena_release(&arena);
	return status;
}

static wr_status *load_block(void *user, const struct wr_store_block *block)
{
	const struct load *load = user;
	const struct target *target = &load->target[block->state];
	struct wr_owner owner = load_owner(load);

	if (target->op == NULL)
		return NULL;
	if (block->kind == WR_RECORD_EXTRA)
		return target->kept->load != NULL ? load_extra(load, target, block->bytes) : NULL;
	if (target->kept->state == NULL)
		return wr_status_new(WR_FATAL, "A block of the checkpoint is of the wrong kind");
	WR_TRY(wr_state_load(target->kept->state, block->kind, block->bytes, target->map,
			     target->single ? NULL : &owner));
	return wr_budget_step(&load->worker->budget, target->op);
}

/* Everything that one worker remembers. */
static void *load_main(void *argument)
{
	struct load *load = argument;
	struct wr_store_reading reading = {.wants = load_wants, .block = load_block, .user = load};

	load->status =
	    wr_store_read(load->restore->job->options.env, load->restore->manifest, &reading);
	for (uint32_t t = 0; t < load->worker->task_count; t++) {
		struct wr_task *task = &load->worker->task[t];

		for (uint32_t s = 0; s < task->stage->step_count && load->status == NULL; s++) {
			struct wr_op *op = task->step[s].op;

			if (op != NULL && op->type->restored != NULL)
				load->status = op->type->restored(op);
		}
	}
	return NULL;
}

/* Workers that only write a sink have nothing to load. */
static wr_status *restore_states(struct restore *restore)
{
	uint32_t workers = restore->job->options.workers;
	struct load *load = wr_calloc(workers, sizeof *load);
	wr_status *status = NULL;

	for (uint32_t w = 0; w < workers; w++) {
		load[w].restore = restore;
		load[w].worker = &restore->job->worker[w];
		load[w].target =
		    wr_calloc(restore->manifest->state_count + 1, sizeof *load[w].target);
		find_targets(&load[w]);
		if (w > 0 && !restore->job->options.polled &&
		    !wr_env_picks(restore->job->options.env))
			load[w].started =
			    wr_thread_start(&load[w].thread, "weir-restore", load_main, &load[w]);
	}
	for (uint32_t w = 0; w < workers; w++) {
		if (load[w].started)
			pthread_join(load[w].thread, NULL);
		else
			load_main(&load[w]);
		if (status == NULL)
			status = load[w].status;
		else
			wr_status_free(load[w].status);
		wr_free(load[w].target);
	}
	wr_free(load);
	return status;
}

wr_status *wr_restore(struct wr_job *job, const struct wr_restore_options *options)
{
	struct restore restore = {.job = job, .options = options, .manifest = options->manifest};
	wr_status *status;

	wr_arena_init(&restore.arena);
	WR_TRY_OUT(status, wr_fault_pass(WR_FAULT_RESTORE_FOUND));
	WR_TRY_OUT(status, check_fit(&restore));
	if (job->checkpoint != NULL)
		WR_TRY_OUT(status, wr_store_go_on_from(job->checkpoint->store, options->manifest));
	WR_TRY_OUT(status, restore_sinks(&restore));
	job->restored = options->manifest->number;
	job->finished = options->manifest->finished;
	if (job->finished)
		goto out;
	WR_TRY_OUT(status, restore_sources(&restore));
	WR_TRY_OUT(status, restore_states(&restore));
	restore_tasks(job, options->manifest->epoch);
	status = wr_fault_pass(WR_FAULT_RESTORE_LOADED);
out:
	wr_arena_release(&restore.arena);
	return status;
}
