/* SPDX-License-Identifier: Apache-2.0
 *
 * scan - reading text many bytes at a time: string ends, digits, words of eight bytes.
 *
 * Everything may read up to 32 bytes behind the byte it looks at; callers guarantee readable memory
 * there (decode ranges have 64 such bytes) and a stop byte: every text ends with '\n'.
 *
 * x86-64 uses SSE2, which every such machine has; elsewhere the same functions work on words of
 * eight bytes. Only little-endian machines are supported.
 */
#ifndef WR_FORMATS_SCAN_H
#define WR_FORMATS_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WR_SCAN_ONES  0x0101010101010101ull
#define WR_SCAN_HIGHS 0x8080808080808080ull

static inline uint64_t wr_load64(const char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return word;
}
static inline uint32_t wr_load32(const char *p)
{
	uint32_t word;
	memcpy(&word, p, sizeof word);
	return word;
}

/* High bit of every byte that equals `c`; exact up to and including the lowest one set. */
static inline uint64_t wr_swar_equal(uint64_t word, char c)
{
	uint64_t x = word ^ (WR_SCAN_ONES * (uint8_t)c);
	return (x - WR_SCAN_ONES) & ~x & WR_SCAN_HIGHS;
}

/* First byte at or after `p` that ends a run of plain JSON string bytes: a quote, a backslash or a
 * control character. *other is set to true when a byte before it is not ASCII. */
static inline const char *wr_scan_json_string(const char *p, bool *other)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i slash = _mm_set1_epi8('\\');
	const __m128i low = _mm_set1_epi8(0x1f);
	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, low), v));
		uint32_t stop = (uint32_t)_mm_movemask_epi8(hit);
		uint32_t high = (uint32_t)_mm_movemask_epi8(v);
		if (WR_LIKELY(stop != 0)) {
			*other |= (high & (stop ^ (stop - 1))) != 0;
			return p + __builtin_ctz(stop);
		}
		*other |= high != 0;
	}
#else
	for (;; p += 8) {
		uint64_t v = wr_load64(p);
		uint64_t low = (v - WR_SCAN_ONES * 0x20) & ~v & WR_SCAN_HIGHS;
		uint64_t stop = wr_swar_equal(v, '"') | wr_swar_equal(v, '\\') | low;
		uint64_t high = v & WR_SCAN_HIGHS;
		if (WR_LIKELY(stop != 0)) {
			*other |= (high & (stop ^ (stop - 1))) != 0;
			return p + (__builtin_ctzll(stop) >> 3);
		}
		*other |= high != 0;
	}
#endif
}

/* First of up to three bytes at or after `p`; `a` must be there to be found. */
static inline const char *wr_scan_any3(const char *p, char a, char b, char c)
{
#ifdef __SSE2__
	const __m128i va = _mm_set1_epi8(a);
	const __m128i vb = _mm_set1_epi8(b);
	const __m128i vc = _mm_set1_epi8(c);
	for (;; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, vc));
		uint32_t stop = (uint32_t)_mm_movemask_epi8(hit);
		if (stop != 0)
			return p + __builtin_ctz(stop);
	}
#else
	for (;; p += 8) {
		uint64_t v = wr_load64(p);
		uint64_t stop = wr_swar_equal(v, a) | wr_swar_equal(v, b) | wr_swar_equal(v, c);
		if (stop != 0)
			return p + (__builtin_ctzll(stop) >> 3);
	}
#endif
}

/* Number of ASCII digits (0..8) that `word` begins with. */
static inline unsigned wr_swar_digit_count(uint64_t word)
{
	uint64_t t = word ^ (WR_SCAN_ONES * '0');
	uint64_t not_digit = ((t + WR_SCAN_ONES * 0x76) | t) & WR_SCAN_HIGHS;
	return not_digit == 0 ? 8 : (unsigned)__builtin_ctzll(not_digit) >> 3;
}

