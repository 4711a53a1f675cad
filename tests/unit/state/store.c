/* SPDX-License-Identifier: Apache-2.0
 *
 * store - tests: checkpoints are read as they were written; damage of any kind is seen; what is not
 * kept goes, what is needed stays; a failing or crashing disk leaves the old checkpoint or the new
 * one.
 */
#include "checkpoint_case.h"

#include <xxhash.h>

#include "disk.h"
#include "state/manifest_file.h"
#include "state/store_files.h"

#define SIZE 300 /* bytes of a block */

/* --- round trip */

static void same_columns(uint32_t count, const char *const *name_a, const char *const *name_b,
			 const struct wr_type *const *a, const struct wr_type *const *b)
{
	for (uint32_t i = 0; i < count; i++) {
		assert_string_equal(name_a[i], name_b[i]);
		assert_true(wr_type_equal(a[i], b[i], true));
	}
}

static void same_state(const struct wr_saved_state *a, const struct wr_saved_state *b)
{
	assert_string_equal(a->op, b->op);
	assert_string_equal(a->op_type, b->op_type);
	assert_int_equal(a->op_version, b->op_version);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->meaning == NULL, b->meaning == NULL);
	assert_int_equal(a->extra, b->extra);
	assert_int_equal(a->ttl_ms, b->ttl_ms);
	assert_int_equal(a->key_count, b->key_count);
	same_columns(a->key_count, a->key_name, b->key_name, a->key_type, b->key_type);
	assert_int_equal(a->route_count, b->route_count);
	for (uint32_t i = 0; i < a->route_count; i++)
		assert_int_equal(a->route[i], b->route[i]);
	assert_int_equal(a->field_count, b->field_count);
	for (uint32_t i = 0; i < a->field_count; i++) {
		const struct wr_saved_field *x = &a->field[i], *y = &b->field[i];

		assert_string_equal(x->name, y->name);
		assert_int_equal(x->kind, y->kind);
		assert_int_equal(x->column_count, y->column_count);
		same_columns(x->column_count, x->column, y->column, x->type, y->type);
		assert_int_equal(x->number_count, y->number_count);
		for (uint32_t k = 0; k < x->number_count; k++)
			assert_string_equal(x->number[k], y->number[k]);
	}
}

static void same_manifest(const struct wr_manifest *m)
{
	assert_int_equal(m->kind, WR_MANIFEST_CHECKPOINT);
	assert_string_equal(m->weir_version, "0.1.0");
	assert_string_equal(m->job, "bids");
	assert_string_equal(m->backend, "hashmap");
	assert_true(m->script_hash == 0xfedcba9876543210ull);
	assert_false(m->finished);
	assert_int_equal(m->max_parallelism, 128);
	assert_int_equal(m->workers, 2);
	assert_true(m->wall_ms > 1600000000000);
	assert_int_equal(m->state_count, 2);
	same_state(&m->state[0], &case_state[0]);
	same_state(&m->state[1], &case_state[1]);
	assert_int_equal(m->source_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		const struct wr_saved_source *a = &m->source[i], *b = &case_source[i];

		assert_string_equal(a->name, b->name);
		assert_string_equal(a->connector, b->connector);
		assert_int_equal(a->replayable, b->replayable);
		assert_int_equal(a->ended, b->ended);
		assert_int_equal(a->position.len, b->position.len);
		assert_memory_equal(a->position.data, b->position.data, a->position.len);
		assert_true(a->watermark_ms == b->watermark_ms);
		assert_int_equal(a->lines, b->lines);
		assert_int_equal(a->rows, b->rows);
	}
	assert_int_equal(m->sink_count, 2);
	assert_string_equal(m->sink[0].name, "sink out");
	assert_true(m->sink[0].prepared);
	assert_memory_equal(m->sink[0].bytes.data, "part-1", 6);
	assert_true(m->sink[1].apart);
	assert_int_equal(m->sink[1].bytes.len, 0);
	assert_int_equal(m->sink[1].length, CASE_MUCH);
	assert_int_equal(m->count_count, 2);
	assert_string_equal(m->count[1].name, "bad rows");
	assert_int_equal(m->count[1].value, -1);
}

