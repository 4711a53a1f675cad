/* SPDX-License-Identifier: Apache-2.0
 *
 * datetime_parse - text to dates, times, timestamps and intervals.
 *
 * Two families: wr_*_parse follow Flink's CAST (each type lenient in its own way), wr_*_read the
 * strict forms of JSON and CSV. The latter begin with a path for the two usual lengths that loads
 * the digits eight at a time and checks them all at once.
 */
#include "base/macros.h"
#include "data/datetime.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

struct cursor {
	const char *p;   /* next byte */
	const char *end; /* behind the last */
};

static bool take(struct cursor *in, char c)
{
	if (in->p == in->end || *in->p != c)
		return false;
	in->p++;
	return true;
}

/* `min`..`max` digits, as many as there are. */
static bool take_digits(struct cursor *in, int min, int max, int32_t *value)
{
	int count = 0;

	*value = 0;
	for (; count < max && in->p < in->end && is_digit(*in->p); count++)
		*value = *value * 10 + (*in->p++ - '0');
	return count >= min;
}

/* "[.f{0,9}]" as nanoseconds. */
static bool take_fraction(struct cursor *in, int32_t *nanos)
{
	int32_t unit = 100000000;

	*nanos = 0;
	if (!take(in, '.'))
		return true;
	for (int i = 0; i < 9 && in->p < in->end && is_digit(*in->p); i++, unit /= 10)
		*nanos += (*in->p++ - '0') * unit;
	return true;
}

/* --- CAST: dates and times
 * --------------------------------------------------------------------------- */

/* A field between two marks: digits with spaces around, at most int32_t. */
static bool trimmed_number(const char *begin, const char *end, int32_t *value)
{
	int64_t number = 0;

	while (begin < end && is_space(*begin))
		begin++;
	while (begin < end && is_space(end[-1]))
		end--;
	if (begin == end)
		return false;
	for (; begin < end; begin++) {
		if (!is_digit(*begin))
			return false;
		number = number * 10 + (*begin - '0');
		if (number > INT32_MAX)
			return false;
	}
	*value = (int32_t)number;
	return true;
}

static const char *find(const char *begin, const char *end, char c)
{
	const char *found = begin < end ? memchr(begin, c, (size_t)(end - begin)) : NULL;

	return found != NULL ? found : end;
}

/* "y", "y-m" or "y-m-d"; what follows the first space is ignored, unless that leads the text. */
bool wr_date_parse(const char *text, size_t len, int32_t *days)
{
	const char *end = text + len;
	int32_t year, month = 1, day = 1;

	const char *space = find(text, end, ' ');
	if (space > text)
		end = space;
	const char *hyphen1 = find(text, end, '-');
	if (!trimmed_number(text, hyphen1, &year))
		return false;
	if (hyphen1 < end) {
		const char *hyphen2 = find(hyphen1 + 1, end, '-');
		if (!trimmed_number(hyphen1 + 1, hyphen2, &month))
			return false;
		if (hyphen2 < end && !trimmed_number(hyphen2 + 1, end, &day))
			return false;
	}
	if (year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > wr_days_in_month(year, month))
		return false;
	*days = (int32_t)wr_days_from_civil(year, month, day);
	return true;
}

/* Three digits of a fraction, the fourth rounds; other characters count as 0. */
static int32_t millis_of(const char *begin, const char *end)
{
	int32_t unit = 100;
	int32_t value = 0;

	while (begin < end && is_space(*begin))
		begin++;
	for (; begin < end && unit != 0; begin++, unit /= 10)
		value += is_digit(*begin) ? (*begin - '0') * unit : 0;
	return value + (unit == 0 && begin < end && *begin >= '5');
}

/* "h", "h:m", "h:m:s" or "h:m:s.f" in [begin, end). */
static bool clock_fields(const char *begin, const char *end, int32_t *hour, int32_t *minute,
			 int32_t *second, int32_t *ms)
{
	const char *colon1 = find(begin, end, ':');
	const char *colon2 = colon1 < end ? find(colon1 + 1, end, ':') : end;
	const char *dot = colon2 < end ? find(colon2, end, '.') : end;

	*minute = *second = *ms = 0;
	if (!trimmed_number(begin, colon1, hour))
		return false;
	if (colon1 < end && !trimmed_number(colon1 + 1, colon2, minute))
		return false;
	if (colon2 < end && !trimmed_number(colon2 + 1, dot, second))
		return false;
	if (dot < end)
		*ms = millis_of(dot + 1, end);
	return true;
}

