/* SPDX-License-Identifier: Apache-2.0
 *
 * keyword - from a word of the script to its number in the grammar.
 *
 * Keywords are the same in any case. Pure functions over constant tables.
 */
#ifndef WR_SQL_KEYWORD_H
#define WR_SQL_KEYWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum wr_keyword {
	WR_NO_KEYWORD = 0, /* the word means nothing to the grammar */
#define WR_KEYWORD(word, reserved, function) WR_KW_##word,
#include "sql/keyword_list.h"
#undef WR_KEYWORD
	WR_KW_COUNT_OF
};

/* The keyword that `word` spells, whatever its case; WR_NO_KEYWORD: none. */
enum wr_keyword wr_keyword_find(struct wr_str word);
/* In upper case; "" for WR_NO_KEYWORD. */
const char *wr_keyword_name(enum wr_keyword keyword);
/* Not usable as a bare name. */
bool wr_keyword_is_reserved(enum wr_keyword keyword);
/* Reserved, but an ordinary function's name when "(" follows. */
bool wr_keyword_is_function(enum wr_keyword keyword);

#endif
