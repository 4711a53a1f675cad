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
#include "connectors/filesystem_note.h"
#include "connectors/filesystem_out.h"
#include "connectors/filesystem_upsert.h"
#include "data/codec.h"

enum wr_fs_mode { WR_FS_STREAM, WR_FS_FILE, WR_FS_FOLDER };

/* A partition's folder, or the table's own. */
struct wr_fs_part {
	char *folder;          /* with the table's path; owned */
	bool made;             /* the folder was not there before */
	bool dirty;            /* it got rows that no prepare has settled to show */
	struct wr_fs_out *out; /* the file being written; NULL: none; in the sink's list */
	uint64_t used;         /* number of the write that used it last */
	int64_t waiting_us;    /* wall clock of its first row without success file; 0: none */
	uint64_t replaced;     /* the prepare whose commit clears it of other jobs; 0: none yet */
	uint64_t success;      /* the prepare whose commit makes its success file; 0: none */
};

/* A hidden file that a checkpoint names and later ones do not need. */
struct wr_fs_gone {
	char *path;      /* owned */
	uint64_t number; /* the prepare whose commit removes it; 0: none yet */
};

struct wr_sink {
	struct wr_fs_setup setup;
	const struct wr_connector_args *args; /* the plan's */
	struct wr_fs_columns columns;
	enum wr_fs_mode mode;
	struct wr_text header;     /* what every file begins with; mostly nothing */
	const char *path;          /* local; in the plan's arena */
	size_t root_len;           /* bytes of `path` that names in notes leave out */
	enum wr_fs_codec codec;    /* of a single file */
	bool upserts;              /* only the last row of every key is kept */
	bool has_folder;           /* the folder of table or file was there before */
	bool above_synced;         /* the folders above it are on the disk */
	struct wr_file_info stood; /* FILE: what stood there at open: nothing newer is replaced */
	struct wr_codec key;       /* upserts: of the primary key */
	struct wr_fs_upsert live;  /* upserts: where the rows that count are */
	struct wr_fs_keys *keys;   /* upserts: the file of keys; NULL: none yet; owned */
	uint64_t keys_max;         /* sink.upsert.max-keys */
	uint64_t roll_bytes;       /* FOLDER: a part file ends when it is larger */
	int64_t roll_us;           /* FOLDER: parts are shown when they are as old; 0: always */
	int64_t since_us;          /* wall clock of the first row that is not shown; 0: none */
	struct wr_fs_complete *complete; /* when partitions are; NULL: nobody asks; owned */
	uint64_t id;                     /* in the names of hidden files */
	char prefix[48];                 /* of part files: part-UUID-; "": no folder */
	uint64_t part_number;            /* of the next part file */
	uint64_t generation;             /* of the next hidden file */
	uint64_t number;                 /* of the last prepare; 0: none */
	_Atomic uint64_t committed;      /* number of the last commit; any thread */
	_Atomic uint64_t shown;          /* of the last one that showed files; any thread */
	uint64_t replaced;               /* the prepare whose commit clears the folder; 0: none */
	bool ended;                      /* the end was prepared, in this run or before */
	bool restored;                   /* goes on from a checkpoint */
	uint64_t writes;                 /* calls of write */
	uint32_t open_count;             /* parts with an open file */
	struct wr_map parts;             /* partition path ("" without partitions) -> wr_fs_part */
	uint32_t out_count;              /* files of this job */
	uint32_t out_capacity;           /* slots at out */
	struct wr_fs_out **out;          /* open ones, and those whose commit is not done; the one
					    file is [0]; owned */
	wr_status *failure;              /* of the first write or prepare that failed; owned */
	uint32_t gone_count;             /* files that only older checkpoints name */
	struct wr_fs_gone *gone;         /* owned */
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
/* A sink that has failed once stays so: what it had in its buffers is lost, and a checkpoint that
 * is given up must not be followed by one that lacks it. Keeps the first error, returns what it
 * gets. */
wr_status *wr_fs_sink_failed(struct wr_sink *sink, wr_status *status);
/* NULL, or that error once more. */
wr_status *wr_fs_sink_check_failed(const struct wr_sink *sink);
/* A new file in the sink's list. */
struct wr_fs_out *wr_fs_sink_out(struct wr_sink *sink);
/* To be called when one of them has been opened or resumed: tells it the header. */
void wr_fs_sink_headed(const struct wr_sink *sink, struct wr_fs_out *out);
/* Makes the one file, if there is to be one, at its first use: a restore may come before. */
wr_status *wr_fs_sink_begin(struct wr_sink *sink);
/* Appends the next hidden name for a path. */
void wr_fs_sink_hidden(struct wr_sink *sink, struct wr_text *hidden, const char *path);
/* The part files of a folder (filesystem_parts.c). */
wr_status *wr_fs_parts_open(struct wr_sink *sink);
wr_status *wr_fs_parts_find(struct wr_sink *sink, const char *partition, struct wr_fs_part **out);
wr_status *wr_fs_parts_write(struct wr_sink *sink, const char *partition, const char *bytes,
			     size_t len);
wr_status *wr_fs_parts_end(struct wr_sink *sink); /* all open ones are finished */
/* Removes folders that this job made and left empty; frees. */
void wr_fs_parts_release(struct wr_sink *sink, bool commit);
/* Rows that are taken back by their key (filesystem_keyed.c). */
wr_status *wr_fs_keyed_write(struct wr_sink *sink, const struct wr_chunk *chunk);
wr_status *wr_fs_keyed_end(struct wr_sink *sink); /* only what counts is in the file, packed */
/* The same, in a file of its own that is finished: the sink's last. */
wr_status *wr_fs_keyed_show(struct wr_sink *sink);
/* The file of keys is on the disk, and noted. */
wr_status *wr_fs_keyed_prepare(struct wr_sink *sink, struct wr_text *out);
void wr_fs_keyed_mark(struct wr_sink *sink); /* a checkpoint names that file */
wr_status *wr_fs_keyed_restore(struct wr_sink *sink, const struct wr_fs_noted *noted);
void wr_fs_keyed_release(struct wr_sink *sink);
/* When a partition is complete (filesystem_complete.c). */
wr_status *wr_fs_complete_open(struct wr_sink *sink);
wr_status *wr_fs_complete_check(const struct wr_connector_args *args);
wr_status *wr_fs_complete_is(struct wr_sink *sink, const char *partition, int64_t since_us,
			     bool *is);
void wr_fs_complete_release(struct wr_sink *sink);
/* What comes behind a prepare. */
enum wr_fs_prepare {
	WR_FS_GOES_ON, /* more rows */
	WR_FS_STOPS,   /* the run is closed: all is to be seen, and a restored run may go on */
	WR_FS_ENDS     /* nothing: the input has ended */
};
/* Notes what commit and restore need; `durable`: all of it is on the disk, names too. */
wr_status *wr_fs_prepare(struct wr_sink *sink, enum wr_fs_prepare what, bool durable,
			 struct wr_text *out);
/* The name of a file in notes: behind the root. */
struct wr_str wr_fs_below(const struct wr_sink *sink, const char *path);
/* Appends the table's folder, or that of its file, as an absolute path. */
void wr_fs_root(const struct wr_sink *sink, struct wr_text *root);

wr_status *wr_fs_sink_check(const struct wr_connector_args *args);
bool wr_fs_sink_keeps_keys(const struct wr_connector_args *args);
wr_status *wr_fs_sink_open(const struct wr_connector_args *args, const struct wr_fs_setup *setup,
			   struct wr_sink **out);
wr_status *wr_fs_sink_write(struct wr_sink *sink, struct wr_chunk *chunk);
wr_status *wr_fs_sink_flush(struct wr_sink *sink);
void wr_fs_sink_watermark(struct wr_sink *sink, int64_t watermark_ms);
wr_status *wr_fs_sink_prepare(struct wr_sink *sink, bool last, struct wr_text *out);
wr_status *wr_fs_sink_commit(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_fs_sink_restore(struct wr_sink *sink, const char *bytes, size_t len);
wr_status *wr_fs_sink_close(struct wr_sink *sink, bool commit);
/* filesystem_encode.c */
wr_status *wr_fs_writer_new(struct wr_sink *sink, struct wr_writer **out);
wr_status *wr_fs_writer_encode(struct wr_writer *writer, const struct wr_batch *batch,
			       struct wr_chunk *chunk);
void wr_fs_writer_free(struct wr_writer *writer);
void wr_fs_chunk_free(struct wr_chunk *chunk);

#endif
