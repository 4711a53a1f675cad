/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_case - tables of function calls: arguments in a short notation, the result's type and text.
 *
 * Arguments are separated by '|':
 *   i7 l7 t7 h7      INT, BIGINT, TINYINT, SMALLINT         d1.5 f1.5   DOUBLE, FLOAT
 *   c10.2:1.25       DECIMAL(10, 2)                         b1          BOOLEAN
 *   sabc Sabc        CHAR(3) NOT NULL, STRING               x           NULL without a type
 *   D2024-01-31      DATE        T10:00:00 TIME             P3:... Z3:...  TIMESTAMP(3), _LTZ(3)
 *   @DAY             a symbol    M14, Y90000  INTERVAL of months, of milliseconds
 *   a1,2,N AN a,b,N  ARRAY<INT>, ARRAY<STRING>              mk:1,l:N    MAP<STRING, INT>
 *   N after the first letter: NULL of that type (iN, SN, DN, P3N, aN, mN ...)
 * Every case is evaluated from constants and, unless `constant` is set, over columns of three rows
 * of which the second is NULL.
 */
#ifndef TEST_EXPR_FN_CASE_H
#define TEST_EXPR_FN_CASE_H

#include "expr_case.h"

struct fn_case {
	const char *name;  /* of the function */
	const char *args;  /* as above; "": none */
	const char *type;  /* of the result when the arguments are constants; "!": refused */
	const char *value; /* its text, or the beginning of the refusal */
	bool constant;     /* only from constants */
};

static inline const struct wr_type *number_type(struct fixture *f, char letter, const char **text)
{
	switch (letter) {
	case 'i': return &WR_T_INT;
	case 'l': return &WR_T_BIGINT;
	case 't': return &WR_T_TINYINT;
	case 'h': return &WR_T_SMALLINT;
	case 'd': return &WR_T_DOUBLE;
	case 'f': return &WR_T_FLOAT;
	case 'b': return &WR_T_BOOLEAN;
	case 'S': return &WR_T_STRING;
	case 'D': return &WR_T_DATE;
	case 'T': return &WR_T_TIME;
	default: break;
	}
	int precision = (int)strtol(*text, (char **)text, 10), scale = 0;
	if (letter == 'c') {
		scale = (int)strtol(*text + 1, (char **)text, 10);
		*text += **text == ':';
		return wr_type_decimal(&f->arena, precision, scale);
	}
	*text += **text == ':';
	return wr_type_precision(&f->arena, letter == 'P' ? WR_TIMESTAMP : WR_TIMESTAMP_LTZ,
				 precision);
}

