/* SPDX-License-Identifier: Apache-2.0
 *
 * store - see store.h: writing checkpoints, and removing those that are not kept.
 *
 * How checkpoint N becomes durable, and what a crash leaves:
 *   1. the segment chk-N.segment is written and synced,     a crash: files that nobody names;
 *      and chk-N.sinks, if there is much from sinks         removed when the folder is opened
 *   2. the folder is synced: the segment has its name on    the same
 *      the disk before any manifest can
 *   3. the manifest is written to chk-N.manifest.tmp and    the same, and a temporary file, which
 * is synced                                               removed at the same time
 *   4. it is renamed to chk-N.manifest                      the old or the new name: both are whole
 *   5. the folder is synced: from here on N is durable,     N is the newest
 *      and the caller is told so
 *   6. manifests that are not to be kept are removed        some are left; removed by a later
 *                                                           checkpoint
 *   7. the folder is synced, so that no removed manifest    the same
 *      comes back whose segments are gone
 *   8. segments that no manifest names are removed, and     some are left; removed at the next open
 *      the sinks' files of the removed manifests            or when the next ones are
 * 7 and 8 happen only when a chain of segments has ended, which is rare, or a removed manifest had
 * bytes of sinks apart.
 *
 * Two runs must not write to one folder: the names of their files would meet. Who opens it writes a
 * random number to the file `owner`; whoever finds another one there than its own writes and
 * removes nothing any more. (A look that comes between the other's two steps is possible; it is a
 * net for mistakes, no lock.)
 *
 * When 1 to 5 fail without a crash, the manifest (it may have its name already) is removed first
 * and the segment only after that; if the manifest cannot be removed both stay, and N is a
 * checkpoint that nobody was told of: whole, and overtaken by the next one.
 */
#include "state/store.h"

#include <stdio.h>
#include <strings.h>

#include "base/fault.h"
#include "base/macros.h"
#include "base/mem.h"
#include "state/segment.h"
#include "state/store_files.h"
#include "state/store_sinks.h"

#define CHAIN_MAX 500 /* segments of a checkpoint: a manifest stays small, restoring opens few */

/* A manifest in the folder. */
struct kept {
	uint64_t number;
	uint64_t first; /* of the full segment: it needs all segments from there to `number` */
	bool damaged;   /* nobody knows what it needs: first is 0 */
	bool sinks;     /* has bytes of sinks apart, or may have */
};

struct wr_store {
	struct wr_store_config config; /* dir is owned */
	uint64_t next;                 /* number of the next checkpoint */
	uint64_t owner;    /* what is in the file of that name while the folder is ours */
	bool owned;        /* the file has been written */
	struct kept *kept; /* by number; owned */
	uint32_t kept_count, kept_capacity;
	uint64_t oldest_segment; /* segments below have been removed */
	/* The segments of the last checkpoint of this store, with room for one more; none after
	 * open and after a failure. Paths are owned. */
	struct wr_saved_segment *chain;
	uint32_t chain_count;
	struct wr_store_writer *writer; /* under way; NULL: none */
};

struct wr_store_writer {
	struct wr_store *store;
	uint64_t number;
	uint64_t epoch;
	bool full;
	bool failed; /* a block could not be written */
	struct wr_segment_writer *segment;
};

wr_status *wr_store_compression_read(const char *text, enum wr_store_compression *out)
{
	static const char *const name[] = {
	    [WR_STORE_PLAIN] = "none", [WR_STORE_LZ4] = "lz4", [WR_STORE_ZSTD] = "zstd"};

	for (uint32_t i = 0; i < WR_COUNT(name); i++) {
		if (strcasecmp(text, name[i]) == 0) {
			*out = (enum wr_store_compression)i;
			return NULL;
		}
	}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is not a compression of checkpoints", text),
	    "Use lz4, zstd or none");
}

/* --- the manifests in the folder */

static void add_kept(struct wr_store *store, struct kept kept)
{
	if (store->kept_count == store->kept_capacity) {
		store->kept_capacity = WR_MAX(16u, 2 * store->kept_capacity);
		store->kept = wr_realloc(store->kept, store->kept_capacity * sizeof *store->kept);
	}
	store->kept[store->kept_count++] = kept;
}

/* Whether a manifest with the bytes of sinks `number` is there. */
static bool has_sinks(const struct wr_store *store, uint64_t number)
{
	for (uint32_t i = 0; i < store->kept_count; i++)
		if (store->kept[i].number == number)
			return store->kept[i].sinks;
	return false;
}

