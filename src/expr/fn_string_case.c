/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_string_case - UPPER, LOWER, INITCAP.
 *
 * ASCII strings are mapped here byte by byte; the others by ICU's full case mappings without a
 * language (ß becomes SS, Σ at a word's end becomes ς), as java.lang.String does under the root
 * locale. ICU is opened at the first such string. INITCAP knows only the letters and digits of
 * ASCII; every other byte ends a word, as in Flink.
 */
#include "expr/fn_string.h"

#include "base/mem.h"
#include <unicode/ucasemap.h>

/* What a call keeps between rows. */
struct case_state {
	UCaseMap *map; /* NULL: not needed yet */
};

wr_status *wr_fn_case_prepare(struct wr_call *call, void **state)
{
	(void)call;
	*state = wr_calloc(1, sizeof(struct case_state));
	return NULL;
}

void wr_fn_case_release(void *state)
{
	struct case_state *cases = state;

	if (cases == NULL)
		return;
	if (cases->map != NULL)
		ucasemap_close(cases->map);
	wr_free(cases);
}

WR_MULTIVERSION static void upper_ascii(char *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)data[i];
		out[i] = (char)(byte - ((uint8_t)(byte - 'a') < 26 ? 32 : 0));
	}
}

WR_MULTIVERSION static void lower_ascii(char *out, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)data[i];
		out[i] = (char)(byte + ((uint8_t)(byte - 'A') < 26 ? 32 : 0));
	}
}

/* Maps a string beyond ASCII through ICU. */
static void map_unicode(struct wr_eval *eval, struct case_state *cases, bool upper, uint32_t row,
			struct wr_str s, struct wr_strout *writer)
{
	UErrorCode error = U_ZERO_ERROR;
	size_t room = s.len * 3 + 16; /* no character grows more than threefold */
	int32_t len = 0;

	if (cases->map == NULL)
		cases->map = ucasemap_open("", 0, &error);
	char *out = wr_strout_reserve(writer, room);
	if (U_SUCCESS(error))
		len = (upper ? ucasemap_utf8ToUpper : ucasemap_utf8ToLower)(
		    cases->map, out, (int32_t)room, s.data, (int32_t)s.len, &error);
	if (U_FAILURE(error)) {
		wr_eval_fail(eval, row, "Letter case could not be changed: %s", u_errorName(error));
		len = 0;
	}
	wr_strout_commit(writer, row, (uint32_t)len);
}

/* UPPER and LOWER. */
static wr_status *map_case(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out,
			   bool upper)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_utf_is_ascii(s)) {
			map_unicode(eval, call->state, upper, i, s, &writer);
			continue;
		}
		char *data = wr_strout_reserve(&writer, s.len);
		(upper ? upper_ascii : lower_ascii)(data, s.data, s.len);
		wr_strout_commit(&writer, i, (uint32_t)s.len);
	}
	return NULL;
}

wr_status *wr_fn_upper(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return map_case(eval, call, arg, rows, out, true);
}

wr_status *wr_fn_lower(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	return map_case(eval, call, arg, rows, out, false);
}

wr_status *wr_fn_initcap(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	(void)call;
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		char *data = wr_strout_reserve(&writer, s.len);
		bool in_word = false;
		for (size_t k = 0; k < s.len; k++) {
			uint8_t byte = (uint8_t)s.data[k];
			bool is_lower = (uint8_t)(byte - 'a') < 26;
			bool is_upper = (uint8_t)(byte - 'A') < 26;
			if (!in_word && is_lower)
				byte = (uint8_t)(byte - 32);
			else if (in_word && is_upper)
				byte = (uint8_t)(byte + 32);
			data[k] = (char)byte;
			in_word = is_lower || is_upper || (uint8_t)(byte - '0') < 10;
		}
		wr_strout_commit(&writer, i, (uint32_t)s.len);
	}
	return NULL;
}
