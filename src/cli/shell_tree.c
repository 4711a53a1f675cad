/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_tree - see shell_tree.h.
 */
#include "cli/shell_tree.h"

#include "base/mem.h"

#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

struct line {
	const char *text; /* behind its spaces */
	size_t len;
	uint32_t depth;
};

/* The lines of a plan with their depths; freed by the caller. */
static struct line *read_lines(const char *plan, uint32_t *count)
{
	uint32_t lines = 1;
	struct line *list;

	for (const char *p = plan; *p != '\0'; p++)
		lines += *p == '\n';
	list = wr_calloc(lines, sizeof *list);
	*count = 0;
	while (*plan != '\0') {
		size_t spaces = strspn(plan, " "), len = strcspn(plan, "\n");

		list[(*count)++] =
		    (struct line){plan + spaces, len - spaces, (uint32_t)(spaces / 2)};
		plan += len + (plan[len] == '\n');
	}
	return list;
}

/* Whether another line at `depth` below the same parent follows line i. */
static bool has_sibling(const struct line *list, uint32_t count, uint32_t i, uint32_t depth)
{
	for (uint32_t k = i + 1; k < count && list[k].len > 0 && list[k].depth >= depth; k++)
		if (list[k].depth == depth)
			return true;
	return false;
}

void wr_shell_tree(const char *plan, bool color, struct wr_text *out)
{
	uint32_t count;
	struct line *list = read_lines(plan, &count);

	for (uint32_t i = 0; i < count; i++) {
		const struct line *line = &list[i];
		size_t name = strcspn(line->text, "(\n");
		bool is_title = line->depth == 0 && line->len > 2 && line->text[0] == '=';

		for (uint32_t depth = 1; depth < line->depth; depth++)
			wr_text_puts(out, has_sibling(list, count, i, depth) ? "│  " : "   ");
		if (line->depth > 0)
			wr_text_puts(out, has_sibling(list, count, i, line->depth) ? "├─ " : "└─ ");
		if (color && (is_title || name < line->len)) {
			name = is_title ? line->len : name;
			wr_text_printf(out, BOLD "%.*s" PLAIN, (int)name, line->text);
			wr_text_add(out, line->text + name, line->len - name);
		} else {
			wr_text_add(out, line->text, line->len);
		}
		wr_text_putc(out, '\n');
	}
	wr_free(list);
}
