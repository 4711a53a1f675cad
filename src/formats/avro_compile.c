/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_compile - a writer's schema and the wanted columns into steps.
 */
#include <stdio.h>

#include "base/mem.h"
#include "formats/avro_read.h"

struct compile {
	struct wr_arena *arena;
	const char *column; /* of the table, for messages */
	uint32_t maps;      /* keys made so far */
	struct wr_json_keys **keys;
	uint32_t keys_capacity;
};

static void compile_value(struct compile *c, struct wr_avro_step *step,
			  const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			  const struct wr_type *type, struct wr_vec *vec);

static void refuse(struct compile *c, struct wr_avro_step *step, const struct wr_avro_type *writer,
		   const struct wr_type *type)
{
	char word[100];

	step->op = WR_AVRO_REFUSE;
	step->message = writer->kind == WR_AVRO_NULL
			    ? "null, but the column is NOT NULL"
			    : wr_arena_printf(c->arena, "the schema's type %s is none for %s",
					      wr_avro_type_word(writer, word, sizeof word),
					      wr_type_str(c->arena, type));
}

/* --- scalars ------------------------------------------------------------
 */

static bool is_integer(const struct wr_avro_type *writer)
{
	return writer->kind == WR_AVRO_INT || writer->kind == WR_AVRO_LONG;
}

/* Whether a number's logical type is none, or that one. */
static bool is_plain_or(const struct wr_avro_type *writer, enum wr_avro_logical logical)
{
	return writer->logical == WR_AVRO_PLAIN || writer->logical == logical;
}

static int op_of_double(const struct wr_avro_type *writer)
{
	if (is_integer(writer))
		return WR_AVRO_INT_TO_F64;
	if (writer->kind == WR_AVRO_FLOAT)
		return WR_AVRO_F32_TO_F64;
	return writer->kind == WR_AVRO_DOUBLE ? WR_AVRO_F64_TO_F64 : -1;
}

static int op_of_text(const struct wr_avro_type *writer)
{
	if (writer->kind == WR_AVRO_ENUM)
		return WR_AVRO_ENUM_TO_TEXT;
	if (writer->logical == WR_AVRO_DECIMAL)
		return -1;
	return writer->kind == WR_AVRO_STRING || writer->kind == WR_AVRO_BYTES ? WR_AVRO_TO_TEXT
									       : -1;
}

static int op_of_bytes(const struct wr_avro_type *writer)
{
	if (writer->kind == WR_AVRO_FIXED)
		return WR_AVRO_FIXED_TO_BYTES;
	return writer->kind == WR_AVRO_STRING || writer->kind == WR_AVRO_BYTES ? WR_AVRO_TO_BYTES
									       : -1;
}

static int op_of_decimal(const struct wr_avro_type *writer, const struct wr_type *type,
			 struct wr_avro_step *step)
{
	step->scale = writer->logical == WR_AVRO_DECIMAL ? writer->scale : type->scale;
	if (step->scale > 38)
		return -1;
	if (writer->kind == WR_AVRO_FIXED)
		return WR_AVRO_FIXED_TO_DECIMAL;
	return writer->kind == WR_AVRO_BYTES ? WR_AVRO_BYTES_TO_DECIMAL : -1;
}

/* Without a logical type a number counts milliseconds, or microseconds where the column has them.
 */
static int op_of_timestamp(const struct wr_avro_type *writer, const struct wr_type *type,
			   struct wr_avro_step *step)
{
	bool wide = type->precision > 3;
	enum wr_avro_logical unit = writer->logical;

	if (writer->kind != WR_AVRO_LONG)
		return -1;
	if (unit == WR_AVRO_PLAIN)
		unit = wide ? WR_AVRO_MICROS : WR_AVRO_MILLIS;
	if (unit == WR_AVRO_MILLIS)
		step->factor = wide ? 1000000 : 1;
	else if (unit == WR_AVRO_MICROS)
		step->factor = wide ? 1000 : -1000;
	else if (unit == WR_AVRO_NANOS)
		step->factor = wide ? 1 : -1000000;
	else
		return -1;
	return wide ? WR_AVRO_TO_NS : WR_AVRO_TO_MS;
}

static int op_of_time(const struct wr_avro_type *writer, struct wr_avro_step *step)
{
	step->factor = writer->logical == WR_AVRO_TIME_MICROS ? 1000 : 1;
	if (writer->kind == WR_AVRO_INT && is_plain_or(writer, WR_AVRO_TIME_MILLIS))
		return WR_AVRO_TO_TIME;
	return writer->logical == WR_AVRO_TIME_MICROS ? WR_AVRO_TO_TIME : -1;
}