/* Every compression, on the real disk: a full one and two incremental ones. */
static void round_trip(void **state)
{
	struct wr_env *env = wr_env_system();
	char folder[] = "/tmp/weir-store-XXXXXX";
	struct wr_text dir;

	assert_non_null(mkdtemp(folder));
	wr_text_init(&dir);
	for (int how = WR_STORE_PLAIN; how <= WR_STORE_ZSTD; how++) {
		static const uint32_t sizes[] = {5, SIZE, 600000};
		static const uint64_t epoch[] = {7, 8, 9};

		wr_text_clear(&dir);
		wr_text_printf(&dir, "%s/made/%d/", folder, how);
		for (uint32_t s = 0; s < WR_COUNT(sizes); s++) {
			struct wr_store_config config = case_config(env, dir.data);
			struct wr_manifest *manifest;
			struct wr_store *store;
			bool same;

			config.compression = (enum wr_store_compression)how;
			case_ok(wr_store_open(&config, &store));
			assert_true(wr_store_wants_full(store));
			for (uint32_t i = 0; i < 3; i++)
				case_ok(case_write(store, epoch[i], i == 0, sizes[s]));
			wr_store_close(store);
			case_ok(wr_store_find(env, dir.data, true, NULL, NULL, &manifest));
			assert_int_equal(manifest->number, 3 * s + 3);
			assert_int_equal(manifest->epoch, 9);
			assert_int_equal(manifest->segment_count, 3);
			assert_false(manifest->full);
			same_manifest(manifest);
			for (int32_t only = -1; only < CASE_WORKERS; only++) {
				case_ok(case_read(env, manifest, epoch, 3, only, sizes[s], &same));
				assert_true(same);
			}
			wr_manifest_free(manifest);
			/* the one before, by its name */
			wr_text_printf(&dir, "chk-%u", 3 * s + 2);
			case_ok(wr_store_find(env, dir.data, false, NULL, NULL, &manifest));
			assert_int_equal(manifest->epoch, 8);
			case_ok(case_read(env, manifest, epoch, 2, -1, sizes[s], &same));
			assert_true(same);
			wr_manifest_free(manifest);
			dir.len = strrchr(dir.data, '/') + 1 - dir.data;
			dir.data[dir.len] = '\0';
		}
	}
	wr_text_clear(&dir);
	wr_text_printf(&dir, "rm -r '%s'", folder);
	assert_int_equal(system(dir.data), 0);
	wr_text_release(&dir);
}

/* --- damage */

/* A disk with a full checkpoint 1 and an incremental 2. */
static struct disk *two_checkpoints(void)
{
	struct disk *disk = disk_new(1);
	struct wr_store_config config = case_config(&disk->env, CASE_DIR);
	struct wr_store *store;

	case_ok(wr_store_open(&config, &store));
	case_ok(case_write(store, 1, true, 40));
	case_ok(case_write(store, 2, false, 40));
	wr_store_close(store);
	return disk;
}

struct seen {
	uint32_t count;
	char text[400];
};

static void see_damage(void *user, const char *path, const wr_status *why)
{
	struct seen *seen = user;

	seen->count++;
	snprintf(seen->text, sizeof seen->text, "%s: %s", path, why->text);
}

/* What is found, with everything verified: the epoch, or 0. */
static uint64_t found_epoch(struct disk *disk, struct seen *seen)
{
	struct wr_manifest *manifest;
	wr_status *status = wr_store_find(&disk->env, CASE_DIR, true, see_damage, seen, &manifest);
	uint64_t epoch = status == NULL ? manifest->epoch : 0;

	wr_status_free(status);
	wr_manifest_free(manifest);
	return epoch;
}

static void flipped_bits_are_seen(void **state)
{
	struct disk *disk = two_checkpoints();
	static const struct {
		const char *path;
		uint64_t left; /* epoch of what can still be found */
		size_t step;   /* bits from one that is flipped to the next */
	} files[] = {
	    {CASE_DIR "/chk-2.manifest", 1, 1}, {CASE_DIR "/chk-2.segment", 1, 1},
	    {CASE_DIR "/chk-2.sinks", 1, 1009}, {CASE_DIR "/chk-1.segment", 0, 1},
	    {CASE_DIR "/chk-1.manifest", 2, 1}, {CASE_DIR "/chk-1.sinks", 2, 1009},
	};

	for (uint32_t f = 0; f < WR_COUNT(files); f++) {
		struct wr_text *bytes = disk_bytes(disk, files[f].path);

		for (size_t i = 0; i < bytes->len * 8; i += files[f].step) {
			struct seen seen = {0};

			bytes->data[i / 8] ^= (char)(1 << i % 8);
			assert_int_equal(found_epoch(disk, &seen), files[f].left);
			assert_int_equal(seen.count, files[f].left == 2   ? 0
						     : files[f].left == 1 ? 1
									  : 2);
			bytes->data[i / 8] ^= (char)(1 << i % 8);
		}
	}
	disk_free(disk);
}

