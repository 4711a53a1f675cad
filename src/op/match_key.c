/* SPDX-License-Identifier: Apache-2.0
 *
 * match_key - see match_key.h.
 */
#include "op/match_key.h"

#include "base/mem.h"

/* Ways that one partial match can take a row: one per state that it may be in. */
struct step {
	struct wr_match_key *key;
	struct wr_match_event *event;
	struct wr_match_run *run; /* being moved on */
	struct wr_match_answer answer;
	wr_status *status; /* first error */
};

wr_status *wr_matcher_init(struct wr_matcher *matcher, struct wr_op *op, struct wr_arena *arena)
{
	wr_match_nfa_init(&matcher->nfa, arena, op->node->u.match);
	WR_TRY(wr_match_eval_init(&matcher->eval, op, arena));
	matcher->nothing = wr_arena_zalloc(arena, matcher->eval.run_bytes);
	matcher->nothing->start = WR_MATCH_START;
	matcher->nothing->state = matcher->nfa.start;
	matcher->nothing->variable = WR_MATCH_NONE;
	matcher->batch_rows = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	matcher->view = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *matcher->view);
	matcher->asker = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *matcher->asker);
	matcher->met = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *matcher->met);
	return NULL;
}

void wr_matcher_release(struct wr_matcher *matcher)
{
	wr_match_eval_release(&matcher->eval);
	wr_match_heap_release(&matcher->partial);
	wr_match_heap_release(&matcher->found);
	wr_match_heap_release(&matcher->complete);
	wr_free(matcher->pruned);
	wr_free(matcher->answer);
	wr_free(matcher->view);
	wr_free(matcher->asker);
	wr_free(matcher->met);
}

static void run_free(struct wr_matcher *matcher, struct wr_match_run *run)
{
	if (run == matcher->nothing)
		return;
	wr_match_accs_drop(&matcher->eval, run);
	wr_agg_pool_drop(matcher->pool, run, matcher->eval.run_bytes);
}

/* --- the key's arrays
 * --------------------------------------------------------------------------------- */

/* Copies a heap into the key's own array. */
static void store(struct wr_matcher *matcher, const struct wr_match_heap *heap,
		  struct wr_match_run ***array, uint32_t *count, uint32_t *capacity)
{
	if (heap->count > *capacity || (heap->count == 0 && *capacity > 0)) {
		if (*capacity > 0)
			wr_agg_pool_drop(matcher->pool, *array, *capacity * sizeof **array);
		*capacity = heap->count == 0 ? 0 : WR_MAX(4u, 2 * heap->count);
		*array = *capacity > 0
			     ? wr_agg_pool_alloc(matcher->pool, *capacity * sizeof **array)
			     : NULL;
	}
	if (heap->count > 0)
		memcpy(*array, heap->run, heap->count * sizeof **array);
	*count = heap->count;
}

/* Puts the working heaps back into the key (K1) and forgets rows that nobody holds (K3). */
static void key_store(struct wr_matcher *matcher, struct wr_match_key *key)
{
	uint64_t first = WR_MATCH_START;

	if (matcher->partial.count == 1 && matcher->partial.run[0] == matcher->nothing)
		matcher->partial.count = 0;
	if (matcher->partial.count > 0)
		first = matcher->partial.run[0]->start;
	if (matcher->complete.count > 0)
		first = WR_MIN(first, matcher->complete.run[0]->start);
	store(matcher, &matcher->partial, &key->partial, &key->partial_count,
	      &key->partial_capacity);
	store(matcher, &matcher->complete, &key->complete, &key->complete_count,
	      &key->complete_capacity);
	if (key->rows.count > 0 && key->rows.first < first)
		wr_match_rows_trim(&key->rows, matcher->pool, first);
}

static void load_complete(struct wr_matcher *matcher, const struct wr_match_key *key)
{
	wr_match_heap_reserve(&matcher->complete, key->complete_count + 16);
	matcher->complete.count = key->complete_count;
	if (key->complete_count > 0)
		memcpy(matcher->complete.run, key->complete,
		       key->complete_count * sizeof *key->complete);
}

