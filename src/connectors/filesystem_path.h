/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_path - what the text of a path says: a local path or something foreign, a pattern, a
 * compression, a partition.
 *
 * Partition folders are Hive's, as Flink writes them: `key=value`, where bytes that a file system
 * or a reader could trip over are written as %XX.
 *
 * Pure functions of text (but for wr_fs_absolute, which asks for the working folder).
 */
#ifndef WR_CONNECTORS_FILESYSTEM_PATH_H
#define WR_CONNECTORS_FILESYSTEM_PATH_H

#include <stdbool.h>

#include "base/env.h"
#include "base/text.h"

enum wr_fs_codec {
	WR_FS_PLAIN,
	WR_FS_GZIP, /* .gz, .gzip */
	WR_FS_ZSTD, /* .zst, .zstd */
};

/* The value of 'path' without file: or file://; another scheme is an error. `*local` points into
 * `given`. */
wr_status *wr_fs_local(const char *given, const char **local);
/* Appends the path with the working folder in front when it is relative; for messages and
 * file.path. */
void wr_fs_absolute(struct wr_text *out, const char *path);
/* What stands behind the last '/'. */
const char *wr_fs_name(const char *path);
/* Appends what stands before it: "." when nothing does. */
void wr_fs_folder(struct wr_text *out, const char *path);
/* Appends folder/name. */
void wr_fs_join(struct wr_text *out, const char *folder, const char *name);
/* Whether the process may read the file. */
bool wr_fs_is_readable(struct wr_env *env, const char *path);
/* Whether it has wildcards: * ? [ */
bool wr_fs_is_pattern(const char *path);
/* By the ending of the name. Compressions that there is no reader for are an error. */
wr_status *wr_fs_codec_of(const char *path, enum wr_fs_codec *codec);
/* By the first bytes. */
enum wr_fs_codec wr_fs_codec_sniff(const char *bytes, size_t len);
/* Files and folders that are never data: .name and _name. */
bool wr_fs_is_hidden(const char *name);

/* Appends a partition key or value as it is written in a folder's name, or back. */
void wr_fs_escape(struct wr_text *out, const char *text, size_t len);
void wr_fs_unescape(struct wr_text *out, const char *text, size_t len);
/* Finds the folder `key=...` in a path and appends its value; false: there is none. */
bool wr_fs_partition_value(const char *path, const char *key, struct wr_text *value);

#endif
