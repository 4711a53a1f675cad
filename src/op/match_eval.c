/* SPDX-License-Identifier: Apache-2.0
 *
 * match_eval - see match_eval.h.
 */
#include "op/match_eval.h"

#include "base/mem.h"
#include "op/windowing.h"

/* --- which rows
 * --------------------------------------------------------------------------------------- */

/* Rows [from, to) of the match are those of the variable; the row being tested may come on top. */
struct range {
	uint32_t from, to;
	bool current; /* the row being tested is one of them, the last */
};

static struct range range_of(const struct wr_match_view *view, uint32_t variable)
{
	const struct wr_match_run *run = view->run;
	struct range range = {.to = run->len, .current = view->current != NULL};

	if (variable == WR_MATCH_ALL)
		return range;
	range.current = range.current && variable == view->variable;
	if ((int32_t)variable > run->variable) {
		range.from = run->len;
		return range;
	}
	if (variable > 0)
		range.from = run->end[variable - 1];
	if ((int32_t)variable < run->variable)
		range.to = run->end[variable];
	return range;
}

/* The row that a ref means, or NULL. */
static const struct wr_match_row *ref_row(const struct wr_match_view *view,
					  const struct wr_match_ref *ref)
{
	struct range range = range_of(view, ref->variable);
	uint32_t count = range.to - range.from + range.current, at;

	if (ref->offset >= count)
		return NULL;
	at = range.from + (ref->first ? ref->offset : count - 1 - ref->offset);
	return at == range.to ? view->current : wr_match_rows_at(view->rows, view->run->start + at);
}

/* --- virtual rows
 * ------------------------------------------------------------------------------------- */

static void sums_init(struct wr_match_sums *sums, const struct wr_match_group *group,
		      const struct wr_schema *schema)
{
	wr_aggs_init_items(&sums->aggs, group->item, group->item_count, 0, false);
	sums->slot = wr_malloc((WR_BATCH_ROWS_MAX + 1) * sizeof *sums->slot);
	sums->grows = sums->plain = true;
	for (uint32_t i = 0; i < group->item_count; i++) {
		const struct wr_agg *agg = group->item[i].call->agg;

		sums->grows = sums->grows && (agg->save == NULL || agg->merge != NULL);
		sums->plain = sums->plain && agg->save == NULL && agg->drop == NULL;
	}
	sums->columns = schema->count;
	sums->builder = wr_calloc(schema->count + 1, sizeof *sums->builder);
	for (uint32_t i = 0; i < group->item_count; i++)
		for (uint32_t k = 0; k < group->item[i].call->arg_count; k++) {
			const struct wr_expr *arg = group->item[i].arg[k];

			if (arg->kind == WR_E_COLUMN && sums->builder[arg->column] == NULL)
				sums->builder[arg->column] =
				    wr_builder_new(schema->field[arg->column].type, 16);
		}
}

/* A column to be filled again and again. */
static struct wr_column *new_column(const struct wr_type *type)
{
	struct wr_column *column = wr_column_new(type, WR_BATCH_ROWS_MAX);

	(void)wr_column_validity(column);
	return column;
}

/* `reuse`: views handed to its batches need not outlive the call. */
static wr_status *virtual_init(struct wr_match_virtual *virtual, const struct wr_match_exprs *exprs,
			       const struct wr_op *op, bool reuse)
{
	virtual->exprs = exprs;
	virtual->column = wr_calloc(exprs->ref_count + 1, sizeof *virtual->column);
	virtual->builder = wr_calloc(exprs->ref_count + 1, sizeof *virtual->builder);
	for (uint32_t i = 0; i < exprs->ref_count; i++)
		if (reuse && exprs->ref[i].kind == WR_MATCH_ROW &&
		    wr_type_phys(exprs->ref[i].type) <= WR_P_STR)
			virtual->column[i] = new_column(exprs->ref[i].type);
		else if (exprs->ref[i].kind != WR_MATCH_AGG)
			virtual->builder[i] = wr_builder_new(exprs->ref[i].type, 16);
	virtual->sums = wr_calloc(exprs->group_count + 1, sizeof *virtual->sums);
	for (uint32_t g = 0; g < exprs->group_count; g++)
		sums_init(&virtual->sums[g], &exprs->group[g], &op->node->input[0]->schema);
	if (exprs->group_count > 0)
		virtual->pool = wr_agg_pool_new();
	return wr_program_clocked(exprs->expr, exprs->expr_count, exprs->ref_count,
				  op->env->zone_id, op->env->env, &virtual->program);
}

