/* SPDX-License-Identifier: Apache-2.0
 *
 * test_compare - see test_compare.h.
 */
#include "cli/test_compare.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/map.h"
#include "base/mem.h"
#include "cli/test_run.h"
#include "expr/json_doc.h"

#define KEPT_MAX  ((size_t)1 << 30) /* bytes that a test may write to a table */
#define SHOWN_MAX 20                /* differences of an output that are shown */

/* --- rows ---------------------------------------------------------------------------------------
 */

static void add_line(struct wr_test_lines *lines, const char *text, size_t len)
{
	if (lines->count == lines->capacity) {
		lines->capacity = WR_MAX(64, 2 * lines->capacity);
		lines->line = wr_realloc(lines->line, lines->capacity * sizeof *lines->line);
	}
	lines->line[lines->count++] = wr_strndup(text, len);
}

void wr_test_lines_release(struct wr_test_lines *lines)
{
	for (uint32_t i = 0; i < lines->count; i++)
		wr_free(lines->line[i]);
	wr_free(lines->line);
	*lines = (struct wr_test_lines){0};
}

/* The table that changes make: rows in the order in which they came, but for those that left. */
struct table {
	struct wr_test_lines rows; /* a line NULL: it left */
	uint32_t *before;          /* per row, the one before it of the same text, +1; owned */
	struct wr_map index;       /* key or row -> the last such row, +1 */
};

static void table_change(struct table *table, uint8_t kind, const char *key, const char *row)
{
	bool keyed = *key != '\0';
	const char *name = keyed ? key : row;
	uint32_t at = (uint32_t)(uintptr_t)wr_map_get(&table->index, name);
	uint32_t before = at > 0 ? table->before[at - 1] : 0;

	if (keyed && kind == WR_UPDATE_BEFORE)
		return; /* what replaces it, or a deletion, follows */
	if (at > 0 && (keyed || !wr_kind_is_add(kind))) {
		wr_free(table->rows.line[at - 1]);
		table->rows.line[at - 1] = wr_kind_is_add(kind) ? wr_strdup(row) : NULL;
		if (!wr_kind_is_add(kind))
			wr_map_put(&table->index, name, (void *)(uintptr_t)before);
	} else if (wr_kind_is_add(kind)) {
		add_line(&table->rows, row, strlen(row));
		table->before =
		    wr_realloc(table->before, table->rows.capacity * sizeof *table->before);
		table->before[table->rows.count - 1] = at;
		wr_map_put(&table->index, name, (void *)(uintptr_t)table->rows.count);
	}
}

/* A line that was kept: `+I <key>\x1f<row>`, cut in place. */
static void take_kept(struct wr_test_lines *lines, struct table *table, char *line, bool changelog)
{
	char *row = strchr(line, WR_TEST_KEY);
	uint8_t kind = WR_INSERT;
	struct wr_text text;

	if (row == NULL || row - line < 3)
		return;
	*row++ = '\0';
	while (kind < WR_DELETE && strncmp(line, wr_row_kind_str(kind), 2) != 0)
		kind++;
	if (!changelog) {
		table_change(table, kind, line + 3, row);
		return;
	}
	wr_text_init(&text);
	wr_text_printf(&text, "%s %s", wr_row_kind_str(kind), row);
	add_line(lines, text.data, text.len);
	wr_text_release(&text);
}

/* Adds what a sink wrote; *found false: there is no such file. */
static wr_status *take_file(struct wr_test_lines *lines, struct table *table, const char *path,
			    bool changelog, bool *found)
{
	struct wr_env *env = wr_env_system();
	struct wr_file_info info;
	char *text;
	size_t len;

	WR_TRY(env->ops->stat(env, path, &info));
	*found = info.exists;
	if (!info.exists)
		return NULL;
	WR_TRY(wr_env_read_file(env, path, KEPT_MAX, &text, &len));
	for (char *at = text; *at != '\0';) {
		char *line = at;

		at += strcspn(at, "\n");
		if (*at != '\0')
			*at++ = '\0';
		take_kept(lines, table, line, changelog);
	}
	wr_free(text);
	return NULL;
}

