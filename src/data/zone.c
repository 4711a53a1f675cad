/* SPDX-License-Identifier: Apache-2.0
 *
 * zone - time zones as tables of transitions.
 *
 * Opening a named zone walks ICU's transitions once, up to TABLE_END; lookups are binary searches.
 * Rules repeat every 400 years (the calendar's period, also in days of the week), so a later
 * instant is moved back by whole periods into the last 400 years of the table.
 */
#include "data/zone.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/macros.h"
#include "base/mem.h"

#define PERIOD_MS       12622780800000ll /* 400 years */
#define TABLE_END       16725225600000ll /* 2500-01-01 */
#define TABLE_BEGIN     -1e16            /* long before any clock kept a zone */
#define ID_MAX          64               /* characters of the longest zone id; ICU's are shorter */
#define TRANSITIONS_MAX 4096             /* two a year until 2500, and the history */

struct transition {
	int64_t utc_ms;    /* first instant of the new offset */
	int64_t local_ms;  /* local time from which on the new offset is meant: utc_ms + the larger
			      offset */
	int32_t offset_ms; /* from then on */
};

struct wr_zone {
	char *id;                 /* as given; owned */
	int32_t first_offset_ms;  /* before the first transition; the only one of a fixed offset */
	uint32_t count;           /* transitions */
	struct transition *table; /* ascending; owned; NULL when count is 0 */
};

/* --- fixed offsets
 * ----------------------------------------------------------------------------------- */

static bool take_number(const char **p, int max_digits, int32_t *value)
{
	int count = 0;

	*value = 0;
	for (; count < max_digits && **p >= '0' && **p <= '9'; count++)
		*value = *value * 10 + *(*p)++ - '0';
	return count != 0;
}

/* "[UTC|GMT|UT][+-]h[h][[:]mm[:ss]]", "Z", "UTC", "GMT", "UT", "Etc/UTC"; false: not of that form.
 */
static bool parse_fixed(const char *id, int32_t *offset_ms)
{
	static const char *const names[] = {"UTC",     "GMT",     "UT",   "Z",
					    "Etc/UTC", "Etc/GMT", "Zulu", "Universal"};
	int32_t hour, minute = 0, second = 0;

	*offset_ms = 0;
	for (size_t i = 0; i < WR_COUNT(names); i++) {
		if (strcmp(id, names[i]) == 0)
			return true;
	}
	if (strncmp(id, "UTC", 3) == 0 || strncmp(id, "GMT", 3) == 0)
		id += 3;
	else if (strncmp(id, "UT", 2) == 0)
		id += 2;
	if (*id != '+' && *id != '-')
		return false;
	bool negative = *id++ == '-';
	if (!take_number(&id, 2, &hour))
		return false;
	bool colon = *id == ':';
	id += colon;
	if (*id != '\0' && !take_number(&id, 2, &minute))
		return false;
	if (colon && *id == ':') {
		id++;
		if (!take_number(&id, 2, &second))
			return false;
	}
	if (*id != '\0' || hour > 18 || minute > 59 || second > 59)
		return false;
	*offset_ms = (hour * 3600 + minute * 60 + second) * 1000;
	if (negative)
		*offset_ms = -*offset_ms;
	return true;
}

/* --- named zones
 * -------------------------------------------------------------------------------------- */

static int32_t offset_at(UCalendar *calendar, UDate utc, UErrorCode *error)
{
	ucal_setMillis(calendar, utc, error);
	return ucal_get(calendar, UCAL_ZONE_OFFSET, error) +
	       ucal_get(calendar, UCAL_DST_OFFSET, error);
}

/* Walks the transitions; those that do not change the offset (only its name) are left out. */
static void load_table(struct wr_zone *zone, UCalendar *calendar, UErrorCode *error)
{
	struct transition *table = wr_malloc(TRANSITIONS_MAX * sizeof *table);
	UDate at = TABLE_BEGIN;

	zone->first_offset_ms = offset_at(calendar, at, error);
	int32_t before = zone->first_offset_ms;
	while (U_SUCCESS(*error) && zone->count < TRANSITIONS_MAX) {
		ucal_setMillis(calendar, at, error);
		if (!ucal_getTimeZoneTransitionDate(calendar, UCAL_TZ_TRANSITION_NEXT, &at,
						    error) ||
		    at >= (UDate)TABLE_END)
			break;
		int32_t offset = offset_at(calendar, at, error);
		if (offset == before)
			continue;
		table[zone->count++] = (struct transition){
		    .utc_ms = (int64_t)at,
		    .local_ms = (int64_t)at + WR_MAX(offset, before),
		    .offset_ms = offset,
		};
		before = offset;
	}
	zone->table = wr_realloc(table, (zone->count + 1) * sizeof *table);
}

