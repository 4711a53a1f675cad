/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest_file - a manifest as a file, byte by byte.
 *
 * All integers of the head are little-endian; number, text and type are those of packed.h.
 *
 *   0   8  "WEIRCHK\n"
 *   8   4  format: 1, or 2: bytes of sinks are apart
 *   12  4  zero
 *   16  8  length of the body; the file ends behind it
 *   24  8  XXH3-64 of the body
 *   32  8  XXH3-64 of the bytes 0 .. 31
 *   40     body: sections, each a number (its tag), a number (its length), and that many bytes
 *
 * Tags unknown to a reader and bytes behind the known ones of a section are passed over, so that
 * things may be added; what an old reader must not pass over needs a new format number. Sections:
 *   1 FACTS    once and first: text version of Weir, number kind (1 checkpoint, 2 savepoint),
 *              number number, number epoch, signed time of writing (ms since 1970 UTC), text job,
 *              number hash of the script, text backend, number flags (1 finished), number
 *              max parallelism, number workers
 *   2 SEGMENT  one each, the full one first: text path, number number, number id, number bytes,
 *              number blocks, number digest, number flags (1 full)
 *   3 STATE    one each; their order gives the state numbers of blocks: text operator, text
 *              operator type, number operator version, text name, text meaning, number flags (1
 *              extra), signed TTL in ms, number of key columns and for each text name and type,
 *              number of route columns and for each its number, number of fields, fields
 *   4 SOURCE   text name, text connector, number flags (1 replayable, 2 ended), bytes position,
 *              signed watermark, number lines, number rows; then, of a source with splits (absent
 *              in older files): number of splits and for each signed watermark, number flags (1
 *              ended)
 *   5 SINK     text name, text connector, number flags (1 prepared, 2 apart), bytes of prepare;
 *              apart: number offset in chk-N.sinks, number length, number XXH3-64 of them
 *   6 COUNT    text name, signed value
 * A field is: text name, number kind (enum wr_field_kind), number of columns and for each text
 * name and type, number of numbers and for each text name; an ACCUMULATOR then: text function, text
 * implementation, type of the result, number of arguments and for each type and bytes of the
 * constant, number flags (1 distinct, 2 retract, 4 ignore nulls, 8 grouped), number words.
 */
#ifndef WR_STATE_MANIFEST_FILE_H
#define WR_STATE_MANIFEST_FILE_H

#include "state/manifest.h"

#define WR_MANIFEST_MAGIC     "WEIRCHK\n"
#define WR_MANIFEST_HEAD      40           /* bytes in front of the body */
#define WR_MANIFEST_BYTES_MAX (256u << 20) /* positions of a million files stay far below */

enum wr_manifest_tag {
	WR_TAG_FACTS = 1,
	WR_TAG_SEGMENT = 2,
	WR_TAG_STATE = 3,
	WR_TAG_SOURCE = 4,
	WR_TAG_SINK = 5,
	WR_TAG_COUNT = 6
};

/* Fills in the manifest from the bytes of a file; `path` is for messages. */
wr_status *wr_manifest_decode(struct wr_str file, const char *path, struct wr_manifest *manifest);

#endif
