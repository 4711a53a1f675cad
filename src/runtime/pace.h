/* SPDX-License-Identifier: Apache-2.0
 *
 * pace - when a source is asked for rows, and for how many: 'scan.rate-limit', 'scan.priority' and
 * 'scan.watermark.alignment.*', as functions of facts.
 *
 * The rate limit is a bucket of tokens, a token a row. A claim may take what is in it, but no more
 * than WR_PACE_SLICE_US bring, so that rows come evenly and not in bursts. It is charged for what
 * it asked for, and afterwards for the difference to what came: the bucket may be in debt, and
 * nothing is asked for until that is paid.
 *
 * A source gives way while one of a higher priority has rows; one block in WR_PACE_TURNS it gets
 * all the same, and one every WR_PACE_PATIENCE_US, for the other one may have rows and not get on.
 *
 * Thread: pure functions.
 */
#ifndef WR_RUNTIME_PACE_H
#define WR_RUNTIME_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define WR_PACE_SLICE_US    20000  /* of a rate limit: at most so much at once */
#define WR_PACE_SAVED_US    100000 /* what was not used is kept for so long */
#define WR_PACE_TURNS       16     /* a source of low priority has one block in so many */
#define WR_PACE_PATIENCE_US 100000 /* and one at least so often */

struct wr_bucket {
	double rate;   /* tokens a second; 0: no limit */
	double tokens; /* < 0: debt */
	int64_t at_us; /* monotonic: when `tokens` held */
};

void wr_bucket_init(struct wr_bucket *bucket, int64_t rate, int64_t now_us);
/* Rows that may be asked for now, already charged; 0: none, and *wait_us says for how long. */
uint64_t wr_bucket_take(struct wr_bucket *bucket, int64_t now_us, int64_t *wait_us);
/* `asked` rows were charged, `came` it is. */
void wr_bucket_settle(struct wr_bucket *bucket, uint64_t asked, uint64_t came);

/* What is known when a source could give way to others. */
struct wr_priority_facts {
	bool higher_has_rows; /* a source of a higher priority has */
	uint32_t given_way;   /* epochs in a row in which it has */
	int64_t since_us;     /* since its last block */
};
bool wr_gives_way(const struct wr_priority_facts *facts);

/* Whether a source or split with the watermark is ahead of its group, whose lowest is given
 * (INT64_MAX: nobody counts), by more than the drift allowed. */
bool wr_is_ahead(int64_t watermark_ms, int64_t lowest_ms, int64_t max_drift_ms);

#endif