/* The op that reads a writer's type into a column of one value; -1: there is none. */
static int op_of_scalar(const struct wr_avro_type *writer, const struct wr_type *type,
			struct wr_avro_step *step)
{
	switch (type->kind) {
	case WR_BOOLEAN: return writer->kind == WR_AVRO_BOOLEAN ? WR_AVRO_TO_BOOL : -1;
	case WR_TINYINT: return is_integer(writer) ? WR_AVRO_TO_I8 : -1;
	case WR_SMALLINT: return is_integer(writer) ? WR_AVRO_TO_I16 : -1;
	case WR_INT: return is_integer(writer) ? WR_AVRO_TO_I32 : -1;
	case WR_BIGINT: return is_integer(writer) ? WR_AVRO_TO_I64 : -1;
	case WR_DATE:
		return writer->kind == WR_AVRO_INT && is_plain_or(writer, WR_AVRO_DATE)
			   ? WR_AVRO_TO_I32
			   : -1;
	case WR_FLOAT:
		return is_integer(writer)              ? WR_AVRO_INT_TO_F32
		       : writer->kind == WR_AVRO_FLOAT ? WR_AVRO_F32_TO_F32
						       : -1;
	case WR_DOUBLE: return op_of_double(writer);
	case WR_CHAR:
	case WR_VARCHAR: return op_of_text(writer);
	case WR_BINARY:
	case WR_VARBINARY: return op_of_bytes(writer);
	case WR_DECIMAL: return op_of_decimal(writer, type, step);
	case WR_TIME: return op_of_time(writer, step);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return op_of_timestamp(writer, type, step);
	default: return -1;
	}
}

/* --- what holds others ------------------------------------------------------------
 */

static struct wr_avro_step *steps_new(struct compile *c, struct wr_avro_step *step, uint32_t count)
{
	step->child = WR_NEW_ARRAY(c->arena, struct wr_avro_step, count + 1);
	step->count = count;
	return step->child;
}

static void step_init(const struct compile *c, struct wr_avro_step *step,
		      const struct wr_avro_type *writer, struct wr_vec *vec)
{
	*step = (struct wr_avro_step){
	    .null_branch = -1, .type = writer, .vec = vec, .column = c->column};
}

/* The branch of a reader's union that is not null. */
static const struct wr_avro_type *without_null(const struct wr_avro_type *reader)
{
	for (uint32_t i = 0; reader != NULL && reader->kind == WR_AVRO_UNION; i++) {
		if (i == reader->count)
			return NULL;
		if (reader->child[i]->kind != WR_AVRO_NULL)
			return reader->child[i];
	}
	return reader;
}

static const struct wr_avro_field *field_named(const struct wr_avro_type *record, const char *name)
{
	for (uint32_t i = 0; record != NULL && i < record->count; i++) {
		if (strcmp(record->field[i].name, name) == 0)
			return &record->field[i];
	}
	return NULL;
}

/* The writer's field that is the column `name`: of that name, or of one of the reader's aliases. */
static const struct wr_avro_field *field_of(const struct wr_avro_type *writer,
					    const struct wr_avro_field *reader, const char *name)
{
	const struct wr_avro_field *field = field_named(writer, name);

	for (uint32_t i = 0; field == NULL && reader != NULL && i < reader->alias_count; i++)
		field = field_named(writer, reader->alias[i]);
	return field;
}

/* A column that the writer's schema does not have. */
static void compile_missing(struct compile *c, struct wr_avro_step *step,
			    const struct wr_avro_field *reader, const struct wr_avro_want *want)
{
	step_init(c, step, NULL, want->vec);
	if (reader != NULL && reader->has_default) {
		step->op = WR_AVRO_CONSTANT;
		step->constant = reader->fallback;
		compile_value(c, steps_new(c, step, 1), reader->type, NULL, want->type, want->vec);
	} else if (want->type->nullable) {
		step->op = WR_AVRO_TO_NULL;
	} else {
		step->op = WR_AVRO_REFUSE;
		step->message = wr_arena_printf(c->arena,
						"the message's schema has no field '%s', and the "
						"column is NOT NULL",
						want->name);
	}
}

/* The steps of a record: the writer's fields in their order, then what it lacks. `top`: the fields
 * are columns of the table. */
static void compile_record(struct compile *c, struct wr_avro_step *step,
			   const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			   const struct wr_avro_want *want, uint32_t count, bool top)
{
	struct wr_avro_step *child = steps_new(c, step, writer->count + count);

	for (uint32_t i = 0; i < writer->count; i++) {
		step_init(c, &child[i], writer->field[i].type, NULL);
		child[i].op = WR_AVRO_SKIP;
		child[i].column = top ? writer->field[i].name : c->column;
	}
	step->count = writer->count;
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_avro_field *wish = field_named(reader, want[i].name);
		const struct wr_avro_field *field = field_of(writer, wish, want[i].name);
		if (top)
			c->column = want[i].name;
		if (field == NULL)
			compile_missing(c, &child[step->count++], wish, &want[i]);
		else
			compile_value(c, &child[field - writer->field], field->type,
				      wish != NULL ? wish->type : NULL, want[i].type, want[i].vec);
	}
}