static bool is_needed(const struct wr_store *store, uint64_t segment)
{
	for (uint32_t i = 0; i < store->kept_count; i++)
		if (store->kept[i].first <= segment && segment <= store->kept[i].number)
			return true;
	return false;
}

/* --- the owner of the folder */

#define OWNER_DIGITS 16

static void owner_path(const struct wr_store *store, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s/owner", store->config.dir);
}

/* From now on the folder is ours. */
static wr_status *own_folder(struct wr_store *store)
{
	struct wr_env *env = store->config.env;
	char digits[OWNER_DIGITS + 1];
	struct wr_text path;
	wr_status *status;

	env->ops->random(env, &store->owner, sizeof store->owner);
	snprintf(digits, sizeof digits, "%016llx", (unsigned long long)store->owner);
	owner_path(store, &path);
	status = wr_env_write_file(env, path.data, digits, OWNER_DIGITS);
	wr_text_release(&path);
	store->owned = status == NULL;
	return status;
}

/* An error when the folder is another one's by now. */
static wr_status *check_owner(const struct wr_store *store)
{
	char digits[OWNER_DIGITS + 1], *data;
	struct wr_text path;
	wr_status *status;
	size_t len;

	if (!store->owned)
		return wr_status_new(WR_RETRY, "'%s/owner' could not be written",
				     store->config.dir);
	snprintf(digits, sizeof digits, "%016llx", (unsigned long long)store->owner);
	owner_path(store, &path);
	status = wr_env_read_file(store->config.env, path.data, OWNER_DIGITS, &data, &len);
	wr_text_release(&path);
	WR_TRY(status);
	if (len != OWNER_DIGITS || memcmp(data, digits, len) != 0)
		status = wr_status_hint(
		    wr_status_new(WR_FATAL, "Another run writes its checkpoints to '%s' by now",
				  store->config.dir),
		    "Let one run of a job go on; different jobs need a pipeline.name or an "
		    "execution.checkpointing.dir each");
	wr_free(data);
	return status;
}

static void remove_quietly(const struct wr_store *store, uint64_t number,
			   enum wr_store_file_kind kind, bool *failed)
{
	struct wr_env *env = store->config.env;
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	status = env->ops->remove(env, wr_store_path(&path, store->config.dir, number, kind));
	*failed = *failed || status != NULL;
	wr_status_free(status);
	wr_text_release(&path);
}

/* Notes one manifest of the folder. Only one that is read and wrong is damaged: one that cannot be
 * read today may be good tomorrow, and its segments must not go. */
static wr_status *note_manifest(struct wr_store *store, uint64_t number)
{
	const struct wr_store_config *config = &store->config;
	struct wr_manifest *manifest;
	struct wr_text path;
	bool damaged;
	wr_status *status;

	wr_text_init(&path);
	wr_store_path(&path, config->dir, number, WR_FILE_MANIFEST);
	status = wr_manifest_read(config->env, path.data, &manifest, &damaged);
	if (status == NULL) {
		add_kept(store, (struct kept){number, manifest->segment[0].number, false,
					      wr_manifest_has_sinks(manifest)});
		wr_manifest_free(manifest);
	} else if (damaged) {
		if (config->damaged != NULL)
			config->damaged(config->user, path.data, status);
		add_kept(store, (struct kept){number, 0, true, true});
		wr_status_free(status);
		status = NULL;
	}
	wr_text_release(&path);
	return status;
}

/* Finds the manifests, then removes what unfinished checkpoints left. */
static wr_status *take_stock(struct wr_store *store)
{
	struct wr_store_files files = {0};
	bool failed = false; /* what cannot be removed now is no harm */
	wr_status *status;

	WR_TRY_OUT(status, wr_store_list(store->config.env, store->config.dir, &files));
	for (uint32_t i = 0; i < files.count; i++) {
		store->next = WR_MAX(store->next, files.file[i].number + 1);
		if (files.file[i].kind == WR_FILE_MANIFEST)
			WR_TRY_OUT(status, note_manifest(store, files.file[i].number));
	}
	store->oldest_segment = files.count > 0 ? files.file[0].number : store->next;
	for (uint32_t i = 0; i < files.count; i++) {
		const struct wr_store_file *file = &files.file[i];

		if (file->kind == WR_FILE_TEMPORARY ||
		    (file->kind == WR_FILE_SEGMENT && !is_needed(store, file->number)) ||
		    (file->kind == WR_FILE_SINKS && !has_sinks(store, file->number)))
			remove_quietly(store, file->number, file->kind, &failed);
	}
out:
	wr_store_files_release(&files);
	return status;
}

