/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_call - calls whose arguments have words between them, for SQLite.
 *
 *     CAST(x AS type)               (x::type)
 *     substring(x FROM a FOR b)     pg_substring(x, a, b)
 *     position(a IN b)              pg_position(a, b)
 *     trim(BOTH a FROM x)           pg_trim('both', a, x)
 *     array_agg(x ORDER BY a DESC)  pg_array_agg(x, a, 1): keys, each with its direction
 */
#include "server/pg_catalog_writer.h"

/* trim(...) that has FROM; behind the FROM. UINT32_MAX: it has none. */
static uint32_t put_trim(struct wr_pgs_writer *writer, uint32_t i)
{
	static const char *const sides[] = {"both", "leading", "trailing"};
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint32_t close = wr_pgs_writer_closing(writer, i + 1), from = i + 2, depth = 0;
	const char *side = sides[0];

	for (; from < close && (depth > 0 || !wr_pgs_is_word(tokens, from, "from")); from++) {
		depth += wr_pgs_is_op(tokens, from, "(");
		depth -= wr_pgs_is_op(tokens, from, ")");
	}
	if (from >= close)
		return UINT32_MAX;
	i += 2;
	for (size_t k = 0; k < WR_COUNT(sides); k++)
		if (wr_pgs_is_word(tokens, i, sides[k])) {
			side = sides[k];
			i++;
			break;
		}
	wr_pgs_writer_open(writer, "pg_trim(", writer->out->len, NULL);
	wr_text_printf(writer->out, "'%s', ", side);
	if (i == from)
		wr_text_puts(writer->out, "' '");
	wr_pgs_writer_range(writer, i, from);
	wr_text_putc(writer->out, ',');
	writer->operand = SIZE_MAX;
	return from + 1;
}

/* The beginning of a call; behind its parenthesis. */
static uint32_t put_begin(struct wr_pgs_writer *writer, uint32_t i)
{
	static const struct {
		const char *name, *opens;
		enum wr_pgs_call call;
	} calls[] = {{"cast", "(", WR_PGS_CAST},
		     {"substring", "pg_substring(", WR_PGS_SUBSTRING},
		     {"position", "pg_position(", WR_PGS_POSITION},
		     {"array_agg", "pg_array_agg(", WR_PGS_AGG},
		     {"string_agg", "pg_string_agg(", WR_PGS_AGG}};

	if (!wr_pgs_is_op(writer->tokens, i + 1, "("))
		return UINT32_MAX;
	if (wr_pgs_is_word(writer->tokens, i, "trim"))
		return put_trim(writer, i);
	for (size_t k = 0; k < WR_COUNT(calls); k++)
		if (wr_pgs_is_word(writer->tokens, i, calls[k].name)) {
			wr_pgs_writer_open(writer, calls[k].opens, writer->out->len, NULL)->call =
			    calls[k].call;
			return i + 2;
		}
	return UINT32_MAX;
}

/* Within ORDER BY of an aggregate. */
static uint32_t put_key(struct wr_pgs_writer *writer, struct wr_pgs_frame *frame, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;

	if (wr_pgs_is_op(tokens, i, ",")) {
		wr_text_puts(writer->out, frame->turned ? "," : ", 0,");
		frame->turned = false;
		writer->operand = SIZE_MAX;
		return i + 1;
	}
	if (wr_pgs_is_word(tokens, i, "asc") || wr_pgs_is_word(tokens, i, "desc")) {
		wr_text_puts(writer->out, wr_pgs_is_word(tokens, i, "desc") ? ", 1" : ", 0");
		frame->turned = true;
		return i + 1;
	}
	return wr_pgs_is_word(tokens, i, "nulls") ? i + 2 : UINT32_MAX;
}

uint32_t wr_pgs_call_put(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);
	bool comma = false;

	switch (frame->call) {
	case WR_PGS_SUBSTRING:
		comma = wr_pgs_is_word(tokens, i, "from") || wr_pgs_is_word(tokens, i, "for");
		break;
	case WR_PGS_POSITION: comma = wr_pgs_is_word(tokens, i, "in"); break;
	case WR_PGS_AGG:
		if (frame->sorts) {
			uint32_t behind = put_key(writer, frame, i);

			if (behind != UINT32_MAX)
				return behind;
		}
		comma = wr_pgs_are_words(tokens, i, "ORDER BY");
		frame->sorts = frame->sorts || comma;
		i += comma;
		break;
	default: break;
	}
	if (comma) {
		wr_text_putc(writer->out, ',');
		writer->operand = SIZE_MAX;
		return i + 1;
	}
	return tokens->token[i].kind == WR_PG_WORD ? put_begin(writer, i) : UINT32_MAX;
}

void wr_pgs_call_close(struct wr_pgs_writer *writer)
{
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);

	if (frame->sorts && !frame->turned)
		wr_text_puts(writer->out, ", 0");
}
