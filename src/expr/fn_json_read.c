/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_read - functions that look into JSON texts: IS JSON, JSON_EXISTS, JSON_VALUE, JSON_QUERY,
 * JSON, JSON_QUOTE, JSON_UNQUOTE.
 *
 * A constant path is compiled once per program; another one whenever it differs from the row
 * before. The document's nodes and the texts made of them live in the call's state and are reused
 * from row to row.
 *
 * Strict and lax: on a strict path a text that is no JSON, and a path that finds nothing (or null),
 * are errors; on a lax one they are empty. A path that cannot be read is an error on both.
 */
#include "expr/fn_json.h"

#include "base/mem.h"
#include "data/builder.h"
#include "data/decimal.h"
#include "data/number.h"
#include "expr/fn_string.h"
#include <strings.h>

/* What a call keeps between rows. */
struct json_state {
	struct wr_json_doc doc;
	struct wr_json_path path;
	bool has_path;            /* path is compiled from path_text */
	struct wr_text path_text; /* of a path that is not constant */
	struct wr_text text;      /* a result being written */
	struct wr_arena scratch;  /* hits; reset per row */
};

wr_status *wr_fn_json_prepare(struct wr_call *call, void **state)
{
	struct json_state *json = wr_calloc(1, sizeof *json);

	wr_json_init(&json->doc);
	wr_text_init(&json->path_text);
	wr_text_init(&json->text);
	wr_arena_init(&json->scratch);
	*state = json;
	if (call->arg_count < 2 || wr_call_const(call, 1) == NULL)
		return NULL;
	struct wr_str path = wr_str_at(wr_call_const(call, 1), 0);
	wr_json_path_compile(&json->path, path.data, path.len);
	json->has_path = true;
	wr_text_add(&json->path_text, path.data, path.len);
	if (!json->path.is_unsupported)
		return NULL;
	wr_status *status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "%s: the path '%.*s' has %s", call->function->name,
			  (int)WR_MIN(path.len, 200), path.data, json->path.error),
	    "Use names, indexes, slices, wildcards, comparisons in filters and length()");
	wr_fn_json_release(json);
	*state = NULL;
	return status;
}

void wr_fn_json_release(void *state)
{
	struct json_state *json = state;

	if (json == NULL)
		return;
	wr_json_release(&json->doc);
	wr_json_path_release(&json->path);
	wr_text_release(&json->path_text);
	wr_text_release(&json->text);
	wr_arena_release(&json->scratch);
	wr_free(json);
}

/* --- IS JSON, JSON, JSON_QUOTE, JSON_UNQUOTE -------------------------------------------------- */

wr_status *wr_fn_json_is(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct json_state *json = call->state;
	uint8_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		result[i] = 0;
		if (wr_skips(eval, out, i) || !wr_column_is_valid(arg[0], i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_json_parse(&json->doc, s.data, s.len))
			continue;
		enum wr_json_kind kind = json->doc.node[0].kind;
		switch (call->plan->i64) {
		case 'o': result[i] = kind == WR_JSON_OBJECT; break;
		case 'a': result[i] = kind == WR_JSON_ARRAY; break;
		case 's': result[i] = kind < WR_JSON_ARRAY; break;
		default: result[i] = 1;
		}
	}
	return NULL;
}

/* JSON(text): the text in canonical form. */
wr_status *wr_fn_json_canonical(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct json_state *json = call->state;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		while (s.len > 0 && (uint8_t)s.data[0] <= ' ')
			s = (struct wr_str){s.data + 1, s.len - 1};
		if (s.len == 0) {
			wr_out_null(out, i);
			continue;
		}
		if (!wr_json_parse(&json->doc, s.data, s.len)) {
			wr_eval_fail(eval, i,
				     "Invalid JSON string in JSON(value) function: '%.*s': %s",
				     (int)WR_MIN(s.len, 100), s.data, json->doc.error);
			continue;
		}
		wr_arena_reset(&json->scratch);
		wr_text_clear(&json->text);
		wr_json_write(&json->text, &json->doc, 0, &json->scratch);
		wr_strout_put(&writer, i, json->text.data, (uint32_t)json->text.len);
	}
	return NULL;
}

