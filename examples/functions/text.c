/* SPDX-License-Identifier: Apache-2.0
 *
 * functions - three functions in C for SQL: a scalar one with a vector variant, a table function
 * and an aggregate that can take rows back and be merged.
 *
 *     cc -shared -fPIC -D_GNU_SOURCE $(pkg-config --cflags weir) functions.c -o functions.so -lm
 */
#include <math.h>
#include <string.h>

#include "weir/weir.h"

/* --- LEVENSHTEIN(a, b): the number of bytes to insert, remove or replace --- */

#define LENGTH_MAX 255 /* of the shorter text: one row of the table is on the stack */

static int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int row[LENGTH_MAX + 1];

	if (b_len > a_len)
		return distance(b, b_len, a, a_len);
	if (b_len > LENGTH_MAX)
		return -1;
	for (size_t j = 0; j <= b_len; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= a_len; i++) {
		int corner = row[0];

		row[0] = (int)i;
		for (size_t j = 1; j <= b_len; j++) {
			int change = corner + (a[i - 1] != b[j - 1]);
			int other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);

			corner = row[j];
			row[j] = change < other ? change : other;
		}
	}
	return row[b_len];
}

/* All rows of a batch: no call and no conversion per value. */
static int levenshtein(void *self, const struct weir_batch *args, struct weir_vector *out)
{
	struct weir_column a, b;
	int32_t *result = out->data;

	(void)self;
	weir_batch_column(args, 0, &a);
	weir_batch_column(args, 1, &b);
	for (uint32_t i = 0; i < out->rows; i++) {
		const struct weir_string *x = (const struct weir_string *)a.data + (i & a.mask);
		const struct weir_string *y = (const struct weir_string *)b.data + (i & b.mask);

		if (weir_vector_skips(out, i))
			continue;
		result[i] = distance(weir_string_data(x), x->size, weir_string_data(y), y->size);
		if (result[i] < 0)
			weir_vector_fail(out, i, "both texts are longer than %d bytes", LENGTH_MAX);
	}
	return 0;
}

const struct weir_function levenshtein_function = {
    .size = sizeof(struct weir_function),
    .kind = WEIR_SCALAR,
    .flags = WEIR_NULL_IN_NULL_OUT | WEIR_EXPENSIVE,
    .arguments = "a STRING, b STRING",
    .result = "INT NOT NULL",
    .eval_batch = levenshtein,
};

/* --- SPLIT_ROWS(text, mark): a row for each part --- */

static int split(void *self, const struct weir_row *args, struct weir_appender *out)
{
	const char *text, *separator, *found, *end;
	size_t len, separator_len;
	int64_t number = 1;

	(void)self;
	weir_get_bytes(args, 0, &text, &len);
	weir_get_bytes(args, 1, &separator, &separator_len);
	end = text + len;
	if (separator_len == 0)
		return weir_function_fail(out, "the separator is empty");
	for (;; text = found + separator_len) {
		found = memmem(text, (size_t)(end - text), separator, separator_len);
		weir_append_i64(out, number++);
		weir_append_bytes(out, text, (size_t)((found != NULL ? found : end) - text));
		weir_append_end(out);
		if (found == NULL)
			return 0;
	}
}

const struct weir_function split_function = {
    .size = sizeof(struct weir_function),
    .kind = WEIR_TABLE,
    .flags = WEIR_NULL_IN_NULL_OUT,
    .arguments = "text STRING, mark STRING",
    .result = "number INT, part STRING",
    .eval = split,
};
