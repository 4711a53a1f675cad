/* SPDX-License-Identifier: Apache-2.0
 *
 * charset - texts in other encodings than UTF-8, for formats that let the user name one.
 *
 * Thread: one owner.
 */
#ifndef WR_FORMATS_CHARSET_H
#define WR_FORMATS_CHARSET_H

#include "base/text.h"

struct wr_charset;

/* Whether there is such an encoding. */
bool wr_charset_known(const char *name);
/* NULL: it is UTF-8, for which there is nothing to do. The name is known. */
struct wr_charset *wr_charset_new(const char *name);
void wr_charset_free(struct wr_charset *charset); /* NULL allowed */
/* Makes `out` the text in UTF-8 that the bytes stand for. false: they stand for none. */
bool wr_charset_read(struct wr_charset *charset, const char *data, size_t len, struct wr_text *out);
/* Appends the text in the encoding; characters that it does not have become '?'. */
void wr_charset_write(struct wr_charset *charset, const char *data, size_t len,
		      struct wr_text *out);

#endif