/* Bytes that nobody has written under checksums that are right: refused or read, never followed out
 * of bounds (the sanitizers see to that). */
static void wrong_manifests_are_no_harm(void **state)
{
	struct disk *disk = two_checkpoints();
	struct wr_text *file = disk_bytes(disk, CASE_DIR "/chk-2.manifest");
	uint64_t body = file->len - WR_MANIFEST_HEAD, sum, refused = 0;

	for (size_t i = WR_MANIFEST_HEAD; i < file->len; i++) {
		static const uint8_t values[] = {0, 1, 2, 3, 22, 23, 127, 128, 129, 255};
		char was = file->data[i];

		for (uint32_t v = 0; v < WR_COUNT(values); v++) {
			struct wr_manifest *manifest;
			wr_status *status;

			file->data[i] = (char)values[v];
			sum = XXH3_64bits(file->data + WR_MANIFEST_HEAD, body);
			memcpy(file->data + 24, &sum, sizeof sum);
			sum = XXH3_64bits(file->data, 32);
			memcpy(file->data + 32, &sum, sizeof sum);
			status = wr_store_find(&disk->env, CASE_DIR "/chk-2", true, NULL, NULL,
					       &manifest);
			refused += status != NULL;
			wr_status_free(status);
			wr_manifest_free(manifest);
		}
		file->data[i] = was;
	}
	assert_true(refused > body); /* sizes, counts and types must fit together */
	disk_free(disk);
}

static void cut_files_are_seen(void **state)
{
	struct disk *disk = two_checkpoints();
	static const char *const files[] = {CASE_DIR "/chk-2.manifest", CASE_DIR "/chk-2.segment",
					    CASE_DIR "/chk-2.sinks"};

	for (uint32_t f = 0; f < WR_COUNT(files); f++) {
		struct wr_text *bytes = disk_bytes(disk, files[f]);
		size_t len = bytes->len;
		struct seen seen;

		for (bytes->len = 0; bytes->len < len; bytes->len += f == 2 ? 999 : 1) {
			seen = (struct seen){0};
			assert_int_equal(found_epoch(disk, &seen), 1);
			assert_int_equal(seen.count, 1);
		}
		wr_text_putc(bytes, 'x');
		seen = (struct seen){0};
		assert_int_equal(found_epoch(disk, &seen), 1);
		bytes->len = len;
	}
	disk_free(disk);
}

/* A segment that is whole, but another one. */
static void swapped_files_are_seen(void **state)
{
	struct disk *disk = two_checkpoints();
	struct disk *other = two_checkpoints();
	struct wr_text *a = disk_bytes(disk, CASE_DIR "/chk-2.segment");
	struct wr_text *b = disk_bytes(other, CASE_DIR "/chk-2.segment");
	struct seen seen = {0};

	assert_int_equal(a->len, b->len);
	memcpy(a->data, disk_bytes(disk, CASE_DIR "/chk-1.segment")->data, a->len);
	assert_int_equal(found_epoch(disk, &seen), 1);
	assert_non_null(strstr(seen.text, "chk-2.manifest"));
	assert_non_null(strstr(seen.text, "it belongs to another checkpoint"));
	disk_free(other);
	disk_free(disk);
}

