/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_files - see filesystem_files.h.
 */
#include "connectors/filesystem_files.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_path.h"
#include "expr/java_regex.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define TAIL_BYTES 4096

wr_status *wr_fs_files_init(struct wr_fs_files *files, struct wr_env *env, const char *path,
			    const char *pattern, bool watch)
{
	struct wr_regex_error error;

	*files = (struct wr_fs_files){.env = env, .path = path, .watch = watch};
	wr_map_init(&files->seen);
	if (pattern == NULL)
		return NULL;
	files->regex = wr_regex_compile(wr_str_of(pattern), &error);
	if (files->regex == NULL)
		return wr_status_new(WR_USER_ERROR, "'source.path.regex-pattern' = '%s': %s",
				     pattern, error.text);
	return NULL;
}

void wr_fs_files_release(struct wr_fs_files *files)
{
	for (uint32_t i = 0; i < files->count; i++) {
		struct wr_fs_file *file = files->file[i];

		for (uint32_t c = 0; c < file->constant_count; c++)
			wr_column_unref(file->constant[c]);
		wr_free(file->constant);
		wr_free(file->header);
		wr_free(file->path);
		wr_free(file);
	}
	wr_free(files->file);
	wr_regex_free(files->regex);
	wr_map_release(&files->seen);
	*files = (struct wr_fs_files){0};
}

/* Whether the whole absolute path matches the pattern of the table. */
static bool files_match(struct wr_fs_files *files, const char *path)
{
	struct wr_text absolute;
	size_t start = 0, end = 0;
	bool match;

	if (files->regex == NULL)
		return true;
	wr_text_init(&absolute);
	wr_fs_absolute(&absolute, path);
	match = wr_regex_find(files->regex, (struct wr_str){absolute.data, absolute.len}, 0) == 1 &&
		wr_regex_group(files->regex, 0, &start, &end) && start == 0 && end == absolute.len;
	wr_text_release(&absolute);
	return match;
}

/* Appends a file; `root_len` bytes of its path are the table's folder. */
static wr_status *files_add(struct wr_fs_files *files, const char *path, size_t root_len,
			    const struct wr_file_info *info)
{
	struct wr_fs_file *file;

	if (wr_map_get(&files->seen, path) != NULL || !files_match(files, path))
		return NULL;
	if (files->count == WR_FS_FILES_MAX)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s' has more than %d files",
						    files->path, WR_FS_FILES_MAX),
				      "Narrow it down with 'source.path.regex-pattern'");
	if (files->count == files->capacity) {
		files->capacity = files->capacity == 0 ? 16 : files->capacity * 2;
		files->file =
		    wr_realloc(files->file, files->capacity * sizeof(struct wr_fs_file *));
	}
	file = wr_calloc(1, sizeof *file);
	file->path = wr_strdup(path);
	file->relative = file->path + root_len;
	file->info = *info;
	files->file[files->count++] = file;
	wr_map_put(&files->seen, path, file);
	return NULL;
}

/* --- names in order ---------------------------------------------------------------------------
 */

struct names {
	char **name; /* owned */
	size_t count, capacity;
};

static wr_status *names_add(void *ctx, const char *name)
{
	struct names *names = ctx;

	if (names->count == names->capacity) {
		names->capacity = names->capacity == 0 ? 64 : names->capacity * 2;
		names->name = wr_realloc(names->name, names->capacity * sizeof(char *));
	}
	names->name[names->count++] = wr_strdup(name);
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* Calls `each` with the names in a folder: part-2 comes before part-10. */
static wr_status *list_in_order(struct wr_env *env, const char *folder,
				wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	struct names names = {0};
	wr_status *status = env->ops->list(env, folder, names_add, &names);

	if (names.count != 0)
		qsort(names.name, names.count, sizeof(char *), by_name);
	for (size_t i = 0; i < names.count; i++) {
		if (status == NULL)
			status = each(ctx, names.name[i]);
		wr_free(names.name[i]);
	}
	wr_free(names.name);
	return status;
}

/* --- folders ------------------------------------------------------------------------------------
 */

struct walk {
	struct wr_fs_files *files;
	const char *folder;
	size_t root_len; /* bytes of the table's folder in paths */
	int depth;       /* folders below it */
};

static wr_status *walk_folder(const struct walk *walk);

/* One name in a folder. What vanishes meanwhile was deleted by somebody: it is not there. */
static wr_status *walk_name(void *ctx, const char *name)
{
	const struct walk *walk = ctx;
	struct wr_fs_files *files = walk->files;
	struct wr_file_info info;
	struct wr_text path;
	wr_status *status = NULL;

	if (wr_fs_is_hidden(name))
		return NULL;
	wr_text_init(&path);
	wr_fs_join(&path, walk->folder, name);
	if (wr_map_get(&files->seen, path.data) == NULL) {
		status = files->env->ops->stat(files->env, path.data, &info);
		if (status == NULL && info.is_dir) {
			struct walk below = {files, path.data, walk->root_len, walk->depth + 1};

			status = walk_folder(&below);
		} else if (status == NULL && info.exists) {
			status = files_add(files, path.data, walk->root_len, &info);
		}
	}
	wr_text_release(&path);
	return status;
}

static wr_status *walk_folder(const struct walk *walk)
{
	struct wr_env *env = walk->files->env;

	if (walk->depth > WR_FS_DEPTH_MAX)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' lies more than %d folders deep",
						    walk->folder, WR_FS_DEPTH_MAX),
				      "Look for a link that leads back to a folder above it");
	return list_in_order(env, walk->folder, walk_name, (void *)walk);
}

