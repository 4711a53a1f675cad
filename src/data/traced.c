/* SPDX-License-Identifier: Apache-2.0
 *
 * traced - see traced.h.
 */
#include "data/traced.h"

#include <math.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"

struct wr_row_trace {
	atomic_uint refs;
	atomic_uint sent, linked;    /* rows that went out; spans that were linked to it */
	struct wr_row_trace *parent; /* of one that is sent: the row's own; a reference */
	struct wr_trace_span span;   /* ends with the last reference */
};

/* --- one trace ----------------------------------------------------------------------------------
 */

struct wr_row_trace *wr_row_trace_new(struct wr_trace_span *span)
{
	struct wr_row_trace *trace = wr_calloc(1, sizeof *trace);

	atomic_init(&trace->refs, 1);
	trace->span = *span;
	*span = (struct wr_trace_span){0};
	return trace;
}

struct wr_row_trace *wr_row_trace_ref(struct wr_row_trace *trace)
{
	atomic_fetch_add_explicit(&trace->refs, 1, memory_order_relaxed);
	return trace;
}

/* What became of a row that was read. */
static void note_outcome(struct wr_row_trace *trace)
{
	uint32_t sent = atomic_load(&trace->sent), linked = atomic_load(&trace->linked);

	wr_trace_text(&trace->span, "weir.outcome",
		      sent > 0     ? "written"
		      : linked > 0 ? "linked"
				   : "left out");
	if (sent > 0)
		wr_trace_int(&trace->span, "weir.rows_written", sent);
}

void wr_row_trace_unref(struct wr_row_trace *trace)
{
	struct wr_row_trace *parent;

	if (trace == NULL || atomic_fetch_sub_explicit(&trace->refs, 1, memory_order_acq_rel) != 1)
		return;
	parent = trace->parent;
	if (parent == NULL)
		note_outcome(trace);
	wr_trace_end(&trace->span);
	wr_free(trace);
	wr_row_trace_unref(parent);
}

const struct wr_trace_context *wr_row_trace_context(const struct wr_row_trace *trace)
{
	return &trace->span.context;
}

const char *wr_row_trace_state(const struct wr_row_trace *trace)
{
	return wr_text_str(&trace->span.state);
}

/* --- lists --------------------------------------------------------------------------------------
 */

void wr_traced_add(struct wr_traced **list, uint32_t row, struct wr_row_trace *trace)
{
	struct wr_traced *self = *list;

	if (self == NULL)
		self = *list = wr_calloc(1, sizeof *self);
	WR_ASSERT(self->count == 0 || self->at[self->count - 1].row <= row);
	if (self->count == self->capacity) {
		self->capacity = WR_MAX(8, 2 * self->capacity);
		self->at = wr_realloc(self->at, self->capacity * sizeof *self->at);
	}
	self->at[self->count++] = (struct wr_traced_row){row, trace};
}

void wr_traced_free(struct wr_traced *list)
{
	if (list == NULL)
		return;
	for (uint32_t i = 0; i < list->count; i++)
		wr_row_trace_unref(list->at[i].trace);
	wr_free(list->at);
	wr_free(list);
}

