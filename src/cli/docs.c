/* SPDX-License-Identifier: Apache-2.0
 *
 * docs - the manual pages that are made from the registries: functions and options.
 */
#include <string.h>

#include "analyze/analyze.h"
#include "base/fault.h"
#include "base/macros.h"
#include "cli/command.h"
#include "cli/serve.h"
#include "connectors/registry.h"
#include "engine/settings.h"
#include "expr/agg.h"
#include "expr/function.h"
#include "expr/missing.h"
#include "formats/formats.h"

/* Whether this entry is the first of its category. */
static bool first_of_category(const struct wr_function *const *list, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (strcmp(list[i]->category, list[at]->category) == 0)
			return false;
	return true;
}

/* Whether an entry before this one is written in the same way: one function with two entries. */
static bool seen_before(const struct wr_function *const *list, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (strcmp(list[i]->syntax, list[at]->syntax) == 0)
			return true;
	return false;
}

static void print_row(const char *syntax, const char *doc)
{
	fputs("| `", stdout);
	for (; *syntax != '\0'; syntax++)
		fputs(*syntax == '|' ? "\\|" : (char[]){*syntax, '\0'}, stdout);
	fputs("` | ", stdout);
	for (; *doc != '\0'; doc++)
		fputs(*doc == '|' ? "\\|" : (char[]){*doc, '\0'}, stdout);
	fputs(" |\n", stdout);
}

static void print_functions(void)
{
	uint32_t count, agg_count;
	const struct wr_function *const *list = wr_function_list(&count);
	const struct wr_agg_function *const *aggs = wr_agg_list(&agg_count);

	puts("# Functions\n\nMade by `weir docs functions` from the registry. Names, types and "
	     "results are Flink's.\n");
	for (uint32_t c = 0; c < count; c++) {
		if (!first_of_category(list, c))
			continue;
		printf("## %s\n\n| function | what it gives |\n|---|---|\n", list[c]->category);
		for (uint32_t i = c; i < count; i++)
			if (strcmp(list[i]->category, list[c]->category) == 0 &&
			    !seen_before(list, i))
				print_row(list[i]->syntax, list[i]->doc);
		putchar('\n');
	}
	puts("## aggregate\n\n| function | what it gives |\n|---|---|");
	for (uint32_t i = 0; i < agg_count; i++)
		print_row(aggs[i]->syntax, aggs[i]->doc);
	puts("\n## grammar\n\n| function | what it gives |\n|---|---|");
	for (uint32_t i = 0; i < wr_grammar_function_count; i++)
		print_row(wr_grammar_functions[i].syntax, wr_grammar_functions[i].doc);
	puts("\n## Missing\n\nFunctions of Flink 2.1 that do not exist here.\n\n| function | why "
	     "|\n|---|---|");
	for (uint32_t i = 0; i < wr_missing_function_count; i++)
		print_row(wr_missing_functions[i].name, wr_missing_functions[i].reason);
}

static void print_table(const char *title, const char *doc, const struct wr_option *options,
			uint32_t count)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_option_manual(&text, options, count);
	printf("## %s\n\n%s\n\n", title, doc);
	if (count > 0)
		printf("| option | value | default | meaning |\n|---|---|---|---|\n%s\n",
		       wr_text_str(&text));
	else
		puts("It has no options.\n");
	wr_text_release(&text);
}

static void print_options(void)
{
	uint32_t count;
	const struct wr_option *common = wr_table_options(&count);

	puts("# Options\n\nMade by `weir docs options` from the option tables. Names are Flink's "
	     "wherever Flink has the option.\n");
	print_table("SET and --set", "Options of the session.", wr_settings, wr_settings_count);
	print_table(
	    "every table",
	    "Options in the WITH clause of every table, besides those of its connector and format.",
	    common, count);
	common = wr_table_message_options(&count);
	print_table("tables of messages",
		    "Options in the WITH clause of tables whose rows are messages with keys.",
		    common, count);
	for (uint32_t i = 0; wr_connectors[i] != NULL; i++) {
		char title[96];

		snprintf(title, sizeof title, "connector '%s'", wr_connectors[i]->name);
		print_table(title, wr_connectors[i]->doc, wr_connectors[i]->options,
			    wr_connectors[i]->option_count);
	}
	for (uint32_t i = 0; wr_formats[i] != NULL; i++) {
		char title[96];

		snprintf(title, sizeof title, "format '%s' (options with the prefix '%s.')",
			 wr_formats[i]->name, wr_formats[i]->name);
		print_table(title, wr_formats[i]->doc, wr_formats[i]->options,
			    wr_formats[i]->option_count);
	}
	common = wr_serve_options(&count);
	if (count > 0)
		print_table("The server",
			    "Options of `weir serve`: in weir.yaml, nested or with dots, or as "
			    "`--set KEY=VALUE`. Besides them `server.users`, a list of users "
			    "with `name`, `role` (viewer, operator, admin), `password` and "
			    "`token`; and every option of SET, which then holds for all "
			    "sessions and jobs. docs/SERVER.md tells more.",
			    common, count);
}

/* The places that tests can make fail; no page of the manual. */
static void print_faults(void)
{
	for (int i = 0; i < WR_FAULT_COUNT; i++)
		printf("%s\t%s\n", wr_fault_name((enum wr_fault)i),
		       wr_fault_meaning((enum wr_fault)i));
}

enum wr_exit wr_command_docs(const struct wr_command *command)
{
	if (command->file != NULL && strcmp(command->file, "functions") == 0) {
		print_functions();
	} else if (command->file != NULL && strcmp(command->file, "options") == 0) {
		print_options();
	} else if (command->file != NULL && strcmp(command->file, "faults") == 0) {
		print_faults();
	} else {
		wr_command_help(stderr, "docs");
		return WR_EXIT_SCRIPT;
	}
	return WR_EXIT_DONE;
}
