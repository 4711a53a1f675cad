/* SPDX-License-Identifier: Apache-2.0
 *
 * java_parse - reads dates and times by a pattern of java_format.h.
 *
 * DATETIME works in two steps, as java.time does: the text gives values of fields (two that
 * disagree are an error), then the fields are put together: a year of era and a year, an hour and
 * AM/PM, 24:00 as the end of the day, the 31st of a shorter month as its last day. What is missing
 * is taken from 1970-01-01 00:00. SIMPLE works as java.util.GregorianCalendar: numbers out of range
 * carry over.
 */
#include "expr/java_format.h"

#include <string.h>

#include "base/macros.h"
#include "data/datetime.h"

#define YEAR_LIMIT 200000000 /* years whose milliseconds fit 64 bits */

/* Values read so far. */
struct fields {
	int64_t value[WR_JAVA_FIELD_COUNT];  /* by enum wr_java_field; meaningful when set */
	uint32_t order[WR_JAVA_FIELD_COUNT]; /* 0: not set; else 1, 2, ... in order of reading */
	uint32_t count;                      /* read so far */
	bool has_offset;                     /* an offset was read */
	int32_t offset_ms;                   /* it */
};

/* The text and how far it has been read. */
struct reader {
	const char *text; /* all of it */
	size_t len;       /* bytes */
	size_t pos;       /* next byte */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool has(const struct fields *f, enum wr_java_field field)
{
	return f->order[field] != 0;
}

/* DATETIME: a second value must equal the first. */
static bool set(struct fields *f, uint8_t field, int64_t value)
{
	if (f->order[field] != 0 && f->value[field] != value)
		return false;
	f->value[field] = value;
	f->order[field] = ++f->count;
	return true;
}

/* SIMPLE: the last value counts. */
static void put(struct fields *f, enum wr_java_field field, int64_t value)
{
	f->value[field] = value;
	f->order[field] = ++f->count;
}

static int64_t get(const struct fields *f, enum wr_java_field field, int64_t otherwise)
{
	return f->order[field] != 0 ? f->value[field] : otherwise;
}

/* --- DATETIME: text to fields ---------------------------------------------------------------- */

/* A number of min..max digits that leaves `following` digits to those behind it. */
static bool read_number(const struct wr_java_item *item, struct reader *r, struct fields *f)
{
	bool plus = false, minus = false;

	if (r->pos == r->len)
		return false;
	if (r->text[r->pos] == '+' || r->text[r->pos] == '-') {
		plus = r->text[r->pos] == '+';
		minus = !plus;
		if (item->style == WR_JAVA_NOT_NEGATIVE || (plus && item->style == WR_JAVA_NORMAL))
			return false;
		r->pos++;
	}
	size_t most = (size_t)item->max + item->following, digits = 0;
	while (digits < most && r->pos + digits < r->len && is_digit(r->text[r->pos + digits]))
		digits++;
	if (item->following > 0)
		digits = digits > (size_t)item->min + item->following ? digits - item->following
								      : WR_MIN(digits, item->min);
	if (digits < item->min || digits > 18)
		return false;
	int64_t value = 0;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (r->text[r->pos + i] - '0');
	r->pos += digits;
	if (minus && value == 0)
		return false;
	if (item->style == WR_JAVA_EXCEEDS_PAD && !minus && plus != (digits > item->min))
		return false;
	if (item->op == WR_JAVA_REDUCED)
		value += 2000;
	return set(f, item->field, minus ? -value : value);
}

/* Up to nine digits, scaled to nanoseconds. */
static bool read_fraction(const struct wr_java_item *item, struct reader *r, struct fields *f)
{
	if (item->style == 1) {
		if (r->pos == r->len || r->text[r->pos] != '.')
			return item->min == 0;
		r->pos++;
	}
	uint32_t digits = 0;
	int64_t nano = 0;
	while (digits < item->max && r->pos < r->len && is_digit(r->text[r->pos])) {
		nano = nano * 10 + (r->text[r->pos++] - '0');
		digits++;
	}
	if (digits < item->min)
		return false;
	for (uint32_t i = digits; i < 9; i++)
		nano *= 10;
	return set(f, WR_JAVA_NANO, nano);
}

static bool same_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char x = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] + 32) : a[i];
		char y = b[i] >= 'A' && b[i] <= 'Z' ? (char)(b[i] + 32) : b[i];
		if (x != y)
			return false;
	}
	return true;
}

