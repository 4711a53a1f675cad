/* SPDX-License-Identifier: Apache-2.0
 *
 * schema - see schema.h: matching states, then fields, then the columns of rows.
 *
 * A field that is missing is one thing for an accumulator, which may begin now (its operator keeps
 * what it has and says what is new), and another for anything else: a list of rows without one of
 * its columns, or a state without its count, would give wrong answers for ever. So only
 * accumulators may be absent; the rest makes a state be rebuilt. And a state is not kept beside
 * another one of its operator that is rebuilt: they belong together.
 */
#include "state/schema.h"

#include "base/macros.h"
#include "state/row_change.h"

#define NONE UINT32_MAX

const char *wr_fit_name(enum wr_fit fit)
{
	static const char *const name[] = {
	    [WR_FIT_KEPT] = "kept",       [WR_FIT_PART] = "kept in part",
	    [WR_FIT_REBUILT] = "rebuilt", [WR_FIT_DROPPED] = "dropped",
	    [WR_FIT_NEW] = "new",
	};

	return name[fit];
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* --- types */

/* Whether every value of `saved` is one of `need`, with the same bytes. */
static bool type_fits(const struct wr_type *saved, const struct wr_type *need)
{
	bool longer = need->kind == WR_VARCHAR || need->kind == WR_VARBINARY;

	if (saved->kind != need->kind || saved->precision != need->precision ||
	    saved->scale != need->scale || saved->child_count != need->child_count ||
	    (saved->nullable && !need->nullable))
		return false;
	if (longer ? saved->length > need->length : saved->length != need->length)
		return false;
	for (uint32_t i = 0; i < need->child_count; i++)
		if (!type_fits(saved->child[i], need->child[i]))
			return false;
	return true;
}

static const char *type_reason(struct wr_arena *arena, const char *what, const char *name,
			       const struct wr_type *saved, const struct wr_type *need)
{
	return wr_arena_printf(arena, "%s '%s' is of type %s in the checkpoint, of type %s now",
			       what, name, wr_type_str(arena, saved), wr_type_str(arena, need));
}

/* --- columns of rows */

/* The saved column of this name that comes as the n-th of its name, n being that of the declared
 * one. */
static uint32_t find_column(const struct wr_saved_field *saved, const struct wr_saved_field *need,
			    uint32_t column)
{
	uint32_t nth = 0;

	for (uint32_t i = 0; i < column; i++)
		nth += strcmp(need->column[i], need->column[column]) == 0;
	for (uint32_t i = 0; i < saved->column_count; i++)
		if (strcmp(saved->column[i], need->column[column]) == 0 && nth-- == 0)
			return i;
	return NONE;
}

/* Why saved rows cannot become declared ones, or NULL; then *change is how (NULL: they are). */
static const char *match_rows(struct wr_arena *arena, const struct wr_saved_field *saved,
			      const struct wr_saved_field *need,
			      const struct wr_row_change **change)
{
	uint32_t *from = WR_NEW_ARRAY(arena, uint32_t, need->column_count + 1);
	bool same = saved->column_count == need->column_count;
	struct wr_row_change *out;

	for (uint32_t i = 0; i < need->column_count; i++) {
		from[i] = find_column(saved, need, i);
		if (from[i] == NONE)
			return wr_arena_printf(arena, "'%s' has no column '%s' in the checkpoint",
					       need->name, need->column[i]);
		if (!type_fits(saved->type[from[i]], need->type[i]))
			return type_reason(arena, "Column", need->column[i], saved->type[from[i]],
					   need->type[i]);
		same = same && from[i] == i;
	}
	*change = NULL;
	if (same)
		return NULL;
	out = WR_NEW(arena, struct wr_row_change);
	wr_codec_init(&out->saved, arena, saved->type, saved->column_count);
	out->count = need->column_count;
	out->from = from;
	*change = out;
	return NULL;
}

/* --- fields */

static bool same_const(struct wr_str a, struct wr_str b)
{
	return a.len == b.len && (a.data == NULL) == (b.data == NULL) &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Why an accumulator cannot be taken over, or NULL. */
static const char *match_call(struct wr_arena *arena, const struct wr_saved_field *saved,
			      const struct wr_saved_field *need)
{
	const struct wr_saved_call *a = saved->call, *b = need->call;
	bool same = same_text(a->function, b->function) && a->arg_count == b->arg_count &&
		    a->distinct == b->distinct && a->words == b->words &&
		    a->ignore_nulls == b->ignore_nulls;

	for (uint32_t i = 0; i < b->arg_count && same; i++) {
		if (!wr_type_equal(a->arg_type[i], b->arg_type[i], false))
			return type_reason(arena, "The argument of", need->name, a->arg_type[i],
					   b->arg_type[i]);
		same = same_const(a->const_arg[i], b->const_arg[i]);
	}
	if (!same)
		return wr_arena_printf(arena, "'%s' is another aggregate in the checkpoint",
				       need->name);
	if (a->retract != b->retract || !same_text(a->agg, b->agg))
		return wr_arena_printf(arena, "'%s' is kept as %s in the checkpoint, as %s now",
				       need->name, a->agg, b->agg);
	return NULL;
}

/* Why the numbers in front of rows are not the same, or NULL. */
static const char *match_numbers(struct wr_arena *arena, const struct wr_saved_field *saved,
				 const struct wr_saved_field *need)
{
	bool same = saved->number_count == need->number_count;

	for (uint32_t i = 0; i < need->number_count && same; i++)
		same = same_text(saved->number[i], need->number[i]);
	return same
		   ? NULL
		   : wr_arena_printf(arena, "The rows of '%s' have other numbers in the checkpoint",
				     need->name);
}

/* Why a saved field cannot be taken over, or NULL. */
static const char *match_field(struct wr_arena *arena, const struct wr_saved_field *saved,
			       const struct wr_saved_field *need,
			       const struct wr_row_change **change)
{
	const char *reason = NULL;

	*change = NULL;
	if (saved->kind != need->kind)
		return wr_arena_printf(arena, "'%s' is of another kind in the checkpoint",
				       need->name);
	switch (need->kind) {
	case WR_FIELD_ACCUMULATOR: return match_call(arena, saved, need);
	case WR_FIELD_ROWS: reason = match_numbers(arena, saved, need); break;
	default: break;
	}
	return reason != NULL ? reason : match_rows(arena, saved, need, change);
}

static uint32_t find_field(const struct wr_saved_state *saved, const char *name)
{
	for (uint32_t i = 0; i < saved->field_count; i++)
		if (strcmp(saved->field[i].name, name) == 0)
			return i;
	return NONE;
}

/* Puts one more reason behind those there are. */
static void add_reason(struct wr_arena *arena, struct wr_state_fit *fit, const char *reason)
{
	fit->reason =
	    fit->reason == NULL ? reason : wr_arena_printf(arena, "%s; %s", fit->reason, reason);
}

/* What of a value is kept. */
static void match_fields(struct wr_arena *arena, const struct wr_saved_state *saved,
			 const struct wr_saved_state *need, struct wr_state_fit *fit)
{
	const struct wr_row_change **change =
	    WR_NEW_ARRAY(arena, const struct wr_row_change *, need->field_count + 1);
	uint32_t *from = WR_NEW_ARRAY(arena, uint32_t, need->field_count + 1);

	fit->fit = WR_FIT_KEPT;
	for (uint32_t i = 0; i < need->field_count; i++) {
		const struct wr_saved_field *field = &need->field[i];
		const char *reason;

		from[i] = find_field(saved, field->name);
		if (from[i] == NONE && field->may_miss)
			continue;
		if (from[i] == NONE)
			reason = wr_arena_printf(arena, "The checkpoint has no '%s'", field->name);
		else
			reason = match_field(arena, &saved->field[from[i]], field, &change[i]);
		if (reason == NULL)
			continue;
		from[i] = NONE;
		add_reason(arena, fit, reason);
		if (field->kind != WR_FIELD_ACCUMULATOR) {
			fit->fit = WR_FIT_REBUILT;
			return;
		}
		fit->fit = WR_FIT_PART;
	}
	fit->map = (struct wr_state_map){saved->field_count, from, change};
}

/* --- states */

/* Why not even the keys fit, or NULL. */
static const char *match_keys(struct wr_arena *arena, const struct wr_saved_state *saved,
			      const struct wr_saved_state *need)
{
	bool same_route = saved->route_count == need->route_count;

	if (saved->key_count != need->key_count)
		return wr_arena_printf(arena, "The key has %u columns in the checkpoint, %u now",
				       saved->key_count, need->key_count);
	for (uint32_t i = 0; i < need->key_count; i++)
		if (!type_fits(saved->key_type[i], need->key_type[i]))
			return type_reason(arena, "Key column", need->key_name[i],
					   saved->key_type[i], need->key_type[i]);
	for (uint32_t i = 0; i < need->route_count && same_route; i++)
		same_route = saved->route[i] == need->route[i];
	return same_route ? NULL
			  : "Rows are distributed by other key columns than in the checkpoint";
}

/* Why the operator is another one, or NULL. */
static const char *match_operator(struct wr_arena *arena, const struct wr_saved_state *saved,
				  const struct wr_saved_state *need)
{
	if (!same_text(saved->op_type, need->op_type))
		return wr_arena_printf(arena,
				       "The operator was a %s in the checkpoint and is a %s "
				       "now",
				       saved->op_type, need->op_type);
	if (saved->op_version != need->op_version)
		return wr_arena_printf(arena,
				       "The checkpoint has version %u of the operator's state, "
				       "this version of Weir has %u",
				       saved->op_version, need->op_version);
	if (saved->extra != need->extra || !same_text(saved->meaning, need->meaning))
		return "It means something else in the checkpoint";
	return NULL;
}

/* From the outside in: operator, keys, fields. */
static void match_state(struct wr_arena *arena, const struct wr_saved_state *saved,
			const struct wr_saved_state *need, struct wr_state_fit *fit)
{
	const char *reason = match_operator(arena, saved, need);

	if (reason == NULL)
		reason = match_keys(arena, saved, need);
	if (reason == NULL) {
		match_fields(arena, saved, need, fit);
		if (fit->fit == WR_FIT_KEPT && saved->ttl_ms != need->ttl_ms)
			fit->reason = "With another time to live than in the checkpoint";
		return;
	}
	fit->fit = WR_FIT_REBUILT;
	fit->reason = reason;
}

static bool has_operator(const struct wr_saved_state *state, uint32_t count, const char *op)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(state[i].op, op) == 0)
			return true;
	return false;
}

