/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_make - JSON from SQL values: JSON_STRING, JSON_OBJECT, JSON_ARRAY.
 *
 * Keys are sorted in Java's order of strings, those of maps and rows too; of equal keys the last
 * wins. Numbers print as BigDecimal does (1.0E+20, 0.0 for -0.0), NaN and infinity in quotes, bytes
 * as base64, timestamps in ISO form.
 */
#include "expr/fn_json.h"

#include "data/decimal.h"
#include "data/number.h"
#include "expr/fn_string.h"
#include <stdlib.h>

bool wr_json_type_ok(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_NULL:
	case WR_BOOLEAN:
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return true;
	case WR_MAP:
	case WR_MULTISET:
		return wr_kind_is_string(type->child[0]->kind) && wr_json_type_ok(type->child[1]);
	case WR_ARRAY:
	case WR_ROW:
		for (uint32_t i = 0; i < type->child_count; i++) {
			if (!wr_json_type_ok(type->child[i]))
				return false;
		}
		return true;
	default: return wr_kind_is_numeric(type->kind);
	}
}

/* A writer over one result. */
struct maker {
	struct wr_text *text;
	struct wr_arena *arena; /* scratch for sorting */
};

/* A key and where its value is. */
struct entry {
	struct wr_str key;
	const struct wr_column *column; /* of the value */
	uint32_t row;                   /* in it */
	uint32_t place;                 /* order as given: of equal keys the last wins */
	bool is_raw;                    /* the value is JSON text */
};

static int by_key(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = wr_json_compare_keys(a->key, b->key);

	return order != 0 ? order : a->place < b->place ? -1 : a->place > b->place;
}

static void write_value(struct maker *to, const struct wr_column *column, uint32_t row);

static void write_entry(struct maker *to, const struct entry *entry)
{
	if (entry->is_raw && wr_column_is_valid(entry->column, entry->row)) {
		struct wr_str raw = wr_str_at(entry->column, entry->row);
		wr_text_add(to->text, raw.data, raw.len);
	} else {
		write_value(to, entry->column, entry->row);
	}
}

/* An object of entries in any order. */
static void write_entries(struct maker *to, struct entry *entry, uint32_t count)
{
	bool first = true;

	qsort(entry, count, sizeof *entry, by_key);
	wr_text_putc(to->text, '{');
	for (uint32_t i = 0; i < count; i++) {
		if (i + 1 < count && wr_json_compare_keys(entry[i].key, entry[i + 1].key) == 0)
			continue;
		if (!first)
			wr_text_putc(to->text, ',');
		first = false;
		wr_json_write_string(to->text, entry[i].key);
		wr_text_putc(to->text, ':');
		write_entry(to, &entry[i]);
	}
	wr_text_putc(to->text, '}');
}

/* ARRAY: [..]; MAP and MULTISET: {..}. */
static void write_list(struct maker *to, const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_AT(column, struct wr_span, row);

	if (column->type->kind == WR_ARRAY) {
		wr_text_putc(to->text, '[');
		for (uint32_t i = 0; i < span.len; i++) {
			if (i > 0)
				wr_text_putc(to->text, ',');
			write_value(to, column->child[0], span.start + i);
		}
		wr_text_putc(to->text, ']');
		return;
	}
	struct entry *entry = WR_NEW_ARRAY(to->arena, struct entry, span.len + 1);
	for (uint32_t i = 0; i < span.len; i++)
		entry[i] = (struct entry){.key = wr_str_at(column->child[0], span.start + i),
					  .column = column->child[1],
					  .row = span.start + i,
					  .place = i};
	write_entries(to, entry, span.len);
}

static void write_row(struct maker *to, const struct wr_column *column, uint32_t row)
{
	uint32_t count = column->child_count;
	struct entry *entry = WR_NEW_ARRAY(to->arena, struct entry, count + 1);

	for (uint32_t i = 0; i < count; i++)
		entry[i] = (struct entry){.key = wr_str_of(column->type->name[i]),
					  .column = column->child[i],
					  .row = row & column->mask,
					  .place = i};
	write_entries(to, entry, count);
}

static void write_real(struct maker *to, double value)
{
	char buffer[WR_DOUBLE_TEXT_MAX];
	struct wr_str digits = {buffer, wr_double_print(buffer, value)};

	if (value - value != 0) /* NaN, infinity */
		wr_json_write_string(to->text, digits);
	else
		wr_json_write_decimal(to->text, digits);
}