/* The longest name of `field` at the reader's place: its index, or -1. Moves behind it. */
static int32_t read_name(struct reader *r, enum wr_java_field field, uint32_t letters,
			 bool any_case)
{
	int32_t best = -1;
	size_t best_len = 0;
	const char *name;

	for (uint32_t i = 0; (name = wr_java_name(field, i, letters)) != NULL; i++) {
		size_t len = strlen(name);
		const char *at = r->text + r->pos;
		if (len <= best_len || len > r->len - r->pos)
			continue;
		if (any_case ? same_nocase(at, name, len) : memcmp(at, name, len) == 0) {
			best = (int32_t)i;
			best_len = len;
		}
	}
	r->pos += best_len;
	return best;
}

static bool is_named_from_one(uint8_t field)
{
	return field == WR_JAVA_MONTH || field == WR_JAVA_WEEKDAY || field == WR_JAVA_QUARTER;
}

static bool read_text(const struct wr_java_item *item, struct reader *r, struct fields *f)
{
	int32_t index = read_name(r, (enum wr_java_field)item->field, item->style, false);

	return index >= 0 && set(f, item->field, index + is_named_from_one(item->field));
}

/* Two digits. */
static bool read_pair(struct reader *r, int32_t *value)
{
	if (r->len - r->pos < 2 || !is_digit(r->text[r->pos]) || !is_digit(r->text[r->pos + 1]))
		return false;
	*value = (r->text[r->pos] - '0') * 10 + (r->text[r->pos + 1] - '0');
	r->pos += 2;
	return true;
}

/* "+HH", "+HHMM", "+HH:MM", with seconds; 'Z' where the pattern has it. */
static bool read_offset(const struct wr_java_item *item, struct reader *r, struct fields *f)
{
	bool colon = (item->style == 'Z' ? item->min == 5 : item->min == 3 || item->min == 5);
	int32_t hour, minute = 0, second = 0;

	f->has_offset = true;
	f->offset_ms = 0;
	if (r->pos == r->len)
		return false;
	if (r->text[r->pos] == 'Z' && (item->style == 'X' || colon)) {
		r->pos++;
		return item->style != 'x';
	}
	char sign = r->text[r->pos];
	if (sign != '+' && sign != '-')
		return false;
	r->pos++;
	if (!read_pair(r, &hour))
		return false;
	if (colon) {
		if (r->pos == r->len || r->text[r->pos++] != ':' || !read_pair(r, &minute))
			return false;
	} else if (!read_pair(r, &minute) && (item->min != 1 || item->style == 'Z')) {
		return false;
	}
	if (item->min >= 4 && item->style != 'Z') {
		size_t before = r->pos;
		if (colon && r->pos < r->len && r->text[r->pos] == ':')
			r->pos++;
		if (!read_pair(r, &second))
			r->pos = before;
	}
	int32_t ms = hour * WR_MS_HOUR + minute * WR_MS_MINUTE + second * WR_MS_SECOND;
	f->offset_ms = sign == '-' ? -ms : ms;
	return hour <= 18 && minute < 60 && second < 60;
}

/* "GMT" or "GMT+8:00" */
static bool read_gmt_offset(struct reader *r, struct fields *f)
{
	int32_t value = 0;
	uint32_t digits = 0;

	f->has_offset = true;
	f->offset_ms = 0;
	if (r->len - r->pos < 3 || memcmp(r->text + r->pos, "GMT", 3) != 0)
		return false;
	r->pos += 3;
	if (r->pos == r->len || (r->text[r->pos] != '+' && r->text[r->pos] != '-'))
		return true;
	bool minus = r->text[r->pos++] == '-';
	while (digits < 2 && r->pos < r->len && is_digit(r->text[r->pos])) {
		value = value * 10 + (r->text[r->pos++] - '0');
		digits++;
	}
	if (digits == 0)
		return false;
	int32_t minute = 0;
	if (r->pos < r->len && r->text[r->pos] == ':') {
		r->pos++;
		if (!read_pair(r, &minute))
			return false;
	}
	value = value * WR_MS_HOUR + minute * WR_MS_MINUTE;
	f->offset_ms = minus ? -value : value;
	return true;
}

