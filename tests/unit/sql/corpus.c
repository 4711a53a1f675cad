/* SPDX-License-Identifier: Apache-2.0
 *
 * Every statement of the reference material parses, and prints to text that parses again.
 *
 * The material lies beside the project (../shared); without it the tests are skipped. Scripts are
 * read as they are; from JSON the strings behind certain keys are taken.
 */
#include <dirent.h>
#include <libgen.h>
#include <stdlib.h>

#include "sql_test.h"

/* The path of something beside the project's root, found from where this file lies. */
static const char *shared_path(char *out, size_t size, const char *what)
{
	char file[4096];
	snprintf(file, sizeof(file), "%s", __FILE__);
	snprintf(out, size, "%s/../../../../shared/%s", dirname(file), what);
	return out;
}

/* The file's bytes; false: it cannot be read. */
static bool read_file(const char *path, struct wr_text *text)
{
	char buffer[65536];
	FILE *file = fopen(path, "rb");
	wr_text_clear(text);
	if (file == NULL)
		return false;
	for (size_t len; (len = fread(buffer, 1, sizeof(buffer), file)) > 0;)
		wr_text_add(text, buffer, len);
	fclose(file);
	return true;
}

static void unparse_all(const struct wr_ast_script *script, struct wr_text *out)
{
	for (uint32_t i = 0; i < script->count; i++) {
		wr_unparse_stmt(script->items[i], out);
		wr_text_puts(out, ";\n");
	}
}

/* Parses, prints, parses again, prints again: both prints are the same. */
static void check_script(const char *label, struct wr_str sql)
{
	static const char *const names[] = {"DATA", "OUT"};
	static const char *const values[] = {"/data", "/out"};
	struct wr_variables variables = {names, values, WR_COUNT(names)};
	struct wr_ast_script script = {0};
	struct wr_arena arena;
	struct wr_text first;
	struct wr_text second;
	wr_arena_init(&arena);
	wr_text_init(&first);
	wr_text_init(&second);
	wr_status *status = wr_parse_script(&arena, sql, &variables, &script);
	if (status != NULL)
		fail_status(label, status);
	assert_true(script.count > 0);
	unparse_all(&script, &first);
	status =
	    wr_parse_script(&arena, (struct wr_str){wr_text_str(&first), first.len}, NULL, &script);
	if (status != NULL)
		fail_status(wr_text_str(&first), status);
	unparse_all(&script, &second);
	assert_string_equal(wr_text_str(&first), wr_text_str(&second));
	wr_text_release(&first);
	wr_text_release(&second);
	wr_arena_release(&arena);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name);
	return len >= strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0;
}

/* Calls `check` with every file of that suffix below the folder; returns their number. */
static int walk(const char *folder, const char *suffix,
		void (*check)(const char *path, struct wr_str text))
{
	DIR *dir = opendir(folder);
	int count = 0;
	if (dir == NULL)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char path[4096];
		struct wr_text text;
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
		    (int)sizeof(path))
			continue;
		if (entry->d_type == DT_DIR)
			count += walk(path, suffix, check);
		if (!has_suffix(path, suffix))
			continue;
		wr_text_init(&text);
		assert_true(read_file(path, &text));
		check(path, (struct wr_str){wr_text_str(&text), text.len});
		wr_text_release(&text);
		count++;
	}
	closedir(dir);
	return count;
}

static void test_scripts_of_the_referee(void **state)
{
	char path[4200];
	int count = walk(shared_path(path, sizeof(path), "oracle/cases"), ".sql", check_script);
	count += walk(shared_path(path, sizeof(path), "nexmark/queries"), ".sql", check_script);
	if (count == 0)
		skip();
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Four hexadecimal digits. */
static uint32_t hex4(const char *digits)
{
	char copy[5] = {digits[0], digits[1], digits[2], digits[3], '\0'};
	return (uint32_t)strtoul(copy, NULL, 16);
}

/* One character of UTF-8. */
static void put_utf8(struct wr_text *out, uint32_t c)
{
	if (c < 0x80) {
		wr_text_putc(out, (char)c);
		return;
	}
	if (c >= 0x10000)
		wr_text_putc(out, (char)(0xF0 | c >> 18));
	if (c >= 0x800)
		wr_text_putc(out, (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3F) : 0xE0 | c >> 12));
	wr_text_putc(out, (char)(c >= 0x800 ? 0x80 | (c >> 6 & 0x3F) : 0xC0 | c >> 6));
	wr_text_putc(out, (char)(0x80 | (c & 0x3F)));
}

/* Decodes the JSON string whose opening quote is at `at`; returns what follows it. */
static const char *read_json_string(const char *at, struct wr_text *out)
{
	wr_text_clear(out);
	for (at++; *at != '"' && *at != '\0'; at++) {
		if (*at != '\\') {
			wr_text_putc(out, *at);
			continue;
		}
		at++;
		if (*at == 'u') {
			uint32_t c = hex4(at + 1);
			at += 4;
			if (c >= 0xD800 && c < 0xDC00) {
				c = 0x10000 + ((c - 0xD800) << 10) + (hex4(at + 3) - 0xDC00);
				at += 6;
			}
			put_utf8(out, c);
		} else {
			wr_text_putc(out, *at == 'n'   ? '\n'
					  : *at == 't' ? '\t'
					  : *at == 'r' ? '\r'
						       : *at);
		}
	}
	return at + 1;
}

/* Checks the string, or each string of the array, behind every "key": in the text; returns their
 * number. */
static int check_json_key(const char *label, const char *text, const char *key)
{
	struct wr_text sql;
	int count = 0;
	wr_text_init(&sql);
	for (const char *at = text; (at = strstr(at, key)) != NULL;) {
		at += strlen(key);
		at += strspn(at, " ");
		bool array = *at == '[';
		at += array ? 1 : 0;
		do {
			at += strspn(at, " ,");
			if (*at != '"')
				break;
			at = read_json_string(at, &sql);
			check_script(label, (struct wr_str){wr_text_str(&sql), sql.len});
			count++;
		} while (array);
	}
	wr_text_release(&sql);
	return count;
}

static void check_program(const char *path, struct wr_str text)
{
	int count = check_json_key(path, text.data, "\"ddl\":");
	count += check_json_key(path, text.data, "\"setup_sql\":");
	count += check_json_key(path, text.data, "\"sql\":");
	assert_true(count > 0);
}

static void test_whole_jobs(void **state)
{
	char path[4200];
	if (walk(shared_path(path, sizeof(path), "flink-tests/programs"), ".json", check_program) ==
	    0)
		skip();
}

static void test_expressions(void **state)
{
	char path[4200];
	struct wr_text text;
	wr_text_init(&text);
	if (!read_file(shared_path(path, sizeof(path), "flink-tests/expressions.jsonl"), &text))
		skip();
	assert_true(check_json_key("expressions.jsonl", wr_text_str(&text), "\"sql\":") > 1000);
	wr_text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scripts_of_the_referee),
	    cmocka_unit_test(test_whole_jobs),
	    cmocka_unit_test(test_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
