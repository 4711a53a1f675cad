/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_read - tables of steps, and messages through them.
 *
 * Every list has its elements in one piece, as only one row at a time adds to it: where its first
 * element of the row went is noted then. A message within a message that comes twice is one message
 * with the fields of both, as the specification wants; of a oneof only the member that came last is
 * there.
 */
#include "formats/proto_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/number.h"
#include "data/utf8.h"

#define DENSE_MAX 256u /* numbers that are looked up in an array */

struct message_steps;

struct step {
	const struct wr_proto_field *field;
	struct wr_vec *vec;          /* the column */
	struct wr_vec *item;         /* where a value goes: vec, or of a list its elements */
	enum wr_phys phys;           /* of item */
	uint8_t wire;                /* enum wr_proto_wire that a value has */
	bool list;                   /* ARRAY */
	bool map;                    /* MAP */
	bool timestamp;              /* google.protobuf.Timestamp as one value */
	bool defaults;               /* absent: the default; else NULL */
	uint64_t stamp;              /* of the message in which it was there last */
	uint32_t start;              /* list, map: first element of the row */
	struct message_steps *inner; /* of a ROW; of a map: of its entries */
	struct wr_json_keys *keys;   /* map: those of the row */
	const char *column;          /* of the table, for messages */
	int64_t default_number;      /* whole numbers, booleans, enums */
	double default_real;
	struct wr_str default_text; /* texts, bytes, symbols */
};

/* What reads messages of one type into one place. */
struct message_steps {
	const struct wr_proto_message *type;
	uint32_t count;
	struct step *step;   /* in the order of the columns */
	struct step **dense; /* by number, up to dense_count */
	uint32_t dense_count;
	uint64_t stamp; /* of the message being read */
};

struct wr_proto_program {
	struct wr_arena arena;
	struct message_steps *root;
	uint64_t stamp; /* given out last */
	bool defaults;  /* read-default-values */
	uint32_t map_count;
	struct wr_json_keys *keys[64]; /* of maps, to be released */
	/* Of the row being read. */
	struct wr_message_fault *fault;
	const char *column; /* outermost, for messages */
};

/* --- columns and fields
 * ----------------------------------------------------------------------------- */

bool wr_proto_is_timestamp(const struct wr_proto_message *message)
{
	return strcmp(message->name, "google.protobuf.Timestamp") == 0;
}

/* Whether a value of the field, repeated or not, can be of that type. */
static bool value_fits(const struct wr_proto_field *field, const struct wr_type *type)
{
	switch (field->kind) {
	case WR_PROTO_BOOL: return type->kind == WR_BOOLEAN;
	case WR_PROTO_FLOAT: return type->kind == WR_FLOAT || type->kind == WR_DOUBLE;
	case WR_PROTO_DOUBLE: return type->kind == WR_DOUBLE;
	case WR_PROTO_INT32:
	case WR_PROTO_SINT32:
	case WR_PROTO_SFIXED32:
	case WR_PROTO_UINT32:
	case WR_PROTO_FIXED32: return type->kind == WR_INT || type->kind == WR_BIGINT;
	case WR_PROTO_INT64:
	case WR_PROTO_SINT64:
	case WR_PROTO_SFIXED64:
	case WR_PROTO_UINT64:
	case WR_PROTO_FIXED64: return type->kind == WR_BIGINT;
	case WR_PROTO_STRING: return wr_kind_is_string(type->kind);
	case WR_PROTO_BYTES: return wr_kind_is_bytes(type->kind);
	case WR_PROTO_ENUM: return wr_kind_is_string(type->kind) || wr_kind_is_integer(type->kind);
	case WR_PROTO_MESSAGE:
		return type->kind == WR_ROW ||
		       (wr_kind_is_timestamp(type->kind) && wr_proto_is_timestamp(field->child));
	default: return false;
	}
}

static wr_status *misfit(const struct wr_proto_message *message, const struct wr_proto_field *field,
			 const struct wr_type *type)
{
	struct wr_text text;
	char word[120];

	wr_text_init(&text);
	wr_type_print(&text, type);
	wr_status *status = wr_status_new(
	    WR_USER_ERROR, "Column '%s' is %s, and the field of message '%s' is %s", field->name,
	    wr_text_str(&text), message->name, wr_proto_field_word(field, word, sizeof word));
	wr_text_release(&text);
	return wr_status_hint(status, "The guide lists which type of a column each field takes");
}

