/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_sql - any bytes through the SQL front end.
 *
 * What must hold for every input:
 *
 *   F1  No crash, no leak, no endless loop; errors come as a status with a text.
 *
 *   F2  An error's place lies inside the text, and it can be rendered.
 *
 *   F3  What parses can be unparsed, parsed again, and then unparses to the same text.
 */
#include <stdlib.h>

#include "base/macros.h"
#include "sql/diagnostic.h"
#include "sql/parser.h"
#include "sql/unparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks and renders an error. */
static void take_error(struct wr_str text, wr_status *status)
{
	struct wr_text out;
	wr_text_init(&out);
	WR_REQUIRE(status->class == WR_USER_ERROR && status->text != NULL &&
		   status->text[0] != '\0');
	WR_REQUIRE(status->pos.offset <= text.len);
	WR_REQUIRE(status->pos.offset + status->pos.length <= text.len);
	wr_sql_render_error("fuzz.sql", text, status, &out);
	wr_text_release(&out);
	wr_status_free(status);
}

static void unparse_script(const struct wr_ast_script *script, struct wr_text *out)
{
	for (uint32_t i = 0; i < script->count; i++) {
		wr_unparse_stmt(script->items[i], out);
		wr_text_puts(out, ";\n");
	}
}

/* F3 for a script that has been parsed. */
static void check_round_trip(struct wr_arena *arena, const struct wr_ast_script *script)
{
	struct wr_text first;
	struct wr_text second;
	struct wr_ast_script again = {0};
	wr_text_init(&first);
	wr_text_init(&second);
	unparse_script(script, &first);
	wr_status *status =
	    wr_parse_script(arena, (struct wr_str){wr_text_str(&first), first.len}, NULL, &again);
	if (status != NULL && strstr(status->text, "nested deeper") == NULL &&
	    strstr(status->text, "${") == NULL)
		abort();
	if (status == NULL) {
		unparse_script(&again, &second);
		WR_REQUIRE(first.len == second.len &&
			   memcmp(wr_text_str(&first), wr_text_str(&second), first.len) == 0);
	}
	wr_status_free(status);
	wr_text_release(&first);
	wr_text_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"DATA", "N", "EMPTY"};
	static const char *const values[] = {"/tmp/data", "'a' b -- c\n", ""};
	struct wr_variables variables = {names, values, WR_COUNT(names)};
	struct wr_str text = {(const char *)data, size};
	struct wr_ast_script script = {0};
	struct wr_arena arena;
	wr_arena_init(&arena);
	wr_status *status = wr_parse_script(&arena, text, &variables, &script);
	if (status != NULL)
		take_error(text, status);
	else
		check_round_trip(&arena, &script);

	struct wr_parser *parser = NULL;
	struct wr_ast_stmt *stmt = NULL;
	status = wr_parser_open(&arena, text, &variables, 0, &parser);
	bool more = status == NULL;
	while (more) {
		wr_status *error = wr_parser_next(parser, &stmt);
		more = error != NULL || stmt != NULL;
		if (error != NULL)
			take_error(text, error);
	}
	wr_status_free(status);
	wr_arena_release(&arena);
	return 0;
}
