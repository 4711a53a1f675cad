/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_json_path - walks documents along compiled JSON paths.
 *
 * What a missing value means depends on the steps before (JsonPath's rules): behind definite steps
 * only, it is an error; behind a wildcard, slice, filter or scan that branch just finds nothing.
 */
#include "expr/fn_json_path.h"

#include "base/macros.h"
#include "base/status.h"
#include "data/number.h"
#include "expr/fn_json_steps.h"

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
	if (step->kind == WR_JSON_STEP_INDEXES) {
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

static bool holds(struct walk *walk, const struct wr_json_test *test, uint32_t node);

/* Whether a scan tries its next step at a container. */
static bool scan_stops_at(struct walk *walk, const struct wr_json_step *next, uint32_t node)
{
	const struct wr_json_node *self = &walk->doc->node[node];

	switch (next->kind) {
	case WR_JSON_STEP_NAMES:
		if (self->kind != WR_JSON_OBJECT)
			return false;
		for (uint32_t i = 0; i < next->count && next->is_definite; i++) {
			if (wr_json_get(walk->doc, node, next->name[i]) == UINT32_MAX)
				return false;
		}
		return true;
	case WR_JSON_STEP_INDEXES:
	case WR_JSON_STEP_SLICE: return self->kind == WR_JSON_ARRAY;
	case WR_JSON_STEP_FILTER: return holds(walk, next->test, node);
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
	case WR_JSON_STEP_NAMES: visit_names(walk, at, node); break;
	case WR_JSON_STEP_INDEXES:
	case WR_JSON_STEP_SLICE: visit_elements(walk, at, node); break;
	case WR_JSON_STEP_ALL: for_children(walk, at, node, found_node); break;
	case WR_JSON_STEP_SCAN: visit_scan(walk, at, node); break;
	case WR_JSON_STEP_FILTER:
		if (self->kind == WR_JSON_ARRAY)
			for_children(walk, at, node, filter_one);
		else if (self->kind == WR_JSON_OBJECT)
			filter_one(walk, at, node);
		else if (step->after_definite)
			stop(walk, "a filter at something that is no array or object");
		break;
	case WR_JSON_STEP_LENGTH:
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
static bool find_inside(struct walk *walk, const struct wr_json_operand *operand, uint32_t node,
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

static struct value value_of(struct walk *walk, const struct wr_json_operand *operand,
			     uint32_t node)
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
static bool holds(struct walk *walk, const struct wr_json_test *test, uint32_t node)
{
	struct wr_json_found found;
	int order = 0;

	switch (test->kind) {
	case WR_JSON_TEST_OR: return holds(walk, test->a, node) || holds(walk, test->b, node);
	case WR_JSON_TEST_AND: return holds(walk, test->a, node) && holds(walk, test->b, node);
	case WR_JSON_TEST_NOT: return !holds(walk, test->a, node);
	case WR_JSON_TEST_EXISTS: return find_inside(walk, &test->left, node, &found);
	default: break;
	}
	struct value left = value_of(walk, &test->left, node);
	struct value right = value_of(walk, &test->right, node);
	if (test->kind == WR_JSON_TEST_EQ || test->kind == WR_JSON_TEST_NE)
		return equal(&left, &right) == (test->kind == WR_JSON_TEST_EQ);
	if (!left.is_defined || !right.is_defined || !order_of(&left, &right, &order))
		return false;
	switch (test->kind) {
	case WR_JSON_TEST_LT: return order < 0;
	case WR_JSON_TEST_LE: return order <= 0;
	case WR_JSON_TEST_GT: return order > 0;
	default: return order >= 0;
	}
}
