/* SPDX-License-Identifier: Apache-2.0
 *
 * store - see store.h.
 */
#include "state/store.h"

#include "state/schema.h"

static wr_status *missing(void)
{
	return wr_status_new(WR_USER_ERROR, "Checkpoints cannot be written or read yet");
}

wr_status *wr_store_compression_read(const char *text, enum wr_store_compression *out)
{
	return missing();
}

wr_status *wr_store_open(const struct wr_store_config *config, struct wr_store **out)
{
	return missing();
}

void wr_store_close(struct wr_store *store)
{
}

uint64_t wr_store_next(const struct wr_store *store)
{
	return 1;
}

bool wr_store_wants_full(const struct wr_store *store)
{
	return true;
}

wr_status *wr_store_forget(struct wr_store *store, uint64_t number)
{
	return missing();
}

wr_status *wr_store_begin(struct wr_store *store, uint64_t epoch, bool full,
			  struct wr_store_writer **out)
{
	return missing();
}

wr_status *wr_store_block(struct wr_store_writer *writer, uint32_t worker,
			  const struct wr_snapshot_block *block)
{
	return missing();
}

uint64_t wr_store_writer_bytes(const struct wr_store_writer *writer)
{
	return 0;
}

wr_status *wr_store_commit(struct wr_store_writer *writer, struct wr_manifest *manifest)
{
	return missing();
}

void wr_store_abort(struct wr_store_writer *writer)
{
}

wr_status *wr_store_find(struct wr_env *env, const char *path, bool verify,
			 void (*damaged)(void *user, const char *path, const wr_status *why),
			 void *user, struct wr_manifest **out)
{
	return missing();
}

wr_status *wr_store_read(struct wr_env *env, const struct wr_manifest *manifest,
			 const struct wr_store_reading *reading)
{
	return missing();
}

bool wr_owner_meets(const struct wr_owner *owner, uint32_t worker, uint32_t workers)
{
	return true;
}

void wr_saved_state_of(struct wr_arena *arena, const struct wr_state_decl *decl, bool extra,
		       const char *op, const char *op_type, uint32_t op_version,
		       struct wr_saved_state *out)
{
}

void wr_manifest_encode(const struct wr_manifest *manifest, struct wr_text *out)
{
}

wr_status *wr_manifest_read(struct wr_env *env, const char *path, struct wr_manifest **out,
			    bool *damaged)
{
	return missing();
}

void wr_manifest_free(struct wr_manifest *manifest)
{
}

wr_status *wr_manifest_check(struct wr_env *env, const struct wr_manifest *manifest)
{
	return missing();
}

wr_status *wr_manifest_verify(struct wr_env *env, const struct wr_manifest *manifest)
{
	return missing();
}

const char *wr_fit_name(enum wr_fit fit)
{
	return "";
}

const struct wr_state_fit *wr_schema_match(struct wr_arena *arena,
					   const struct wr_saved_state *saved, uint32_t saved_count,
					   const struct wr_saved_state *declared,
					   uint32_t declared_count, uint32_t *count)
{
	*count = 0;
	return NULL;
}

bool wr_row_change_apply(const struct wr_row_change *change, struct wr_str saved,
			 struct wr_text *out)
{
	return false;
}
