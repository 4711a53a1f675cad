/* SPDX-License-Identifier: Apache-2.0
 *
 * saved_rows - see saved_rows.h.
 *
 * An aggregate's result is made by the aggregate itself: the call is built again from its name,
 * types and constants, accumulators are loaded into slots, and asked for their value.
 */
#include "state/saved_rows.h"

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"

/* How one column is made. */
struct column {
	struct wr_builder *builder;
	const struct wr_saved_field *field; /* NULL: key, namespace or worker */
	struct wr_codec codec;              /* ROW, ROWS: of the rows */
	const struct wr_agg_call *call;     /* ACCUMULATOR: NULL: its bytes are shown */
};

struct wr_saved_rows {
	const struct wr_saved_state *state;
	struct wr_arena arena;
	struct wr_expr_pool pool; /* of the calls */
	struct wr_schema schema;
	struct column *column;  /* schema.count of them */
	struct wr_codec key;    /* of the key */
	struct wr_str *value;   /* scratch: the fields of all entries of a batch */
	struct wr_builder **to; /* scratch: builders of the key */
};

/* --- aggregates */

/* Functions that are not in the list of all are those of OVER. */
static const struct wr_agg_function *find_function(const char *name)
{
	static const struct wr_agg_function *const over[] = {
	    &wr_agg_function_lag, &wr_agg_function_rank, &wr_agg_function_dense_rank};

	for (uint32_t i = 0; i < WR_COUNT(over); i++)
		if (strcmp(over[i]->name, name) == 0)
			return over[i];
	return wr_agg_find(name, (uint32_t)strlen(name));
}

/* A constant argument; NULL: damaged. */
static struct wr_column *constant_of(struct wr_expr_pool *pool, struct wr_str bytes,
				     const struct wr_type *type)
{
	struct wr_builder *builder = wr_builder_new(type, 1);
	const char *end = bytes.data + bytes.len;
	struct wr_column *column = NULL;

	if (wr_codec_get_value(bytes.data, end, builder) == end) {
		column = wr_builder_finish(builder);
		wr_column_make_const(column);
		(void)wr_expr_const(pool, column); /* the pool owns it */
	}
	wr_builder_free(builder);
	return column;
}

/* The call that made the accumulators, or NULL: there is none with such bytes. */
static const struct wr_agg_call *call_of(struct wr_saved_rows *rows,
					 const struct wr_saved_call *saved)
{
	struct wr_arena *arena = &rows->arena;
	struct wr_column **constant = WR_NEW_ARRAY(arena, struct wr_column *, saved->arg_count + 1);
	struct wr_agg_call like = {
	    .function = find_function(saved->function),
	    .arg_count = saved->arg_count,
	    .arg_type = saved->arg_type,
	    .const_arg = constant,
	    .distinct = saved->distinct,
	    .grouped = saved->grouped,
	    .words = saved->words,
	};
	struct wr_agg_call *call;
	wr_status *status;

	if (like.function == NULL)
		return NULL;
	for (uint32_t i = 0; i < saved->arg_count; i++) {
		if (saved->const_arg[i].data == NULL)
			continue;
		constant[i] = constant_of(&rows->pool, saved->const_arg[i], saved->arg_type[i]);
		if (constant[i] == NULL)
			return NULL;
	}
	status = wr_agg_call_like(&rows->pool, &like, saved->retract, (struct wr_pos){0}, &call);
	if (status != NULL) {
		wr_status_free(status);
		return NULL;
	}
	for (uint32_t i = 0; i < saved->arg_count; i++)
		if (!wr_type_equal(call->arg_type[i], saved->arg_type[i], false))
			return NULL; /* it would cast today */
	return strcmp(wr_saved_agg_text(arena, call), saved->agg) == 0 ? call : NULL;
}

/* Appends the results of the accumulators of `count` entries, which are `stride` apart. */
static bool put_results(struct column *column, const struct wr_str *value, uint32_t stride,
			uint32_t count)
{
	const struct wr_agg_call *call = column->call;
	size_t size = ((size_t)call->agg->size(call) + 15) & ~(size_t)15;
	struct wr_agg_pool *pool = wr_agg_pool_new();
	uint8_t *slots = wr_agg_pool_alloc(pool, size * count);
	uint8_t **slot = wr_malloc(count * sizeof *slot);
	struct wr_column *result;
	uint32_t loaded = 0;
	bool good = true;

	for (uint32_t i = 0; i < count && good; i++) {
		if (value[i * stride].data == NULL)
			continue;
		slot[loaded] = slots + size * loaded;
		if (call->agg->init != NULL)
			call->agg->init(call, slot[loaded]);
		good = wr_value_accumulator(value[i * stride], call, pool, slot[loaded], 0);
		loaded++;
	}
	for (uint32_t i = 0, k = 0; i < count && good; i++) {
		bool fails;

		if (value[i * stride].data == NULL) {
			wr_builder_null(column->builder);
			continue;
		}
		fails = call->agg->fault != NULL && call->agg->fault(call, slot[k], 0) != NULL;
		if (fails) {
			wr_builder_null(column->builder);
		} else {
			result = wr_column_new(call->type, 1);
			call->agg->value(call, &slot[k], 0, 1, result);
			wr_builder_append(column->builder, result, 0);
			wr_column_unref(result);
		}
		k++;
	}
	wr_free(slot);
	wr_agg_pool_free(pool);
	return good;
}