/* --- showing
 * ------------------------------------------------------------------------------------------ */

/* Where matching goes on behind a match that is shown: matches that start before are ended. */
static wr_status *skip_to(const struct wr_matcher *matcher, const struct wr_match_run *run,
			  uint64_t *out)
{
	const struct wr_match *match = matcher->eval.match;
	int32_t to = (int32_t)match->skip_to;
	uint32_t from, end;
	const char *name;

	if (match->skip == WR_MATCH_SKIP_PAST_LAST_ROW)
		*out = run->start + run->len;
	else
		*out = run->start + 1;
	if (match->skip < WR_MATCH_SKIP_TO_FIRST)
		return NULL;
	name = match->variable[to].name;
	from = to == 0 ? 0 : to <= run->variable ? run->end[to - 1] : run->len;
	end = to < run->variable ? run->end[to] : run->len;
	if (from == end)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, matcher->eval.op->node->pos,
				 "AFTER MATCH SKIP TO %s: a match was found in which no row is of "
				 "the variable %s",
				 name, name),
		    "Skip to a variable that is not optional, or past the last row");
	if (match->skip == WR_MATCH_SKIP_TO_LAST)
		from = end - 1;
	if (from == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, matcher->eval.op->node->pos,
				 "AFTER MATCH SKIP TO %s leads back to the first row of the match, "
				 "which would be found again for ever",
				 name),
		    "Skip to a later variable, to the next row, or past the last row");
	*out = run->start + from;
	return NULL;
}

/* Ends the matches of a heap that start before `start`. */
static void prune(struct wr_matcher *matcher, struct wr_match_heap *heap, uint64_t start)
{
	uint32_t count;

	if (heap->count == 0 || heap->run[0]->start >= start)
		return;
	if (heap->count > matcher->pruned_capacity) {
		matcher->pruned_capacity = 2 * heap->count;
		matcher->pruned = wr_realloc(matcher->pruned, (size_t)matcher->pruned_capacity *
								  sizeof *matcher->pruned);
	}
	count = wr_match_heap_prune(heap, start, matcher->pruned);
	for (uint32_t i = 0; i < count; i++)
		run_free(matcher, matcher->pruned[i]);
}

/* Shows the complete matches that no partial match can come before any more. */
static wr_status *show(struct wr_matcher *matcher, struct wr_match_key *key, int64_t ms)
{
	struct wr_match_heap *complete = &matcher->complete, *partial = &matcher->partial;
	wr_status *status = NULL;

	wr_match_heap_reserve(complete, complete->count + matcher->found.count);
	for (uint32_t i = 0; i < matcher->found.count; i++)
		wr_match_heap_add(complete, matcher->found.run[i]);
	matcher->found.count = 0;
	while (status == NULL && complete->count > 0 &&
	       (partial->count == 0 || complete->run[0]->start <= partial->run[0]->start)) {
		struct wr_match_run *run = wr_match_heap_take(complete);
		struct wr_match_view view = {
		    .rows = &key->rows, .run = run, .variable = WR_MATCH_ALL, .ms = ms};
		uint64_t start = 0;

		status = skip_to(matcher, run, &start);
		if (status == NULL) {
			prune(matcher, partial, start);
			prune(matcher, complete, start);
			status = wr_match_eval_add(&matcher->eval, &view);
		}
		if (status == NULL && matcher->eval.measures.rows == matcher->batch_rows)
			status = matcher->emit(matcher->user);
		run_free(matcher, run);
	}
	return status;
}

/* --- a row
 * -------------------------------------------------------------------------------------------- */

static struct wr_match_row *event_row(struct wr_matcher *matcher, struct wr_match_event *event)
{
	if (event->kept == NULL)
		event->kept = wr_match_row_new(&matcher->eval.layout, matcher->pool, event->batch,
					       event->row, event->ms);
	return event->kept;
}

