/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_shown - see lineage_shown.h.
 */
#include "engine/lineage_shown.h"

#include "base/mem.h"

static const struct wr_field fields[] = {
    {"sink", &WR_T_STRING},          {"column", &WR_T_STRING},         {"source", &WR_T_STRING},
    {"source column", &WR_T_STRING}, {"transformation", &WR_T_STRING}, {"subtype", &WR_T_STRING},
    {"masking", &WR_T_BOOLEAN},
};
#define COLUMNS ((uint32_t)WR_COUNT(fields))

struct cells {
	struct wr_arena *arena; /* the prepared script's */
	const char **cell;      /* in it; NULL: rows are counted only */
	uint32_t rows;
};

/* A row for a dependency. */
static void put_row(void *own, const struct wr_lineage_sink *sink, const char *column,
		    const struct wr_lineage_source *source, const struct wr_lineage_words *words)
{
	struct cells *cells = own;
	size_t row = cells->rows++;
	const char **cell;

	if (cells->cell == NULL)
		return;
	cell = cells->cell + row * COLUMNS;
	cell[0] = sink->table != NULL ? wr_arena_strdup(cells->arena, sink->table->name) : NULL;
	cell[1] = column != NULL ? wr_arena_strdup(cells->arena, column) : NULL;
	cell[2] = wr_arena_strdup(cells->arena, source->table->name);
	cell[3] = wr_arena_strdup(cells->arena, source->args->schema->field[source->column].name);
	cell[4] = words->type;
	cell[5] = words->subtype;
	cell[6] = words->masking ? "TRUE" : "FALSE";
}

void wr_lineage_shown(struct wr_prepared *prepared, const struct wr_lineage *lineage, bool json)
{
	struct cells cells = {.arena = &prepared->arena};
	struct wr_text text;

	wr_text_init(&text);
	if (json) {
		wr_lineage_json(&text, lineage);
		wr_text_putc(&text, '\n');
		wr_prepared_text(prepared, text.data);
		wr_shown_whole(prepared);
		return;
	}
	wr_lineage_print(&text, lineage);
	wr_prepared_text(prepared, text.data);
	wr_lineage_each(lineage, put_row, &cells);
	cells.cell = WR_NEW_ARRAY(&prepared->arena, const char *, (size_t)cells.rows *COLUMNS + 1);
	cells.rows = 0;
	wr_lineage_each(lineage, put_row, &cells);
	wr_shown_cells(prepared, fields, COLUMNS, cells.cell, cells.rows);
}
