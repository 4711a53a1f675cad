/* SPDX-License-Identifier: Apache-2.0
 *
 * grouping_sets - the elements of GROUP BY: keys, and which of them each grouping set keeps.
 *
 * Every element stands for a list of sets: an expression for one set of one key, ROLLUP for all its
 * prefixes, CUBE for all subsets. The sets of the whole clause are the product over its elements
 * (sets united), each a mask with bit i for key i.
 */
#include <string.h>

#include "analyze/analyzer.h"

struct set_list {
	uint32_t count;    /* sets */
	uint32_t capacity; /* slots at mask */
	uint64_t *mask;    /* bit i: key i is kept */
};

struct keys {
	struct wr_conv *conv;   /* of GROUP BY */
	struct wr_group *group; /* gets the keys */
	uint32_t key_capacity;  /* slots at group->key */
};

/* Appends a set; their number is bounded. */
static wr_status *set_add(struct keys *keys, struct set_list *list, uint64_t mask,
			  struct wr_pos pos)
{
	if (list->count >= WR_GROUPING_SETS_MAX)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
						   "GROUP BY stands for more than %d grouping sets",
						   WR_GROUPING_SETS_MAX),
				      "List the sets that are needed with GROUPING SETS");
	if (list->count == list->capacity) {
		uint32_t capacity = WR_MAX(8u, list->capacity * 2);
		uint64_t *grown = WR_NEW_ARRAY(keys->conv->a->arena, uint64_t, capacity);
		if (list->count > 0)
			memcpy(grown, list->mask, list->count * sizeof *grown);
		list->mask = grown;
		list->capacity = capacity;
	}
	list->mask[list->count++] = mask;
	return NULL;
}

/* The number of a key, added when it is new. */
static wr_status *key_add(struct keys *keys, struct wr_expr *expr, uint32_t *index)
{
	struct wr_group *group = keys->group;

	for (*index = 0; *index < group->key_count; (*index)++) {
		if (wr_expr_equal(group->key[*index], expr))
			return NULL;
	}
	if (group->key_count == keys->key_capacity) {
		uint32_t capacity = WR_MAX(8u, keys->key_capacity * 2);
		struct wr_expr **grown =
		    WR_NEW_ARRAY(keys->conv->a->arena, struct wr_expr *, capacity);
		if (group->key_count > 0)
			memcpy(grown, group->key, group->key_count * sizeof(struct wr_expr *));
		group->key = grown;
		keys->key_capacity = capacity;
	}
	group->key[group->key_count++] = expr;
	return wr_check_width(group->key_count, expr->pos);
}

/* One expression of GROUP BY; the older window call gives the three window columns. */
static wr_status *key_convert(struct keys *keys, const struct wr_ast_expr *ast, uint64_t *mask)
{
	const struct wr_legacy_window *legacy = keys->conv->legacy;
	struct wr_expr *expr;
	uint32_t index;

	if (legacy != NULL && legacy->call == ast) {
		uint32_t column[3] = {legacy->start, legacy->end, legacy->rowtime};
		for (int i = 0; i < 3; i++) {
			expr = wr_column_of(keys->conv->a, legacy->node, column[i]);
			WR_TRY(key_add(keys, expr, &index));
			*mask |= (uint64_t)1 << (index & 63);
		}
		return NULL;
	}
	if (wr_has_aggregate(keys->conv->a, ast))
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "Aggregate expression is illegal in GROUP BY clause");
	WR_TRY(wr_convert(keys->conv, ast, &expr));
	if (expr->type == NULL || expr->type->kind == WR_NULL)
		return wr_status_at(WR_USER_ERROR, ast->pos, "Illegal use of 'NULL'");
	WR_TRY(key_add(keys, expr, &index));
	*mask |= (uint64_t)1 << (index & 63);
	return NULL;
}

static wr_status *mask_of(struct keys *keys, const struct wr_ast_group *ast, uint64_t *mask)
{
	*mask = 0;
	for (uint32_t i = 0; i < ast->exprs.count; i++)
		WR_TRY(key_convert(keys, ast->exprs.items[i], mask));
	return NULL;
}

/* All prefixes, from the longest to (). */
static wr_status *rollup_sets(struct keys *keys, const struct wr_ast_group *ast,
			      struct set_list *out)
{
	uint64_t *mask = WR_NEW_ARRAY(keys->conv->a->arena, uint64_t, ast->item_count + 1);

	for (uint32_t i = 0; i < ast->item_count; i++) {
		WR_TRY(mask_of(keys, &ast->items[i], &mask[i]));
		if (i > 0)
			mask[i] |= mask[i - 1];
	}
	for (uint32_t i = ast->item_count; i > 0; i--)
		WR_TRY(set_add(keys, out, mask[i - 1], ast->pos));
	return set_add(keys, out, 0, ast->pos);
}