/* Whether the row meets the condition of variable `v`, as the partial match sees it. */
static bool meets(struct wr_matcher *matcher, struct step *step, int32_t v)
{
	uint64_t bit = (uint64_t)1 << v;
	struct wr_match_view view;
	bool met = false;

	if ((step->answer.tested & bit) != 0)
		return (step->answer.met & bit) != 0;
	if (step->status != NULL)
		return false;
	view = (struct wr_match_view){.rows = &step->key->rows,
				      .run = step->run,
				      .current = event_row(matcher, step->event),
				      .variable = (uint32_t)v,
				      .ms = step->event->ms};
	step->status = wr_match_eval_test(&matcher->eval, (uint32_t)v, &view, 1, &met);
	step->answer.tested |= bit;
	if (met)
		step->answer.met |= bit;
	return met;
}

/* Whether a greedy variable keeps the row from a state. */
static bool is_guarded(struct wr_matcher *matcher, struct step *step,
		       const struct wr_match_state *state)
{
	return state->guard != WR_MATCH_NONE && meets(matcher, step, state->guard);
}

/* Whether a match that has come to `at` with this row is complete without another one. */
static bool is_complete(struct wr_matcher *matcher, struct step *step, uint32_t at)
{
	const struct wr_match_state *state = &matcher->nfa.state[at];

	while (state->proceed != WR_MATCH_NONE && !is_guarded(matcher, step, state)) {
		if (state->proceed == WR_MATCH_FINAL)
			return true;
		state = &matcher->nfa.state[state->proceed];
	}
	return false;
}

/* The partial match with one row more, taken for variable `v`. */
static struct wr_match_run *extend(struct wr_matcher *matcher, const struct step *step, int32_t v,
				   uint32_t state)
{
	struct wr_match_run *run = wr_agg_pool_alloc(matcher->pool, matcher->eval.run_bytes);

	memcpy(run, step->run, matcher->eval.run_bytes);
	wr_match_accs_share(&matcher->eval, run);
	if (run->start == WR_MATCH_START) {
		run->start = step->key->rows.first + step->key->rows.count - 1;
		run->start_ms = step->event->ms;
	}
	for (int32_t i = WR_MAX(run->variable, 0); i < v; i++)
		run->end[i] = run->len;
	run->variable = v;
	run->state = state;
	run->len++;
	return run;
}

/* Adds what becomes of the partial match when `state` takes the row. */
static void take(struct wr_matcher *matcher, struct step *step, const struct wr_match_state *state,
		 bool *pushed)
{
	bool complete = state->take != WR_MATCH_FINAL && is_complete(matcher, step, state->take);

	if (step->status != NULL)
		return;
	if (!*pushed) {
		wr_match_rows_push(&step->key->rows, matcher->pool,
				   event_row(matcher, step->event));
		*pushed = true;
	}
	wr_match_heap_reserve(&matcher->partial, matcher->partial.count + 1);
	wr_match_heap_reserve(&matcher->found, matcher->found.count + 1);
	wr_match_heap_add(state->take == WR_MATCH_FINAL ? &matcher->found : &matcher->partial,
			  extend(matcher, step, state->variable, state->take));
	if (complete)
		wr_match_heap_add(&matcher->found,
				  extend(matcher, step, state->variable, WR_MATCH_FINAL));
}

/* Moves one partial match on. */
static void advance(struct wr_matcher *matcher, struct step *step, bool *pushed)
{
	int32_t at = (int32_t)step->run->state;

	while (at != WR_MATCH_NONE && at != WR_MATCH_FINAL && step->status == NULL) {
		const struct wr_match_state *state = &matcher->nfa.state[at];
		bool met = meets(matcher, step, state->variable);

		if ((met || state->proceed != WR_MATCH_NONE) && is_guarded(matcher, step, state))
			break;
		if (met)
			take(matcher, step, state, pushed);
		at = state->proceed;
	}
}

/* The key's partial matches, the one without a row included. */
static struct wr_match_run *const *runs_of(const struct wr_matcher *matcher,
					   const struct wr_match_key *key, uint32_t *count)
{
	*count = WR_MAX(key->partial_count, 1);
	return key->partial_count > 0 ? key->partial : &matcher->nothing;
}

