/* SPDX-License-Identifier: Apache-2.0
 *
 * ask - see ask.h: questions on their way to a worker and back. What is made of the answer stands
 * in ask_report.c.
 *
 * job->ask.lock is around the lists of questions and what is answered; a worker takes it only when
 * it has been asked. Who gives up takes its question out of the list, so that an answer never comes
 * to somebody who has left.
 */
#include "base/mem.h"
#include "base/wait.h"
#include "runtime/ask_inner.h"

/* --- the worker's side */

static const struct wr_task_step *find_step(const struct wr_worker *worker, uint32_t node,
					    struct wr_task **task)
{
	for (uint32_t i = 0; i < worker->task_count; i++) {
		*task = &worker->task[i];
		for (uint32_t s = 0; s < (*task)->stage->step_count; s++) {
			const struct wr_task_step *step = &(*task)->step[s];

			if (step->op != NULL && step->plan->kind == WR_STEP_OP &&
			    step->op->node->id == node)
				return step;
		}
	}
	return NULL;
}

struct wr_op *wr_ask_op(const struct wr_worker *worker, uint32_t node)
{
	struct wr_task *task;
	const struct wr_task_step *step = find_step(worker, node, &task);

	return step != NULL ? step->op : NULL;
}

/* Copies a slot; false: there is no room for more. */
static bool put_slot(struct wr_ask *ask, uint32_t kept, const struct wr_state_decl *decl,
		     struct wr_state *state, int64_t ns, uint8_t *slot)
{
	struct wr_column **column = wr_calloc(decl->key_count + 1, sizeof *column);
	struct wr_image_entry *entry = &ask->entry[ask->entry_count];
	struct wr_codec codec;
	struct wr_text key, value;
	bool fits;

	wr_text_init(&key);
	wr_text_init(&value);
	wr_codec_init(&codec, &ask->arena, decl->key_type, decl->key_count);
	if (decl->key_count > 0) {
		wr_state_slot_keys(state, ns, &slot, 1, column);
		wr_codec_encode(&codec, &key, column, 0);
	}
	decl->codec->save(decl->codec_ctx, slot, &value);
	fits =
	    ask->entry_count < WR_ASK_ENTRIES && ask->bytes + key.len + value.len <= WR_ASK_BYTES;
	if (fits) {
		ask->bytes += key.len + value.len;
		entry->ns = ns;
		entry->key = (struct wr_str){
		    wr_arena_strndup(&ask->arena, wr_text_str(&key), key.len), key.len};
		entry->value = (struct wr_str){
		    wr_arena_strndup(&ask->arena, wr_text_str(&value), value.len), value.len};
		ask->entry_kept[ask->entry_count++] = kept;
	}
	ask->cut = ask->cut || !fits;
	for (uint32_t i = 0; i < decl->key_count; i++)
		wr_column_unref(column[i]);
	wr_free(column);
	wr_text_release(&key);
	wr_text_release(&value);
	return fits;
}

/* The state's keys are those of the operator, in some order. */
static void look_up(struct wr_ask *ask, uint32_t kept, const struct wr_op_kept *of, int64_t ns)
{
	const struct wr_ask_key *key = &ask->key[kept];
	struct wr_column **column = wr_calloc(key->count + 1, sizeof *column);
	uint8_t *slot = NULL;
	uint64_t hash;

	for (uint32_t i = 0; i < key->count; i++)
		column[key->route[i]] = key->column[i];
	wr_keys_hash(column, key->count, 1, &hash);
	wr_status *status =
	    wr_state_peek(of->state, ns, &(struct wr_keys){1, column, &hash}, &slot);
	if (status != NULL && ask->failed == NULL)
		ask->failed = status;
	else
		wr_status_free(status);
	if (slot != NULL)
		put_slot(ask, kept, &of->decl, of->state, ns, slot);
	wr_free(column);
}

