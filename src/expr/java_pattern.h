/* SPDX-License-Identifier: Apache-2.0
 *
 * java_pattern - a pattern argument of a function, compiled once while its text stays the same; and
 * the zones that functions are given by name.
 *
 * Thread: one owner. Memory: a zone that is held is closed by the release function.
 */
#ifndef WR_EXPR_JAVA_PATTERN_H
#define WR_EXPR_JAVA_PATTERN_H

#include "base/text.h"
#include "data/zone.h"
#include "expr/java_format.h"

#define WR_JAVA_DEFAULT_PATTERN "yyyy-MM-dd HH:mm:ss"

struct wr_java_pattern {
	bool known;                      /* `format` is that of `text` */
	bool ok;                         /* text is a pattern; else `reason` says why not */
	size_t len;                      /* of text */
	char text[WR_JAVA_PATTERN_MAX];  /* what was compiled */
	char reason[WR_JAVA_REASON_MAX]; /* meaningful when !ok */
	struct wr_java_format format;    /* meaningful when ok */
};
/* Start with a zeroed struct. The compiled pattern, or NULL: it is none, see `reason`. */
const struct wr_java_format *wr_java_pattern_get(struct wr_java_pattern *pattern,
						 enum wr_java_dialect dialect, struct wr_str text);

struct wr_java_zone {
	bool known;           /* `zone` is that of `id` */
	bool ok;              /* id is a zone's */
	struct wr_zone *zone; /* owned; NULL: UTC */
	char id[64];          /* NUL-terminated */
};
/* Start with a zeroed struct. false: no such zone. With `lenient` as java.util.TimeZone.getTimeZone
 * does: what is no id of a region and not "GMT+h[h][:mm]" is UTC; else as java.time.ZoneId.of. */
bool wr_java_zone_set(struct wr_java_zone *zone, struct wr_str id, bool lenient);
void wr_java_zone_release(struct wr_java_zone *zone);

/* Local time to UTC as java.util.GregorianCalendar: of two possible instants the later one. */
int64_t wr_java_zone_to_utc(const struct wr_zone *zone, int64_t local_ms);
/* The zone's short English name at an instant ("PST"), for the letter z; at most `size` bytes. */
const char *wr_java_zone_name(const struct wr_zone *zone, int64_t utc_ms, char *out, size_t size);

#endif
