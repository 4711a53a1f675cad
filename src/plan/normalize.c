/* SPDX-License-Identifier: Apache-2.0
 *
 * normalize - what a source gives, and the operator that makes a clean changelog of it by primary
 * key.
 *
 *     SCAN  ->  CHANGELOG_NORMALIZE(EXCHANGE by primary key(SCAN))
 *
 * It is needed where updates come without -U (an upsert source), and where a source may repeat
 * itself ('table.exec.source.cdc-events-duplicate'). A filter that had moved into the scan stays
 * there if it reads the primary key alone; else it must see the whole changelog, for a row that it
 * no longer keeps is to be taken back: it moves into the operator, which then keeps no state for
 * rows that do not count.
 */
#include "expr/function.h"
#include "plan/passes.h"

enum wr_source_rows wr_plan_source(const struct wr_node *scan)
{
	const struct wr_format *format = scan->u.scan.table->format;
	const struct wr_connector *connector = scan->u.scan.table->connector;

	if (connector->upserts)
		return WR_SOURCE_UPSERTS;
	if (format == NULL || !format->changelog)
		return connector->source_rows != NULL ? connector->source_rows(scan->u.scan.args)
						      : WR_SOURCE_INSERTS;
	return format->upserts != NULL && format->upserts(&scan->u.scan.args->format_args)
		   ? WR_SOURCE_UPSERTS
		   : WR_SOURCE_CHANGES;
}

bool wr_plan_needs_normalize(const struct wr_passes *passes, const struct wr_node *scan)
{
	enum wr_source_rows source = wr_plan_source(scan);

	return !scan->u.scan.raw &&
	       (source == WR_SOURCE_UPSERTS ||
		(source == WR_SOURCE_CHANGES && passes->options->source_repeats));
}

static bool asks_watermark(const struct wr_expr *expr)
{
	if (expr->kind == WR_E_CALL && strcmp(expr->function->name, "CURRENT_WATERMARK") == 0)
		return true;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		if (asks_watermark(expr->arg[i]))
			return true;
	return false;
}

/* Terms of a condition, by where they may be evaluated. */
struct terms {
	uint32_t count;
	struct wr_expr **term;
};

/* The terms as one condition; NULL: none. */
static wr_status *terms_and(struct wr_passes *passes, const struct terms *terms, struct wr_pos pos,
			    struct wr_expr **out)
{
	*out = terms->count > 0 ? terms->term[0] : NULL;
	return terms->count > 1 ? wr_expr_logic(&passes->plan->pool, WR_E_AND, terms->term,
						terms->count, pos, out)
				: NULL;
}

/* Splits the scan's condition: by key alone, over the clean changelog, and after it. */
static wr_status *split(struct wr_passes *passes, struct wr_node *scan,
			const struct wr_column_set *key, struct wr_expr **inside,
			struct wr_expr **after)
{
	struct wr_expr *condition = scan->u.scan.condition, *one[1] = {condition};
	bool many = condition != NULL && condition->kind == WR_E_AND;
	struct wr_expr **term = many ? condition->arg : one;
	uint32_t count = condition == NULL ? 0 : many ? condition->arg_count : 1;
	struct terms below = {0}, middle = {0}, above = {0};

	below.term = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count + 1);
	middle.term = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count + 1);
	above.term = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		bool *read = WR_NEW_ARRAY(&passes->plan->arena, bool, scan->schema.count + 1);
		bool by_key = true;

		wr_expr_columns(term[i], read);
		for (uint32_t c = 0; c < scan->schema.count; c++)
			by_key = by_key && (!read[c] || wr_column_set_contains(key, &c, 1));
		if (!wr_expr_is_deterministic(term[i]) || asks_watermark(term[i]))
			above.term[above.count++] = term[i];
		else if (by_key)
			below.term[below.count++] = term[i];
		else
			middle.term[middle.count++] = term[i];
	}
	WR_TRY(terms_and(passes, &below, scan->pos, &scan->u.scan.condition));
	WR_TRY(terms_and(passes, &middle, scan->pos, inside));
	return terms_and(passes, &above, scan->pos, after);
}

/* There is no key to go by. */
static wr_status *refuse(const struct wr_node *scan)
{
	const struct wr_table *table = scan->u.scan.table;

	if (wr_plan_source(scan) == WR_SOURCE_UPSERTS)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, scan->pos,
				 "Table '%s' produces a changelog stream contains UPDATE_AFTER, no "
				 "UPDATE_BEFORE. This requires defining primary key constraint on "
				 "the table",
				 table->name),
		    "Add PRIMARY KEY (...) NOT ENFORCED to the declaration of '%s'", table->name);
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, scan->pos,
			 "Configuration 'table.exec.source.cdc-events-duplicate' is enabled which "
			 "requires the changelog sources to define a PRIMARY KEY. However, table "
			 "'%s' doesn't have a primary key",
			 table->name),
	    "Add PRIMARY KEY (...) NOT ENFORCED to the declaration of '%s'", table->name);
}

static struct wr_node *over(struct wr_passes *passes, struct wr_node *input, enum wr_node_kind kind)
{
	struct wr_node *node = wr_node_new(passes->plan, kind, 1, input->pos);

	node->input[0] = input;
	node->schema = input->schema;
	return node;
}

static void finish(struct wr_passes *passes, struct wr_node *node)
{
	node->traits.distribution = node->input[0]->traits.distribution;
	node->traits.keys = node->input[0]->traits.keys;
	wr_plan_changes(node);
	wr_plan_upsert_keys(passes, node);
}

/* What is to stand over the scan. */
static wr_status *make(struct wr_passes *passes, struct wr_node *scan, struct wr_node **out)
{
	const struct wr_upsert_keys *keys = &scan->traits.upsert_keys;
	struct wr_expr *inside, *after;
	struct wr_node *node, *calc;

	if (scan->u.scan.table->primary_key_count == 0)
		return refuse(scan);
	WR_REQUIRE(keys->count > 0); /* pruning has kept the columns of the key */
	WR_TRY(split(passes, scan, &keys->set[0], &inside, &after));
	node = over(passes, scan, WR_N_CHANGELOG_NORMALIZE);
	node->state_name =
	    wr_arena_printf(&passes->plan->arena, "rows of %s", scan->u.scan.table->name);
	node->u.changelog.key = keys->set[0].column;
	node->u.changelog.key_count = keys->set[0].count;
	node->u.changelog.condition = inside;
	wr_plan_distribute(passes, node, 0, keys->set[0].column, keys->set[0].count);
	finish(passes, node);
	*out = node;
	if (after == NULL)
		return NULL;
	calc = over(passes, node, WR_N_CALC);
	calc->u.calc.condition = after;
	finish(passes, calc);
	*out = calc;
	return NULL;
}

/* Scans that several parts read are marked by their id. */
wr_status *wr_plan_normalize(struct wr_passes *passes, struct wr_node **at)
{
	struct wr_node *scan = *at;

	if (!wr_plan_needs_normalize(passes, scan))
		return NULL;
	WR_ASSERT(scan->id < passes->over_count);
	if (passes->over[scan->id] == NULL)
		WR_TRY(make(passes, scan, &passes->over[scan->id]));
	*at = passes->over[scan->id];
	return NULL;
}