/* --- the table */

static const struct wr_type *nullable(struct wr_arena *arena, const struct wr_type *type)
{
	return wr_type_nullable(arena, wr_type_time_attr(arena, type, WR_TIME_NONE), true);
}

/* A row of numbers and columns. */
static const struct wr_type *row_type(struct wr_arena *arena, const struct wr_saved_field *field)
{
	uint32_t numbers = field->kind == WR_FIELD_ROWS ? field->number_count : 0;
	uint32_t count = numbers + field->column_count;
	const char **name = WR_NEW_ARRAY(arena, const char *, count + 1);
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count + 1);

	for (uint32_t i = 0; i < numbers; i++) {
		name[i] = field->number[i];
		type[i] = &WR_T_BIGINT;
	}
	for (uint32_t i = 0; i < field->column_count; i++) {
		name[numbers + i] = field->column[i];
		type[numbers + i] = nullable(arena, field->type[i]);
	}
	return wr_type_row(arena, count, name, type);
}

/* The type of a field's column; what it takes to make it. */
static const struct wr_type *field_type(struct wr_saved_rows *rows,
					const struct wr_saved_field *field, struct column *column)
{
	struct wr_arena *arena = &rows->arena;

	column->field = field;
	switch (field->kind) {
	case WR_FIELD_NUMBER: return &WR_T_BIGINT;
	case WR_FIELD_ROW:
		wr_codec_init(&column->codec, arena, field->type, field->column_count);
		return row_type(arena, field);
	case WR_FIELD_ROWS:
		wr_codec_init(&column->codec, arena, field->type, field->column_count);
		return wr_type_array(arena, row_type(arena, field));
	case WR_FIELD_ACCUMULATOR:
		column->call = call_of(rows, field->call);
		return column->call != NULL ? nullable(arena, column->call->type) : &WR_T_BYTES;
	default: return &WR_T_BYTES;
	}
}

/* A name that no earlier column has. */
static const char *unique_name(struct wr_saved_rows *rows, const char *name)
{
	const char *out = name;

	for (uint32_t n = 2, i = 0; i < rows->schema.count; i++) {
		if (strcmp(rows->schema.field[i].name, out) != 0)
			continue;
		out = wr_arena_printf(&rows->arena, "%s_%u", name, n++);
		i = UINT32_MAX; /* from the beginning */
	}
	return out;
}

static void add_column(struct wr_saved_rows *rows, const char *name, const struct wr_type *type)
{
	struct column *column = &rows->column[rows->schema.count];

	rows->schema.field[rows->schema.count] = (struct wr_field){unique_name(rows, name), type};
	column->builder = wr_builder_new(type, 64);
	rows->schema.count++;
}

struct wr_saved_rows *wr_saved_rows_new(const struct wr_saved_state *state)
{
	struct wr_saved_rows *rows = wr_calloc(1, sizeof *rows);
	uint32_t most = state->key_count + 1 + state->field_count;

	rows->state = state;
	wr_arena_init(&rows->arena);
	wr_expr_pool_init(&rows->pool, &rows->arena);
	rows->schema.field = WR_NEW_ARRAY(&rows->arena, struct wr_field, most);
	rows->column = WR_NEW_ARRAY(&rows->arena, struct column, most);
	rows->to = WR_NEW_ARRAY(&rows->arena, struct wr_builder *, state->key_count + 1);
	rows->value =
	    wr_calloc((size_t)WR_BATCH_ROWS_MAX * (state->field_count + 1), sizeof *rows->value);
	wr_codec_init(&rows->key, &rows->arena, state->key_type, state->key_count);
	for (uint32_t i = 0; i < state->key_count; i++) {
		add_column(rows, state->key_name[i], nullable(&rows->arena, state->key_type[i]));
		rows->to[i] = rows->column[i].builder;
	}
	add_column(rows, state->extra ? "worker" : "namespace",
		   state->extra ? &WR_T_INT : &WR_T_BIGINT);
	for (uint32_t i = 0; i < state->field_count; i++) {
		struct column *column = &rows->column[rows->schema.count];

		add_column(rows, state->field[i].name, field_type(rows, &state->field[i], column));
	}
	return rows;
}

void wr_saved_rows_free(struct wr_saved_rows *rows)
{
	if (rows == NULL)
		return;
	for (uint32_t i = 0; i < rows->schema.count; i++)
		wr_builder_free(rows->column[i].builder);
	wr_expr_pool_release(&rows->pool);
	wr_arena_release(&rows->arena);
	wr_free(rows->value);
	wr_free(rows);
}

const struct wr_schema *wr_saved_rows_schema(const struct wr_saved_rows *rows)
{
	return &rows->schema;
}

