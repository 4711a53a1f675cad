/* SPDX-License-Identifier: Apache-2.0
 *
 * fields - see fields.h.
 */
#include "op/fields.h"

struct wr_state_field wr_field_of(struct wr_arena *arena, const char *name, enum wr_field_kind kind,
				  const struct wr_schema *schema)
{
	const struct wr_type **type =
	    WR_NEW_ARRAY(arena, const struct wr_type *, schema->count + 1);
	const char **column = WR_NEW_ARRAY(arena, const char *, schema->count + 1);

	for (uint32_t i = 0; i < schema->count; i++) {
		type[i] = schema->field[i].type;
		column[i] = schema->field[i].name;
	}
	return (struct wr_state_field){
	    .name = name,
	    .kind = kind,
	    .column_count = schema->count,
	    .column = column,
	    .type = type,
	};
}

struct wr_state_field wr_field_rows(struct wr_arena *arena, const char *name,
				    const struct wr_schema *schema, const char *const *number,
				    uint32_t number_count)
{
	struct wr_state_field field = wr_field_of(arena, name, WR_FIELD_ROWS, schema);

	field.number = number;
	field.number_count = number_count;
	return field;
}

bool wr_field_columns(const struct wr_codec *codec, struct wr_str field, uint32_t number_count,
		      struct wr_builder *const *builder, struct wr_column **column)
{
	int64_t number[WR_FIELD_NUMBERS_MAX];
	const char *at = field.data;
	struct wr_str row;

	WR_ASSERT(number_count <= WR_FIELD_NUMBERS_MAX);
	while (wr_value_next_row(field, &at, number, number_count, &row))
		if (wr_codec_decode(codec, row.data, row.data + row.len, builder) !=
		    row.data + row.len) {
			at = NULL;
			break;
		}
	for (uint32_t i = 0; i < codec->count; i++)
		if (at != NULL)
			column[i] = wr_builder_finish(builder[i]);
		else
			wr_builder_reset(builder[i]);
	return at != NULL;
}

void wr_field_columns_drop(const struct wr_codec *codec, struct wr_column **column)
{
	for (uint32_t i = 0; i < codec->count; i++)
		wr_column_unref(column[i]);
}
