/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_format - the format strings of Arrow's C data interface, taken apart and named.
 *
 * Thread: any; nothing is kept.
 */
#ifndef WR_DATA_ARROW_FORMAT_H
#define WR_DATA_ARROW_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "weir/weir.h"

enum wr_arrow_kind {
	WR_ARROW_UNKNOWN, /* not of the specification as it is known here */
	WR_ARROW_NULL,
	WR_ARROW_BOOL,
	WR_ARROW_INT, /* bits, is_signed */
	WR_ARROW_HALF,
	WR_ARROW_FLOAT,
	WR_ARROW_DOUBLE,
	WR_ARROW_DECIMAL,        /* bits, precision, scale */
	WR_ARROW_UTF8,           /* bits of the offsets */
	WR_ARROW_UTF8_VIEW,      /* views of 16 bytes */
	WR_ARROW_BINARY,         /* bits of the offsets */
	WR_ARROW_BINARY_VIEW,    /* views of 16 bytes */
	WR_ARROW_FIXED_BINARY,   /* width */
	WR_ARROW_DATE,           /* bits: 32 of days, 64 of milliseconds */
	WR_ARROW_TIME,           /* bits, per_second */
	WR_ARROW_TIMESTAMP,      /* per_second, zone */
	WR_ARROW_DURATION,       /* per_second */
	WR_ARROW_MONTHS,         /* int32 */
	WR_ARROW_DAY_TIME,       /* int32 days, int32 milliseconds */
	WR_ARROW_MONTH_DAY_NANO, /* int32 months, int32 days, int64 nanoseconds */
	WR_ARROW_LIST,           /* bits of the offsets */
	WR_ARROW_LIST_VIEW,      /* bits of offsets and sizes */
	WR_ARROW_FIXED_LIST,     /* width */
	WR_ARROW_STRUCT,
	WR_ARROW_MAP,
	WR_ARROW_UNION,
	WR_ARROW_RUN_END
};

struct wr_arrow_format {
	enum wr_arrow_kind kind; /* what the values are */
	bool is_signed;          /* INT */
	uint32_t bits;           /* of a value or an offset, where the kind says so */
	int32_t precision;       /* DECIMAL: digits in all */
	int32_t scale;           /* DECIMAL: digits behind the point; may be negative */
	int32_t width;           /* FIXED_BINARY: bytes, FIXED_LIST: elements; 0 or more */
	int64_t per_second;      /* units in a second, 1 to 1,000,000,000 */
	const char *zone;        /* TIMESTAMP: its time zone, "" for none; part of the text read */
};

/* Reads a format; kind WR_ARROW_UNKNOWN when it is none. NULL is allowed. */
struct wr_arrow_format wr_arrow_format_read(const char *format);
/* Appends what a schema's values are called: "int32", "timestamp[us, UTC]", "dictionary of utf8".
 */
void wr_arrow_format_name(struct wr_text *text, const struct ArrowSchema *schema);

#endif
