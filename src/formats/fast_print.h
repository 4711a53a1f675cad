/* SPDX-License-Identifier: Apache-2.0
 *
 * fast_print - short ways to print what encoders print most: amounts with a few decimals, and
 * timestamps of a day that has just been printed. The general ways are in data/.
 *
 * Nothing here NUL-terminates. Thread: pure functions; a wr_print_day belongs to one encoder.
 */
#ifndef WR_FORMATS_FAST_PRINT_H
#define WR_FORMATS_FAST_PRINT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"
#include "data/datetime.h"
#include "data/number.h"

/* Two digits. */
static inline char *wr_put_two(char *out, uint32_t value)
{
	out[0] = (char)('0' + value / 10);
	out[1] = (char)('0' + value % 10);
	return out + 2;
}

/* The fraction 1..999 without trailing zeros. */
static inline char *wr_put_thousandths(char *out, uint32_t value)
{
	out[0] = (char)('0' + value / 100);
	out[1] = (char)('0' + value / 10 % 10);
	out[2] = (char)('0' + value % 10);
	return out + (value % 10 != 0 ? 3 : value % 100 != 0 ? 2 : 1);
}

/* As wr_double_print. A value that equals a decimal of at most three places (and ten digits) has
 * that decimal as its shortest digits: two decimals of up to fifteen digits never read as the same
 * double. */
static inline char *wr_put_double(char *out, double value)
{
	double size = fabs(value);

	if (WR_LIKELY(size >= 0.001 && size < 1e7)) {
		uint64_t thousandths = (uint64_t)(size * 1000 + 0.5);
		if (WR_LIKELY((double)thousandths / 1000 == size)) {
			*out = '-';
			out += value < 0;
			out += wr_i64_print(out, (int64_t)(thousandths / 1000));
			*out++ = '.';
			return wr_put_thousandths(out, (uint32_t)(thousandths % 1000));
		}
	}
	return out + wr_double_print(out, value);
}

/* The day printed last. */
struct wr_print_day {
	int64_t start_ms; /* midnight; meaningful when len != 0 */
	uint32_t len;     /* bytes of text; 0: nothing yet */
	char text[16];    /* "2024-01-01" */
};

/* As wr_timestamp_print_short for whole milliseconds: date, separator, time, fraction without
 * trailing zeros. */
static inline char *wr_put_timestamp(struct wr_print_day *day, char *out, int64_t ms,
				     char separator)
{
	uint64_t rest = (uint64_t)ms - (uint64_t)day->start_ms;

	if (WR_UNLIKELY(rest >= WR_MS_DAY || day->len == 0)) {
		char text[WR_TIME_TEXT_MAX];
		int64_t days = wr_floor_div(ms, WR_MS_DAY);
		size_t len = wr_date_print(text, days);
		if (len > sizeof day->text)
			return NULL;
		memcpy(day->text, text, len);
		day->len = (uint32_t)len;
		day->start_ms = days * WR_MS_DAY;
		rest = (uint64_t)(ms - day->start_ms);
	}
	uint32_t second = (uint32_t)rest / 1000;
	uint32_t fraction = (uint32_t)rest % 1000;
	memcpy(out, day->text, sizeof day->text);
	out += day->len;
	*out++ = separator;
	out = wr_put_two(out, second / 3600);
	*out++ = ':';
	out = wr_put_two(out, second / 60 % 60);
	*out++ = ':';
	out = wr_put_two(out, second % 60);
	if (fraction == 0)
		return out;
	*out++ = '.';
	return wr_put_thousandths(out, fraction);
}

#endif