/* The fields of a ROW, or an element's. */
static wr_status *check_value(const struct wr_proto_message *message,
			      const struct wr_proto_field *field, const struct wr_type *type)
{
	if (!value_fits(field, type))
		return misfit(message, field, type);
	for (uint32_t i = 0; type->kind == WR_ROW && i < type->child_count; i++)
		WR_TRY(wr_proto_check_column(field->child, type->name[i], type->child[i]));
	return NULL;
}

wr_status *wr_proto_check_column(const struct wr_proto_message *message, const char *name,
				 const struct wr_type *type)
{
	const struct wr_proto_field *field = wr_proto_field_named(message, name);

	if (field == NULL) {
		wr_status *status =
		    wr_status_new(WR_USER_ERROR, "The Protobuf message '%s' has no field '%s'",
				  message->name, name);
		const char *names[64];
		uint32_t count = WR_MIN(message->count, (uint32_t)WR_COUNT(names));
		for (uint32_t i = 0; i < count; i++)
			names[i] = message->field[i].name;
		const char *near = wr_nearest(name, names, count);
		return near == NULL ? status : wr_status_hint(status, "Did you mean '%s'", near);
	}
	if (!field->repeated)
		return check_value(message, field, type);
	if (field->child != NULL && field->child->is_map) {
		if (type->kind != WR_MAP || field->child->count != 2)
			return misfit(message, field, type);
		WR_TRY(wr_proto_check_column(field->child, "key", type->child[0]));
		return wr_proto_check_column(field->child, "value", type->child[1]);
	}
	if (type->kind != WR_ARRAY)
		return misfit(message, field, type);
	return check_value(message, field, type->child[0]);
}

/* --- tables of steps
 * ------------------------------------------------------------------------------------ */

static struct message_steps *make_steps(struct wr_proto_program *program,
					const struct wr_proto_message *message,
					const struct wr_proto_want *want, uint32_t count, bool top);

/* The number of an enum's symbol, and its text, as defaults. */
static void enum_default(struct step *step)
{
	const struct wr_proto_enum *symbols = step->field->symbols;
	uint32_t at = 0;

	for (uint32_t i = 0; step->field->fallback != NULL && i < symbols->count; i++) {
		if (strcmp(symbols->symbol[i], step->field->fallback) == 0)
			at = i;
	}
	if (symbols->count == 0)
		return;
	step->default_number = symbols->number[at];
	step->default_text = wr_str_of(symbols->symbol[at]);
}

/* What an absent field is. */
static void set_default(struct wr_proto_program *program, struct step *step)
{
	const struct wr_proto_field *field = step->field;
	const char *text = field->fallback;

	step->defaults = program->defaults || (!field->presence && !field->repeated);
	if (field->kind == WR_PROTO_ENUM)
		enum_default(step);
	if (text == NULL || field->kind == WR_PROTO_ENUM)
		return;
	step->default_text = (struct wr_str){text, field->fallback_len};
	if (field->kind == WR_PROTO_BOOL) {
		step->default_number = strcmp(text, "true") == 0;
	} else if (field->kind == WR_PROTO_FLOAT || field->kind == WR_PROTO_DOUBLE) {
		step->default_real = strtod(text, NULL); /* "inf" and "nan", too */
	} else if (field->kind != WR_PROTO_STRING && field->kind != WR_PROTO_BYTES) {
		step->default_number =
		    text[0] == '-' ? strtoll(text, NULL, 0) : (int64_t)strtoull(text, NULL, 0);
	}
}

/* The steps of a message within, or of a map's entries. */
static void make_inner(struct wr_proto_program *program, struct step *step,
		       const struct wr_type *type)
{
	struct wr_proto_want *want = wr_calloc(type->child_count + 1, sizeof *want);

	for (uint32_t i = 0; i < type->child_count; i++)
		want[i] = (struct wr_proto_want){
		    step->map ? (i == 0 ? "key" : "value") : type->name[i], type->child[i],
		    step->map ? &step->vec->child[i] : &step->item->child[i]};
	step->inner = make_steps(program, step->field->child, want, type->child_count, false);
	wr_free(want);
}

