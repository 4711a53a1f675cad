/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json - the table of JSON functions and the shapes of their arguments.
 *
 * Clauses arrive as SYMBOL arguments behind the values, in any order, some followed by a value:
 *	JSON_EXISTS(doc, path [, TRUE_ON_ERROR | FALSE_ON_ERROR | UNKNOWN_ON_ERROR |
 *ERROR_ON_ERROR]) JSON_VALUE(doc, path [, RETURNING, NULL of the type]
 *	           [, NULL_ON_EMPTY | ERROR_ON_EMPTY | DEFAULT_ON_EMPTY, value]
 *	           [, NULL_ON_ERROR | ERROR_ON_ERROR | DEFAULT_ON_ERROR, value])
 *	JSON_QUERY(doc, path [, RETURNING, NULL of the type]
 *	           [, WITHOUT_WRAPPER | WITH_CONDITIONAL_WRAPPER | WITH_UNCONDITIONAL_WRAPPER]
 *	           [, NULL_ON_EMPTY | EMPTY_ARRAY_ON_EMPTY | EMPTY_OBJECT_ON_EMPTY | ERROR_ON_EMPTY]
 *	           [, the same ON_ERROR])
 *	JSON_OBJECT([NULL_ON_NULL | ABSENT_ON_NULL,] key, value, key, value ...)   NULL ON NULL
 *	JSON_ARRAY([NULL_ON_NULL | ABSENT_ON_NULL,] value ...)                     ABSENT ON NULL
 *	"IS JSON", "IS JSON VALUE", "IS JSON OBJECT", "IS JSON ARRAY", "IS JSON SCALAR" (text)
 *
 * The value behind RETURNING is only looked at for its type. A value of JSON_OBJECT or JSON_ARRAY
 * that is itself a call of JSON_OBJECT, JSON_ARRAY or JSON is put in as JSON, any other string as a
 * string.
 */
#include "expr/fn_json.h"

/* --- infer ------------------------------------------------------------------------------------ */

/* Whether argument `i` is a string; a bare NULL becomes one. */
static bool want_string(struct wr_infer *infer, uint32_t i)
{
	const struct wr_type *type = infer->arg[i]->type;

	if (type != NULL && type->kind == WR_NULL) {
		infer->want[i] = &WR_T_STRING;
		return true;
	}
	return type != NULL && wr_kind_is_string(type->kind);
}

/* The answer that a symbol such as EMPTY_ARRAY_ON_ERROR names, without its suffix. */
static bool read_answer(const char *symbol, size_t len, enum wr_json_answer *answer)
{
	static const struct {
		const char *word;
		enum wr_json_answer answer;
	} known[] = {{"NULL", WR_JSON_ANSWER_NULL},
		     {"ERROR", WR_JSON_ANSWER_ERROR},
		     {"DEFAULT", WR_JSON_ANSWER_DEFAULT},
		     {"EMPTY_ARRAY", WR_JSON_ANSWER_EMPTY_ARRAY},
		     {"EMPTY_OBJECT", WR_JSON_ANSWER_EMPTY_OBJECT},
		     {"TRUE", WR_JSON_ANSWER_TRUE},
		     {"FALSE", WR_JSON_ANSWER_FALSE},
		     {"UNKNOWN", WR_JSON_ANSWER_NULL}};

	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (strlen(known[i].word) == len && memcmp(known[i].word, symbol, len) == 0) {
			*answer = known[i].answer;
			return true;
		}
	}
	return false;
}

/* Takes in the clause at *i and moves on; false: no clause of these functions. */
static bool read_clause(struct wr_infer *infer, struct wr_json_clauses *clauses, uint32_t *i)
{
	const struct wr_expr *arg = infer->arg[*i];
	const char *symbol = arg->symbol;
	bool has_value = *i + 1 < infer->arg_count && infer->arg[*i + 1]->kind != WR_E_SYMBOL;

	if (arg->kind != WR_E_SYMBOL)
		return false;
	size_t len = strlen(symbol);
	(*i)++;
	if (strcmp(symbol, "RETURNING") == 0) {
		infer->result = has_value ? infer->arg[*i]->type : NULL;
		(*i)++;
		return has_value;
	}
	if (strcmp(symbol, "WITHOUT_WRAPPER") == 0) {
		clauses->wrapper = WR_JSON_WRAP_NONE;
		return true;
	}
	if (strcmp(symbol, "WITH_CONDITIONAL_WRAPPER") == 0) {
		clauses->wrapper = WR_JSON_WRAP_CONDITIONAL;
		return true;
	}
	if (strcmp(symbol, "WITH_UNCONDITIONAL_WRAPPER") == 0) {
		clauses->wrapper = WR_JSON_WRAP_UNCONDITIONAL;
		return true;
	}
	bool is_empty = len > 9 && strcmp(symbol + len - 9, "_ON_EMPTY") == 0;
	if (!is_empty && (len <= 9 || strcmp(symbol + len - 9, "_ON_ERROR") != 0))
		return false;
	enum wr_json_answer *answer = is_empty ? &clauses->on_empty : &clauses->on_error;
	if (!read_answer(symbol, len - 9, answer))
		return false;
	if (*answer == WR_JSON_ANSWER_DEFAULT) {
		*(is_empty ? &clauses->default_on_empty : &clauses->default_on_error) = *i;
		(*i)++;
		return has_value;
	}
	return true;
}

