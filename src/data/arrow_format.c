/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_format - see arrow_format.h.
 */
#include "data/arrow_format.h"

#include <ctype.h>

#include "base/status.h"

/* A format that is one text. */
struct fixed_format {
	const char *text;              /* the whole format */
	struct wr_arrow_format format; /* what it means */
	const char *name;              /* as messages show it */
};

#define INT(bits_, sign)                                                                           \
	{                                                                                          \
		.kind = WR_ARROW_INT, .bits = (bits_), .is_signed = (sign)                         \
	}
#define SIZED(kind_, bits_)                                                                        \
	{                                                                                          \
		.kind = WR_ARROW_##kind_, .bits = (bits_)                                          \
	}
#define UNIT(kind_, bits_, unit)                                                                   \
	{                                                                                          \
		.kind = WR_ARROW_##kind_, .bits = (bits_), .per_second = (unit)                    \
	}
#define BARE(kind_)                                                                                \
	{                                                                                          \
		.kind = WR_ARROW_##kind_                                                           \
	}

static const struct fixed_format fixed_formats[] = {
    {"n", BARE(NULL), "null"},
    {"b", BARE(BOOL), "bool"},
    {"c", INT(8, true), "int8"},
    {"C", INT(8, false), "uint8"},
    {"s", INT(16, true), "int16"},
    {"S", INT(16, false), "uint16"},
    {"i", INT(32, true), "int32"},
    {"I", INT(32, false), "uint32"},
    {"l", INT(64, true), "int64"},
    {"L", INT(64, false), "uint64"},
    {"e", BARE(HALF), "half float"},
    {"f", BARE(FLOAT), "float"},
    {"g", BARE(DOUBLE), "double"},
    {"u", SIZED(UTF8, 32), "utf8"},
    {"U", SIZED(UTF8, 64), "large utf8"},
    {"vu", BARE(UTF8_VIEW), "utf8 view"},
    {"z", SIZED(BINARY, 32), "binary"},
    {"Z", SIZED(BINARY, 64), "large binary"},
    {"vz", BARE(BINARY_VIEW), "binary view"},
    {"tdD", SIZED(DATE, 32), "date32"},
    {"tdm", SIZED(DATE, 64), "date64"},
    {"tts", UNIT(TIME, 32, 1), "time32[s]"},
    {"ttm", UNIT(TIME, 32, 1000), "time32[ms]"},
    {"ttu", UNIT(TIME, 64, 1000000), "time64[us]"},
    {"ttn", UNIT(TIME, 64, 1000000000), "time64[ns]"},
    {"tDs", UNIT(DURATION, 64, 1), "duration[s]"},
    {"tDm", UNIT(DURATION, 64, 1000), "duration[ms]"},
    {"tDu", UNIT(DURATION, 64, 1000000), "duration[us]"},
    {"tDn", UNIT(DURATION, 64, 1000000000), "duration[ns]"},
    {"tiM", BARE(MONTHS), "month interval"},
    {"tiD", BARE(DAY_TIME), "day and time interval"},
    {"tin", BARE(MONTH_DAY_NANO), "month, day and nanosecond interval"},
    {"+l", SIZED(LIST, 32), "list"},
    {"+L", SIZED(LIST, 64), "large list"},
    {"+vl", SIZED(LIST_VIEW, 32), "list view"},
    {"+vL", SIZED(LIST_VIEW, 64), "large list view"},
    {"+s", BARE(STRUCT), "struct"},
    {"+m", BARE(MAP), "map"},
    {"+r", BARE(RUN_END), "run-end encoded array"},
};

static const struct fixed_format *find_fixed(const char *text)
{
	for (size_t i = 0; i < WR_COUNT(fixed_formats); i++)
		if (strcmp(fixed_formats[i].text, text) == 0)
			return &fixed_formats[i];
	return NULL;
}

/* Reads a decimal number of at most nine digits; moves *at behind it. */
static bool read_number(const char **at, int32_t *value)
{
	const char *p = *at;
	bool minus = *p == '-';
	int32_t number = 0;
	int digits = 0;

	for (p += minus; isdigit((unsigned char)*p); p++) {
		if (++digits > 9)
			return false;
		number = number * 10 + (*p - '0');
	}
	*value = minus ? -number : number;
	*at = p;
	return digits != 0;
}

