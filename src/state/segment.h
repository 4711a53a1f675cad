/* SPDX-License-Identifier: Apache-2.0
 *
 * segment - the file with the records of one checkpoint, byte by byte.
 *
 * All integers are little-endian. The file begins with 40 bytes:
 *   0   8  "WEIRSEG\n"
 *   8   4  format: 1 (of the manifest, too)
 *   12  4  zero
 *   16  8  number of the checkpoint that wrote it
 *   24  8  id: random; the manifest names it, so that no other file can stand in
 *   32  8  XXH3-64 of the bytes 0 .. 31
 * Then come blocks, one behind the other, each with a head of 48 bytes:
 *   0   4  "BLCK"
 *   4   4  index of the block in the file, from 0
 *   8   4  worker that wrote it
 *   12  4  state: index into the states of the manifest
 *   16  1  kind of its records: enum wr_record_kind
 *   17  1  how the bytes are packed: 0 not at all, 1 LZ4 block, 2 Zstandard frame
 *   18  2  zero
 *   20  4  records in it
 *   24  4  bytes of the records
 *   28  4  bytes as packed
 *   32  8  XXH3-64 of the packed bytes
 *   40  8  XXH3-64 of the bytes 0 .. 39, with the segment's id as seed
 *   48     the packed bytes
 * The manifest knows the file's length, its number of blocks, and the digest: XXH3-64 of all heads
 * of blocks. So no bit can flip, no block go missing, come twice or from elsewhere without being
 * seen. The records of a block are those of snapshot.h.
 *
 * Thread: one owner.
 */
#ifndef WR_STATE_SEGMENT_H
#define WR_STATE_SEGMENT_H

#include "state/store.h"

#define WR_SEGMENT_HEAD      40
#define WR_SEGMENT_BLOCK     48         /* bytes of a block's head */
#define WR_SEGMENT_BYTES_MAX (1u << 30) /* of the records of a block: one key has less */

/* --- writing */

struct wr_segment_writer;

/* Makes the file. */
wr_status *wr_segment_create(struct wr_env *env, const char *path, uint64_t number,
			     enum wr_store_compression compression, struct wr_segment_writer **out);
wr_status *wr_segment_block(struct wr_segment_writer *writer, uint32_t worker,
			    const struct wr_snapshot_block *block);
uint64_t wr_segment_bytes(const struct wr_segment_writer *writer); /* so far */
/* Writes what is left, syncs, closes, and tells what the manifest must know (all but path and
 * full). */
wr_status *wr_segment_finish(struct wr_segment_writer *writer, struct wr_saved_segment *out);
void wr_segment_writer_free(struct wr_segment_writer *writer); /* leaves the file; NULL allowed */

/* --- reading */

/* Whether the file is there in its length and begins as it should. */
wr_status *wr_segment_check(struct wr_env *env, const char *path,
			    const struct wr_saved_segment *segment);
/* Shows the blocks that are wanted; `index` is put into them. Other blocks than those in [0,
 * states) are damage. */
wr_status *wr_segment_read(struct wr_env *env, const char *path,
			   const struct wr_saved_segment *segment, uint32_t index, uint32_t states,
			   const struct wr_store_reading *reading);

#endif
