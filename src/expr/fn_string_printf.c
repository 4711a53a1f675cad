/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_printf - PRINTF: java.util.Formatter over the values that Flink hands it.
 *
 *	%[index$ | <][flags][width][.precision]conversion
 *
 * Conversions: b h s c d o x e f g a % n (and t, of NULL), upper case for those that have one. DATE
 *and TIME arrive as whole numbers (days, milliseconds), DECIMAL and TIMESTAMP only print as %s or
 *%b. Whatever Formatter would throw at (an unknown conversion, a missing or wrong argument, flags
 *that do not go together) makes the result NULL.
 */
#include "expr/fn_string.h"

#include "base/limits.h"
#include "data/decimal.h"
#include "data/number.h"
#include "data/print.h"
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>

enum {
	FLAG_LEFT = 1,   /* - */
	FLAG_ALT = 2,    /* # */
	FLAG_PLUS = 4,   /* + */
	FLAG_SPACE = 8,  /* space */
	FLAG_ZERO = 16,  /* 0 */
	FLAG_GROUP = 32, /* , */
	FLAG_PAREN = 64  /* ( */
};

#define WIDTH_MAX     1000000 /* a wider field is taken for a mistake */
#define PRECISION_MAX 500     /* digits behind the point that the buffers hold */

/* One conversion as read. */
struct spec {
	uint32_t flags;
	int32_t width;     /* -1: none */
	int32_t precision; /* -1: none */
	char type;         /* lower case */
	bool upper;        /* it was written in upper case */
};

/* A run of PRINTF over one row. */
struct printer {
	struct wr_text *text;         /* the result so far */
	struct wr_text *body;         /* scratch: one field before padding */
	struct wr_column *const *arg; /* of the call; the values begin at 1 */
	uint32_t arg_count;           /* of the call */
	uint32_t row;                 /* being printed */
	uint32_t next;                /* ordinary index */
	uint32_t last;                /* argument of the conversion before; 0: none */
};

/* Changes a field to upper case, character by character. */
static void upper_field(struct wr_text *body)
{
	struct wr_text upper;
	struct wr_str s = {wr_text_str(body), body->len};
	uint32_t size;

	wr_text_init(&upper);
	for (size_t at = 0; at < s.len; at += size) {
		char buffer[4];
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (code >= 0x80)
			code = (uint32_t)u_toupper((UChar32)code);
		else if (code - 'a' < 26)
			code -= 32;
		wr_text_add(&upper, buffer, wr_utf_encode(buffer, code));
	}
	wr_text_clear(body);
	wr_text_add(body, wr_text_str(&upper), upper.len);
	wr_text_release(&upper);
}

/* Adds the field with its padding; zeros go behind the sign or prefix of `head` bytes. */
static bool add_field(struct printer *out, const struct spec *spec, size_t head)
{
	if (spec->upper)
		upper_field(out->body);
	struct wr_str body = {wr_text_str(out->body), out->body->len};
	uint32_t units = wr_utf_count(body);
	uint32_t missing = spec->width > (int32_t)units ? (uint32_t)spec->width - units : 0;

	if ((spec->flags & (FLAG_LEFT | FLAG_ZERO)) == 0) {
		for (; missing > 0; missing--)
			wr_text_putc(out->text, ' ');
	}
	wr_text_add(out->text, body.data, head);
	if (spec->flags & FLAG_ZERO) {
		for (; missing > 0; missing--)
			wr_text_putc(out->text, '0');
	}
	wr_text_add(out->text, body.data + head, body.len - head);
	for (; missing > 0; missing--)
		wr_text_putc(out->text, ' ');
	return true;
}

/* %s and the others for NULL: text cut to the precision. */
static bool add_text(struct printer *out, const struct spec *spec, const char *data, size_t len)
{
	struct spec plain = *spec;

	if (spec->precision >= 0)
		len = wr_utf_offset((struct wr_str){data, len}, (uint64_t)spec->precision);
	wr_text_clear(out->body);
	wr_text_add(out->body, data, len);
	plain.flags &= FLAG_LEFT;
	return add_field(out, &plain, 0);
}

