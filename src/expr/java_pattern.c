/* SPDX-License-Identifier: Apache-2.0
 *
 * java_pattern - see java_pattern.h.
 */
#include "expr/java_pattern.h"

#include <stdio.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/macros.h"
#include "data/datetime.h"

/* Compiles only when the text differs from that of the row before. */
const struct wr_java_format *wr_java_pattern_get(struct wr_java_pattern *pattern,
						 enum wr_java_dialect dialect, struct wr_str text)
{
	bool same = pattern->known && pattern->len == text.len &&
		    memcmp(pattern->text, text.data, text.len) == 0;

	if (!same) {
		pattern->ok = wr_java_format_init(&pattern->format, dialect, text.data, text.len,
						  pattern->reason);
		pattern->known = text.len <= sizeof pattern->text;
		if (pattern->known) {
			memcpy(pattern->text, text.data, text.len);
			pattern->len = text.len;
		}
	}
	return pattern->ok ? &pattern->format : NULL;
}

/* "GMT+h[h]", "GMT+hh[:]mm": java.util.TimeZone's custom ids. */
static bool is_gmt_offset(const char *id)
{
	const char *p = id + 4;
	int digits = 0;

	if (strncmp(id, "GMT", 3) != 0 || (id[3] != '+' && id[3] != '-'))
		return false;
	while (p[digits] >= '0' && p[digits] <= '9')
		digits++;
	if (p[digits] == '\0')
		return digits >= 1 && digits <= 4;
	return p[digits] == ':' && digits <= 2 && strlen(p + digits) == 3;
}

/* Whether java.util.TimeZone looks the id up: not an offset by itself, no "UTC+8". */
static bool is_region(const char *id)
{
	return id[0] >= 'A' && id[0] <= 'Z' && strpbrk(id, "+-") == NULL && strcmp(id, "Z") != 0;
}

/* Abbreviations that java.util.TimeZone knows and java.time.ZoneId does not. */
static bool is_abbreviation(const char *id)
{
	static const char known[] = "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT EST HST "
				    "IET IST JST MIT MST NET NST PLT PNT PRT PST SST VST ";
	char word[5];

	if (strlen(id) != 3)
		return false;
	snprintf(word, sizeof word, "%.3s ", id);
	return strstr(known, word) != NULL;
}

static bool is_etc(const char *id)
{
	return strncmp(id, "Etc/", 4) == 0;
}

/* Opens a zone only when the id differs from that of the row before. */
bool wr_java_zone_set(struct wr_java_zone *zone, struct wr_str id, bool lenient)
{
	if (zone->known && strlen(zone->id) == id.len && memcmp(zone->id, id.data, id.len) == 0)
		return zone->ok;
	wr_java_zone_release(zone);
	if (id.len >= sizeof zone->id)
		return lenient;
	memcpy(zone->id, id.data, id.len);
	zone->id[id.len] = '\0';
	zone->known = true;
	if (lenient && !is_gmt_offset(zone->id) && !is_region(zone->id) && !is_etc(zone->id)) {
		zone->ok = true;
		return true;
	}
	if (!lenient && is_abbreviation(zone->id)) {
		zone->ok = false;
		return false;
	}
	wr_status *status = wr_zone_open(zone->id, &zone->zone);
	zone->ok = status == NULL || lenient;
	if (status != NULL)
		zone->zone = NULL;
	wr_status_free(status);
	return zone->ok;
}

void wr_java_zone_release(struct wr_java_zone *zone)
{
	wr_zone_close(zone->zone);
	*zone = (struct wr_java_zone){.known = false};
}

/* Looks for the same local time under an offset that comes into force soon after. */
int64_t wr_java_zone_to_utc(const struct wr_zone *zone, int64_t local_ms)
{
	static const int64_t ahead[] = {WR_MS_HOUR, 3 * (int64_t)WR_MS_HOUR, WR_MS_DAY};

	if (wr_zone_is_utc(zone))
		return local_ms;
	int64_t utc = wr_zone_to_utc(zone, local_ms);
	for (size_t i = 0; i < WR_COUNT(ahead); i++) {
		int64_t later = local_ms - wr_zone_offset_ms(zone, utc + ahead[i]);
		if (later > utc && wr_zone_to_local(zone, later) == local_ms)
			return later;
	}
	return utc;
}

/* ICU's names; where it has none, an offset such as GMT+8. */
const char *wr_java_zone_name(const struct wr_zone *zone, int64_t utc_ms, char *out, size_t size)
{
	UChar id[64], name[64];
	UErrorCode error = U_ZERO_ERROR;

	snprintf(out, size, "UTC");
	if (wr_zone_is_utc(zone))
		return out;
	snprintf(out, size, "%s", wr_zone_id(zone));
	u_uastrncpy(id, wr_zone_id(zone), 63);
	id[63] = 0;
	UCalendar *calendar = ucal_open(id, -1, "en_US", UCAL_GREGORIAN, &error);
	if (U_FAILURE(error))
		return out;
	ucal_setMillis(calendar, (double)utc_ms, &error);
	bool summer = ucal_get(calendar, UCAL_DST_OFFSET, &error) != 0;
	int32_t len = ucal_getTimeZoneDisplayName(
	    calendar, summer ? UCAL_SHORT_DST : UCAL_SHORT_STANDARD, "en_US", name, 64, &error);
	if (U_SUCCESS(error) && len > 0 && (size_t)len < size)
		u_austrncpy(out, name, (int32_t)size);
	ucal_close(calendar);
	return out;
}
