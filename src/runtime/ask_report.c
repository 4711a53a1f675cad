/* SPDX-License-Identifier: Apache-2.0
 *
 * ask_report - a key's text becomes values of the operator's types, and what the worker has copied
 * becomes JSON: a row per entry, its members named as `weir state dump` names its columns.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/wait.h"
#include "data/print.h"
#include "runtime/ask_inner.h"
#include "state/saved_rows.h"

#define VALUE_BYTES_MAX (64u << 10) /* shown of a value */

/* --- the key */

/* The routed columns of a state: those that rows of a key have in common. */
static uint32_t route_of(struct wr_arena *arena, const struct wr_state_decl *decl,
			 const uint32_t **route)
{
	uint32_t *all;

	if (decl->route != NULL) {
		*route = decl->route;
		return decl->route_count;
	}
	all = WR_NEW_ARRAY(arena, uint32_t, decl->key_count + 1);
	for (uint32_t i = 0; i < decl->key_count; i++)
		all[i] = i;
	*route = all;
	return decl->key_count;
}

/* A text as a value of a type, as CAST makes it. */
static wr_status *value_of(struct wr_expr_pool *pool, const char *text, const struct wr_type *type,
			   struct wr_column **out)
{
	struct wr_expr *expr;

	type = wr_type_time_attr(pool->arena, type, WR_TIME_NONE);
	if (text == NULL)
		expr = wr_expr_null(pool, type);
	else
		WR_TRY(wr_expr_cast(pool, wr_expr_string(pool, text, (uint32_t)strlen(text)), type,
				    false, &expr));
	expr = wr_expr_fold(pool, expr);
	if (!wr_expr_is_const(expr))
		return wr_status_new(WR_USER_ERROR, "'%s' is no %s", text,
				     wr_type_str(pool->arena, type));
	*out = wr_column_ref(expr->value);
	return NULL;
}

/* The names and types of the key, for a message. */
static void put_wanted(struct wr_text *out, const struct wr_state_decl *decl, const uint32_t *route,
		       uint32_t count, struct wr_arena *arena)
{
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(out, "%s%s %s", i > 0 ? ", " : "",
			       decl->key_name != NULL ? decl->key_name[route[i]] : "key",
			       wr_type_str(arena, decl->key_type[route[i]]));
}

/* The key as the state has it; a state with another number of columns is left out. */
static wr_status *make_key(struct wr_expr_pool *pool, const struct wr_op_kept *kept,
			   const struct wr_state_question *question, struct wr_ask_key *key)
{
	struct wr_text bytes;

	key->count = route_of(pool->arena, &kept->decl, &key->route);
	if (key->count != question->key_count)
		return NULL;
	key->column = wr_calloc(key->count + 1, sizeof *key->column);
	for (uint32_t i = 0; i < key->count; i++)
		WR_TRY(value_of(pool, question->key[i], kept->decl.key_type[key->route[i]],
				&key->column[i]));
	wr_text_init(&bytes);
	for (uint32_t i = 0; i < key->count; i++)
		wr_codec_put_value(&bytes, key->column[i], 0);
	key->bytes = (struct wr_str){wr_arena_strndup(pool->arena, wr_text_str(&bytes), bytes.len),
				     bytes.len};
	wr_text_release(&bytes);
	wr_keys_hash(key->column, key->count, 1, &key->hash);
	key->fits = true;
	return NULL;
}

/* The key for all states of the operator. An error when it fits none of them. */
static wr_status *make_keys(struct wr_expr_pool *pool, const struct wr_op *op,
			    const struct wr_state_question *question, struct wr_ask *ask)
{
	const struct wr_op_kept *first = NULL;
	bool fits = false;
	const uint32_t *route;
	wr_status *status;
	struct wr_text text;
	uint32_t count;

	ask->key_count = op->kept_count;
	ask->key = WR_NEW_ARRAY(pool->arena, struct wr_ask_key, op->kept_count + 1);
	for (uint32_t k = 0; k < op->kept_count; k++) {
		if (op->kept[k].state == NULL)
			continue;
		first = first != NULL ? first : &op->kept[k];
		WR_TRY(make_key(pool, &op->kept[k], question, &ask->key[k]));
		fits = fits || ask->key[k].fits;
	}
	if (fits || first == NULL)
		return NULL;
	wr_text_init(&text);
	count = route_of(pool->arena, &first->decl, &route);
	put_wanted(&text, &first->decl, route, count, pool->arena);
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The key has %u value(s), and that of the operator is (%s)",
			  question->key_count, wr_text_str(&text)),
	    "Give one value as it is, several as a JSON array; none where there is no key");
	wr_text_release(&text);
	return status;
}

