/* SPDX-License-Identifier: Apache-2.0
 *
 * script_place - see script_place.h.
 */
#include "engine/script_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME      "script-place"
#define HEAD      "weir-script-place 1\n"
#define BYTES_MAX 8192 /* of the file */

static void file_path(const char *folder, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s/" NAME, folder);
}

wr_status *wr_script_place_write(struct wr_env *env, const char *folder,
				 const struct wr_script_place *place)
{
	struct wr_text path, text;
	wr_status *status;

	file_path(folder, &path);
	wr_text_init(&text);
	wr_text_printf(&text, HEAD "%u %u\n%s\n", place->at, place->count, place->path);
	status = env->ops->make_dirs(env, folder);
	if (status == NULL)
		status = wr_env_write_file(env, path.data, text.data, text.len);
	wr_text_release(&text);
	wr_text_release(&path);
	return status;
}

/* The numbers and the path; false: the file is damaged. */
static bool read_text(const char *folder, char *text, struct wr_script_place *place)
{
	unsigned at, count;
	struct wr_text path;
	int read = 0;
	char *end;

	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return false;
	text += strlen(HEAD);
	if (sscanf(text, "%u %u\n%n", &at, &count, &read) != 2 || at < 1 || at > count || read == 0)
		return false;
	text += read;
	end = strchr(text, '\n');
	if (end == NULL || end == text)
		return false;
	*end = '\0';
	wr_text_init(&path);
	if (*text != '/')
		wr_text_printf(&path, "%s/", folder);
	wr_text_puts(&path, text);
	*place = (struct wr_script_place){at, count, path.data};
	return true;
}

wr_status *wr_script_place_read(struct wr_env *env, const char *folder,
				struct wr_script_place *place)
{
	struct wr_file_info info;
	struct wr_text path;
	wr_status *status;
	char *text = NULL;
	size_t len;

	*place = (struct wr_script_place){0};
	file_path(folder, &path);
	WR_TRY_OUT(status, env->ops->stat(env, path.data, &info));
	if (!info.is_regular)
		goto out;
	WR_TRY_OUT(status, wr_env_read_file(env, path.data, BYTES_MAX, &text, &len));
	if (!read_text(folder, text, place))
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is damaged", path.data),
		    "Name the savepoint of another moment, or the folder of one job below it");
out:
	wr_free(text);
	wr_text_release(&path);
	return status;
}

void wr_script_place_remove(struct wr_env *env, const char *folder)
{
	struct wr_text path;

	file_path(folder, &path);
	wr_status_free(env->ops->remove(env, path.data));
	wr_status_free(env->ops->remove(env, folder)); /* stays if it is not empty */
	wr_text_release(&path);
}