/* --- opening */

/* Makes the folder and the ones above it. Each is made durable in the one above, also when it was
 * there: a run that died may have made it just before. Where the process may not make files it has
 * made no folders. */
static wr_status *make_folder(struct wr_env *env, const char *dir)
{
	char *path = wr_strdup(dir), *slash;
	wr_status *status = env->ops->make_dirs(env, dir);

	while (status == NULL && strcmp(path, "/") != 0 && strcmp(path, ".") != 0) {
		slash = strrchr(path, '/');
		if (slash == NULL)
			memcpy(path, ".", 2);
		else
			slash[slash == path] = '\0';
		if (!wr_env_may_write(env, path))
			break;
		status = env->ops->sync_dir(env, path);
	}
	wr_free(path);
	return status;
}

wr_status *wr_store_open(const struct wr_store_config *config, struct wr_store **out)
{
	struct wr_store *store = wr_calloc(1, sizeof *store);
	size_t len = strlen(config->dir);
	wr_status *status;

	while (len > 1 && config->dir[len - 1] == '/')
		len--;
	store->config = *config;
	store->config.dir = wr_strndup(config->dir, len);
	store->next = 1;
	store->chain = wr_calloc(CHAIN_MAX, sizeof *store->chain);
	status = make_folder(config->env, store->config.dir);
	if (status == NULL)
		status = own_folder(store);
	if (status != NULL && status->class == WR_RETRY) { /* a full disk: tried again later */
		wr_status_free(status);
		status = NULL;
	}
	if (status == NULL)
		status = take_stock(store);
	if (status != NULL) {
		wr_store_close(store);
		store = NULL;
	}
	*out = store;
	return status;
}

static void chain_forget(struct wr_store *store)
{
	for (uint32_t i = 0; i < store->chain_count; i++)
		wr_free((char *)store->chain[i].path);
	store->chain_count = 0;
}

void wr_store_close(struct wr_store *store)
{
	if (store == NULL)
		return;
	wr_store_abort(store->writer);
	chain_forget(store);
	wr_free(store->chain);
	wr_free(store->kept);
	wr_free((char *)store->config.dir);
	wr_free(store);
}

uint64_t wr_store_next(const struct wr_store *store)
{
	return store->next;
}

bool wr_store_wants_full(const struct wr_store *store)
{
	uint64_t changes = 0;

	if (store->chain_count == 0 || store->chain_count == CHAIN_MAX)
		return true;
	for (uint32_t i = 1; i < store->chain_count; i++)
		changes += store->chain[i].bytes;
	return changes > store->chain[0].bytes;
}

wr_status *wr_store_forget(struct wr_store *store, uint64_t number)
{
	struct wr_env *env = store->config.env;
	bool failed = false;

	WR_ASSERT(store->writer == NULL);
	while (store->kept_count > 0 && store->kept[store->kept_count - 1].number > number) {
		struct wr_text path;
		wr_status *status;

		wr_text_init(&path);
		wr_store_path(&path, store->config.dir, store->kept[store->kept_count - 1].number,
			      WR_FILE_MANIFEST);
		status = env->ops->remove(env, path.data);
		wr_text_release(&path);
		WR_TRY(status);
		store->kept_count--;
	}
	WR_TRY(env->ops->sync_dir(env, store->config.dir));
	chain_forget(store);
	for (uint64_t i = number + 1; i < store->next; i++) {
		if (!is_needed(store, i))
			remove_quietly(store, i, WR_FILE_SEGMENT, &failed);
		remove_quietly(store, i, WR_FILE_SINKS, &failed);
	}
	return NULL;
}

wr_status *wr_store_go_on_from(struct wr_store *store, const struct wr_manifest *manifest)
{
	struct wr_env *env = store->config.env;
	struct wr_file_info here, there;

	WR_TRY(env->ops->stat(env, store->config.dir, &here));
	WR_TRY(env->ops->stat(env, manifest->dir, &there));
	if (strcmp(store->config.dir, manifest->dir) != 0 &&
	    (here.inode == 0 || here.inode != there.inode))
		return NULL;
	return wr_store_forget(store, manifest->number);
}

/* --- writing */