/* A zone's id or name: taken as a word, what it means is not needed. */
static bool read_zone(struct reader *r)
{
	size_t start = r->pos;

	while (r->pos < r->len) {
		char c = r->text[r->pos];
		bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) ||
			    strchr("_/+-:", c) != NULL;
		if (!word || c == '\0')
			break;
		r->pos++;
	}
	return r->pos > start;
}

/* One item of DATETIME, and literals of both dialects. */
static bool read_item(const struct wr_java_format *format, const struct wr_java_item *item,
		      struct reader *r, struct fields *f)
{
	switch ((enum wr_java_op)item->op) {
	case WR_JAVA_LITERAL:
		if (r->len - r->pos < item->len ||
		    memcmp(r->text + r->pos, format->text + item->start, item->len) != 0)
			return false;
		r->pos += item->len;
		return true;
	case WR_JAVA_NUMBER:
	case WR_JAVA_REDUCED: return read_number(item, r, f);
	case WR_JAVA_FRACTION: return read_fraction(item, r, f);
	case WR_JAVA_TEXT: return read_text(item, r, f);
	case WR_JAVA_OFFSET:
		return item->style == 'O' || (item->style == 'Z' && item->min == 4)
			   ? read_gmt_offset(r, f)
			   : read_offset(item, r, f);
	case WR_JAVA_ZONE: return read_zone(r);
	default: return true;
	}
}

/* Items [i, end). An optional section that does not match leaves no trace. */
static bool read_items(const struct wr_java_format *format, uint32_t i, uint32_t end,
		       struct reader *r, struct fields *f)
{
	for (; i < end; i++) {
		const struct wr_java_item *item = &format->item[i];
		if (item->op == WR_JAVA_BEGIN) {
			struct fields fields_before = *f;
			struct reader reader_before = *r;
			if (!read_items(format, i + 1, i + item->len, r, f)) {
				*f = fields_before;
				*r = reader_before;
			}
			i += item->len;
		} else if (item->op == WR_JAVA_PAD) {
			/* the padded item takes exactly that many bytes, spaces first */
			struct reader part = *r;
			if (r->len - r->pos < item->min)
				return false;
			part.len = r->pos + item->min;
			while (part.pos < part.len && part.text[part.pos] == ' ')
				part.pos++;
			if (!read_item(format, item + 1, &part, f) || part.pos != part.len)
				return false;
			r->pos = part.pos;
			i++;
		} else if (!read_item(format, item, r, f)) {
			return false;
		}
	}
	return true;
}

/* --- DATETIME: fields to a moment ------------------------------------------------------------ */

static bool in_range(const struct fields *f, enum wr_java_field field, int64_t min, int64_t max)
{
	return !has(f, field) || (f->value[field] >= min && f->value[field] <= max);
}

/* Each field by itself, before fields are put together. */
static bool ranges_hold(const struct fields *f)
{
	return in_range(f, WR_JAVA_YEAR_OF_ERA, 1, YEAR_LIMIT) &&
	       in_range(f, WR_JAVA_YEAR, -YEAR_LIMIT, YEAR_LIMIT) &&
	       in_range(f, WR_JAVA_MONTH, 1, 12) && in_range(f, WR_JAVA_DAY, 1, 31) &&
	       in_range(f, WR_JAVA_DAY_OF_YEAR, 1, 366) &&
	       in_range(f, WR_JAVA_CLOCK_HOUR12, 1, 12) && in_range(f, WR_JAVA_HOUR12, 0, 11) &&
	       in_range(f, WR_JAVA_CLOCK_HOUR24, 1, 24) && in_range(f, WR_JAVA_HOUR, 0, 24) &&
	       in_range(f, WR_JAVA_MINUTE, 0, 59) && in_range(f, WR_JAVA_SECOND, 0, 59) &&
	       in_range(f, WR_JAVA_NANO, 0, 999999999) &&
	       in_range(f, WR_JAVA_MILLI_OF_DAY, 0, WR_MS_DAY - 1) &&
	       in_range(f, WR_JAVA_NANO_OF_DAY, 0, (int64_t)WR_MS_DAY * WR_NS_MS - 1);
}