/* The place of the first entry of a row, or of the first behind it. */
static uint32_t place_of(const struct wr_traced *list, uint32_t row)
{
	uint32_t low = 0, high = list->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (list->at[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entries of row `from` as those of row `to`. */
static void copy_row(const struct wr_traced *list, uint32_t from, struct wr_traced **out,
		     uint32_t to)
{
	for (uint32_t i = place_of(list, from); i < list->count && list->at[i].row == from; i++)
		wr_traced_add(out, to, wr_row_trace_ref(list->at[i].trace));
}

/* Rows may be in any order: a bit a row says which ones to look for. */
struct wr_traced *wr_traced_gather(const struct wr_traced *list, const uint32_t *index,
				   uint32_t count)
{
	uint64_t bits[WR_BATCH_ROWS_MAX / 64] = {0};
	struct wr_traced *out = NULL;

	if (list == NULL)
		return NULL;
	for (uint32_t i = 0; i < list->count; i++)
		bits[list->at[i].row % WR_BATCH_ROWS_MAX / 64] |= (uint64_t)1
								  << (list->at[i].row & 63);
	for (uint32_t i = 0; i < count; i++)
		if (WR_UNLIKELY(bits[index[i] % WR_BATCH_ROWS_MAX / 64] >> (index[i] & 63) & 1))
			copy_row(list, index[i], &out, i);
	return out;
}

struct wr_traced *wr_traced_slice(const struct wr_traced *list, uint32_t start, uint32_t count)
{
	struct wr_traced *out = NULL;

	if (list == NULL)
		return NULL;
	for (uint32_t i = place_of(list, start); i < list->count && list->at[i].row - start < count;
	     i++)
		wr_traced_add(&out, list->at[i].row - start, wr_row_trace_ref(list->at[i].trace));
	return out;
}

struct wr_row_trace *wr_traced_find(const struct wr_traced *list, uint32_t row)
{
	uint32_t i;

	if (list == NULL)
		return NULL;
	i = place_of(list, row);
	return i < list->count && list->at[i].row == row ? list->at[i].trace : NULL;
}

void wr_traced_send(struct wr_traced *list, const char *table)
{
	for (uint32_t i = 0; list != NULL && i < list->count; i++) {
		struct wr_row_trace *row = list->at[i].trace;
		struct wr_trace_span span;
		struct wr_text name = {0};

		wr_text_printf(&name, "send %s", table);
		wr_trace_begin(&span, row->span.tracer, wr_text_str(&name), WR_TRACE_PRODUCER,
			       &row->span.context);
		wr_text_release(&name);
		wr_trace_text(&span, "weir.table", table);
		wr_text_puts(&span.state, wr_row_trace_state(row));
		atomic_fetch_add_explicit(&row->sent, 1, memory_order_relaxed);
		list->at[i].trace = wr_row_trace_new(&span);
		list->at[i].trace->parent = row;
	}
}

void wr_traced_fail(struct wr_traced *list, const char *why)
{
	for (uint32_t i = 0; list != NULL && i < list->count; i++)
		wr_trace_error(&list->at[i].trace->span, why);
}

void wr_traced_link(struct wr_traced *list, struct wr_trace_span *span)
{
	for (uint32_t i = 0; list != NULL && i < list->count; i++) {
		wr_trace_link(span, &list->at[i].trace->span.context);
		atomic_fetch_add_explicit(&list->at[i].trace->linked, 1, memory_order_relaxed);
	}
}

/* --- which rows ---------------------------------------------------------------------------------
 */

/* xorshift64*, by Vigna. In (0, 1]. */
static double dice_roll(struct wr_row_dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return ((double)(dice->state * 0x2545F4914F6CDD1Dull >> 11) + 1) / 9007199254740992.0;
}

/* Rows between two that are traced, when each is by itself with the given probability. */
static uint64_t dice_skip(struct wr_row_dice *dice, double share)
{
	double skip = share >= 1 ? 0 : floor(log(dice_roll(dice)) / log1p(-share));

	return skip < 1e18 ? (uint64_t)skip : (uint64_t)1e18;
}

uint32_t wr_row_dice_next(struct wr_row_dice *dice, const struct wr_row_sampler *sampler,
			  uint32_t rows)
{
	uint32_t hit;

	if (sampler->share <= 0)
		return rows;
	if (dice->state == 0) {
		sampler->env->ops->random(sampler->env, &dice->state, sizeof dice->state);
		dice->state |= 1;
		dice->skip = dice_skip(dice, sampler->share);
	}
	if (dice->skip >= rows) {
		dice->skip -= rows;
		return rows;
	}
	hit = (uint32_t)dice->skip;
	dice->skip = dice_skip(dice, sampler->share);
	return hit;
}

/* A second that two threads begin may have some more: it is a bound on cost, no promise. */
bool wr_row_sampler_begin(struct wr_row_sampler *sampler, struct wr_trace_span *span,
			  const char *table, const struct wr_trace_context *parent)
{
	int64_t second = wr_mono_us(sampler->env) / 1000000;
	struct wr_text name = {0};

	if (atomic_load_explicit(&sampler->second, memory_order_relaxed) != second) {
		atomic_store(&sampler->second, second);
		atomic_store(&sampler->begun, 0);
	}
	if (atomic_fetch_add_explicit(&sampler->begun, 1, memory_order_relaxed) >=
	    sampler->per_second)
		return false;
	wr_text_printf(&name, "process %s", table);
	wr_trace_begin(span, sampler->tracer, wr_text_str(&name), WR_TRACE_CONSUMER, parent);
	wr_text_release(&name);
	wr_trace_text(span, "weir.job.name", sampler->job);
	wr_trace_text(span, "weir.table", table);
	return true;
}