/* "1,2,N" as an array of `element`. */
static inline struct wr_expr *array_of(struct fixture *f, const char *list,
				       const struct wr_type *element)
{
	const struct wr_type *type = wr_type_array(&f->arena, element);
	struct wr_builder *builder = wr_builder_new(type, 1);
	uint32_t count = 0;

	for (const char *p = list; *p != '\0';) {
		size_t len = strcspn(p, ",");
		const char *item = wr_arena_strndup(&f->arena, p, len);
		if (strcmp(item, "N") == 0)
			wr_builder_null(builder->child[0]);
		else
			wr_builder_append(builder->child[0], value_of(f, item, element)->value, 0);
		count++;
		p += len + (p[len] == ',');
	}
	wr_builder_list(builder, count);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

/* "k:1,l:N" as a MAP<STRING, INT>. */
static inline struct wr_expr *map_of(struct fixture *f, const char *list)
{
	const struct wr_type *type = wr_type_map(&f->arena, &WR_T_STRING, &WR_T_INT);
	struct wr_builder *builder = wr_builder_new(type, 1);
	uint32_t count = 0;

	for (const char *p = list; *p != '\0'; count++) {
		size_t key = strcspn(p, ":");
		wr_builder_str(builder->child[0], p, key);
		p += key + 1;
		if (*p == 'N')
			wr_builder_null(builder->child[1]);
		else
			wr_builder_i32(builder->child[1], (int32_t)strtol(p, NULL, 10));
		p += strcspn(p, ",");
		p += *p == ',';
	}
	wr_builder_list(builder, count);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

static inline struct wr_expr *interval_of(struct fixture *f, char letter, const char *text)
{
	struct wr_column *column =
	    wr_column_new(letter == 'M' ? &WR_T_INTERVAL_MONTH : &WR_T_INTERVAL_DAY, 1);
	long long value = strtoll(text, NULL, 10);

	if (letter == 'M')
		WR_DATA(column, int32_t)[0] = (int32_t)value;
	else
		WR_DATA(column, int64_t)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

/* One argument. */
static inline struct wr_expr *argument_of(struct fixture *f, const char *text_)
{
	const char *rest = text_ + 1;

	switch (text_[0]) {
	case '@': return wr_expr_symbol(&f->pool, rest);
	case 'x': return wr_expr_null(&f->pool, &WR_T_NULL);
	case 's': return text(f, rest);
	case 'M':
	case 'Y': return interval_of(f, text_[0], rest);
	case 'a':
		return strcmp(rest, "N") == 0
			   ? wr_expr_null(&f->pool, wr_type_array(&f->arena, &WR_T_INT))
			   : array_of(f, rest, &WR_T_INT);
	case 'A':
		return strcmp(rest, "N") == 0
			   ? wr_expr_null(&f->pool, wr_type_array(&f->arena, &WR_T_STRING))
			   : array_of(f, rest, &WR_T_STRING);
	case 'e': return array_of(f, rest, &WR_T_DOUBLE);
	case 'm':
		return strcmp(rest, "N") == 0
			   ? wr_expr_null(&f->pool, wr_type_map(&f->arena, &WR_T_STRING, &WR_T_INT))
			   : map_of(f, rest);
	default: break;
	}
	const struct wr_type *type = number_type(f, text_[0], &rest);
	return value_of(f, strcmp(rest, "N") == 0 ? NULL : rest, type);
}

static inline uint32_t arguments_of(struct fixture *f, const char *args, struct wr_expr **arg)
{
	uint32_t count = 0;

	for (const char *p = args; *p != '\0'; count++) {
		size_t len = strcspn(p, "|");
		arg[count] = argument_of(f, wr_arena_strndup(&f->arena, p, len));
		p += len + (p[len] == '|');
	}
	return count;
}

/* The constant in rows 0 and 2, NULL in row 1. */
static inline struct wr_column *three_rows(const struct wr_expr *value)
{
	struct wr_builder *builder = wr_builder_new(value->type, 3);

	wr_builder_append(builder, value->value, 0);
	wr_builder_null(builder);
	wr_builder_append(builder, value->value, 0);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* The same call over columns; the text of rows 0 and 2 must be `value`. */
static inline void check_columns(struct fixture *f, const struct fn_case *test,
				 struct wr_expr **arg, uint32_t count)
{
	struct wr_batch *batch = wr_batch_new(count, 3);
	struct wr_expr *over[8], *expr = NULL;
	struct wr_program *program;
	struct wr_column *out = NULL;
	struct wr_zone *zone = NULL;

	must(wr_zone_open(f->pool.zone_id, &zone));
	for (uint32_t i = 0; i < count; i++) {
		over[i] = arg[i];
		if (arg[i]->kind != WR_E_CONST || arg[i]->type->kind == WR_NULL)
			continue;
		batch->column[i] = three_rows(arg[i]);
		over[i] =
		    wr_expr_column(&f->pool, i, wr_type_nullable(&f->arena, arg[i]->type, true));
	}
	must(wr_expr_call_name(&f->pool, test->name, over, count, (struct wr_pos){0}, &expr));
	must(wr_program_new(&expr, 1, count, f->pool.zone_id, &program));
	must(wr_program_run(program, batch, &out));
	bool fails = strncmp(test->value, "ERROR", 5) == 0;
	if (fails != (wr_program_eval(program)->error_count > 0))
		fail_msg("%s(%s): %u rows failed", test->name, test->args,
			 wr_program_eval(program)->error_count);
	for (uint32_t row = 0; row < 3 && !fails; row += 2) {
		struct wr_text shown_text;
		wr_text_init(&shown_text);
		wr_value_print(&shown_text, out, row & out->mask, zone);
		if (strcmp(wr_text_str(&shown_text), test->value) != 0)
			fail_msg("%s(%s) row %u: '%s' in place of '%s'", test->name, test->args,
				 row, wr_text_str(&shown_text), test->value);
		wr_text_release(&shown_text);
	}
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
	wr_zone_close(zone);
}

/* Evaluates a tree without columns, printed in the session's zone. */
static inline const char *result_in_zone(struct fixture *f, struct wr_expr *expr)
{
	struct wr_column *value = NULL;
	struct wr_zone *zone = NULL;
	struct wr_text out;
	wr_status *status = wr_expr_evaluate(expr, f->pool.zone_id, &value);

	if (status != NULL) {
		wr_status_free(status);
		return "ERROR";
	}
	must(wr_zone_open(f->pool.zone_id, &zone));
	wr_text_init(&out);
	wr_value_print(&out, value, 0, zone);
	const char *copy = wr_arena_strdup(&f->arena, wr_text_str(&out));
	wr_text_release(&out);
	wr_zone_close(zone);
	wr_column_unref(value);
	return copy;
}

static inline void check_case(struct fixture *f, const struct fn_case *test)
{
	struct wr_expr *arg[8], *expr = NULL;
	uint32_t count = arguments_of(f, test->args, arg);
	wr_status *status =
	    wr_expr_call_name(&f->pool, test->name, arg, count, (struct wr_pos){0}, &expr);

	if (status != NULL) {
		if (strcmp(test->type, "!") != 0 ||
		    strncmp(status->text, test->value, strlen(test->value)) != 0)
			fail_msg("%s(%s): refused: %s", test->name, test->args, status->text);
		wr_status_free(status);
		return;
	}
	if (strcmp(type_of(f, expr), test->type) != 0)
		fail_msg("%s(%s): type %s in place of %s", test->name, test->args, type_of(f, expr),
			 test->type);
	const char *value = result_in_zone(f, expr);
	if (strcmp(value, test->value) != 0)
		fail_msg("%s(%s): '%s' in place of '%s'", test->name, test->args, value,
			 test->value);
	if (!test->constant)
		check_columns(f, test, arg, count);
}

/* All cases, in a session whose zone is `zone_id`. */
static inline void check_cases(const struct fn_case *cases, size_t count, const char *zone_id)
{
	for (size_t i = 0; i < count; i++) {
		struct fixture f;
		fixture_init(&f);
		f.pool.zone_id = zone_id;
		check_case(&f, &cases[i]);
		fixture_release(&f);
	}
}

#endif
