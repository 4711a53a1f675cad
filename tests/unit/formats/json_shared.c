/* SPDX-License-Identifier: Apache-2.0
 *
 * json_shared - the JSON decoder against data by other hands: tables that real Flink has read, the
 * JSON test suite, and UTF-8 that is none. Skips what is not there.
 */
#include <dirent.h>

#include "format_case.h"

/* --- Flink's answers -------------------------------------------------------------------------- */

/* The text between two marks, in the case's arena. */
static char *between(struct format_case *c, const char *text, const char *from, const char *to)
{
	const char *start = strstr(text, from);
	assert_non_null(start);
	start += strlen(from);
	const char *end = strstr(start, to);
	assert_non_null(end);
	return wr_arena_strndup(&c->arena, start, (size_t)(end - start));
}

/* Runs l<i>[_ign]; returns false when there is no such case. */
static bool run_flink_case(const char *folder, int i, bool ignore)
{
	static const char *const options[] = {"ignore-parse-errors=true", NULL};
	struct format_case c, names;
	char path[512];
	size_t len;

	snprintf(path, sizeof path, "%s/oracle/json-input/l%d%s.sql", folder, i,
		 ignore ? "_ign" : "");
	char *sql = case_file(path, &len);
	if (sql == NULL)
		return false;
	wr_arena_init(&names.arena);
	case_open(&c, "json", between(&names, sql, "TABLE v (", ") WITH"), ignore ? options : NULL);
	snprintf(path, sizeof path, "%s/oracle/json-input/l%d.json", folder, i);
	char *json = case_file(path, &len);
	const char *got = case_decode_n(&c, json, len);
	snprintf(path, sizeof path, "%s/oracle/json-input/l%d%s.error", folder, i,
		 ignore ? "_ign" : "");
	char *error = case_file(path, &len);
	snprintf(path, sizeof path, "%s/oracle/json-input/l%d%s.final", folder, i,
		 ignore ? "_ign" : "");
	char *final = case_file(path, &len);
	if (error != NULL) {
		assert_int_equal(got[0], '!');
	} else {
		if (strcmp(got, strchr(final, '\n') + 1) != 0)
			print_message("case %d\n", i);
		assert_string_equal(got, strchr(final, '\n') + 1);
	}
	wr_free(sql);
	wr_free(json);
	wr_free(error);
	wr_free(final);
	case_close(&c);
	wr_arena_release(&names.arena);
	return true;
}

static void test_flink(void **state)
{
	const char *folder = case_shared();
	int count = 0;

	if (folder == NULL)
		skip();
	for (int i = 1; i < 100; i++)
		count += run_flink_case(folder, i, false) + run_flink_case(folder, i, true);
	assert_true(count >= 70);
}

/* --- the JSON test suite -----------------------------------------------------------------------
 */

/* Whether `json` as a field's value is accepted; the field is read as a STRING, or skipped. */
static bool accepts(const char *json, size_t len, bool wanted)
{
	struct format_case c;
	struct wr_text text;

	wr_text_init(&text);
	wr_text_puts(&text, "{\"v\":");
	wr_text_add(&text, json, len);
	wr_text_puts(&text, "}\n");
	case_open(&c, "json", wanted ? "v STRING, w INT" : "w INT", NULL);
	const char *got = case_decode_n(&c, text.data, text.len);
	bool ok =
	    strchr(got, '!') == NULL || (wanted && got[0] != '!' && strstr(got, "\n!") == NULL);
	case_close(&c);
	wr_text_release(&text);
	return ok;
}

/* A file's text becomes the value of a field. Line ends outside of strings are white space in JSON,
 * but end a record here: they become spaces in the files that must be accepted. */
static void run_suite_file(const char *path, const char *name)
{
	size_t len;
	char *json = case_file(path, &len);

	assert_non_null(json);
	for (size_t i = 0; name[0] == 'y' && i < len; i++) {
		if (json[i] == '\n')
			json[i] = ' ';
	}
	while (len != 0 && json[len - 1] == '\n')
		len--;
	for (int wanted = 0; wanted < 2; wanted++) {
		bool ok = accepts(json, len, wanted);
		if (name[0] != 'i' && ok != (name[0] == 'y'))
			print_message("%s\n", name);
		if (name[0] == 'y')
			assert_true(ok);
		/* an empty text has no value, but "{"v":,...}" is tested elsewhere */
		if (name[0] == 'n')
			assert_false(ok);
	}
	/* and as a record of its own: only that nothing breaks */
	struct format_case c;
	case_open(&c, "json", "v STRING", NULL);
	case_decode_n(&c, json, len);
	case_close(&c);
	wr_free(json);
}

static void test_suite(void **state)
{
	const char *folder = case_shared();
	char path[768];
	int count = 0;

	if (folder == NULL)
		skip();
	snprintf(path, sizeof path, "%s/formats/JSONTestSuite/test_parsing", folder);
	DIR *dir = opendir(path);
	if (dir == NULL)
		skip();
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/formats/JSONTestSuite/test_parsing/%s", folder,
			 entry->d_name);
		run_suite_file(path, entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count > 300);
}

/* --- UTF-8 ---------------------------------------------------------------------------------------
 */

/* Lines "name: valid hex=..." are too many forms to parse here; the compiled file's lines are put
 * into strings, and what is accepted must be UTF-8 by a decoder of ours. */
static bool utf8_by_hand(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned c = p[i++];
		int more = c < 0x80                ? 0
			   : c >= 0xC2 && c < 0xE0 ? 1
			   : c >= 0xE0 && c < 0xF0 ? 2
			   : c >= 0xF0 && c < 0xF5 ? 3
						   : -1;
		uint32_t code = more > 0 ? c & (0x3Fu >> more) : c;
		if (more < 0 || i + (size_t)more > len)
			return false;
		for (int k = 0; k < more; k++, i++) {
			if ((p[i] & 0xC0) != 0x80)
				return false;
			code = code << 6 | (p[i] & 0x3F);
		}
		if ((more == 2 && code < 0x800) || (more == 3 && code < 0x10000) ||
		    code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
			return false;
	}
	return true;
}

static void test_utf8(void **state)
{
	const char *folder = case_shared();
	char path[512];
	size_t len;
	int good = 0, bad = 0;

	if (folder == NULL)
		skip();
	snprintf(path, sizeof path, "%s/formats/utf8tests/utf8tests.bin", folder);
	char *data = case_file(path, &len);
	if (data == NULL)
		skip();
	for (char *line = data, *end;
	     (end = memchr(line, '\n', len - (size_t)(line - data))) != NULL; line = end + 1) {
		struct format_case c;
		struct wr_text text;
		wr_text_init(&text);
		wr_text_puts(&text, "{\"s\":\"");
		for (char *p = line; p < end; p++) {
			if (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
				wr_text_putc(&text, *p);
		}
		bool want = utf8_by_hand((unsigned char *)text.data, text.len);
		wr_text_puts(&text, "\"}\n{\"s\":\"next\"}\n");
		case_open(&c, "json", "s STRING", NULL);
		const char *got = case_decode_n(&c, text.data, text.len);
		assert_int_equal(strstr(got, " encoding ") == NULL, want);
		assert_non_null(strstr(got, "next\n"));
		want ? good++ : bad++;
		case_close(&c);
		wr_text_release(&text);
	}
	wr_free(data);
	assert_true(good > 10 && bad > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flink),
	    cmocka_unit_test(test_suite),
	    cmocka_unit_test(test_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