wr_status *wr_test_lines_kept(struct wr_test_lines *lines, const char *folder, const char *name,
			      bool changelog)
{
	struct table table = {0};
	wr_status *status = NULL;
	bool found = true;
	struct wr_text path;

	*lines = (struct wr_test_lines){0};
	wr_map_init(&table.index);
	wr_text_init(&path);
	for (uint32_t number = 1; found && status == NULL; number++) {
		wr_text_clear(&path);
		wr_test_kept_path(folder, name, &path);
		if (number > 1)
			wr_text_printf(&path, "#%u", number);
		status = take_file(lines, &table, path.data, changelog, &found);
	}
	for (uint32_t i = 0; i < table.rows.count; i++)
		if (table.rows.line[i] != NULL)
			add_line(lines, table.rows.line[i], strlen(table.rows.line[i]));
	wr_test_lines_release(&table.rows);
	wr_free(table.before);
	wr_map_release(&table.index);
	wr_text_release(&path);
	return status;
}

/* --- one form for equal rows --------------------------------------------------------------------
 */

/* A number without zeros at its end: 1.50 is 1.5, 2.0 is 2. */
static void put_number(struct wr_text *out, const struct wr_json_node *node)
{
	size_t len = node->len;

	if (node->kind == WR_JSON_DECIMAL && memchr(node->text, 'e', len) == NULL &&
	    memchr(node->text, 'E', len) == NULL) {
		while (node->text[len - 1] == '0')
			len--;
		len -= node->text[len - 1] == '.';
	}
	wr_text_add(out, node->text, len);
}

static void put_value(struct wr_text *out, const struct wr_json_doc *doc, uint32_t at,
		      struct wr_arena *arena)
{
	const struct wr_json_node *node = &doc->node[at];
	bool first = true;

	if (node->kind == WR_JSON_OBJECT) {
		uint32_t count;
		struct wr_json_member *member = wr_json_members(doc, at, true, arena, &count);

		wr_text_putc(out, '{');
		for (uint32_t i = 0; i < count; i++) {
			if (doc->node[member[i].value].kind == WR_JSON_NULL)
				continue;
			wr_text_puts(out, first ? "" : ",");
			wr_json_write(out, doc, member[i].key, arena);
			wr_text_putc(out, ':');
			put_value(out, doc, member[i].value, arena);
			first = false;
		}
		wr_text_putc(out, '}');
	} else if (node->kind == WR_JSON_ARRAY) {
		wr_text_putc(out, '[');
		for (uint32_t i = at + 1; i < node->end; i = doc->node[i].end) {
			wr_text_puts(out, i > at + 1 ? "," : "");
			put_value(out, doc, i, arena);
		}
		wr_text_putc(out, ']');
	} else if (node->kind == WR_JSON_INTEGER || node->kind == WR_JSON_DECIMAL) {
		put_number(out, node);
	} else {
		wr_json_write(out, doc, at, arena);
	}
}

/* A row as it is compared. `kind`: a changelog's, which stands in front. */
struct row {
	const char *shown; /* as written */
	char *same;        /* equal for equal rows; owned */
};

struct rows {
	struct row *row; /* owned */
	uint32_t count;
};

/* A line of csv without quotes that nothing needs. */
static char *plain_csv(const char *line, bool changelog)
{
	struct wr_text out;

	wr_text_init(&out);
	if (changelog && strlen(line) > 3) {
		wr_text_add(&out, line, 3);
		line += 3;
	}
	for (const char *at = line; *at != '\0';) {
		size_t len = strcspn(at + 1, "\",") + 2;

		if (*at == '"' && at[len - 1] == '"' && strchr(",", at[len]) != NULL) {
			wr_text_add(&out, at + 1, len - 2);
			at += len;
		} else { /* as it is, up to the end of the field */
			bool quoted = false;

			for (; *at != '\0' && (quoted || *at != ','); at++) {
				quoted = quoted != (*at == '"');
				wr_text_putc(&out, *at);
			}
		}
		if (*at == ',')
			wr_text_putc(&out, *at++);
	}
	return out.data != NULL ? out.data : wr_strdup("");
}

static wr_status *make_same(const struct wr_test_output *output, const char *line, char **same)
{
	const char *text = line;
	struct wr_json_doc doc;
	struct wr_arena arena;
	struct wr_text out;
	wr_status *status = NULL;

	if (output->form != WR_TEST_JSON) {
		*same = plain_csv(line, output->changelog);
		return NULL;
	}
	wr_json_init(&doc);
	wr_arena_init(&arena);
	wr_text_init(&out);
	if (output->changelog && strlen(text) > 3 && text[2] == ' ') {
		wr_text_add(&out, text, 3);
		text += 3;
	}
	if (wr_json_parse(&doc, text, strlen(text)))
		put_value(&out, &doc, 0, &arena);
	else
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "What is expected of '%s' is no row of JSON: %s\n  %s",
				  output->table, doc.error, line),
		    output->changelog ? "Write a line for each change, +I {\"a\": 1}"
				      : "Write a line for each row, {\"a\": 1}");
	*same = out.data;
	wr_arena_release(&arena);
	wr_json_release(&doc);
	return status;
}