/* Derives the hour, and hour, minute, second, nanosecond from finer fields; false: they disagree.
 */
static bool resolve_clock(struct fields *f)
{
	if (has(f, WR_JAVA_CLOCK_HOUR12) &&
	    !set(f, WR_JAVA_HOUR12, f->value[WR_JAVA_CLOCK_HOUR12] % 12))
		return false;
	if (has(f, WR_JAVA_CLOCK_HOUR24) &&
	    !set(f, WR_JAVA_HOUR, f->value[WR_JAVA_CLOCK_HOUR24] % 24))
		return false;
	if (has(f, WR_JAVA_AMPM) && has(f, WR_JAVA_HOUR12) &&
	    !set(f, WR_JAVA_HOUR, f->value[WR_JAVA_AMPM] * 12 + f->value[WR_JAVA_HOUR12]))
		return false;
	int64_t nano = -1;
	if (has(f, WR_JAVA_NANO_OF_DAY))
		nano = f->value[WR_JAVA_NANO_OF_DAY];
	else if (has(f, WR_JAVA_MILLI_OF_DAY))
		nano = f->value[WR_JAVA_MILLI_OF_DAY] * WR_NS_MS;
	if (nano < 0)
		return true;
	int64_t seconds = nano / 1000000000;
	return set(f, WR_JAVA_HOUR, seconds / 3600) && set(f, WR_JAVA_MINUTE, seconds / 60 % 60) &&
	       set(f, WR_JAVA_SECOND, seconds % 60) && set(f, WR_JAVA_NANO, nano % 1000000000);
}

/* Whether weekday and quarter, where given, are those of the date. */
static bool date_agrees(const struct fields *f, int64_t days)
{
	int64_t weekday = wr_floor_mod(days + 3, 7) + 1;
	struct wr_civil civil = wr_civil_from_days(days);

	return get(f, WR_JAVA_WEEKDAY, weekday) == weekday &&
	       get(f, WR_JAVA_LOCAL_WEEKDAY, weekday % 7 + 1) == weekday % 7 + 1 &&
	       get(f, WR_JAVA_QUARTER, (civil.month - 1) / 3 + 1) == (civil.month - 1) / 3 + 1 &&
	       get(f, WR_JAVA_MONTH, civil.month) == civil.month;
}

/* *complete: year and day are known, so that the date may be checked and 24:00 moves it. */
static bool resolve_date(const struct fields *f, int64_t *days, bool *complete)
{
	bool has_year = has(f, WR_JAVA_YEAR) || has(f, WR_JAVA_YEAR_OF_ERA);
	int64_t year = get(f, WR_JAVA_YEAR, 1970);

	if (has(f, WR_JAVA_YEAR_OF_ERA)) {
		int64_t of_era = f->value[WR_JAVA_YEAR_OF_ERA];
		year = get(f, WR_JAVA_ERA, 1) != 0 ? of_era : 1 - of_era;
	}
	*complete = has_year && has(f, WR_JAVA_MONTH) && has(f, WR_JAVA_DAY);
	if (!*complete && has_year && has(f, WR_JAVA_DAY_OF_YEAR)) {
		int64_t day = f->value[WR_JAVA_DAY_OF_YEAR];
		*complete = true;
		*days = wr_days_from_civil(year, 1, 1) + day - 1;
		return (day < 366 || wr_is_leap_year(year)) && date_agrees(f, *days);
	}
	int32_t month = (int32_t)get(f, WR_JAVA_MONTH, 1);
	int32_t day = (int32_t)get(f, WR_JAVA_DAY, 1);
	int32_t last = wr_days_in_month(year, month);
	if (day > last && !*complete)
		return false;
	*days = wr_days_from_civil(year, month, WR_MIN(day, last));
	return !*complete || date_agrees(f, *days);
}

/* All of the text must be used up. */
static bool parse_datetime(const struct wr_java_format *format, const char *text, size_t len,
			   struct wr_java_parsed *out)
{
	struct fields f = {.count = 0};
	struct reader r = {.text = text, .len = len};
	int64_t days;
	bool complete;

