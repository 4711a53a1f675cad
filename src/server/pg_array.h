/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_array - arrays as texts of PostgreSQL's, "{a,"b c",NULL}", element by element.
 *
 *     wr_pgs_array_read(&reader, text);
 *     while (wr_pgs_array_next(&reader))
 *             reader.item ...
 *     wr_pgs_array_end(&reader);
 *
 * "1 2" is one too, a vector of the system catalog, which counts from 0. Of several dimensions the
 * elements come one after the other.
 */
#ifndef WR_SERVER_PG_ARRAY_H
#define WR_SERVER_PG_ARRAY_H

#include <stdbool.h>

#include "base/text.h"

#define WR_PGS_ARRAY '\1' /* stands before an array that a function of the system catalog made */

struct wr_pgs_array_reader {
	const char *at;      /* what follows */
	bool vector;         /* "1 2" */
	bool begun, quoted;  /* one follows for sure; the last one had quotes */
	struct wr_text item; /* the last one */
};

void wr_pgs_array_read(struct wr_pgs_array_reader *reader, const char *text);
/* false: there are no more. */
bool wr_pgs_array_next(struct wr_pgs_array_reader *reader);
void wr_pgs_array_end(struct wr_pgs_array_reader *reader);
/* Whether the last one is NULL; a number without a point. */
bool wr_pgs_array_is_null(const struct wr_pgs_array_reader *reader);
bool wr_pgs_array_is_integer(const struct wr_pgs_array_reader *reader);
/* Appends an element (NULL for NULL) to one that is being made: "{" must be there already. */
void wr_pgs_array_put(struct wr_text *array, const char *text);

#endif
