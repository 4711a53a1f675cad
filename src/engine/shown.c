/* SPDX-License-Identifier: Apache-2.0
 *
 * shown - see shown.h.
 */
#include "engine/shown.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "data/builder.h"
#include "engine/prepared.h"

/* The action whose text was prepared last. */
static struct wr_action *last_text(struct wr_prepared *prepared)
{
	struct wr_action *action = &prepared->action[prepared->count - 1];

	assert(prepared->count > 0 && action->text != NULL);
	return action;
}

void wr_shown_cells(struct wr_prepared *prepared, const struct wr_field *field,
		    uint32_t column_count, const char *const *cell, uint32_t row_count)
{
	struct wr_shown *shown = &last_text(prepared)->shown;

	assert(column_count <= WR_SHOWN_COLUMNS_MAX);
	memcpy(shown->field, field, column_count * sizeof *field);
	shown->column_count = column_count;
	shown->row_count = row_count;
	shown->cell = cell;
}

static uint32_t count_lines(const char *text)
{
	uint32_t count = 0;

	for (; *text != '\0'; text += text[0] == '\n') {
		text += strcspn(text, "\n");
		count++;
	}
	return count;
}

void wr_shown_lines(struct wr_prepared *prepared, const char *column)
{
	const char *text = last_text(prepared)->text;
	uint32_t count = count_lines(text);
	const char **cell = WR_NEW_ARRAY(&prepared->arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		size_t len = strcspn(text, "\n");

		cell[i] = wr_arena_strndup(&prepared->arena, text, len);
		text += len + (text[len] == '\n');
	}
	wr_shown_cells(prepared, &(struct wr_field){column, &WR_T_STRING}, 1, cell, count);
}

void wr_shown_pairs(struct wr_prepared *prepared, const char *const column[2], const char *between)
{
	const struct wr_field field[] = {{column[0], &WR_T_STRING}, {column[1], &WR_T_STRING}};
	const char *text = last_text(prepared)->text;
	uint32_t count = count_lines(text);
	const char **cell = WR_NEW_ARRAY(&prepared->arena, const char *, count * 2 + 1);

	for (uint32_t i = 0; i < count; i++) {
		size_t len = strcspn(text, "\n");
		char *line = wr_arena_strndup(&prepared->arena, text, len);
		char *found = strstr(line, between);

		cell[i * 2] = line;
		cell[i * 2 + 1] = found != NULL ? found + strlen(between) : NULL;
		if (found != NULL)
			*found = '\0';
		text += len + (text[len] == '\n');
	}
	wr_shown_cells(prepared, field, 2, cell, count);
}

void wr_shown_whole(struct wr_prepared *prepared)
{
	const char *text = last_text(prepared)->text;
	size_t len = strlen(text);
	const char **cell = WR_NEW_ARRAY(&prepared->arena, const char *, 1);

	cell[0] =
	    wr_arena_strndup(&prepared->arena, text, len - (len > 0 && text[len - 1] == '\n'));
	wr_shown_cells(prepared, &(struct wr_field){"result", &WR_T_STRING}, 1, cell, 1);
}

struct wr_batch *wr_shown_batch(const struct wr_shown *shown, uint32_t begin)
{
	uint32_t rows = WR_MIN(shown->row_count - begin, (uint32_t)WR_BATCH_ROWS_MAX);
	struct wr_batch *batch = wr_batch_new(shown->column_count, rows);

	assert(begin < shown->row_count);
	for (uint32_t c = 0; c < shown->column_count; c++) {
		const struct wr_type *type = shown->field[c].type;
		struct wr_builder *builder = wr_builder_new(type, rows);

		for (uint32_t i = begin; i < begin + rows; i++) {
			const char *cell = shown->cell[i * shown->column_count + c];

			if (cell == NULL)
				wr_builder_null(builder);
			else if (type == &WR_T_BOOLEAN)
				wr_builder_bool(builder, strcmp(cell, "TRUE") == 0);
			else if (type == &WR_T_LTZ6)
				wr_builder_i128(builder,
						(wr_i128)strtoll(cell, NULL, 10) * 1000000);
			else
				wr_builder_str(builder, cell, strlen(cell));
		}
		batch->column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
	return batch;
}