static void virtual_release(struct wr_match_virtual *virtual)
{
	for (uint32_t i = 0; virtual->builder != NULL && i < virtual->exprs->ref_count; i++)
		wr_builder_free(virtual->builder[i]);
	for (uint32_t i = 0; virtual->column != NULL && i < virtual->exprs->ref_count; i++)
		wr_column_unref(virtual->column[i]);
	wr_free(virtual->column);
	for (uint32_t g = 0; virtual->sums != NULL && g < virtual->exprs->group_count; g++) {
		struct wr_match_sums *sums = &virtual->sums[g];

		for (uint32_t i = 0; sums->builder != NULL && i < sums->columns; i++)
			wr_builder_free(sums->builder[i]);
		wr_free(sums->builder);
		wr_free(sums->acc);
		wr_free(sums->slot);
		wr_aggs_release(&sums->aggs);
	}
	wr_free(virtual->builder);
	wr_free(virtual->sums);
	wr_program_free(virtual->program);
	if (virtual->pool != NULL)
		wr_agg_pool_free(virtual->pool);
}

/* Folds the values that wait in the builders into their accumulators. */
static void sums_fold(struct wr_match_sums *sums, struct wr_agg_pool *pool)
{
	struct wr_batch *batch;

	if (sums->waiting == 0)
		return;
	batch = wr_batch_new(sums->columns, sums->waiting);
	for (uint32_t i = 0; i < sums->columns; i++)
		if (sums->builder[i] != NULL)
			batch->column[i] = wr_builder_finish(sums->builder[i]);
	wr_aggs_update(&sums->aggs, pool, sums->slot, batch, NULL, NULL, sums->waiting);
	sums->waiting = 0;
	wr_batch_free(batch);
}

/* A row is to be added to an accumulator. */
static void sums_put(const struct wr_match_eval *eval, struct wr_match_sums *sums,
		     struct wr_agg_pool *pool, const struct wr_match_row *row, uint8_t *slot)
{
	for (uint32_t c = 0; c < sums->columns; c++)
		if (sums->builder[c] != NULL)
			wr_match_row_append(&eval->layout, row, eval->layout.place[c],
					    sums->builder[c]);
	sums->slot[sums->waiting++] = slot;
	if (sums->waiting == WR_BATCH_ROWS_MAX)
		sums_fold(sums, pool);
}

/* An accumulator for virtual row `at`. */
static uint8_t *sums_slot(struct wr_match_sums *sums, struct wr_agg_pool *pool, uint32_t at)
{
	if (at == sums->capacity) {
		sums->capacity = WR_MAX(16, 2 * sums->capacity);
		sums->acc = wr_realloc(sums->acc, (size_t)sums->capacity * sizeof *sums->acc);
	}
	sums->acc[at] = wr_agg_pool_alloc(pool, sums->aggs.slot_size);
	wr_aggs_start(&sums->aggs, sums->acc[at]);
	return sums->acc[at];
}

/* The aggregates over the variable's rows for virtual row `at`, all added up anew. */
static void sums_add(struct wr_match_eval *eval, struct wr_match_virtual *virtual, uint32_t group,
		     const struct wr_match_view *view, uint32_t at)
{
	struct wr_match_sums *sums = &virtual->sums[group];
	struct range range = range_of(view, virtual->exprs->group[group].variable);
	uint8_t *slot = sums_slot(sums, virtual->pool, at);

	for (uint32_t i = range.from; i < range.to; i++)
		sums_put(eval, sums, virtual->pool,
			 wr_match_rows_at(view->rows, view->run->start + i), slot);
	if (range.current)
		sums_put(eval, sums, virtual->pool, view->current, slot);
}

/* --- aggregates that grow
 * ----------------------------------------------------------------------------- */

void wr_match_accs_share(const struct wr_match_eval *eval, const struct wr_match_run *run)
{
	struct wr_match_acc **acc = wr_match_accs(eval, run);

	for (uint32_t i = 0; i < eval->acc_count; i++)
		if (acc[i] != NULL)
			acc[i]->refs++;
}

