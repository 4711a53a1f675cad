/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_files - which files a 'path' stands for, in the order in which they are read.
 *
 * A file stands for itself; a folder for the files in it and in its folders, without those whose
 * name begins with '.' or '_'; a pattern for what it matches ("**" matches any depth of folders),
 * folders among it as above. Order: by name, folder by folder, numbers in names by their value
 * (part-2 before part-10); when a folder is watched, files that
 * were not there before come in order of modification time, then name.
 *
 * Every file is listed once. Thread: one owner; a listed file stays where it is until release.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_FILES_H
#define WR_CONNECTORS_FILESYSTEM_FILES_H

#include "base/env.h"
#include "base/map.h"
#include "data/column.h"

#define WR_FS_DEPTH_MAX 64       /* nested folders: links may form a ring */
#define WR_FS_FILES_MAX 10000000 /* files of one table: each takes some 200 bytes */

struct wr_regex;

struct wr_fs_file {
	char *path;                  /* as opened; "-": standard input; owned */
	const char *relative;        /* behind the table's folder, for partitions; in `path` */
	struct wr_file_info info;    /* when it was listed */
	char *header;                /* of formats whose files have one; NULL: not read; owned */
	size_t header_len;           /* bytes of it */
	uint32_t constant_count;     /* slots at constant */
	struct wr_column **constant; /* per wanted column: its value in every row, or NULL; owned */
};

struct wr_fs_files {
	struct wr_env *env;
	const char *path;         /* local; the caller's */
	struct wr_regex *regex;   /* absolute paths must match it; NULL: all do; owned */
	bool watch;               /* order what is new by modification time */
	uint32_t count;           /* listed so far */
	uint32_t capacity;        /* slots at file */
	struct wr_fs_file **file; /* in order; owned */
	struct wr_map seen;       /* path -> file */
};

/* `pattern`: of 'source.path.regex-pattern', or NULL. */
wr_status *wr_fs_files_init(struct wr_fs_files *files, struct wr_env *env, const char *path,
			    const char *pattern, bool watch);
void wr_fs_files_release(struct wr_fs_files *files);
/* Lists what is there now and was not listed before. A path or pattern without any file is an
 * error, an empty folder is none. */
wr_status *wr_fs_files_scan(struct wr_fs_files *files);
/* Lists a file that is gone, so that it is not listed if it comes back. */
wr_status *wr_fs_files_add_gone(struct wr_fs_files *files, const char *path, size_t len);
/* A checksum of the last bytes of the first `len` of a file, which it must have: whether it still
 * is the one that it was. `path`: for messages. */
wr_status *wr_fs_tail(struct wr_file *file, const char *path, uint64_t len, uint64_t *sum);

#endif