/* A file or everything in a folder. */
static wr_status *files_take(struct wr_fs_files *files, const char *path, size_t root_len,
			     const struct wr_file_info *info)
{
	struct walk walk = {files, path, root_len, 0};

	return info->is_dir ? walk_folder(&walk) : files_add(files, path, root_len, info);
}

/* --- patterns -----------------------------------------------------------------------------------
 */

struct glob {
	struct wr_fs_files *files;
	const char *folder; /* matched so far; "": the working folder */
	const char *part;   /* the pattern's next component */
	size_t part_len;    /* bytes of it */
	const char *rest;   /* components behind it, or NULL */
	size_t root_len;    /* bytes of the path before the first wildcard */
	int depth;          /* folders entered */
};

static wr_status *glob_expand(struct wr_fs_files *files, const char *folder, const char *pattern,
			      size_t root_len, int depth);

static bool glob_is_deep(const struct glob *glob)
{
	return glob->part_len == 2 && memcmp(glob->part, "**", 2) == 0;
}

/* A name in a folder where the pattern's component has wildcards. */
static wr_status *glob_name(void *ctx, const char *name)
{
	const struct glob *glob = ctx;
	struct wr_env *env = glob->files->env;
	struct wr_file_info info;
	struct wr_text path, part;
	bool deep = glob_is_deep(glob);
	wr_status *status = NULL;

	wr_text_init(&path);
	wr_text_init(&part);
	wr_text_add(&part, glob->part, glob->part_len);
	wr_fs_join(&path, glob->folder, name);
	if (deep ? wr_fs_is_hidden(name) : fnmatch(part.data, name, FNM_PERIOD) != 0)
		goto out;
	WR_TRY_OUT(status, env->ops->stat(env, path.data, &info));
	if (deep && info.is_dir)
		status = glob_expand(glob->files, path.data, glob->part, glob->root_len,
				     glob->depth + 1);
	else if (!deep && glob->rest != NULL && info.is_dir)
		status = glob_expand(glob->files, path.data, glob->rest, glob->root_len,
				     glob->depth + 1);
	else if (info.exists && glob->rest == NULL && !(info.is_dir && wr_fs_is_hidden(name)))
		status = files_take(glob->files, path.data, glob->root_len, &info);
out:
	wr_text_release(&part);
	wr_text_release(&path);
	return status;
}

