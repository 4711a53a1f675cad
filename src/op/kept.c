/* SPDX-License-Identifier: Apache-2.0
 *
 * kept - the list of what an operator remembers, which the runtime saves and loads.
 */
#include "base/mem.h"
#include "op/op.h"

static struct wr_op_kept *kept_add(struct wr_op *op, const struct wr_state_decl *decl)
{
	WR_REQUIRE(op->kept_count < WR_OP_KEPT_MAX);
	if (op->kept == NULL)
		op->kept = wr_calloc(WR_OP_KEPT_MAX, sizeof *op->kept);
	op->kept[op->kept_count].decl = *decl;
	return &op->kept[op->kept_count++];
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

struct wr_text *wr_op_put_begin(struct wr_snapshot_out *out, const char *key, size_t key_len)
{
	struct wr_text *text = wr_snapshot_out_begin(out, WR_RECORD_EXTRA);

	wr_value_put_varint(text, 0);
	wr_value_put_bytes(text, key, key_len);
	out->value_begin = wr_value_begin(text);
	return text;
}

void wr_op_put_end(struct wr_snapshot_out *out)
{
	wr_value_end(&out->block->bytes, out->value_begin);
	wr_snapshot_out_done(out);
}