/* ICU opens unknown ids as GMT, so the id is checked first. */
static bool load_named(struct wr_zone *zone, const char *id)
{
	UChar wide[ID_MAX + 1];
	UChar canonical[ID_MAX + 1];
	UErrorCode error = U_ZERO_ERROR;
	UBool is_system = 0;
	size_t len = strlen(id);

	if (len == 0 || len > ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)id[i] >= 0x80)
			return false;
		wide[i] = (UChar)id[i];
	}
	wide[len] = 0;
	ucal_getCanonicalTimeZoneID(wide, (int32_t)len, canonical, ID_MAX, &is_system, &error);
	if (U_FAILURE(error) || !is_system || strcmp(id, "Etc/Unknown") == 0)
		return false;
	UCalendar *calendar = ucal_open(wide, (int32_t)len, "en", UCAL_GREGORIAN, &error);
	if (U_FAILURE(error))
		return false;
	load_table(zone, calendar, &error);
	ucal_close(calendar);
	return U_SUCCESS(error);
}

wr_status *wr_zone_open(const char *id, struct wr_zone **zone)
{
	struct wr_zone *new_zone = wr_calloc(1, sizeof *new_zone);

	*zone = NULL;
	new_zone->id = wr_strdup(id);
	if (parse_fixed(id, &new_zone->first_offset_ms) || load_named(new_zone, id)) {
		*zone = new_zone;
		return NULL;
	}
	wr_zone_close(new_zone);
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is not a known time zone", id),
	    "Write a region such as 'Asia/Shanghai', or an offset such as 'GMT+08:00'");
}

void wr_zone_close(struct wr_zone *zone)
{
	if (zone == NULL)
		return;
	wr_free(zone->id);
	wr_free(zone->table);
	wr_free(zone);
}

const char *wr_zone_id(const struct wr_zone *zone)
{
	return zone != NULL ? zone->id : "UTC";
}

bool wr_zone_is_utc(const struct wr_zone *zone)
{
	return zone == NULL || (zone->count == 0 && zone->first_offset_ms == 0);
}

/* Moves an instant behind the table into it. */
static int64_t into_table(int64_t ms)
{
	if (ms < TABLE_END)
		return ms;
	return ms - ((ms - TABLE_END) / PERIOD_MS + 1) * PERIOD_MS;
}

/* The offset of the last transition whose key (UTC or local) is not after `ms`. */
static int32_t find_offset(const struct wr_zone *zone, int64_t ms, bool local)
{
	uint32_t low = 0;
	uint32_t high = zone->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int64_t key = local ? zone->table[middle].local_ms : zone->table[middle].utc_ms;
		if (key <= ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? zone->first_offset_ms : zone->table[low - 1].offset_ms;
}

int32_t wr_zone_offset_ms(const struct wr_zone *zone, int64_t utc_ms)
{
	if (zone == NULL || zone->count == 0)
		return zone != NULL ? zone->first_offset_ms : 0;
	return find_offset(zone, into_table(utc_ms), false);
}

int64_t wr_zone_to_local(const struct wr_zone *zone, int64_t utc_ms)
{
	return utc_ms + wr_zone_offset_ms(zone, utc_ms);
}

/* In a gap the offset before it is used, which moves the time later by the gap; in an overlap too,
 * which is the earlier instant. Hence local_ms: the new offset holds from utc + max(old, new) on.
 */
int64_t wr_zone_to_utc(const struct wr_zone *zone, int64_t local_ms)
{
	if (zone == NULL || zone->count == 0)
		return local_ms - (zone != NULL ? zone->first_offset_ms : 0);
	return local_ms - find_offset(zone, into_table(local_ms), true);
}
