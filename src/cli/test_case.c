/* SPDX-License-Identifier: Apache-2.0
 *
 * test_case - see test_case.h. The head and the sections are read line by line; a mistake names the
 * line of the case.
 */
#include "cli/test_case.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/option.h"
#include "data/datetime.h"

#define SECTION "--- "

struct reader {
	struct wr_test_case *test;
	const char *at;      /* the next line */
	const char *line;    /* the one at hand, in the arena, without its end */
	const char *begin;   /* where it stands in the text */
	uint32_t number;     /* of it, from 1 */
	const char *command; /* its first word, where it is of the head */
	char *words;         /* what stands behind it */
};

static wr_status *mistake(const struct reader *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is wrong with the line at hand. */
static wr_status *mistake(const struct reader *in, const char *format, ...)
{
	struct wr_text text;
	va_list args;
	wr_status *status;
	char *what = NULL;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	wr_text_init(&text);
	wr_text_printf(&text, "%s:%u: %s", in->test->path, in->number, what != NULL ? what : "");
	status = wr_status_hint(wr_status_new(WR_USER_ERROR, "%s", text.data),
				"docs/TESTING.md tells how a case is written");
	wr_text_release(&text);
	free(what);
	return status;
}

/* The next line of a text; false: there is none. */
static bool next_line(struct reader *in)
{
	size_t len;

	if (*in->at == '\0')
		return false;
	in->begin = in->at;
	len = strcspn(in->at, "\n");
	in->at += len + (in->at[len] == '\n');
	if (len > 0 && in->begin[len - 1] == '\r')
		len--;
	in->line = wr_arena_strndup(&in->test->arena, in->begin, len);
	in->number++;
	return true;
}

/* Cuts the next word off. NULL: none is left. */
static char *next_word(char **words)
{
	char *word = *words + strspn(*words, " \t"), *end = word + strcspn(word, " \t");

	if (*word == '\0')
		return NULL;
	*words = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

/* A path is meant from the folder of the case. */
static const char *path_of(struct wr_test_case *test, const char *path)
{
	const char *slash = strrchr(test->path, '/');

	return path[0] == '/' || slash == NULL
		   ? wr_arena_strdup(&test->arena, path)
		   : wr_arena_printf(&test->arena, "%.*s%s", (int)(slash + 1 - test->path),
				     test->path, path);
}

static wr_status *read_file(struct wr_test_case *test, const char *path, size_t max,
			    const char **out)
{
	char *text;
	size_t len;

	WR_TRY(wr_env_read_file(wr_env_system(), path, max, &text, &len));
	*out = wr_arena_strndup(&test->arena, text, len);
	wr_free(text);
	return NULL;
}

/* --- the head -----------------------------------------------------------------------------------
 */

static wr_status *read_pair(struct reader *in, struct wr_test_pair **list)
{
	char *equals = strchr(in->words, '=');
	struct wr_test_pair *pair = WR_NEW(&in->test->arena, struct wr_test_pair);

	if (equals == NULL || equals == in->words)
		return mistake(in, "'%s' takes NAME=VALUE, not '%s'", in->command, in->words);
	*equals = '\0';
	*pair = (struct wr_test_pair){.name = in->words, .value = equals + 1};
	while (*list != NULL)
		list = &(*list)->next;
	*list = pair;
	return NULL;
}

static wr_status *read_count(const struct reader *in, int64_t *count)
{
	char *end;

	*count = strtoll(in->words, &end, 10);
	if (strcmp(in->words, "any") == 0)
		*count = -1;
	else if (end == in->words || *end != '\0' || *count < 0)
		return mistake(in, "'%s' takes a number or 'any', not '%s'", in->command,
			       in->words);
	return NULL;
}

static wr_status *read_clock(const struct reader *in)
{
	int32_t nano;

	if (wr_timestamp_parse(in->words, strlen(in->words), &in->test->clock_ms, &nano))
		return NULL;
	return mistake(in, "'clock' takes a time as '2026-01-01 10:00:00' (UTC), not '%s'",
		       in->words);
}

/* What this case is not, or does not do. */
static wr_status *read_switch(const struct reader *in)
{
	struct {
		const char *command, *value;
		bool *flag;
	} const flags[] = {{"no", "shuffle", &in->test->no_shuffle},
			   {"no", "crash", &in->test->no_crash},
			   {"end", "open", &in->test->open},
			   {"keep", "datagen", &in->test->keep}};

	for (uint32_t i = 0; i < WR_COUNT(flags); i++) {
		if (strcmp(in->command, flags[i].command) != 0 ||
		    strcmp(in->words, flags[i].value) != 0)
			continue;
		*flags[i].flag = true;
		return NULL;
	}
	return mistake(in,
		       "'%s %s' is not known: there are 'no shuffle', 'no crash', 'end open' "
		       "and 'keep datagen'",
		       in->command, in->words);
}

/* A line of the head: a word and what stands behind it. */
static wr_status *read_head(struct reader *in)
{
	static const char *const known[] = {"script", "variable",   "set", "clock", "late", "bad",
					    "error",  "error-line", "no",  "end",   "keep"};
	struct wr_test_case *test = in->test;
	char *rest = wr_arena_strdup(&test->arena, in->line);
	const char *near;
	int64_t line = 0;

	in->command = next_word(&rest);
	in->words = rest + strspn(rest, " \t");
	if (*in->words == '\0')
		return mistake(in, "'%s' needs a value behind it", in->command);
	if (strcmp(in->command, "script") == 0) {
		test->script = path_of(test, in->words);
		return read_file(test, test->script, WR_SQL_BYTES_MAX, &test->sql);
	}
	if (strcmp(in->command, "variable") == 0)
		return read_pair(in, &test->variable);
	if (strcmp(in->command, "set") == 0)
		return read_pair(in, &test->setting);
	if (strcmp(in->command, "clock") == 0)
		return read_clock(in);
	if (strcmp(in->command, "late") == 0)
		return read_count(in, &test->late);
	if (strcmp(in->command, "bad") == 0)
		return read_count(in, &test->bad);
	if (strcmp(in->command, "error") == 0) {
		test->error = in->words;
		return NULL;
	}
	if (strcmp(in->command, "error-line") == 0) {
		WR_TRY(read_count(in, &line));
		test->error_line = (uint32_t)WR_MAX(line, 0);
		return NULL;
	}
	if (strcmp(in->command, "no") == 0 || strcmp(in->command, "end") == 0 ||
	    strcmp(in->command, "keep") == 0)
		return read_switch(in);
	near = wr_nearest(in->command, known, WR_COUNT(known));
	return mistake(in, "'%s' is not known%s%s%s", in->command,
		       near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
		       near != NULL ? "'?" : "");
}

/* --- records ------------------------------------------------------------------------------------
 */

/* `@ TIME` or `@ +DURATION`: what follows arrives then. */
static wr_status *read_time(const struct reader *in, const char *text, int64_t *at_us)
{
	int64_t ms;
	int32_t nano;

	text += strspn(text, " \t");
	if (*text == '+') {
		text += 1 + strspn(text + 1, " \t");
		if (!wr_duration_parse(text, &ms))
			return mistake(in, "'%s' is no duration like '5 s' or '1 min'", text);
		*at_us += ms * 1000;
		return NULL;
	}
	if (!wr_timestamp_parse(text, strlen(text), &ms, &nano))
		return mistake(in,
			       "'%s' is neither a time like '2026-01-01 10:00:00' nor a duration "
			       "like '+5 s'",
			       text);
	if (ms * 1000 < *at_us)
		return mistake(in, "'%s' is before what came in front of it", text);
	*at_us = ms * 1000;
	return NULL;
}

/* A kind in front of a record, "+I ", is cut off. */
static uint8_t take_kind(const char **text)
{
	for (uint8_t kind = WR_INSERT; kind <= WR_DELETE; kind++) {
		const char *word = wr_row_kind_str(kind);

		if (strncmp(*text, word, 2) == 0 && (*text)[2] == ' ') {
			*text += 3;
			return kind;
		}
	}
	return WR_INSERT;
}

/* A line of an input. */
static wr_status *read_record(const struct reader *in, struct wr_test_input *input, int64_t *at_us)
{
	const char *text = in->line;
	uint8_t kind;

	if (*text == '\0' || *text == '#')
		return NULL;
	if (*text == '@')
		return read_time(in, text + 1, at_us);
	kind = take_kind(&text);
	if (input->count == input->capacity) {
		input->capacity = WR_MAX(16, 2 * input->capacity);
		input->record = wr_realloc(input->record, input->capacity * sizeof *input->record);
	}
	input->record[input->count++] = (struct wr_test_record){.text = text,
								.len = (uint32_t)strlen(text),
								.line = in->number,
								.kind = kind,
								.at_us = *at_us};
	return NULL;
}

/* A file of records. */
static wr_status *read_records(struct wr_test_case *test, const char *path,
			       struct wr_test_input *input)
{
	struct wr_test_case file = {.path = path, .arena = test->arena}; /* for messages */
	struct reader in = {.test = &file};
	int64_t at_us = test->clock_ms * 1000;
	wr_status *status;

	status = read_file(&file, path, WR_TEST_FILE_MAX, &in.at);
	while (status == NULL && next_line(&in))
		status = read_record(&in, input, &at_us);
	test->arena = file.arena;
	return status;
}

/* --- sections -----------------------------------------------------------------------------------
 */

static wr_status *read_form(const struct reader *in, const char *word, bool input,
			    enum wr_test_form *form)
{
	static const char *const names[] = {"json", "csv", "own"};

	for (uint32_t i = 0; word != NULL && i < (input ? 3u : 2u); i++) {
		if (strcmp(word, names[i]) == 0) {
			*form = (enum wr_test_form)i;
			return NULL;
		}
	}
	return mistake(in,
		       "A section is '--- input TABLE %s' or '--- output TABLE json|csv', not "
		       "'%s'",
		       "json|csv|own", in->line);
}

/* Lines up to the next section. */
static bool in_section(struct reader *in)
{
	return strncmp(in->at, SECTION, strlen(SECTION)) != 0 && next_line(in);
}

/* What a section's line says behind the form: *path of its file, NULL: its lines follow. */
static wr_status *read_rest(const struct reader *in, char *words, struct wr_test_output *output,
			    const char **path)
{
	for (const char *word; (word = next_word(&words)) != NULL;) {
		if (strcmp(word, "file") == 0 && (word = next_word(&words)) != NULL)
			*path = path_of(in->test, word);
		else if (word != NULL && output != NULL && strcmp(word, "changelog") == 0)
			output->changelog = true;
		else if (word != NULL && output != NULL && strcmp(word, "ordered") == 0)
			output->ordered = true;
		else
			return mistake(in, "What is '%s'? There is 'file PATH'%s",
				       word != NULL ? word : "file",
				       output != NULL ? ", 'changelog' and 'ordered'" : "");
	}
	return NULL;
}

static wr_status *read_input(struct reader *in, char *words)
{
	struct wr_test_case *test = in->test;
	struct wr_test_input *input = WR_NEW(&test->arena, struct wr_test_input), **end;
	int64_t at_us = test->clock_ms * 1000;
	const char *path = NULL;
	wr_status *status = NULL;

	input->table = next_word(&words);
	WR_TRY(read_form(in, next_word(&words), true, &input->form));
	WR_TRY(read_rest(in, words, NULL, &path));
	if (wr_test_case_input(test, input->table) != NULL)
		return mistake(in, "Table '%s' has its input above", input->table);
	for (end = &test->input; *end != NULL; end = &(*end)->next)
		continue;
	*end = input;
	if (path != NULL)
		return read_records(test, path, input);
	while (status == NULL && in_section(in))
		status = read_record(in, input, &at_us);
	return status;
}

static wr_status *read_output(struct reader *in, char *words)
{
	struct wr_test_case *test = in->test;
	struct wr_test_output *output = WR_NEW(&test->arena, struct wr_test_output), **end;
	struct wr_file_info info;

	output->table = next_word(&words);
	WR_TRY(read_form(in, next_word(&words), false, &output->form));
	WR_TRY(read_rest(in, words, output, &output->file));
	if (wr_test_case_output(test, output->table) != NULL)
		return mistake(in, "What is expected of '%s' stands above", output->table);
	for (end = &test->output; *end != NULL; end = &(*end)->next)
		continue;
	*end = output;
	output->from = (size_t)(in->at - test->text);
	while (in_section(in))
		continue;
	output->to = (size_t)(in->at - test->text);
	output->lines =
	    wr_arena_strndup(&test->arena, test->text + output->from, output->to - output->from);
	if (output->file == NULL)
		return NULL;
	output->lines = "";
	WR_TRY(wr_env_system()->ops->stat(wr_env_system(), output->file, &info));
	return info.exists ? read_file(test, output->file, WR_TEST_FILE_MAX, &output->lines) : NULL;
}

static wr_status *read_section(struct reader *in)
{
	struct wr_test_case *test = in->test;
	char *words = wr_arena_strdup(&test->arena, in->line + strlen(SECTION));
	const char *what = next_word(&words);
	struct wr_text sql;

	if (what != NULL && strcmp(what, "input") == 0)
		return read_input(in, words);
	if (what != NULL && strcmp(what, "output") == 0)
		return read_output(in, words);
	if (what == NULL || strcmp(what, "script") != 0)
		return mistake(in,
			       "A section is '--- input', '--- output' or '--- script', not "
			       "'%s'",
			       in->line);
	wr_text_init(&sql);
	while (in_section(in))
		wr_text_printf(&sql, "%s\n", in->line);
	test->sql = wr_arena_strdup(&test->arena, wr_text_str(&sql));
	wr_text_release(&sql);
	return NULL;
}

wr_status *wr_test_case_read(struct wr_test_case *test, const char *path, const char *name)
{
	struct reader in = {.test = test};
	size_t len;

	*test = (struct wr_test_case){.clock_ms = WR_TEST_CLOCK_START};
	wr_arena_init(&test->arena);
	test->path = wr_arena_strdup(&test->arena, path);
	test->name = wr_arena_strdup(&test->arena, name);
	WR_TRY(wr_env_read_file(wr_env_system(), path, WR_TEST_FILE_MAX, &test->text, &len));
	in.at = test->text;
	while (next_line(&in)) {
		const char *text = in.line + strspn(in.line, " \t");

		if (strncmp(in.line, SECTION, strlen(SECTION)) == 0)
			WR_TRY(read_section(&in));
		else if (*text != '\0' && *text != '#')
			WR_TRY(read_head(&in));
	}
	if (test->sql == NULL)
		return mistake(&in, "The case names no script: 'script PATH', or a section "
				    "'--- script'");
	if (test->output == NULL && test->error == NULL)
		return mistake(&in, "The case expects nothing: give it '--- output TABLE json', or "
				    "'error TEXT'");
	return NULL;
}

void wr_test_case_release(struct wr_test_case *test)
{
	for (struct wr_test_input *input = test->input; input != NULL; input = input->next)
		wr_free(input->record);
	wr_free(test->text);
	wr_arena_release(&test->arena);
	*test = (struct wr_test_case){0};
}

struct wr_test_input *wr_test_case_input(const struct wr_test_case *test, const char *table)
{
	struct wr_test_input *input = test->input;

	while (input != NULL && strcmp(input->table, table) != 0)
		input = input->next;
	return input;
}

struct wr_test_output *wr_test_case_output(const struct wr_test_case *test, const char *table)
{
	struct wr_test_output *output = test->output;

	while (output != NULL && strcmp(output->table, table) != 0)
		output = output->next;
	return output;
}