/* Writes one character of JSON_QUOTE: ASCII escaped as JSON, the rest as \uXXXX; behind a pair its
 * second half once more, as in Flink, which steps by UTF-16 unit. */
static size_t quote_character(char *out, uint32_t code)
{
	static const char FROM[] = "\"\\/\b\f\n\r\t", TO[] = "\"\\/bfnrt";
	static const char HEX[] = "0123456789abcdef";
	const char *known = code != 0 && code < 0x80 ? strchr(FROM, (int)code) : NULL;
	size_t len = 0;

	if (known != NULL) {
		out[0] = '\\';
		out[1] = TO[known - FROM];
		return 2;
	}
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	out[len++] = '\\';
	out[len++] = 'u';
	for (int shift = code >= 0x100000 ? 20 : code >= 0x10000 ? 16 : 12; shift >= 0; shift -= 4)
		out[len++] = HEX[code >> shift & 15];
	if (code >= 0x10000)
		len += quote_character(out + len, 0xdc00 | (code & 0x3ff));
	return len;
}

wr_status *wr_fn_json_quote(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_str_fits(eval, call, i, (uint64_t)s.len * 6))
			continue;
		char *data = wr_strout_reserve(&writer, s.len * 6 + 2);
		size_t len = 0;
		uint32_t size;
		data[len++] = '"';
		for (size_t at = 0; at < s.len; at += size) {
			uint32_t code =
			    wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
			len += quote_character(data + len, code);
		}
		data[len++] = '"';
		wr_strout_commit(&writer, i, (uint32_t)len);
	}
	return NULL;
}

/* A JSON string's inside with its escapes resolved, one by one; false: one is unknown. Surrogates
 * arrive as two escapes: the text is built in UTF-16. */
static bool unescape(struct wr_arena *arena, struct wr_str s, uint16_t **out, uint32_t *units)
{
	static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
	uint32_t count, n = 0;
	uint16_t *text = wr_utf16_of(arena, s, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (text[i] != '\\' || i + 1 >= count) {
			text[n++] = text[i];
			continue;
		}
		uint16_t escape = text[++i];
		const char *known = escape != 0 && escape < 0x80 ? strchr(FROM, (int)escape) : NULL;
		if (known != NULL) {
			text[n++] = (uint16_t)TO[known - FROM];
			continue;
		}
		uint32_t code = 0;
		if (escape != 'u' || i + 4 >= count)
			return false;
		for (int k = 0; k < 4; k++) {
			uint16_t digit = text[++i];
			uint16_t lower = digit | 0x20;
			if (digit >= '0' && digit <= '9')
				code = code * 16 + (uint32_t)(digit - '0');
			else if (lower >= 'a' && lower <= 'f')
				code = code * 16 + (uint32_t)(lower - 'a' + 10);
			else
				return false;
		}
		text[n++] = (uint16_t)code;
	}
	*out = text;
	*units = n;
	return true;
}

wr_status *wr_fn_json_unquote(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct json_state *json = call->state;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		uint16_t *text;
		uint32_t units;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		wr_arena_reset(&json->scratch);
		wr_out_part(out, i, s);
		if (s.len < 2 || s.data[0] != '"' || s.data[s.len - 1] != '"' ||
		    !wr_json_parse(&json->doc, s.data, s.len))
			continue;
		struct wr_str inside = {s.data + 1, s.len - 2};
		if (memchr(inside.data, '\\', inside.len) == NULL) {
			wr_out_part(out, i, inside);
		} else if (unescape(&json->scratch, inside, &text, &units)) {
			char *data = wr_strout_reserve(&writer, (size_t)units * 3 + 1);
			wr_strout_commit(&writer, i, (uint32_t)wr_utf16_write(data, text, units));
		}
	}
	return NULL;
}