	if (!read_items(format, 0, format->count, &r, &f) || r.pos != len)
		return false;
	if (!ranges_hold(&f) || !resolve_clock(&f) || !resolve_date(&f, &days, &complete))
		return false;
	int64_t hour = get(&f, WR_JAVA_HOUR, 0), minute = get(&f, WR_JAVA_MINUTE, 0);
	int64_t second = get(&f, WR_JAVA_SECOND, 0), nano = get(&f, WR_JAVA_NANO, 0);
	if (hour == 24) {
		if (minute != 0 || second != 0 || nano != 0)
			return false;
		hour = 0;
		days += complete;
	}
	out->ms = days * WR_MS_DAY + hour * WR_MS_HOUR + minute * WR_MS_MINUTE +
		  second * WR_MS_SECOND + nano / WR_NS_MS;
	out->nano = (int32_t)(nano % WR_NS_MS);
	out->has_offset = false;
	out->offset_ms = 0;
	return true;
}

/* --- SIMPLE ---------------------------------------------------------------------------------- */

/* Digits with an optional minus, at most up to byte `end`. */
static bool simple_number(struct reader *r, size_t end, int64_t *value)
{
	size_t pos = r->pos;
	bool minus = pos < end && r->text[pos] == '-';
	int64_t sum = 0;
	size_t digits = 0;

	pos += minus;
	for (; pos < end && is_digit(r->text[pos]); pos++, digits++)
		if (digits < 17)
			sum = sum * 10 + (r->text[pos] - '0');
	if (digits == 0)
		return false;
	/* GregorianCalendar keeps 32 bits of each field */
	*value = (int32_t)(uint32_t)(uint64_t)(minus ? -sum : sum);
	r->pos = pos;
	return true;
}

/* Two-digit years lie between 80 years back and 20 ahead; the century of 20xx serves for as long as
 * this program does. */
static int64_t simple_century(int64_t value)
{
	return value + (value < 46 ? 2000 : 1900);
}

/* Long names and short ones, in any case. */
static bool simple_text(const struct wr_java_item *item, struct reader *r, struct fields *f)
{
	enum wr_java_field field = (enum wr_java_field)item->field;
	int32_t index = read_name(r, field, 4, true);

	if (index < 0)
		index = read_name(r, field, 1, true);
	if (index < 0)
		return false;
	put(f, field, index + is_named_from_one(item->field));
	return true;
}

/* "PST": hours from UTC of the zones of North America. */
static bool simple_zone_name(struct reader *r, struct fields *f)
{
	static const char names[] = "UTC EDT CDT MDT PDT EST CST MST PST ";
	static const int8_t hours[] = {0, -4, -5, -6, -7, -5, -6, -7, -8};

	for (size_t i = 0; i < sizeof hours && r->len - r->pos >= 3; i++) {
		if (!same_nocase(r->text + r->pos, names + 4 * i, 3))
			continue;
		r->pos += 3;
		f->has_offset = true;
		f->offset_ms = hours[i] * WR_MS_HOUR;
		return true;
	}
	return false;
}

/* A name, "GMT+h:mm", or an offset. */
static bool simple_zone(struct reader *r, struct fields *f)
{
	static const struct wr_java_item iso = {.style = 'X', .min = 1};
	static const struct wr_java_item with_colon = {.style = 'X', .min = 3};
	struct reader before = *r;

	if (read_gmt_offset(r, f))
		return true;
	*r = before;
	if (simple_zone_name(r, f))
		return true;
	if (read_offset(&with_colon, r, f))
		return true;
	*r = before;
	return read_offset(&iso, r, f);
}

/* One field; `adjacent`: another field follows at once, so only as many digits as letters. */
static bool simple_field(const struct wr_java_item *item, struct reader *r, struct fields *f,
			 bool adjacent)
{
	size_t start = r->pos;
	int64_t value;

	while (r->pos < r->len && (r->text[r->pos] == ' ' || r->text[r->pos] == '\t'))
		r->pos++;
	if (r->pos == r->len)
		return false;
	if (item->op == WR_JAVA_TEXT)
		return simple_text(item, r, f);
	if (item->op == WR_JAVA_ZONE || item->op == WR_JAVA_OFFSET)
		return simple_zone(r, f);
	if (adjacent && start + item->min > r->len)
		return false;
	size_t first = r->pos;
	if (!simple_number(r, adjacent ? start + item->min : r->len, &value))
		return false;
	if (item->field == WR_JAVA_CLOCK_HOUR12 && value == 12)
		value = 0;
	if (item->field == WR_JAVA_CLOCK_HOUR24 && value == 24)
		value = 0;
	bool two_digits = r->pos - first == 2 && is_digit(r->text[first]);
	bool year = item->field == WR_JAVA_YEAR_OF_ERA || item->field == WR_JAVA_WEEK_YEAR;
	if (year && item->min <= 2 && two_digits)
		value = simple_century(value);
	put(f, (enum wr_java_field)item->field, value);
	return true;
}

