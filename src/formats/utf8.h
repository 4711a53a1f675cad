/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8 - whether bytes are UTF-8: the C side of utf8.cpp.
 */
#ifndef WR_FORMATS_UTF8_H
#define WR_FORMATS_UTF8_H

#ifdef __cplusplus
#include <cstddef>
extern "C" {
#else
#include <stdbool.h>
#include <stddef.h>
#endif

/* No overlong forms, no surrogates, nothing beyond U+10FFFF. Any thread. */
bool wr_utf8_valid(const char *data, size_t len);

#ifdef __cplusplus
}
#endif

#endif
