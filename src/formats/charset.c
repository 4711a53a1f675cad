/* SPDX-License-Identifier: Apache-2.0
 *
 * charset - encodings of texts by ICU's converters.
 *
 * 'UTF-16' is written with the most significant byte first and a byte order mark, as Java does;
 * ICU would write the machine's order.
 */
#include "formats/charset.h"

#include <unicode/ucnv.h>

#include "base/macros.h"
#include "base/mem.h"

struct wr_charset {
	UConverter *read;
	UConverter *write;
	bool mark; /* texts begin with a byte order mark */
};

static bool is_utf8(const char *name)
{
	return wr_str_eq_nocase(wr_str_of(name), "UTF-8") ||
	       wr_str_eq_nocase(wr_str_of(name), "UTF8");
}

bool wr_charset_known(const char *name)
{
	UErrorCode code = U_ZERO_ERROR;
	UConverter *converter;

	if (is_utf8(name))
		return true;
	if (name[0] == '\0')
		return false;
	converter = ucnv_open(name, &code);
	ucnv_close(converter);
	return U_SUCCESS(code);
}

struct wr_charset *wr_charset_new(const char *name)
{
	UErrorCode code = U_ZERO_ERROR;
	struct wr_charset *charset;

	if (is_utf8(name))
		return NULL;
	charset = wr_calloc(1, sizeof *charset);
	charset->mark = wr_str_eq_nocase(wr_str_of(name), "UTF-16");
	charset->read = ucnv_open(name, &code);
	charset->write = ucnv_open(charset->mark ? "UTF-16BE" : name, &code);
	WR_ASSERT(U_SUCCESS(code));
	ucnv_setToUCallBack(charset->read, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &code);
	ucnv_setSubstChars(charset->write, "?", 1, &code); /* refused where it is no character */
	return charset;
}

void wr_charset_free(struct wr_charset *charset)
{
	if (charset == NULL)
		return;
	ucnv_close(charset->read);
	ucnv_close(charset->write);
	wr_free(charset);
}

bool wr_charset_read(struct wr_charset *charset, const char *data, size_t len, struct wr_text *out)
{
	UErrorCode code = U_ZERO_ERROR;
	size_t most = len * 4 + 8;
	int32_t count;

	wr_text_clear(out);
	if (len > INT32_MAX / 8)
		return false;
	count = ucnv_toAlgorithmic(UCNV_UTF8, charset->read, wr_text_reserve(out, most),
				   (int32_t)most, data, (int32_t)len, &code);
	if (U_FAILURE(code))
		return false;
	out->len = (size_t)count;
	out->data[count] = '\0';
	return true;
}

void wr_charset_write(struct wr_charset *charset, const char *data, size_t len, struct wr_text *out)
{
	UErrorCode code = U_ZERO_ERROR;
	size_t most = len * 4 + 16;
	int32_t count;

	WR_ASSERT(len <= INT32_MAX / 8);
	if (charset->mark)
		wr_text_add(out, "\xFE\xFF", 2);
	count = ucnv_fromAlgorithmic(charset->write, UCNV_UTF8, wr_text_reserve(out, most),
				     (int32_t)most, data, (int32_t)len, &code);
	WR_ASSERT(U_SUCCESS(code));
	out->len += (size_t)count;
	out->data[out->len] = '\0';
}