/* Whether the row means nothing to the key. */
static bool is_vain(const struct wr_matcher *matcher, const struct wr_match_event *event)
{
	return event->key->partial_count == 0 && !wr_matcher_may_start(matcher, event->bits);
}

/* Moves a key on by one row. */
static wr_status *move(struct wr_matcher *matcher, struct wr_match_event *event)
{
	struct wr_match_key *key = event->key;
	struct step step = {.key = key, .event = event};
	uint32_t count;
	struct wr_match_run *const *runs = runs_of(matcher, key, &count);
	bool pushed = false;

	matcher->partial.count = matcher->found.count = 0;
	for (uint32_t i = 0; i < count && step.status == NULL; i++) {
		step.run = runs[i];
		step.answer = matcher->answer[event->first + i];
		advance(matcher, &step, &pushed);
		if (step.run == matcher->nothing) {
			wr_match_heap_reserve(&matcher->partial, matcher->partial.count + 1);
			wr_match_heap_add(&matcher->partial, matcher->nothing);
		}
	}
	for (uint32_t i = 0; i < count; i++)
		run_free(matcher, runs[i]);
	if (event->kept != NULL && !pushed)
		wr_agg_pool_drop(matcher->pool, event->kept, event->kept->bytes);
	load_complete(matcher, key);
	if (step.status == NULL)
		step.status = show(matcher, key, event->ms);
	key_store(matcher, key);
	return step.status;
}

/* Answers what is known of the rows at work: a place for each partial match. */
static void answer_early(struct wr_matcher *matcher, struct wr_match_event *event, uint32_t count)
{
	matcher->answer_count = 0;
	for (uint32_t e = 0; e < count; e++) {
		uint32_t runs = WR_MAX(event[e].key->partial_count, 1);
		struct wr_match_answer answer = {.tested = matcher->eval.early,
						 .met = event[e].bits & matcher->eval.early};

		if (is_vain(matcher, &event[e]))
			continue;
		event[e].first = matcher->answer_count;
		if (matcher->answer_count + runs > matcher->answer_capacity) {
			matcher->answer_capacity =
			    WR_MAX(2 * matcher->answer_capacity, matcher->answer_count + runs);
			matcher->answer =
			    wr_realloc(matcher->answer,
				       (size_t)matcher->answer_capacity * sizeof *matcher->answer);
		}
		for (uint32_t i = 0; i < runs; i++)
			matcher->answer[matcher->answer_count++] = answer;
	}
}

/* Computes the conditions that wait. */
static wr_status *answer_batch(struct wr_matcher *matcher, uint32_t variable, uint32_t *waiting)
{
	uint64_t bit = (uint64_t)1 << variable;

	if (*waiting == 0)
		return NULL;
	WR_TRY(wr_match_eval_test(&matcher->eval, variable, matcher->view, *waiting, matcher->met));
	for (uint32_t i = 0; i < *waiting; i++) {
		struct wr_match_answer *answer = &matcher->answer[matcher->asker[i]];

		answer->tested |= bit;
		answer->met |= matcher->met[i] ? bit : 0;
	}
	*waiting = 0;
	return NULL;
}

/* Computes the condition of a variable for all partial matches that may ask for it. */
static wr_status *answer_late(struct wr_matcher *matcher, struct wr_match_event *event,
			      uint32_t count, uint32_t variable)
{
	uint64_t bit = (uint64_t)1 << variable;
	uint32_t waiting = 0, runs;

	for (uint32_t e = 0; e < count; e++) {
		struct wr_match_run *const *run = runs_of(matcher, event[e].key, &runs);

		if (is_vain(matcher, &event[e]))
			continue;
		for (uint32_t i = 0; i < runs; i++) {
			if ((matcher->nfa.state[run[i]->state].asks & bit) == 0)
				continue;
			matcher->view[waiting] =
			    (struct wr_match_view){.rows = &event[e].key->rows,
						   .run = run[i],
						   .current = event_row(matcher, &event[e]),
						   .variable = variable,
						   .ms = event[e].ms};
			matcher->asker[waiting++] = event[e].first + i;
			if (waiting == WR_BATCH_ROWS_MAX)
				WR_TRY(answer_batch(matcher, variable, &waiting));
		}
	}
	return answer_batch(matcher, variable, &waiting);
}

