/* SPDX-License-Identifier: Apache-2.0
 *
 * temporal - t FOR SYSTEM_TIME AS OF l.ts: which snapshot of the right table a join asks for.
 *
 * As of an event time, the table must be versioned: rows of a unique key (the PRIMARY KEY, or the
 * PARTITION BY of a deduplicating view) that change over its own event time. The join must be INNER
 * or LEFT and have all columns of that key among its equalities.
 *
 * As of a processing time, the table is asked for the rows of each key: a lookup join. Its
 * connector must be able to answer.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "expr/function.h"

/* Marks the columns of a node that are unique per row together; false: none known. */
static bool find_key(const struct wr_node *node, bool *key);

/* The key of a projection: all of the input's key columns must be passed on. */
static bool project_key(const struct wr_node *node, bool *key)
{
	bool below[WR_COLUMNS_MAX + 1] = {false};

	if (!find_key(node->input[0], below))
		return false;
	for (uint32_t i = 0; i < node->schema.count; i++) {
		const struct wr_expr *expr = node->u.calc.expr[i];

		key[i] = expr->kind == WR_E_COLUMN && below[expr->column];
		if (key[i])
			below[expr->column] = false;
	}
	for (uint32_t i = 0; i < node->input[0]->schema.count; i++)
		if (below[i])
			return false;
	return true;
}

/* Whether a term says that the last column (the row number) is 1, or at most 1. */
static bool is_first_row(const struct wr_expr *term, uint32_t column)
{
	const struct wr_expr *constant;
	struct wr_text text;
	bool one;

	if (term->kind != WR_E_CALL || term->arg_count != 2 ||
	    (strcmp(term->function->name, "=") != 0 && strcmp(term->function->name, "<=") != 0))
		return false;
	if (term->arg[0]->kind != WR_E_COLUMN || term->arg[0]->column != column)
		return false;
	constant = term->arg[1];
	while (constant->kind == WR_E_CAST)
		constant = constant->arg[0];
	wr_text_init(&text);
	wr_expr_print(&text, constant, NULL);
	one = strcmp(wr_text_str(&text), "1") == 0;
	wr_text_release(&text);
	return one;
}

/* A filter rn = 1 over ROW_NUMBER() (maybe through a projection) makes the partition a key. */
static bool filter_key(const struct wr_node *node, bool *key)
{
	const struct wr_node *below = node->input[0];
	const struct wr_expr *condition = node->u.calc.condition;
	uint32_t terms = condition->kind == WR_E_AND ? condition->arg_count : 1;

	for (uint32_t i = 0; i < terms; i++) {
		const struct wr_expr *term =
		    condition->kind == WR_E_AND ? condition->arg[i] : condition;
		const struct wr_node *over = below->kind == WR_N_PROJECT ? below->input[0] : below;
		uint32_t found = 0;

		if (over->kind != WR_N_OVER || over->u.over.item_count != 1 ||
		    over->u.over.item[0].what != WR_OVER_ROW_NUMBER)
			break;
		for (uint32_t c = 0; c < below->schema.count; c++) {
			uint32_t column = c;

			if (below != over) {
				const struct wr_expr *expr = below->u.calc.expr[c];

				if (expr->kind != WR_E_COLUMN)
					continue;
				column = expr->column;
			}
			if (column == over->schema.count - 1 && is_first_row(term, c))
				found |= 1;
			for (uint32_t p = 0; p < over->u.over.partition_count; p++)
				key[c] = key[c] || over->u.over.partition[p] == column;
		}
		if (found)
			return true;
		memset(key, 0, below->schema.count * sizeof *key);
	}
	return find_key(below, key);
}

static bool find_key(const struct wr_node *node, bool *key)
{
	const struct wr_table *table;

	switch (node->kind) {
	case WR_N_SCAN:
		table = node->u.scan.table;
		for (uint32_t i = 0; i < table->primary_key_count; i++)
			key[table->primary_key[i]] = true;
		return table->primary_key_count > 0;
	case WR_N_PROJECT: return project_key(node, key);
	case WR_N_FILTER: return filter_key(node, key);
	case WR_N_AGGREGATE:
		for (uint32_t i = 0; i < node->u.agg.key_count; i++)
			key[i] = true;
		return node->u.agg.key_count > 0 && node->u.agg.set == NULL;
	default: return false;
	}
}