static uint32_t find_state(const struct wr_saved_state *state, uint32_t count,
			   const struct wr_saved_state *like)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(state[i].op, like->op) == 0 && strcmp(state[i].name, like->name) == 0)
			return i;
	return NONE;
}

/* States of one operator are kept together or not at all. */
static void rebuild_together(struct wr_arena *arena, const struct wr_saved_state *declared,
			     uint32_t count, struct wr_state_fit *fit)
{
	for (uint32_t i = 0; i < count; i++) {
		if (fit[i].fit > WR_FIT_PART)
			continue;
		for (uint32_t k = 0; k < count; k++) {
			if (fit[k].fit != WR_FIT_REBUILT ||
			    strcmp(declared[k].op, declared[i].op) != 0)
				continue;
			fit[i].fit = WR_FIT_REBUILT;
			fit[i].reason = wr_arena_printf(
			    arena, "It belongs to '%s' of the operator, which is rebuilt",
			    declared[k].name);
			break;
		}
	}
}

const struct wr_state_fit *wr_schema_match(struct wr_arena *arena,
					   const struct wr_saved_state *saved, uint32_t saved_count,
					   const struct wr_saved_state *declared,
					   uint32_t declared_count, uint32_t *count)
{
	struct wr_state_fit *fit =
	    WR_NEW_ARRAY(arena, struct wr_state_fit, (size_t)declared_count + saved_count + 1);

	for (uint32_t i = 0; i < declared_count; i++) {
		fit[i].declared = i;
		fit[i].saved = find_state(saved, saved_count, &declared[i]);
		if (fit[i].saved != NONE) {
			match_state(arena, &saved[fit[i].saved], &declared[i], &fit[i]);
			continue;
		}
		fit[i].fit = WR_FIT_NEW;
		fit[i].reason = has_operator(saved, saved_count, declared[i].op)
				    ? "The operator has no such state in the checkpoint"
				    : "The checkpoint has no such operator";
	}
	rebuild_together(arena, declared, declared_count, fit);
	*count = declared_count;
	for (uint32_t i = 0; i < saved_count; i++) {
		if (find_state(declared, declared_count, &saved[i]) != NONE)
			continue;
		fit[(*count)++] = (struct wr_state_fit){
		    .fit = WR_FIT_DROPPED,
		    .saved = i,
		    .declared = NONE,
		    .reason = has_operator(declared, declared_count, saved[i].op)
				  ? "The operator has no such state any more"
				  : "The query has no such operator any more",
		};
	}
	return fit;
}