wr_status *wr_matcher_rows(struct wr_matcher *matcher, struct wr_match_event *event, uint32_t count)
{
	for (uint32_t e = 0; e < count; e++)
		WR_TRY(wr_matcher_time(matcher, event[e].key, event[e].ms));
	answer_early(matcher, event, count);
	for (uint32_t v = 0; v < matcher->eval.match->variable_count; v++)
		if ((matcher->eval.late >> v & 1) != 0)
			WR_TRY(answer_late(matcher, event, count, v));
	for (uint32_t e = 0; e < count; e++)
		if (!is_vain(matcher, &event[e]))
			WR_TRY(move(matcher, &event[e]));
	return NULL;
}

/* --- time
 * --------------------------------------------------------------------------------------------- */

bool wr_matcher_deadline(const struct wr_matcher *matcher, const struct wr_match_key *key,
			 int64_t *ms)
{
	int64_t within_ms = matcher->eval.match->within_ms;

	if (within_ms == 0 || key->partial_count == 0)
		return false;
	WR_ASSERT(key->partial[0]->start != WR_MATCH_START);
	if (__builtin_add_overflow(key->partial[0]->start_ms, within_ms, ms))
		*ms = WR_WATERMARK_MAX;
	return true;
}

wr_status *wr_matcher_time(struct wr_matcher *matcher, struct wr_match_key *key, int64_t ms)
{
	int64_t due_ms;
	wr_status *status = NULL;

	while (status == NULL && wr_matcher_deadline(matcher, key, &due_ms) && due_ms <= ms) {
		int64_t start_ms = key->partial[0]->start_ms;

		matcher->partial.count = matcher->found.count = 0;
		wr_match_heap_reserve(&matcher->partial, key->partial_count);
		for (uint32_t i = 0; i < key->partial_count; i++) {
			struct wr_match_run *run = key->partial[i];

			if (run != matcher->nothing && run->start_ms <= start_ms)
				run_free(matcher, run);
			else
				wr_match_heap_add(&matcher->partial, run);
		}
		load_complete(matcher, key);
		status = show(matcher, key, due_ms);
		key_store(matcher, key);
	}
	return status;
}

/* --- saving and loading
 * ----------------------------------------------------------------------------------- */

void wr_match_key_take(struct wr_matcher *matcher, struct wr_agg_pool *pool,
		       struct wr_match_key *key, bool complete)
{
	matcher->pool = matcher->eval.pool = pool;
	if (complete)
		store(matcher, &matcher->complete, &key->complete, &key->complete_count,
		      &key->complete_capacity);
	else
		store(matcher, &matcher->partial, &key->partial, &key->partial_count,
		      &key->partial_capacity);
	matcher->complete.count = matcher->partial.count = 0;
}

void wr_match_key_drop(struct wr_matcher *matcher, struct wr_agg_pool *pool,
		       struct wr_match_key *key)
{
	matcher->pool = matcher->eval.pool = pool;
	for (uint32_t i = 0; i < key->partial_count; i++)
		run_free(matcher, key->partial[i]);
	for (uint32_t i = 0; i < key->complete_count; i++)
		run_free(matcher, key->complete[i]);
	if (key->partial_capacity > 0)
		wr_agg_pool_drop(pool, key->partial, key->partial_capacity * sizeof *key->partial);
	if (key->complete_capacity > 0)
		wr_agg_pool_drop(pool, key->complete,
				 key->complete_capacity * sizeof *key->complete);
	wr_match_rows_trim(&key->rows, pool, UINT64_MAX);
	*key = (struct wr_match_key){0};
}