/* Reads document, path and clauses; NULL: a mismatch. */
static struct wr_json_clauses *read_clauses(struct wr_infer *infer)
{
	struct wr_json_clauses *clauses = WR_NEW(infer->arena, struct wr_json_clauses);
	uint32_t i = 2;

	if (!want_string(infer, 0) || !want_string(infer, 1))
		return NULL;
	while (i < infer->arg_count) {
		if (!read_clause(infer, clauses, &i))
			return NULL;
	}
	infer->plan->bind = clauses;
	return clauses;
}

static wr_status *infer_exists(struct wr_infer *infer)
{
	struct wr_json_clauses *clauses = NULL;

	if (infer->arg_count == 2) {
		clauses = read_clauses(infer);
		if (clauses != NULL)
			clauses->on_error = WR_JSON_ANSWER_FALSE;
	} else {
		clauses = read_clauses(infer);
	}
	infer->result = &WR_T_BOOLEAN;
	return clauses == NULL ? wr_infer_mismatch(infer) : NULL;
}

static wr_status *bad_returning(const struct wr_infer *infer, const char *hint)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Unsupported type '%s' for RETURNING in %s()",
			  wr_type_str(infer->arena, infer->result), infer->function->name),
	    "%s", hint);
}

static wr_status *infer_value(struct wr_infer *infer)
{
	struct wr_json_clauses *clauses = read_clauses(infer);

	if (clauses == NULL)
		return wr_infer_mismatch(infer);
	if (infer->result == NULL)
		infer->result = &WR_T_STRING;
	enum wr_kind kind = infer->result->kind;
	if (!wr_kind_is_string(kind) && !wr_kind_is_numeric(kind) && kind != WR_BOOLEAN)
		return bad_returning(infer, "Use a string, a number or BOOLEAN, and cast it");
	infer->result = wr_type_nullable(infer->arena, infer->result, true);
	infer->try_strings = infer->try_consts = true; /* a default of another type is NULL */
	if (clauses->on_empty == WR_JSON_ANSWER_DEFAULT)
		infer->want[clauses->default_on_empty] = infer->result;
	if (clauses->on_error == WR_JSON_ANSWER_DEFAULT)
		infer->want[clauses->default_on_error] = infer->result;
	return NULL;
}

static wr_status *infer_query(struct wr_infer *infer)
{
	struct wr_json_clauses *clauses = read_clauses(infer);

	if (clauses == NULL)
		return wr_infer_mismatch(infer);
	if (infer->result == NULL)
		infer->result = &WR_T_STRING;
	if (infer->result->kind == WR_ARRAY) {
		if (!wr_kind_is_string(infer->result->child[0]->kind))
			return bad_returning(infer, "Use STRING or ARRAY<STRING>, and cast it");
		if (clauses->on_empty == WR_JSON_ANSWER_EMPTY_OBJECT ||
		    clauses->on_error == WR_JSON_ANSWER_EMPTY_OBJECT)
			return wr_status_new(WR_USER_ERROR,
					     "EMPTY OBJECT is no answer of JSON_QUERY() with "
					     "RETURNING %s",
					     wr_type_str(infer->arena, infer->result));
	} else if (!wr_kind_is_string(infer->result->kind)) {
		return bad_returning(infer, "Use STRING or ARRAY<STRING>, and cast it");
	}
	return NULL;
}

static wr_status *infer_is(struct wr_infer *infer)
{
	const char *name = infer->function->name;

	if (!want_string(infer, 0))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_BOOLEAN;
	infer->plan->i64 = strcmp(name, "IS JSON OBJECT") == 0   ? 'o'
			   : strcmp(name, "IS JSON ARRAY") == 0  ? 'a'
			   : strcmp(name, "IS JSON SCALAR") == 0 ? 's'
								 : 'v';
	return NULL;
}