/* Calls for each equality of a left expression with a plain right column: marks it in `right`. */
static uint32_t equalities(const struct wr_node *node, bool *right)
{
	const struct wr_expr *condition = node->u.join.condition;
	uint32_t width = node->input[0]->schema.count, found = 0;
	bool is_and = condition != NULL && condition->kind == WR_E_AND;
	uint32_t terms = condition == NULL ? 0 : is_and ? condition->arg_count : 1;

	for (uint32_t i = 0; i < terms; i++) {
		const struct wr_expr *term = is_and ? condition->arg[i] : condition;

		if (term->kind != WR_E_CALL || term->arg_count != 2 ||
		    strcmp(term->function->name, "=") != 0)
			continue;
		for (uint32_t s = 0; s < 2; s++) {
			const struct wr_expr *one = term->arg[s], *other = term->arg[1 - s];

			if (!wr_reads_from(other, 0, width) ||
			    wr_reads_from(other, width, UINT32_MAX) ||
			    !wr_reads_from(one, width, UINT32_MAX) || wr_reads_from(one, 0, width))
				continue;
			found++;
			if (one->kind == WR_E_COLUMN)
				right[one->column - width] = true;
		}
	}
	return found;
}

/* The event time attribute of a versioned table; -1: none. */
static int32_t event_time(const struct wr_schema *schema)
{
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->field[i].type->time == WR_TIME_EVENT)
			return (int32_t)i;
	return -1;
}

/* As of the left row's event time. */
static wr_status *versioned(struct wr_analyzer *a, const struct wr_ast_table *table,
			    struct wr_node *node, const bool *equal)
{
	const struct wr_schema *right = &node->input[1]->schema;
	bool *key = WR_NEW_ARRAY(a->arena, bool, right->count + 1);
	int32_t time = event_time(right);
	bool has_key = find_key(node->input[1], key);

	for (uint32_t i = 0; i < right->count; i++)
		has_key = has_key && (!key[i] || equal[i]);
	if (!has_key)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Temporal Table Join requires primary key in versioned table, but "
				 "no primary key can be found in the join's equalities"),
		    "Declare PRIMARY KEY (...) NOT ENFORCED on the table (or use a view that "
		    "keeps ROW_NUMBER() = 1 per key) and compare all its columns with =");
	if (time < 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Event-Time Temporal Table Join requires both primary key and row "
				 "time attribute in versioned table, but no row time attribute can "
				 "be found"),
		    "Declare WATERMARK FOR a time column of the table: versions hold from then");
	node->u.join.interval.right_time = (uint32_t)time;
	node->u.join.snapshot = WR_SNAPSHOT_VERSION;
	node->u.join.version_key = key;
	return NULL;
}

/* A duration or number among the table's options (their values have been checked); 0: not given. */
static int64_t option(const struct wr_connector_args *args, const char *key, bool duration)
{
	const struct wr_given *given = wr_given_find(args->given, args->given_count, key);
	int64_t value = 0;

	if (given == NULL)
		return 0;
	if (duration)
		(void)wr_duration_parse(given->value, &value);
	else
		value = strtoll(given->value, NULL, 10);
	return value;
}

static bool option_is(const struct wr_connector_args *args, const char *key, const char *word)
{
	const struct wr_given *given = wr_given_find(args->given, args->given_count, key);

	return given != NULL && strcasecmp(given->value, word) == 0;
}

/* The names that they had before there was 'lookup.cache'. */
static void older_lookup_options(const struct wr_connector_args *args,
				 struct wr_lookup_options *out)
{
	int64_t max_rows = option(args, "lookup.cache.max-rows", false);
	int64_t ttl_ms = option(args, "lookup.cache.ttl", true);

	if (max_rows == 0 && ttl_ms == 0)
		return;
	out->cache = WR_CACHE_PARTIAL;
	out->max_rows = max_rows;
	out->expire_write_ms = ttl_ms;
	out->missing_too = !option_is(args, "lookup.cache.caching-missing-key", "false");
}

/* Reads the table's 'lookup.*' options. */
static wr_status *lookup_options(const struct wr_ast_table *table,
				 const struct wr_connector_args *args,
				 struct wr_lookup_options *out)
{
	if (option_is(args, "lookup.cache", "PARTIAL"))
		out->cache = WR_CACHE_PARTIAL;
	else if (option_is(args, "lookup.cache", "FULL"))
		out->cache = WR_CACHE_FULL;
	out->max_rows = option(args, "lookup.partial-cache.max-rows", false);
	out->expire_write_ms = option(args, "lookup.partial-cache.expire-after-write", true);
	out->expire_access_ms = option(args, "lookup.partial-cache.expire-after-access", true);
	out->missing_too = !option_is(args, "lookup.partial-cache.cache-missing-key", "false");
	out->reload_ms = option(args, "lookup.full-cache.periodic-reload.interval", true);
	out->answer_bytes_max = WR_LOOKUP_ANSWER_BYTES;
	if (wr_given_find(args->given, args->given_count, "lookup.max-answer-size") != NULL)
		(void)wr_memory_parse(
		    wr_given_find(args->given, args->given_count, "lookup.max-answer-size")->value,
		    &out->answer_bytes_max);
	if (wr_given_find(args->given, args->given_count, "lookup.cache") == NULL)
		older_lookup_options(args, out);
	if (out->cache == WR_CACHE_PARTIAL && out->max_rows == 0 && out->expire_write_ms == 0 &&
	    out->expire_access_ms == 0)
		return wr_status_at(WR_USER_ERROR, table->pos,
				    "'lookup.cache' = 'PARTIAL' of table '%s' needs a bound: at "
				    "least one of 'lookup.partial-cache.max-rows', "
				    "'lookup.partial-cache.expire-after-write' and "
				    "'lookup.partial-cache.expire-after-access'",
				    args->table);
	if (out->cache == WR_CACHE_FULL && out->reload_ms == 0)
		return wr_status_at(WR_USER_ERROR, table->pos,
				    "'lookup.cache' = 'FULL' of table '%s' needs "
				    "'lookup.full-cache.periodic-reload.interval'",
				    args->table);
	return NULL;
}