/* Days of a date whose month and day may be out of range. */
static int64_t simple_days(int64_t year, int64_t month, int64_t day)
{
	year += wr_floor_div(month - 1, 12);
	month = wr_floor_mod(month - 1, 12) + 1;
	int64_t days = wr_days_from_civil(year, (int32_t)month, 1) + day - 1;
	if (days >= WR_JAVA_CUTOVER_DAYS)
		return days;
	return wr_java_julian_days(year, (int32_t)month, 1) + day - 1;
}

/* Which fields make the date: a week date, else the later one of day and day of year. */
static int64_t simple_date(const struct fields *f)
{
	int64_t year = get(f, WR_JAVA_YEAR_OF_ERA, 1970);

	if (has(f, WR_JAVA_ERA) && f->value[WR_JAVA_ERA] == 0)
		year = 1 - year;
	if (f->order[WR_JAVA_WEEK_YEAR] > f->order[WR_JAVA_YEAR_OF_ERA]) {
		int64_t first = simple_days(f->value[WR_JAVA_WEEK_YEAR], 1, 1);
		int64_t sunday = first - wr_floor_mod(first + 4, 7);
		return sunday + (get(f, WR_JAVA_WEEK_OF_YEAR, 1) - 1) * 7 +
		       get(f, WR_JAVA_WEEKDAY, 7) % 7;
	}
	if (f->order[WR_JAVA_DAY_OF_YEAR] > f->order[WR_JAVA_DAY])
		return simple_days(year, 1, 1) + f->value[WR_JAVA_DAY_OF_YEAR] - 1;
	return simple_days(year, get(f, WR_JAVA_MONTH, 1), get(f, WR_JAVA_DAY, 1));
}

/* The clock whose letters came last counts; AM/PM needs one of twelve hours. */
static int64_t simple_hour(const struct fields *f)
{
	uint32_t hour24 = WR_MAX(f->order[WR_JAVA_HOUR], f->order[WR_JAVA_CLOCK_HOUR24]);
	uint32_t hour12 = WR_MAX(f->order[WR_JAVA_HOUR12], f->order[WR_JAVA_CLOCK_HOUR12]);
	bool clock24 = f->order[WR_JAVA_CLOCK_HOUR24] > f->order[WR_JAVA_HOUR];
	bool clock12 = f->order[WR_JAVA_CLOCK_HOUR12] > f->order[WR_JAVA_HOUR12];
	uint32_t with_ampm =
	    hour12 != 0 && has(f, WR_JAVA_AMPM) ? WR_MAX(hour12, f->order[WR_JAVA_AMPM]) : 0;

	if (hour24 != 0 && hour24 > with_ampm)
		return f->value[clock24 ? WR_JAVA_CLOCK_HOUR24 : WR_JAVA_HOUR];
	int64_t hour = hour12 != 0 ? f->value[clock12 ? WR_JAVA_CLOCK_HOUR12 : WR_JAVA_HOUR12] : 0;
	return hour + 12 * get(f, WR_JAVA_AMPM, 0);
}

/* Whether the sums below stay within 64 bits. */
static bool simple_range(const struct fields *f)
{
	return in_range(f, WR_JAVA_YEAR_OF_ERA, -YEAR_LIMIT, YEAR_LIMIT) &&
	       in_range(f, WR_JAVA_WEEK_YEAR, -YEAR_LIMIT, YEAR_LIMIT) &&
	       in_range(f, WR_JAVA_MONTH, -1000000, 1000000);
}

/* What follows the last item is left alone. */
static bool parse_simple(const struct wr_java_format *format, const char *text, size_t len,
			 struct wr_java_parsed *out)
{
	struct fields f = {.count = 0};
	struct reader r = {.text = text, .len = len};

