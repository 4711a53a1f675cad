/* SPDX-License-Identifier: Apache-2.0
 *
 * digits - the C++ standard library's shortest floating point conversions behind a C interface.
 *
 * std::to_chars gives the fewest digits that read back the same, std::from_chars reads with correct
 * rounding and no locale. This file is the only place that knows of them; data/digits.h is its C
 * side.
 */
#include "data/digits.h"

#include <charconv>
#include <cmath>
#include <limits>

extern "C" size_t wr_digits_f64(char *out, size_t size, double value)
{
	auto result = std::to_chars(out, out + size, value, std::chars_format::scientific);
	return result.ec == std::errc() ? static_cast<size_t>(result.ptr - out) : 0;
}

extern "C" size_t wr_digits_f32(char *out, size_t size, float value)
{
	auto result = std::to_chars(out, out + size, value, std::chars_format::scientific);
	return result.ec == std::errc() ? static_cast<size_t>(result.ptr - out) : 0;
}

// Reads all of the text; a value that is too large or too small sets *range and leaves *out alone.
template <typename T> static bool read(const char *text, size_t len, T *out, bool *range)
{
	auto result = std::from_chars(text, text + len, *out, std::chars_format::general);
	*range = result.ec == std::errc::result_out_of_range;
	if (result.ec != std::errc() && !*range)
		return false;
	return result.ptr == text + len;
}

extern "C" bool wr_digits_read_f64(const char *text, size_t len, double *out, bool *range)
{
	return read(text, len, out, range);
}

extern "C" bool wr_digits_read_f32(const char *text, size_t len, float *out, bool *range)
{
	return read(text, len, out, range);
}
