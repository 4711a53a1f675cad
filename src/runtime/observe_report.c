/* SPDX-License-Identifier: Apache-2.0
 *
 * observe_report - what observe.h shows, and what the watch has seen, as JSON.
 */
#include <time.h>

#include "base/env.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "runtime/job_inner.h"
#include "runtime/job_report.h"
#include "runtime/observe.h"

#define DETAIL_BYTES_MAX 2000 /* of an operator in the graph */
#define KEYS_SHOWN       20
#define GROUPS_SHOWN     1024 /* key groups: where there are more, neighbours are added up */
#define FIRST_WAIT_MS    500  /* for rows, when the watch has just been opened */

/* --- graph --------------------------------------------------------------------------------------
 */

static const char *table_of(const struct wr_node *node)
{
	if (node->kind == WR_N_SCAN)
		return node->u.scan.table->name;
	if (node->kind == WR_N_SINK)
		return node->u.sink.table != NULL ? node->u.sink.table->name : "*result*";
	return NULL;
}

/* The operator as EXPLAIN shows it, cut where it is long. */
static void put_detail(struct wr_text *out, const struct wr_node *node)
{
	struct wr_text detail;

	wr_text_init(&detail);
	wr_plan_print_node(&detail, node);
	if (detail.len > DETAIL_BYTES_MAX) {
		size_t len = DETAIL_BYTES_MAX;

		while (len > 0 && ((unsigned char)detail.data[len] & 0xc0) == 0x80)
			len--; /* not within a character */
		detail.len = len;
		wr_text_puts(&detail, "...");
	}
	wr_text_json(out, wr_text_str(&detail));
	wr_text_release(&detail);
}

void wr_report_graph(struct wr_text *out, struct wr_job *job)
{
	struct wr_observed *observed = wr_observe(job);

	wr_text_puts(out, "{\"nodes\":[");
	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];

		wr_text_printf(out, "%s{\"id\":%u,\"stage\":%u,\"name\":", i > 0 ? "," : "",
			       op->node->id, op->stage);
		wr_text_json(out, op->name);
		wr_text_puts(out, ",\"detail\":");
		put_detail(out, op->node);
		if (table_of(op->node) != NULL) {
			wr_text_puts(out, ",\"table\":");
			wr_text_json(out, table_of(op->node));
		}
		if (op->node->pos.line > 0)
			wr_report_number(out, "sql_line", op->node->pos.line);
		wr_report_number(out, "parallelism", op->subtask_count);
		wr_text_putc(out, '}');
	}
	wr_text_puts(out, "],\"edges\":[");
	for (uint32_t i = 0; i < observed->edge_count; i++) {
		const struct wr_observed_edge *edge = &observed->edge[i];

		wr_text_printf(out, "%s{\"from\":%u,\"to\":%u,\"kind\":\"%s\"}", i > 0 ? "," : "",
			       observed->op[edge->from].node->id, observed->op[edge->to].node->id,
			       edge->kind);
	}
	wr_text_puts(out, "]}");
	wr_observed_free(observed);
}

/* --- operators ----------------------------------------------------------------------------------
 */

void wr_report_quantiles(struct wr_text *out, const struct wr_histogram_sum *sum)
{
	if (sum->total == 0) {
		wr_text_puts(out, ",\"p50_us\":null,\"p95_us\":null,\"p99_us\":null");
		return;
	}
	wr_text_printf(out, ",\"p50_us\":%.0f,\"p95_us\":%.0f,\"p99_us\":%.0f",
		       wr_histogram_quantile(sum, 0.50), wr_histogram_quantile(sum, 0.95),
		       wr_histogram_quantile(sum, 0.99));
}

/* Members of an operator, or of a subtask. */
static void put_figures(struct wr_text *out, const struct wr_op_figures *figures,
			const struct wr_op_shares *shares)
{
	wr_report_number(out, "rows_in", figures->rows_in);
	wr_report_number(out, "rows_out", figures->rows_out);
	wr_report_number(out, "batches", figures->batches);
	wr_report_number(out, "late", figures->late);
	wr_report_number(out, "bad", figures->bad);
	wr_report_number(out, "filtered", figures->filtered);
	wr_report_number(out, "state_bytes", figures->state_bytes);
	if (figures->watermark_ms == WR_WATERMARK_MIN || figures->watermark_ms == WR_WATERMARK_MAX)
		wr_text_puts(out, ",\"watermark_ms\":null");
	else
		wr_text_printf(out, ",\"watermark_ms\":%lld", (long long)figures->watermark_ms);
	wr_report_number(out, "busy_us", (uint64_t)WR_MAX(figures->busy_us, 0));
	wr_report_number(out, "blocked_us", (uint64_t)WR_MAX(figures->blocked_us, 0));
	wr_text_printf(out, ",\"busy\":%.4f,\"idle\":%.4f,\"backpressure\":%.4f", shares->busy,
		       shares->idle, shares->blocked);
}