	for (uint32_t i = 0; i < format->count; i++) {
		const struct wr_java_item *item = &format->item[i];
		bool adjacent = i + 1 < format->count && format->item[i + 1].op != WR_JAVA_LITERAL;
		if (item->op == WR_JAVA_LITERAL ? !read_item(format, item, &r, &f)
						: !simple_field(item, &r, &f, adjacent))
			return false;
	}
	if (!simple_range(&f))
		return false;
	out->ms = simple_date(&f) * WR_MS_DAY + simple_hour(&f) * WR_MS_HOUR +
		  get(&f, WR_JAVA_MINUTE, 0) * WR_MS_MINUTE +
		  get(&f, WR_JAVA_SECOND, 0) * WR_MS_SECOND + get(&f, WR_JAVA_MILLI, 0);
	out->nano = 0;
	out->has_offset = f.has_offset;
	out->offset_ms = f.offset_ms;
	return true;
}

bool wr_java_format_parse(const struct wr_java_format *format, const char *text, size_t len,
			  struct wr_java_parsed *out)
{
	WR_ASSERT(format != NULL && out != NULL);
	if (format->dialect == WR_JAVA_SIMPLE)
		return parse_simple(format, text, len, out);
	return parse_datetime(format, text, len, out);
}

/* --- java.sql -------------------------------------------------------------------------------- */

/* Digits (with a sign, as Integer.parseInt) up to byte `end` of the text, which follow each other
 * from r->pos on; moves behind the separator. */
static bool sql_number(struct reader *r, char separator, int64_t *value)
{
	const char *end = separator != '\0' ? memchr(r->text + r->pos, separator, r->len - r->pos)
					    : r->text + r->len;
	if (end == NULL)
		return false;
	size_t stop = (size_t)(end - r->text);
	if (stop - r->pos > 9 || !simple_number(r, stop, value) || r->pos != stop)
		return false;
	r->pos = stop + (separator != '\0');
	return true;
}

/* "yyyy-[m]m-[d]d" up to `separator`. */
static bool sql_date(struct reader *r, char separator, int64_t *days)
{
	int64_t year, month, day;
	size_t start = r->pos;

	if (!sql_number(r, '-', &year) || r->pos != start + 5)
		return false;
	start = r->pos;
	if (!sql_number(r, '-', &month) || r->pos > start + 3)
		return false;
	start = r->pos;
	if (!sql_number(r, separator, &day) || r->pos > start + 2 + (separator != '\0'))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*days = wr_days_from_civil(year, (int32_t)month, 1) + day - 1;
	return true;
}

/* Hours, minutes and seconds carry over, as they do there. */
bool wr_java_sql_parse(const char *text, size_t len, struct wr_java_parsed *out)
{
	struct reader r = {.text = text, .len = len};
	int64_t days, hour, minute, second, fraction = 0;

	while (r.pos < r.len && (unsigned char)text[r.pos] <= ' ')
		r.pos++;
	while (r.len > r.pos && (unsigned char)text[r.len - 1] <= ' ')
		r.len--;
	*out = (struct wr_java_parsed){.ms = 0};
	if (memchr(text + r.pos, ' ', r.len - r.pos) == NULL) {
		bool ok = sql_date(&r, '\0', &days);
		out->ms = ok ? days * WR_MS_DAY : 0;
		return ok;
	}
	if (!sql_date(&r, ' ', &days) || !sql_number(&r, ':', &hour) ||
	    !sql_number(&r, ':', &minute))
		return false;
	bool point = memchr(text + r.pos, '.', r.len - r.pos) != NULL;
	if (!sql_number(&r, point ? '.' : '\0', &second))
		return false;
	if (point) {
		size_t digits = r.len - r.pos;
		if (digits == 0 || digits > 9 || !is_digit(text[r.pos]) ||
		    !sql_number(&r, '\0', &fraction))
			return false;
		for (; digits < 9; digits++)
			fraction *= 10;
	}
	out->ms = days * WR_MS_DAY + hour * WR_MS_HOUR + minute * WR_MS_MINUTE +
		  second * WR_MS_SECOND + fraction / WR_NS_MS;
	out->nano = (int32_t)(fraction % WR_NS_MS);
	return true;
}
