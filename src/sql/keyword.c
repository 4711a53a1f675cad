/* SPDX-License-Identifier: Apache-2.0
 *
 * keyword - the table made of keyword_list.h, searched by halving.
 */
#include "sql/keyword.h"

#include "base/macros.h"

#define KEYWORD_BYTES_MAX                                                                          \
	40 /* longer words are no keywords: the longest of the list has 32 bytes */

struct keyword {
	const char *name; /* upper case */
	bool reserved;    /* not usable as a bare name */
	bool function;    /* reserved, but callable */
};

static const struct keyword keywords[WR_KW_COUNT_OF] = {
    {"", false, false},
#define WR_KEYWORD(word, reserved, function) {#word, reserved, function},
#include "sql/keyword_list.h"
#undef WR_KEYWORD
};

/* Halving over the table, which keyword_list.h keeps in the order of bytes. */
enum wr_keyword wr_keyword_find(struct wr_str word)
{
	char upper[KEYWORD_BYTES_MAX];
	if (word.len == 0 || word.len >= sizeof(upper))
		return WR_NO_KEYWORD;
	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i];
		upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	upper[word.len] = '\0';

	uint32_t low = 1;
	uint32_t high = WR_KW_COUNT_OF;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(upper, keywords[middle].name);
		if (order == 0)
			return (enum wr_keyword)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return WR_NO_KEYWORD;
}

const char *wr_keyword_name(enum wr_keyword keyword)
{
	WR_ASSERT(keyword < WR_KW_COUNT_OF);
	return keywords[keyword].name;
}

bool wr_keyword_is_reserved(enum wr_keyword keyword)
{
	WR_ASSERT(keyword < WR_KW_COUNT_OF);
	return keywords[keyword].reserved;
}

bool wr_keyword_is_function(enum wr_keyword keyword)
{
	WR_ASSERT(keyword < WR_KW_COUNT_OF);
	return keywords[keyword].function;
}
