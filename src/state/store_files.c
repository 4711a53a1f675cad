/* SPDX-License-Identifier: Apache-2.0
 *
 * store_files - see store_files.h.
 */
#include "state/store_files.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

static const char *const suffix[] = {
    [WR_FILE_MANIFEST] = ".manifest",
    [WR_FILE_SEGMENT] = ".segment",
    [WR_FILE_SINKS] = ".sinks",
    [WR_FILE_TEMPORARY] = ".manifest.tmp",
};

#define DIGITS_MAX 18 /* of a number in a name: far below 2^64 */

/* Takes a name apart; false: it is not one of ours. */
static bool read_name(const char *name, struct wr_store_file *file)
{
	uint32_t digits = 0;

	if (strncmp(name, "chk-", 4) != 0)
		return false;
	name += 4;
	file->number = 0;
	for (; *name >= '0' && *name <= '9' && digits <= DIGITS_MAX; name++, digits++)
		file->number = file->number * 10 + (uint64_t)(*name - '0');
	if (digits == 0 || digits > DIGITS_MAX)
		return false;
	for (uint32_t i = 0; i < WR_COUNT(suffix); i++) {
		if (strcmp(name, suffix[i]) == 0) {
			file->kind = (enum wr_store_file_kind)i;
			return true;
		}
	}
	return false;
}

/* Notes a name, if it is one of ours. */
static wr_status *take_name(void *ctx, const char *name)
{
	struct wr_store_files *files = ctx;
	struct wr_store_file file;

	if (!read_name(name, &file))
		return NULL;
	if (files->count == files->capacity) {
		files->capacity = WR_MAX(16u, 2 * files->capacity);
		files->file = wr_realloc(files->file, files->capacity * sizeof *files->file);
	}
	files->file[files->count++] = file;
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	const struct wr_store_file *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

wr_status *wr_store_list(struct wr_env *env, const char *dir, struct wr_store_files *out)
{
	WR_TRY(env->ops->list(env, dir, take_name, out));
	if (out->count > 0)
		qsort(out->file, out->count, sizeof *out->file, by_number);
	return NULL;
}

void wr_store_files_release(struct wr_store_files *files)
{
	wr_free(files->file);
	*files = (struct wr_store_files){0};
}

const char *wr_store_path(struct wr_text *text, const char *dir, uint64_t number,
			  enum wr_store_file_kind kind)
{
	wr_text_clear(text);
	wr_text_printf(text, "%s/chk-%llu%s", dir, (unsigned long long)number, suffix[kind]);
	return text->data;
}

/* --- the folder ---------------------------------------------------------------------------------
 */

struct removing {
	struct wr_env *env;
	const char *path;
};

static wr_status *remove_one(void *ctx, const char *name)
{
	const struct removing *removing = ctx;
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	wr_text_printf(&path, "%s/%s", removing->path, name);
	status = removing->env->ops->remove(removing->env, path.data);
	wr_text_release(&path);
	return status;
}

void wr_store_remove(struct wr_env *env, const char *path)
{
	struct removing removing = {env, path};

	wr_status_free(env->ops->list(env, path, remove_one, &removing));
	wr_status_free(env->ops->remove(env, path));
}

void wr_store_remove_unused(struct wr_env *env, const char *dir)
{
	struct wr_store_files files = {0};
	wr_status *status = wr_store_list(env, dir, &files);

	if (status == NULL && files.count == 0)
		wr_store_remove(env, dir);
	wr_status_free(status);
	wr_store_files_release(&files);
}
