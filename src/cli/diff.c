/* SPDX-License-Identifier: Apache-2.0
 *
 * diff - see diff.h: the command line, the summary, the exit code.
 */
#include "cli/diff.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "cli/command.h"
#include "cli/diff_compare.h"

#define SHOWN       100        /* rows shown unless --limit says otherwise */
#define KEYS_PER_MB (1u << 14) /* an entry, with the free ones around it, takes 64 bytes */

void wr_diff_help(FILE *file)
{
	fputs(
	    "usage: weir diff [options] A B\n"
	    "\n"
	    "Compares two outputs: files, folders of part files, patterns. Rows of A that are not "
	    "in B\nare missing, rows of B that are not in A are extra; with a key, rows of both "
	    "that differ\nare changed and shown before and after. The order of rows does not "
	    "matter.\n"
	    "\n"
	    "  --key COL,...          columns that name a row; without it whole rows are compared\n"
	    "  --input FORM           json, csv, changelog-json or debezium-json (default: as the\n"
	    "                         first record looks); changes are added up to the table at "
	    "the\n"
	    "                         end\n"
	    "  --header               the first line of a csv file names its columns (else c1, "
	    "c2)\n"
	    "  --format FORMAT        table, tsv, csv or json (default: table on a terminal, else "
	    "json)\n"
	    "  --limit N              differences shown at most (default: 100; 0: all)\n"
	    "  --memory MB            for the hashes of keys (default: 800); when there are more,\n"
	    "                         the files are read several times\n"
	    "  --quiet                only the exit code\n"
	    "  --help                 this text\n"
	    "\n"
	    "Folders key=value are columns. A column that is not there is NULL. Values are "
	    "compared as\ntexts, numbers without zeros at the end of their fraction.\n"
	    "\n"
	    "Exit codes: 0 equal, 1 different, 2 something cannot be read or compared.\n",
	    file);
}

static wr_status *bad_use(const char *format, const char *what)
{
	wr_status *status = wr_status_new(WR_USER_ERROR, format, what);

	return wr_status_hint(status, "See weir help diff");
}

static wr_status *read_word(const char *option, const char *value, const char *const *names,
			    size_t count, int *out)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(names[i], value) == 0) {
			*out = (int)i;
			return NULL;
		}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is not a value of '%s'", value, option),
	    "See weir help diff");
}

static wr_status *read_number(const char *option, const char *value, uint64_t *out)
{
	char *end;

	*out = strtoull(value, &end, 10);
	if (*value >= '0' && *value <= '9' && *end == '\0')
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is a number, not '%s'", option, value),
	    "See weir help diff");
}

static wr_status *read_valued(struct wr_diff_wishes *wishes, const char *option, char *value)
{
	static const char *const forms[] = {"auto", "json", "csv", "changelog-json",
					    "debezium-json"};
	static const char *const formats[] = {"auto", "table", "tsv", "csv", "json"};
	int word = 0;

	if (value == NULL)
		return bad_use("'%s' needs a value", option);
	if (strcmp(option, "--key") == 0) {
		wishes->key = value;
	} else if (strcmp(option, "--limit") == 0) {
		WR_TRY(read_number(option, value, &wishes->limit));
		wishes->limit = wishes->limit == 0 ? UINT64_MAX : wishes->limit;
	} else if (strcmp(option, "--memory") == 0) {
		WR_TRY(read_number(option, value, &wishes->keys_max));
		wishes->keys_max = WR_MIN(WR_MAX(wishes->keys_max, 1), 1u << 20) * KEYS_PER_MB;
	} else if (strcmp(option, "--input") == 0) {
		WR_TRY(read_word(option, value, forms, WR_COUNT(forms), &word));
		wishes->form = (enum wr_diff_form)word;
	} else {
		WR_TRY(read_word(option, value, formats, WR_COUNT(formats), &word));
		wishes->format = (enum wr_result_format)word;
	}
	return NULL;
}

/* Reads the option at argv[*at], and its value where it has one. */
static wr_status *read_option(struct wr_diff_wishes *wishes, char **argv, int *at, bool *help)
{
	static const char *const valued[] = {"--key", "--input", "--format", "--limit", "--memory"};
	char *option = argv[*at], *value = strchr(option, '=');

	if (strcmp(option, "--header") == 0)
		return wishes->header = true, NULL;
	if (strcmp(option, "--quiet") == 0 || strcmp(option, "-q") == 0)
		return wishes->quiet = true, NULL;
	if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
		return *help = true, NULL;
	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < WR_COUNT(valued); i++) {
		if (strcmp(option, valued[i]) != 0)
			continue;
		if (value == NULL)
			value = argv[++*at];
		return read_valued(wishes, option, value);
	}
	return bad_use("There is no option '%s'", option);
}

static wr_status *read_wishes(struct wr_diff_wishes *wishes, int argc, char **argv, bool *help)
{
	int paths = 0;

	*wishes = (struct wr_diff_wishes){.limit = SHOWN, .keys_max = 800 * KEYS_PER_MB};
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1] != '\0')
			WR_TRY(read_option(wishes, argv, &i, help));
		else if (paths == 2)
			return bad_use("Two outputs are compared: what is '%s'?", argv[i]);
		else
			wishes->path[paths++] = argv[i];
		if (i >= argc)
			break;
	}
	if (paths < 2 && !*help)
		return bad_use("'%s' needs two outputs: files or folders", "diff");
	for (int i = 0; i < paths; i++)
		if (strcmp(wishes->path[i], "-") == 0)
			return bad_use("Outputs are read twice: '%s' cannot be", "-");
	if (wishes->format == WR_FORMAT_AUTO)
		wishes->format = isatty(STDOUT_FILENO) ? WR_FORMAT_TABLE : WR_FORMAT_JSON;
	return NULL;
}

/* The last line of a run. */
static void print_summary(const struct wr_diff_wishes *wishes, const struct wr_diff_counts *counts,
			  bool equal)
{
	fprintf(stderr, "%s: missing %llu, extra %llu, changed %llu, same %llu\n",
		equal ? "equal" : "different", (unsigned long long)counts->missing,
		(unsigned long long)counts->extra, (unsigned long long)counts->changed,
		(unsigned long long)counts->same);
	if (wishes->limit < counts->missing + counts->extra + counts->changed)
		fprintf(stderr, "The first %llu are shown; --limit 0 shows all\n",
			(unsigned long long)wishes->limit);
}

int wr_diff_main(int argc, char **argv)
{
	struct wr_diff_wishes wishes;
	struct wr_diff_counts counts = {0};
	bool help = false, equal;
	wr_status *status = read_wishes(&wishes, argc, argv, &help);

	if (status == NULL && help) {
		wr_diff_help(stdout);
		return WR_EXIT_DONE;
	}
	if (status == NULL)
		status = wr_diff_compare(&wishes, &counts);
	equal = counts.missing + counts.extra + counts.changed == 0;
	if (status == NULL) {
		if (!wishes.quiet)
			print_summary(&wishes, &counts, equal);
		return equal ? WR_EXIT_DONE : WR_EXIT_FAILED;
	}
	fprintf(stderr, "weir: %s\n", status->text);
	if (status->hint != NULL)
		fprintf(stderr, "hint: %s\n", status->hint);
	wr_status_free(status);
	return WR_EXIT_SCRIPT;
}