static void release_keys(struct wr_ask *ask)
{
	for (uint32_t k = 0; ask->key != NULL && k < ask->key_count; k++) {
		for (uint32_t i = 0; ask->key[k].column != NULL && i < ask->key[k].count; i++)
			if (ask->key[k].column[i] != NULL)
				wr_column_unref(ask->key[k].column[i]);
		wr_free(ask->key[k].column);
	}
}

/* --- the answer */

static bool is_number(const struct wr_type *type)
{
	return type->kind == WR_TINYINT || type->kind == WR_SMALLINT || type->kind == WR_INT ||
	       type->kind == WR_BIGINT;
}

/* Whole numbers and truth values as JSON has them, others as text. */
static void put_value(struct wr_text *out, const struct wr_column *column,
		      const struct wr_type *type, uint32_t row, const struct wr_zone *zone)
{
	struct wr_text text;

	if (!wr_column_is_valid(column, row)) {
		wr_text_puts(out, "null");
		return;
	}
	wr_text_init(&text);
	wr_value_print(&text, column, row, zone);
	if (type->kind == WR_BOOLEAN)
		wr_text_puts(out, strcmp(wr_text_str(&text), "TRUE") == 0 ? "true" : "false");
	else if (is_number(type))
		wr_text_puts(out, wr_text_str(&text));
	else {
		if (text.len > VALUE_BYTES_MAX) {
			size_t len = VALUE_BYTES_MAX;

			while (len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
				len--; /* not within a character */
			text.len = len;
			wr_text_puts(&text, "...");
		}
		wr_text_json(out, wr_text_str(&text));
	}
	wr_text_release(&text);
}

static void put_columns(struct wr_text *out, const struct wr_saved_rows *rows,
			struct wr_arena *arena)
{
	const struct wr_schema *schema = wr_saved_rows_schema(rows);

	wr_text_puts(out, ",\"columns\":[");
	for (uint32_t c = 0; c < schema->count; c++) {
		wr_text_puts(out, c > 0 ? ",{\"name\":" : "{\"name\":");
		wr_text_json(out, schema->field[c].name);
		wr_text_puts(out, ",\"type\":");
		wr_text_json(out, wr_type_str(arena, schema->field[c].type));
		wr_text_printf(out, ",\"role\":\"%s\"}", wr_saved_rows_role(rows, c));
	}
	wr_text_puts(out, "],\"rows\":[");
}

/* The entries of one state. */
static wr_status *put_state(struct wr_text *out, const struct wr_ask *ask, const struct wr_op *op,
			    uint32_t kept, const struct wr_zone *zone)
{
	struct wr_image_entry *entry = wr_calloc(ask->entry_count + 1, sizeof *entry);
	const struct wr_schema *schema;
	struct wr_saved_state saved;
	struct wr_saved_rows *rows;
	struct wr_batch *batch = NULL;
	struct wr_arena arena;
	wr_status *status = NULL;
	uint32_t count = 0;

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < ask->entry_count; i++)
		if (ask->entry_kept[i] == kept)
			entry[count++] = ask->entry[i];
	wr_saved_state_of(&arena, &op->kept[kept].decl, false, op->type->name, op->type->name,
			  op->type->version, &saved);
	rows = wr_saved_rows_new(&saved);
	schema = wr_saved_rows_schema(rows);
	wr_text_puts(out, "{\"name\":");
	wr_text_json(out, saved.name);
	put_columns(out, rows, &arena);
	if (count > 0)
		status = wr_saved_rows_batch(rows, entry, count, &batch);
	for (uint32_t i = 0; status == NULL && i < count; i++) {
		for (uint32_t c = 0; c < schema->count; c++) {
			wr_text_puts(out, c > 0 ? "," : i > 0 ? ",{" : "{");
			wr_text_json(out, schema->field[c].name);
			wr_text_putc(out, ':');
			put_value(out, batch->column[c], schema->field[c].type, i, zone);
		}
		wr_text_putc(out, '}');
	}
	wr_text_puts(out, "]}");
	if (batch != NULL)
		wr_batch_free(batch);
	wr_saved_rows_free(rows);
	wr_arena_release(&arena);
	wr_free(entry);
	return status;
}

