/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem - the connector for local files: what its parts share.
 *
 *     filesystem.c            options, checks, the vtable
 *     filesystem_path         texts: paths, patterns, compressions, partition folders
 *     filesystem_files        which files a path stands for, in which order
 *     filesystem_stream       the bytes of one file, unpacked
 *     filesystem_pool         buffers of blocks, used again
 *     filesystem_source       blocks of whole records, decoded into batches
 *     filesystem_position     where a source has come to
 *     filesystem_columns      partition and metadata columns; the table as the format sees it
 *     filesystem_out          one file being written under a hidden name
 *     filesystem_sink         one file, standard output, or a folder of part files
 *     filesystem_encode       batches into bytes
 *     filesystem_parts        part files of a folder and its partitions
 *     filesystem_upsert       which records of a file with keys still count
 *     filesystem_keyed        a file that holds the last row of every key
 *     filesystem_complete     when partitions are complete
 *     filesystem_note         what the sink says at a checkpoint; its bytes
 *     filesystem_prepare      making that note
 *     filesystem_commit       showing what it names
 *     filesystem_restore      going on behind it
 */
#ifndef WR_CONNECTORS_FILESYSTEM_H
#define WR_CONNECTORS_FILESYSTEM_H

#include "base/env.h"
#include "connectors/registry.h"

/* What a test may choose. */
struct wr_fs_setup {
	struct wr_env *env;     /* clocks and files */
	size_t block_bytes;     /* of a source's block: WR_BLOCK_BYTES */
	size_t record_max;      /* longest record: WR_RECORD_BYTES_MAX */
	size_t write_bytes;     /* buffered before a write */
	uint64_t compact_bytes; /* a file with keys is compacted early from this size on */
};
struct wr_fs_setup wr_fs_setup(const struct wr_connector_args *args);

/* --- filesystem_columns ------------------------------------------------------------------------
 */

/* The table's columns, told apart. */
struct wr_fs_columns {
	const struct wr_connector_args *args;
	struct wr_arena arena;
	struct wr_format_args format; /* without the partition columns */
	uint32_t *physical;  /* per column of the format's schema, its index in the table */
	int32_t *from;       /* source: per wanted column, the decoder's column, or -1: constant */
	bool plain;          /* source: the decoder's columns are the wanted ones */
	uint32_t *partition; /* per PARTITIONED BY column, its index in the table */
};
wr_status *wr_fs_columns_init(struct wr_fs_columns *columns, const struct wr_connector_args *args);
void wr_fs_columns_release(struct wr_fs_columns *columns);

struct wr_fs_file;
/* Fills in file->constant: partition values and metadata. */
wr_status *wr_fs_columns_of_file(const struct wr_fs_columns *columns, struct wr_fs_file *file);
/* Makes a decoded batch the wanted one. */
void wr_fs_columns_place(const struct wr_fs_columns *columns, const struct wr_fs_file *file,
			 struct wr_batch *batch);

extern const struct wr_metadata_column wr_fs_metadata[];

/* --- filesystem_source and filesystem_sink ------------------------------------------------------
 */

wr_status *wr_fs_source_check(const struct wr_connector_args *args);
bool wr_fs_source_is_bounded(const struct wr_connector_args *args);
wr_status *wr_fs_source_open(const struct wr_connector_args *args, const struct wr_fs_setup *setup,
			     struct wr_source **out);
wr_status *wr_fs_source_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result);
wr_status *wr_fs_reader_new(struct wr_source *source, struct wr_reader **out);
wr_status *wr_fs_reader_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out);
void wr_fs_reader_free(struct wr_reader *reader);
void wr_fs_block_free(struct wr_source *source, struct wr_block *block);
wr_status *wr_fs_source_position(struct wr_source *source, struct wr_text *out);
bool wr_fs_position_text(const char *bytes, size_t len, struct wr_text *out);
wr_status *wr_fs_source_seek(struct wr_source *source, const char *bytes, size_t len);
void wr_fs_source_close(struct wr_source *source);

#endif
