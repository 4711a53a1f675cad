/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_compile - compiles JSON paths to steps: see fn_json_path.h.
 */
#include "expr/fn_json_steps.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/status.h"
#include "data/number.h"

#define FILTER_DEPTH_MAX 32   /* parentheses in a filter: bounds recursion */
#define PATH_BYTES_MAX   8192 /* bounds the recursion over steps and chains of && */

struct parser {
	struct wr_json_path *path;
	const char *at;
	const char *end;
	uint32_t depth;    /* of filters */
	uint32_t capacity; /* slots at path->step */
};

static bool bad(struct parser *in, const char *why)
{
	if (in->path->error == NULL)
		in->path->error = why;
	return false;
}

static bool unsupported(struct parser *in, const char *what)
{
	if (in->path->error == NULL)
		in->path->is_unsupported = true;
	return bad(in, what);
}

static void spaces(struct parser *in)
{
	while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n'))
		in->at++;
}

static bool accept(struct parser *in, const char *token)
{
	size_t len = strlen(token);

	if ((size_t)(in->end - in->at) < len || memcmp(in->at, token, len) != 0)
		return false;
	in->at += len;
	return true;
}

static struct wr_json_step *add_step(struct parser *in, enum wr_json_step_kind kind)
{
	struct wr_json_path *path = in->path;

	if (path->count == in->capacity) {
		uint32_t capacity = in->capacity == 0 ? 8 : in->capacity * 2;
		struct wr_json_step *more =
		    WR_NEW_ARRAY(&path->arena, struct wr_json_step, capacity);
		if (path->count > 0)
			memcpy(more, path->step, path->count * sizeof *more);
		path->step = more;
		in->capacity = capacity;
	}
	path->step[path->count] = (struct wr_json_step){.kind = kind};
	return &path->step[path->count++];
}

/* A quoted text with backslash escapes; in->at is at the opening quote. */
static bool quoted(struct parser *in, struct wr_str *text)
{
	char quote = *in->at++;
	char *out = wr_arena_alloc(&in->path->arena, (size_t)(in->end - in->at) + 1);

	*text = (struct wr_str){out, 0};
	while (in->at < in->end && *in->at != quote) {
		if (*in->at == '\\' && in->at + 1 < in->end)
			in->at++;
		out[text->len++] = *in->at++;
	}
	if (in->at >= in->end)
		return bad(in, "a quoted name does not end");
	in->at++;
	return true;
}

static bool integer(struct parser *in, int64_t *value)
{
	const char *start = in->at;

	if (in->at < in->end && *in->at == '-')
		in->at++;
	while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
		in->at++;
	return wr_i64_read(start, (size_t)(in->at - start), value);
}

/* ['a', 'b'] behind the bracket. */
static bool bracket_names(struct parser *in)
{
	struct wr_json_step *step = add_step(in, WR_JSON_STEP_NAMES);
	size_t most = (size_t)(in->end - in->at);

	step->name = WR_NEW_ARRAY(&in->path->arena, struct wr_str, most / 2 + 1);
	do {
		spaces(in);
		if (in->at >= in->end || (*in->at != '\'' && *in->at != '"'))
			return bad(in, "a name within [ ] is not in quotes");
		if (!quoted(in, &step->name[step->count++]))
			return false;
		spaces(in);
	} while (accept(in, ","));
	return accept(in, "]") || bad(in, "a [ is not closed");
}

/* [1], [1,2], [1:2] behind the bracket. */
static bool bracket_numbers(struct parser *in)
{
	size_t most = (size_t)(in->end - in->at);
	struct wr_json_step *step = add_step(in, WR_JSON_STEP_INDEXES);

	step->index = WR_NEW_ARRAY(&in->path->arena, int64_t, most / 2 + 2);
	step->has_from = integer(in, &step->index[0]);
	spaces(in);
	if (accept(in, ":")) {
		step->kind = WR_JSON_STEP_SLICE;
		spaces(in);
		step->has_to = integer(in, &step->index[1]);
		spaces(in);
		if (!step->has_from && !step->has_to)
			return bad(in, "a slice without bounds");
		return accept(in, "]") || bad(in, "a [ is not closed");
	}
	if (!step->has_from)
		return bad(in, "something within [ ] that is no name, number or filter");
	step->count = 1;
	while (accept(in, ",")) {
		spaces(in);
		if (!integer(in, &step->index[step->count++]))
			return bad(in, "a list of indexes with something else in it");
		spaces(in);
	}
	return accept(in, "]") || bad(in, "a [ is not closed");
}

static bool steps(struct parser *in, bool in_filter);

/* The path of an operand: up to where no step goes on. */
static bool operand_path(struct parser *in, struct wr_json_operand *operand)
{
	struct wr_json_path *path = WR_NEW(&in->path->arena, struct wr_json_path);
	struct parser inner = {.path = path, .at = in->at, .end = in->end, .depth = in->depth};

	wr_arena_init(&path->arena);
	operand->from_root = *inner.at++ == '$';
	operand->path = path;
	/* its steps go to the outer path's arena, which outlives it */
	path->arena = in->path->arena;
	bool done = steps(&inner, true);
	in->path->arena = path->arena;
	wr_arena_init(&path->arena);
	in->at = inner.at;
	if (!done) {
		in->path->is_unsupported = path->is_unsupported;
		return bad(in, path->error);
	}
	return true;
}

