/* SPDX-License-Identifier: Apache-2.0
 *
 * digits - the C side of digits.cpp; only number.c and its tests use it.
 */
#ifndef WR_DATA_DIGITS_H
#define WR_DATA_DIGITS_H

#ifdef __cplusplus
#include <cstddef>
extern "C" {
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* The shortest digits of a finite value in the form "-1.25e+10", not NUL-terminated. Returns the
 * length. */
size_t wr_digits_f64(char *out, size_t size, double value);
size_t wr_digits_f32(char *out, size_t size, float value);

/* Reads all of "[-]digits[.digits][e[+-]digits]"; false: it is not one. *range: beyond the largest
 * or below the smallest value, *out is not set then. */
bool wr_digits_read_f64(const char *text, size_t len, double *out, bool *range);
bool wr_digits_read_f32(const char *text, size_t len, float *out, bool *range);

#ifdef __cplusplus
}
#endif

#endif