/* Recursion is as deep as the type is nested. */
static void write_value(struct maker *to, const struct wr_column *column, uint32_t row)
{
	char buffer[WR_TIME_TEXT_MAX + WR_DECIMAL_TEXT_MAX];
	struct wr_str s = {buffer, 0};
	int32_t nano;

	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(to->text, "null");
		return;
	}
	switch (column->type->kind) {
	case WR_CHAR:
	case WR_VARCHAR: wr_json_write_string(to->text, wr_str_at(column, row)); break;
	case WR_BINARY:
	case WR_VARBINARY:
		s = wr_str_at(column, row);
		wr_text_putc(to->text, '"');
		wr_base64_add(to->text, s.data, s.len);
		wr_text_putc(to->text, '"');
		break;
	case WR_BOOLEAN: wr_text_puts(to->text, wr_int_at(column, row) ? "true" : "false"); break;
	case WR_FLOAT: write_real(to, (double)WR_AT(column, float, row)); break;
	case WR_DOUBLE: write_real(to, WR_AT(column, double, row)); break;
	case WR_DECIMAL:
		s.len = wr_decimal_print(buffer, WR_AT(column, wr_i128, row), column->type->scale);
		wr_json_write_decimal(to->text, s);
		break;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: {
		int64_t ms = wr_ts_ms_at(column, row, &nano);
		s.len = wr_timestamp_print_short(buffer, ms, nano, 'T',
						 column->type->kind == WR_TIMESTAMP_LTZ ? "Z" : "");
		wr_text_putc(to->text, '"');
		wr_text_add(to->text, s.data, s.len);
		wr_text_putc(to->text, '"');
		break;
	}
	case WR_ARRAY:
	case WR_MAP:
	case WR_MULTISET: write_list(to, column, row); break;
	case WR_ROW: write_row(to, column, row); break;
	default: wr_text_i64(to->text, wr_int_at(column, row));
	}
}

wr_status *wr_fn_json_string(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_text text;
	struct maker to = {&text, wr_eval_arena(eval)};
	struct wr_strout writer;

	(void)call;
	wr_text_init(&text);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		wr_text_clear(&text);
		write_value(&to, arg[0], i);
		wr_strout_put(&writer, i, text.data, (uint32_t)text.len);
	}
	wr_text_release(&text);
	return NULL;
}

wr_status *wr_fn_json_object(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_json_parts *parts = call->plan->bind;
	struct wr_text text;
	struct maker to = {&text, wr_eval_arena(eval)};
	struct entry *entry = WR_NEW_ARRAY(to.arena, struct entry, call->arg_count + 1);
	struct wr_strout writer;

	wr_text_init(&text);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t count = 0;
		if (wr_skips(eval, out, i))
			continue;
		for (uint32_t k = parts->first; k + 1 < call->arg_count; k += 2) {
			if (parts->absent_on_null && !wr_column_is_valid(arg[k + 1], i))
				continue;
			entry[count] = (struct entry){.key = wr_str_at(arg[k], i),
						      .column = arg[k + 1],
						      .row = i,
						      .place = count,
						      .is_raw = parts->is_raw[k + 1]};
			count++;
		}
		wr_text_clear(&text);
		write_entries(&to, entry, count);
		wr_strout_put(&writer, i, text.data, (uint32_t)text.len);
	}
	wr_text_release(&text);
	return NULL;
}

wr_status *wr_fn_json_array(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_json_parts *parts = call->plan->bind;
	struct wr_text text;
	struct maker to = {&text, wr_eval_arena(eval)};
	struct wr_strout writer;

	wr_text_init(&text);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		bool first = true;
		if (wr_skips(eval, out, i))
			continue;
		wr_text_clear(&text);
		wr_text_putc(&text, '[');
		for (uint32_t k = parts->first; k < call->arg_count; k++) {
			struct entry entry = {
			    .column = arg[k], .row = i, .is_raw = parts->is_raw[k]};
			if (parts->absent_on_null && !wr_column_is_valid(arg[k], i))
				continue;
			if (!first)
				wr_text_putc(&text, ',');
			first = false;
			write_entry(&to, &entry);
		}
		wr_text_putc(&text, ']');
		wr_strout_put(&writer, i, text.data, (uint32_t)text.len);
	}
	wr_text_release(&text);
	return NULL;
}