/* Appends `digits` with a comma before each group of three. */
static void add_grouped(struct wr_text *text, const char *digits, size_t len, bool grouped)
{
	for (size_t i = 0; i < len; i++) {
		if (grouped && i > 0 && (len - i) % 3 == 0)
			wr_text_putc(text, ',');
		wr_text_putc(text, digits[i]);
	}
}

/* Begins a number: its sign as the flags say. Returns whether a ')' has to close it. */
static bool open_sign(struct wr_text *body, const struct spec *spec, bool negative)
{
	wr_text_clear(body);
	if (negative && (spec->flags & FLAG_PAREN)) {
		wr_text_putc(body, '(');
		return true;
	}
	if (negative)
		wr_text_putc(body, '-');
	else if (spec->flags & FLAG_PLUS)
		wr_text_putc(body, '+');
	else if (spec->flags & FLAG_SPACE)
		wr_text_putc(body, ' ');
	return false;
}

/* Whether flags of numbers contradict each other or lack a width. */
static bool bad_number_flags(const struct spec *spec)
{
	uint32_t flags = spec->flags;

	if ((flags & FLAG_PLUS) && (flags & FLAG_SPACE))
		return true;
	if ((flags & FLAG_LEFT) && (flags & FLAG_ZERO))
		return true;
	return (flags & (FLAG_LEFT | FLAG_ZERO)) != 0 && spec->width < 0;
}

/* %d %o %x of a whole number. */
static bool add_integer(struct printer *out, const struct spec *spec,
			const struct wr_column *column)
{
	char digits[72];
	int64_t value = wr_int_at(column, out->row);
	bool closes = false, negative = value < 0;

	if (spec->precision >= 0 || bad_number_flags(spec))
		return false;
	if (spec->type == 'd') {
		if (spec->flags & FLAG_ALT)
			return false;
		closes = open_sign(out->body, spec, negative);
		size_t head = out->body->len;
		snprintf(digits, sizeof digits, "%llu",
			 negative ? 0ull - (unsigned long long)value : (unsigned long long)value);
		add_grouped(out->body, digits, strlen(digits), spec->flags & FLAG_GROUP);
		if (closes)
			wr_text_putc(out->body, ')');
		return add_field(out, spec, head);
	}
	if (spec->flags & (FLAG_PLUS | FLAG_SPACE | FLAG_GROUP | FLAG_PAREN))
		return false;
	uint32_t bits = wr_phys_size(column->phys) * 8;
	uint64_t raw = (uint64_t)value & (bits == 64 ? UINT64_MAX : (1ull << bits) - 1);
	wr_text_clear(out->body);
	if (spec->flags & FLAG_ALT)
		wr_text_puts(out->body, spec->type == 'x' ? "0x" : "0");
	size_t head = spec->type == 'x' ? out->body->len : 0;
	snprintf(digits, sizeof digits, spec->type == 'x' ? "%llx" : "%llo",
		 (unsigned long long)raw);
	wr_text_puts(out->body, digits);
	return add_field(out, spec, head);
}

/* Rounds the shortest digits of `value` half up to `places` behind the point, as Formatter does;
 * writes "whole.fraction". */
static void fixed_digits(struct wr_text *text, double value, int32_t places, bool grouped)
{
	char digits[WR_DOUBLE_DIGITS_MAX];
	char plain[PRECISION_MAX + 360]; /* at most 309 digits before the point */
	int exponent = 0;
	int count = value == 0 ? 0 : wr_double_digits(value, digits, &exponent);
	int whole = WR_MAX(exponent, 0), len = whole + places;

	/* plain[0] is room for a carry */
	plain[0] = '0';
	for (int i = 0; i <= len; i++) {
		int k = i - whole + exponent; /* digit k of `digits` stands at place i */
		plain[i + 1] = (char)(k >= 0 && k < count ? digits[k] : '0');
	}
	if (plain[len + 1] >= '5') {
		int i = len;
		while (plain[i] == '9')
			plain[i--] = '0';
		plain[i]++;
	}
	int first = plain[0] != '0' ? 0 : 1, before = whole + 1 - first;
	if (before == 0)
		wr_text_putc(text, '0');
	add_grouped(text, plain + first, (size_t)before, grouped);
	if (places > 0) {
		wr_text_putc(text, '.');
		wr_text_add(text, plain + whole + 1, (size_t)places);
	}
}