/* --- paths ------------------------------------------------------------------------------------ */

/* What a path finds in one row. */
struct outcome {
	bool is_null;      /* document or path is NULL: so is the result */
	bool is_json;      /* the document could be read */
	const char *error; /* NULL: none */
	bool is_lax;
	struct wr_json_found found; /* without an error; a lax path may have found nothing */
};

/* Whether the outcome is no value, or the value null. */
static bool is_nothing(const struct json_state *json, const struct outcome *at)
{
	if (!json->path.is_definite)
		return false;
	return at->found.count == 0 || (at->found.hit[0].node != UINT32_MAX &&
					json->doc.node[at->found.hit[0].node].kind == WR_JSON_NULL);
}

/* Makes state->path that of `text`. */
static void use_path(struct json_state *json, struct wr_str text)
{
	if (json->has_path && json->path_text.len == text.len &&
	    memcmp(wr_text_str(&json->path_text), text.data, text.len) == 0)
		return;
	if (json->has_path)
		wr_json_path_release(&json->path);
	wr_text_clear(&json->path_text);
	wr_text_add(&json->path_text, text.data, text.len);
	wr_json_path_compile(&json->path, wr_text_str(&json->path_text), text.len);
	json->has_path = true;
}

static struct outcome look(struct json_state *json, struct wr_column *const *arg, uint32_t row)
{
	struct outcome at = {0};

	if (!wr_column_is_valid(arg[0], row) || !wr_column_is_valid(arg[1], row)) {
		at.is_null = true;
		return at;
	}
	struct wr_str doc = wr_str_at(arg[0], row);
	use_path(json, wr_str_at(arg[1], row));
	wr_arena_reset(&json->scratch);
	at.is_lax = json->path.is_lax;
	at.is_json = wr_json_parse(&json->doc, doc.data, doc.len);
	if (!at.is_json && at.is_lax)
		return at; /* empty, whatever the path is */
	if (!at.is_json) {
		at.error = json->doc.error;
	} else if (json->doc.node[0].kind == WR_JSON_NULL) {
		at.error = "the document is null";
	} else if (json->path.error != NULL) {
		at.error = json->path.error;
	} else {
		wr_json_find(&json->path, &json->doc, &json->scratch, &at.found);
		if (at.is_lax && at.found.error != NULL)
			at.found.count = 0; /* nothing, or an empty list */
		else
			at.error = at.found.error;
		if (at.error == NULL && !at.is_lax && is_nothing(json, &at))
			at.error = "the path finds null";
	}
	return at;
}

/* Whether there is no value: what a lax path makes of an error, and of null. */
static bool is_empty(const struct json_state *json, const struct outcome *at)
{
	return !at->is_json || is_nothing(json, at);
}

static void fail_row(struct wr_eval *eval, const struct wr_call *call, uint32_t row,
		     const char *why)
{
	const struct json_state *json = call->state;

	wr_eval_fail(eval, row, "%s with path '%.*s': %s", call->function->name,
		     (int)WR_MIN(json->path_text.len, 100), wr_text_str(&json->path_text), why);
}

wr_status *wr_fn_json_exists(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct json_state *json = call->state;
	const struct wr_json_clauses *clauses = call->plan->bind;
	uint8_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct outcome at = look(json, arg, i);
		if (at.is_null) {
			wr_out_null(out, i);
		} else if (at.error == NULL) {
			result[i] = !is_empty(json, &at);
		} else if (clauses->on_error == WR_JSON_ANSWER_ERROR) {
			fail_row(eval, call, i, at.error);
		} else if (clauses->on_error == WR_JSON_ANSWER_NULL) {
			wr_out_null(out, i);
		} else {
			result[i] = clauses->on_error == WR_JSON_ANSWER_TRUE;
		}
	}
	return NULL;
}

/* --- JSON_VALUE ------------------------------------------------------------------------------- */