/* Whether the slot is of the key; the state has more key columns than the operator. */
static bool is_of_key(const struct wr_ask_key *key, const struct wr_op_kept *of, int64_t ns,
		      uint8_t *slot)
{
	struct wr_column **column = wr_calloc(of->decl.key_count + 1, sizeof *column);
	struct wr_text text;
	bool same;

	wr_text_init(&text);
	wr_state_slot_keys(of->state, ns, &slot, 1, column);
	for (uint32_t i = 0; i < key->count; i++)
		wr_codec_put_value(&text, column[key->route[i]], 0);
	same = text.len == key->bytes.len && memcmp(text.data, key->bytes.data, text.len) == 0;
	for (uint32_t i = 0; i < of->decl.key_count; i++)
		wr_column_unref(column[i]);
	wr_free(column);
	wr_text_release(&text);
	return same;
}

static void look_through(struct wr_ask *ask, uint32_t kept, const struct wr_op_kept *of, int64_t ns)
{
	uint8_t *slot[SCAN_AT_A_TIME];
	uint64_t cursor = 0;
	uint32_t count;

	while ((count = wr_state_scan(of->state, ns, &cursor, slot, SCAN_AT_A_TIME)) > 0) {
		for (uint32_t i = 0; i < count; i++)
			if (is_of_key(&ask->key[kept], of, ns, slot[i]) &&
			    !put_slot(ask, kept, &of->decl, of->state, ns, slot[i]))
				return;
		ask->scanned += count;
		if (ask->scanned >= WR_ASK_SCAN) {
			ask->cut = true;
			return;
		}
	}
}

static void answer(struct wr_ask *ask, const struct wr_task *task, const struct wr_op *op)
{
	for (uint32_t k = 0; k < op->kept_count && k < ask->key_count; k++) {
		const struct wr_op_kept *of = &op->kept[k];
		int64_t ns = INT64_MIN;
		uint32_t windows = 0;

		if (of->state == NULL || !ask->key[k].fits)
			continue;
		while (!ask->cut && wr_state_first_namespace(of->state, ns, &ns)) {
			if (of->decl.key_count == ask->key[k].count)
				look_up(ask, k, of, ns);
			else
				look_through(ask, k, of, ns);
			ask->cut = ask->cut || ++windows == WR_ASK_NAMESPACES;
		}
	}
	ask->epoch = task->epoch;
	ask->watermark_ms = task->watermark_ms;
	ask->answered = true;
}

void wr_worker_answer(struct wr_worker *worker)
{
	struct wr_job *job = worker->job;
	struct wr_ask **at = &worker->ask;

	pthread_mutex_lock(&job->ask.lock);
	while (*at != NULL) {
		struct wr_ask *ask = *at;
		struct wr_task *task;
		const struct wr_task_step *step = find_step(worker, ask->node, &task);

		if (step != NULL && (task->in_mark || step->op->pending)) {
			at = &ask->next;
			continue;
		}
		*at = ask->next;
		if (step != NULL)
			answer(ask, task, step->op);
		ask->done = true;
	}
	atomic_store_explicit(&worker->asked, worker->ask != NULL, memory_order_relaxed);
	pthread_cond_broadcast(&job->ask.done);
	pthread_mutex_unlock(&job->ask.lock);
}

void wr_worker_answer_no_more(struct wr_worker *worker)
{
	struct wr_job *job = worker->job;

	pthread_mutex_lock(&job->ask.lock);
	for (struct wr_ask *ask = worker->ask; ask != NULL; ask = ask->next)
		ask->done = true;
	worker->ask = NULL;
	worker->ask_closed = true;
	pthread_cond_broadcast(&job->ask.done);
	pthread_mutex_unlock(&job->ask.lock);
}

/* --- the asking side */

bool wr_ask_worker(struct wr_job *job, struct wr_worker *worker, struct wr_ask *ask,
		   const struct timespec *deadline)
{
	bool open;

	pthread_mutex_lock(&job->ask.lock);
	open = !worker->ask_closed;
	ask->done = ask->answered = false;
	if (open) {
		ask->next = worker->ask;
		worker->ask = ask;
		atomic_store(&worker->asked, true);
	}
	pthread_mutex_unlock(&job->ask.lock);
	wr_worker_wake(worker);
	pthread_mutex_lock(&job->ask.lock);
	while (open && !ask->done && wr_cond_wait_until(&job->ask.done, &job->ask.lock, deadline))
		;
	for (struct wr_ask **at = &worker->ask; open && *at != NULL; at = &(*at)->next)
		if (*at == ask) {
			*at = ask->next;
			break;
		}
	pthread_mutex_unlock(&job->ask.lock);
	return ask->answered;
}
