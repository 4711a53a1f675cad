/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_columns - which columns lie in a file's records, and what the others are.
 *
 * Partition columns are part of the table but not of the records: the format gets a schema without
 * them. They and the metadata columns have one value per file, so they are constant columns, made
 * when the file is listed and shared by all its batches.
 */
#include "connectors/filesystem.h"

#include "base/mem.h"
#include "connectors/filesystem_files.h"
#include "connectors/filesystem_path.h"
#include "expr/expr.h"
#include "expr/program.h"

const struct wr_metadata_column wr_fs_metadata[] = {
    {"file.path", &WR_T_STRING_NN, "Path of the file that the row was read from.", false},
    {"file.name", &WR_T_STRING_NN, "Its name, without folders.", false},
    {"file.size", &WR_T_BIGINT_NN, "Its size in bytes.", false},
    {"file.modification-time", &WR_T_LTZ3_NN, "When it was last changed.", false},
    {NULL, NULL, NULL, false},
};

/* Index of the partition column `index` of the table among PARTITIONED BY, or -1. */
static int32_t partition_of(const struct wr_fs_columns *columns, uint32_t index)
{
	for (uint32_t p = 0; p < columns->args->partition_count; p++)
		if (columns->partition[p] == index)
			return (int32_t)p;
	return -1;
}

static wr_status *find_partitions(struct wr_fs_columns *columns)
{
	const struct wr_connector_args *args = columns->args;

	columns->partition = WR_NEW_ARRAY(&columns->arena, uint32_t, args->partition_count + 1);
	for (uint32_t p = 0; p < args->partition_count; p++) {
		uint32_t i = 0;

		while (i < args->physical_count &&
		       strcmp(args->schema->field[i].name, args->partition_key[p]) != 0)
			i++;
		if (i == args->physical_count)
			return wr_status_new(WR_USER_ERROR,
					     "Table '%s' is PARTITIONED BY '%s', which is not one "
					     "of its physical columns",
					     args->table, args->partition_key[p]);
		columns->partition[p] = i;
	}
	return NULL;
}

/* The table without partition columns. */
static void make_format_schema(struct wr_fs_columns *columns, uint32_t *place)
{
	const struct wr_connector_args *args = columns->args;
	struct wr_schema *schema = WR_NEW(&columns->arena, struct wr_schema);

	schema->field = WR_NEW_ARRAY(&columns->arena, struct wr_field, args->physical_count + 1);
	columns->physical = WR_NEW_ARRAY(&columns->arena, uint32_t, args->physical_count + 1);
	for (uint32_t i = 0; i < args->physical_count; i++) {
		place[i] = UINT32_MAX;
		if (partition_of(columns, i) >= 0)
			continue;
		place[i] = schema->count;
		columns->physical[schema->count] = i;
		schema->field[schema->count++] = args->schema->field[i];
	}
	columns->format = args->format_args;
	columns->format.schema = schema;
}

wr_status *wr_fs_columns_init(struct wr_fs_columns *columns, const struct wr_connector_args *args)
{
	uint32_t *place, *wanted, count = 0;

	*columns = (struct wr_fs_columns){.args = args, .plain = true};
	wr_arena_init(&columns->arena);
	WR_TRY(find_partitions(columns));
	place = WR_NEW_ARRAY(&columns->arena, uint32_t, args->physical_count + 1);
	make_format_schema(columns, place);
	if (columns->format.schema->count == 0 && args->physical_count > 0)
		return wr_status_new(WR_USER_ERROR,
				     "Table '%s': every column is a partition column; at least one "
				     "must be left for the files",
				     args->table);
	wanted = WR_NEW_ARRAY(&columns->arena, uint32_t, args->wanted_count + 1);
	columns->from = WR_NEW_ARRAY(&columns->arena, int32_t, args->wanted_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		uint32_t index = args->wanted[i];
		bool decoded = index < args->physical_count && place[index] != UINT32_MAX;

		columns->from[i] = decoded ? (int32_t)count : -1;
		columns->plain &= decoded;
		if (decoded)
			wanted[count++] = place[index];
	}
	columns->format.wanted = wanted;
	columns->format.wanted_count = count;
	return NULL;
}

void wr_fs_columns_release(struct wr_fs_columns *columns)
{
	wr_arena_release(&columns->arena);
	*columns = (struct wr_fs_columns){0};
}

