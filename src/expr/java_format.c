/* SPDX-License-Identifier: Apache-2.0
 *
 * java_format - compiles and prints patterns; java_parse.c reads by them. See java_format.h.
 *
 * A pattern becomes a list of items. Runs of numbers without anything between them ("yyyyMMdd") are
 * read by reserving the digits that the fixed numbers behind need: `following` of the first one.
 */
#include "expr/java_format.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "data/datetime.h"

/* --- names ----------------------------------------------------------------------------------- */

static const char *const MONTHS[12] = {"January",   "February", "March",    "April",
				       "May",       "June",     "July",     "August",
				       "September", "October",  "November", "December"};
static const char *const MONTHS_SHORT[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const MONTHS_NARROW[12] = {"J", "F", "M", "A", "M", "J",
					      "J", "A", "S", "O", "N", "D"};
static const char *const DAYS[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
				    "Friday", "Saturday", "Sunday"};
static const char *const DAYS_SHORT[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const DAYS_NARROW[7] = {"M", "T", "W", "T", "F", "S", "S"};
static const char *const QUARTERS[4] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
static const char *const QUARTERS_SHORT[4] = {"Q1", "Q2", "Q3", "Q4"};
static const char *const QUARTERS_NARROW[4] = {"1", "2", "3", "4"};
static const char *const ERAS[2] = {"Before Christ", "Anno Domini"};
static const char *const ERAS_SHORT[2] = {"BC", "AD"};
static const char *const ERAS_NARROW[2] = {"B", "A"};
static const char *const AMPM[2] = {"AM", "PM"};
static const char *const AMPM_NARROW[2] = {"a", "p"};
static const char *const PERIODS[6] = {"midnight",         "noon",           "in the morning",
				       "in the afternoon", "in the evening", "at night"};
#define NAME_LEN_MAX 16

/* See java_format.h. */
const char *wr_java_name(enum wr_java_field field, uint32_t index, uint32_t letters)
{
	const char *const *full, *const *brief, *const *narrow;
	uint32_t count;

	switch (field) {
	case WR_JAVA_MONTH:
		full = MONTHS, brief = MONTHS_SHORT, narrow = MONTHS_NARROW, count = 12;
		break;
	case WR_JAVA_WEEKDAY:
		full = DAYS, brief = DAYS_SHORT, narrow = DAYS_NARROW, count = 7;
		break;
	case WR_JAVA_QUARTER:
		full = QUARTERS, brief = QUARTERS_SHORT, narrow = QUARTERS_NARROW, count = 4;
		break;
	case WR_JAVA_ERA: full = ERAS, brief = ERAS_SHORT, narrow = ERAS_NARROW, count = 2; break;
	case WR_JAVA_DAY_PERIOD: full = brief = narrow = PERIODS, count = 6; break;
	default: full = brief = AMPM, narrow = AMPM_NARROW, count = 2; break;
	}
	if (index >= count)
		return NULL;
	return letters == 4 ? full[index] : letters == 5 ? narrow[index] : brief[index];
}

/* --- compiling ------------------------------------------------------------------------------- */

/* State of init(). */
struct compiler {
	struct wr_java_format *format; /* being filled */
	char *reason;                  /* for the message */
	int32_t number;                /* item of the number that a run began with; -1: none */
	uint32_t open[8];              /* BEGIN items not yet closed */
	uint32_t depth;                /* of them */
};

static struct wr_java_item *add_item(struct compiler *c, enum wr_java_op op)
{
	struct wr_java_format *format = c->format;

	if (format->count == WR_JAVA_ITEMS_MAX)
		return NULL;
	struct wr_java_item *item = &format->item[format->count++];
	*item = (struct wr_java_item){.op = (uint8_t)op};
	return item;
}

/* Neighbouring bytes become one item. */
static bool add_literal(struct compiler *c, char byte)
{
	struct wr_java_format *format = c->format;
	struct wr_java_item *last = format->count > 0 ? &format->item[format->count - 1] : NULL;

	c->number = -1;
	if (last == NULL || last->op != WR_JAVA_LITERAL) {
		last = add_item(c, WR_JAVA_LITERAL);
		if (last == NULL)
			return false;
		last->start = (uint16_t)format->text_len;
	}
	format->text[format->text_len++] = byte;
	last->len++;
	format->max_len++;
	return true;
}

/* A number; settles who reserves digits for whom (DATETIME only: SIMPLE looks ahead by itself). */
static bool add_number(struct compiler *c, enum wr_java_field field, uint32_t min, uint32_t max,
		       enum wr_java_sign sign, enum wr_java_op op)
{
	struct wr_java_format *format = c->format;
	struct wr_java_item *item = add_item(c, op);

	if (item == NULL)
		return false;
	item->field = (uint8_t)field;
	item->min = (uint8_t)min;
	item->max = (uint8_t)max;
	item->style = (uint8_t)sign;
	format->max_len += WR_MAX(max, 20) + 1;
	bool fixed = min == max && sign == WR_JAVA_NOT_NEGATIVE;
	if (c->number >= 0 && fixed) {
		item->fixed = true;
		format->item[c->number].following += (uint8_t)max;
	} else {
		if (c->number >= 0)
			format->item[c->number].fixed = true;
		c->number = (int32_t)format->count - 1;
	}
	return true;
}

/* A name of up to NAME_LEN_MAX bytes. */
static bool add_text(struct compiler *c, enum wr_java_field field, uint32_t letters)
{
	struct wr_java_item *item = add_item(c, WR_JAVA_TEXT);

	if (item == NULL)
		return false;
	c->number = -1;
	item->field = (uint8_t)field;
	item->style = (uint8_t)WR_MIN(letters, 5u);
	c->format->max_len += NAME_LEN_MAX;
	return true;
}

/* A zone or an offset: `letter` says which form. */
static bool add_zone(struct compiler *c, enum wr_java_op op, char letter, uint32_t letters)
{
	struct wr_java_item *item = add_item(c, op);

	if (item == NULL)
		return false;
	c->number = -1;
	item->style = (uint8_t)letter;
	item->min = (uint8_t)letters;
	c->format->max_len += 32;
	return true;
}

static bool too_many(struct compiler *c, char letter)
{
	snprintf(c->reason, WR_JAVA_REASON_MAX, "Too many pattern letters: %c", letter);
	return false;
}

/* A field that is a number with one or two letters, and no more. */
static bool add_pair(struct compiler *c, enum wr_java_field field, char letter, uint32_t n)
{
	if (n > 2)
		return too_many(c, letter);
	if (n == 1)
		return add_number(c, field, 1, 19, WR_JAVA_NORMAL, WR_JAVA_NUMBER);
	return add_number(c, field, 2, 2, WR_JAVA_NOT_NEGATIVE, WR_JAVA_NUMBER);
}

/* As add_pair, with names for three letters and more. */
static bool add_pair_or_text(struct compiler *c, enum wr_java_field field, enum wr_java_field names,
			     char letter, uint32_t n)
{
	if (n <= 2)
		return add_pair(c, field, letter, n);
	return n <= 5 ? add_text(c, names, n) : too_many(c, letter);
}

static bool add_year(struct compiler *c, enum wr_java_field field, char letter, uint32_t n)
{
	if (n > 19)
		return too_many(c, letter);
	if (n == 2)
		return add_number(c, field, 2, 2, WR_JAVA_NOT_NEGATIVE, WR_JAVA_REDUCED);
	return add_number(c, field, n, 19, n < 4 ? WR_JAVA_NORMAL : WR_JAVA_EXCEEDS_PAD,
			  WR_JAVA_NUMBER);
}

/* `n` digits of the fraction: in a run of numbers it counts as one of fixed width. */
static bool add_fraction(struct compiler *c, uint32_t n)
{
	if (!add_number(c, WR_JAVA_NANO, n, n, WR_JAVA_NOT_NEGATIVE, WR_JAVA_FRACTION))
		return false;
	c->format->item[c->format->count - 1].style = 0;
	return true;
}

/* `n` times a letter that only the zone knows; their numbers are checked. */
static bool add_datetime_zone(struct compiler *c, char letter, uint32_t n)
{
	bool ok;

	switch (letter) {
	case 'V':
		if (n != 2) {
			snprintf(c->reason, WR_JAVA_REASON_MAX,
				 "Pattern letter count must be 2: %c", letter);
			return false;
		}
		return add_zone(c, WR_JAVA_ZONE, letter, n);
	case 'v': ok = n == 1 || n == 4; break;
	case 'z': ok = n <= 4; break;
	case 'O': ok = n == 1 || n == 4; break;
	default: ok = n <= 5; break;
	}
	if (!ok)
		return too_many(c, letter);
	bool named = letter == 'z' || letter == 'v';
	return add_zone(c, named ? WR_JAVA_ZONE : WR_JAVA_OFFSET, letter, n);
}

/* Letters of the time of day; the last place to look for a letter. */
static bool add_datetime_clock(struct compiler *c, char letter, uint32_t n)
{
	switch (letter) {
	case 'a': return n == 1 ? add_text(c, WR_JAVA_AMPM, 1) : too_many(c, letter);
	case 'B':
		if (n != 1 && n != 4 && n != 5)
			return too_many(c, letter);
		return add_text(c, WR_JAVA_DAY_PERIOD, n);
	case 'h': return add_pair(c, WR_JAVA_CLOCK_HOUR12, letter, n);
	case 'K': return add_pair(c, WR_JAVA_HOUR12, letter, n);
	case 'k': return add_pair(c, WR_JAVA_CLOCK_HOUR24, letter, n);
	case 'H': return add_pair(c, WR_JAVA_HOUR, letter, n);
	case 'm': return add_pair(c, WR_JAVA_MINUTE, letter, n);
	case 's': return add_pair(c, WR_JAVA_SECOND, letter, n);
	case 'S':
		if (n > 9)
			return too_many(c, letter);
		return add_fraction(c, n);
	case 'A':
	case 'n':
	case 'N':
		if (n > 19)
			return too_many(c, letter);
		return add_number(c,
				  letter == 'A'   ? WR_JAVA_MILLI_OF_DAY
				  : letter == 'n' ? WR_JAVA_NANO
						  : WR_JAVA_NANO_OF_DAY,
				  n, 19, WR_JAVA_NOT_NEGATIVE, WR_JAVA_NUMBER);
	default: break;
	}
	snprintf(c->reason, WR_JAVA_REASON_MAX, "Unknown pattern letter: %c", letter);
	return false;
}

/* `n` times `letter` in the dialect of DateTimeFormatter. */
static bool add_datetime_letter(struct compiler *c, char letter, uint32_t n)
{
	switch (letter) {
	case 'G': return n <= 5 ? add_text(c, WR_JAVA_ERA, n) : too_many(c, letter);
	case 'u': return add_year(c, WR_JAVA_YEAR, letter, n);
	case 'y': return add_year(c, WR_JAVA_YEAR_OF_ERA, letter, n);
	case 'Y': return add_year(c, WR_JAVA_WEEK_YEAR, letter, n);
	case 'Q':
	case 'q': return add_pair_or_text(c, WR_JAVA_QUARTER, WR_JAVA_QUARTER, letter, n);
	case 'M':
	case 'L': return add_pair_or_text(c, WR_JAVA_MONTH, WR_JAVA_MONTH, letter, n);
	case 'w': return add_pair(c, WR_JAVA_WEEK_OF_YEAR, letter, n);
	case 'W':
		return n == 1 ? add_pair(c, WR_JAVA_WEEK_OF_MONTH, letter, n) : too_many(c, letter);
	case 'd': return add_pair(c, WR_JAVA_DAY, letter, n);
	case 'D':
		if (n > 3)
			return too_many(c, letter);
		if (n == 1)
			return add_pair(c, WR_JAVA_DAY_OF_YEAR, letter, n);
		return add_number(c, WR_JAVA_DAY_OF_YEAR, n, 3, WR_JAVA_NOT_NEGATIVE,
				  WR_JAVA_NUMBER);
	case 'F': return n == 1 ? add_pair(c, WR_JAVA_ALIGNED_DAY, letter, n) : too_many(c, letter);
	case 'E': return n <= 5 ? add_text(c, WR_JAVA_WEEKDAY, n) : too_many(c, letter);
	case 'c':
		if (n == 2) {
			snprintf(c->reason, WR_JAVA_REASON_MAX, "Invalid pattern \"cc\"");
			return false;
		}
		/* fallthrough */
	case 'e': return add_pair_or_text(c, WR_JAVA_LOCAL_WEEKDAY, WR_JAVA_WEEKDAY, letter, n);
	case 'V':
	case 'v':
	case 'z':
	case 'O':
	case 'X':
	case 'x':
	case 'Z': return add_datetime_zone(c, letter, n);
	default: return add_datetime_clock(c, letter, n);
	}
}

/* `n` times `letter` in the dialect of SimpleDateFormat: numbers take any number of letters. */
static bool add_simple_letter(struct compiler *c, char letter, uint32_t n)
{
	static const char letters[] = "yYdDwWFuHkKhmsSM";
	static const uint8_t fields[] = {WR_JAVA_YEAR_OF_ERA,
					 WR_JAVA_WEEK_YEAR,
					 WR_JAVA_DAY,
					 WR_JAVA_DAY_OF_YEAR,
					 WR_JAVA_WEEK_OF_YEAR,
					 WR_JAVA_WEEK_OF_MONTH,
					 WR_JAVA_WEEKDAY_IN_MONTH,
					 WR_JAVA_WEEKDAY,
					 WR_JAVA_HOUR,
					 WR_JAVA_CLOCK_HOUR24,
					 WR_JAVA_HOUR12,
					 WR_JAVA_CLOCK_HOUR12,
					 WR_JAVA_MINUTE,
					 WR_JAVA_SECOND,
					 WR_JAVA_MILLI,
					 WR_JAVA_MONTH};

	switch (letter) {
	case 'G': return add_text(c, WR_JAVA_ERA, 1);
	case 'E': return add_text(c, WR_JAVA_WEEKDAY, n >= 4 ? 4 : 1);
	case 'a': return add_text(c, WR_JAVA_AMPM, 1);
	case 'z': return add_zone(c, WR_JAVA_ZONE, letter, n);
	case 'Z': return add_zone(c, WR_JAVA_OFFSET, letter, n);
	case 'X':
		if (n > 3) {
			snprintf(c->reason, WR_JAVA_REASON_MAX,
				 "invalid ISO 8601 format: length=%u", n);
			return false;
		}
		return add_zone(c, WR_JAVA_OFFSET, letter, n);
	case 'L': letter = 'M'; break;
	default: break;
	}
	const char *found = strchr(letters, letter);
	if (found == NULL) {
		snprintf(c->reason, WR_JAVA_REASON_MAX, "Illegal pattern character '%c'", letter);
		return false;
	}
	enum wr_java_field field = (enum wr_java_field)fields[found - letters];
	if (field == WR_JAVA_MONTH && n > 2)
		return add_text(c, field, n >= 4 ? 4 : 3);
	bool year = field == WR_JAVA_YEAR_OF_ERA || field == WR_JAVA_WEEK_YEAR;
	bool ok = add_number(c, field, n, WR_MAX(n, 19u), WR_JAVA_NORMAL,
			     year && n == 2 ? WR_JAVA_REDUCED : WR_JAVA_NUMBER);
	if (ok)
		c->format->item[c->format->count - 1].fixed = false;
	return ok;
}

/* Reads a quoted literal that begins at pattern[i]; returns the index of its last quote, 0 on
 * failure. */
static size_t add_quoted(struct compiler *c, const char *pattern, size_t len, size_t i)
{
	size_t start = i++;

	for (; i < len; i++) {
		if (pattern[i] == '\'') {
			if (i + 1 >= len || pattern[i + 1] != '\'')
				break;
			i++;
		}
		if (!add_literal(c, pattern[i]))
			return 0;
	}
	if (i >= len) {
		snprintf(c->reason, WR_JAVA_REASON_MAX, "Unterminated quote");
		return 0;
	}
	if (i == start + 1 && !add_literal(c, '\'')) /* '' */
		return 0;
	return i;
}

/* The signs that only DATETIME knows. */
static bool add_bracket(struct compiler *c, char sign)
{
	struct wr_java_item *item;

	c->number = -1;
	if (sign == '[') {
		if (c->depth == 8)
			return false;
		c->open[c->depth++] = c->format->count;
		return add_item(c, WR_JAVA_BEGIN) != NULL;
	}
	if (sign == ']') {
		if (c->depth == 0) {
			snprintf(c->reason, WR_JAVA_REASON_MAX,
				 "Pattern invalid as it contains ] without previous [");
			return false;
		}
		item = add_item(c, WR_JAVA_END);
		if (item == NULL)
			return false;
		uint32_t begin = c->open[--c->depth];
		c->format->item[begin].len = (uint16_t)(c->format->count - 1 - begin);
		return true;
	}
	snprintf(c->reason, WR_JAVA_REASON_MAX, "Pattern includes reserved character: '%c'", sign);
	return false;
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* A run of one letter from pattern[i] on; *end is the index behind it (and what it pads). */
static bool add_run(struct compiler *c, const char *pattern, size_t len, size_t i, size_t *end)
{
	size_t j = i;

	while (j < len && pattern[j] == pattern[i])
		j++;
	*end = j;
	uint32_t n = (uint32_t)(j - i);
	if (c->format->dialect == WR_JAVA_SIMPLE)
		return add_simple_letter(c, pattern[i], n);
	if (pattern[i] != 'p')
		return add_datetime_letter(c, pattern[i], n);
	if (j >= len || !is_letter(pattern[j])) {
		snprintf(c->reason, WR_JAVA_REASON_MAX,
			 "Pad letter 'p' must be followed by valid pad pattern");
		return false;
	}
	struct wr_java_item *pad = add_item(c, WR_JAVA_PAD);
	if (pad == NULL)
		return false;
	pad->min = (uint8_t)n;
	c->format->max_len += n;
	c->number = -1;
	bool ok = add_run(c, pattern, len, j, end);
	c->number = -1;
	return ok;
}

/* Goes through the pattern once; brackets left open are closed. */
bool wr_java_format_init(struct wr_java_format *format, enum wr_java_dialect dialect,
			 const char *pattern, size_t len, char *reason)
{
	struct compiler c = {.format = format, .reason = reason, .number = -1};

	WR_ASSERT(format != NULL && reason != NULL);
	format->dialect = dialect;
	format->count = format->max_len = format->text_len = 0;
	snprintf(reason, WR_JAVA_REASON_MAX, "the pattern is too long");
	if (len > WR_JAVA_PATTERN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool ok;
		if (pattern[i] == '\'') {
			i = add_quoted(&c, pattern, len, i);
			ok = i != 0;
		} else if (is_letter(pattern[i])) {
			size_t end;
			ok = add_run(&c, pattern, len, i, &end);
			i = end - 1;
		} else if (dialect == WR_JAVA_DATETIME && strchr("[]{}#", pattern[i]) != NULL &&
			   pattern[i] != '\0') {
			ok = add_bracket(&c, pattern[i]);
		} else {
			ok = add_literal(&c, pattern[i]);
		}
		if (!ok)
			return false;
	}
	while (c.depth > 0)
		if (!add_bracket(&c, ']'))
			return false;
	return true;
}

/* The fraction with its point is no letter: it is put in by hand. */
void wr_java_format_init_default(struct wr_java_format *format)
{
	static const char pattern[] = "yyyy-[MM][M]-[dd][d][ [HH][H]:[mm][m]:[ss][s]S]";
	char reason[WR_JAVA_REASON_MAX];
	bool ok =
	    wr_java_format_init(format, WR_JAVA_DATETIME, pattern, sizeof pattern - 1, reason);

	WR_REQUIRE(ok);
	struct wr_java_item *fraction = &format->item[format->count - 2];
	WR_ASSERT(fraction->op == WR_JAVA_FRACTION);
	fraction->min = 0;
	fraction->max = 9;
	fraction->style = 1;
}

/* --- values ---------------------------------------------------------------------------------- */

int64_t wr_java_julian_days(int64_t year, int32_t month, int32_t day)
{
	int64_t y = year - (month <= 2);
	int64_t m = month + (month <= 2 ? 9 : -3); /* March is 0: leap days come last */

	return 365 * y + wr_floor_div(y, 4) + (153 * m + 2) / 5 + day - 719471;
}

/* Inverse of wr_java_julian_days. */
static struct wr_civil julian_from_days(int64_t days)
{
	int64_t d = days + 719470;
	int64_t cycle = wr_floor_div(4 * d + 3, 1461);
	int64_t doy = d - (365 * cycle + wr_floor_div(cycle, 4));
	int64_t m = (5 * doy + 2) / 153;
	struct wr_civil civil = {
	    .year = cycle + (m >= 10),
	    .month = (int32_t)(m < 10 ? m + 3 : m - 9),
	    .day = (int32_t)(doy - (153 * m + 2) / 5 + 1),
	};
	return civil;
}

/* A moment taken apart. */
struct parts {
	const struct wr_java_moment *moment; /* it */
	struct wr_civil civil;               /* its date */
	int32_t day_of_year;                 /* from 1 */
	int32_t weekday;                     /* Monday is 1 */
	bool leap;                           /* its year has 366 days */
};

/* Splits a moment by the calendar of the dialect. */
static struct parts take_apart(const struct wr_java_format *format,
			       const struct wr_java_moment *moment)
{
	struct parts p = {.moment = moment};
	int64_t first;

	if (format->dialect == WR_JAVA_SIMPLE && moment->days < WR_JAVA_CUTOVER_DAYS) {
		p.civil = julian_from_days(moment->days);
		first = wr_java_julian_days(p.civil.year, 1, 1);
		p.leap = wr_floor_mod(p.civil.year, 4) == 0;
	} else {
		p.civil = wr_civil_from_days(moment->days);
		first = wr_days_from_civil(p.civil.year, 1, 1);
		p.leap = wr_is_leap_year(p.civil.year);
	}
	p.day_of_year = (int32_t)(moment->days - first) + 1;
	p.weekday = (int32_t)wr_floor_mod(moment->days + 3, 7) + 1;
	return p;
}

/* Week of the year whose first of January lies in week 1; weeks begin on Sunday. *year: to which
 * year the week belongs. */
static int32_t week_of_year(const struct parts *p, int64_t *year)
{
	int32_t sunday = p->weekday % 7; /* days since Sunday */
	int32_t first = (int32_t)wr_floor_mod(sunday - (p->day_of_year - 1), 7); /* of Jan 1 */
	int32_t last = p->leap ? 366 : 365;

	*year = p->civil.year;
	if (p->day_of_year + (6 - sunday) > last) {
		*year = p->civil.year + 1;
		return 1;
	}
	return (p->day_of_year - 1 + first) / 7 + 1;
}

/* Fields of the time of day. */
static int64_t clock_value(const struct wr_java_moment *moment, enum wr_java_field field)
{
	int32_t ms = moment->ms, hour = ms / WR_MS_HOUR;

	switch (field) {
	case WR_JAVA_AMPM: return hour / 12;
	case WR_JAVA_CLOCK_HOUR12: return hour % 12 == 0 ? 12 : hour % 12;
	case WR_JAVA_HOUR12: return hour % 12;
	case WR_JAVA_CLOCK_HOUR24: return hour == 0 ? 24 : hour;
	case WR_JAVA_HOUR: return hour;
	case WR_JAVA_MINUTE: return ms / WR_MS_MINUTE % 60;
	case WR_JAVA_SECOND: return ms / WR_MS_SECOND % 60;
	case WR_JAVA_MILLI: return ms % 1000;
	case WR_JAVA_MILLI_OF_DAY: return ms;
	case WR_JAVA_NANO: return (int64_t)(ms % 1000) * WR_NS_MS + moment->nano;
	case WR_JAVA_NANO_OF_DAY: return (int64_t)ms * WR_NS_MS + moment->nano;
	default: break;
	}
	/* WR_JAVA_DAY_PERIOD: index into PERIODS */
	if (ms == 0)
		return 0;
	if (ms == 12 * WR_MS_HOUR)
		return 1;
	return hour < 6 || hour >= 21 ? 5 : hour < 12 ? 2 : hour < 18 ? 3 : 4;
}

/* Any field as a number; names are picked by it. */
static int64_t field_value(const struct parts *p, enum wr_java_field field)
{
	int64_t year, week;

	switch (field) {
	case WR_JAVA_ERA: return p->civil.year > 0;
	case WR_JAVA_YEAR_OF_ERA: return p->civil.year > 0 ? p->civil.year : 1 - p->civil.year;
	case WR_JAVA_YEAR: return p->civil.year;
	case WR_JAVA_WEEK_YEAR: week_of_year(p, &year); return year;
	case WR_JAVA_QUARTER: return (p->civil.month - 1) / 3 + 1;
	case WR_JAVA_MONTH: return p->civil.month;
	case WR_JAVA_WEEK_OF_YEAR: week = week_of_year(p, &year); return week;
	case WR_JAVA_WEEK_OF_MONTH:
		return (p->civil.day - 1 + wr_floor_mod(p->weekday - (p->civil.day - 1), 7)) / 7 +
		       1;
	case WR_JAVA_DAY: return p->civil.day;
	case WR_JAVA_DAY_OF_YEAR: return p->day_of_year;
	case WR_JAVA_ALIGNED_DAY: return (p->civil.day - 1) % 7 + 1;
	case WR_JAVA_WEEKDAY_IN_MONTH: return (p->civil.day - 1) / 7 + 1;
	case WR_JAVA_WEEKDAY: return p->weekday;
	case WR_JAVA_LOCAL_WEEKDAY: return p->weekday % 7 + 1;
	default: return clock_value(p->moment, field);
	}
}

/* --- printing -------------------------------------------------------------------------------- */

static char *put_padded(char *out, uint64_t value, uint32_t min)
{
	char digits[24];
	uint32_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	for (uint32_t i = n; i < min; i++)
		*out++ = '0';
	while (n > 0)
		*out++ = digits[--n];
	return out;
}

/* With the sign that the style asks for. */
static char *print_number(const struct wr_java_item *item, int64_t value, char *out)
{
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	uint64_t limit = 1;

	for (uint32_t i = 0; i < item->min && i < 19; i++)
		limit *= 10;
	if (value < 0)
		*out++ = '-';
	else if (item->style == WR_JAVA_EXCEEDS_PAD && size >= limit)
		*out++ = '+';
	return put_padded(out, size, item->min);
}

/* Digits beyond `min` only as far as they are not zero. */
static char *print_fraction(const struct wr_java_item *item, int64_t nano, char *out)
{
	char digits[9];
	uint32_t n = item->max;

	put_padded(digits, (uint64_t)nano, 9);
	while (n > item->min && digits[n - 1] == '0')
		n--;
	if (item->style == 1 && n > 0)
		*out++ = '.';
	memcpy(out, digits, n);
	return out + n;
}

/* "Z", "+08", "+0800", "+08:00" for SIMPLE. */
static char *print_offset(const struct wr_java_item *item, int32_t offset_ms, char *out)
{
	uint32_t minutes = (uint32_t)((offset_ms < 0 ? -offset_ms : offset_ms) / WR_MS_MINUTE);

	if (item->style == 'X' && minutes == 0) {
		*out++ = 'Z';
		return out;
	}
	*out++ = offset_ms < 0 ? '-' : '+';
	out = put_padded(out, minutes / 60, 2);
	if (item->style == 'X' && item->min == 1)
		return out;
	if (item->style == 'X' && item->min == 3)
		*out++ = ':';
	return put_padded(out, minutes % 60, 2);
}

/* One item; NULL: it has no value here. */
static char *print_item(const struct wr_java_format *format, const struct wr_java_item *item,
			const struct parts *p, char *out)
{
	const char *name;
	int64_t value;

	switch ((enum wr_java_op)item->op) {
	case WR_JAVA_LITERAL:
		memcpy(out, format->text + item->start, item->len);
		return out + item->len;
	case WR_JAVA_NUMBER:
		return print_number(item, field_value(p, (enum wr_java_field)item->field), out);
	case WR_JAVA_REDUCED:
		value = field_value(p, (enum wr_java_field)item->field);
		return put_padded(out, (uint64_t)(value < 0 ? -value : value) % 100, 2);
	case WR_JAVA_FRACTION:
		return print_fraction(item, clock_value(p->moment, WR_JAVA_NANO), out);
	case WR_JAVA_TEXT:
		value = field_value(p, (enum wr_java_field)item->field);
		if (item->field == WR_JAVA_MONTH || item->field == WR_JAVA_WEEKDAY ||
		    item->field == WR_JAVA_QUARTER)
			value--;
		name = wr_java_name((enum wr_java_field)item->field, (uint32_t)value, item->style);
		break;
	case WR_JAVA_OFFSET:
		if (format->dialect != WR_JAVA_SIMPLE)
			return NULL;
		return print_offset(item, p->moment->offset_ms, out);
	case WR_JAVA_ZONE:
		if (format->dialect != WR_JAVA_SIMPLE)
			return NULL;
		name = p->moment->zone != NULL ? p->moment->zone : "UTC";
		break;
	default: return out;
	}
	size_t len = WR_MIN(strlen(name), 31u);
	memcpy(out, name, len);
	return out + len;
}

/* Fills up to `width` with spaces on the left. */
static char *pad_left(char *start, char *end, uint32_t width)
{
	uint32_t len = (uint32_t)(end - start);

	if (len >= width)
		return end;
	memmove(start + (width - len), start, len);
	memset(start, ' ', width - len);
	return start + width;
}

/* An optional section without a value leaves nothing behind. */
int wr_java_format_print(const struct wr_java_format *format, const struct wr_java_moment *moment,
			 char *out, char *reason)
{
	struct parts p = take_apart(format, moment);
	char *next = out, *section = out, *padded = NULL;
	uint32_t depth = 0, section_item = 0, width = 0;

	for (uint32_t i = 0; i < format->count; i++) {
		const struct wr_java_item *item = &format->item[i];
		if (item->op == WR_JAVA_PAD) {
			padded = next;
			width = item->min;
			continue;
		}
		if (item->op == WR_JAVA_BEGIN && depth++ == 0) {
			section = next;
			section_item = i;
		}
		if (item->op == WR_JAVA_END)
			depth--;
		char *end = print_item(format, item, &p, next);
		if (end == NULL && depth > 0) { /* an optional section that cannot be printed */
			next = section;
			i = section_item + format->item[section_item].len;
			depth = 0;
			padded = NULL;
			continue;
		}
		if (end == NULL) {
			snprintf(reason, WR_JAVA_REASON_MAX,
				 "a timestamp has no time zone to print for '%c'", item->style);
			return -1;
		}
		next = padded != NULL ? pad_left(padded, end, width) : end;
		padded = NULL;
	}
	WR_ASSERT((size_t)(next - out) <= format->max_len);
	return (int)(next - out);
}