/* A scalar that was found. */
struct scalar {
	enum wr_json_kind kind;
	struct wr_str text; /* numbers as written, strings, else empty */
};

/* The single scalar of an outcome; false: an object, an array or a list. */
static bool scalar_of(struct json_state *json, const struct outcome *at, struct scalar *scalar)
{
	const struct wr_json_hit *hit = at->found.hit;

	if (!json->path.is_definite || at->found.count == 0)
		return false;
	if (hit->node == UINT32_MAX) {
		char *digits = wr_arena_printf(&json->scratch, "%u", hit->count);
		*scalar = (struct scalar){WR_JSON_INTEGER, wr_str_of(digits)};
		return hit->member == NULL;
	}
	const struct wr_json_node *node = &json->doc.node[hit->node];
	*scalar = (struct scalar){node->kind, {node->text, node->len}};
	return node->kind < WR_JSON_ARRAY;
}

/* A scalar as String.valueOf gives it; stays valid as long as the state's text. */
static struct wr_str scalar_text(struct json_state *json, const struct scalar *scalar)
{
	switch (scalar->kind) {
	case WR_JSON_TRUE: return wr_str_of("true");
	case WR_JSON_FALSE: return wr_str_of("false");
	case WR_JSON_NULL: return wr_str_of("null");
	case WR_JSON_STRING: return scalar->text;
	default:
		wr_text_clear(&json->text);
		wr_json_write_decimal(&json->text, scalar->text);
		return (struct wr_str){json->text.data, json->text.len};
	}
}

/* A scalar as BOOLEAN: true and false, or the words for them. */
static bool scalar_bool(const struct scalar *scalar, uint8_t *value)
{
	static const char *const words[] = {"false", "f", "no", "0", "true", "t", "yes", "1"};
	struct wr_str s = scalar->text;

	if (scalar->kind == WR_JSON_TRUE || scalar->kind == WR_JSON_FALSE) {
		*value = scalar->kind == WR_JSON_TRUE;
		return true;
	}
	if (scalar->kind != WR_JSON_STRING)
		return false;
	while (s.len > 0 && (uint8_t)s.data[0] <= ' ')
		s = (struct wr_str){s.data + 1, s.len - 1};
	while (s.len > 0 && (uint8_t)s.data[s.len - 1] <= ' ')
		s.len--;
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_str_eq_nocase(s, words[i])) {
			*value = i >= 4;
			return true;
		}
	}
	return false;
}

/* Stores a number in the row as the result's type; false: it does not fit, or is none. */
static bool store_number(struct wr_column *out, uint32_t row, const struct scalar *scalar)
{
	static const int64_t MOST[] = {[WR_TINYINT] = INT8_MAX,
				       [WR_SMALLINT] = INT16_MAX,
				       [WR_INT] = INT32_MAX,
				       [WR_BIGINT] = INT64_MAX};
	const struct wr_type *type = out->type;
	struct wr_str s = scalar->text;
	wr_i128 whole;
	double real;

	if (scalar->kind < WR_JSON_INTEGER || scalar->kind > WR_JSON_STRING ||
	    !wr_double_read(s.data, s.len, &real) || real - real != 0)
		return false;
	switch (type->kind) {
	case WR_DOUBLE: WR_DATA(out, double)[row] = real; return true;
	case WR_FLOAT:
		WR_DATA(out, float)[row] = (float)real;
		return (float)real - (float)real == 0;
	case WR_DECIMAL:
		return wr_decimal_parse(s.data, s.len, type->precision, type->scale,
					&WR_DATA(out, wr_i128)[row]) == WR_DECIMAL_OK;
	default: break;
	}
	/* cut behind the point, then checked against the type */
	if (real > 1e19 || real < -1e19)
		return false;
	const char *end = s.data + s.len;
	if (memchr(s.data, 'e', s.len) == NULL && memchr(s.data, 'E', s.len) == NULL) {
		const char *point = memchr(s.data, '.', s.len);
		end = point != NULL ? point : end;
		if (wr_decimal_parse(s.data, (size_t)(end - s.data), 38, 0, &whole) !=
		    WR_DECIMAL_OK)
			whole = 0; /* ".5" */
	} else {
		whole = (wr_i128)real;
	}
	if (whole > MOST[type->kind] || whole < -(wr_i128)MOST[type->kind] - 1)
		return false;
	switch (out->phys) {
	case WR_P_I8: WR_DATA(out, int8_t)[row] = (int8_t)whole; break;
	case WR_P_I16: WR_DATA(out, int16_t)[row] = (int16_t)whole; break;
	case WR_P_I32: WR_DATA(out, int32_t)[row] = (int32_t)whole; break;
	default: WR_DATA(out, int64_t)[row] = (int64_t)whole;
	}
	return true;
}