static wr_status *unwritable(const struct wr_infer *infer, const struct wr_type *type)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "%s: type %s is not scalar or cannot be converted "
					    "into JSON",
					    infer->function->name, wr_type_str(infer->arena, type)),
			      "Cast the value to STRING first");
}

static wr_status *infer_string(struct wr_infer *infer)
{
	if (infer->arg[0]->type == NULL)
		return wr_infer_mismatch(infer);
	if (infer->arg[0]->type->kind == WR_NULL)
		infer->want[0] = &WR_T_STRING;
	if (!wr_json_type_ok(infer->want[0]))
		return unwritable(infer, infer->want[0]);
	infer->result = &WR_T_STRING;
	return NULL;
}

static bool is_json_call(const struct wr_expr *expr)
{
	const char *name = expr->kind == WR_E_CALL ? expr->function->name : "";

	return strcmp(name, "JSON") == 0 || strcmp(name, "JSON_OBJECT") == 0 ||
	       strcmp(name, "JSON_ARRAY") == 0;
}

/* JSON_OBJECT (`step` 2: keys and values) and JSON_ARRAY (1). */
static wr_status *infer_parts(struct wr_infer *infer, uint32_t step)
{
	struct wr_json_parts *parts = WR_NEW(infer->arena, struct wr_json_parts);

	parts->is_raw = WR_NEW_ARRAY(infer->arena, bool, infer->arg_count + 1);
	parts->absent_on_null = step == 1;
	if (infer->arg_count > 0 && infer->arg[0]->kind == WR_E_SYMBOL) {
		parts->first = 1;
		parts->absent_on_null = strcmp(infer->arg[0]->symbol, "ABSENT_ON_NULL") == 0;
	}
	if ((infer->arg_count - parts->first) % step != 0)
		return wr_infer_mismatch(infer);
	for (uint32_t i = parts->first; i < infer->arg_count; i += step) {
		uint32_t value = i + step - 1;
		if (infer->arg[i]->type == NULL || infer->arg[value]->type == NULL)
			return wr_infer_mismatch(infer);
		if (step == 2 && !wr_kind_is_string(infer->arg[i]->type->kind))
			return wr_infer_mismatch(infer);
		if (step == 2 && infer->arg[i]->type->nullable)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR, "JSON_OBJECT: a key must not be NULL"),
			    "Give it a value with COALESCE(key, '')");
		if (infer->arg[value]->type->kind == WR_NULL)
			infer->want[value] = &WR_T_STRING;
		parts->is_raw[value] = is_json_call(infer->arg[value]);
		if (!wr_json_type_ok(infer->want[value]))
			return unwritable(infer, infer->want[value]);
	}
	infer->plan->bind = parts;
	infer->result = &WR_T_STRING;
	return NULL;
}

static wr_status *infer_object(struct wr_infer *infer)
{
	return infer_parts(infer, 2);
}

static wr_status *infer_array(struct wr_infer *infer)
{
	return infer_parts(infer, 1);
}

/* --- the functions ---------------------------------------------------------------------------- */

#define READS .category = "json", .prepare = wr_fn_json_prepare, .release = wr_fn_json_release

#define IS_JSON(ident, NAME, WHAT)                                                                 \
	static const struct wr_function ident = {.name = NAME,                                     \
						 READS,                                            \
						 .syntax = "string " NAME,                         \
						 .doc = "Whether the string is JSON" WHAT ".",     \
						 .flags = WR_F_NOT_NULL | WR_F_OPERATOR |          \
							  WR_F_EXPENSIVE,                          \
						 .min_args = 1,                                    \
						 .max_args = 1,                                    \
						 .infer = infer_is,                                \
						 .kernel = wr_fn_json_is}

static const char *const is_json_aliases[] = {"IS JSON VALUE", NULL};

static const struct wr_function fn_is_json = {
    .name = "IS JSON",
    READS,
    .syntax = "string IS [NOT] JSON [VALUE | OBJECT | ARRAY | SCALAR]",
    .doc = "Whether the string is JSON; what follows the first value does not matter.",
    .flags = WR_F_NOT_NULL | WR_F_OPERATOR | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_is,
    .kernel = wr_fn_json_is,
    .aliases = is_json_aliases,
};
IS_JSON(fn_is_object, "IS JSON OBJECT", ", an object");
IS_JSON(fn_is_array, "IS JSON ARRAY", ", an array");
IS_JSON(fn_is_scalar, "IS JSON SCALAR", ", neither an object nor an array");