/* Sums wrap in 32 bits, as in Flink: every number is a time. */
bool wr_time_parse(const char *text, size_t len, int32_t *ms)
{
	const char *end = text + len;
	const char *zone = find(text, end, '-');
	int32_t sign = -1;
	int32_t hour, minute, second, milli, zone_hour = 0, zone_minute = 0;

	if (zone == end) {
		zone = find(text, end, '+');
		sign = 1;
	}
	if (zone < end) {
		const char *colon = find(zone + 1, end, ':');
		if (!trimmed_number(zone + 1, colon, &zone_hour))
			return false;
		if (colon < end && !trimmed_number(colon + 1, end, &zone_minute))
			return false;
	}
	if (!clock_fields(text, zone, &hour, &minute, &second, &milli))
		return false;
	uint32_t hours = (uint32_t)hour + (uint32_t)sign * (uint32_t)zone_hour;
	uint32_t minutes = (uint32_t)minute + (uint32_t)sign * (uint32_t)zone_minute;
	*ms = (int32_t)(hours * WR_MS_HOUR + minutes * WR_MS_MINUTE +
			(uint32_t)second * WR_MS_SECOND + (uint32_t)milli);
	return true;
}

/* --- timestamps, both families
 * ------------------------------------------------------------------------ */

struct moment {
	int64_t year;   /* any */
	int32_t month;  /* as read */
	int32_t day;    /* as read */
	int32_t hour;   /* as read */
	int32_t minute; /* as read */
	int32_t second; /* as read */
	int32_t nanos;  /* 0..999999999 */
};

/* Checks the fields and joins them. Lenient: a day up to 31 beyond the month's end is its last day,
 * and 24:00:00 is midnight of the next day. */
static bool join(struct moment m, bool lenient, int64_t *ms, int32_t *nano)
{
	bool next_day = lenient && m.hour == 24 && m.minute == 0 && m.second == 0 && m.nanos == 0;

	if (m.month < 1 || m.month > 12 || m.day < 1 || m.day > 31 || m.minute > 59 ||
	    m.second > 59)
		return false;
	if (m.hour > 23 && !next_day)
		return false;
	int32_t last = wr_days_in_month(m.year, m.month);
	if (m.day > last) {
		if (!lenient)
			return false;
		m.day = last;
	}
	*ms = wr_days_from_civil(m.year, m.month, m.day) * WR_MS_DAY +
	      (int64_t)m.hour * WR_MS_HOUR + m.minute * WR_MS_MINUTE + m.second * WR_MS_SECOND +
	      m.nanos / WR_NS_MS;
	*nano = m.nanos % WR_NS_MS;
	return true;
}

/* The same for years 0..9999 and fields in the ranges that need no second look; all else goes to
 * join. Unsigned 32-bit arithmetic over constants: no division instruction. Years count from March,
 * 400 of them added to stay positive. */
static inline bool join_quick(const struct moment *m, bool lenient, int64_t *ms, int32_t *nano)
{
	static const uint16_t days_before[] = {0,   306, 337, 0,   31,  61, 92,
					       122, 153, 184, 214, 245, 275};
	uint32_t month = (uint32_t)m->month;
	uint32_t day = (uint32_t)m->day;

	if (WR_UNLIKELY(month - 1 > 11 || day - 1 > 27 || m->hour > 23 || m->minute > 59 ||
			m->second > 59))
		return join(*m, lenient, ms, nano);
	uint32_t year = (uint32_t)m->year + 400 - (month <= 2);
	uint32_t days =
	    365 * year + year / 4 - year / 100 + year / 400 + days_before[month] + day - 1;
	uint32_t seconds = (uint32_t)(m->hour * 3600 + m->minute * 60 + m->second);
	/* 865565: days from March of the year -400 to 1970 */
	*ms = ((int64_t)days - 865565) * WR_MS_DAY + (int64_t)seconds * WR_MS_SECOND +
	      m->nanos / WR_NS_MS;
	*nano = 0;
	return true;
}