/* A text as a constant of the column's type, by the rules of CAST. */
static wr_status *constant_text(const struct wr_fs_columns *columns, const struct wr_text *text,
				const struct wr_type *type, struct wr_column **out)
{
	struct wr_arena arena;
	struct wr_expr_pool pool;
	struct wr_expr *expr;
	struct wr_column *value = NULL;
	wr_status *status;

	wr_arena_init(&arena);
	wr_expr_pool_init(&pool, &arena);
	pool.zone_id = columns->args->zone_id;
	expr = wr_expr_string(&pool, wr_text_str(text), (uint32_t)text->len);
	WR_TRY_OUT(status, wr_expr_cast(&pool, expr, type, false, &expr));
	WR_TRY_OUT(status, wr_expr_evaluate(expr, columns->args->zone_id, &value));
	*out = wr_column_retype(value, type);
out:
	wr_column_unref(value);
	wr_expr_pool_release(&pool);
	wr_arena_release(&arena);
	return status;
}

/* The value of partition column `p` in the file's path. */
static wr_status *constant_partition(const struct wr_fs_columns *columns, uint32_t p,
				     const struct wr_fs_file *file, struct wr_column **out)
{
	const struct wr_connector_args *args = columns->args;
	const struct wr_field *field = &args->schema->field[columns->partition[p]];
	struct wr_text value;
	wr_status *status = NULL;

	wr_text_init(&value);
	if (!wr_fs_partition_value(file->relative, field->name, &value))
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s' is not in a folder '%s=...', but table '%s' is PARTITIONED "
				  "BY '%s'",
				  file->path, field->name, args->table, field->name),
		    "Move the file into a folder of its partition, or begin its name with '_' to "
		    "have it skipped");
	else if (strcmp(wr_text_str(&value),
			wr_options_str(args->options, "partition.default-name")) == 0)
		*out = wr_column_null(field->type);
	else
		status = constant_text(columns, &value, field->type, out);
	if (status != NULL && status->hint == NULL)
		wr_status_hint(status, "It is the value of partition column '%s' in the path '%s'",
			       field->name, file->path);
	wr_text_release(&value);
	return status;
}

static struct wr_column *constant_i64(const struct wr_type *type, int64_t number)
{
	struct wr_column *column = wr_column_new(type, 1);

	WR_DATA(column, int64_t)[0] = number;
	wr_column_make_const(column);
	return column;
}

static struct wr_column *constant_string(const struct wr_type *type, const char *text)
{
	struct wr_column *column = wr_column_new(type, 1);
	struct wr_strout out;

	wr_strout_init(&out, column);
	wr_strout_put(&out, 0, text, (uint32_t)strlen(text));
	wr_column_make_const(column);
	return column;
}

static struct wr_column *constant_metadata(const char *key, const struct wr_type *type,
					   const struct wr_fs_file *file)
{
	struct wr_text path;
	struct wr_column *column;

	if (strcmp(key, "file.size") == 0)
		return constant_i64(type, file->info.size);
	if (strcmp(key, "file.modification-time") == 0)
		return constant_i64(type, file->info.mtime_us / 1000);
	if (strcmp(key, "file.name") == 0)
		return constant_string(type, wr_fs_name(file->path));
	WR_ASSERT(strcmp(key, "file.path") == 0);
	wr_text_init(&path);
	if (strcmp(file->path, "-") == 0)
		wr_text_putc(&path, '-');
	else
		wr_fs_absolute(&path, file->path);
	column = constant_string(type, path.data);
	wr_text_release(&path);
	return column;
}

wr_status *wr_fs_columns_of_file(const struct wr_fs_columns *columns, struct wr_fs_file *file)
{
	const struct wr_connector_args *args = columns->args;

	if (columns->plain || file->constant != NULL)
		return NULL;
	file->constant_count = args->wanted_count;
	file->constant = wr_calloc(args->wanted_count + 1, sizeof(struct wr_column *));
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		uint32_t index = args->wanted[i];

		if (columns->from[i] >= 0)
			continue;
		if (index < args->physical_count)
			WR_TRY(constant_partition(columns, (uint32_t)partition_of(columns, index),
						  file, &file->constant[i]));
		else
			file->constant[i] =
			    constant_metadata(args->metadata_key[index - args->physical_count],
					      args->schema->field[index].type, file);
	}
	return NULL;
}

void wr_fs_columns_place(const struct wr_fs_columns *columns, const struct wr_fs_file *file,
			 struct wr_batch *batch)
{
	uint32_t count = columns->args->wanted_count;
	struct wr_column **column;

	if (columns->plain)
		return;
	column = wr_calloc(count + 1, sizeof(struct wr_column *));
	for (uint32_t i = 0; i < count; i++)
		column[i] = columns->from[i] >= 0 ? batch->column[columns->from[i]]
						  : wr_column_ref(file->constant[i]);
	wr_free(batch->column);
	batch->column = column;
	batch->column_count = count;
}