static const struct wr_function fn_json_exists = {
    .name = "JSON_EXISTS",
    READS,
    .syntax = "JSON_EXISTS(json, path [{TRUE | FALSE | UNKNOWN | ERROR} ON ERROR])",
    .doc = "Whether the path finds something in the document.",
    .flags = WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 2,
    .max_args = 3,
    .infer = infer_exists,
    .kernel = wr_fn_json_exists,
};
static const struct wr_function fn_json_value = {
    .name = "JSON_VALUE",
    READS,
    .syntax = "JSON_VALUE(json, path [RETURNING type] [{NULL | ERROR | DEFAULT value} ON EMPTY] "
	      "[{NULL | ERROR | DEFAULT value} ON ERROR])",
    .doc = "The string, number or boolean that the path finds.",
    .flags = WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 2,
    .max_args = 8,
    .infer = infer_value,
    .kernel = wr_fn_json_value,
};
static const struct wr_function fn_json_query = {
    .name = "JSON_QUERY",
    READS,
    .syntax = "JSON_QUERY(json, path [RETURNING type] [{WITHOUT | WITH [CONDITIONAL | "
	      "UNCONDITIONAL]} [ARRAY] WRAPPER] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON "
	      "EMPTY] [{NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR} ON ERROR])",
    .doc = "The object, array or list of values that the path finds, as JSON.",
    .flags = WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 2,
    .max_args = 7,
    .infer = infer_query,
    .kernel = wr_fn_json_query,
};
static const struct wr_function fn_json_string = {
    .name = "JSON_STRING",
    .category = "json",
    .syntax = "JSON_STRING(value)",
    .doc = "The value as JSON.",
    .flags = WR_F_STRICT,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_string,
    .kernel = wr_fn_json_string,
};
static const struct wr_function fn_json_object = {
    .name = "JSON_OBJECT",
    .category = "json",
    .syntax = "JSON_OBJECT([[KEY] key VALUE value]* [{NULL | ABSENT} ON NULL])",
    .doc = "A JSON object of the keys and values, keys sorted.",
    .flags = WR_F_NOT_NULL,
    .min_args = 0,
    .max_args = UINT16_MAX,
    .infer = infer_object,
    .kernel = wr_fn_json_object,
};
static const struct wr_function fn_json_array = {
    .name = "JSON_ARRAY",
    .category = "json",
    .syntax = "JSON_ARRAY([value]* [{NULL | ABSENT} ON NULL])",
    .doc = "A JSON array of the values.",
    .flags = WR_F_NOT_NULL,
    .min_args = 0,
    .max_args = UINT16_MAX,
    .infer = infer_array,
    .kernel = wr_fn_json_array,
};
static const struct wr_function fn_json = {
    .name = "JSON",
    READS,
    .syntax = "JSON(string)",
    .doc = "A string taken as JSON, within JSON_OBJECT and JSON_ARRAY; NULL if it is blank.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 1,
    .infer = wr_infer_string_to_string,
    .kernel = wr_fn_json_canonical,
};
static const struct wr_function fn_json_quote = {
    .name = "JSON_QUOTE",
    .category = "json",
    .syntax = "JSON_QUOTE(string)",
    .doc = "The string as a JSON string, everything beyond ASCII escaped.",
    .flags = WR_F_STRICT,
    .min_args = 1,
    .max_args = 1,
    .infer = wr_infer_string_to_string,
    .kernel = wr_fn_json_quote,
};
static const struct wr_function fn_json_unquote = {
    .name = "JSON_UNQUOTE",
    READS,
    .syntax = "JSON_UNQUOTE(string)",
    .doc = "The text of a JSON string; other strings unchanged.",
    .flags = WR_F_STRICT | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 1,
    .infer = wr_infer_string_to_string,
    .kernel = wr_fn_json_unquote,
};

const struct wr_function *const wr_fn_json[] = {
    &fn_is_json,    &fn_is_object,  &fn_is_array,     &fn_is_scalar,   &fn_json_exists,
    &fn_json_value, &fn_json_query, &fn_json_string,  &fn_json_object, &fn_json_array,
    &fn_json,       &fn_json_quote, &fn_json_unquote,
};
const uint32_t wr_fn_json_count = WR_COUNT(wr_fn_json);
