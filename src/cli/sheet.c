/* SPDX-License-Identifier: Apache-2.0
 *
 * sheet - see sheet.h.
 */
#include "cli/sheet.h"

#include "base/macros.h"
#include "base/mem.h"

void wr_sheet_init(struct wr_sheet *sheet, const char *const *columns, uint32_t count)
{
	WR_REQUIRE(count <= WR_SHEET_COLUMNS);
	*sheet = (struct wr_sheet){.schema = {count, sheet->field}};
	for (uint32_t i = 0; i < count; i++) {
		size_t len = strcspn(columns[i], "#");
		bool number = columns[i][len] == '#';

		sheet->field[i].name = wr_strndup(columns[i], len);
		sheet->field[i].type = number ? &WR_T_BIGINT : &WR_T_STRING;
		sheet->builder[i] = wr_builder_new(sheet->field[i].type, 16);
	}
}

void wr_sheet_release(struct wr_sheet *sheet)
{
	for (uint32_t i = 0; i < sheet->schema.count; i++) {
		wr_free((char *)sheet->field[i].name);
		wr_builder_free(sheet->builder[i]);
	}
}

void wr_sheet_text(struct wr_sheet *sheet, uint32_t column, const char *text)
{
	if (text == NULL)
		wr_builder_null(sheet->builder[column]);
	else
		wr_builder_str(sheet->builder[column], text, strlen(text));
}

void wr_sheet_number(struct wr_sheet *sheet, uint32_t column, int64_t number)
{
	wr_builder_i64(sheet->builder[column], number);
}

void wr_sheet_null(struct wr_sheet *sheet, uint32_t column)
{
	wr_builder_null(sheet->builder[column]);
}

wr_status *wr_sheet_show(struct wr_sheet *sheet, struct wr_output *output)
{
	uint32_t rows = sheet->builder[0]->len;
	struct wr_batch *batch = wr_batch_new(sheet->schema.count, rows);
	wr_status *status;

	for (uint32_t i = 0; i < sheet->schema.count; i++) {
		WR_ASSERT(sheet->builder[i]->len == rows);
		batch->column[i] = wr_builder_finish(sheet->builder[i]);
	}
	WR_TRY_OUT(status, wr_output_begin(output, &sheet->schema, false, true, "UTC"));
	WR_TRY_OUT(status, wr_output_rows(output, batch));
	status = wr_output_end(output);
out:
	wr_batch_free(batch);
	return status;
}
