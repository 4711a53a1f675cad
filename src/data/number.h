/* SPDX-License-Identifier: Apache-2.0
 *
 * number - numbers from text and to text, as Java and Flink write them.
 *
 * Doubles print with the digits that Java 17 chooses (java_digits.h), in Java's form: "1.0",
 * "1.0E10", "1.0E-5", "NaN", "Infinity"; plain between 10^-3 and 10^7. Thread: pure functions, no
 * allocation, no locale.
 */
#ifndef WR_DATA_NUMBER_H
#define WR_DATA_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/type.h"

#define WR_DOUBLE_TEXT_MAX   32 /* bytes of the longest double or float, NUL included */
#define WR_I64_TEXT_MAX      24 /* bytes of the longest int64_t, NUL included */
#define WR_DOUBLE_DIGITS_MAX 24 /* digits of a double, NUL included: an integer may have 19 */
#define WR_I128_TEXT_MAX     48 /* bytes of the longest wr_i128, NUL included */

/* All print functions NUL-terminate and return the length. */
size_t wr_double_print(char *out, double value);
size_t wr_float_print(char *out, float value);
size_t wr_i64_print(char *out, int64_t value);
size_t wr_i128_print(char *out, wr_i128 value);

/* The digits of |value|, finite: 0.d1d2d3... * 10^exponent, as characters without trailing zeros
 * (at least one), NUL at the end. Returns their number. */
int wr_double_digits(double value, char digits[WR_DOUBLE_DIGITS_MAX], int *exponent);

/* Reads a number in a JSON-like or Java syntax, all of the text: "1", "-1.5e3", ".5", "NaN",
 * "Infinity"; false when it is not one. Too large gives infinity. No spaces allowed. */
bool wr_double_read(const char *text, size_t len, double *out);
bool wr_float_read(const char *text, size_t len, float *out);
/* As Flink's CAST from STRING to DOUBLE or FLOAT: Double.parseDouble with its spaces and its
 * suffixes d, D, f, F. */
bool wr_double_parse(const char *text, size_t len, double *out);
bool wr_float_parse(const char *text, size_t len, float *out);

/* Optional sign and digits, nothing else; false: no number or outside int64_t. */
bool wr_i64_read(const char *text, size_t len, int64_t *out);

enum wr_int_result {
	WR_INT_OK,
	WR_INT_RANGE,  /* a number, outside min..max */
	WR_INT_INVALID /* not a number */
};
/* As Flink's CAST from STRING to an integer type: spaces around are skipped, a fraction is cut
 * ("1.9" is 1). */
enum wr_int_result wr_int_parse(const char *text, size_t len, int64_t min, int64_t max,
				int64_t *out);

/* Casts that saturate as Java's (long) and (int) do; NaN is 0. */
int64_t wr_double_to_i64(double value);
int32_t wr_double_to_i32(double value);

#endif