wr_status *wr_store_begin(struct wr_store *store, uint64_t epoch, bool full,
			  struct wr_store_writer **out)
{
	struct wr_store_writer *writer = wr_calloc(1, sizeof *writer);
	struct wr_text path;
	wr_status *status;

	WR_REQUIRE(store->writer == NULL);
	WR_REQUIRE(full || (store->chain_count > 0 && store->chain_count < CHAIN_MAX));
	writer->store = store;
	writer->number = store->next++;
	writer->epoch = epoch;
	writer->full = full;
	wr_text_init(&path);
	wr_store_path(&path, store->config.dir, writer->number, WR_FILE_SEGMENT);
	status = store->owned ? check_owner(store) : own_folder(store);
	if (status == NULL)
		status = wr_segment_create(store->config.env, path.data, writer->number,
					   store->config.compression, &writer->segment);
	wr_text_release(&path);
	store->writer = writer;
	*out = writer;
	if (status != NULL) {
		wr_store_abort(writer);
		*out = NULL;
	}
	return status;
}

wr_status *wr_store_block(struct wr_store_writer *writer, uint32_t worker,
			  const struct wr_snapshot_block *block)
{
	wr_status *status = wr_fault_pass(WR_FAULT_SEGMENT_BLOCK);

	if (status == NULL)
		status = wr_segment_block(writer->segment, worker, block);
	writer->failed = writer->failed || status != NULL;
	return status;
}

uint64_t wr_store_writer_bytes(const struct wr_store_writer *writer)
{
	return wr_segment_bytes(writer->segment);
}

static void writer_free(struct wr_store_writer *writer)
{
	WR_ASSERT(writer->store->writer == writer);
	writer->store->writer = NULL;
	wr_segment_writer_free(writer->segment);
	wr_free(writer);
}

void wr_store_abort(struct wr_store_writer *writer)
{
	bool failed = false;

	if (writer == NULL)
		return;
	chain_forget(writer->store); /* C3: what this one took along is in no file */
	wr_segment_writer_free(writer->segment);
	writer->segment = NULL;
	wr_status *foreign = check_owner(writer->store);
	failed = foreign != NULL;
	wr_status_free(foreign);
	if (!failed)
		remove_quietly(writer->store, writer->number, WR_FILE_MANIFEST, &failed);
	if (!failed)
		remove_quietly(writer->store, writer->number, WR_FILE_SEGMENT, &failed);
	if (!failed)
		remove_quietly(writer->store, writer->number, WR_FILE_SINKS, &failed);
	writer_free(writer);
}

/* How many of the oldest manifests are not to be kept. */
static uint32_t count_old(const struct wr_store *store)
{
	uint32_t good = 0, from = store->kept_count;

	if (store->config.retained == 0)
		return 0;
	while (from > 0 && good < store->config.retained)
		good += !store->kept[--from].damaged;
	return from;
}

/* Step 6 for the first `count`. *sinks: one of them has bytes of sinks apart. */
static bool remove_manifests(struct wr_store *store, uint32_t count, bool *sinks)
{
	bool failed = false;

	for (uint32_t i = 0; i < count && !failed; i++) {
		wr_fault_crash(WR_FAULT_RETENTION_STEP);
		remove_quietly(store, store->kept[i].number, WR_FILE_MANIFEST, &failed);
		*sinks = *sinks || store->kept[i].sinks;
	}
	return !failed;
}

/* Removes what is not to be kept (steps 6 to 8). What fails is tried again later. */
static void retain(struct wr_store *store)
{
	struct wr_env *env = store->config.env;
	uint32_t old = count_old(store);
	uint64_t oldest = UINT64_MAX;
	bool failed = false, sinks = false;
	wr_status *status = NULL;

	if (!remove_manifests(store, old, &sinks))
		return;
	for (uint32_t i = old; i < store->kept_count; i++)
		oldest = WR_MIN(oldest, store->kept[i].first);
	if (sinks || oldest > store->oldest_segment)
		status = env->ops->sync_dir(env, store->config.dir);
	if (status != NULL) {
		wr_status_free(status);
		return;
	}
	for (uint32_t i = 0; i < old; i++)
		if (store->kept[i].sinks)
			remove_quietly(store, store->kept[i].number, WR_FILE_SINKS, &failed);
	for (uint64_t i = store->oldest_segment; i < oldest; i++) {
		wr_fault_crash(WR_FAULT_RETENTION_STEP);
		remove_quietly(store, i, WR_FILE_SEGMENT, &failed);
	}
	if (failed)
		return;
	store->oldest_segment = WR_MAX(store->oldest_segment, oldest);
	memmove(store->kept, store->kept + old, (store->kept_count - old) * sizeof *store->kept);
	store->kept_count -= old;
}