static void acc_unref(const struct wr_match_eval *eval, const struct wr_match_sums *sums,
		      struct wr_match_acc *acc)
{
	if (--acc->refs > 0)
		return;
	wr_aggs_drop(&sums->aggs, eval->pool, acc->slot);
	wr_agg_pool_drop(eval->pool, acc, sizeof *acc + sums->aggs.slot_size);
}

void wr_match_accs_drop(const struct wr_match_eval *eval, struct wr_match_run *run)
{
	struct wr_match_acc **acc = wr_match_accs(eval, run);

	for (uint32_t i = 0; i < eval->acc_count; i++)
		if (acc[i] != NULL)
			acc_unref(eval, eval->sums[i], acc[i]);
}

/* slot, which is empty, becomes a copy of `from`. */
static void copy_slot(struct wr_match_sums *sums, struct wr_agg_pool *pool, uint8_t *slot,
		      uint8_t *from)
{
	if (sums->plain)
		memcpy(slot, from, sums->aggs.slot_size);
	else
		wr_aggs_merge(&sums->aggs, pool, &slot, &from, 1);
}

/* The accumulators of the partial match with room for more rows: its own. */
static struct wr_match_acc *own_acc(const struct wr_match_eval *eval, struct wr_match_sums *sums,
				    const struct wr_match_run *run)
{
	struct wr_match_acc **at = &wr_match_accs(eval, run)[sums->place], *old = *at;

	if (old != NULL && old->refs == 1)
		return old;
	*at = wr_agg_pool_alloc(eval->pool, sizeof **at + sums->aggs.slot_size);
	(*at)->refs = 1;
	wr_aggs_start(&sums->aggs, (*at)->slot);
	if (old != NULL) {
		(*at)->count = old->count;
		copy_slot(sums, eval->pool, (*at)->slot, old->slot);
		acc_unref(eval, sums, old);
	}
	return *at;
}

/* Brings the accumulators of the views' partial matches up to their rows, then adds the rows at
 * hand to copies of them: virtual rows 0 .. count - 1. */
static void sums_grow(struct wr_match_eval *eval, struct wr_match_virtual *virtual, uint32_t group,
		      const struct wr_match_view *view, uint32_t count)
{
	struct wr_match_sums *sums = &virtual->sums[group];
	uint32_t variable = virtual->exprs->group[group].variable;

	for (uint32_t i = 0; i < count; i++) {
		struct range range = range_of(&view[i], variable);
		struct wr_match_acc *acc = wr_match_accs(eval, view[i].run)[sums->place];
		uint32_t rows = range.to - range.from;

		if (rows == (acc == NULL ? 0 : acc->count))
			continue;
		if (acc != NULL && acc->refs > 1) /* the copy must not miss what waits */
			sums_fold(sums, eval->pool);
		acc = own_acc(eval, sums, view[i].run);
		for (; acc->count < rows; acc->count++)
			sums_put(eval, sums, eval->pool,
				 wr_match_rows_at(view[i].rows,
						  view[i].run->start + range.from + acc->count),
				 acc->slot);
	}
	sums_fold(sums, eval->pool);
	for (uint32_t i = 0; i < count; i++) {
		struct range range = range_of(&view[i], variable);
		struct wr_match_acc *acc = wr_match_accs(eval, view[i].run)[sums->place];
		uint8_t *slot = sums_slot(sums, virtual->pool, i);

		if (acc != NULL)
			copy_slot(sums, virtual->pool, slot, acc->slot);
		if (range.current)
			sums_put(eval, sums, virtual->pool, view[i].current, slot);
	}
}