/* The value of an argument in place of one found. */
static void store_default(struct wr_column *out, uint32_t row, struct wr_column *value)
{
	uint32_t width = wr_phys_size(out->phys);

	if (!wr_column_is_valid(value, row)) {
		wr_out_null(out, row);
		return;
	}
	memcpy((char *)out->data + (size_t)row * width,
	       (const char *)value->data + (size_t)(row & value->mask) * width, width);
}

/* Answers a row without a value; `why` for ERROR. */
static void answer_value(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t row, struct wr_column *out,
			 bool is_error, const char *why)
{
	const struct wr_json_clauses *clauses = call->plan->bind;
	enum wr_json_answer answer = is_error ? clauses->on_error : clauses->on_empty;

	if (answer == WR_JSON_ANSWER_ERROR)
		fail_row(eval, call, row, why);
	else if (answer == WR_JSON_ANSWER_DEFAULT)
		store_default(
		    out, row,
		    arg[is_error ? clauses->default_on_error : clauses->default_on_empty]);
	else
		wr_out_null(out, row);
}

/* Stores a scalar as the result's type; false: it cannot be. */
static bool store_scalar(struct json_state *json, const struct scalar *scalar, uint32_t row,
			 struct wr_column *out, struct wr_strout *writer)
{
	if (out->phys == WR_P_STR) {
		struct wr_str text = scalar_text(json, scalar);
		wr_strout_put(writer, row, text.data, (uint32_t)text.len);
		return true;
	}
	if (out->phys == WR_P_BOOL)
		return scalar_bool(scalar, &WR_DATA(out, uint8_t)[row]);
	return store_number(out, row, scalar);
}

wr_status *wr_fn_json_value(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct json_state *json = call->state;
	const struct wr_json_clauses *clauses = call->plan->bind;
	struct wr_strout writer;
	struct scalar scalar;

	if (out->phys == WR_P_STR) {
		wr_strout_init(&writer, out);
		if (clauses->on_empty == WR_JSON_ANSWER_DEFAULT)
			wr_out_share(out, arg[clauses->default_on_empty]);
		if (clauses->on_error == WR_JSON_ANSWER_DEFAULT)
			wr_out_share(out, arg[clauses->default_on_error]);
	}
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct outcome at = look(json, arg, i);
		if (at.is_null) {
			wr_out_null(out, i);
		} else if (at.error != NULL) {
			answer_value(eval, call, arg, i, out, true, at.error);
		} else if (is_empty(json, &at) || (at.is_lax && !scalar_of(json, &at, &scalar))) {
			answer_value(eval, call, arg, i, out, false,
				     "Empty result of JSON_VALUE function is not allowed");
		} else if (!scalar_of(json, &at, &scalar)) {
			answer_value(
			    eval, call, arg, i, out, true,
			    "a strict path requires a scalar value, not an array or object");
		} else if (!store_scalar(json, &scalar, i, out, &writer)) {
			answer_value(eval, call, arg, i, out, true,
				     "the value does not fit the RETURNING type");
		}
	}
	return NULL;
}