static void make_step(struct wr_proto_program *program, const struct wr_proto_message *message,
		      const struct wr_proto_want *want, struct step *step)
{
	const struct wr_type *type = want->type;
	static const struct wr_proto_field nothing = {.name = "", .oneof = -1};

	step->field = wr_proto_field_named(message, want->name);
	step->vec = step->item = want->vec;
	step->column = program->column;
	if (step->field == NULL) { /* not of this type: always NULL */
		step->field = &nothing;
		return;
	}
	step->wire = wr_proto_wire_of(step->field->kind);
	step->map = type->kind == WR_MAP;
	step->list = type->kind == WR_ARRAY;
	if (step->list) {
		step->item = &want->vec->child[0];
		type = type->child[0];
	}
	step->phys = step->item->phys;
	step->timestamp = wr_kind_is_timestamp(type->kind);
	set_default(program, step);
	if (step->map && program->map_count < WR_COUNT(program->keys)) {
		step->keys = WR_NEW(&program->arena, struct wr_json_keys);
		program->keys[program->map_count++] = step->keys;
	}
	if (type->kind == WR_ROW || step->map)
		make_inner(program, step, type);
	if (step->map) /* entries always have both */
		for (uint32_t i = 0; i < step->inner->count; i++)
			step->inner->step[i].defaults = true;
}

static struct message_steps *make_steps(struct wr_proto_program *program,
					const struct wr_proto_message *message,
					const struct wr_proto_want *want, uint32_t count, bool top)
{
	struct message_steps *steps = WR_NEW(&program->arena, struct message_steps);

	steps->type = message;
	steps->count = count;
	steps->step = WR_NEW_ARRAY(&program->arena, struct step, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		if (top)
			program->column = want[i].name;
		make_step(program, message, &want[i], &steps->step[i]);
		uint32_t number = steps->step[i].field->number;
		if (number < DENSE_MAX)
			steps->dense_count = WR_MAX(steps->dense_count, number + 1);
	}
	steps->dense = WR_NEW_ARRAY(&program->arena, struct step *, (size_t)steps->dense_count + 1);
	for (uint32_t i = 0; i < count; i++) {
		if (steps->step[i].field->number < DENSE_MAX)
			steps->dense[steps->step[i].field->number] = &steps->step[i];
	}
	return steps;
}

struct wr_proto_program *wr_proto_program_new(const struct wr_proto_message *message, bool defaults,
					      const struct wr_proto_want *want, uint32_t count)
{
	struct wr_proto_program *program = wr_calloc(1, sizeof *program);

	wr_arena_init(&program->arena);
	program->defaults = defaults;
	program->root = make_steps(program, message, want, count, true);
	return program;
}

void wr_proto_program_free(struct wr_proto_program *program)
{
	if (program == NULL)
		return;
	for (uint32_t i = 0; i < program->map_count; i++)
		wr_json_keys_release(program->keys[i]);
	wr_arena_release(&program->arena);
	wr_free(program);
}

/* --- values
 * ------------------------------------------------------------------------------------------------
 */

static bool read_message(struct wr_proto_program *program, struct message_steps *steps,
			 struct wr_wire in, uint32_t row, uint32_t depth);
static void begin_message(struct wr_proto_program *program, struct message_steps *steps);
static void end_message(struct wr_proto_program *program, struct message_steps *steps,
			uint32_t row);

