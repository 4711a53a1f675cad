/* SPDX-License-Identifier: Apache-2.0
 *
 * java_format - patterns such as 'yyyy-MM-dd HH:mm:ss.SSS', in both of Java's dialects.
 *
 * Flink hands patterns to java.time.format.DateTimeFormatter (DATE_FORMAT of a timestamp,
 * TO_TIMESTAMP, TO_TIMESTAMP_LTZ) or to java.text.SimpleDateFormat (DATE_FORMAT of a string,
 * FROM_UNIXTIME, UNIX_TIMESTAMP, TO_DATE, CONVERT_TZ). The letters look alike, but the first parses
 * all of the text strictly and knows nanoseconds; the second is lenient (the 30th of February is
 * the 1st or 2nd of March, what follows the pattern's end is not looked at) and keeps the Julian
 * calendar before 1582-10-15. Names are English, weeks begin on Sunday, as in the locale en_US.
 *
 * Order of calls: init -> (print | parse)*. Thread: immutable after init. Memory: none of its own.
 */
#ifndef WR_EXPR_JAVA_FORMAT_H
#define WR_EXPR_JAVA_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WR_JAVA_PATTERN_MAX 240 /* bytes of a pattern; real ones have at most 40 */
#define WR_JAVA_ITEMS_MAX   96  /* letters in a row, literals and brackets of a pattern */
#define WR_JAVA_REASON_MAX  96  /* bytes of a reason, NUL included */

enum wr_java_dialect {
	WR_JAVA_DATETIME, /* java.time.format.DateTimeFormatter.ofPattern, resolver style SMART */
	WR_JAVA_SIMPLE    /* java.text.SimpleDateFormat, lenient */
};

/* A point of local time. */
struct wr_java_moment {
	int64_t days;      /* since 1970-01-01 */
	int32_t ms;        /* of the day */
	int32_t nano;      /* within the millisecond, 0..999999 */
	int32_t offset_ms; /* of local time from UTC; SIMPLE: for Z and X */
	const char *zone;  /* its short name, for z in SIMPLE; NULL: none, "UTC" is printed */
};

/* What parse() found. */
struct wr_java_parsed {
	int64_t ms;        /* local time since 1970-01-01 00:00 */
	int32_t nano;      /* within the millisecond */
	bool has_offset;   /* SIMPLE: the text named an offset */
	int32_t offset_ms; /* it; meaningful with has_offset */
};

/* A piece of a pattern; what op and style mean is java_format.c's. */
struct wr_java_item {
	uint8_t op;        /* what to do */
	uint8_t field;     /* of the calendar */
	uint8_t min;       /* digits at least, or letters, or the width of a pad */
	uint8_t max;       /* digits at most */
	uint8_t style;     /* of the text, the sign or the offset */
	bool fixed;        /* parse: takes exactly `max` digits */
	uint8_t following; /* parse: digits that the fixed numbers right behind need */
	uint16_t start;    /* LITERAL: first byte in text */
	uint16_t len;      /* LITERAL: bytes; BEGIN: items up to the matching END */
};

struct wr_java_format {
	enum wr_java_dialect dialect;                /* fixed at init */
	uint32_t count;                              /* items */
	uint32_t max_len;                            /* bytes that print() needs at most */
	struct wr_java_item item[WR_JAVA_ITEMS_MAX]; /* in order */
	char text[WR_JAVA_PATTERN_MAX];              /* of the literals */
	uint32_t text_len;                           /* bytes used */
};

/* Compiles a pattern; false: no pattern, `reason` (WR_JAVA_REASON_MAX bytes) says why. */
bool wr_java_format_init(struct wr_java_format *format, enum wr_java_dialect dialect,
			 const char *pattern, size_t len, char *reason);
/* The form of TO_TIMESTAMP without a pattern: "yyyy-[MM][M]-[dd][d][ [HH][H]:[mm][m]:[ss][s]" and
 * up to nine digits behind a point, "]". */
