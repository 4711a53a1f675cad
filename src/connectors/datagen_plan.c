/* SPDX-License-Identifier: Apache-2.0
 *
 * datagen_plan - 'fields.NAME.KEY' options into nodes. Elements of lists are
 * 'fields.a.element.KEY', keys and values of maps 'fields.m.key.KEY' and 'fields.m.value.KEY',
 * fields of rows 'fields.r.x.KEY', as in Flink.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "connectors/datagen.h"
#include "data/number.h"

static const char *const keys[] = {"kind",  "min", "max",     "max-past", "length",
				   "start", "end", "var-len", "null-rate"};

struct plan {
	const struct wr_connector_args *args;
	bool *used; /* per given option */
	struct wr_datagen *datagen;
};

/* The value of 'fields.PATH.KEY', or NULL. */
static const struct wr_given *option(struct plan *plan, const char *path, const char *key)
{
	char name[512];

	snprintf(name, sizeof name, "fields.%s.%s", path, key);
	for (uint32_t i = 0; i < plan->args->given_count; i++) {
		if (strcmp(plan->args->given[i].key, name) == 0) {
			plan->used[i] = true;
			return &plan->args->given[i];
		}
	}
	return NULL;
}

static wr_status *wrong(const struct wr_given *given, const char *want)
{
	return wr_status_at(WR_USER_ERROR, given->pos, "'%s' = '%s' is not %s", given->key,
			    given->value, want);
}

static wr_status *read_i64(struct plan *plan, const char *path, const char *key, int64_t *out)
{
	const struct wr_given *given = option(plan, path, key);

	if (given == NULL || wr_i64_read(given->value, strlen(given->value), out))
		return NULL;
	return wrong(given, "a whole number");
}

static wr_status *read_real(struct plan *plan, const char *path, const char *key, double *out)
{
	const struct wr_given *given = option(plan, path, key);

	if (given == NULL || wr_double_read(given->value, strlen(given->value), out))
		return NULL;
	return wrong(given, "a number");
}

static wr_status *read_bool(struct plan *plan, const char *path, const char *key, bool *out)
{
	const struct wr_given *given = option(plan, path, key);

	if (given == NULL)
		return NULL;
	*out = strcmp(given->value, "true") == 0;
	return *out || strcmp(given->value, "false") == 0 ? NULL : wrong(given, "true or false");
}

/* Smallest and largest value of integers and intervals. */
static void default_range(struct wr_datagen_node *node)
{
	switch (node->type->kind) {
	case WR_TINYINT: node->min = INT8_MIN, node->max = INT8_MAX; break;
	case WR_SMALLINT: node->min = INT16_MIN, node->max = INT16_MAX; break;
	case WR_INT: node->min = INT32_MIN, node->max = INT32_MAX; break;
	case WR_INTERVAL_MONTH: node->min = 0, node->max = 120000; break;
	case WR_FLOAT: node->min_real = FLT_MIN, node->max_real = FLT_MAX; break;
	case WR_DOUBLE: node->min_real = DBL_MIN, node->max_real = DBL_MAX; break;
	case WR_DECIMAL:
		node->min_real = -pow(10, node->type->precision - node->type->scale);
		node->max_real = -node->min_real;
		break;
	default: node->min = INT64_MIN, node->max = INT64_MAX; break;
	}
}

static wr_status *plan_sequence(struct plan *plan, struct wr_datagen_node *node, const char *path,
				const struct wr_given *kind)
{
	static const char *const ends[] = {"start", "end"};
	int64_t *value[] = {&node->min, &node->max};
	enum wr_kind type = node->type->kind;

	if (!wr_kind_is_numeric(type) && !wr_kind_is_string(type))
		return wr_status_at(WR_USER_ERROR, kind->pos,
				    "A sequence needs a column of numbers or texts; '%s' is none",
				    path);
	for (int i = 0; i < 2; i++) {
		const struct wr_given *given = option(plan, path, ends[i]);
		if (given == NULL)
			return wr_status_at(WR_USER_ERROR, kind->pos,
					    "The sequence of '%s' needs 'fields.%s.%s'", path, path,
					    ends[i]);
		if (!wr_i64_read(given->value, strlen(given->value), value[i]))
			return wrong(given, "a whole number");
	}
	if (node->max < node->min)
		return wr_status_at(WR_USER_ERROR, kind->pos,
				    "The sequence of '%s' ends before it starts", path);
	node->sequence = true;
	uint64_t rows = (uint64_t)node->max - (uint64_t)node->min + 1;
	if (rows != 0)
		plan->datagen->limit = WR_MIN(plan->datagen->limit, rows);
	return NULL;
}

/* min and max, for the types that have an order. */
static wr_status *plan_range(struct plan *plan, struct wr_datagen_node *node, const char *path)
{
	enum wr_kind kind = node->type->kind;

	default_range(node);
	if (wr_kind_is_approx(kind) || kind == WR_DECIMAL) {
		WR_TRY(read_real(plan, path, "min", &node->min_real));
		WR_TRY(read_real(plan, path, "max", &node->max_real));
	} else if (wr_kind_is_integer(kind) || wr_kind_is_interval(kind)) {
		int64_t least = node->min;
		int64_t most = node->max;
		WR_TRY(read_i64(plan, path, "min", &node->min));
		WR_TRY(read_i64(plan, path, "max", &node->max));
		if (node->min < least || node->max > most)
			return wr_status_new(WR_USER_ERROR,
					     "'fields.%s.min' or 'max' is outside its type", path);
	}
	if (node->min > node->max || node->min_real > node->max_real)
		return wr_status_new(WR_USER_ERROR,
				     "'fields.%s.min' is larger than 'fields.%s.max'", path, path);
	return NULL;
}