static wr_status *make_rows(const struct wr_test_output *output, const struct wr_test_lines *lines,
			    struct rows *rows)
{
	wr_status *status = NULL;

	rows->row = wr_calloc(lines->count + 1, sizeof *rows->row);
	for (uint32_t i = 0; i < lines->count && status == NULL; i++) {
		rows->row[i].shown = lines->line[i];
		status = make_same(output, lines->line[i], &rows->row[i].same);
		rows->count++;
	}
	return status;
}

static void rows_release(struct rows *rows)
{
	for (uint32_t i = 0; i < rows->count; i++)
		wr_free(rows->row[i].same);
	wr_free(rows->row);
}

/* The lines of what is expected, without comments and empty ones. */
static void split(const char *text, struct wr_test_lines *lines)
{
	*lines = (struct wr_test_lines){0};
	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), used = len;

		if (used > 0 && text[used - 1] == '\r')
			used--;
		if (used > 0 && *text != '#')
			add_line(lines, text, used);
		text += len + (text[len] == '\n');
	}
}

/* --- differences --------------------------------------------------------------------------------
 */

static int compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->same, ((const struct row *)b)->same);
}

/* Rows of one side only, as indexes. */
struct apart {
	uint32_t *missing, *extra; /* owned */
	uint32_t missing_count, extra_count;
};

static void find_apart(const struct rows *want, const struct rows *came, struct apart *apart)
{
	uint32_t i = 0, j = 0;

	apart->missing = wr_calloc(want->count + 1, sizeof *apart->missing);
	apart->extra = wr_calloc(came->count + 1, sizeof *apart->extra);
	while (i < want->count || j < came->count) {
		int order = i == want->count   ? 1
			    : j == came->count ? -1
					       : strcmp(want->row[i].same, came->row[j].same);

		if (order < 0)
			apart->missing[apart->missing_count++] = i++;
		else if (order > 0)
			apart->extra[apart->extra_count++] = j++;
		i += order == 0;
		j += order == 0;
	}
}

/* How many members of two objects are equal; their differences are appended to `out`. */
static uint32_t compare_members(const char *want, const char *came, struct wr_text *out)
{
	struct wr_json_doc doc[2];
	struct wr_arena arena;
	uint32_t equal = 0, count;
	struct wr_json_member *member;
	struct wr_text value[2] = {0};

	wr_json_init(&doc[0]);
	wr_json_init(&doc[1]);
	wr_arena_init(&arena);
	if (wr_json_parse(&doc[0], want, strlen(want)) &&
	    wr_json_parse(&doc[1], came, strlen(came)) && doc[0].node[0].kind == WR_JSON_OBJECT &&
	    doc[1].node[0].kind == WR_JSON_OBJECT) {
		member = wr_json_members(&doc[0], 0, false, &arena, &count);
		for (uint32_t i = 0; i < count; i++) {
			const struct wr_json_node *key = &doc[0].node[member[i].key];
			uint32_t other =
			    wr_json_get(&doc[1], 0, (struct wr_str){key->text, key->len});

			wr_text_clear(&value[0]);
			wr_text_clear(&value[1]);
			put_value(&value[0], &doc[0], member[i].value, &arena);
			if (other != UINT32_MAX)
				put_value(&value[1], &doc[1], other, &arena);
			else
				wr_text_puts(&value[1], "null");
			if (strcmp(value[0].data, value[1].data) == 0)
				equal++;
			else
				wr_text_printf(out, "%s%.*s: expected %s, came %s",
					       out->len > 0 ? "; " : "", (int)key->len, key->text,
					       value[0].data, value[1].data);
		}
	}
	wr_text_release(&value[0]);
	wr_text_release(&value[1]);
	wr_arena_release(&arena);
	wr_json_release(&doc[0]);
	wr_json_release(&doc[1]);
	return equal;
}

