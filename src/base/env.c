/* SPDX-License-Identifier: Apache-2.0
 *
 * env - whole-file conveniences over the table of functions; the real system is in env_system.c.
 */
#include "base/env.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/text.h"

#define READ_STEP (64u << 10) /* bytes asked for at a time when the size is not known */

/* Reads to the end of the file, or until there is more than `max`. */
static wr_status *read_all(struct wr_file *file, const char *path, size_t max, struct wr_text *text)
{
	for (;;) {
		size_t got;
		char *to = wr_text_reserve(text, READ_STEP);
		WR_TRY(wr_file_read(file, to, READ_STEP, &got));
		if (got == 0)
			return NULL;
		text->len += got;
		text->data[text->len] = '\0';
		if (text->len > max)
			return wr_status_new(WR_USER_ERROR, "'%s' is larger than %zu bytes", path,
					     max);
	}
}

wr_status *wr_env_read_file(struct wr_env *env, const char *path, size_t max, char **data,
			    size_t *len)
{
	struct wr_file *file = NULL;
	struct wr_text text;
	wr_status *status;

	*data = NULL;
	*len = 0;
	wr_text_init(&text);
	if (strcmp(path, "-") == 0)
		WR_TRY_OUT(status, wr_env_stdin(env, &file));
	else
		WR_TRY_OUT(status, wr_file_open(env, path, WR_OPEN_READ, &file));
	WR_TRY_OUT(status, read_all(file, path, max, &text));
	wr_text_reserve(&text, 0); /* an empty file is "" */
	*data = text.data;
	*len = text.len;
	wr_text_init(&text);
out:
	wr_status_free(wr_file_close(file));
	wr_text_release(&text);
	return status;
}

/* Why in this order: 1. the bytes go to a temporary, hidden name; 2. sync, so that they are on the
 * disk before the name is;
 * 3. rename, which replaces the old file in one step; 4. sync of the folder, so that the new name
 * survives a crash. A crash before 3 leaves the old file, one after 3 the new one. */
wr_status *wr_env_write_file(struct wr_env *env, const char *path, const void *data, size_t len)
{
	struct wr_file *file = NULL;
	bool temporary = false; /* `name` is on the disk */
	struct wr_text name;
	wr_status *status;

	wr_text_init(&name);
	const char *base = strrchr(path, '/');
	base = base != NULL ? base + 1 : path;
	wr_text_printf(&name, "%.*s.%s.tmp", (int)(base - path), path, base);
	WR_TRY_OUT(status, wr_file_open(env, wr_text_str(&name), WR_OPEN_CREATE, &file));
	temporary = true;
	WR_TRY_OUT(status, wr_file_write(file, data, len));
	WR_TRY_OUT(status, wr_file_sync(file));
	status = wr_file_close(file);
	file = NULL;
	if (status != NULL)
		goto out;
	WR_TRY_OUT(status, env->ops->rename(env, wr_text_str(&name), path));
	temporary = false;
	const char *slash = strrchr(path, '/');
	wr_text_clear(&name);
	if (slash == NULL)
		wr_text_putc(&name, '.');
	else
		wr_text_add(&name, path, slash == path ? 1 : (size_t)(slash - path));
	WR_TRY_OUT(status, env->ops->sync_dir(env, wr_text_str(&name)));
out:
	wr_status_free(wr_file_close(file));
	if (temporary)
		wr_status_free(env->ops->remove(env, wr_text_str(&name)));
	wr_text_release(&name);
	return status;
}

wr_status *wr_env_stdin(struct wr_env *env, struct wr_file **file)
{
	return wr_file_open(env, WR_ENV_STDIN, WR_OPEN_READ, file);
}

wr_status *wr_env_stdout(struct wr_env *env, struct wr_file **file)
{
	return wr_file_open(env, WR_ENV_STDOUT, WR_OPEN_APPEND, file);
}