static bool operand(struct parser *in, struct wr_json_operand *out)
{
	spaces(in);
	if (in->at >= in->end)
		return bad(in, "a filter that does not end");
	char c = *in->at;
	if (c == '@' || c == '$')
		return operand_path(in, out);
	if (c == '\'' || c == '"') {
		out->kind = WR_JSON_STRING;
		return quoted(in, &out->text);
	}
	if (accept(in, "true")) {
		out->kind = WR_JSON_TRUE;
	} else if (accept(in, "false")) {
		out->kind = WR_JSON_FALSE;
	} else if (accept(in, "null")) {
		out->kind = WR_JSON_NULL;
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		const char *start = in->at++;
		while (in->at < in->end &&
		       (strchr("+-.eE", *in->at) != NULL || (*in->at >= '0' && *in->at <= '9')))
			in->at++;
		out->kind = WR_JSON_DECIMAL;
		out->text = (struct wr_str){start, (size_t)(in->at - start)};
	} else if (c == ')' || c == ']') {
		return bad(in, "a filter without an operand");
	} else {
		return unsupported(in, "a filter's operand that is no path, string or number");
	}
	return true;
}

static struct wr_json_test *test_or(struct parser *in);

/* A comparison, or a path that has to exist. */
static struct wr_json_test *test_relation(struct parser *in)
{
	static const struct {
		const char *token;
		enum wr_json_test_kind kind;
	} known[] = {{"===", WR_JSON_TEST_EQ}, {"!==", WR_JSON_TEST_NE}, {"==", WR_JSON_TEST_EQ},
		     {"!=", WR_JSON_TEST_NE},  {"<=", WR_JSON_TEST_LE},  {">=", WR_JSON_TEST_GE},
		     {"<", WR_JSON_TEST_LT},   {">", WR_JSON_TEST_GT}};
	struct wr_json_test *test = WR_NEW(&in->path->arena, struct wr_json_test);

	test->kind = WR_JSON_TEST_EXISTS;
	if (!operand(in, &test->left))
		return NULL;
	spaces(in);
	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (accept(in, known[i].token)) {
			test->kind = known[i].kind;
			return operand(in, &test->right) ? test : NULL;
		}
	}
	if (in->at < in->end && (*in->at == '=' || (*in->at >= 'a' && *in->at <= 'z') ||
				 (*in->at >= 'A' && *in->at <= 'Z'))) {
		unsupported(in, "a filter's operator other than == != < <= > >= && || !");
		return NULL;
	}
	if (test->left.path == NULL) {
		bad(in, "a filter that is neither a comparison nor a path");
		return NULL;
	}
	return test;
}

static struct wr_json_test *test_unary(struct parser *in)
{
	struct wr_json_test *test;

	spaces(in);
	if (in->depth >= FILTER_DEPTH_MAX) {
		bad(in, "a filter nested too deeply");
		return NULL;
	}
	if (in->at + 1 < in->end && in->at[0] == '!' && in->at[1] != '=') {
		in->at++;
		test = WR_NEW(&in->path->arena, struct wr_json_test);
		test->kind = WR_JSON_TEST_NOT;
		in->depth++;
		test->a = test_unary(in);
		in->depth--;
		return test->a != NULL ? test : NULL;
	}
	if (accept(in, "(")) {
		in->depth++;
		test = test_or(in);
		in->depth--;
		spaces(in);
		if (test != NULL && !accept(in, ")")) {
			bad(in, "a ( in a filter is not closed");
			return NULL;
		}
		return test;
	}
	return test_relation(in);
}

/* Operands joined by && or ||. */
static struct wr_json_test *test_chain(struct parser *in, const char *token,
				       enum wr_json_test_kind kind,
				       struct wr_json_test *(*part)(struct parser *in))
{
	struct wr_json_test *left = part(in);

	for (spaces(in); left != NULL && accept(in, token); spaces(in)) {
		struct wr_json_test *both = WR_NEW(&in->path->arena, struct wr_json_test);
		*both = (struct wr_json_test){.kind = kind, .a = left, .b = part(in)};
		left = both->b != NULL ? both : NULL;
	}
	return left;
}

static struct wr_json_test *test_and(struct parser *in)
{
	return test_chain(in, "&&", WR_JSON_TEST_AND, test_unary);
}

static struct wr_json_test *test_or(struct parser *in)
{
	return test_chain(in, "||", WR_JSON_TEST_OR, test_and);
}

/* [?( ... )] behind the question mark. */
static bool bracket_filter(struct parser *in)
{
	spaces(in);
	if (!accept(in, "("))
		return bad(in, "a filter without ( behind the ?");
	struct wr_json_test *test = test_or(in);
	if (test == NULL)
		return false;
	spaces(in);
	if (!accept(in, ")"))
		return bad(in, "a filter that is not closed");
	spaces(in);
	if (!accept(in, "]"))
		return bad(in, "a [ is not closed");
	add_step(in, WR_JSON_STEP_FILTER)->test = test;
	return true;
}

