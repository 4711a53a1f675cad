/* SPDX-License-Identifier: Apache-2.0
 *
 * visible - see visible.h.
 */
#include "visible.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

static void add_row(struct wr_visible *visible, const char *folder, size_t folder_len,
		    const char *line, size_t len)
{
	struct wr_text row;

	if (visible->count == visible->capacity) {
		visible->capacity = WR_MAX(64, 2 * visible->capacity);
		visible->row = wr_realloc(visible->row, visible->capacity * sizeof *visible->row);
	}
	wr_text_init(&row);
	wr_text_add(&row, folder, folder_len);
	wr_text_puts(&row, ": ");
	wr_text_add(&row, line, len);
	visible->row[visible->count++] = row.data;
}

/* A file that says something by being there is a row, too. */
static void add_file(struct wr_visible *visible, const char *path, const struct wr_text *bytes)
{
	const char *name = strrchr(path, '/') + 1, *at = wr_text_str(bytes), *end = at + bytes->len;
	size_t folder_len = (size_t)(name - path) - 1;

	if (name[0] == '.') {
		if (bytes->len == 0)
			return;
		visible->hidden++;
		snprintf(visible->a_hidden, sizeof visible->a_hidden, "%s", path);
		return;
	}
	if (name[0] == '_')
		add_row(visible, path, folder_len, name, strlen(name));
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop != NULL ? stop : end;
		add_row(visible, path, folder_len, at, (size_t)(stop - at));
		at = stop + 1;
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void wr_visible_take(struct wr_visible *visible, const struct wr_sim *sim, const char *folder)
{
	const struct wr_disk *disk = wr_sim_disk(sim);
	size_t len = strlen(folder);

	*visible = (struct wr_visible){0};
	for (uint32_t i = 0; i < wr_disk_count(disk); i++) {
		struct wr_inode *inode;
		const char *path = wr_disk_path(disk, i, &inode);

		if (!inode->is_dir && strncmp(path, folder, len) == 0 && path[len] == '/')
			add_file(visible, path, &inode->now);
	}
	if (visible->count > 0)
		qsort(visible->row, visible->count, sizeof *visible->row, by_bytes);
}

void wr_visible_release(struct wr_visible *visible)
{
	for (uint32_t i = 0; i < visible->count; i++)
		wr_free(visible->row[i]);
	wr_free(visible->row);
	*visible = (struct wr_visible){0};
}

const char *wr_visible_beyond(const struct wr_visible *a, const struct wr_visible *b)
{
	uint32_t j = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		while (j < b->count && strcmp(b->row[j], a->row[i]) < 0)
			j++;
		if (j == b->count || strcmp(b->row[j], a->row[i]) != 0)
			return a->row[i];
		j++;
	}
	return NULL;
}