/* The extra row that is most like a missing one, and how they differ; UINT32_MAX: none is. */
static uint32_t find_like(const struct apart *apart, const struct rows *came, const bool *used,
			  const char *want, struct wr_text *how)
{
	uint32_t best = UINT32_MAX, most = 0;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < apart->extra_count && i < 4 * SHOWN_MAX; i++) {
		uint32_t equal;

		wr_text_clear(&text);
		equal =
		    used[i] ? 0 : compare_members(want, came->row[apart->extra[i]].shown, &text);
		if (equal > most) {
			most = equal;
			best = i;
			wr_text_clear(how);
			wr_text_puts(how, wr_text_str(&text));
		}
	}
	wr_text_release(&text);
	return best;
}

static void report_apart(const struct wr_test_output *output, const struct rows *want,
			 const struct rows *came, const struct apart *apart, struct wr_text *report)
{
	bool *used = wr_calloc(apart->extra_count + 1, sizeof *used);
	uint32_t shown = 0;
	struct wr_text how;

	wr_text_init(&how);
	wr_text_printf(
	    report, "%s: of %u expected %s%s %u did not come, and %u came that %s not expected\n",
	    output->table, want->count, output->changelog ? "change" : "row",
	    want->count == 1 ? "" : "s", apart->missing_count, apart->extra_count,
	    apart->extra_count == 1 ? "is" : "are");
	for (uint32_t i = 0; i < apart->missing_count && shown < SHOWN_MAX; i++, shown++) {
		const char *row = want->row[apart->missing[i]].shown;
		uint32_t like = UINT32_MAX;

		wr_text_clear(&how);
		if (output->form == WR_TEST_JSON && !output->changelog)
			like = find_like(apart, came, used, row, &how);
		wr_text_printf(report, "  - %s\n", row);
		if (like == UINT32_MAX)
			continue;
		used[like] = true;
		wr_text_printf(report, "  + %s\n      %s\n", came->row[apart->extra[like]].shown,
			       wr_text_str(&how));
	}
	for (uint32_t i = 0; i < apart->extra_count && shown < SHOWN_MAX; i++) {
		if (used[i])
			continue;
		wr_text_printf(report, "  + %s\n", came->row[apart->extra[i]].shown);
		shown++;
	}
	if (shown == SHOWN_MAX)
		wr_text_puts(report, "  ... and more\n");
	wr_text_release(&how);
	wr_free(used);
}

/* All rows are there; whether they come in the order that is wanted. */
static void report_order(const struct wr_test_output *output, const struct rows *want,
			 const struct rows *came, struct wr_text *report)
{
	for (uint32_t i = 0; i < want->count; i++) {
		if (strcmp(want->row[i].same, came->row[i].same) == 0)
			continue;
		wr_text_printf(report,
			       "%s: the rows are right, but not their order. Row %u\n  - %s\n  + "
			       "%s\n",
			       output->table, i + 1, want->row[i].shown, came->row[i].shown);
		return;
	}
}

wr_status *wr_test_compare(const struct wr_test_output *output, const struct wr_test_lines *came,
			   struct wr_text *report)
{
	struct rows want_rows = {0}, came_rows = {0};
	struct wr_test_lines want;
	struct apart apart = {0};
	struct row *order[2] = {0};
	wr_status *status;

	split(output->lines, &want);
	status = make_rows(output, &want, &want_rows);
	if (status == NULL)
		status = make_rows(output, came, &came_rows);
	if (status == NULL) {
		struct rows as_written[2] = {want_rows, came_rows};

		for (uint32_t i = 0; i < 2; i++) {
			size_t size = as_written[i].count * sizeof *order[i];

			order[i] = wr_malloc(size + 1);
			memcpy(order[i], as_written[i].row, size);
			as_written[i].row = order[i];
		}
		qsort(want_rows.row, want_rows.count, sizeof *want_rows.row, compare_rows);
		qsort(came_rows.row, came_rows.count, sizeof *came_rows.row, compare_rows);
		find_apart(&want_rows, &came_rows, &apart);
		if (apart.missing_count + apart.extra_count > 0)
			report_apart(output, &want_rows, &came_rows, &apart, report);
		else if (output->ordered)
			report_order(output, &as_written[0], &as_written[1], report);
	}
	wr_free(order[0]);
	wr_free(order[1]);
	wr_free(apart.missing);
	wr_free(apart.extra);
	rows_release(&want_rows);
	rows_release(&came_rows);
	wr_test_lines_release(&want);
	return status;
}
