/* SPDX-License-Identifier: Apache-2.0
 *
 * java_digits - the decimal digits that Java 17's Double.toString and Float.toString choose.
 *
 * Flink runs on Java 17, whose digits are not always the shortest: an integer keeps all digits that
 * its binary form can tell apart (2^31 as a FLOAT prints as 2.14748365E9), numbers in E notation
 * have at least two digits (4.9E-324), and powers of two count as more exact than they are. Where
 * none of this applies the digits are the shortest ones.
 */
#ifndef WR_DATA_JAVA_DIGITS_H
#define WR_DATA_JAVA_DIGITS_H

#define WR_JAVA_DIGITS_MAX 20

/* Digits of a finite positive value: 0.d1d2d3... * 10^exponent, as characters without trailing
 * zeros (at least one, not NUL-terminated). Returns their number. */
int wr_java_digits_f64(double value, char digits[WR_JAVA_DIGITS_MAX], int *exponent);
int wr_java_digits_f32(float value, char digits[WR_JAVA_DIGITS_MAX], int *exponent);

#endif
