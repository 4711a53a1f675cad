/* SPDX-License-Identifier: Apache-2.0
 *
 * answer - see answer.h.
 */
#include "cli/answer.h"

#define PARTITIONS_MAX 1000 /* listed of a table; all of them are added up */

void wr_answer_number(struct wr_text *out, const char *name, uint64_t value)
{
	wr_text_printf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

void wr_answer_time(struct wr_text *out, const char *name, int64_t us)
{
	if (us < 0)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)us / 1000);
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
		wr_answer_number(out, "lag", lags.lag);
	if (lags.count > 0)
		wr_text_printf(out, ",\"partitions\":[%s]", wr_text_str(&lags.list));
	wr_text_release(&lags.list);
}

void wr_answer_tables(struct wr_text *out, const struct wr_job *job)
{
	wr_text_puts(out, ",\"tables\":[");
	for (uint32_t i = 0; i < wr_job_table_count(job); i++) {
		struct wr_table_stats stats;

		wr_job_table_stats(job, i, &stats);
		wr_text_puts(out, i > 0 ? ",{\"table\":" : "{\"table\":");
		wr_text_json(out, stats.table);
		wr_answer_number(out, stats.is_source ? "rows_in" : "rows_out", stats.rows);
		if (stats.watermark_ms != WR_WATERMARK_MIN &&
		    stats.watermark_ms != WR_WATERMARK_MAX)
			wr_text_printf(out, ",\"watermark_ms\":%lld",
				       (long long)stats.watermark_ms);
		put_lag(out, job, i);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}