/* "d:precision,scale" with ",bits" behind it where it is not 128. */
static bool read_decimal(const char *at, struct wr_arrow_format *format)
{
	int32_t bits = 128;

	if (!read_number(&at, &format->precision) || *at++ != ',' ||
	    !read_number(&at, &format->scale))
		return false;
	if (*at == ',' && (at++, !read_number(&at, &bits)))
		return false;
	format->kind = WR_ARROW_DECIMAL;
	format->bits = (uint32_t)bits;
	return *at == '\0' && (bits == 32 || bits == 64 || bits == 128 || bits == 256);
}

/* "ts" with the letter of its unit, a colon and the zone. */
static bool read_timestamp(const char *at, struct wr_arrow_format *format)
{
	static const struct {
		char letter;
		int64_t per_second;
	} units[] = {{'s', 1}, {'m', 1000}, {'u', 1000000}, {'n', 1000000000}};

	for (size_t i = 0; i < WR_COUNT(units); i++) {
		if (at[0] == units[i].letter && at[1] == ':') {
			format->kind = WR_ARROW_TIMESTAMP;
			format->per_second = units[i].per_second;
			format->zone = at + 2;
			return true;
		}
	}
	return false;
}

struct wr_arrow_format wr_arrow_format_read(const char *text)
{
	const struct fixed_format *fixed = text != NULL ? find_fixed(text) : NULL;
	struct wr_arrow_format format = {0};
	const char *at = text;
	bool good = false;

	if (fixed != NULL)
		return fixed->format;
	if (text == NULL)
		return format;
	if (strncmp(text, "d:", 2) == 0) {
		good = read_decimal(text + 2, &format);
	} else if (strncmp(text, "ts", 2) == 0) {
		good = read_timestamp(text + 2, &format);
	} else if (strncmp(text, "w:", 2) == 0) {
		at += 2;
		format.kind = WR_ARROW_FIXED_BINARY;
		good = read_number(&at, &format.width) && *at == '\0' && format.width >= 0;
	} else if (strncmp(text, "+w:", 3) == 0) {
		at += 3;
		format.kind = WR_ARROW_FIXED_LIST;
		good = read_number(&at, &format.width) && *at == '\0' && format.width >= 0;
	} else if (strncmp(text, "+ud:", 4) == 0 || strncmp(text, "+us:", 4) == 0) {
		format.kind = WR_ARROW_UNION;
		good = true;
	}
	return good ? format : (struct wr_arrow_format){0};
}

/* The letters of a unit, as Arrow's own texts have them. */
static const char *unit_name(int64_t per_second)
{
	return per_second == 1         ? "s"
	       : per_second == 1000    ? "ms"
	       : per_second == 1000000 ? "us"
				       : "ns";
}

void wr_arrow_format_name(struct wr_text *text, const struct ArrowSchema *schema)
{
	const struct ArrowSchema *values = schema->dictionary != NULL ? schema->dictionary : schema;
	const struct fixed_format *fixed =
	    values->format != NULL ? find_fixed(values->format) : NULL;
	struct wr_arrow_format format = wr_arrow_format_read(values->format);

	if (values != schema)
		wr_text_puts(text, "dictionary of ");
	if (fixed != NULL) {
		wr_text_puts(text, fixed->name);
		return;
	}
	switch (format.kind) {
	case WR_ARROW_DECIMAL:
		wr_text_printf(text, "decimal%u(%d, %d)", format.bits, format.precision,
			       format.scale);
		break;
	case WR_ARROW_TIMESTAMP:
		wr_text_printf(text, "timestamp[%s%s%.40s]", unit_name(format.per_second),
			       format.zone[0] != '\0' ? ", " : "", format.zone);
		break;
	case WR_ARROW_FIXED_BINARY: wr_text_printf(text, "binary of %d bytes", format.width); break;
	case WR_ARROW_FIXED_LIST: wr_text_printf(text, "list of %d elements", format.width); break;
	case WR_ARROW_UNION: wr_text_puts(text, "union"); break;
	default:
		wr_text_printf(text, "'%.40s'", values->format != NULL ? values->format : "");
		break;
	}
}