/* Value of the first `count` (1..8) bytes, which are digits. */
static inline uint32_t wr_swar_digits(uint64_t word, unsigned count)
{
	uint64_t t = (word ^ (WR_SCAN_ONES * '0')) << (8 * (8 - count));
	t = t * 10 + (t >> 8);
	t = ((t & 0x000000FF000000FFull) * 0x000F424000000064ull) +
	    (((t >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull);
	return (uint32_t)(t >> 32);
}

/* Reads up to 19 digits. *value is right when *count <= 19; returns the first byte that is no
 * digit. More digits are skipped, not read. */
static inline const char *wr_scan_digits(const char *p, uint64_t *value, unsigned *count)
{
	static const uint32_t scale[9] = {1,      10,      100,      1000,     10000,
					  100000, 1000000, 10000000, 100000000};
	uint64_t sum = 0;
	unsigned total = 0;

	for (;;) {
		uint64_t word = wr_load64(p);
		unsigned n = wr_swar_digit_count(word);
		if (n == 0)
			break;
		if (WR_LIKELY(total + n <= 19))
			sum = sum * scale[n] + wr_swar_digits(word, n);
		total += n;
		p += n;
		if (n < 8)
			break;
	}
	*value = sum;
	*count = total;
	return p;
}

/* "[-]digits[.digits]" with at most 15 digits: both the digits and the power of ten are exact
 * doubles, so one division rounds rightly. Returns the byte behind, or NULL for any other form. */
static inline const char *wr_scan_double(const char *p, double *value)
{
	static const double ten[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	bool negative = *p == '-';
	const char *start = p + negative;
	uint64_t whole;
	uint64_t part = 0;
	unsigned count;
	unsigned digits = 0;

	p = wr_scan_digits(start, &whole, &count);
	if (WR_UNLIKELY(count == 0 || (*start == '0' && count > 1)))
		return NULL;
	if (*p == '.') {
		p = wr_scan_digits(p + 1, &part, &digits);
		if (WR_UNLIKELY(digits == 0))
			return NULL;
	}
	if (WR_UNLIKELY(count + digits > 15 || (*p | 0x20) == 'e'))
		return NULL;
	double sum = ((double)whole * ten[digits] + (double)part) / ten[digits];
	*value = negative ? -sum : sum;
	return p;
}

/* "HH:MM:SS" or "HH:MM:SS.mmm" in milliseconds; returns its length, 0 for any other form. The byte
 * behind it is the caller's to check. */
static inline unsigned wr_scan_time(const char *p, int64_t *ms)
{
	uint64_t t = wr_load64(p) ^ 0x30303A30303A3030ull; /* digits' values, and 0 for ':' */
	uint64_t not_digit = ((t + WR_SCAN_ONES * 0x76) | t) & WR_SCAN_HIGHS;
	uint64_t two = t * 10 + (t >> 8);
	uint32_t hour = two & 0xFF;
	uint32_t minute = two >> 24 & 0xFF;
	uint32_t second = two >> 48 & 0xFF;

	if ((not_digit | (t & 0x0000FF0000FF0000ull)) != 0 || hour > 23 || minute > 59 ||
	    second > 59)
		return 0;
	*ms = (int64_t)((hour * 60 + minute) * 60 + second) * 1000;
	if (p[8] != '.')
		return 8;
	uint32_t f = wr_load32(p + 8) ^ 0x3030302Eu;
	if ((((f + 0x76767600u) | f) & 0x80808000u) != 0)
		return 0;
	*ms += (f >> 8 & 0xFF) * 100 + (f >> 16 & 0xFF) * 10 + (f >> 24);
	return 12;
}

/* The byte behind the last '\n' in data[0..len), or `data` when there is none. */
static inline const char *wr_scan_last_line(const char *data, size_t len)
{
	const char *end = memrchr(data, '\n', len);
	return end != NULL ? end + 1 : data;
}

#endif
