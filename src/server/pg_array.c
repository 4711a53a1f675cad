/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_array - see pg_array.h.
 */
#include "server/pg_array.h"

#include <string.h>

void wr_pgs_array_read(struct wr_pgs_array_reader *reader, const char *text)
{
	text += *text == WR_PGS_ARRAY;
	*reader = (struct wr_pgs_array_reader){.at = text + (*text == '{'), .vector = *text != '{'};
	wr_text_init(&reader->item);
}

void wr_pgs_array_end(struct wr_pgs_array_reader *reader)
{
	wr_text_release(&reader->item);
}

bool wr_pgs_array_next(struct wr_pgs_array_reader *reader)
{
	bool within = false;

	wr_text_clear(&reader->item);
	reader->quoted = false;
	while (*reader->at == '{' || (!reader->begun && *reader->at == ' '))
		reader->at++;
	if (*reader->at == '\0' || (*reader->at == '}' && !reader->begun))
		return false;
	for (; *reader->at != '\0'; reader->at++) {
		char c = *reader->at;

		if (c == '"') {
			within = !within;
			reader->quoted = true;
		} else if (!within && (c == ',' || c == '}' || (reader->vector && c == ' '))) {
			reader->at++;
			if (c == '}') /* of the last dimension: another one may follow */
				while (*reader->at == '}' || *reader->at == ',')
					reader->at++;
			reader->begun = c != '}';
			return true;
		} else {
			reader->at += c == '\\' && reader->at[1] != '\0';
			wr_text_putc(&reader->item, *reader->at);
		}
	}
	reader->begun = false;
	return true;
}

bool wr_pgs_array_is_null(const struct wr_pgs_array_reader *reader)
{
	return !reader->quoted && strcmp(wr_text_str(&reader->item), "NULL") == 0;
}

bool wr_pgs_array_is_integer(const struct wr_pgs_array_reader *reader)
{
	const char *text = wr_text_str(&reader->item);
	size_t sign = *text == '-';

	return !reader->quoted && reader->item.len > sign && reader->item.len < 18 &&
	       text[sign + strspn(text + sign, "0123456789")] == '\0';
}

void wr_pgs_array_put(struct wr_text *array, const char *text)
{
	if (array->data[array->len - 1] != '{')
		wr_text_putc(array, ',');
	if (text == NULL) {
		wr_text_puts(array, "NULL");
	} else if (*text != '\0' && strpbrk(text, "{}\",\\ ") == NULL &&
		   strcmp(text, "NULL") != 0) {
		wr_text_puts(array, text);
	} else {
		wr_text_putc(array, '"');
		for (; *text != '\0'; text++) {
			if (*text == '"' || *text == '\\')
				wr_text_putc(array, '\\');
			wr_text_putc(array, *text);
		}
		wr_text_putc(array, '"');
	}
}
