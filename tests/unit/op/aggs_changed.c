/* SPDX-License-Identifier: Apache-2.0
 *
 * A changed query takes over the aggregates that it still has: what the first query's operator
 * saved is loaded into the second one's, field by field by name. From then on both get the same
 * input, and the columns that both have must stay the same; new aggregates begin empty.
 */
#include "restore_case.h"

struct change {
	const char *before, *after;
	enum wr_node_kind kind;
	uint32_t columns;      /* that both have */
	uint32_t column[2][8]; /* their places in the operators' outputs */
};

/* The saved field of that name, or UINT32_MAX. */
static uint32_t field_named(const struct wr_state_codec *codec, const char *name)
{
	for (uint32_t i = 0; i < codec->field_count; i++)
		if (strcmp(codec->field[i].name, name) == 0)
			return i;
	return UINT32_MAX;
}

/* A saved value as the other operator declares it. */
static void map_value(const struct wr_state_codec *from, const struct wr_state_codec *to,
		      const struct wr_text *value, struct wr_text *out)
{
	struct wr_str field[64];

	assert_in_range(from->field_count, 0, 64);
	assert_true(wr_value_cut(wr_text_str(value), value->len, field, from->field_count));
	wr_text_init(out);
	for (uint32_t i = 0; i < to->field_count; i++) {
		uint32_t at = field_named(from, to->field[i].name);

		if (at == UINT32_MAX || field[at].data == NULL)
			wr_value_put_absent(out);
		else
			wr_value_put_bytes(out, field[at].data, field[at].len);
	}
}

static void take_over(struct wr_op *from, struct wr_op *to)
{
	struct saved_op saved;

	save_op(&saved, from);
	assert_int_equal(from->kept_count, to->kept_count);
	for (uint32_t i = 0; i < saved.count; i++) {
		struct saved_entry *entry = &saved.entry[i];
		struct wr_text value;

		assert_string_equal(from->kept[entry->kept].decl.name,
				    to->kept[entry->kept].decl.name);
		map_value(from->kept[entry->kept].decl.codec, to->kept[entry->kept].decl.codec,
			  &entry->value, &value);
		assert_true(load_entry(to, entry, wr_text_str(&value), value.len));
		wr_text_release(&value);
	}
	if (to->type->restored != NULL)
		must(to->type->restored(to));
	saved_release(&saved);
}

/* Leaves the common columns of each row; "+I w=1 | a | b" has its first column at 0. */
static void keep_columns(struct fed_op *fed, const uint32_t *column, uint32_t count)
{
	for (uint32_t i = 0; i < fed->count; i++) {
		char *part[64], *rest = strdup(wr_text_str(&fed->row[i])), *next = rest;
		uint32_t parts = 0;

		while (next != NULL && parts < 64) {
			part[parts++] = next;
			next = strstr(next, " | ");
			if (next != NULL) {
				*next = '\0';
				next += 3;
			}
		}
		wr_text_clear(&fed->row[i]);
		wr_text_puts(&fed->row[i], part[0]);
		for (uint32_t c = 0; c < count; c++) {
			assert_true(column[c] + 1 < parts);
			wr_text_printf(&fed->row[i], " | %s", part[column[c] + 1]);
		}
		free(rest);
	}
}

/* A query's way from the table to its aggregate. */
struct way {
	const struct wr_node *scan;
	struct wr_op *calc; /* NULL: none in between */
	bool partial;       /* the aggregate's input has the column of partial results */
	struct wr_op *aggregate;
};

static wr_status *way_emit(struct wr_out *out, struct wr_batch *batch)
{
	struct way *way = out->target;
	uint32_t count = batch->column_count;

	if (way->partial) {
		batch->column = wr_realloc(batch->column, (count + 1) * sizeof(struct wr_column *));
		batch->column[count] = wr_column_null(&WR_T_BYTES);
		batch->column_count = count + 1;
	}
	return way->aggregate->type->process(way->aggregate, 0, batch);
}

static void way_open(struct way *way, const struct op_plan *plan, struct wr_op *aggregate)
{
	const struct wr_node *node = plan->node->input[0];

	*way = (struct way){.aggregate = aggregate};
	for (; node->kind == WR_N_EXCHANGE || node->kind == WR_N_LOCAL_AGG; node = node->input[0])
		way->partial = way->partial || node->kind == WR_N_LOCAL_AGG;
	if (node->kind == WR_N_CALC) {
		must(wr_op_new(node, &plan->env, &way->calc));
		way->calc->out = (struct wr_out){.emit = way_emit, .target = way};
		node = node->input[0];
	}
	assert_int_equal(node->kind, WR_N_SCAN);
	way->scan = node;
}

/* Rows of the whole table, as the query reads them. */
static void way_feed(struct way *way, const struct wr_batch *rows)
{
	const struct wr_node *scan = way->scan;
	struct wr_batch *batch = wr_batch_new(scan->schema.count, rows->rows);
	struct wr_out out = {.target = way};

	for (uint32_t i = 0; i < scan->schema.count; i++) {
		assert_int_equal(scan->u.scan.expr[i]->kind, WR_E_COLUMN);
		batch->column[i] = wr_column_ref(
		    rows->column[scan->u.scan.args->wanted[scan->u.scan.expr[i]->column]]);
	}
	batch->watermark = rows->watermark;
	must(way->calc != NULL ? way->calc->type->process(way->calc, 0, batch)
			       : way_emit(&out, batch));
}