/* Steps 3 and 4. */
static wr_status *write_manifest(struct wr_store *store, uint64_t number, struct wr_text *bytes)
{
	struct wr_env *env = store->config.env;
	struct wr_text temporary, path;
	struct wr_file *file = NULL;
	wr_status *status;

	wr_text_init(&temporary);
	wr_text_init(&path);
	wr_store_path(&temporary, store->config.dir, number, WR_FILE_TEMPORARY);
	wr_store_path(&path, store->config.dir, number, WR_FILE_MANIFEST);
	WR_TRY_OUT(status, wr_file_open(env, temporary.data, WR_OPEN_CREATE, &file));
	status = wr_file_write(file, bytes->data, bytes->len);
	if (status == NULL)
		status = wr_file_sync(file);
	if (status != NULL)
		wr_status_free(wr_file_close(file));
	else
		status = wr_file_close(file);
	if (status == NULL)
		status = wr_fault_pass(WR_FAULT_MANIFEST_WRITTEN);
	if (status == NULL)
		status = env->ops->rename(env, temporary.data, path.data);
	if (status != NULL)
		wr_status_free(env->ops->remove(env, temporary.data));
out:
	wr_text_release(&temporary);
	wr_text_release(&path);
	return status;
}

/* Steps 1 to 5. The segment of this checkpoint is put behind the chain. */
static wr_status *make_durable(struct wr_store_writer *writer, struct wr_manifest *manifest,
			       struct wr_saved_sink *sink, bool *sinks)
{
	struct wr_store *store = writer->store;
	struct wr_env *env = store->config.env;
	struct wr_saved_segment segment;
	struct wr_text path, bytes;
	wr_status *status;

	wr_text_init(&path);
	wr_text_init(&bytes);
	WR_TRY_OUT(status, wr_segment_finish(writer->segment, &segment));
	WR_TRY_OUT(status, check_owner(store));
	WR_TRY_OUT(status, wr_store_put_sinks(env, store->config.dir, writer->number, sink,
					      manifest->sink_count, sinks));
	WR_TRY_OUT(status, env->ops->sync_dir(env, store->config.dir));
	WR_TRY_OUT(status, wr_fault_pass(WR_FAULT_SEGMENT_SYNCED));
	if (writer->full)
		chain_forget(store);
	wr_store_path(&path, store->config.dir, writer->number, WR_FILE_SEGMENT);
	segment.path = wr_strdup(strrchr(path.data, '/') + 1);
	segment.full = writer->full;
	store->chain[store->chain_count++] = segment;
	manifest->segment = store->chain;
	manifest->segment_count = store->chain_count;
	manifest->format = *sinks ? WR_MANIFEST_FORMAT_APART : WR_MANIFEST_FORMAT;
	wr_manifest_encode(manifest, &bytes);
	WR_TRY_OUT(status, check_owner(store));
	WR_TRY_OUT(status, write_manifest(store, writer->number, &bytes));
	WR_TRY_OUT(status, wr_fault_pass(WR_FAULT_MANIFEST_RENAMED));
	status = env->ops->sync_dir(env, store->config.dir);
out:
	wr_text_release(&path);
	wr_text_release(&bytes);
	return status;
}

wr_status *wr_store_commit(struct wr_store_writer *writer, struct wr_manifest *manifest)
{
	struct wr_store *store = writer->store;
	const struct wr_saved_sink *given = manifest->sink;
	struct wr_saved_sink *sink = wr_calloc(manifest->sink_count + 1, sizeof *sink);
	bool sinks = false;
	wr_status *status;

	WR_REQUIRE(!writer->failed);
	manifest->number = writer->number;
	manifest->epoch = writer->epoch;
	manifest->full = writer->full;
	manifest->wall_ms = wr_wall_us(store->config.env) / 1000;
	if (manifest->sink_count > 0)
		memcpy(sink, given, manifest->sink_count * sizeof *sink);
	manifest->sink = sink;
	status = make_durable(writer, manifest, sink, &sinks);
	manifest->sink = given;
	wr_free(sink);
	if (status != NULL) {
		wr_store_abort(writer);
		return status;
	}
	add_kept(store, (struct kept){writer->number, store->chain[0].number, false, sinks});
	writer_free(writer);
	retain(store);
	return NULL;
}
