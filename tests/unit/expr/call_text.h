/* SPDX-License-Identifier: Apache-2.0
 *
 * call_text - function tests as tables: an expression as text, its type, its value.
 *
 *	UPPER('a')   LPAD(s, 5, '*')   TRIM(@BOTH, 'x', 'xax')   ||('a', 'b')
 *	'x'::BYTES   '1.5'::DOUBLE   NULL::INT   @WORD is a symbol; lower-case names are columns
 *
 * Names of several words are written with underscores where SQL has blanks: IS_JSON is "IS JSON".
 */
#ifndef TEST_EXPR_CALL_TEXT_H
#define TEST_EXPR_CALL_TEXT_H

#include "expr_case.h"

#include <ctype.h>

/* A column that an expression may name; the list ends with a NULL name. */
struct named_column {
	const char *name;
	struct wr_column *column; /* borrowed */
};

/* Reads one expression. */
struct call_reader {
	struct fixture *f;
	const char *at;
	const struct named_column *column;
	wr_status *status; /* of what does not type-check; owned by the caller */
};

static inline struct wr_expr *read_expr(struct call_reader *in);

/* The words among the types. */
static inline const struct wr_type *plain_type(const char *name, size_t len)
{
	static const struct {
		const char *name;
		const struct wr_type *type;
	} plain[] = {{"STRING", &WR_T_STRING},
		     {"BYTES", &WR_T_BYTES},
		     {"INT", &WR_T_INT},
		     {"BIGINT", &WR_T_BIGINT},
		     {"TINYINT", &WR_T_TINYINT},
		     {"SMALLINT", &WR_T_SMALLINT},
		     {"DOUBLE", &WR_T_DOUBLE},
		     {"FLOAT", &WR_T_FLOAT},
		     {"BOOLEAN", &WR_T_BOOLEAN},
		     {"DATE", &WR_T_DATE},
		     {"TIME", &WR_T_TIME},
		     {"TIMESTAMP3", &WR_T_TIMESTAMP3},
		     {"TIMESTAMP6", &WR_T_TIMESTAMP6},
		     {"TIMESTAMP9", &WR_T_TIMESTAMP9},
		     {"LTZ3", &WR_T_LTZ3},
		     {"INTERVAL", &WR_T_INTERVAL_DAY}};

	for (size_t i = 0; i < WR_COUNT(plain); i++) {
		if (strlen(plain[i].name) == len && memcmp(plain[i].name, name, len) == 0)
			return plain[i].type;
	}
	return NULL;
}

/* A type: a word, CHAR(n), VARCHAR(n), DECIMAL(p,s) or ARRAY(type). */
static inline const struct wr_type *read_type(struct call_reader *in)
{
	const char *start = in->at;
	struct wr_arena *arena = &in->f->arena;

	while (isalnum((unsigned char)*in->at))
		in->at++;
	size_t len = (size_t)(in->at - start);
	const struct wr_type *type = plain_type(start, len);
	if (type != NULL)
		return type;
	assert_int_equal(*in->at, '(');
	in->at++;
	if (start[0] == 'A') {
		type = wr_type_array(arena, read_type(in));
		in->at++;
		return type;
	}
	long p = strtol(in->at, (char **)&in->at, 10), s = 0;
	if (*in->at == ',')
		s = strtol(in->at + 1, (char **)&in->at, 10);
	in->at++;
	if (start[0] == 'D')
		return wr_type_decimal(arena, (int)p, (int)s);
	return wr_type_length(arena, start[0] == 'C' ? WR_CHAR : WR_VARCHAR, (int32_t)p);
}

/* 'text', quotes doubled. */
static inline struct wr_expr *read_literal(struct call_reader *in)
{
	struct wr_text out;

	wr_text_init(&out);
	for (in->at++; *in->at != '\0'; in->at++) {
		if (*in->at == '\'' && *++in->at != '\'')
			break;
		wr_text_putc(&out, *in->at);
	}
	struct wr_expr *expr = wr_expr_string(&in->f->pool, wr_text_str(&out), (uint32_t)out.len);
	wr_text_release(&out);
	return expr;
}

static inline struct wr_expr *read_integer(struct call_reader *in)
{
	char *end;
	long long value = strtoll(in->at, &end, 10);

	in->at = end;
	return value == (int32_t)value ? wr_expr_i32(&in->f->pool, (int32_t)value)
				       : wr_expr_i64(&in->f->pool, value);
}

static inline struct wr_expr *read_column(struct call_reader *in, const char *name)
{
	for (uint32_t i = 0; in->column[i].name != NULL; i++) {
		if (strcmp(in->column[i].name, name) == 0)
			return wr_expr_column(&in->f->pool, i, in->column[i].column->type);
	}
	fail_msg("no column %s", name);
	return NULL;
}