void wr_java_format_init_default(struct wr_java_format *format);
/* Prints into `out` (max_len bytes, not NUL-terminated). Returns the length, or -1 when a letter
 * has no value (a zone where there is none): `reason` says which. */
int wr_java_format_print(const struct wr_java_format *format, const struct wr_java_moment *moment,
			 char *out, char *reason);
/* Reads `text`; false: it does not match. */
bool wr_java_format_parse(const struct wr_java_format *format, const char *text, size_t len,
			  struct wr_java_parsed *out);

/* "yyyy-[m]m-[d]d hh:mm:ss[.f...]" as java.sql.Timestamp.valueOf reads it, or "yyyy-[m]m-[d]d" as
 * java.sql.Date.valueOf does: what Flink tries when a pattern does not match. */
bool wr_java_sql_parse(const char *text, size_t len, struct wr_java_parsed *out);

/* --- shared by java_format.c and java_parse.c ------------------------------------------------ */

enum wr_java_op {
	WR_JAVA_LITERAL,
	WR_JAVA_NUMBER,   /* min..max digits, style: enum wr_java_sign */
	WR_JAVA_REDUCED,  /* the last two digits of a year */
	WR_JAVA_TEXT,     /* style: letters (1..3 short, 4 full, 5 narrow) */
	WR_JAVA_FRACTION, /* `min` to `max` digits of the second's fraction; style 1: with a point
			   */
	WR_JAVA_OFFSET,   /* style: 'X' 'x' 'Z' 'O', min: letters */
	WR_JAVA_ZONE,     /* a zone's name; style: 'V' 'z' 'v' */
	WR_JAVA_PAD,      /* the next item is padded with spaces to `min` */
	WR_JAVA_BEGIN,    /* of an optional section */
	WR_JAVA_END
};

enum wr_java_sign {
	WR_JAVA_NORMAL,       /* '-' before negative ones */
	WR_JAVA_NOT_NEGATIVE, /* no sign */
	WR_JAVA_EXCEEDS_PAD   /* '+' when there are more than `min` digits */
};

enum wr_java_field {
	WR_JAVA_ERA,
	WR_JAVA_YEAR_OF_ERA,
	WR_JAVA_YEAR,
	WR_JAVA_WEEK_YEAR,
	WR_JAVA_QUARTER,
	WR_JAVA_MONTH,
	WR_JAVA_WEEK_OF_YEAR,
	WR_JAVA_WEEK_OF_MONTH,
	WR_JAVA_DAY,
	WR_JAVA_DAY_OF_YEAR,
	WR_JAVA_ALIGNED_DAY, /* 1..7 counted from the first of the month */
	WR_JAVA_WEEKDAY_IN_MONTH,
	WR_JAVA_WEEKDAY,       /* Monday is 1 */
	WR_JAVA_LOCAL_WEEKDAY, /* Sunday is 1 */
	WR_JAVA_AMPM,
	WR_JAVA_CLOCK_HOUR12, /* 1..12 */
	WR_JAVA_HOUR12,       /* 0..11 */
	WR_JAVA_CLOCK_HOUR24, /* 1..24 */
	WR_JAVA_HOUR,
	WR_JAVA_MINUTE,
	WR_JAVA_SECOND,
	WR_JAVA_MILLI, /* of the second */
	WR_JAVA_MILLI_OF_DAY,
	WR_JAVA_NANO, /* of the second */
	WR_JAVA_NANO_OF_DAY,
	WR_JAVA_DAY_PERIOD,
	WR_JAVA_FIELD_COUNT
};

/* 1582-10-15, the first day of the Gregorian calendar in SIMPLE. */
#define WR_JAVA_CUTOVER_DAYS (-141427)

/* Names of months, weekdays, ...: value `index` (from 0) of `field`, or NULL behind the last. */
const char *wr_java_name(enum wr_java_field field, uint32_t index, uint32_t letters);
/* Days since 1970 of a date of the Julian calendar. */
int64_t wr_java_julian_days(int64_t year, int32_t month, int32_t day);

#endif
