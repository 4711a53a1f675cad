/* SPDX-License-Identifier: Apache-2.0
 *
 * embed - the smallest program around the engine: runs the SQL of its argument and prints the rows.
 *
 *     cc embed.c $(pkg-config --cflags --libs weir) -o embed && ./embed "SELECT 1 + 1"
 */
#include <stdio.h>

#include <weir/weir.h>

static int print_row(void *user, const struct weir_row *row)
{
	uint32_t count = weir_column_count(weir_row_result(row));

	(void)user;
	for (uint32_t i = 0; i < count; i++)
		printf("%s%s", i > 0 ? "\t" : "",
		       weir_is_null(row, i) ? "NULL" : weir_get_text(row, i));
	return putchar('\n') == EOF;
}

int main(int argc, char **argv)
{
	struct weir_session *session = weir_session_new();
	struct weir_handler handler = {.size = sizeof handler, .row = print_row};
	struct weir_error *error = NULL;
	enum weir_code code =
	    weir_execute(session, argc > 1 ? argv[1] : "SHOW TABLES", &handler, &error);

	if (code != WEIR_OK)
		fputs(weir_error_report(error), stderr);
	weir_error_free(error);
	weir_session_free(session);
	return (int)code;
}