static void compile_row(struct compile *c, struct wr_avro_step *step,
			const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			const struct wr_type *type, struct wr_vec *vec)
{
	struct wr_avro_want *want = wr_calloc(type->child_count + 1, sizeof *want);

	for (uint32_t i = 0; i < type->child_count; i++)
		want[i] = (struct wr_avro_want){type->name[i], type->child[i], &vec->child[i]};
	if (reader != NULL && reader->kind != WR_AVRO_RECORD)
		reader = NULL;
	compile_record(c, step, writer, reader, want, type->child_count, false);
	wr_free(want);
}

static void add_keys(struct compile *c, struct wr_avro_step *step)
{
	if (c->maps == c->keys_capacity) {
		c->keys_capacity = WR_MAX(c->keys_capacity * 2, 8u);
		c->keys = wr_realloc(c->keys, c->keys_capacity * sizeof *c->keys);
	}
	step->keys = WR_NEW(c->arena, struct wr_json_keys);
	c->keys[c->maps++] = step->keys;
}

/* Arrays, maps and records; false: they do not fit. */
static bool compile_nested(struct compile *c, struct wr_avro_step *step,
			   const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			   const struct wr_type *type, struct wr_vec *vec)
{
	bool map = type->kind == WR_MAP || type->kind == WR_MULTISET;
	enum wr_avro_kind kind = map ? WR_AVRO_MAP : WR_AVRO_ARRAY;

	if (type->kind == WR_ROW) {
		step->op = WR_AVRO_TO_ROW;
		if (writer->kind == WR_AVRO_RECORD)
			compile_row(c, step, writer, reader, type, vec);
		return writer->kind == WR_AVRO_RECORD;
	}
	if (writer->kind != kind || (map && !wr_kind_is_string(type->child[0]->kind)))
		return false;
	reader = reader != NULL && reader->kind == kind ? reader->child[0] : NULL;
	step->op = map ? WR_AVRO_TO_MAP : WR_AVRO_TO_LIST;
	if (map)
		add_keys(c, step);
	compile_value(c, steps_new(c, step, 1), writer->child[0], reader, type->child[map],
		      &vec->child[map]);
	return true;
}

/* One step where null is one of two branches, else a step for each. */
static void compile_union(struct compile *c, struct wr_avro_step *step,
			  const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			  const struct wr_type *type, struct wr_vec *vec)
{
	int null_branch = wr_avro_null_branch(writer);

	if (writer->count == 2 && null_branch >= 0) {
		compile_value(c, step, writer->child[1 - null_branch], reader, type, vec);
		if (step->null_branch < 0) { /* the usual: one step for both branches */
			step->null_branch = (int8_t)null_branch;
			step->may_be_null = type->nullable;
			return;
		}
	}
	step_init(c, step, writer, vec);
	step->op = WR_AVRO_UNION_OF;
	struct wr_avro_step *child = steps_new(c, step, writer->count);
	for (uint32_t i = 0; i < writer->count; i++)
		compile_value(c, &child[i], writer->child[i], reader, type, vec);
}

/* The step of a value of any type. */
static void compile_value(struct compile *c, struct wr_avro_step *step,
			  const struct wr_avro_type *writer, const struct wr_avro_type *reader,
			  const struct wr_type *type, struct wr_vec *vec)
{
	step_init(c, step, writer, vec);
	reader = without_null(reader);
	if (writer->kind == WR_AVRO_UNION) {
		compile_union(c, step, writer, reader, type, vec);
		return;
	}
	if (writer->kind == WR_AVRO_NULL && type->nullable) {
		step->op = WR_AVRO_TO_NULL;
		return;
	}
	if (type->child_count != 0) {
		if (!compile_nested(c, step, writer, reader, type, vec))
			refuse(c, step, writer, type);
		return;
	}
	int op = op_of_scalar(writer, type, step);
	if (op < 0)
		refuse(c, step, writer, type);
	else
		step->op = (uint8_t)op;
}

struct wr_avro_program *wr_avro_program_new(const struct wr_avro_type *writer,
					    const struct wr_avro_type *reader,
					    const struct wr_avro_want *want, uint32_t count)
{
	struct wr_avro_program *program = wr_calloc(1, sizeof *program);
	struct compile compile = {.arena = &program->arena};

	wr_arena_init(&program->arena);
	step_init(&compile, &program->root, writer, NULL);
	reader = without_null(reader);
	if (writer->kind == WR_AVRO_RECORD) {
		program->root.op = WR_AVRO_TO_ROW;
		if (reader != NULL && reader->kind != WR_AVRO_RECORD)
			reader = NULL;
		compile_record(&compile, &program->root, writer, reader, want, count, true);
	} else {
		program->root.op = WR_AVRO_REFUSE;
		program->root.message = "the message's schema is no record";
	}
	program->keys = compile.keys;
	program->map_count = compile.maps;
	return program;
}

void wr_avro_program_free(struct wr_avro_program *program)
{
	if (program == NULL)
		return;
	for (uint32_t i = 0; i < program->map_count; i++)
		wr_json_keys_release(program->keys[i]);
	wr_free(program->keys);
	wr_arena_release(&program->arena);
	wr_free(program);
}
