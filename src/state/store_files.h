/* SPDX-License-Identifier: Apache-2.0
 *
 * store_files - the names in a folder of checkpoints, and the end of a folder.
 *
 *   chk-N.manifest       of checkpoint N
 *   chk-N.segment        the records that it wrote
 *   chk-N.sinks          what its sinks prepared, where that is much
 *   chk-N.manifest.tmp   a manifest that was being written
 *   owner                who writes here (store.c)
 * Anything else in the folder is left alone.
 */
#ifndef WR_STATE_STORE_FILES_H
#define WR_STATE_STORE_FILES_H

#include "base/env.h"
#include "base/text.h"

enum wr_store_file_kind { WR_FILE_MANIFEST, WR_FILE_SEGMENT, WR_FILE_SINKS, WR_FILE_TEMPORARY };

struct wr_store_file {
	uint64_t number;
	enum wr_store_file_kind kind;
};
struct wr_store_files {
	uint32_t count;
	uint32_t capacity;
	struct wr_store_file *file; /* by number, then kind; owned */
};

/* The files of a folder. The list must be zeroed, and released also after an error. */
wr_status *wr_store_list(struct wr_env *env, const char *dir, struct wr_store_files *out);
void wr_store_files_release(struct wr_store_files *files);
/* "DIR/chk-7.segment", in `text`, replacing what it held. */
const char *wr_store_path(struct wr_text *text, const char *dir, uint64_t number,
			  enum wr_store_file_kind kind);
/* Removes a folder that was made for checkpoints of one run, and all files in it, as far as that
 * can be done. */
void wr_store_remove(struct wr_env *env, const char *dir);
/* The same, if no checkpoint is in it. */
void wr_store_remove_unused(struct wr_env *env, const char *dir);

#endif