static void messages(void **state)
{
	struct disk *disk = two_checkpoints();
	struct wr_text *bytes = disk_bytes(disk, CASE_DIR "/chk-2.segment");
	struct wr_manifest *manifest;
	struct seen seen = {0};
	wr_status *status;

	bytes->data[bytes->len - 1] ^= 1;
	assert_int_equal(found_epoch(disk, &seen), 1);
	assert_non_null(strstr(seen.text, "'ckpt/job/chk-2.segment' is damaged at byte "));
	assert_non_null(strstr(seen.text, "the checksum of the block is wrong"));
	bytes->len = 10;
	assert_int_equal(found_epoch(disk, &seen), 1);
	assert_non_null(strstr(seen.text, "it has 10 bytes instead of"));
	disk_change(disk, CASE_DIR "/chk-2.segment", "", 0);
	assert_int_equal(found_epoch(disk, &seen), 1);
	assert_non_null(strstr(seen.text, "'ckpt/job/chk-2.segment' is missing"));
	/* a newer format is no damage */
	bytes = disk_bytes(disk, CASE_DIR "/chk-1.manifest");
	bytes->data[0] = 'X';
	assert_int_equal(found_epoch(disk, &seen), 0);
	assert_non_null(strstr(seen.text, "is not a checkpoint"));
	status = wr_store_find(&disk->env, CASE_DIR, false, NULL, NULL, &manifest);
	assert_string_equal(status->text, "All checkpoints in 'ckpt/job' are damaged");
	wr_status_free(status);
	status = wr_store_find(&disk->env, "ckpt", false, NULL, NULL, &manifest);
	assert_string_equal(status->text, "There is no checkpoint in 'ckpt'");
	wr_status_free(status);
	status = wr_store_find(&disk->env, "ckpt/no", false, NULL, NULL, &manifest);
	assert_string_equal(status->text, "There is no checkpoint 'ckpt/no'");
	wr_status_free(status);
	disk_free(disk);
}

/* --- retention */

/* The names in the folder, "1m 1s 1b 2s" and so on: manifest, segment, bytes of sinks. */
static const char *listing(struct disk *disk, char *out)
{
	struct wr_store_files files = {0};
	size_t len = 0;

	*out = '\0';
	case_ok(wr_store_list(&disk->env, CASE_DIR, &files));
	for (uint32_t i = 0; i < files.count; i++)
		len += (size_t)snprintf(out + len, 400 - len, "%s%d%c", i > 0 ? " " : "",
					(int)files.file[i].number, "msbt"[files.file[i].kind]);
	wr_store_files_release(&files);
	return out;
}

static void old_ones_go(void **state)
{
	struct disk *disk = disk_new(3);
	struct wr_store_config config = case_config(&disk->env, CASE_DIR);
	struct wr_store *store;
	struct wr_store_writer *writer;
	char names[400];

	case_ok(wr_store_open(&config, &store));
	case_ok(case_write(store, 1, true, SIZE));
	assert_string_equal(listing(disk, names), "1m 1s 1b");
	case_ok(case_write(store, 2, false, SIZE));
	case_ok(case_write(store, 3, false, SIZE));
	assert_string_equal(listing(disk, names), "1s 2m 2s 2b 3m 3s 3b");
	case_ok(case_write(store, 4, true, SIZE));
	assert_string_equal(listing(disk, names), "1s 2s 3m 3s 3b 4m 4s 4b");
	/* one that is given up leaves nothing, and the next one must be full */
	case_ok(wr_store_begin(store, 5, false, &writer));
	case_ok(case_write_blocks(writer, 5, SIZE));
	assert_true(wr_store_writer_bytes(writer) > SIZE);
	assert_string_equal(listing(disk, names), "1s 2s 3m 3s 3b 4m 4s 4b 5s");
	wr_store_abort(writer);
	assert_true(wr_store_wants_full(store));
	assert_string_equal(listing(disk, names), "1s 2s 3m 3s 3b 4m 4s 4b");
	case_ok(case_write(store, 6, true, SIZE));
	assert_string_equal(listing(disk, names), "4m 4s 4b 6m 6s 6b");
	/* deltas have outgrown the state when they are larger than it */
	assert_false(wr_store_wants_full(store));
	case_ok(case_write(store, 7, false, SIZE));
	assert_false(wr_store_wants_full(store));
	case_ok(case_write(store, 8, false, SIZE));
	assert_true(wr_store_wants_full(store));
	assert_string_equal(listing(disk, names), "6s 7m 7s 7b 8m 8s 8b");
	wr_store_close(store);
	/* the next run goes on with the numbers, and keeps what is needed */
	case_ok(wr_store_open(&config, &store));
	assert_int_equal(wr_store_next(store), 9);
	assert_string_equal(listing(disk, names), "6s 7m 7s 7b 8m 8s 8b");
	case_ok(case_write(store, 9, true, SIZE));
	case_ok(case_write(store, 10, false, SIZE));
	assert_string_equal(listing(disk, names), "9m 9s 9b 10m 10s 10b");
	/* going back behind the newest */
	wr_store_close(store);
	case_ok(wr_store_open(&config, &store));
	struct wr_manifest *manifest;
	case_ok(wr_store_find(&disk->env, CASE_DIR "/chk-9", true, NULL, NULL, &manifest));
	manifest->dir[0] = 'X'; /* of another folder: nothing goes */
	wr_status_free(wr_store_go_on_from(store, manifest));
	assert_string_equal(listing(disk, names), "9m 9s 9b 10m 10s 10b");
	manifest->dir[0] = CASE_DIR[0];
	case_ok(wr_store_go_on_from(store, manifest));
	wr_manifest_free(manifest);
	assert_string_equal(listing(disk, names), "9m 9s 9b");
	assert_int_equal(wr_store_next(store), 11);
	wr_store_close(store);
	disk_free(disk);
}

