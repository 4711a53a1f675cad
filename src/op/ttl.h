/* SPDX-License-Identifier: Apache-2.0
 *
 * ttl - how long state is kept after it was written last (table.exec.state.ttl, STATE_TTL), by the
 * clock.
 *
 * What is written gets a stamp of 32 bits: units of a thousandth of the time to live since the
 * operator started. It is expired once the time to live and one unit more have passed; expired
 * state is never used again. An operator drops what it meets expired, and sweeps the rest a piece
 * at a mark.
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_TTL_H
#define WR_OP_TTL_H

#include <stdbool.h>
#include <stdint.h>

#define WR_TTL_UNITS     1024  /* of a time to live */
#define WR_TTL_SWEEP_MAX 65536 /* slots looked at by one sweep: about a millisecond */

struct wr_ttl {
	int64_t unit_ms;  /* 0: state is kept for ever */
	int64_t start_ms; /* stamp 0 */
	uint32_t units;   /* of the time to live */
	uint32_t now;     /* stamp of now */
	uint32_t swept;   /* stamp of the last sweep */
};

static inline void wr_ttl_init(struct wr_ttl *ttl, int64_t ttl_ms, int64_t now_ms)
{
	*ttl = (struct wr_ttl){.start_ms = now_ms};
	if (ttl_ms <= 0)
		return;
	ttl->unit_ms = (ttl_ms + WR_TTL_UNITS - 1) / WR_TTL_UNITS;
	ttl->units = (uint32_t)((ttl_ms + ttl->unit_ms - 1) / ttl->unit_ms);
}
/* Sets the clock: once a batch, and at marks. */
static inline void wr_ttl_tick(struct wr_ttl *ttl, int64_t now_ms)
{
	if (ttl->unit_ms > 0)
		ttl->now = (uint32_t)((now_ms - ttl->start_ms) / ttl->unit_ms);
}
static inline bool wr_ttl_expired(const struct wr_ttl *ttl, uint32_t stamp)
{
	return ttl->unit_ms > 0 && ttl->now - stamp > ttl->units;
}
/* How many slots of `count` a sweep looks at now: a round of all takes a quarter of the time to
 * live, in pieces of bounded size. */
static inline uint64_t wr_ttl_sweep(struct wr_ttl *ttl, uint64_t count)
{
	uint64_t passed = ttl->now - ttl->swept, piece;

	ttl->swept = ttl->now;
	piece = passed * 4 >= ttl->units ? count : count * passed * 4 / ttl->units + (passed > 0);
	return piece < WR_TTL_SWEEP_MAX ? piece : WR_TTL_SWEEP_MAX;
}

#endif