/* d.ddde+xx with `places` digits behind the point. */
static void scientific_digits(struct wr_text *text, double value, int32_t places)
{
	char digits[WR_DOUBLE_DIGITS_MAX], plain[PRECISION_MAX + 24];
	int exponent = 1;
	int count = value == 0 ? 0 : wr_double_digits(value, digits, &exponent);

	plain[0] = '0';
	for (int i = 0; i <= places + 1; i++)
		plain[i + 1] = (char)(i < count ? digits[i] : '0');
	if (plain[places + 2] >= '5') {
		int i = places + 1;
		while (plain[i] == '9')
			plain[i--] = '0';
		plain[i]++;
	}
	int first = plain[0] != '0' ? 0 : 1;
	exponent -= first; /* of the first digit */
	wr_text_putc(text, plain[first]);
	if (places > 0) {
		wr_text_putc(text, '.');
		wr_text_add(text, plain + first + 1, (size_t)places);
	}
	wr_text_printf(text, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
}

/* %g: fixed from 10^-4 up to 10^precision, else scientific. */
static void general_digits(struct wr_text *text, double value, int32_t precision, bool grouped)
{
	char digits[WR_DOUBLE_DIGITS_MAX];
	int exponent = 1;

	if (precision == 0)
		precision = 1;
	if (value != 0)
		wr_double_digits(value, digits, &exponent);
	if (value == 0)
		fixed_digits(text, value, precision - 1, grouped);
	else if (exponent > -4 && exponent <= precision)
		fixed_digits(text, value, precision - exponent, grouped);
	else
		scientific_digits(text, value, precision - 1);
}

/* %a as Double.toHexString writes it. */
static void hex_digits(struct wr_text *text, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	uint64_t fraction = bits & ((1ull << 52) - 1);
	int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
	bool subnormal = exponent == -1023;
	char hex[16];
	int len = 13;
	snprintf(hex, sizeof hex, "%013llx", (unsigned long long)fraction);
	while (len > 1 && hex[len - 1] == '0')
		len--;
	wr_text_printf(text, "0x%d.%.*sp%d", !subnormal, len, hex,
		       subnormal && fraction == 0 ? 0
		       : subnormal                ? -1022
						  : exponent);
}

/* %e %f %g %a of a floating-point number. */
static bool add_real(struct printer *out, const struct spec *spec, double value)
{
	bool negative = __builtin_signbit(value) != 0;
	int32_t precision = spec->precision < 0 ? 6 : spec->precision;
	bool grouped = (spec->flags & FLAG_GROUP) != 0;
	struct spec field = *spec;

	if (bad_number_flags(spec) || precision > PRECISION_MAX ||
	    (spec->type != 'f' && spec->type != 'g' && grouped) || (spec->flags & FLAG_ALT))
		return false;
	if (value != value) {
		wr_text_clear(out->body);
		wr_text_puts(out->body, "NaN");
		field.flags &= FLAG_LEFT;
		return add_field(out, &field, 0);
	}
	bool closes = open_sign(out->body, spec, negative);
	size_t head = out->body->len;
	value = negative ? -value : value;
	if (__builtin_isinf(value)) {
		wr_text_puts(out->body, "Infinity");
		field.flags &= FLAG_LEFT;
	} else if (spec->type == 'f') {
		fixed_digits(out->body, value, precision, grouped);
	} else if (spec->type == 'e') {
		scientific_digits(out->body, value, precision);
	} else if (spec->type == 'g') {
		general_digits(out->body, value, precision, grouped);
	} else {
		hex_digits(out->body, value);
	}
	if (closes)
		wr_text_putc(out->body, ')');
	return add_field(out, &field, head);
}

/* %s: what toString() of the value gives. */
static bool add_string(struct printer *out, const struct spec *spec, struct wr_column *column)
{
	char buffer[WR_TIME_TEXT_MAX + WR_DECIMAL_TEXT_MAX];
	struct wr_str s = {buffer, 0};
	int32_t nano = 0;

	if (spec->flags & ~(uint32_t)FLAG_LEFT)
		return false;
	switch (column->type->kind) {
	case WR_CHAR:
	case WR_VARCHAR: s = wr_str_at(column, out->row); break;
	case WR_BOOLEAN:
		s = wr_int_at(column, out->row) ? wr_str_of("true") : wr_str_of("false");
		break;
	case WR_FLOAT: s.len = wr_float_print(buffer, WR_AT(column, float, out->row)); break;
	case WR_DOUBLE: s.len = wr_double_print(buffer, WR_AT(column, double, out->row)); break;
	case WR_DECIMAL:
		s.len =
		    wr_decimal_print(buffer, WR_AT(column, wr_i128, out->row), column->type->scale);
		break;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: {
		int64_t ms = wr_ts_ms_at(column, out->row, &nano);
		int digits = nano % 1000 != 0 ? 9 : nano != 0 ? 6 : ms % 1000 != 0 ? 3 : 0;
		s.len = wr_timestamp_print(buffer, ms, nano, digits);
		buffer[s.len - (size_t)(digits > 0 ? digits + 10 : 9)] = 'T';
		if (digits == 0 && memcmp(buffer + s.len - 3, ":00", 3) == 0)
			s.len -= 3;
		break;
	}
	default:
		if (column->phys > WR_P_I64) {
			struct wr_text value;
			wr_text_init(&value);
			wr_value_print(&value, column, out->row, NULL);
			bool done = add_text(out, spec, wr_text_str(&value), value.len);
			wr_text_release(&value);
			return done;
		}
		s.len = wr_i64_print(buffer, wr_int_at(column, out->row));
	}
	return add_text(out, spec, s.data, s.len);
}

/* %h of whole numbers and booleans: hashCode() in hexadecimal; Flink's hash of others is internal.
 */
static bool add_hash(struct printer *out, const struct spec *spec, const struct wr_column *column)
{
	char buffer[16];
	int64_t value = column->phys <= WR_P_I64 ? wr_int_at(column, out->row) : 0;

	if (column->phys > WR_P_I64)
		return false;
	if (column->phys == WR_P_BOOL)
		value = value ? 1231 : 1237;
	else if (column->phys == WR_P_I64)
		value = value ^ (int64_t)((uint64_t)value >> 32);
	snprintf(buffer, sizeof buffer, "%x", (uint32_t)value);
	return add_text(out, spec, buffer, strlen(buffer));
}

/* %c of a whole number: the character of that code. */
static bool add_character(struct printer *out, const struct spec *spec,
			  const struct wr_column *column)
{
	char buffer[4];
	int64_t code = wr_int_at(column, out->row);

	if (spec->precision >= 0 || column->phys == WR_P_BOOL || column->phys == WR_P_I64 ||
	    code < 0 || code > 0x10ffff)
		return false;
	return add_text(out, spec, buffer, wr_utf_encode(buffer, (uint32_t)code));
}

static bool is_whole(const struct wr_column *column)
{
	switch (column->type->kind) {
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT:
	case WR_DATE:
	case WR_TIME:
	case WR_INTERVAL_MONTH:
	case WR_INTERVAL_DAY: return true;
	default: return false;
	}
}

/* One conversion of argument `index` (of the call). */
static bool convert(struct printer *out, const struct spec *spec, uint32_t index)
{
	struct wr_column *column = out->arg[index];
	bool is_null = !wr_column_is_valid(column, out->row);
	struct spec plain = *spec;

	if (strchr("bhscdoxefgat", spec->type) == NULL)
		return false;
	if ((spec->flags & FLAG_LEFT) && spec->width < 0)
		return false;
	if (spec->type == 'b') {
		bool truth = !is_null && (column->phys != WR_P_BOOL || wr_int_at(column, out->row));
		return add_text(out, spec, truth ? "true" : "false", truth ? 4 : 5);
	}
	if (is_null) {
		plain.flags &= FLAG_LEFT;
		return add_text(out, &plain, "null", 4);
	}
	switch (spec->type) {
	case 's': return add_string(out, spec, column);
	case 'h': return add_hash(out, spec, column);
	case 'c': return is_whole(column) && add_character(out, spec, column);
	case 'd':
	case 'o':
	case 'x': return is_whole(column) && add_integer(out, spec, column);
	case 't': return false;
	default:
		if (column->type->kind == WR_FLOAT)
			return add_real(out, spec, (double)WR_AT(column, float, out->row));
		return column->type->kind == WR_DOUBLE &&
		       add_real(out, spec, WR_AT(column, double, out->row));
	}
}

/* Reads digits at *at; -1: none there, -2: too many. */
static int32_t read_number(struct wr_str format, size_t *at)
{
	int32_t value = -1;

	for (; *at < format.len && format.data[*at] >= '0' && format.data[*at] <= '9'; (*at)++) {
		value = (value < 0 ? 0 : value) * 10 + (format.data[*at] - '0');
		if (value > WIDTH_MAX)
			return -2;
	}
	return value;
}

/* One specification behind its '%' at *at. */
static bool run_spec(struct printer *out, struct wr_str format, size_t *at)
{
	static const char FLAGS[] = "-#+ 0,(";
	struct spec spec = {.precision = -1};
	uint32_t index = 0;
	size_t start = *at;
	int32_t number = read_number(format, at);
	const char *flag;

	if (number > 0 && *at < format.len && format.data[*at] == '$') {
		index = (uint32_t)number;
		(*at)++;
	} else {
		*at = start;
		if (*at < format.len && format.data[*at] == '<') {
			(*at)++;
			index = out->last;
			if (index == 0)
				return false;
		}
	}
	while (*at < format.len && format.data[*at] != '\0' &&
	       (flag = strchr(FLAGS, format.data[*at])) != NULL) {
		uint32_t bit = 1u << (flag - FLAGS);
		if (spec.flags & bit)
			return false;
		spec.flags |= bit;
		(*at)++;
	}
	spec.width = read_number(format, at);
	if (*at < format.len && format.data[*at] == '.') {
		(*at)++;
		spec.precision = read_number(format, at);
		if (spec.precision < 0)
			return false;
	}
	if (spec.width == -2 || *at >= format.len)
		return false;
	char type = format.data[(*at)++];
	spec.upper = type >= 'A' && type <= 'Z';
	spec.type = (char)(spec.upper ? type + 32 : type);
	if (type == 'n') {
		wr_text_putc(out->text, '\n');
		return spec.width < 0 && spec.precision < 0 && spec.flags == 0;
	}
	if (type == '%')
		return spec.precision < 0 && (spec.width >= 0 || spec.flags == 0) &&
		       add_text(out, &spec, "%", 1);
	if (spec.upper && strchr("BHSCXEGAT", type) == NULL)
		return false;
	if (spec.type == 't' && (*at)++ >= format.len)
		return false;
	if (index == 0)
		index = ++out->next;
	out->last = index;
	return index < out->arg_count && convert(out, &spec, index);
}

/* The whole format; false: the result is NULL. */
static bool run_format(struct printer *out, struct wr_str format)
{
	for (size_t at = 0; at < format.len;) {
		const char *percent = memchr(format.data + at, '%', format.len - at);
		size_t end = percent != NULL ? (size_t)(percent - format.data) : format.len;
		wr_text_add(out->text, format.data + at, end - at);
		if (percent == NULL)
			return true;
		at = end + 1;
		if (out->text->len > WR_RECORD_BYTES_MAX || !run_spec(out, format, &at))
			return false;
	}
	return true;
}

wr_status *wr_fn_printf(struct wr_eval *eval, const struct wr_call *call,
			struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_text text, body;
	struct wr_strout writer;

	wr_text_init(&text);
	wr_text_init(&body);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		struct printer printer = {.text = &text,
					  .body = &body,
					  .arg = arg,
					  .arg_count = call->arg_count,
					  .row = i};
		if (wr_skips(eval, out, i))
			continue;
		wr_text_clear(&text);
		if (wr_column_is_valid(arg[0], i) && run_format(&printer, wr_str_at(arg[0], i)))
			wr_strout_put(&writer, i, wr_text_str(&text), (uint32_t)text.len);
		else
			wr_out_null(out, i);
	}
	wr_text_release(&body);
	wr_text_release(&text);
	return NULL;
}