static wr_status *put_answer(struct wr_text *out, struct wr_job *job, const struct wr_ask *ask,
			     const struct wr_op *op, uint32_t subtask)
{
	struct wr_zone *zone = NULL;
	wr_status *status = NULL;
	const char *comma = "";

	wr_status_free(wr_zone_open(job->options.zone_id, &zone));
	wr_text_printf(out, "{\"operator\":%u,\"name\":", ask->node);
	wr_text_json(out, wr_node_str(op->node));
	wr_text_printf(out, ",\"subtask\":%u,\"epoch\":%llu,\"watermark_ms\":", subtask,
		       (unsigned long long)ask->epoch);
	if (ask->watermark_ms == WR_WATERMARK_MIN || ask->watermark_ms == WR_WATERMARK_MAX)
		wr_text_puts(out, "null");
	else
		wr_text_printf(out, "%lld", (long long)ask->watermark_ms);
	wr_text_printf(out, ",\"cut\":%s,\"states\":[", ask->cut ? "true" : "false");
	for (uint32_t k = 0; k < op->kept_count && status == NULL; k++) {
		if (op->kept[k].state == NULL || !ask->key[k].fits)
			continue;
		wr_text_puts(out, comma);
		status = put_state(out, ask, op, k, zone);
		comma = ",";
	}
	wr_text_puts(out, "]}");
	wr_zone_close(zone);
	return status;
}

/* --- asking */

/* Those who have the operator; where it is on several, the one that owns the key, if there is one.
 */
static enum wr_answer ask_owners(struct wr_job *job, struct wr_ask *ask, uint64_t hash, bool keyed,
				 int64_t wait_us, uint32_t *subtask)
{
	struct timespec deadline = wr_deadline(wait_us);
	uint32_t most = job->options.max_parallelism, having = 0, owner;

	for (uint32_t w = 0; w < job->worker_count; w++)
		having += wr_ask_op(&job->worker[w], ask->node) != NULL;
	owner = wr_key_group_worker(wr_key_group(hash, most), most, job->options.workers);
	for (uint32_t w = 0; w < job->worker_count; w++) {
		struct wr_worker *worker = &job->worker[w];

		if (wr_ask_op(worker, ask->node) == NULL || (having > 1 && keyed && w != owner))
			continue;
		if (ask->entry_count == 0)
			*subtask = w;
		if (!wr_ask_worker(job, worker, ask, &deadline))
			return WR_ANSWER_BUSY;
	}
	return ask->entry_count > 0 ? WR_ANSWER_FOUND : WR_ANSWER_ABSENT;
}

static const struct wr_op *any_op(const struct wr_job *job, uint32_t node)
{
	const struct wr_op *op = NULL;

	for (uint32_t w = 0; w < job->worker_count && op == NULL; w++)
		op = wr_ask_op(&job->worker[w], node);
	return op;
}

static bool has_state(const struct wr_op *op)
{
	for (uint32_t k = 0; k < op->kept_count; k++)
		if (op->kept[k].state != NULL)
			return true;
	return false;
}

wr_status *wr_report_state(struct wr_text *out, struct wr_job *job,
			   const struct wr_state_question *question, enum wr_answer *answer)
{
	const struct wr_op *op = any_op(job, question->node);
	struct wr_ask *ask;
	struct wr_expr_pool pool;
	struct wr_arena arena;
	wr_status *status;
	uint32_t subtask = 0, first = 0;

	*answer = op == NULL ? WR_ANSWER_NO_OPERATOR : WR_ANSWER_NO_STATE;
	if (op == NULL || !has_state(op))
		return NULL;
	wr_arena_init(&arena);
	wr_expr_pool_init(&pool, &arena);
	ask = wr_calloc(1, sizeof *ask);
	wr_arena_init(&ask->arena);
	ask->node = question->node;
	WR_TRY_OUT(status, make_keys(&pool, op, question, ask));
	while (!ask->key[first].fits)
		first++;
	*answer = ask_owners(job, ask, ask->key[first].hash, question->key_count > 0,
			     question->wait_us, &subtask);
	status = ask->failed;
	if (status == NULL && *answer == WR_ANSWER_FOUND)
		status = put_answer(out, job, ask, op, subtask);
out:
	release_keys(ask);
	wr_arena_release(&ask->arena);
	wr_free(ask);
	wr_expr_pool_release(&pool);
	wr_arena_release(&arena);
	return status;
}