/* Appends a virtual row. */
static void virtual_add(struct wr_match_eval *eval, struct wr_match_virtual *virtual,
			const struct wr_match_view *view)
{
	const struct wr_match_exprs *exprs = virtual->exprs;

	for (uint32_t i = 0; i < exprs->ref_count; i++) {
		const struct wr_match_ref *ref = &exprs->ref[i];

		if (virtual->column[i] != NULL)
			wr_match_row_put(&eval->layout, ref_row(view, ref),
					 eval->layout.place[ref->column], virtual->column[i],
					 virtual->rows);
		else if (ref->kind == WR_MATCH_ROW)
			wr_match_row_append(&eval->layout, ref_row(view, ref),
					    eval->layout.place[ref->column], virtual->builder[i]);
		else if (ref->kind == WR_MATCH_ROWTIME && virtual->builder[i]->phys == WR_P_I64)
			wr_builder_i64(virtual->builder[i], view->ms);
		else if (ref->kind == WR_MATCH_ROWTIME)
			wr_builder_i128(virtual->builder[i], (wr_i128)view->ms * 1000000);
	}
	for (uint32_t g = 0; g < exprs->group_count; g++)
		if (view->current == NULL || !virtual->sums[g].grows)
			sums_add(eval, virtual, g, view, virtual->rows);
	virtual->rows++;
}

/* The virtual rows as a batch. */
static wr_status *virtual_batch(struct wr_match_virtual *virtual, struct wr_batch **out)
{
	const struct wr_match_exprs *exprs = virtual->exprs;
	struct wr_batch *batch = wr_batch_new(exprs->ref_count, virtual->rows);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < exprs->ref_count; i++)
		if (virtual->column[i] != NULL) {
			virtual->column[i]->len = virtual->rows;
			batch->column[i] = wr_column_ref(virtual->column[i]);
		} else if (virtual->builder[i] != NULL) {
			batch->column[i] = wr_builder_finish(virtual->builder[i]);
		}
	for (uint32_t g = 0; g < exprs->group_count; g++) {
		struct wr_match_sums *sums = &virtual->sums[g];
		struct wr_column **value = wr_calloc(sums->aggs.count + 1, sizeof *value);

		sums_fold(sums, virtual->pool);
		if (status == NULL)
			status = wr_aggs_fault(&sums->aggs, sums->acc, virtual->rows);
		wr_aggs_values(&sums->aggs, sums->acc, virtual->rows, value);
		for (uint32_t i = 0; i < exprs->ref_count; i++)
			if (exprs->ref[i].kind == WR_MATCH_AGG && exprs->ref[i].group == g)
				batch->column[i] = wr_column_ref(value[exprs->ref[i].item]);
		for (uint32_t i = 0; i < sums->aggs.count; i++)
			wr_column_unref(value[i]);
		wr_free(value);
		for (uint32_t i = 0; i < virtual->rows; i++) {
			wr_aggs_drop(&sums->aggs, virtual->pool, sums->acc[i]);
			wr_agg_pool_drop(virtual->pool, sums->acc[i], sums->aggs.slot_size);
		}
	}
	virtual->rows = 0;
	*out = batch;
	if (status == NULL)
		return NULL;
	wr_batch_free(batch);
	return status;
}

/* --- life
 * --------------------------------------------------------------------------------------------- */

/* Whether the condition can be computed from the row alone, and for rows that nobody will ask. */
static bool is_early(const struct wr_match_exprs *exprs, uint32_t variable)
{
	for (uint32_t i = 0; i < exprs->ref_count; i++)
		if (!wr_match_ref_is_current(&exprs->ref[i], variable))
			return false;
	return !wr_expr_can_fail(exprs->expr[0]) && wr_expr_is_deterministic(exprs->expr[0]);
}

/* The columns that late conditions and measures look at. */
static void keep_columns(const struct wr_match_eval *eval, bool *keep)
{
	const struct wr_match *match = eval->match;

	for (uint32_t i = 0; i < match->partition_count; i++)
		keep[match->partition[i]] = true;
	for (uint32_t v = 0; v <= match->variable_count; v++) {
		bool last = v == match->variable_count;
		const struct wr_match_exprs *exprs =
		    last ? &match->measures : match->variable[v].defined;

		if (!last && (eval->early >> v & 1) != 0)
			continue;
		for (uint32_t i = 0; i < exprs->ref_count; i++)
			if (exprs->ref[i].kind == WR_MATCH_ROW)
				keep[exprs->ref[i].column] = true;
		for (uint32_t g = 0; g < exprs->group_count; g++)
			for (uint32_t i = 0; i < exprs->group[g].item_count; i++)
				for (uint32_t k = 0; k < exprs->group[g].item[i].call->arg_count;
				     k++)
					wr_expr_columns(exprs->group[g].item[i].arg[k], keep);
	}
}

