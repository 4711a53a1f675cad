/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_source - a table read from files: the source's own parts, shared by what hands out
 * blocks (filesystem_source.c) and what keeps their place (filesystem_position.c).
 */
#ifndef WR_CONNECTORS_FILESYSTEM_SOURCE_H
#define WR_CONNECTORS_FILESYSTEM_SOURCE_H

#include "connectors/filesystem.h"
#include "connectors/filesystem_files.h"
#include "connectors/filesystem_pool.h"
#include "connectors/filesystem_stream.h"

struct wr_source {
	struct wr_fs_setup setup;
	struct wr_fs_columns columns;
	const struct wr_connector_args *args; /* the plan's */
	struct wr_fs_files files;
	struct wr_fs_pool *pool;    /* of the blocks' buffers */
	uint32_t file_next;         /* next in files */
	struct wr_fs_file *file;    /* being read; NULL: none */
	struct wr_fs_stream stream; /* its bytes */
	bool file_starts;           /* no block of it was handed out yet */
	struct wr_buf *fill;        /* being filled; NULL: none */
	size_t fill_len;            /* bytes in it */
	size_t fill_tried;          /* bytes of it in which no record ends */
	uint64_t offset;            /* S2 */
	bool over;                  /* the file has ended, what is in fill is its last */
	bool skipping;              /* within a record that is too long: up to its line end */
	uint64_t index;             /* of the next block */
	int64_t monitor_us;         /* source.monitor-interval; 0: bounded */
	int64_t scan_next_us;       /* monotonic time of the next look at the folder */
};

/* Goes to the next file. *result: BLOCK when there is one. */
wr_status *wr_fs_source_next_file(struct wr_source *source, enum wr_claim *result,
				  int64_t *wait_us);

#endif