/* An epoch of both queries, or of the first one alone. */
static void both_epoch(struct feeder *feeder, struct way *way, struct fed_op *fed, uint32_t count,
		       bool last)
{
	struct wr_mark mark = {.epoch = feeder->epoch++};

	for (uint32_t n = below(&feeder->seed, 5); n > 0; n--) {
		struct wr_batch *rows = random_batch(feeder, 0);

		for (uint32_t i = 0; i < count && rows->rows > 0; i++)
			way_feed(&way[i], rows);
		wr_batch_free(rows);
	}
	feeder->now_ms += below(&feeder->seed, 4000);
	feeder->watermark_ms = WR_MAX(feeder->watermark_ms, feeder->now_ms - 3000);
	mark.watermark_ms = last ? WR_WATERMARK_MAX : feeder->watermark_ms;
	mark.flags = last ? WR_MARK_END : 0;
	for (uint32_t i = 0; i < count; i++)
		mark_op(&fed[i], &mark);
}

static void run_change(const struct change *change, uint64_t seed)
{
	struct op_case cases[3] = {
	    {.name = change->before, .query = change->before, .kind = change->kind},
	    {.name = change->after, .query = change->after, .kind = change->kind},
	    {.name = "table", .query = "SELECT * FROM a", .kind = WR_N_SCAN}};
	struct op_plan plan[3];
	struct feeder feeder = {.seed = seed * 0x9e3779b97f4a7c15ull + 1,
				.keys = 6,
				.inputs = 1,
				.now_ms = 1700000000000,
				.watermark_ms = WR_WATERMARK_MIN};
	struct fed_op fed[2];
	struct way way[2];
	uint64_t compared = 0;

	for (uint32_t i = 0; i < 3; i++)
		plan_open(&plan[i], &cases[i]);
	for (uint32_t i = 0; i < 2; i++) {
		fed_open(&fed[i], &plan[i]);
		way_open(&way[i], &plan[i], fed[i].op);
	}
	assert_string_equal(plan[0].node->state_name, plan[1].node->state_name);
	feeder.input[0].node = plan[2].node;
	for (uint32_t epoch = 0; epoch < 10; epoch++)
		both_epoch(&feeder, way, fed, 1, false);
	fed_clear(&fed[0]);
	take_over(fed[0].op, fed[1].op);
	for (uint32_t epoch = 0; epoch < 15; epoch++) {
		both_epoch(&feeder, way, fed, 2, epoch == 14);
		for (uint32_t i = 0; i < 2; i++)
			keep_columns(&fed[i], change->column[i], change->columns);
		compared += fed[0].count;
		same_output(change->after, seed, &fed[0], &fed[1]);
	}
	assert_true(compared > 0);
	for (uint32_t i = 0; i < 2; i++) {
		wr_op_free(way[i].calc);
		fed_close(&fed[i]);
	}
	for (uint32_t i = 0; i < 3; i++)
		plan_close(&plan[i]);
	feeder_release(&feeder);
}

/* Column 0 is the key; COUNT(*) makes every touched key show in both. */
static const struct change changes[] = {
    {"SELECT k, COUNT(*), COUNT(DISTINCT v), MAX(s), AVG(d) FROM a GROUP BY k",
     "SELECT k, AVG(d), COUNT(*), COUNT(DISTINCT v) FILTER (WHERE v > 2), COUNT(DISTINCT v), "
     "MAX(s), MIN(v) FROM a GROUP BY k",
     WR_N_GROUP_AGG,
     5,
     {{0, 1, 2, 3, 4}, {0, 2, 4, 5, 1}}},
    {"SELECT k, COUNT(*), SUM(DISTINCT v), COUNT(DISTINCT v), AVG(DISTINCT v) FROM a GROUP BY k",
     "SELECT k, COUNT(DISTINCT v) AS n, COUNT(*) FROM a GROUP BY k",
     WR_N_GROUP_AGG,
     3,
     {{0, 1, 3}, {0, 2, 1}}},
    {"SELECT k, COUNT(*), COUNT(DISTINCT v), SUM(DISTINCT v) FROM a GROUP BY k",
     "SELECT k, COUNT(*), SUM(DISTINCT v), LISTAGG(DISTINCT CAST(v AS STRING)), COUNT(DISTINCT v) "
     "FROM a GROUP BY k",
     WR_N_GROUP_AGG,
     4,
     {{0, 1, 2, 3}, {0, 1, 4, 2}}},
    {"SELECT k, COUNT(*), COUNT(DISTINCT v), LISTAGG(s) FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), "
     "INTERVAL '2' SECOND, INTERVAL '6' SECOND)) GROUP BY k, window_start, window_end",
     "SELECT k, SUM(v), LISTAGG(s), COUNT(DISTINCT v), COUNT(*), COUNT(DISTINCT v) FILTER (WHERE "
     "v > 3) FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, INTERVAL '6' SECOND)) "
     "GROUP BY k, window_start, window_end",
     WR_N_WINDOW_AGG,
     4,
     {{0, 1, 2, 3}, {0, 4, 3, 2}}},
    {"SELECT k, COUNT(*), SUM(v), MAX(s) FROM TABLE(SESSION(TABLE a PARTITION BY k, "
     "DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end",
     "SELECT k, MIN(v), MAX(s), COUNT(*), SUM(v) FROM TABLE(SESSION(TABLE a PARTITION BY k, "
     "DESCRIPTOR(ts), INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end",
     WR_N_SESSION_AGG,
     4,
     {{0, 1, 2, 3}, {0, 3, 4, 2}}},
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < WR_COUNT(changes); i++)
		for (uint64_t seed = 1; seed <= 6; seed++)
			run_change(&changes[i], seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