wr_status *wr_match_eval_init(struct wr_match_eval *eval, struct wr_op *op, struct wr_arena *arena)
{
	const struct wr_match *match = op->node->u.match;
	const struct wr_schema *input = &op->node->input[0]->schema;
	bool *keep = WR_NEW_ARRAY(arena, bool, input->count + 1);

	eval->op = op;
	eval->match = match;
	eval->early_program = wr_calloc(match->variable_count + 1, sizeof *eval->early_program);
	eval->condition = wr_calloc(match->variable_count + 1, sizeof *eval->condition);
	for (uint32_t v = 0; v < match->variable_count; v++) {
		const struct wr_match_exprs *exprs = match->variable[v].defined;

		if (exprs != NULL && !is_early(exprs, v)) {
			WR_TRY(virtual_init(&eval->condition[v], exprs, op, true));
			if (!wr_expr_can_fail(exprs->expr[0]))
				eval->late |= (uint64_t)1 << v;
			for (uint32_t g = 0; g < exprs->group_count; g++) {
				eval->sums = wr_realloc(eval->sums,
							(eval->acc_count + 1) * sizeof *eval->sums);
				eval->sums[eval->acc_count] = &eval->condition[v].sums[g];
				eval->condition[v].sums[g].place = eval->acc_count++;
			}
			continue;
		}
		eval->early |= (uint64_t)1 << v;
		if (exprs != NULL)
			WR_TRY(wr_program_clocked(exprs->expr, 1, exprs->ref_count,
						  op->env->zone_id, op->env->env,
						  &eval->early_program[v]));
	}
	eval->acc_offset = (uint32_t)(sizeof(struct wr_match_run) +
				      (match->variable_count + 1) / 2 * 2 * sizeof(uint32_t));
	eval->run_bytes = eval->acc_offset + eval->acc_count * (uint32_t)sizeof(void *);
	eval->sel = wr_malloc((WR_BATCH_ROWS_MAX + 1) * sizeof *eval->sel);
	keep_columns(eval, keep);
	wr_match_layout_init(&eval->layout, arena, input, keep);
	eval->key = wr_calloc(match->partition_count + 1, sizeof *eval->key);
	for (uint32_t i = 0; i < match->partition_count; i++)
		eval->key[i] = wr_builder_new(op->node->schema.field[i].type, 16);
	return virtual_init(&eval->measures, &match->measures, op, false);
}

void wr_match_eval_release(struct wr_match_eval *eval)
{
	for (uint32_t v = 0; eval->match != NULL && v < eval->match->variable_count; v++) {
		if (eval->early_program != NULL)
			wr_program_free(eval->early_program[v]);
		if (eval->condition != NULL && eval->condition[v].exprs != NULL)
			virtual_release(&eval->condition[v]);
	}
	if (eval->measures.exprs != NULL)
		virtual_release(&eval->measures);
	for (uint32_t i = 0; eval->key != NULL && i < eval->match->partition_count; i++)
		wr_builder_free(eval->key[i]);
	wr_free(eval->key);
	wr_free(eval->sel);
	wr_free(eval->sums);
	wr_free(eval->early_program);
	wr_free(eval->condition);
	wr_match_layout_release(&eval->layout);
}

/* --- the calls
 * ---------------------------------------------------------------------------------------- */

static wr_status *report(struct wr_match_eval *eval, const struct wr_eval *run)
{
	for (uint32_t i = 0; i < run->error_count; i++)
		WR_TRY(eval->op->env->row_error(eval->op->env, eval->op, &run->error[i]));
	return NULL;
}

/* The bit of one early variable. */
static wr_status *early_bits(struct wr_match_eval *eval, const struct wr_batch *batch, uint32_t v,
			     uint32_t *sel, uint64_t *bits)
{
	const struct wr_match_exprs *exprs = eval->match->variable[v].defined;
	struct wr_batch *view = wr_batch_new(exprs->ref_count, batch->rows);
	uint32_t count = 0;
	wr_status *status;

	for (uint32_t i = 0; i < exprs->ref_count; i++)
		view->column[i] = wr_column_ref(batch->column[exprs->ref[i].column]);
	status = wr_program_filter(eval->early_program[v], view, sel, &count);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		bits[sel[i]] |= (uint64_t)1 << v;
	wr_batch_free(view);
	return status;
}