static bool bracket(struct parser *in)
{
	spaces(in);
	if (in->at >= in->end)
		return bad(in, "a [ is not closed");
	if (*in->at == '\'' || *in->at == '"')
		return bracket_names(in);
	if (accept(in, "?"))
		return bracket_filter(in);
	if (accept(in, "*")) {
		add_step(in, WR_JSON_STEP_ALL);
		spaces(in);
		return accept(in, "]") || bad(in, "a [ is not closed");
	}
	return bracket_numbers(in);
}

/* A name behind a dot. */
static bool dotted_name(struct parser *in, bool in_filter)
{
	const char *start = in->at, *stops = in_filter ? ".[( )=<>!&|,\t]" : ".[( ";

	while (in->at < in->end && (*in->at == '\0' || strchr(stops, *in->at) == NULL))
		in->at++;
	size_t len = (size_t)(in->at - start);
	if (len == 0)
		return bad(in, "a dot without a name behind it");
	if (!in_filter && in->at < in->end && *in->at == ' ')
		return bad(in, "a blank in a name; write it as ['a name']");
	if (in->at < in->end && *in->at == '(') {
		if (len != 6 || memcmp(start, "length", 6) != 0 || !accept(in, "()"))
			return unsupported(in, "a path function other than length()");
		add_step(in, WR_JSON_STEP_LENGTH);
		return in_filter || in->at == in->end || bad(in, "something behind length()");
	}
	struct wr_json_step *step = add_step(in, WR_JSON_STEP_NAMES);
	step->name = WR_NEW(&in->path->arena, struct wr_str);
	step->name->data = wr_arena_strndup(&in->path->arena, start, len);
	step->name->len = len;
	step->count = 1;
	return true;
}

/* Notes for every step whether it and those before it are definite. */
static void settle(struct wr_json_path *path)
{
	bool definite = true;

	for (uint32_t i = 0; i < path->count; i++) {
		struct wr_json_step *step = &path->step[i];
		bool is_leaf = i + 1 == path->count;
		step->after_definite = definite;
		step->is_definite =
		    (step->kind == WR_JSON_STEP_NAMES && (step->count == 1 || is_leaf)) ||
		    (step->kind == WR_JSON_STEP_INDEXES && step->count == 1) ||
		    step->kind == WR_JSON_STEP_LENGTH;
		definite = definite && step->is_definite;
	}
	path->is_definite = definite;
}

/* The steps behind $ or @. */
static bool steps(struct parser *in, bool in_filter)
{
	while (in->at < in->end) {
		bool scans = false;
		if (accept(in, "[")) {
			if (!bracket(in))
				return false;
			continue;
		}
		if (!accept(in, ".")) {
			if (in_filter)
				break;
			return bad(in, "something other than . or [ behind a step");
		}
		if (accept(in, ".")) {
			add_step(in, WR_JSON_STEP_SCAN);
			scans = true;
		}
		if (in->at >= in->end)
			return bad(in, "the path ends in a dot");
		if (accept(in, "*")) {
			add_step(in, WR_JSON_STEP_ALL);
		} else if (*in->at == '[') {
			if (!scans)
				return bad(in, "a [ behind a dot");
		} else if (!dotted_name(in, in_filter)) {
			return false;
		}
	}
	settle(in->path);
	return true;
}

/* Takes the mode word off; lax only if it is there. */
static void mode_word(struct parser *in, bool *is_lax)
{
	static const char SPACES[] = " \t\n\v\f\r";
	const char *at = in->at;
	size_t len;

	*is_lax = false;
	while (at < in->end && *at != '\0' && strchr(SPACES, *at) != NULL)
		at++;
	if (in->end - at > 6 && strncasecmp(at, "strict", 6) == 0)
		len = 6;
	else if (in->end - at > 3 && strncasecmp(at, "lax", 3) == 0)
		len = 3;
	else
		return;
	const char *rest = at + len;
	while (rest < in->end && *rest != '\0' && strchr(SPACES, *rest) != NULL)
		rest++;
	if (rest == at + len || rest == in->end)
		return;
	*is_lax = len == 3;
	in->at = rest;
}

void wr_json_path_compile(struct wr_json_path *path, const char *text, size_t len)
{
	*path = (struct wr_json_path){0};
	wr_arena_init(&path->arena);
	struct parser in = {.path = path, .at = text, .end = text + len};
	mode_word(&in, &path->is_lax);
	while (in.end > in.at && (uint8_t)in.end[-1] <= ' ')
		in.end--;
	if (in.at == in.end || len > PATH_BYTES_MAX) {
		bad(&in, in.at == in.end ? "it is empty" : "it has more than 8192 bytes");
		return;
	}
	if (*in.at == '$' || *in.at == '@') {
		in.at++;
		steps(&in, false);
	} else if (dotted_name(&in, false)) {
		steps(&in, false);
	}
}

void wr_json_path_release(struct wr_json_path *path)
{
	wr_arena_release(&path->arena);
	*path = (struct wr_json_path){0};
}