static void note(struct wr_proto_program *program, const char *kind, const char *column,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void note(struct wr_proto_program *program, const char *kind, const char *column,
		 const char *format, ...)
{
	va_list args;

	program->fault->kind = kind;
	program->fault->column = column;
	va_start(args, format);
	vsnprintf(program->fault->text, sizeof program->fault->text, format, args);
	va_end(args);
}

static bool fail_short(struct wr_proto_program *program, const char *column)
{
	note(program, "syntax", column,
	     "the message ends too early: is it of another type than the table's?");
	return false;
}

static inline void set_integer(struct step *step, uint32_t row, int64_t value)
{
	struct wr_vec *vec = step->item;

	switch (step->phys) {
	case WR_P_BOOL: ((uint8_t *)vec->data)[row] = value != 0; break;
	case WR_P_I8: ((int8_t *)vec->data)[row] = (int8_t)value; break;
	case WR_P_I16: ((int16_t *)vec->data)[row] = (int16_t)value; break;
	case WR_P_I32: ((int32_t *)vec->data)[row] = (int32_t)value; break;
	default: ((int64_t *)vec->data)[row] = value; break;
	}
	wr_vec_valid(vec, row);
}

static inline void set_real(struct step *step, uint32_t row, double value)
{
	if (step->phys == WR_P_F32)
		((float *)step->item->data)[row] = (float)value;
	else
		((double *)step->item->data)[row] = value;
	wr_vec_valid(step->item, row);
}

/* An enum's number as the column has it; a text that it has no symbol for is Java's word for that.
 */
static void set_symbol(struct step *step, uint32_t row, int32_t number)
{
	const struct wr_proto_enum *symbols = step->field->symbols;
	const char *text = "UNRECOGNIZED";

	if (step->phys != WR_P_STR) {
		set_integer(step, row, number);
		return;
	}
	for (uint32_t i = 0; i < symbols->count; i++) {
		if (symbols->number[i] != number)
			continue;
		text = symbols->symbol[i];
		break;
	}
	wr_vec_copy(step->item, row, text, strlen(text));
}

/* A varint as the field's kind has it. */
static inline void set_varint(struct step *step, uint32_t row, uint64_t value)
{
	uint32_t n = (uint32_t)value;

	switch (step->field->kind) {
	case WR_PROTO_INT32: set_integer(step, row, (int32_t)n); break;
	case WR_PROTO_UINT32: set_integer(step, row, (int64_t)n); break;
	case WR_PROTO_SINT32: set_integer(step, row, (int32_t)((n >> 1) ^ -(n & 1))); break;
	case WR_PROTO_SINT64: set_integer(step, row, (int64_t)((value >> 1) ^ -(value & 1))); break;
	case WR_PROTO_ENUM: set_symbol(step, row, (int32_t)n); break;
	default: set_integer(step, row, (int64_t)value); break;
	}
}

static inline void set_fixed32(struct step *step, uint32_t row, const char *p)
{
	uint32_t bits;
	float real;

	memcpy(&bits, p, sizeof bits);
	memcpy(&real, p, sizeof real);
	if (step->field->kind == WR_PROTO_FLOAT)
		set_real(step, row, real);
	else if (step->field->kind == WR_PROTO_SFIXED32)
		set_integer(step, row, (int32_t)bits);
	else
		set_integer(step, row, (int64_t)bits);
}

static inline void set_fixed64(struct step *step, uint32_t row, const char *p)
{
	int64_t bits;
	double real;

	memcpy(&bits, p, sizeof bits);
	memcpy(&real, p, sizeof real);
	if (step->field->kind == WR_PROTO_DOUBLE)
		set_real(step, row, real);
	else
		set_integer(step, row, bits);
}

static bool set_text(struct wr_proto_program *program, struct step *step, uint32_t row,
		     const struct wr_wire *bytes)
{
	size_t len = (size_t)(bytes->end - bytes->p);

	if (step->field->kind == WR_PROTO_STRING &&
	    WR_UNLIKELY(!wr_utf8_valid_padded(bytes->p, len))) {
		note(program, "encoding", step->column, "a text that is not UTF-8");
		return false;
	}
	wr_vec_view(step->item, row, bytes->p, len);
	return true;
}

/* Seconds and nanoseconds; later ones replace earlier ones. */
static bool set_timestamp(struct wr_proto_program *program, struct step *step, uint32_t row,
			  struct wr_wire in)
{
	int64_t part[2] = {0, 0};
	uint64_t tag;
	uint64_t value;

	while (in.p < in.end) {
		if (!wr_wire_varint(&in, &tag))
			return fail_short(program, step->column);
		if (tag != 1 << 3 && tag != 2 << 3) {
			if (!wr_wire_skip(&in, tag, 0))
				return fail_short(program, step->column);
			continue;
		}
		if (!wr_wire_varint(&in, &value))
			return fail_short(program, step->column);
		part[(tag >> 3) - 1] = (int64_t)value;
	}
	wr_i128 ns = (wr_i128)part[0] * 1000000000 + (int32_t)part[1];
	if (step->phys == WR_P_I128) {
		((wr_i128 *)step->item->data)[row] = ns;
	} else {
		wr_i128 ms = ns / 1000000 - (ns % 1000000 < 0);
		if (ms != (int64_t)ms) {
			note(program, "type", step->column, "a moment out of range");
			return false;
		}
		((int64_t *)step->item->data)[row] = (int64_t)ms;
	}
	wr_vec_valid(step->item, row);
	return true;
}

/* A default, in place of a value. */
static void set_absent(struct wr_proto_program *program, struct step *step, uint32_t row)
{
	if (!step->defaults || step->timestamp) {
		wr_vec_null(step->vec, row);
		return;
	}
	if (step->list || step->map) {
		((struct wr_span *)step->vec->data)[row] = (struct wr_span){0, 0};
		wr_vec_valid(step->vec, row);
	} else if (step->inner != NULL) { /* a message of defaults, but no deeper without end */
		begin_message(program, step->inner);
		end_message(program, step->inner, row);
		wr_vec_valid(step->vec, row);
	} else if (step->phys == WR_P_STR) {
		wr_vec_copy(step->vec, row,
			    step->default_text.data != NULL ? step->default_text.data : "",
			    step->default_text.len);
	} else if (step->phys == WR_P_F32 || step->phys == WR_P_F64) {
		set_real(step, row, step->default_real);
	} else {
		set_integer(step, row, step->default_number);
	}
}

/* --- fields
 * -----------------------------------------------------------------------------------------------
 */

/* One value that is not packed; `in` is behind the tag. */
static bool read_value(struct wr_proto_program *program, struct step *step, struct wr_wire *in,
		       uint32_t row, bool again, uint32_t depth)
{
	struct wr_wire bytes;
	uint64_t value;
	size_t size = step->wire == WR_WIRE_32 ? 4 : 8;

	switch (step->wire) {
	case WR_WIRE_VARINT:
		if (!wr_wire_varint(in, &value))
			return fail_short(program, step->column);
		set_varint(step, row, value);
		return true;
	case WR_WIRE_32:
	case WR_WIRE_64:
		if ((size_t)(in->end - in->p) < size)
			return fail_short(program, step->column);
		if (step->wire == WR_WIRE_32)
			set_fixed32(step, row, in->p);
		else
			set_fixed64(step, row, in->p);
		in->p += size;
		return true;
	default: break;
	}
	if (!wr_wire_bytes(in, &bytes))
		return fail_short(program, step->column);
	if (step->timestamp)
		return set_timestamp(program, step, row, bytes);
	if (step->inner == NULL)
		return set_text(program, step, row, &bytes);
	if (!again)
		begin_message(program, step->inner);
	if (!read_message(program, step->inner, bytes, row, depth + 1))
		return false;
	wr_vec_valid(step->item, row);
	return true;
}

/* Elements in one piece of bytes. */
static bool read_packed(struct wr_proto_program *program, struct step *step, struct wr_wire *in)
{
	struct wr_wire bytes;

	if (!wr_wire_bytes(in, &bytes))
		return fail_short(program, step->column);
	while (bytes.p < bytes.end) {
		if (!read_value(program, step, &bytes, wr_vec_add(step->item), false, 0))
			return false;
	}
	return true;
}

/* The key of the entry that was just read, for looking it up. */
static struct wr_view key_of(const struct wr_vec *key, uint32_t at)
{
	if (key->phys == WR_P_STR)
		return ((struct wr_view *)key->data)[at];
	return wr_view_of((const char *)key->data + (size_t)at * key->width, key->width);
}

/* Moves the value of the last entry to an earlier one with the same key. */
static void replace_entry(struct step *step, uint32_t to)
{
	struct wr_vec *value = &step->vec->child[1];
	uint32_t from = --value->len;

	step->vec->child[0].len--;
	if (value->phys == WR_P_ROW)
		return; /* a message: see read_entry */
	memcpy((char *)value->data + (size_t)to * value->width,
	       (char *)value->data + (size_t)from * value->width, value->width);
	if (value->valid != NULL)
		value->valid[to] = value->valid[from];
}

/* One entry of a map: a message of key and value. Of equal keys the last value counts. */
static bool read_entry(struct wr_proto_program *program, struct step *step, struct wr_wire *in,
		       uint32_t depth)
{
	struct wr_wire bytes;

	if (!wr_wire_bytes(in, &bytes))
		return fail_short(program, step->column);
	uint32_t at = wr_vec_add(&step->vec->child[0]);
	wr_vec_add(&step->vec->child[1]);
	begin_message(program, step->inner);
	if (!read_message(program, step->inner, bytes, at, depth + 1))
		return false;
	end_message(program, step->inner, at);
	if (step->keys == NULL)
		return true;
	uint32_t before = step->keys->count;
	uint32_t index = wr_json_keys_add(step->keys, key_of(&step->vec->child[0], at));
	if (index == before)
		return true;
	if (step->vec->child[1].phys == WR_P_ROW) { /* read once more, into the first one's place */
		begin_message(program, step->inner);
		if (!read_message(program, step->inner, bytes, step->start + index, depth + 1))
			return false;
		end_message(program, step->inner, step->start + index);
	}
	replace_entry(step, step->start + index);
	return true;
}

/* A field that is there for the first time in its message. */
static void note_first(struct message_steps *steps, struct step *step)
{
	if (step->map || step->list)
		step->start = step->vec->child[0].len;
	if (step->map && step->keys != NULL)
		wr_json_keys_clear(step->keys);
	for (uint32_t i = 0; step->field->oneof >= 0 && i < steps->count; i++) {
		struct step *other = &steps->step[i];
		if (other != step && other->field->oneof == step->field->oneof)
			other->stamp = 0;
	}
}

/* The value of a field that is wanted. */
static bool read_field(struct wr_proto_program *program, struct message_steps *steps,
		       struct step *step, uint64_t tag, struct wr_wire *in, uint32_t row,
		       uint32_t depth)
{
	uint32_t wire = (uint32_t)(tag & 7);
	bool packed = step->list && wire == WR_WIRE_BYTES && step->wire != WR_WIRE_BYTES;

	if (wire != step->wire && !packed) /* not of this type: as if it were not known */
		return wr_wire_skip(in, tag, depth) || fail_short(program, step->column);
	bool again = step->stamp == steps->stamp;
	if (!again)
		note_first(steps, step);
	step->stamp = steps->stamp;
	if (step->map)
		return read_entry(program, step, in, depth);
	if (packed)
		return read_packed(program, step, in);
	if (!step->list)
		return read_value(program, step, in, row, again, depth);
	row = wr_vec_add(step->item);
	if (!read_value(program, step, in, row, false, depth))
		return false;
	if (step->inner != NULL)
		end_message(program, step->inner, row);
	return true;
}

static inline struct step *find_step(const struct message_steps *steps, uint64_t number)
{
	if (WR_LIKELY(number < steps->dense_count))
		return steps->dense[number];
	for (uint32_t i = 0; number >= DENSE_MAX && i < steps->count; i++) {
		if (steps->step[i].field->number == number)
			return &steps->step[i];
	}
	return NULL;
}

static void begin_message(struct wr_proto_program *program, struct message_steps *steps)
{
	steps->stamp = ++program->stamp;
}

/* The fields of a message, as they come. */
static bool read_message(struct wr_proto_program *program, struct message_steps *steps,
			 struct wr_wire in, uint32_t row, uint32_t depth)
{
	uint64_t tag;

	if (depth > WR_PROTO_DEPTH_MAX) {
		note(program, "syntax", NULL, "messages within messages, more than %d levels",
		     WR_PROTO_DEPTH_MAX);
		return false;
	}
	while (in.p < in.end) {
		if (!wr_wire_varint(&in, &tag))
			return fail_short(program, NULL);
		if (WR_UNLIKELY(tag >> 3 == 0 || tag >> 3 > WR_PROTO_NUMBER_MAX)) {
			note(program, "syntax", NULL, "a field of number %llu",
			     (unsigned long long)(tag >> 3));
			return false;
		}
		struct step *step = find_step(steps, tag >> 3);
		if (step == NULL ? !wr_wire_skip(&in, tag, depth)
				 : !read_field(program, steps, step, tag, &in, row, depth)) {
			if (step == NULL)
				fail_short(program, NULL);
			return false;
		}
	}
	return true;
}

/* Closes the lists of a message, ends the messages in it, and fills in what was not there. */
static void end_message(struct wr_proto_program *program, struct message_steps *steps, uint32_t row)
{
	for (uint32_t i = 0; i < steps->count; i++) {
		struct step *step = &steps->step[i];
		if (step->stamp != steps->stamp) {
			set_absent(program, step, row);
		} else if (step->list || step->map) {
			uint32_t len = step->vec->child[0].len - step->start;
			((struct wr_span *)step->vec->data)[row] =
			    (struct wr_span){step->start, len};
			wr_vec_valid(step->vec, row);
		} else if (step->inner != NULL) {
			end_message(program, step->inner, row);
		}
	}
}

bool wr_proto_read_row(struct wr_proto_program *program, const char *data, const char *end,
		       uint32_t row, struct wr_message_fault *fault)
{
	program->fault = fault;
	begin_message(program, program->root);
	if (!read_message(program, program->root, (struct wr_wire){data, end}, row, 0))
		return false;
	end_message(program, program->root, row);
	return true;
}