/* The sinks with their latency. */
static void put_sinks(struct wr_text *out, const struct wr_observed *observed)
{
	wr_text_puts(out, ",\"sinks\":[");
	for (uint32_t i = 0; i < observed->sink_count; i++) {
		const struct wr_observed_sink *sink = &observed->sink[i];

		wr_text_puts(out, i > 0 ? ",{\"table\":" : "{\"table\":");
		wr_text_json(out, sink->table);
		wr_report_number(out, "id", sink->node->id);
		wr_report_number(out, "rows", sink->rows);
		wr_report_number(out, "rows_uncommitted", sink->uncommitted_rows);
		wr_report_number(out, "rows_rejected", sink->rejected);
		wr_report_number(out, "slo_violations", sink->slow_rows);
		wr_text_puts(out, ",\"latency\":{\"of\":");
		wr_text_json(out, sink->transactional ? "commit" : "write");
		wr_report_quantiles(out, &sink->latency);
		wr_text_puts(out, "}}");
	}
	wr_text_putc(out, ']');
}

void wr_report_operators(struct wr_text *out, struct wr_job *job, bool subtasks)
{
	struct wr_observed *observed = wr_observe(job);

	wr_text_puts(out, "{\"operators\":[");
	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];

		wr_text_printf(out, "%s{\"id\":%u,\"stage\":%u,\"name\":", i > 0 ? "," : "",
			       op->node->id, op->stage);
		wr_text_json(out, op->name);
		if (table_of(op->node) != NULL) {
			wr_text_puts(out, ",\"table\":");
			wr_text_json(out, table_of(op->node));
		}
		put_figures(out, &op->sum, &op->shares);
		wr_report_quantiles(out, &op->took);
		if (op->keyed)
			wr_text_printf(out, ",\"skew\":%.3f", wr_observed_skew(op));
		if (op->next_ms != INT64_MAX)
			wr_text_printf(out, ",\"next_fire_ms\":%lld", (long long)op->next_ms);
		wr_text_puts(out, ",\"subtasks\":[");
		for (uint32_t k = 0; subtasks && k < op->subtask_count; k++) {
			wr_text_printf(out, "%s{\"subtask\":%u", k > 0 ? "," : "",
				       op->subtask[k].worker);
			put_figures(out, &op->subtask[k].figures, &op->subtask[k].shares);
			wr_text_putc(out, '}');
		}
		wr_text_puts(out, "]}");
	}
	wr_text_putc(out, ']');
	put_sinks(out, observed);
	wr_text_putc(out, '}');
	wr_observed_free(observed);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

static bool has_op(struct wr_job *job, uint32_t id)
{
	struct wr_observed *observed = wr_observe(job);
	bool found = wr_observed_find(observed, id) != NULL;

	wr_observed_free(observed);
	return found;
}

static void put_columns(struct wr_text *out, const struct wr_row_ring *ring)
{
	wr_text_putc(out, '[');
	for (uint32_t i = 0; ring->schema != NULL && i < ring->schema->count; i++) {
		if (i > 0)
			wr_text_putc(out, ',');
		wr_text_json(out, ring->schema->field[i].name);
	}
	wr_text_putc(out, ']');
}

/* The last rows, the newest first. */
static void put_rows(struct wr_text *out, const struct wr_row_ring *ring, uint32_t max)
{
	uint64_t count = WR_MIN(ring->next, (uint64_t)WR_MIN(max, WR_WATCH_ROWS));

	wr_text_putc(out, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0)
			wr_text_putc(out, ',');
		wr_text_puts(out, wr_text_str(&ring->row[(ring->next - 1 - i) % WR_WATCH_ROWS]));
	}
	wr_text_putc(out, ']');
}

/* Opens the watch. When it was closed, waits until it has seen something, or a while. */
static void open_watch(struct wr_job *job, uint32_t id, bool keys)
{
	struct wr_watch *watch = &job->watch;
	struct timespec step = {.tv_nsec = 20000000};
	bool seen = !wr_watch_open(watch);

	for (uint32_t ms = 0; ms < FIRST_WAIT_MS && !seen; ms += 20) {
		nanosleep(&step, NULL);
		pthread_mutex_lock(&watch->lock);
		seen = !keys && watch->ring[id * 2].next + watch->ring[id * 2 + 1].next > 0;
		pthread_mutex_unlock(&watch->lock);
	}
}

void wr_report_late_rows(struct wr_text *out, struct wr_job *job)
{
	wr_watch_late_report(&job->watch, out);
}

