/* SPDX-License-Identifier: Apache-2.0
 *
 * sheet - a table that a command makes row by row and shows as results are shown: as table, csv,
 * tsv or JSON lines. Columns are STRING or BIGINT.
 */
#ifndef WR_CLI_SHEET_H
#define WR_CLI_SHEET_H

#include "cli/output.h"
#include "data/builder.h"

#define WR_SHEET_COLUMNS 12

struct wr_sheet {
	struct wr_schema schema;
	struct wr_field field[WR_SHEET_COLUMNS]; /* of the schema */
	struct wr_builder *builder[WR_SHEET_COLUMNS];
};

/* The names of the columns, at most WR_SHEET_COLUMNS; BIGINT when they end in '#', which is not
 * shown. They live as long as the sheet. */
void wr_sheet_init(struct wr_sheet *sheet, const char *const *columns, uint32_t count);
void wr_sheet_release(struct wr_sheet *sheet);
/* The cells of a row: every column gets one. NULL is allowed. */
void wr_sheet_text(struct wr_sheet *sheet, uint32_t column, const char *text);
void wr_sheet_number(struct wr_sheet *sheet, uint32_t column, int64_t number);
void wr_sheet_null(struct wr_sheet *sheet, uint32_t column);
/* Shows the rows and empties the sheet. */
wr_status *wr_sheet_show(struct wr_sheet *sheet, struct wr_output *output);

#endif
