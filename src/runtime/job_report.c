/* SPDX-License-Identifier: Apache-2.0
 *
 * job_report - see job_report.h.
 */
#include "runtime/job_report.h"

#define PARTITIONS_MAX 1000 /* listed of a table; all of them are added up */

void wr_report_number(struct wr_text *out, const char *name, uint64_t value)
{
	wr_text_printf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

void wr_report_text(struct wr_text *out, const char *name, const char *text)
{
	wr_text_printf(out, ",\"%s\":", name);
	if (text != NULL)
		wr_text_json(out, text);
	else
		wr_text_puts(out, "null");
}

void wr_report_time(struct wr_text *out, const char *name, int64_t us)
{
	if (us < 0)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)us / 1000);
}

void wr_report_stats(struct wr_text *out, const struct wr_job_stats *stats)
{
	wr_report_time(out, "elapsed_ms", stats->elapsed_us);
	wr_report_number(out, "rows_in", stats->rows_in);
	wr_report_number(out, "rows_out", stats->rows_out);
	wr_report_number(out, "rows_late", stats->rows_late);
	wr_report_number(out, "rows_bad", stats->rows_bad);
	wr_report_number(out, "state_bytes", stats->state_bytes);
	if (stats->watermark_ms != WR_WATERMARK_MIN && stats->watermark_ms != WR_WATERMARK_MAX)
		wr_text_printf(out, ",\"watermark_ms\":%lld", (long long)stats->watermark_ms);
	if (stats->checkpoint.on) {
		wr_report_number(out, "checkpoint", stats->checkpoint.number);
		wr_report_number(out, "checkpoints_done", stats->checkpoint.done);
		wr_report_number(out, "checkpoints_failed", stats->checkpoint.failed);
		wr_report_number(out, "checkpoint_bytes", stats->checkpoint.bytes);
		wr_report_time(out, "checkpoint_duration_ms", stats->checkpoint.duration_us);
		wr_report_time(out, "checkpoint_age_ms", stats->checkpoint.age_us);
	}
}

void wr_report_stages(struct wr_text *out, const struct wr_job *job)
{
	wr_text_puts(out, ",\"stages\":[");
	for (uint32_t i = 0; i < wr_job_stage_count(job); i++) {
		struct wr_stage_load load;
		struct wr_text name;

		wr_job_stage_load(job, i, &load);
		wr_text_init(&name);
		wr_job_stage_name(job, i, &name);
		wr_text_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		wr_text_json(out, wr_text_str(&name));
		wr_report_number(out, "tasks", load.tasks);
		wr_report_number(out, "busy_us", (uint64_t)load.busy_us);
		wr_report_number(out, "blocked_us", (uint64_t)load.blocked_us);
		wr_text_putc(out, '}');
		wr_text_release(&name);
	}
	wr_text_putc(out, ']');
}

/* The partitions of a table as they come. */
struct lags {
	struct wr_text list; /* of them, as JSON */
	uint64_t lag;        /* of those whose ends are known */
	uint32_t count;      /* partitions */
	uint32_t known;      /* of them, those whose ends are known */
};

static void add_lag(void *own, const struct wr_split_lag *split)
{
	struct lags *lags = own;
	int64_t lag = split->end - split->offset;

	if (split->end >= 0) {
		lags->known++;
		lags->lag += (uint64_t)lag;
	}
	if (lags->count++ >= PARTITIONS_MAX)
		return;
	wr_text_puts(&lags->list, lags->list.len > 0 ? ",{\"topic\":" : "{\"topic\":");
	wr_text_json(&lags->list, split->origin);
	wr_text_printf(&lags->list, ",\"partition\":%lld,\"offset\":%lld",
		       (long long)split->partition, (long long)split->offset);
	if (split->end >= 0)
		wr_text_printf(&lags->list, ",\"end\":%lld,\"lag\":%lld}", (long long)split->end,
			       (long long)lag);
	else
		wr_text_puts(&lags->list, ",\"end\":null,\"lag\":null}");
}

static void put_lag(struct wr_text *out, const struct wr_job *job, uint32_t table)
{
	struct lags lags = {0};

	wr_text_init(&lags.list);
	wr_job_table_lag(job, table, add_lag, &lags);
	if (lags.known > 0)
		wr_report_number(out, "lag", lags.lag);
	if (lags.count > 0)
		wr_text_printf(out, ",\"partitions\":[%s]", wr_text_str(&lags.list));
	wr_text_release(&lags.list);
}

void wr_report_tables(struct wr_text *out, const struct wr_job *job)
{
	wr_text_puts(out, ",\"tables\":[");
	for (uint32_t i = 0; i < wr_job_table_count(job); i++) {
		struct wr_table_stats stats;

		wr_job_table_stats(job, i, &stats);
		wr_text_puts(out, i > 0 ? ",{\"table\":" : "{\"table\":");
		wr_text_json(out, stats.table);
		wr_report_number(out, stats.is_source ? "rows_in" : "rows_out", stats.rows);
		if (stats.watermark_ms != WR_WATERMARK_MIN &&
		    stats.watermark_ms != WR_WATERMARK_MAX)
			wr_text_printf(out, ",\"watermark_ms\":%lld",
				       (long long)stats.watermark_ms);
		put_lag(out, job, i);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}