/* --- JSON_QUERY ------------------------------------------------------------------------------- */

/* Appends what a hit is, as JSON. */
static void write_hit(struct json_state *json, const struct wr_json_hit *hit)
{
	if (hit->node != UINT32_MAX) {
		wr_json_write(&json->text, &json->doc, hit->node, &json->scratch);
		return;
	}
	if (hit->member == NULL) {
		wr_text_i64(&json->text, hit->count);
		return;
	}
	/* few names: sorted by insertion */
	for (uint32_t i = 1; i < hit->count; i++) {
		for (uint32_t k = i; k > 0; k--) {
			struct wr_json_member *m = &hit->member[k - 1], swap = m[0];
			const struct wr_json_node *a = &json->doc.node[m[0].key];
			const struct wr_json_node *b = &json->doc.node[m[1].key];
			if (wr_json_compare_keys((struct wr_str){a->text, a->len},
						 (struct wr_str){b->text, b->len}) <= 0)
				break;
			m[0] = m[1];
			m[1] = swap;
		}
	}
	wr_text_putc(&json->text, '{');
	for (uint32_t i = 0; i < hit->count; i++) {
		const struct wr_json_node *key = &json->doc.node[hit->member[i].key];
		if (i > 0)
			wr_text_putc(&json->text, ',');
		wr_json_write_string(&json->text, (struct wr_str){key->text, key->len});
		wr_text_putc(&json->text, ':');
		wr_json_write(&json->text, &json->doc, hit->member[i].value, &json->scratch);
	}
	wr_text_putc(&json->text, '}');
}

static bool hit_is_scalar(const struct json_state *json, const struct wr_json_hit *hit)
{
	if (hit->node == UINT32_MAX)
		return hit->member == NULL;
	return json->doc.node[hit->node].kind < WR_JSON_ARRAY;
}

static bool hit_is_array(const struct json_state *json, const struct wr_json_hit *hit)
{
	return hit->node != UINT32_MAX && json->doc.node[hit->node].kind == WR_JSON_ARRAY;
}

/* The outcome as JSON text; `wraps`: within one more array. */
static void write_outcome(struct json_state *json, const struct outcome *at, bool wraps)
{
	bool is_list = !json->path.is_definite;

	wr_text_clear(&json->text);
	if (wraps)
		wr_text_putc(&json->text, '[');
	if (is_list)
		wr_text_putc(&json->text, '[');
	for (uint32_t i = 0; i < at->found.count; i++) {
		if (i > 0)
			wr_text_putc(&json->text, ',');
		write_hit(json, &at->found.hit[i]);
	}
	if (is_list)
		wr_text_putc(&json->text, ']');
	if (wraps)
		wr_text_putc(&json->text, ']');
}

/* One element of an ARRAY<STRING> result: scalars as plain text, the rest as JSON. */
static void append_hit(struct json_state *json, struct wr_builder *item,
		       const struct wr_json_hit *hit)
{
	const struct wr_json_node *node =
	    hit->node != UINT32_MAX ? &json->doc.node[hit->node] : NULL;

	if (node != NULL && node->kind == WR_JSON_NULL) {
		wr_builder_null(item);
	} else if (node != NULL && node->kind == WR_JSON_STRING) {
		wr_builder_str(item, node->text, node->len);
	} else {
		wr_text_clear(&json->text);
		write_hit(json, hit);
		wr_builder_str(item, json->text.data, json->text.len);
	}
}

/* Appends the outcome as a list; false: it is no array. */
static bool append_list(struct json_state *json, const struct outcome *at, bool wraps,
			struct wr_builder *list)
{
	struct wr_builder *item = list->child[0];
	const struct wr_json_hit *hit = at->found.hit;
	uint32_t count = 0;