/* Damaged manifests do not count as kept, and nothing that they may need goes before they do. */
static void damaged_ones_are_not_counted(void **state)
{
	struct disk *disk = disk_new(3);
	struct wr_store_config config = case_config(&disk->env, CASE_DIR);
	struct seen seen = {0};
	struct wr_store *store;
	char names[400];

	config.damaged = see_damage;
	config.user = &seen;
	case_ok(wr_store_open(&config, &store));
	case_ok(case_write(store, 1, true, SIZE));
	case_ok(case_write(store, 2, true, SIZE));
	wr_store_close(store);
	disk_bytes(disk, CASE_DIR "/chk-2.manifest")->data[50] ^= 4;
	case_ok(wr_store_open(&config, &store));
	assert_int_equal(seen.count, 1);
	assert_string_equal(listing(disk, names), "1m 1s 1b 2m 2s 2b");
	case_ok(case_write(store, 3, true, SIZE));
	assert_string_equal(listing(disk, names), "1m 1s 1b 2m 2s 2b 3m 3s 3b");
	case_ok(case_write(store, 4, true, SIZE));
	assert_string_equal(listing(disk, names), "3m 3s 3b 4m 4s 4b");
	wr_store_close(store);
	disk_free(disk);
}

/* The second of two runs takes the folder over; the first one does no harm to it any more. */
static void two_runs(void **state)
{
	struct disk *disk = disk_new(3);
	struct wr_store_config config = case_config(&disk->env, CASE_DIR);
	struct wr_store *first, *second;
	struct wr_store_writer *writer;
	struct wr_manifest manifest = case_manifest();
	struct wr_text *segment;
	struct wr_text before;
	char names[400];
	wr_status *status;

	case_ok(wr_store_open(&config, &first));
	case_ok(case_write(first, 1, true, SIZE));
	case_ok(wr_store_begin(first, 2, false, &writer));
	case_ok(wr_store_open(&config, &second)); /* removes chk-2.segment */
	case_ok(case_write(second, 7, true, SIZE));
	segment = disk_bytes(disk, CASE_DIR "/chk-3.segment");
	wr_text_init(&before);
	wr_text_add(&before, segment->data, segment->len);
	case_ok(case_write_blocks(writer, 2, SIZE));
	status = wr_store_commit(writer, &manifest);
	assert_string_equal(status->text,
			    "Another run writes its checkpoints to 'ckpt/job' by now");
	wr_status_free(status);
	status = wr_store_begin(first, 3, true, &writer);
	assert_non_null(status);
	wr_status_free(status);
	assert_string_equal(listing(disk, names), "1m 1s 1b 3m 3s 3b");
	segment = disk_bytes(disk, CASE_DIR "/chk-3.segment");
	assert_int_equal(segment->len, before.len);
	assert_memory_equal(segment->data, before.data, before.len);
	case_ok(case_write(second, 8, false, SIZE));
	assert_string_equal(listing(disk, names), "3m 3s 3b 4m 4s 4b");
	wr_text_release(&before);
	wr_store_close(first);
	wr_store_close(second);
	disk_free(disk);
}

/* --- failures and crashes */

/* What was promised to the caller of the store. */
struct promise {
	uint64_t told;       /* epoch of the last checkpoint whose commit succeeded; 0: none */
	uint64_t begun;      /* of the last one begun */
	uint64_t full[12];   /* per epoch: the epoch of its full one */
	uint64_t number[12]; /* per epoch: its number */
};