/* Whether the right side of a look-up is a table that can be asked: a table itself, which ends. */
static wr_status *check_lookup(const struct wr_ast_table *table, const struct wr_node *right)
{
	const struct wr_connector_args *args;
	const struct wr_connector *connector;
	const char *name;

	if (right->kind != WR_N_SCAN || right->u.scan.table->connector->lookup_open == NULL ||
	    (right->u.scan.table->format != NULL && right->u.scan.table->format->changelog))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->name.system_time->pos,
				 "Processing-time temporal join is not supported yet: the right "
				 "side cannot be looked up"),
		    "Use an event time attribute of the left side with a versioned table, or join "
		    "a table that is looked up by key as of the processing time");
	args = right->u.scan.args;
	connector = right->u.scan.table->connector;
	name = right->u.scan.table->name;
	if (connector->is_bounded != NULL ? connector->is_bounded(args) : connector->bounded)
		return NULL;
	return wr_status_at(WR_USER_ERROR, table->pos,
			    "Table '%s' has no end and cannot be looked up", name);
}

/* As of now. */
static wr_status *lookup(struct wr_analyzer *a, const struct wr_ast_table *table,
			 struct wr_node *node, const bool *equal)
{
	struct wr_node *right = node->input[1];
	struct wr_lookup_options *options = WR_NEW(a->arena, struct wr_lookup_options);
	bool any = false;

	WR_TRY(check_lookup(table, right));
	for (uint32_t i = 0; i < right->schema.count; i++)
		any = any || (equal[i] && right->u.scan.expr[i]->kind == WR_E_COLUMN);
	if (!any)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Temporal table join requires an equality condition on fields of "
				 "table '%s'",
				 right->u.scan.table->name),
		    "Compare at least one of its columns, as it is, with = in ON");
	WR_TRY(lookup_options(table, right->u.scan.args, options));
	right->u.scan.lookup = true;
	right->u.scan.watermark = NULL;
	right->u.scan.source_watermark = false;
	right->u.scan.rowtime = -1;
	node->u.join.snapshot = WR_SNAPSHOT_LOOKUP;
	node->u.join.lookup = options;
	return NULL;
}

/* The period must be a time attribute of the left side, as it is. */
wr_status *wr_join_snapshot(struct wr_analyzer *a, const struct wr_ast_table *table,
			    const struct wr_scope *left, struct wr_node *node)
{
	struct wr_conv conv = {.a = a, .scope = left, .clause = "FOR SYSTEM_TIME AS OF"};
	enum wr_join_kind kind = node->u.join.join;
	bool equal[WR_COLUMNS_MAX + 1] = {false};
	struct wr_expr *period;
	enum wr_time_attr attr = WR_TIME_NONE;

	WR_TRY(wr_convert(&conv, table->name.system_time, &period));
	if (period->type == NULL || !wr_kind_is_timestamp(period->type->kind))
		return wr_status_at(WR_USER_ERROR, table->name.system_time->pos,
				    "The system time period specification expects Timestamp type "
				    "but is '%s'",
				    period->type != NULL ? wr_type_str(a->arena, period->type)
							 : "?");
	if (period->kind == WR_E_COLUMN)
		attr = node->input[0]->schema.field[period->column].type->time;
	if (attr == WR_TIME_NONE)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->name.system_time->pos,
				 "Temporal table join currently only supports 'FOR SYSTEM_TIME AS "
				 "OF' left table's time attribute field"),
		    "Name the column on which the left table has its WATERMARK, or a PROCTIME() "
		    "column");
	if (kind != WR_J_INNER && kind != WR_J_LEFT)
		return wr_unsupported(table->pos, "FOR SYSTEM_TIME AS OF in a join other than "
						  "INNER and LEFT");
	if (equalities(node, equal) == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Currently the join key in Temporal Table Join can not be empty"),
		    "Compare columns of both sides with = in ON");
	node->u.join.interval.left_time = period->column;
	if (attr == WR_TIME_PROC)
		return lookup(a, table, node, equal);
	return versioned(a, table, node, equal);
}
