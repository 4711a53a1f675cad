/* SPDX-License-Identifier: Apache-2.0
 *
 * store_sinks - what sinks prepared, beside the manifest where that is much.
 *
 * An exactly-once sink may hand over megabytes, which everybody who reads a manifest would have to
 * read. From WR_SINK_BYTES_INLINE on they go to "chk-N.sinks": the bytes of one sink behind those
 * of the other, and nothing else. The file belongs to its manifest alone and goes with it.
 */
#ifndef WR_STATE_STORE_SINKS_H
#define WR_STATE_STORE_SINKS_H

#include "state/manifest.h"

#define WR_SINK_BYTES_INLINE (64u << 10) /* more of one sink are put apart */

/* Puts apart what is much: writes the file of checkpoint `number` and syncs it. sink[0..count) are
 * changed to say so. *any: there is a file. */
wr_status *wr_store_put_sinks(struct wr_env *env, const char *dir, uint64_t number,
			      struct wr_saved_sink *sink, uint32_t count, bool *any);
/* Whether the file of the manifest is there in its length, if it has one. */
wr_status *wr_store_check_sinks(struct wr_env *env, const struct wr_manifest *manifest);
/* Whether a sink of it is apart. */
bool wr_manifest_has_sinks(const struct wr_manifest *manifest);

#endif
