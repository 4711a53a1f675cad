/* SPDX-License-Identifier: Apache-2.0
 *
 * kept - the list of what an operator remembers, which the runtime saves and loads.
 */
#include "base/mem.h"
#include "op/fields.h"

static struct wr_op_kept *kept_add(struct wr_op *op, const struct wr_state_decl *decl)
{
	WR_REQUIRE(op->kept_count < WR_OP_KEPT_MAX);
	op->kept = wr_realloc(op->kept, (op->kept_count + 1) * sizeof *op->kept);
	op->kept[op->kept_count] = (struct wr_op_kept){.decl = *decl};
	return &op->kept[op->kept_count++];
}

/* Where each column that rows are distributed by is among the key columns; NULL: they are the key
 * columns themselves. Rows that all come to one worker are distributed by no column. */
static const uint32_t *route_of(const struct wr_traits *traits, const uint32_t *column,
				uint32_t count, struct wr_arena *arena, uint32_t *route_count)
{
	uint32_t *route = WR_NEW_ARRAY(arena, uint32_t, traits->keys.count + 1);
	bool same = traits->keys.count == count;

	*route_count = 0;
	if (traits->distribution == WR_D_SINGLE)
		return route;
	if (traits->distribution != WR_D_KEYS)
		return NULL;
	for (uint32_t k = 0; k < traits->keys.count; k++) {
		uint32_t at = 0;

		while (at < count && column[at] != traits->keys.column[k])
			at++;
		if (at == count)
			return NULL;
		route[k] = at;
		same = same && at == k;
	}
	*route_count = same ? 0 : traits->keys.count;
	return same ? NULL : route;
}

void wr_op_key_columns(const struct wr_op *op, uint32_t input, const uint32_t *column,
		       uint32_t count, struct wr_arena *arena, struct wr_state_decl *decl)
{
	const struct wr_schema *schema = &op->node->input[input]->schema;
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count + 1);
	const char **name = WR_NEW_ARRAY(arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		type[i] = schema->field[column[i]].type;
		name[i] = schema->field[column[i]].name;
	}
	decl->key_count = count;
	decl->key_type = type;
	decl->key_name = name;
	decl->route =
	    route_of(&op->node->input[input]->traits, column, count, arena, &decl->route_count);
}

wr_status *wr_op_state_open(struct wr_op *op, const struct wr_state_decl *decl,
			    struct wr_state **out)
{
	WR_TRY(wr_state_open(op->env->backend, decl, out));
	if (decl->codec == NULL)
		return NULL;
	if (op->env->track)
		wr_state_track(*out);
	kept_add(op, decl)->state = *out;
	return NULL;
}

void wr_op_extra(struct wr_op *op, const struct wr_state_decl *decl,
		 void (*save)(struct wr_op *op, struct wr_snapshot_out *out),
		 wr_status *(*load)(struct wr_op *op, const struct wr_op_record *record))
{
	struct wr_op_kept *kept = kept_add(op, decl);

	WR_ASSERT(decl->codec != NULL && decl->value_size == 0);
	kept->save = save;
	kept->load = load;
}

/* What all operators with clocks share but for the names. */
struct clocks {
	struct wr_state_field field[WR_OP_CLOCKS_MAX];
	struct wr_state_codec codec;
};

static void clocks_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct wr_text *text = wr_op_put_begin(out, NULL, 0);

	for (uint32_t i = 0; i < op->clock_count; i++)
		wr_value_put_number(text, *op->clock[i]);
	wr_op_put_end(out);
}

static wr_status *clocks_load(struct wr_op *op, const struct wr_op_record *record)
{
	for (uint32_t i = 0; i < op->clock_count; i++) {
		int64_t saved;

		if (record->value->field[i].data == NULL)
			continue;
		if (!wr_value_number(record->value->field[i], &saved))
			return wr_record_damaged(op, "clocks");
		*op->clock[i] = WR_MAX(*op->clock[i], saved);
	}
	return NULL;
}

void wr_op_clock(struct wr_op *op, const char *name, int64_t *clock)
{
	struct clocks *clocks = op->clocks;

	WR_REQUIRE(op->clock_count < WR_OP_CLOCKS_MAX);
	if (clocks == NULL) {
		struct wr_state_decl decl = {.name = "clocks", .meaning = op->node->state_name};

		clocks = op->clocks = wr_calloc(1, sizeof *clocks);
		clocks->codec.field = clocks->field;
		decl.codec = &clocks->codec;
		wr_op_extra(op, &decl, clocks_save, clocks_load);
	}
	clocks->field[op->clock_count] =
	    (struct wr_state_field){.name = name, .kind = WR_FIELD_NUMBER};
	op->clock[op->clock_count++] = clock;
	clocks->codec.field_count = op->clock_count;
}

wr_status *wr_record_damaged(const struct wr_op *op, const char *what)
{
	return wr_status_hint(wr_status_new(WR_FATAL,
					    "The saved state of %s is damaged: %s cannot be read",
					    op->type->name, what),
			      "Restore from an earlier checkpoint");
}

struct wr_text *wr_op_put_begin(struct wr_snapshot_out *out, const char *key, size_t key_len)
{
	struct wr_text *text = wr_snapshot_out_begin(out, WR_RECORD_EXTRA);

	wr_varint_put(text, 0);
	wr_value_put_bytes(text, key, key_len);
	out->value_begin = wr_value_begin(text);
	return text;
}

void wr_op_put_end(struct wr_snapshot_out *out)
{
	wr_value_end(&out->block->bytes, out->value_begin);
	wr_snapshot_out_done(out);
}
