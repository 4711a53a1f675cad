/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_path - compiles JSON paths to steps and walks documents along them.
 *
 * What a missing value means depends on the steps before (JsonPath's rules): behind definite steps
 * only, it is an error; behind a wildcard, slice, filter or scan that branch just finds nothing.
 */
#include "expr/fn_json_path.h"

#include "base/macros.h"
#include "base/status.h"
#include "data/number.h"
#include <stdlib.h>
#include <strings.h>

#define FILTER_DEPTH_MAX 32   /* parentheses in a filter: bounds recursion */
#define PATH_BYTES_MAX   8192 /* bounds the recursion over steps and chains of && */

enum step_kind {
	STEP_NAMES,   /* .name, ['a','b'] */
	STEP_INDEXES, /* [1], [0,2] */
	STEP_SLICE,   /* [from:to] */
	STEP_ALL,     /* .*, [*] */
	STEP_SCAN,    /* .. */
	STEP_FILTER,  /* [?(...)] */
	STEP_LENGTH   /* .length() */
};

enum test_kind {
	TEST_OR,
	TEST_AND,
	TEST_NOT,
	TEST_EXISTS, /* left path finds something */
	TEST_EQ,
	TEST_NE,
	TEST_LT,
	TEST_LE,
	TEST_GT,
	TEST_GE
};

/* One side of a comparison. */
struct operand {
	struct wr_json_path *path; /* a path; NULL: a literal */
	bool from_root;            /* the path begins with $, not @ */
	enum wr_json_kind kind;    /* of the literal */
	struct wr_str text;        /* of a number or string */
};

struct test {
	enum test_kind kind;
	struct test *a, *b;         /* OR, AND, NOT (a) */
	struct operand left, right; /* the others */
};

struct wr_json_step {
	enum step_kind kind;
	bool after_definite; /* all steps before this one are definite */
	bool is_definite;    /* this one is */
	uint32_t count;      /* names or indexes */
	struct wr_str *name; /* NAMES */
	int64_t *index;      /* INDEXES; SLICE: from, to */
	bool has_from;       /* SLICE: a first index is given */
	bool has_to;         /* SLICE: a last one is */
	struct test *test;   /* FILTER */
};

/* --- compiling -------------------------------------------------------------------------------- */

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

static struct wr_json_step *add_step(struct parser *in, enum step_kind kind)
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
	struct wr_json_step *step = add_step(in, STEP_NAMES);
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
	struct wr_json_step *step = add_step(in, STEP_INDEXES);

	step->index = WR_NEW_ARRAY(&in->path->arena, int64_t, most / 2 + 2);
	step->has_from = integer(in, &step->index[0]);
	spaces(in);
	if (accept(in, ":")) {
		step->kind = STEP_SLICE;
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
static bool operand_path(struct parser *in, struct operand *operand)
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

static bool operand(struct parser *in, struct operand *out)
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

static struct test *test_or(struct parser *in);

/* A comparison, or a path that has to exist. */
static struct test *test_relation(struct parser *in)
{
	static const struct {
		const char *token;
		enum test_kind kind;
	} known[] = {{"===", TEST_EQ}, {"!==", TEST_NE}, {"==", TEST_EQ}, {"!=", TEST_NE},
		     {"<=", TEST_LE},  {">=", TEST_GE},  {"<", TEST_LT},  {">", TEST_GT}};
	struct test *test = WR_NEW(&in->path->arena, struct test);

	test->kind = TEST_EXISTS;
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

static struct test *test_unary(struct parser *in)
{
	struct test *test;

	spaces(in);
	if (in->depth >= FILTER_DEPTH_MAX) {
		bad(in, "a filter nested too deeply");
		return NULL;
	}
	if (in->at + 1 < in->end && in->at[0] == '!' && in->at[1] != '=') {
		in->at++;
		test = WR_NEW(&in->path->arena, struct test);
		test->kind = TEST_NOT;
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
static struct test *test_chain(struct parser *in, const char *token, enum test_kind kind,
			       struct test *(*part)(struct parser *in))
{
	struct test *left = part(in);

	for (spaces(in); left != NULL && accept(in, token); spaces(in)) {
		struct test *both = WR_NEW(&in->path->arena, struct test);
		*both = (struct test){.kind = kind, .a = left, .b = part(in)};
		left = both->b != NULL ? both : NULL;
	}
	return left;
}

static struct test *test_and(struct parser *in)
{
	return test_chain(in, "&&", TEST_AND, test_unary);
}

static struct test *test_or(struct parser *in)
{
	return test_chain(in, "||", TEST_OR, test_and);
}

/* [?( ... )] behind the question mark. */
static bool bracket_filter(struct parser *in)
{
	spaces(in);
	if (!accept(in, "("))
		return bad(in, "a filter without ( behind the ?");
	struct test *test = test_or(in);
	if (test == NULL)
		return false;
	spaces(in);
	if (!accept(in, ")"))
		return bad(in, "a filter that is not closed");
	spaces(in);
	if (!accept(in, "]"))
		return bad(in, "a [ is not closed");
	add_step(in, STEP_FILTER)->test = test;
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
		add_step(in, STEP_ALL);
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
		add_step(in, STEP_LENGTH);
		return in_filter || in->at == in->end || bad(in, "something behind length()");
	}
	struct wr_json_step *step = add_step(in, STEP_NAMES);
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
		step->is_definite = (step->kind == STEP_NAMES && (step->count == 1 || is_leaf)) ||
				    (step->kind == STEP_INDEXES && step->count == 1) ||
				    step->kind == STEP_LENGTH;
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
			add_step(in, STEP_SCAN);
			scans = true;
		}
		if (in->at >= in->end)
			return bad(in, "the path ends in a dot");
		if (accept(in, "*")) {
			add_step(in, STEP_ALL);
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

/* --- walking ---------------------------------------------------------------------------------- */

struct walk {
	const struct wr_json_path *path;
	const struct wr_json_doc *doc;
	struct wr_arena *arena;
	struct wr_json_found *found;
};

static void visit(struct walk *walk, uint32_t step, uint32_t node);

static void stop(struct walk *walk, const char *why)
{
	if (walk->found->error == NULL)
		walk->found->error = why;
}

static void add_hit(struct walk *walk, struct wr_json_hit hit)
{
	struct wr_json_found *found = walk->found;

	if (found->count == found->capacity) {
		uint32_t capacity = found->capacity == 0 ? 8 : found->capacity * 2;
		struct wr_json_hit *more = wr_arena_alloc(walk->arena, capacity * sizeof *more);
		if (found->count > 0)
			memcpy(more, found->hit, found->count * sizeof *more);
		found->hit = more;
		found->capacity = capacity;
	}
	found->hit[found->count++] = hit;
}

/* Goes on behind step `step` with a node it has found. */
static void found_node(struct walk *walk, uint32_t step, uint32_t node)
{
	if (step + 1 == walk->path->count)
		add_hit(walk, (struct wr_json_hit){.node = node});
	else
		visit(walk, step + 1, node);
}

/* The node of element `index` (from the end when negative); UINT32_MAX: there is none. */
static uint32_t element(const struct wr_json_doc *doc, uint32_t array, int64_t index)
{
	int64_t count = doc->node[array].count;
	uint32_t node = array + 1;

	if (index < 0)
		index += count;
	if (index < 0 || index >= count)
		return UINT32_MAX;
	for (; index > 0; index--)
		node = doc->node[node].end;
	return node;
}

/* Several names at the end of a path: one object of those that are there. */
static void merge_names(struct walk *walk, const struct wr_json_step *step, uint32_t node)
{
	struct wr_json_hit hit = {.node = UINT32_MAX};

	hit.member = WR_NEW_ARRAY(walk->arena, struct wr_json_member, step->count);
	for (uint32_t i = 0; i < step->count; i++) {
		uint32_t value = wr_json_get(walk->doc, node, step->name[i]);
		bool again = value == UINT32_MAX;
		for (uint32_t k = 0; k < hit.count && !again; k++)
			again = hit.member[k].value == value;
		if (!again)
			hit.member[hit.count++] = (struct wr_json_member){value - 1, value};
	}
	add_hit(walk, hit);
}

static void visit_names(struct walk *walk, uint32_t at, uint32_t node)
{
	const struct wr_json_step *step = &walk->path->step[at];
	bool is_leaf = at + 1 == walk->path->count;

	if (walk->doc->node[node].kind != WR_JSON_OBJECT) {
		if (step->after_definite)
			stop(walk, "the path asks for a key of something that is no object");
		return;
	}
	if (is_leaf && step->count > 1) {
		merge_names(walk, step, node);
		return;
	}
	for (uint32_t i = 0; i < step->count; i++) {
		uint32_t value = wr_json_get(walk->doc, node, step->name[i]);
		if (value != UINT32_MAX)
			found_node(walk, at, value);
		else if (!is_leaf && step->after_definite && step->is_definite)
			stop(walk, "a key of the path is missing");
	}
}

static void visit_elements(struct walk *walk, uint32_t at, uint32_t node)
{
	const struct wr_json_step *step = &walk->path->step[at];
	int64_t count = walk->doc->node[node].count;

	if (walk->doc->node[node].kind != WR_JSON_ARRAY) {
		if (step->after_definite)
			stop(walk, "the path asks for an element of something that is no array");
		return;
	}
	if (step->kind == STEP_INDEXES) {
		for (uint32_t i = 0; i < step->count; i++) {
			uint32_t value = element(walk->doc, node, step->index[i]);
			if (value != UINT32_MAX)
				found_node(walk, at, value);
		}
		return;
	}
	int64_t from = step->has_from ? step->index[0] : 0;
	int64_t to = step->has_to ? step->index[1] : count;
	if (from < 0)
		from = WR_MAX(from + count, 0);
	if (to < 0)
		to += count;
	to = WR_MIN(to, count);
	uint32_t value = from < to ? element(walk->doc, node, from) : UINT32_MAX;
	for (; from < to; from++, value = walk->doc->node[value].end)
		found_node(walk, at, value);
}

/* Calls `each` with every element or (distinct) member value of a container. */
static void for_children(struct walk *walk, uint32_t at, uint32_t node,
			 void (*each)(struct walk *walk, uint32_t at, uint32_t node))
{
	const struct wr_json_node *self = &walk->doc->node[node];

	if (self->kind == WR_JSON_ARRAY) {
		for (uint32_t i = node + 1; i < self->end; i = walk->doc->node[i].end)
			each(walk, at, i);
	} else if (self->kind == WR_JSON_OBJECT) {
		uint32_t count;
		struct wr_json_member *member =
		    wr_json_members(walk->doc, node, false, walk->arena, &count);
		for (uint32_t i = 0; i < count; i++)
			each(walk, at, member[i].value);
	}
}

static bool holds(struct walk *walk, const struct test *test, uint32_t node);

/* Whether a scan tries its next step at a container. */
static bool scan_stops_at(struct walk *walk, const struct wr_json_step *next, uint32_t node)
{
	const struct wr_json_node *self = &walk->doc->node[node];

	switch (next->kind) {
	case STEP_NAMES:
		if (self->kind != WR_JSON_OBJECT)
			return false;
		for (uint32_t i = 0; i < next->count && next->is_definite; i++) {
			if (wr_json_get(walk->doc, node, next->name[i]) == UINT32_MAX)
				return false;
		}
		return true;
	case STEP_INDEXES:
	case STEP_SLICE: return self->kind == WR_JSON_ARRAY;
	case STEP_FILTER: return holds(walk, next->test, node);
	default: return true;
	}
}

/* A scan: the next step at this container and at every container below. */
static void visit_scan(struct walk *walk, uint32_t at, uint32_t node)
{
	const struct wr_json_node *self = &walk->doc->node[node];

	if (self->kind != WR_JSON_ARRAY && self->kind != WR_JSON_OBJECT)
		return;
	if (scan_stops_at(walk, &walk->path->step[at + 1], node))
		visit(walk, at + 1, node);
	for_children(walk, at, node, visit_scan);
}

static void filter_one(struct walk *walk, uint32_t at, uint32_t node)
{
	if (holds(walk, walk->path->step[at].test, node))
		found_node(walk, at, node);
}

/* One step at one node. Recursion: at most the path's steps plus the document's depth. */
static void visit(struct walk *walk, uint32_t at, uint32_t node)
{
	const struct wr_json_step *step = &walk->path->step[at];
	const struct wr_json_node *self = &walk->doc->node[node];
	bool is_container = self->kind == WR_JSON_ARRAY || self->kind == WR_JSON_OBJECT;
	uint32_t count;

	if (walk->found->error != NULL)
		return;
	switch (step->kind) {
	case STEP_NAMES: visit_names(walk, at, node); break;
	case STEP_INDEXES:
	case STEP_SLICE: visit_elements(walk, at, node); break;
	case STEP_ALL: for_children(walk, at, node, found_node); break;
	case STEP_SCAN: visit_scan(walk, at, node); break;
	case STEP_FILTER:
		if (self->kind == WR_JSON_ARRAY)
			for_children(walk, at, node, filter_one);
		else if (self->kind == WR_JSON_OBJECT)
			filter_one(walk, at, node);
		else if (step->after_definite)
			stop(walk, "a filter at something that is no array or object");
		break;
	case STEP_LENGTH:
		count = self->count;
		if (self->kind == WR_JSON_OBJECT)
			wr_json_members(walk->doc, node, false, walk->arena, &count);
		if (is_container)
			add_hit(walk, (struct wr_json_hit){.node = UINT32_MAX, .count = count});
		break;
	}
}

void wr_json_find(const struct wr_json_path *path, const struct wr_json_doc *doc,
		  struct wr_arena *arena, struct wr_json_found *found)
{
	struct walk walk = {path, doc, arena, found};

	*found = (struct wr_json_found){0};
	if (path->count == 0)
		add_hit(&walk, (struct wr_json_hit){.node = 0});
	else
		visit(&walk, 0, 0);
	if (found->error == NULL && path->is_definite && found->count == 0)
		found->error = "the path finds nothing";
}

/* --- filters ---------------------------------------------------------------------------------- */

/* A value in a comparison. */
struct value {
	bool is_defined;        /* false: a path that finds nothing, or no single value */
	enum wr_json_kind kind; /* of the value */
	struct wr_str text;     /* of numbers and strings */
};

/* A path inside a filter, from `node` (or the root) on. */
static bool find_inside(struct walk *walk, const struct operand *operand, uint32_t node,
			struct wr_json_found *found)
{
	struct walk inner = {operand->path, walk->doc, walk->arena, found};

	*found = (struct wr_json_found){0};
	if (operand->path->count == 0)
		add_hit(&inner, (struct wr_json_hit){.node = operand->from_root ? 0 : node});
	else
		visit(&inner, 0, operand->from_root ? 0 : node);
	return found->error == NULL && (found->count > 0 || !operand->path->is_definite);
}

static struct value value_of(struct walk *walk, const struct operand *operand, uint32_t node)
{
	struct wr_json_found found;

	if (operand->path == NULL)
		return (struct value){true, operand->kind, operand->text};
	if (!find_inside(walk, operand, node, &found) || !operand->path->is_definite)
		return (struct value){.is_defined = false};
	if (found.hit[0].node == UINT32_MAX) {
		char *digits = wr_arena_printf(walk->arena, "%u", found.hit[0].count);
		return (struct value){found.hit[0].member == NULL, WR_JSON_INTEGER,
				      wr_str_of(digits)};
	}
	const struct wr_json_node *self = &walk->doc->node[found.hit[0].node];
	return (struct value){true, self->kind, {self->text, self->len}};
}

static bool is_number(const struct value *value)
{
	return value->kind == WR_JSON_INTEGER || value->kind == WR_JSON_DECIMAL;
}

/* <0, 0, >0 in *order; false: the two cannot be ordered. */
static bool order_of(const struct value *a, const struct value *b, int *order)
{
	int64_t i, k;
	double x, y;

	if (is_number(a) && is_number(b)) {
		if (wr_i64_read(a->text.data, a->text.len, &i) &&
		    wr_i64_read(b->text.data, b->text.len, &k)) {
			*order = i < k ? -1 : i > k;
			return true;
		}
		if (!wr_double_read(a->text.data, a->text.len, &x) ||
		    !wr_double_read(b->text.data, b->text.len, &y))
			return false;
		*order = x < y ? -1 : x > y;
		return true;
	}
	if (a->kind == WR_JSON_STRING && b->kind == WR_JSON_STRING) {
		*order = wr_json_compare_keys(a->text, b->text);
		return true;
	}
	return false;
}

static bool equal(const struct value *a, const struct value *b)
{
	int order;
	struct value converted;

	if (!a->is_defined || !b->is_defined)
		return false;
	if (order_of(a, b, &order))
		return order == 0;
	if (is_number(a) && b->kind == WR_JSON_STRING) {
		converted = (struct value){true, WR_JSON_DECIMAL, b->text};
		return order_of(a, &converted, &order) && order == 0;
	}
	if (a->kind == WR_JSON_STRING && is_number(b))
		return a->text.len == b->text.len &&
		       memcmp(a->text.data, b->text.data, a->text.len) == 0;
	return a->kind == b->kind && a->kind <= WR_JSON_FALSE;
}

/* Whether a filter holds for a node. Recursion is bounded by FILTER_DEPTH_MAX and the chain. */
static bool holds(struct walk *walk, const struct test *test, uint32_t node)
{
	struct wr_json_found found;
	int order = 0;

	switch (test->kind) {
	case TEST_OR: return holds(walk, test->a, node) || holds(walk, test->b, node);
	case TEST_AND: return holds(walk, test->a, node) && holds(walk, test->b, node);
	case TEST_NOT: return !holds(walk, test->a, node);
	case TEST_EXISTS: return find_inside(walk, &test->left, node, &found);
	default: break;
	}
	struct value left = value_of(walk, &test->left, node);
	struct value right = value_of(walk, &test->right, node);
	if (test->kind == TEST_EQ || test->kind == TEST_NE)
		return equal(&left, &right) == (test->kind == TEST_EQ);
	if (!left.is_defined || !right.is_defined || !order_of(&left, &right, &order))
		return false;
	switch (test->kind) {
	case TEST_LT: return order < 0;
	case TEST_LE: return order <= 0;
	case TEST_GT: return order > 0;
	default: return order >= 0;
	}
}