/* NAME(argument, ...), a column, a symbol, NULL, TRUE or FALSE. */
static inline struct wr_expr *read_word(struct call_reader *in)
{
	const char *start = in->at;
	struct wr_expr *arg[64], *out = NULL;
	uint32_t count = 0;

	while (isalnum((unsigned char)*in->at) || (*in->at != '\0' && strchr("_@|", *in->at)))
		in->at++;
	char *name = wr_arena_strndup(&in->f->arena, start, (size_t)(in->at - start));
	if (name[0] == '@')
		return wr_expr_symbol(&in->f->pool, name + 1);
	if (strcmp(name, "NULL") == 0)
		return wr_expr_null(&in->f->pool, &WR_T_NULL);
	if (strcmp(name, "TRUE") == 0 || strcmp(name, "FALSE") == 0)
		return wr_expr_bool(&in->f->pool, name[0] == 'T');
	if (*in->at != '(')
		return read_column(in, name);
	for (char *c = name; strncmp(start, "IS_JSON", 7) == 0 && *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;
	in->at++;
	while (*in->at != ')' && in->status == NULL) {
		if (*in->at == ',' || *in->at == ' ') {
			in->at++;
			continue;
		}
		assert_true(*in->at != '\0' && count < WR_COUNT(arg));
		arg[count++] = read_expr(in);
	}
	in->at++;
	if (in->status == NULL)
		in->status =
		    wr_expr_call_name(&in->f->pool, name, arg, count, (struct wr_pos){0}, &out);
	return out;
}

static inline struct wr_expr *read_expr(struct call_reader *in)
{
	struct wr_expr *expr;

	while (*in->at == ' ')
		in->at++;
	if (*in->at == '\'')
		expr = read_literal(in);
	else if (isdigit((unsigned char)*in->at) || *in->at == '-')
		expr = read_integer(in);
	else
		expr = read_word(in);
	while (in->status == NULL && in->at[0] == ':') {
		in->at += 2;
		in->status = wr_expr_cast(&in->f->pool, expr, read_type(in), false, &expr);
	}
	return expr;
}

/* One row of a table of tests. */
struct call_test {
	const char *expr;  /* as above, of constants */
	const char *type;  /* NULL: not looked at */
	const char *value; /* as CAST to STRING prints it; "ERROR part of its text" for an error */
};

/* Checks one constant expression; prints what is wrong with it. */
static inline bool check_call(const struct call_test *test)
{
	struct fixture f;
	struct named_column none = {NULL, NULL};

	fixture_init(&f);
	struct call_reader in = {.f = &f, .at = test->expr, .column = &none};
	struct wr_expr *expr = read_expr(&in);
	const char *got = in.status != NULL ? wr_arena_printf(&f.arena, "ERROR %s", in.status->text)
					    : result_of(&f, expr);
	bool fails = strncmp(test->value, "ERROR ", 6) == 0;
	bool good = fails ? strncmp(got, "ERROR ", 6) == 0 && strstr(got, test->value + 6) != NULL
			  : strcmp(got, test->value) == 0;
	if (!good)
		print_error("%s: got '%s', wanted '%s'\n", test->expr, got, test->value);
	if (good && !fails && test->type != NULL && strcmp(type_of(&f, expr), test->type) != 0) {
		print_error("%s: type %s, wanted %s\n", test->expr, type_of(&f, expr), test->type);
		good = false;
	}
	wr_status_free(in.status);
	fixture_release(&f);
	return good;
}

static inline void check_calls(const struct call_test *tests, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong += !check_call(&tests[i]);
	assert_int_equal(wrong, 0);
}

/* Evaluates one expression over columns: the rows as text joined by '|', in the fixture's arena;
 * a failing row as ERROR and its text. */
static inline const char *rows_of(struct fixture *f, const char *expr_text,
				  const struct named_column *columns, uint32_t rows)
{
	struct call_reader in = {.f = f, .at = expr_text, .column = columns};
	struct wr_expr *expr = read_expr(&in);
	struct wr_program *program = NULL;
	struct wr_column *out = NULL;
	struct wr_text line;
	uint32_t count = 0;

	must(in.status);
	while (columns[count].name != NULL)
		count++;
	must(wr_program_new(&expr, 1, count, "UTC", &program));
	struct wr_batch *batch = wr_batch_new(count, rows);
	for (uint32_t i = 0; i < count; i++)
		batch->column[i] = wr_column_ref(columns[i].column);
	must(wr_program_run(program, batch, &out));
	wr_text_init(&line);
	struct wr_eval *eval = wr_program_eval(program);
	for (uint32_t i = 0, k = 0; i < rows; i++) {
		if (i > 0)
			wr_text_putc(&line, '|');
		if (k < eval->error_count && eval->error[k].row == i)
			wr_text_printf(&line, "ERROR %s", eval->error[k++].text);
		else
			wr_text_puts(&line, shown(f, out, i));
	}
	const char *copy = wr_arena_strdup(&f->arena, wr_text_str(&line));
	wr_text_release(&line);
	/* results outlive batch and program: they keep the bytes they point into */
	wr_batch_free(batch);
	wr_program_free(program);
	wr_column_unref(out);
	return copy;
}

#endif