/* A run with checkpoints of the epochs from..to, every third one full. Stops at the first error
 * with `stop`, else gives the checkpoint up and goes on. */
static void run(struct disk *disk, struct promise *promise, uint64_t from, uint64_t to, bool stop)
{
	struct wr_store_config config = case_config(&disk->env, CASE_DIR);
	struct wr_store *store;
	wr_status *status = wr_store_open(&config, &store);

	for (uint64_t epoch = from; epoch <= to && store != NULL; epoch++) {
		bool full = wr_store_wants_full(store) || epoch % 3 == 0;

		promise->begun = epoch;
		promise->full[epoch] = full ? epoch : promise->full[epoch - 1];
		promise->number[epoch] = wr_store_next(store);
		status = case_write(store, epoch, full, SIZE);
		if (status == NULL)
			promise->told = epoch;
		else if (stop)
			break;
		wr_status_free(status);
		status = NULL;
	}
	wr_status_free(status);
	wr_store_close(store);
}

/* Whether all manifests in the folder are whole (C1): older ones are as good as the newest. */
static void check_all_whole(struct disk *disk)
{
	struct wr_store_files files = {0};
	wr_status *status = wr_store_list(&disk->env, CASE_DIR, &files);

	wr_status_free(status); /* the folder may not be there yet */
	for (uint32_t i = 0; i < files.count; i++) {
		struct wr_manifest *manifest;
		struct wr_text path;

		if (files.file[i].kind != WR_FILE_MANIFEST)
			continue;
		wr_text_init(&path);
		wr_store_path(&path, CASE_DIR, files.file[i].number, WR_FILE_MANIFEST);
		case_ok(wr_store_find(&disk->env, path.data, true, NULL, NULL, &manifest));
		wr_manifest_free(manifest);
		wr_text_release(&path);
	}
	wr_store_files_release(&files);
}

/* The newest checkpoint is the one that was told of, or the one after it; and it is whole. */
static uint64_t check_promise(struct disk *disk, const struct promise *promise)
{
	struct wr_manifest *manifest = NULL;
	wr_status *status = wr_store_find(&disk->env, CASE_DIR, true, NULL, NULL, &manifest);
	uint64_t epoch[12], found = 0;
	uint32_t count = 0;
	bool same;

	if (manifest != NULL) {
		found = manifest->epoch;
		assert_int_equal(manifest->number, promise->number[found]);
		for (uint64_t e = promise->full[found]; e <= found; e++)
			epoch[count++] = e;
		case_ok(case_read(&disk->env, manifest, epoch, count, -1, SIZE, &same));
		assert_true(same);
	}
	assert_true(found >= promise->told && found <= promise->begun);
	wr_manifest_free(manifest);
	wr_status_free(status);
	return found;
}

/* Everything in the folder is needed: a manifest, or a segment of one. */
static void check_no_leftovers(struct disk *disk)
{
	struct wr_store_files files = {0};

	case_ok(wr_store_list(&disk->env, CASE_DIR, &files));
	for (uint32_t i = 0; i < files.count; i++) {
		bool needed = files.file[i].kind == WR_FILE_MANIFEST;

		for (uint32_t k = 0; k < files.count && !needed; k++) {
			struct wr_manifest *manifest;
			struct wr_text path;

			if (files.file[k].kind != WR_FILE_MANIFEST)
				continue;
			wr_text_init(&path);
			wr_store_path(&path, CASE_DIR, files.file[k].number, WR_FILE_MANIFEST);
			case_ok(wr_manifest_read(&disk->env, path.data, &manifest, NULL));
			for (uint32_t s = 0; s < manifest->segment_count; s++)
				needed =
				    needed || manifest->segment[s].number == files.file[i].number;
			wr_manifest_free(manifest);
			wr_text_release(&path);
		}
		assert_true(needed);
	}
	wr_store_files_release(&files);
}

/* The machine stops at each call in turn, with more or less luck; then a second run goes on. */
static void crash_at_every_call(void **state)
{
	bool done = false;

	for (uint64_t at = 1; !done; at++) {
		for (uint32_t luck = 0; luck <= 8; luck++) {
			struct disk *disk = disk_new(at * 9 + luck);
			struct promise promise = {0};
			uint64_t found;

			disk->fail_at = at;
			disk->stay_broken = true;
			run(disk, &promise, 1, 7, true);
			done = disk->calls < at;
			disk_crash(disk, luck);
			check_all_whole(disk);
			found = check_promise(disk, &promise);
			promise.told = found;
			run(disk, &promise, found + 1, found + 2, true);
			assert_int_equal(promise.told, found + 2);
			assert_int_equal(check_promise(disk, &promise), found + 2);
			check_no_leftovers(disk);
			disk_free(disk);
		}
	}
}