static wr_status *plan_length(struct plan *plan, struct wr_datagen_node *node, const char *path)
{
	enum wr_kind kind = node->type->kind;
	bool text = wr_kind_is_string(kind) || wr_kind_is_bytes(kind);
	bool declared = text && node->type->length != WR_LENGTH_MAX;
	int64_t length = declared ? node->type->length
			 : text   ? WR_DATAGEN_LENGTH
				  : WR_DATAGEN_ELEMENTS;

	WR_TRY(read_i64(plan, path, "length", &length));
	WR_TRY(read_bool(plan, path, "var-len", &node->var_len));
	if (length < 0 || length > (1 << 20) || (declared && length > node->type->length))
		return wr_status_new(WR_USER_ERROR, "'fields.%s.length' is out of range", path);
	node->length = (uint32_t)length;
	return NULL;
}

static wr_status *plan_node(struct plan *plan, struct wr_datagen_node *node,
			    const struct wr_type *type, const char *path);

static wr_status *plan_children(struct plan *plan, struct wr_datagen_node *node, const char *path)
{
	static const char *const map_names[] = {"key", "value"};
	const struct wr_type *type = node->type;

	node->child =
	    WR_NEW_ARRAY(&plan->datagen->arena, struct wr_datagen_node, type->child_count);
	for (uint32_t i = 0; i < type->child_count; i++) {
		const char *name = type->kind == WR_ROW   ? type->name[i]
				   : type->kind == WR_MAP ? map_names[i]
							  : "element";
		const char *inner = wr_arena_printf(&plan->datagen->arena, "%s.%s", path, name);
		WR_TRY(plan_node(plan, &node->child[i], type->child[i], inner));
	}
	return NULL;
}

static wr_status *plan_node(struct plan *plan, struct wr_datagen_node *node,
			    const struct wr_type *type, const char *path)
{
	const struct wr_given *kind = option(plan, path, "kind");
	const struct wr_given *past;

	node->type = type;
	node->salt = wr_generator_mix(plan->datagen->seed);
	for (const char *p = path; *p != '\0'; p++)
		node->salt = wr_generator_mix(node->salt ^ (uint8_t)*p);
	if (kind != NULL && strcmp(kind->value, "sequence") == 0)
		return plan_sequence(plan, node, path, kind);
	if (kind != NULL && strcmp(kind->value, "random") != 0)
		return wrong(kind, "'random' or 'sequence'");
	WR_TRY(plan_range(plan, node, path));
	WR_TRY(plan_length(plan, node, path));
	WR_TRY(read_real(plan, path, "null-rate", &node->null_rate));
	past = option(plan, path, "max-past");
	if (past != NULL && !wr_duration_parse(past->value, &node->max_past_ms))
		return wrong(past, "a duration such as '10 s'");
	return type->child_count != 0 ? plan_children(plan, node, path) : NULL;
}

/* Options that belong to no column. */
static wr_status *check_used(struct plan *plan)
{
	const struct wr_connector_args *args = plan->args;
	const char *names[WR_COLUMNS_MAX];
	uint32_t count = args->physical_count;

	for (uint32_t i = 0; i < count; i++)
		names[i] = args->schema->field[i].name;
	for (uint32_t i = 0; i < args->given_count; i++) {
		const struct wr_given *given = &args->given[i];
		if (strncmp(given->key, "fields.", 7) != 0 || plan->used[i])
			continue;
		char name[256];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(given->key + 7, "."),
			 given->key + 7);
		const char *last = strrchr(given->key, '.') + 1;
		bool known = false;
		for (uint32_t k = 0; k < count; k++)
			known |= strcmp(names[k], name) == 0;
		wr_status *status = wr_status_at(WR_USER_ERROR, given->pos,
						 known ? "The option '%s' has no effect"
						       : "The option '%s' names no column",
						 given->key);
		const char *near =
		    known ? wr_nearest(last, keys, WR_COUNT(keys)) : wr_nearest(name, names, count);
		return near != NULL ? wr_status_hint(status, "Did you mean '%s'?", near) : status;
	}
	return NULL;
}

wr_status *wr_datagen_plan(struct wr_datagen *datagen, const struct wr_connector_args *args)
{
	const struct wr_option_value *seed = wr_options_get(args->options, "seed");
	struct plan plan = {.args = args, .datagen = datagen};

	datagen->limit = UINT64_MAX;
	datagen->fixed_time = seed->is_given;
	datagen->seed = (uint64_t)seed->number;
	plan.used = WR_NEW_ARRAY(&datagen->arena, bool, args->given_count + 1);
	struct wr_datagen_node *all =
	    WR_NEW_ARRAY(&datagen->arena, struct wr_datagen_node, args->physical_count + 1);
	for (uint32_t i = 0; i < args->physical_count; i++) {
		const struct wr_field *field = &args->schema->field[i];
		WR_TRY(plan_node(&plan, &all[i], field->type, field->name));
	}
	WR_TRY(check_used(&plan));
	datagen->count = args->wanted_count;
	datagen->node =
	    WR_NEW_ARRAY(&datagen->arena, struct wr_datagen_node, args->wanted_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++)
		datagen->node[i] = all[args->wanted[i]];
	return NULL;
}