/* Eight bytes of which `mask` selects the digits: checks them and that the others equal `marks`. */
static inline bool eight(const char *text, uint64_t digit_mask, uint64_t marks, uint64_t *digits)
{
	uint64_t word;

	memcpy(&word, text, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	if (((word ^ marks) & ~digit_mask) != 0)
		return false;
	*digits = (word ^ 0x3030303030303030ull) & digit_mask;
	/* a digit is below 10: neither it nor it plus 6 reaches the upper half of its byte */
	return ((*digits | (*digits + (0x0606060606060606ull & digit_mask))) &
		0xf0f0f0f0f0f0f0f0ull) == 0;
}

#define BYTE_AT(word, i) ((int32_t)((word) >> (8 * (i)) & 0xff))
#define TWO_AT(word, i)  (BYTE_AT(word, i) * 10 + BYTE_AT(word, (i) + 1))

/* "YYYY-MM-DD?HH:MM:SS" in 19 bytes: bytes 0-7, 8-15 and 11-18. */
static inline bool read_19(const char *text, char separator, struct moment *m)
{
	uint64_t a, b, c;
	uint64_t mark = (uint64_t)(unsigned char)separator << 16;

	if (!eight(text, 0x00ffff00ffffffffull, 0x2d00002d00000000ull, &a) ||
	    !eight(text + 8, 0xffff00ffff00ffffull, 0x00003a0000000000ull | mark, &b) ||
	    !eight(text + 11, 0xffff00ffff00ffffull, 0x00003a00003a0000ull, &c))
		return false;
	m->year = TWO_AT(a, 0) * 100 + TWO_AT(a, 2);
	m->month = TWO_AT(a, 5);
	m->day = TWO_AT(b, 0);
	m->hour = TWO_AT(c, 0);
	m->minute = TWO_AT(c, 3);
	m->second = TWO_AT(c, 6);
	return true;
}

/* ".fff" */
static inline bool read_millis(const char *text, int32_t *nanos)
{
	if (text[0] != '.' || !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[3]))
		return false;
	*nanos = ((text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0')) * WR_NS_MS;
	return true;
}

/* "YYYY", or a sign and more digits: "+12020", "-0001". */
static bool take_year(struct cursor *in, int64_t *year)
{
	bool minus = take(in, '-');
	bool plus = !minus && take(in, '+');
	const char *begin = in->p;
	int32_t value;

	if (!take_digits(in, 4, minus || plus ? 9 : 4, &value))
		return false;
	if (plus && in->p - begin == 4)
		return false;
	*year = minus ? -(int64_t)value : value;
	return true;
}

static bool take_iso_date(struct cursor *in, struct moment *m)
{
	return take_year(in, &m->year) && take(in, '-') && take_digits(in, 2, 2, &m->month) &&
	       take(in, '-') && take_digits(in, 2, 2, &m->day);
}

static bool take_iso_time(struct cursor *in, bool seconds_optional, struct moment *m)
{
	if (!take_digits(in, 2, 2, &m->hour) || !take(in, ':') ||
	    !take_digits(in, 2, 2, &m->minute))
		return false;
	m->second = m->nanos = 0;
	if (!take(in, ':'))
		return seconds_optional;
	return take_digits(in, 2, 2, &m->second) && take_fraction(in, &m->nanos);
}

/* Whatever is not one of the usual lengths, or looks odd there. */
static __attribute__((noinline)) bool read_slow(const char *text, size_t len, char separator,
						bool zulu, int64_t *ms, int32_t *nano)
{
	struct cursor in = {text, text + len};
	struct moment m = {0};
	bool iso = separator == 'T';

	if (!take_iso_date(&in, &m) || !(take(&in, separator) || (iso && !zulu && take(&in, 't'))))
		return false;
	if (!take_iso_time(&in, iso, &m) || (zulu && !take(&in, 'Z')) || in.p != in.end)
		return false;
	return join(m, !iso || zulu, ms, nano);
}

bool wr_timestamp_read(const char *text, size_t len, char separator, bool zulu, int64_t *ms,
		       int32_t *nano)
{
	struct moment m;
	size_t body = len - zulu;

	if (WR_LIKELY(body == 23 || body == 19) && WR_LIKELY(read_19(text, separator, &m))) {
		m.nanos = 0;
		bool mark = !zulu || text[body] == 'Z';
		bool fraction = body == 19 || read_millis(text + 19, &m.nanos);
		if (WR_LIKELY(mark && fraction))
			return join_quick(&m, separator != 'T' || zulu, ms, nano);
	}
	return read_slow(text, len, separator, zulu, ms, nano);
}

bool wr_date_read(const char *text, size_t len, int32_t *days)
{
	struct cursor in = {text, text + len};
	struct moment m = {0};
	int64_t ms;
	int32_t nano;

	if (!take_iso_date(&in, &m) || in.p != in.end || !join(m, false, &ms, &nano))
		return false;
	*days = (int32_t)(ms / WR_MS_DAY - (ms % WR_MS_DAY < 0));
	return true;
}

/* 24:00:00 is 00:00:00. */
bool wr_time_read(const char *text, size_t len, bool iso, bool zulu, int32_t *ms)
{
	struct cursor in = {text, text + len};
	struct moment m = {.year = 1970, .month = 1, .day = 1};
	int64_t all;
	int32_t nano;

	if (!take_iso_time(&in, iso, &m) || (zulu && !take(&in, 'Z')) || in.p != in.end)
		return false;
	if (!join(m, true, &all, &nano))
		return false;
	*ms = (int32_t)(all % WR_MS_DAY);
	return true;
}

/* "yyyy-[M]M-[d]d[ [H]H:[m]m:[s]s[.f{0,9}]]" */
bool wr_timestamp_parse(const char *text, size_t len, int64_t *ms, int32_t *nano)
{
	struct cursor in = {text, text + len};
	struct moment m = {0};
	int32_t year;

	if (!take_digits(&in, 4, 4, &year) || year < 1 || !take(&in, '-'))
		return false;
	m.year = year;
	if (!take_digits(&in, 1, 2, &m.month) || !take(&in, '-') || !take_digits(&in, 1, 2, &m.day))
		return false;
	if (take(&in, ' ')) {
		if (!take_digits(&in, 1, 2, &m.hour) || !take(&in, ':') ||
		    !take_digits(&in, 1, 2, &m.minute) || !take(&in, ':') ||
		    !take_digits(&in, 1, 2, &m.second) || !take_fraction(&in, &m.nanos))
			return false;
	}
	return in.p == in.end && join(m, true, ms, nano);
}

/* --- intervals
 * ---------------------------------------------------------------------------------------- */

/* Digits as int64_t; at least one, at most 18. */
static bool take_i64(struct cursor *in, int64_t *value)
{
	const char *begin = in->p;

	*value = 0;
	while (in->p < in->end && is_digit(*in->p) && in->p - begin < 18)
		*value = *value * 10 + (*in->p++ - '0');
	return in->p != begin && !(in->p < in->end && is_digit(*in->p));
}

/* "y", "m", "q", "y-m": months. */
static bool month_interval(struct cursor *in, enum wr_unit from, enum wr_unit to, int64_t *months)
{
	int64_t lead, rest = 0;
	int64_t size = from == WR_UNIT_YEAR ? 12 : from == WR_UNIT_QUARTER ? 3 : 1;

	if (!take_i64(in, &lead))
		return false;
	if (from == WR_UNIT_YEAR && to == WR_UNIT_MONTH) {
		if (!take(in, '-') || !take_i64(in, &rest) || rest > 11)
			return false;
	}
	return !__builtin_mul_overflow(lead, size, months) &&
	       !__builtin_add_overflow(*months, rest, months);
}

/* The fields from `from` down to `to`, each behind its mark; all but the first are bounded. */
static bool day_interval(struct cursor *in, enum wr_unit from, enum wr_unit to, int64_t *ms)
{
	static const struct {
		enum wr_unit unit; /* field */
		int64_t ms;        /* its length */
		int64_t max;       /* largest value behind the first field */
		char mark;         /* before it */
	} fields[] = {{WR_UNIT_DAY, WR_MS_DAY, 0, 0},
		      {WR_UNIT_HOUR, WR_MS_HOUR, 23, ' '},
		      {WR_UNIT_MINUTE, WR_MS_MINUTE, 59, ':'},
		      {WR_UNIT_SECOND, WR_MS_SECOND, 59, ':'}};
	int32_t nanos = 0;

	*ms = 0;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		int64_t value, part;
		if (fields[i].unit > from || fields[i].unit < to)
			continue;
		bool first = fields[i].unit == from;
		if (!first && !take(in, fields[i].mark))
			return false;
		if (!take_i64(in, &value) || (!first && value > fields[i].max))
			return false;
		if (__builtin_mul_overflow(value, fields[i].ms, &part) ||
		    __builtin_add_overflow(*ms, part, ms))
			return false;
	}
	if (to == WR_UNIT_SECOND && !take_fraction(in, &nanos))
		return false;
	return !__builtin_add_overflow(*ms, nanos / WR_NS_MS, ms);
}

bool wr_interval_parse(const char *text, size_t len, enum wr_unit from, enum wr_unit to,
		       int64_t *value)
{
	struct cursor in = {text, text + len};
	bool fits;

	while (in.p < in.end && is_space(*in.p))
		in.p++;
	while (in.p < in.end && is_space(in.end[-1]))
		in.end--;
	bool negative = take(&in, '-');
	if (!negative)
		take(&in, '+');
	if (from == WR_UNIT_WEEK) {
		fits = take_i64(&in, value) &&
		       !__builtin_mul_overflow(*value, 7 * (int64_t)WR_MS_DAY, value);
	} else if (from >= WR_UNIT_MONTH) {
		fits = month_interval(&in, from, to, value);
	} else {
		fits = day_interval(&in, from, to, value);
	}
	if (!fits || in.p != in.end)
		return false;
	if (negative)
		*value = -*value;
	return true;
}
