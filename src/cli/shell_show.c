/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_show - see shell_show.h.
 */
#include "cli/shell_show.h"

#include <string.h>
#include <strings.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/shell.h"
#include "cli/shell_text.h"
#include "cli/shell_tree.h"

#define LOOK_US  50000 /* between two looks at the keys */
#define KEYS_MAX 64    /* of a look: what a terminal holds is taken in turns */

static bool begins(const char *words, const char *with)
{
	size_t len = strlen(with);

	return strncmp(words, with, len) == 0 && (words[len] == ' ' || words[len] == '\0');
}

/* SET and nothing behind it. */
static bool is_bare_set(const char *sql)
{
	struct wr_text line;
	bool is;

	wr_text_init(&line);
	wr_shell_one_line(sql, strlen(sql), &line);
	while (line.len > 0 && strchr("; ", line.data[line.len - 1]) != NULL)
		line.data[--line.len] = '\0';
	is = strcasecmp(wr_text_str(&line), "SET") == 0;
	wr_text_release(&line);
	return is;
}

enum wr_shell_gives wr_shell_gives(const char *sql)
{
	static const char *const queries[] = {"SELECT", "WITH", "VALUES",   "TABLE",
					      "(",      "SHOW", "DESCRIBE", "DESC"};
	/* As JSON, behind a comma, it is a text. */
	static const char lineage[] = "EXPLAIN COLUMN_LINEAGE ";
	enum wr_shell_gives gives = WR_SHELL_GIVES_NOTHING;
	struct wr_text words;

	wr_text_init(&words);
	wr_shell_words(sql, strlen(sql), 3, &words);
	for (uint32_t i = 0; i < WR_COUNT(queries); i++)
		if (begins(wr_text_str(&words), queries[i]))
			gives = WR_SHELL_GIVES_ROWS;
	if (strncmp(wr_text_str(&words), lineage, strlen(lineage)) == 0)
		gives = WR_SHELL_GIVES_ROWS;
	else if (begins(wr_text_str(&words), "EXPLAIN"))
		gives = WR_SHELL_GIVES_PLAN;
	else if (begins(wr_text_str(&words), "SHOW CREATE"))
		gives = WR_SHELL_GIVES_TEXT;
	else if (strcmp(wr_text_str(&words), "SET") == 0 && is_bare_set(sql))
		gives = WR_SHELL_GIVES_ROWS;
	wr_text_release(&words);
	return gives;
}

/* All that were pressed since the last look. false: the user wants no more. */
static bool look_at_keys(struct wr_shell_view *view)
{
	enum wr_shell_key key = WR_KEY_UP;

	for (uint32_t i = 0; i < KEYS_MAX && key != WR_KEY_NONE; i++) {
		key = wr_shell_key(0);
		switch (key) {
		case WR_KEY_QUIT: return false;
		case WR_KEY_UP: wr_shell_view_scroll(view, -1); break;
		case WR_KEY_DOWN: wr_shell_view_scroll(view, 1); break;
		case WR_KEY_PAGE_UP: wr_shell_view_scroll(view, -20); break;
		case WR_KEY_PAGE_DOWN: wr_shell_view_scroll(view, 20); break;
		case WR_KEY_NONE: break;
		}
	}
	return !wr_shell_interrupted();
}

bool wr_shell_show_turn(struct wr_shell_show *show, const char *trouble)
{
	int64_t now_us = wr_mono_us(wr_env_system());
	char note[512];

	if (now_us - show->looked_us < LOOK_US || show->between)
		return !wr_shell_interrupted();
	show->looked_us = now_us;
	if (trouble != NULL)
		snprintf(note, sizeof note, "%s", trouble);
	else
		snprintf(note, sizeof note, "%llu changes; q or Ctrl-C ends it",
			 (unsigned long long)show->view->rows);
	wr_shell_view_draw(show->view, note, false);
	return look_at_keys(show->view);
}

void wr_shell_show_row(struct wr_shell_show *show, enum weir_row_kind kind,
		       const char *const *cells)
{
	show->between = kind == WEIR_UPDATE_BEFORE;
	wr_shell_view_row(show->view, kind, cells);
}

void wr_shell_show_plan(struct wr_shell_view *view, const char *plan)
{
	struct wr_text tree;

	wr_text_init(&tree);
	if (view->format == WR_SHELL_ALIGNED)
		wr_shell_tree(plan, view->live, &tree);
	else
		wr_text_puts(&tree, plan);
	fputs(wr_text_str(&tree), view->file);
	wr_text_release(&tree);
}

char *wr_shell_show_refuse(const struct wr_shell_view *view, uint32_t columns, bool bounded)
{
	if (columns > WR_SHELL_COLUMNS_MAX)
		return wr_strdup("error: The shell shows 1,024 columns at most\n");
	if (view->watched && !bounded)
		return wr_strdup("error: \\watch repeats statements that end, and this one goes on "
				 "by itself\nhint: \\g runs it and shows its changes in place\n");
	return NULL;
}