const char *wr_saved_rows_role(const struct wr_saved_rows *rows, uint32_t column)
{
	static const char *const name[] = {
	    [WR_FIELD_NUMBER] = "number", [WR_FIELD_ROW] = "row",
	    [WR_FIELD_ROWS] = "rows",     [WR_FIELD_ACCUMULATOR] = "aggregate",
	    [WR_FIELD_BYTES] = "bytes",
	};

	if (column < rows->state->key_count)
		return "key";
	if (column == rows->state->key_count)
		return rows->state->extra ? "worker" : "namespace";
	return name[rows->column[column].field->kind];
}

/* --- rows */

static bool put_row(struct column *column, struct wr_str row)
{
	struct wr_builder *builder = column->builder;

	if (wr_codec_decode(&column->codec, row.data, row.data + row.len, builder->child) !=
	    row.data + row.len)
		return false;
	wr_builder_row(builder);
	return true;
}

/* ROWS as one ARRAY of ROW. */
static bool put_list(struct column *column, struct wr_str list)
{
	struct wr_builder *element = column->builder->child[0];
	uint32_t numbers = column->field->number_count, count = 0;
	int64_t number[WR_COLUMNS_MAX];
	const char *at = list.data;
	struct wr_str row;

	if (numbers > WR_COLUMNS_MAX)
		return false;
	while (wr_value_next_row(list, &at, number, numbers, &row)) {
		for (uint32_t i = 0; i < numbers; i++)
			wr_builder_i64(element->child[i], number[i]);
		if (wr_codec_decode(&column->codec, row.data, row.data + row.len,
				    element->child + numbers) != row.data + row.len)
			return false;
		wr_builder_row(element);
		count++;
	}
	if (at == NULL)
		return false;
	wr_builder_list(column->builder, count);
	return true;
}

/* A field that is no aggregate with a result. */
static bool put_field(struct column *column, struct wr_str field)
{
	int64_t number;

	if (field.data == NULL) {
		wr_builder_null(column->builder);
		return true;
	}
	switch (column->field->kind) {
	case WR_FIELD_NUMBER:
		if (!wr_value_number(field, &number))
			return false;
		wr_builder_i64(column->builder, number);
		return true;
	case WR_FIELD_ROW: return put_row(column, field);
	case WR_FIELD_ROWS: return put_list(column, field);
	default: wr_builder_str(column->builder, field.data, field.len); return true;
	}
}

/* Key, and namespace or worker. */
static bool put_key(struct wr_saved_rows *rows, const struct wr_image_entry *entry)
{
	uint32_t keys = rows->state->key_count;
	struct wr_builder *builder = rows->column[keys].builder;
	const char *end = entry->key.data + entry->key.len;

	if (keys > 0 && entry->key.data == NULL) {
		for (uint32_t i = 0; i < keys; i++)
			wr_builder_null(rows->to[i]);
	} else if (keys > 0 && wr_codec_decode(&rows->key, entry->key.data, end, rows->to) != end) {
		return false;
	}
	if (rows->state->extra)
		wr_builder_i32(builder, (int32_t)entry->worker);
	else
		wr_builder_i64(builder, entry->ns);
	return true;
}

/* Appends entries to the builders: keys row by row, fields column by column. */
static bool put_entries(struct wr_saved_rows *rows, const struct wr_image_entry *entry,
			uint32_t count)
{
	uint32_t fields = rows->state->field_count, first = rows->state->key_count + 1;

	for (uint32_t i = 0; i < count; i++)
		if (!put_key(rows, &entry[i]) ||
		    !wr_value_cut(entry[i].value.data, entry[i].value.len,
				  rows->value + (size_t)i * fields, fields))
			return false;
	for (uint32_t f = 0; f < fields; f++) {
		struct column *column = &rows->column[first + f];
		bool good = true;

		if (column->call != NULL)
			good = put_results(column, rows->value + f, fields, count);
		for (uint32_t i = 0; i < count && good && column->call == NULL; i++)
			good = put_field(column, rows->value[(size_t)i * fields + f]);
		if (!good)
			return false;
	}
	return true;
}

wr_status *wr_saved_rows_batch(struct wr_saved_rows *rows, const struct wr_image_entry *entry,
			       uint32_t count, struct wr_batch **out)
{
	struct wr_batch *batch;

	WR_REQUIRE(count <= WR_BATCH_ROWS_MAX);
	*out = NULL;
	if (!put_entries(rows, entry, count)) {
		for (uint32_t i = 0; i < rows->schema.count; i++)
			wr_builder_reset(rows->column[i].builder);
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "A value of state '%s' of operator '%s' cannot be read",
				  rows->state->name, rows->state->op),
		    "Use the version of Weir that wrote it");
	}
	batch = wr_batch_new(rows->schema.count, count);
	for (uint32_t i = 0; i < rows->schema.count; i++)
		batch->column[i] = wr_builder_finish(rows->column[i].builder);
	batch->watermark = WR_WATERMARK_MIN;
	*out = batch;
	return NULL;
}
