/* SPDX-License-Identifier: Apache-2.0
 *
 * poster_file - messages as lines of a file, for receivers that read it later.
 *
 * Each message is written at once, with its line end: several processes may share a file.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/poster_inner.h"
#include "base/text.h"

struct file_way {
	struct wr_env *env;
	struct wr_file *file; /* NULL: to be opened */
	struct wr_text line;
	char path[]; /* NUL-terminated */
};

/* "file:PATH" and "file://PATH" mean the same. The file is opened with the first message. */
static wr_status *file_open(struct wr_env *env, const struct wr_poster_options *options, void **out)
{
	const char *path = options->url + strlen("file:");

	if (strncmp(path, "//", 2) == 0)
		path += 2;
	*out = NULL;
	if (*path == '\0')
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: '%s' names no file", options->what,
				  options->url),
		    "Write file:/var/log/events.jsonl, or file:events.jsonl for one in the "
		    "current folder");
	struct file_way *way = wr_calloc(1, sizeof *way + strlen(path) + 1);
	way->env = env;
	wr_text_init(&way->line);
	memcpy(way->path, path, strlen(path) + 1);
	*out = way;
	return NULL;
}

/* A file that could not be written is opened anew for the next attempt. */
static void file_post(void *own, const struct wr_post *post, const bool *stop,
		      struct wr_post_attempt *out)
{
	struct file_way *way = own;
	wr_status *status = NULL;

	if (way->file == NULL)
		status = wr_file_open(way->env, way->path, WR_OPEN_APPEND, &way->file);
	if (status == NULL) {
		wr_text_clear(&way->line);
		wr_text_add(&way->line, post->body, post->len);
		wr_text_putc(&way->line, '\n');
		status = wr_file_write(way->file, way->line.data, way->line.len);
	}
	if (status == NULL)
		return;
	out->end = WR_POST_AGAIN;
	snprintf(out->reason, sizeof out->reason, "%s", status->text);
	wr_status_free(status);
	if (way->file != NULL)
		wr_status_free(wr_file_close(way->file));
	way->file = NULL;
}

/* What could not be written has been counted. */
static void file_close(void *own)
{
	struct file_way *way = own;

	if (way == NULL)
		return;
	if (way->file != NULL)
		wr_status_free(wr_file_close(way->file));
	wr_text_release(&way->line);
	wr_free(way);
}

const struct wr_post_way wr_post_file = {file_open, file_post, file_close};
