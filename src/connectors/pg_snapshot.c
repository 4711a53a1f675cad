/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_snapshot - see pg_snapshot.h.
 */
#include "connectors/pg_snapshot.h"

#include "base/macros.h"
#include "base/mem.h"

/* Reads a number that ends before `end` or a character that is no digit. */
static const char *take_number(const char *at, const char *end, uint64_t *out)
{
	const char *first = at;

	*out = 0;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(*at - '0'), out))
			return NULL;
	return at > first ? at : NULL;
}

/* Reads the running ones, which are to ascend within [xmin, xmax). */
static bool take_running(struct wr_pg_snapshot *snapshot, const char *at, const char *end)
{
	uint32_t capacity = 0;

	while (at < end) {
		uint64_t xid;

		at = take_number(at, end, &xid);
		if (at == NULL || xid < snapshot->xmin || xid >= snapshot->xmax)
			return false;
		if (snapshot->running_count > 0 &&
		    snapshot->running[snapshot->running_count - 1] >= xid)
			return false;
		if (snapshot->running_count == capacity) {
			capacity = WR_MAX(8, 2 * capacity);
			snapshot->running =
			    wr_realloc(snapshot->running, capacity * sizeof *snapshot->running);
		}
		snapshot->running[snapshot->running_count++] = xid;
		if (at < end && (*at++ != ',' || at == end))
			return false;
	}
	return true;
}

bool wr_pg_snapshot_read(struct wr_pg_snapshot *snapshot, struct wr_str text)
{
	const char *at = text.data, *end = text.data + text.len;

	*snapshot = (struct wr_pg_snapshot){0};
	at = take_number(at, end, &snapshot->xmin);
	if (at == NULL || at == end || *at++ != ':')
		return false;
	at = take_number(at, end, &snapshot->xmax);
	if (at == NULL || at == end || *at++ != ':' || snapshot->xmin > snapshot->xmax)
		return false;
	if (take_running(snapshot, at, end))
		return true;
	wr_pg_snapshot_release(snapshot);
	return false;
}

void wr_pg_snapshot_release(struct wr_pg_snapshot *snapshot)
{
	wr_free(snapshot->running);
	*snapshot = (struct wr_pg_snapshot){0};
}

/* The full number nearest to `near` with these lower bits. */
static uint64_t widen(uint32_t xid, uint64_t near)
{
	int32_t distance = (int32_t)(xid - (uint32_t)near);

	return near + (uint64_t)(int64_t)distance;
}

bool wr_pg_snapshot_sees(const struct wr_pg_snapshot *snapshot, uint32_t xid)
{
	uint64_t full = widen(xid, snapshot->xmax);
	uint32_t low = 0, high = snapshot->running_count;

	if (full < snapshot->xmin)
		return true;
	if (full >= snapshot->xmax)
		return false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (snapshot->running[middle] == full)
			return false;
		if (snapshot->running[middle] < full)
			low = middle + 1;
		else
			high = middle;
	}
	return true;
}
