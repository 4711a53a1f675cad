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
 * Stamps mean nothing to another run: what leaves the operator is the time of day of the last
 * write. While a job is down the time to live goes on.
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_TTL_H
#define WR_OP_TTL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/env.h"

#define WR_TTL_UNITS     1024  /* of a time to live */
#define WR_TTL_SWEEP_MAX 65536 /* slots looked at by one sweep: about a millisecond */

struct wr_ttl {
	int64_t unit_ms;  /* 0: state is kept for ever */
	int64_t start_ms; /* stamp 0, by the clock that never goes back */
	int64_t wall_ms;  /* stamp 0, by the time of day */
	uint32_t units;   /* of the time to live */
	uint32_t now;     /* stamp of now */
	uint32_t swept;   /* stamp of the last sweep */
};

static inline void wr_ttl_init(struct wr_ttl *ttl, int64_t ttl_ms, int64_t now_ms, int64_t wall_ms)
{
	*ttl = (struct wr_ttl){.start_ms = now_ms, .wall_ms = wall_ms};
	if (ttl_ms <= 0)
		return;
	ttl->unit_ms = (ttl_ms - 1) / WR_TTL_UNITS + 1; /* rounded up; any length */
	ttl->units = (uint32_t)((ttl_ms - 1) / ttl->unit_ms + 1);
}
/* The same at this moment. */
static inline void wr_ttl_start(struct wr_ttl *ttl, int64_t ttl_ms, struct wr_env *env)
{
	wr_ttl_init(ttl, ttl_ms, wr_mono_us(env) / 1000, wr_wall_us(env) / 1000);
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
/* A stamp as the time of day, and back: one of the future is now, one before this run expires when
 * it would have, or up to a unit later (stamps wrap around). */
static inline int64_t wr_ttl_save(const struct wr_ttl *ttl, uint32_t stamp)
{
	return ttl->wall_ms + ((int64_t)ttl->now - (int64_t)(ttl->now - stamp)) * ttl->unit_ms;
}
static inline uint32_t wr_ttl_load(const struct wr_ttl *ttl, int64_t wall_ms)
{
	int64_t age; /* in units */

	if (ttl->unit_ms == 0 || wall_ms >= ttl->wall_ms + (int64_t)ttl->now * ttl->unit_ms)
		return ttl->now;
	/* Far in the past: that much is as good as ever, and differences do not overflow. */
	if (wall_ms < ttl->wall_ms - 2 * (int64_t)ttl->units * ttl->unit_ms)
		return ttl->now - ttl->units - 1;
	age = ttl->now - (wall_ms - ttl->wall_ms) / ttl->unit_ms;
	return age > ttl->units ? ttl->now - ttl->units - 1 : ttl->now - (uint32_t)age;
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