bool wr_report_samples(struct wr_text *out, struct wr_job *job, uint32_t id, uint32_t max)
{
	struct wr_watch *watch = &job->watch;
	const struct wr_row_ring *ring;

	if (!has_op(job, id))
		return false;
	open_watch(job, id, false);
	pthread_mutex_lock(&watch->lock);
	ring = &watch->ring[id * 2];
	wr_text_puts(out, "{\"columns\":{\"in\":");
	put_columns(out, &ring[0]);
	wr_text_puts(out, ",\"out\":");
	put_columns(out, &ring[1]);
	wr_text_puts(out, "},\"in\":");
	put_rows(out, &ring[0], max);
	wr_text_puts(out, ",\"out\":");
	put_rows(out, &ring[1], max);
	wr_text_putc(out, '}');
	pthread_mutex_unlock(&watch->lock);
	return true;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

static bool stage_has(const struct wr_stage *stage, uint32_t id)
{
	for (uint32_t s = 0; s < stage->step_count; s++)
		if (stage->step[s].node != NULL && stage->step[s].node->id == id)
			return true;
	return false;
}

/* Adds what came through an exchange: keys of the same hash are the same. */
static void merge_keys(struct wr_heavy *sum, const struct wr_heavy *one)
{
	sum->total += one->total;
	for (uint32_t i = 0; i < one->count; i++) {
		const struct wr_heavy_key *from = &one->key[i];
		uint32_t k = 0;

		while (k < sum->count && sum->key[k].hash != from->hash)
			k++;
		if (k == WR_HEAVY_KEYS)
			continue; /* of the second side of a join, the less frequent ones */
		if (k == sum->count) {
			sum->key[sum->count++] = (struct wr_heavy_key){.hash = from->hash};
			wr_text_init(&sum->key[k].text);
			wr_text_puts(&sum->key[k].text, wr_text_str(&from->text));
		}
		sum->key[k].count += from->count;
		sum->key[k].over += from->over;
	}
}

/* The most frequent keys. */
static void put_keys(struct wr_text *out, const struct wr_heavy *sum)
{
	wr_text_puts(out, "{\"keys\":[");
	for (uint32_t i = 0; i < WR_MIN(sum->count, KEYS_SHOWN); i++) {
		wr_text_puts(out, i > 0 ? ",{\"key\":" : "{\"key\":");
		wr_text_json(out, wr_text_str(&sum->key[i].text));
		wr_text_printf(out, ",\"share\":%.6f",
			       (double)sum->key[i].count / (double)WR_MAX(sum->total, 1));
		wr_report_number(out, "count", sum->key[i].count);
		wr_report_number(out, "over", sum->key[i].over);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

/* What a look at the exchanges in front of an operator finds. */
struct keys_seen {
	struct wr_heavy heavy; /* keys of all of them */
	uint64_t *group;       /* rows; owned */
	uint32_t groups;       /* number of group */
};

/* What the exchanges in front of an operator have counted. */
static void see_keys(struct wr_job *job, uint32_t id, struct keys_seen *seen)
{
	seen->groups = job->options.max_parallelism;
	seen->group = wr_calloc(seen->groups, sizeof *seen->group);
	pthread_mutex_lock(&job->watch.lock);
	for (uint32_t s = 0; s < job->graph.stage_count; s++) {
		const struct wr_stage *stage = job->graph.stage[s];

		for (uint32_t i = 0; stage_has(stage, id) && i < stage->input_count; i++) {
			struct wr_edge_keys *keys = &job->watch.key[stage->input[i].edge->id];

			if (keys->group == NULL)
				continue;
			merge_keys(&seen->heavy, &keys->heavy);
			for (uint32_t g = 0; g < seen->groups; g++)
				seen->group[g] += keys->group[g];
		}
	}
	pthread_mutex_unlock(&job->watch.lock);
	wr_heavy_sort(&seen->heavy);
}

bool wr_report_hot_keys(struct wr_text *out, struct wr_job *job, uint32_t id)
{
	struct keys_seen *seen;
	uint32_t width;

	if (!has_op(job, id))
		return false;
	open_watch(job, id, true);
	seen = wr_calloc(1, sizeof *seen);
	see_keys(job, id, seen);
	put_keys(out, &seen->heavy);
	width = (seen->groups + GROUPS_SHOWN - 1) / GROUPS_SHOWN;
	wr_text_puts(out, ",\"key_groups\":[");
	for (uint32_t g = 0; g < seen->groups; g += width) {
		uint64_t rows = 0;

		for (uint32_t i = g; i < WR_MIN(g + width, seen->groups); i++)
			rows += seen->group[i];
		wr_text_printf(out, "%s%llu", g > 0 ? "," : "", (unsigned long long)rows);
	}
	wr_text_putc(out, ']');
	wr_report_number(out, "rows", seen->heavy.total);
	wr_text_putc(out, '}');
	wr_heavy_release(&seen->heavy);
	wr_free(seen->group);
	wr_free(seen);
	return true;
}