/* Each call fails once: that checkpoint is given up, the next ones succeed. */
static void failure_at_every_call(void **state)
{
	bool done = false;

	for (uint64_t at = 1; !done; at++) {
		struct disk *disk = disk_new(at);
		struct promise promise = {0};

		disk->fail_at = at;
		run(disk, &promise, 1, 7, false);
		done = disk->calls < at;
		disk_mend(disk);
		assert_true(promise.told == 7 || promise.told == 6 || promise.begun == 0);
		check_all_whole(disk);
		(void)check_promise(disk, &promise);
		disk_crash(disk, (uint32_t)(at % 9));
		(void)check_promise(disk, &promise);
		disk_free(disk);
	}
}

/* A disk that stays full: the earlier checkpoint stays as it is. */
static void full_disk_at_every_call(void **state)
{
	bool done = false;

	for (uint64_t at = 1; !done; at++) {
		struct disk *disk = disk_new(at);
		struct promise promise = {0};

		run(disk, &promise, 1, 2, false);
		disk->fail_at = disk->calls + at;
		disk->stay_broken = true;
		run(disk, &promise, 3, 6, false);
		done = disk->calls < disk->fail_at;
		disk_mend(disk);
		assert_true(check_promise(disk, &promise) >= 2);
		disk_free(disk);
	}
}

/* --- small things */

static void who_needs_a_block(void **state)
{
	struct wr_manifest manifest = case_manifest();
	struct wr_store_block block = {.kind = WR_RECORD_PUT};
	uint32_t from, to;

	for (uint32_t old = 1; old <= 9; old++) {
		for (uint32_t now = 1; now <= 9; now++) {
			manifest.workers = old;
			for (block.worker = 0; block.worker < old; block.worker++) {
				uint32_t met = 0, expected = 0;

				for (uint32_t w = 0; w < now; w++) {
					struct wr_owner owner = {w, now, 128};
					bool shared = false;

					for (uint32_t g = 0; g < 128; g++) {
						from = wr_key_group_worker(g, 128, old);
						to = wr_key_group_worker(g, 128, now);
						shared =
						    shared || (from == block.worker && to == w);
					}
					expected += shared;
					met += wr_store_meets(&manifest, &block, &owner);
					assert_int_equal(wr_store_meets(&manifest, &block, &owner),
							 shared);
				}
				assert_int_equal(met, expected);
			}
		}
	}
	/* without a key: for all */
	block = (struct wr_store_block){.state = 1, .kind = WR_RECORD_EXTRA};
	struct wr_owner last = {8, 9, 128};
	assert_true(wr_store_meets(&manifest, &block, &last));
}

static void compression_names(void **state)
{
	enum wr_store_compression how;
	wr_status *status;

	case_ok(wr_store_compression_read("LZ4", &how));
	assert_int_equal(how, WR_STORE_LZ4);
	case_ok(wr_store_compression_read("zstd", &how));
	assert_int_equal(how, WR_STORE_ZSTD);
	case_ok(wr_store_compression_read("none", &how));
	assert_int_equal(how, WR_STORE_PLAIN);
	status = wr_store_compression_read("gzip", &how);
	assert_string_equal(status->text, "'gzip' is not a compression of checkpoints");
	assert_string_equal(status->hint, "Use lz4, zstd or none");
	wr_status_free(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(flipped_bits_are_seen),
	    cmocka_unit_test(wrong_manifests_are_no_harm),
	    cmocka_unit_test(cut_files_are_seen),
	    cmocka_unit_test(swapped_files_are_seen),
	    cmocka_unit_test(messages),
	    cmocka_unit_test(old_ones_go),
	    cmocka_unit_test(damaged_ones_are_not_counted),
	    cmocka_unit_test(two_runs),
	    cmocka_unit_test(crash_at_every_call),
	    cmocka_unit_test(failure_at_every_call),
	    cmocka_unit_test(full_disk_at_every_call),
	    cmocka_unit_test(who_needs_a_block),
	    cmocka_unit_test(compression_names),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