	if (wraps) {
		if (json->path.is_definite) {
			append_hit(json, item, hit);
		} else {
			write_outcome(json, at, false);
			wr_builder_str(item, json->text.data, json->text.len);
		}
		count = 1;
	} else if (!json->path.is_definite) {
		for (; count < at->found.count; count++)
			append_hit(json, item, &hit[count]);
	} else if (hit_is_array(json, hit)) {
		uint32_t end = json->doc.node[hit->node].end;
		for (uint32_t i = hit->node + 1; i < end; i = json->doc.node[i].end, count++)
			append_hit(json, item, &(struct wr_json_hit){.node = i});
	} else {
		return false;
	}
	wr_builder_list(list, count);
	return true;
}

/* Where JSON_QUERY puts its rows. */
struct query_out {
	struct wr_column *column; /* a string result */
	struct wr_strout writer;  /* likewise */
	struct wr_builder *list;  /* an array result; else NULL */
};

/* Answers a row without a value. */
static void answer_query(struct wr_eval *eval, const struct wr_call *call, uint32_t row,
			 struct query_out *to, bool is_error, const char *why)
{
	const struct wr_json_clauses *clauses = call->plan->bind;
	enum wr_json_answer answer = is_error ? clauses->on_error : clauses->on_empty;

	if (answer == WR_JSON_ANSWER_ERROR)
		fail_row(eval, call, row, why);
	if (to->list != NULL && answer == WR_JSON_ANSWER_EMPTY_ARRAY)
		wr_builder_list(to->list, 0);
	else if (to->list != NULL)
		wr_builder_null(to->list);
	else if (answer == WR_JSON_ANSWER_EMPTY_ARRAY)
		wr_strout_put(&to->writer, row, "[]", 2);
	else if (answer == WR_JSON_ANSWER_EMPTY_OBJECT)
		wr_strout_put(&to->writer, row, "{}", 2);
	else
		wr_out_null(to->column, row);
}

static void query_row(struct wr_eval *eval, const struct wr_call *call,
		      struct wr_column *const *arg, uint32_t row, struct query_out *to)
{
	struct json_state *json = call->state;
	const struct wr_json_clauses *clauses = call->plan->bind;
	struct outcome at = look(json, arg, row);

	if (at.is_null) {
		if (to->list != NULL)
			wr_builder_null(to->list);
		else
			wr_out_null(to->column, row);
		return;
	}
	if (at.error != NULL) {
		answer_query(eval, call, row, to, true, at.error);
		return;
	}
	bool is_list = !json->path.is_definite, is_none = is_empty(json, &at);
	bool wraps = !is_none && (clauses->wrapper == WR_JSON_WRAP_UNCONDITIONAL ||
				  (clauses->wrapper == WR_JSON_WRAP_CONDITIONAL && !is_list &&
				   !hit_is_array(json, at.found.hit)));
	bool is_scalar = !is_none && !wraps && !is_list && hit_is_scalar(json, at.found.hit);
	if (is_none || (is_scalar && at.is_lax)) {
		answer_query(eval, call, row, to, false,
			     "Empty result of JSON_QUERY function is not allowed");
	} else if (is_scalar) {
		answer_query(eval, call, row, to, true,
			     "a strict path requires an array or object, not a scalar value");
	} else if (to->list != NULL) {
		if (!append_list(json, &at, wraps, to->list))
			answer_query(eval, call, row, to, true, "the value is no array");
	} else {
		write_outcome(json, &at, wraps);
		wr_strout_put(&to->writer, row, json->text.data, (uint32_t)json->text.len);
	}
}

wr_status *wr_fn_json_query(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct query_out to = {.column = out};

	if (out->phys == WR_P_STR)
		wr_strout_init(&to.writer, out);
	else
		to.list = wr_builder_new(call->type, rows);
	for (uint32_t i = 0; i < rows; i++) {
		if (!wr_skips(eval, out, i))
			query_row(eval, call, arg, i, &to);
		else if (to.list != NULL)
			wr_builder_null(to.list);
	}
	if (to.list != NULL) {
		wr_out_adopt(out, to.list);
		wr_builder_free(to.list);
	}
	return NULL;
}
