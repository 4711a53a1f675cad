/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_sink - a table written to the file system: the sink's own parts.
 *
 *     WR_FS_STREAM   standard output, a device, a pipe: bytes go out as they come
 *     WR_FS_FILE     one file, there as a whole at commit
 *     WR_FS_FOLDER   part files in a folder or in its partitions' folders, there at commit
 */
#ifndef WR_CONNECTORS_FILESYSTEM_SINK_H
#define WR_CONNECTORS_FILESYSTEM_SINK_H

#include "base/map.h"
#include "connectors/filesystem.h"
#include "connectors/filesystem_out.h"
#include "connectors/filesystem_upsert.h"
#include "data/codec.h"

enum wr_fs_mode { WR_FS_STREAM, WR_FS_FILE, WR_FS_FOLDER };

/* A partition's folder, or the table's own. */
struct wr_fs_part {
	char *folder;          /* with the table's path; owned */
	bool made;             /* the folder was not there before */
	struct wr_fs_out *out; /* the file being written; NULL: none; in the sink's list */
	uint64_t used;         /* number of the write that used it last */
};

struct wr_sink {
	struct wr_fs_setup setup;
	const struct wr_connector_args *args; /* the plan's */
	struct wr_fs_columns columns;
	enum wr_fs_mode mode;
	const char *path;         /* local; in the plan's arena */
	enum wr_fs_codec codec;   /* of a single file */
	bool upserts;             /* only the last row of every key is kept */
	bool has_folder;          /* FOLDER: the table's folder was there before */
	struct wr_codec key;      /* upserts: of the primary key */
	struct wr_fs_upsert live; /* upserts: where the rows that count are */
	uint64_t keys_max;        /* sink.upsert.max-keys */
	uint64_t roll_bytes;      /* FOLDER: a part file ends when it is larger */
	char prefix[48];          /* of part files: part-UUID-0- */
	uint64_t part_number;     /* of the next part file */
	uint64_t writes;          /* calls of write */
	uint32_t open_count;      /* parts with an open file */
	struct wr_map parts;      /* partition path ("" without partitions) -> struct wr_fs_part */
	uint32_t out_count;       /* files of this job */
	uint32_t out_capacity;    /* slots at out */
	struct wr_fs_out **out;   /* open, finished and committed ones; owned */
};

/* A record of a table with a key. */
struct wr_fs_record {
	struct wr_fs_key key;
	uint32_t len; /* bytes; 0: the key's row is gone */
};

/* Bytes of a chunk that go to one partition. */
struct wr_fs_slice {
	char *partition; /* "a=1/b=x"; owned */
	size_t len;      /* bytes */
};

/* What encode tells write, besides the bytes: chunk->own. */
struct wr_fs_index {
	uint32_t record_count;
	struct wr_fs_record *record; /* upserts; owned */
	uint32_t slice_count;
	struct wr_fs_slice *slice; /* partitions, in the order of their bytes; owned */
};

/* Which mode a path means. */
wr_status *wr_fs_mode_of(struct wr_env *env, const char *path, enum wr_fs_mode *mode);
/* The part files of a folder (filesystem_parts.c). */
wr_status *wr_fs_parts_open(struct wr_sink *sink);
wr_status *wr_fs_parts_write(struct wr_sink *sink, const char *partition, const char *bytes,
			     size_t len);
/* What is in the folders besides the files is gone (INSERT OVERWRITE); success files are there. */
wr_status *wr_fs_parts_commit(struct wr_sink *sink);
/* Removes folders that this job made and left empty; frees. */
void wr_fs_parts_release(struct wr_sink *sink, bool commit);
/* A new file in the sink's list. */
struct wr_fs_out *wr_fs_sink_out(struct wr_sink *sink);

wr_status *wr_fs_sink_check(const struct wr_connector_args *args);
bool wr_fs_sink_keeps_keys(const struct wr_connector_args *args);
wr_status *wr_fs_sink_open(const struct wr_connector_args *args, const struct wr_fs_setup *setup,
			   struct wr_sink **out);
wr_status *wr_fs_sink_write(struct wr_sink *sink, struct wr_chunk *chunk);
wr_status *wr_fs_sink_flush(struct wr_sink *sink);
wr_status *wr_fs_sink_close(struct wr_sink *sink, bool commit);
/* filesystem_encode.c */
wr_status *wr_fs_writer_new(struct wr_sink *sink, struct wr_writer **out);
wr_status *wr_fs_writer_encode(struct wr_writer *writer, const struct wr_batch *batch,
			       struct wr_chunk *chunk);
void wr_fs_writer_free(struct wr_writer *writer);
void wr_fs_chunk_free(struct wr_chunk *chunk);

#endif
