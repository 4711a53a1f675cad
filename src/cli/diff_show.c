/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_show - see diff_show.h: each row is a batch of one for output.h.
 */
#include "cli/diff_show.h"

#include "base/mem.h"

/* A row of A until its counterpart comes: its cells in order, each NULL or owned. */
struct held {
	uint32_t count;
	char **cell;
};

static void held_free(struct held *held)
{
	for (uint32_t i = 0; i < held->count; i++)
		wr_free(held->cell[i]);
	wr_free(held->cell);
	wr_free(held);
}

void wr_diff_show_init(struct wr_diff_show *show, enum wr_result_format format, uint64_t limit)
{
	*show = (struct wr_diff_show){.limit = limit};
	wr_map_init(&show->held);
	wr_output_init(&show->output, stdout, WR_RESULT_ROWS, format);
}

void wr_diff_show_release(struct wr_diff_show *show)
{
	for (uint32_t i = 0; i < show->held.count; i++)
		held_free(show->held.entry[i].value);
	wr_map_release(&show->held);
	for (uint32_t i = 0; show->builder != NULL && i < show->schema.count; i++)
		wr_builder_free(show->builder[i]);
	wr_free(show->builder);
	wr_free((void *)show->schema.field);
	wr_output_release(&show->output);
}

wr_status *wr_diff_show_end(struct wr_diff_show *show)
{
	return show->begun ? wr_output_end(&show->output) : NULL;
}

wr_status *wr_diff_show_begin(struct wr_diff_show *show, const struct wr_diff_columns *columns)
{
	uint32_t count = columns->index.count + 2;

	if (show->begun)
		return NULL;
	show->begun = true;
	show->schema.count = count;
	show->schema.field = wr_calloc(count, sizeof *show->schema.field);
	show->builder = wr_calloc(count, sizeof *show->builder);
	for (uint32_t i = 0; i < count; i++) {
		show->schema.field[i].name = i == 0   ? "change"
					     : i == 1 ? "count"
						      : columns->index.entry[i - 2].key;
		show->schema.field[i].type = i == 1 ? &WR_T_BIGINT : &WR_T_STRING;
		show->builder[i] = wr_builder_new(show->schema.field[i].type, 1);
	}
	return wr_output_begin(&show->output, &show->schema, false, true, "UTC");
}

/* Shows the row whose cells have been appended to the builders from 2 on. */
static wr_status *show_batch(struct wr_diff_show *show, const char *change, int64_t count)
{
	struct wr_batch *batch = wr_batch_new(show->schema.count, 1);
	wr_status *status;

	wr_builder_str(show->builder[0], change, strlen(change));
	wr_builder_i64(show->builder[1], count);
	for (uint32_t i = 0; i < show->schema.count; i++)
		batch->column[i] = wr_builder_finish(show->builder[i]);
	status = wr_output_rows(&show->output, batch);
	wr_batch_free(batch);
	return status;
}

static void append(struct wr_builder *builder, struct wr_str value)
{
	if (value.data == NULL)
		wr_builder_null(builder);
	else
		wr_builder_str(builder, value.data, value.len);
}

wr_status *wr_diff_show_row(struct wr_diff_show *show, const struct wr_diff_input *input,
			    const char *change, int64_t count)
{
	if (show->shown >= show->limit)
		return NULL;
	show->shown++;
	for (uint32_t i = 2; i < show->schema.count; i++)
		append(show->builder[i], wr_diff_input_value(input, i - 2));
	return show_batch(show, change, count);
}

static void hold_name(const struct wr_diff_entry *entry, char name[40])
{
	snprintf(name, 40, "%016llx%016llx", (unsigned long long)entry->key[0],
		 (unsigned long long)entry->key[1]);
}

void wr_diff_show_hold(struct wr_diff_show *show, const struct wr_diff_input *input,
		       const struct wr_diff_entry *entry)
{
	struct held *held;
	char name[40];

	if (show->shown >= show->limit)
		return;
	show->shown++;
	hold_name(entry, name);
	held = wr_calloc(1, sizeof *held);
	held->count = show->schema.count - 2;
	held->cell = wr_calloc(held->count, sizeof *held->cell);
	for (uint32_t i = 0; i < held->count; i++) {
		struct wr_str value = wr_diff_input_value(input, i);

		if (value.data != NULL)
			held->cell[i] = wr_strndup(value.data, value.len);
	}
	held = wr_map_put(&show->held, name, held);
	if (held != NULL)
		held_free(held);
}

wr_status *wr_diff_show_changed(struct wr_diff_show *show, const struct wr_diff_input *input,
				const struct wr_diff_entry *entry)
{
	struct held *held;
	char name[40];
	wr_status *status;

	hold_name(entry, name);
	held = wr_map_remove(&show->held, name);
	if (held == NULL)
		return NULL;
	for (uint32_t i = 2; i < show->schema.count; i++) {
		const char *cell = held->cell[i - 2];

		append(show->builder[i], (struct wr_str){cell, cell != NULL ? strlen(cell) : 0});
	}
	status = show_batch(show, "before", 1);
	held_free(held);
	show->shown--; /* counted when it was held */
	return status != NULL ? status : wr_diff_show_row(show, input, "after", 1);
}