/* Takes what `pattern` matches below `folder`, component by component. */
static wr_status *glob_expand(struct wr_fs_files *files, const char *folder, const char *pattern,
			      size_t root_len, int depth)
{
	const char *slash = strchr(pattern, '/');
	struct glob glob = {.files = files,
			    .folder = folder,
			    .part = pattern,
			    .part_len = slash != NULL ? (size_t)(slash - pattern) : strlen(pattern),
			    .rest = slash != NULL && slash[1] != '\0' ? slash + 1 : NULL,
			    .root_len = root_len,
			    .depth = depth};
	struct wr_env *env = files->env;
	struct wr_file_info info;
	struct wr_text path;
	wr_status *status = NULL;

	if (depth > WR_FS_DEPTH_MAX)
		return NULL;
	wr_text_init(&path);
	if (memchr(glob.part, '*', glob.part_len) != NULL ||
	    memchr(glob.part, '?', glob.part_len) != NULL ||
	    memchr(glob.part, '[', glob.part_len) != NULL) {
		wr_text_puts(&path, folder[0] != '\0' ? folder : ".");
		WR_TRY_OUT(status, env->ops->stat(env, path.data, &info));
		if (info.is_dir && glob_is_deep(&glob) && glob.rest != NULL)
			WR_TRY_OUT(status, glob_expand(files, folder, glob.rest, root_len, depth));
		if (info.is_dir)
			status = list_in_order(env, path.data, glob_name, &glob);
		goto out;
	}
	wr_text_puts(&path, folder);
	if (path.len != 0 && path.data[path.len - 1] != '/')
		wr_text_putc(&path, '/');
	wr_text_add(&path, glob.part, glob.part_len);
	if (glob.rest != NULL) {
		if (path.len == 0)
			wr_text_putc(&path, '/');
		status = glob_expand(files, path.data, glob.rest, root_len, depth);
		goto out;
	}
	WR_TRY_OUT(status, env->ops->stat(env, path.data, &info));
	if (info.exists)
		status = files_take(files, path.data, root_len, &info);
out:
	wr_text_release(&path);
	return status;
}

/* --- all together -------------------------------------------------------------------------------
 */

static int by_time(const void *a, const void *b)
{
	const struct wr_fs_file *x = *(struct wr_fs_file *const *)a;
	const struct wr_fs_file *y = *(struct wr_fs_file *const *)b;

	if (x->info.mtime_us != y->info.mtime_us)
		return x->info.mtime_us < y->info.mtime_us ? -1 : 1;
	return strverscmp(x->path, y->path);
}

static wr_status *files_missing(const struct wr_fs_files *files, bool pattern)
{
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	wr_fs_absolute(&path, files->path);
	status = pattern
		     ? wr_status_new(WR_USER_ERROR, "No file matches '%s'", path.data)
		     : wr_status_new(WR_USER_ERROR, "There is no file or folder '%s'", path.data);
	wr_text_release(&path);
	return wr_status_hint(status, pattern
					  ? "Check the pattern; names beginning with . or _ are "
					    "skipped"
					  : "Check 'path'; a relative path starts at the working "
					    "folder");
}

wr_status *wr_fs_files_scan(struct wr_fs_files *files)
{
	struct wr_file_info info = {.exists = true};
	uint32_t before = files->count;
	bool is_stdin = strcmp(files->path, "-") == 0;

	if (!is_stdin)
		WR_TRY(files->env->ops->stat(files->env, files->path, &info));
	if (info.exists) {
		size_t root = info.is_dir ? strlen(files->path) : 0;

		WR_TRY(files_take(files, files->path, root, &info));
	} else if (wr_fs_is_pattern(files->path)) {
		size_t fixed = strcspn(files->path, "*?[");
		const char *pattern = files->path;

		while (fixed > 0 && pattern[fixed - 1] != '/')
			fixed--;
		WR_TRY(glob_expand(files, "", pattern, fixed, 0));
		if (files->count == 0 && !files->watch)
			return files_missing(files, true);
	} else if (before == 0) {
		return files_missing(files, false);
	}
	if (files->watch && files->count > before)
		qsort(files->file + before, files->count - before, sizeof *files->file, by_time);
	return NULL;
}

wr_status *wr_fs_files_add_gone(struct wr_fs_files *files, const char *path, size_t len)
{
	struct wr_file_info gone = {0};
	struct wr_text name;
	wr_status *status;

	wr_text_init(&name);
	wr_text_add(&name, path, len);
	status = files_add(files, wr_text_str(&name), 0, &gone);
	wr_text_release(&name);
	return status;
}

wr_status *wr_fs_tail(struct wr_file *file, const char *path, uint64_t len, uint64_t *sum)
{
	size_t want = (size_t)WR_MIN(len, (uint64_t)TAIL_BYTES);
	char bytes[TAIL_BYTES];

	for (size_t done = 0, got; done < want; done += got) {
		WR_TRY(wr_file_read_at(file, bytes + done, want - done,
				       (int64_t)(len - want + done), &got));
		if (got == 0)
			return wr_status_new(WR_USER_ERROR,
					     "'%s' is shorter than the %llu bytes that it had",
					     path, (unsigned long long)len);
	}
	*sum = XXH3_64bits(bytes, want);
	return NULL;
}