/* All subsets, from all items to (). */
static wr_status *cube_sets(struct keys *keys, const struct wr_ast_group *ast, struct set_list *out)
{
	uint64_t *mask = WR_NEW_ARRAY(keys->conv->a->arena, uint64_t, ast->item_count + 1);
	uint32_t n = ast->item_count;

	if (n > 12)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "CUBE over more than 12 expressions has too many sets");
	for (uint32_t i = 0; i < n; i++)
		WR_TRY(mask_of(keys, &ast->items[i], &mask[i]));
	for (uint32_t subset = 1u << n; subset-- > 0;) {
		uint64_t all = 0;
		for (uint32_t i = 0; i < n; i++)
			all |= (subset >> (n - 1 - i) & 1) != 0 ? mask[i] : 0;
		WR_TRY(set_add(keys, out, all, ast->pos));
	}
	return NULL;
}

/* The sets of one element of GROUP BY. */
static wr_status *element_sets(struct keys *keys, const struct wr_ast_group *ast,
			       struct set_list *out)
{
	uint64_t mask;

	switch (ast->kind) {
	case WR_AST_GROUP_EXPRS:
		WR_TRY(mask_of(keys, ast, &mask));
		return set_add(keys, out, mask, ast->pos);
	case WR_AST_GROUP_ROLLUP: return rollup_sets(keys, ast, out);
	case WR_AST_GROUP_CUBE: return cube_sets(keys, ast, out);
	case WR_AST_GROUP_SETS:
		for (uint32_t i = 0; i < ast->item_count; i++)
			WR_TRY(element_sets(keys, &ast->items[i], out));
		return NULL;
	}
	return NULL;
}

/* Sets that occur twice give the same groups twice; Flink keeps one. */
static void drop_duplicates(struct set_list *list)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		uint32_t j = 0;
		while (j < n && list->mask[j] != list->mask[i])
			j++;
		if (j == n)
			list->mask[n++] = list->mask[i];
	}
	list->count = n;
}

/* The names with nullable types, for what stands above grouping sets. */
static const struct wr_scope *nullable_scope(struct wr_analyzer *a, const struct wr_scope *scope)
{
	struct wr_scope *copy = WR_NEW(a->arena, struct wr_scope);

	*copy = *scope;
	copy->table = WR_NEW_ARRAY(a->arena, struct wr_scope_table, scope->table_count + 1);
	for (uint32_t t = 0; t <= scope->table_count; t++) {
		bool star = t == scope->table_count;
		uint32_t count = star ? scope->star_count : scope->table[t].count;
		const struct wr_scope_column *from = star ? scope->star : scope->table[t].column;
		struct wr_scope_column *to =
		    WR_NEW_ARRAY(a->arena, struct wr_scope_column, count + 1);
		for (uint32_t i = 0; i < count; i++) {
			struct wr_expr *expr = WR_NEW(a->arena, struct wr_expr);
			*expr = *from[i].expr;
			expr->type = wr_type_nullable(a->arena, expr->type, true);
			to[i] = (struct wr_scope_column){.name = from[i].name, .expr = expr};
		}
		if (star) {
			copy->star = to;
		} else {
			copy->table[t] = scope->table[t];
			copy->table[t].column = to;
		}
	}
	return copy;
}

/* The keys once more, as the select list will see them. */
static wr_status *match_keys(struct wr_conv *conv, const struct wr_ast_select *select,
			     struct wr_group *group)
{
	struct wr_group again = {0};
	struct wr_conv inner = *conv;
	struct keys keys = {.conv = &inner, .group = &again};
	struct set_list ignored = {0};

	group->nullable = nullable_scope(conv->a, conv->scope);
	inner.scope = group->nullable;
	for (uint32_t i = 0; i < select->group_count; i++)
		WR_TRY(element_sets(&keys, &select->groups[i], &ignored));
	WR_REQUIRE(again.key_count == group->key_count);
	group->match = again.key;
	return NULL;
}

/* Keys first, then the product of the sets of all elements. */
wr_status *wr_group_keys(struct wr_conv *conv, const struct wr_ast_select *select,
			 struct wr_group *group)
{
	struct keys keys = {.conv = conv, .group = group};
	struct set_list all = {0}, element, product;
	bool has_sets = false;

	WR_TRY(set_add(&keys, &all, 0, select->group_pos));
	for (uint32_t i = 0; i < select->group_count; i++) {
		const struct wr_ast_group *ast = &select->groups[i];
		has_sets |= ast->kind != WR_AST_GROUP_EXPRS;
		element = (struct set_list){0};
		WR_TRY(element_sets(&keys, ast, &element));
		product = (struct set_list){0};
		for (uint32_t x = 0; x < all.count; x++) {
			for (uint32_t y = 0; y < element.count; y++)
				WR_TRY(set_add(&keys, &product, all.mask[x] | element.mask[y],
					       ast->pos));
		}
		all = product;
	}
	group->match = group->key;
	if (!has_sets)
		return NULL;
	if (group->key_count > WR_GROUPING_KEYS_MAX)
		return wr_status_at(WR_USER_ERROR, select->group_pos,
				    "GROUPING SETS may use at most %d expressions",
				    WR_GROUPING_KEYS_MAX);
	drop_duplicates(&all);
	uint64_t every = ((uint64_t)1 << group->key_count) - 1;
	if (all.count == 1 && all.mask[0] == every)
		return NULL;
	group->set = all.mask;
	group->set_count = all.count;
	return match_keys(conv, select, group);
}