wr_status *wr_match_eval_bits(struct wr_match_eval *eval, const struct wr_batch *batch,
			      uint64_t *bits)
{
	uint32_t *sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *sel);
	uint64_t always = ~eval->early;
	wr_status *status = NULL;

	for (uint32_t v = 0; v < eval->match->variable_count; v++)
		if (eval->early_program[v] == NULL)
			always |= (uint64_t)1 << v;
	for (uint32_t i = 0; i < batch->rows; i++)
		bits[i] = always;
	for (uint32_t v = 0; v < eval->match->variable_count && status == NULL; v++)
		if (eval->early_program[v] != NULL)
			status = early_bits(eval, batch, v, sel, bits);
	wr_free(sel);
	return status;
}

wr_status *wr_match_eval_test(struct wr_match_eval *eval, uint32_t variable,
			      const struct wr_match_view *view, uint32_t count, bool *met)
{
	struct wr_match_virtual *virtual = &eval->condition[variable];
	struct wr_batch *batch;
	uint32_t kept = 0;
	wr_status *status;

	WR_ASSERT(count <= WR_BATCH_ROWS_MAX);
	for (uint32_t g = 0; g < virtual->exprs->group_count; g++)
		if (virtual->sums[g].grows)
			sums_grow(eval, virtual, g, view, count);
	for (uint32_t i = 0; i < count; i++)
		virtual_add(eval, virtual, &view[i]);
	WR_TRY(virtual_batch(virtual, &batch));
	status = wr_program_filter(virtual->program, batch, eval->sel, &kept);
	wr_batch_free(batch);
	for (uint32_t i = 0; i < virtual->exprs->ref_count; i++)
		WR_ASSERT(virtual->column[i] == NULL ||
			  atomic_load(&virtual->column[i]->refs) == 1);
	memset(met, 0, count * sizeof *met);
	for (uint32_t i = 0; i < kept && status == NULL; i++)
		met[eval->sel[i]] = true;
	return status != NULL ? status : report(eval, wr_program_eval(virtual->program));
}

wr_status *wr_match_eval_add(struct wr_match_eval *eval, const struct wr_match_view *view)
{
	const struct wr_match *match = eval->match;
	const struct wr_match_row *first = wr_match_rows_at(view->rows, view->run->start);

	for (uint32_t i = 0; i < match->partition_count; i++)
		wr_match_row_append(&eval->layout, first, eval->layout.place[match->partition[i]],
				    eval->key[i]);
	virtual_add(eval, &eval->measures, view);
	return NULL;
}

/* Leaves out the matches whose measures could not be computed. */
static wr_status *drop_failed(struct wr_match_eval *eval, const struct wr_eval *run,
			      struct wr_batch *batch)
{
	uint32_t next = 0;

	if (run->error_count == 0)
		return NULL;
	batch->sel = wr_malloc(((size_t)batch->rows + 1) * sizeof *batch->sel);
	batch->sel_count = 0;
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (next < run->error_count && run->error[next].row == i)
			next++;
		else
			batch->sel[batch->sel_count++] = i;
	}
	return report(eval, run);
}

wr_status *wr_match_eval_flush(struct wr_match_eval *eval, struct wr_batch **out)
{
	uint32_t keys = eval->match->partition_count, rows = eval->measures.rows;
	struct wr_batch *batch, *virtual;
	wr_status *status;

	*out = NULL;
	if (rows == 0)
		return NULL;
	WR_TRY(virtual_batch(&eval->measures, &virtual));
	batch = wr_batch_new(eval->op->node->schema.count, rows);
	for (uint32_t i = 0; i < keys; i++)
		batch->column[i] = wr_builder_finish(eval->key[i]);
	status = wr_program_run(eval->measures.program, virtual, batch->column + keys);
	wr_batch_free(virtual);
	if (status == NULL)
		status = drop_failed(eval, wr_program_eval(eval->measures.program), batch);
	if (status == NULL && wr_batch_count(batch) > 0) {
		*out = batch;
		return NULL;
	}
	wr_batch_free(batch);
	return status;
}
