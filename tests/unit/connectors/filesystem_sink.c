/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_sink - writing files: what is seen before and after commit, the last row of every key,
 * part files, partitions, and a disk that fails at every step.
 */
#include "filesystem_kv.h"

#include <sys/stat.h>

/* Opens, writes all rows and closes. */
static wr_status *write_all(struct table *table, const struct row *row, uint32_t count, bool commit)
{
	struct wr_sink *sink;
	wr_status *status;

	WR_TRY(wr_fs_sink_open(&table->args, &table->setup, &sink));
	status = sink_rows(sink, row, count);
	wr_status *closed = wr_fs_sink_close(sink, commit && status == NULL);
	if (status == NULL)
		return closed;
	wr_status_free(closed);
	return status;
}

static const struct row abc[] = {{WR_INSERT, "a", 1}, {WR_INSERT, "b", 2}, {WR_INSERT, "c", 3}};

/* Nothing but a hidden file before commit; the old file stays until then. */
static void test_file_commit(void **state)
{
	struct table table;
	struct wr_sink *sink;

	kv_table(&table);
	table_path(&table, "made/by/it/out.txt");
	assert_null(wr_connector_filesystem.check(&table.args, true));
	assert_string_equal(names(&table, "made"), ""); /* check leaves nothing behind */
	assert_null(write_all(&table, abc, 3, true));
	assert_string_equal(get_file(&table, "made/by/it/out.txt"), "a,1\nb,2\nc,3\n");
	assert_string_equal(names(&table, "made/by/it"), "out.txt\n");
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &sink));
	assert_null(sink_rows(sink, abc, 1));
	assert_string_equal(get_file(&table, "made/by/it/out.txt"), "a,1\nb,2\nc,3\n");
	assert_int_equal(strncmp(names(&table, "made/by/it"), ".out.txt.inprogress-", 20), 0);
	assert_null(wr_fs_sink_close(sink, true));
	assert_string_equal(get_file(&table, "made/by/it/out.txt"), "a,1\n");
	assert_null(write_all(&table, abc, 3, false));
	assert_string_equal(get_file(&table, "made/by/it/out.txt"), "a,1\n");
	assert_string_equal(names(&table, "made/by/it"), "out.txt\n");
	assert_null(write_all(&table, abc, 0, true)); /* no rows: an empty file */
	assert_string_equal(get_file(&table, "made/by/it/out.txt"), "");
	table_release(&table);
}

/* Buffers of every size give the same bytes. */
static void test_buffers(void **state)
{
	struct table table;
	struct row row[50];

	kv_table(&table);
	table_path(&table, "o.txt");
	for (int i = 0; i < 50; i++)
		row[i] = (struct row){WR_INSERT, "key", i * 1000};
	assert_null(write_all(&table, row, 50, true));
	const char *want = get_file(&table, "o.txt");
	for (size_t size = 1; size < 700; size += 7) {
		table.setup.write_bytes = size;
		assert_null(write_all(&table, row, 50, true));
		assert_string_equal(get_file(&table, "o.txt"), want);
	}
	table_release(&table);
}

static void test_packed_files(void **state)
{
	static const char *const name[] = {"o.txt.gz", "o.zst"};
	struct table table, back;
	struct row row[3000];
	struct reading reading;

	kv_table(&table);
	for (int i = 0; i < 3000; i++)
		row[i] = (struct row){WR_INSERT, i % 2 == 0 ? "even" : "odd", (i * 7919) % 65537};
	for (size_t n = 0; n < WR_COUNT(name); n++) {
		for (int keyed = 0; keyed < 2; keyed++) {
			table.setup.write_bytes = keyed ? 100 : 1000;
			table.args.primary_key_count = (uint32_t)keyed;
			table.key[0] = 1; /* v is unique */
			table_path(&table, name[n]);
			assert_null(write_all(&table, row, 3000, true));
			kv_table(&back);
			table_option(&back, "path", in_folder(&table, name[n]));
			assert_null(read_all(&back, &reading));
			assert_int_equal(reading.lines, 3000);
			assert_true(reading.bytes > 3000 * 5);
			struct wr_file_info info;
			struct wr_env *env = wr_env_system();
			assert_null(env->ops->stat(env, in_folder(&table, name[n]), &info));
			assert_true((uint64_t)info.size < reading.bytes);
			reading_release(&reading);
			table_release(&back);
		}
	}
	table_path(&table, "o.bz2");
	assert_error(wr_connector_filesystem.check(&table.args, true), "'bz2' is not supported");
	table_release(&table);
}

/* --- keys ---------------------------------------------------------------------------------------
 */

static void test_last_row_of_every_key(void **state)
{
	static const struct row rows[] = {
	    {WR_INSERT, "a", 1},        {WR_INSERT, "b", 1},       {WR_INSERT, NULL, 1},
	    {WR_UPDATE_BEFORE, "a", 1}, {WR_UPDATE_AFTER, "a", 2}, {WR_INSERT, "c", 1},
	    {WR_UPDATE_AFTER, NULL, 2}, {WR_DELETE, "b", 1},       {WR_DELETE, "none", 1},
	    {WR_UPDATE_AFTER, "a", 3},
	};
	struct table table;

	kv_table(&table);
	kv_key(&table);
	table_path(&table, "o.txt");
	assert_null(write_all(&table, rows, WR_COUNT(rows), true));
	assert_string_equal(get_file(&table, "o.txt"), "c,1\nNULL,2\na,3\n");
	assert_null(write_all(&table, abc, 3, true)); /* nothing superseded: as it was written */
	assert_string_equal(get_file(&table, "o.txt"), "a,1\nb,2\nc,3\n");
	assert_null(write_all(&table, rows, WR_COUNT(rows), false));
	assert_string_equal(names(&table, ""), "o.txt\n");
	static const struct row gone[] = {{WR_INSERT, "a", 1}, {WR_DELETE, "a", 1}};
	assert_null(write_all(&table, gone, 2, true));
	assert_string_equal(get_file(&table, "o.txt"), "");
	table_path(&table, "folder");
	assert_null(write_all(&table, rows, WR_COUNT(rows), true));
	const char *part = names(&table, "folder");
	assert_int_equal(strncmp(part, "part-", 5), 0);
	assert_ptr_equal(strchr(part, '\n'), part + strlen(part) - 1); /* one of them */
	table_release(&table);
}

/* Keys of which many share a home slot, and some 64 bits of hash. */
static struct wr_fs_key clashing_key(uint32_t k)
{
	return (struct wr_fs_key){(uint64_t)(k / 3) << 56 | (k / 3 << 20), k % 3};
}

/* The sorted records are exactly those of `where`, and a rebuilt table knows all their keys. */
static void check_live(struct wr_fs_upsert *upsert, const uint64_t *where, uint32_t keys)
{
	uint64_t known = 0;

	wr_fs_upsert_sort(upsert);
	for (uint64_t i = 1; i < upsert->count; i++)
		assert_true(upsert->slot[i - 1].offset < upsert->slot[i].offset);
	for (uint32_t k = 0; k < keys; k++)
		for (uint64_t i = 0; i < upsert->count && where[k] != 0; i++)
			known += upsert->slot[i].offset == where[k];
	assert_int_equal(known, upsert->count);
	wr_fs_upsert_rebuild(upsert);
	for (uint64_t i = 0; i < upsert->capacity; i++) /* moved together: 0, 10, 20 ... */
		assert_true(upsert->slot[i].len == 0 ||
			    upsert->slot[i].offset < upsert->count * 10);
	for (uint32_t k = 0; k < keys; k++) {
		uint64_t dead = upsert->dead;

		if (where[k] == 0)
			continue;
		wr_fs_upsert_put(upsert, clashing_key(k), where[k], 10);
		assert_int_equal(upsert->dead, dead + 1); /* it was there */
	}
}

/* Random changes against a plain array; the table of keys grows, shrinks and is rebuilt. */
static void test_keys_at_random(void **state)
{
	enum { KEYS = 2000, STEPS = 40000 };
	uint64_t where[KEYS] = {0};
	struct wr_fs_upsert upsert = {0};
	uint32_t seed = 1, live = 0;

	for (uint64_t step = 1; step <= STEPS; step++) {
		seed = seed * 1664525 + 1013904223;
		uint32_t k = (seed >> 8) % KEYS;

		if ((seed >> 4) % 5 < 2) {
			wr_fs_upsert_remove(&upsert, clashing_key(k));
			live -= where[k] != 0;
			where[k] = 0;
		} else {
			wr_fs_upsert_put(&upsert, clashing_key(k), step * 10, 10);
			live += where[k] == 0;
			where[k] = step * 10;
		}
		assert_int_equal(upsert.count, live);
		assert_int_equal(upsert.live_bytes, live * 10);
		if (step % 9000 == 0)
			check_live(&upsert, where, KEYS);
	}
	for (uint32_t k = 0; k < KEYS; k++)
		wr_fs_upsert_remove(&upsert, clashing_key(k));
	assert_int_equal(upsert.count, 0);
	assert_int_equal(upsert.live_bytes, 0);
	wr_fs_upsert_release(&upsert);
}

/* A file of which most is dead is copied while the job runs. */
static void test_compaction_on_the_way(void **state)
{
	struct table table;
	struct wr_sink *sink;
	const char *names_of_keys[] = {"a", "b", "c", "d"};

	kv_table(&table);
	kv_key(&table);
	table_path(&table, "o.txt");
	table.setup.compact_bytes = 200;
	table.setup.write_bytes = 10;
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &sink));
	for (int i = 0; i < 1000; i++) {
		struct row row = {WR_UPDATE_AFTER, names_of_keys[i % 4], i};

		assert_null(sink_rows(sink, &row, 1));
		assert_true(sink->out[0]->bytes <= 220);
	}
	static const struct row gone = {WR_DELETE, "b", 0};
	assert_null(sink_rows(sink, &gone, 1));
	assert_null(wr_fs_sink_close(sink, true));
	assert_string_equal(get_file(&table, "o.txt"), "a,996\nc,998\nd,999\n");
	assert_string_equal(names(&table, ""), "o.txt\n");
	table_release(&table);
}

static void test_keys_max(void **state)
{
	struct table table;

	kv_table(&table);
	kv_key(&table);
	table_path(&table, "o.txt");
	table_option(&table, "sink.upsert.max-keys", "2");
	assert_error(write_all(&table, abc, 3, true), "more than 2 keys ('sink.upsert.max-keys')");
	assert_string_equal(names(&table, ""), "");
	assert_null(write_all(&table, abc, 2, true));
	table_release(&table);
}

static void test_updates_without_key(void **state)
{
	static const struct row update[] = {{WR_INSERT, "a", 1}, {WR_UPDATE_AFTER, "a", 2}};
	struct table table;
	struct wr_format changelog = line_format;

	kv_table(&table);
	table_path(&table, "o.txt");
	assert_error(write_all(&table, update, 2, true),
		     "gets an update (+U), which a table without "
		     "PRIMARY KEY cannot take");
	kv_key(&table);
	table_option(&table, "path", "-");
	assert_error(write_all(&table, update, 2, true), "a stream of bytes");
	table_path(&table, "o.txt");
	changelog.changelog = true;
	table.args.format = &changelog;
	assert_null(write_all(&table, update, 2, true)); /* all kinds, all rows */
	assert_string_equal(get_file(&table, "o.txt"), "a,1\na,2\n");
	table_release(&table);
}

/* --- folders ------------------------------------------------------------------------------------
 */

/* Lines of all files in the folders, as the source reads them. */
static void assert_reads(struct table *table, const char *name, const char *want)
{
	const struct wr_option_value *was = wr_options_get(&table->options, "path");
	const char *path = was->text;

	table_path(table, name);
	assert_rows(table, want);
	table_option(table, "path", path);
}

static void test_folder_parts(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_env *env = wr_env_system();
	struct wr_file_info info;

	kv_table(&table);
	table_path(&table, "out");
	table_option(&table, "sink.rolling-policy.file-size", "4");
	table_option(&table, "sink.partition-commit.policy.kind", "metastore,success-file");
	assert_null(wr_connector_filesystem.check(&table.args, true));
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &sink));
	for (int i = 0; i < 3; i++)
		assert_null(sink_rows(sink, abc + i, 1));
	assert_reads(&table, "out", "");
	assert_null(wr_fs_sink_close(sink, true));
	const char *all = names(&table, "out");
	assert_int_equal(strncmp(all, "_SUCCESS\npart-", 14), 0);
	assert_non_null(strstr(all, "-0-0\n"));
	assert_non_null(strstr(all, "-0-2\n"));
	assert_null(strstr(all, "-0-3\n"));
	assert_reads(&table, "out", "a|1\nb|2\nc|3\n");
	/* another job adds; INSERT OVERWRITE replaces */
	assert_null(write_all(&table, abc, 1, true));
	struct reading reading;
	assert_null(read_all(&table, &reading));
	assert_int_equal(reading.lines, 4);
	reading_release(&reading);
	table.args.overwrite = true;
	assert_null(write_all(&table, abc + 1, 1, true));
	assert_reads(&table, "out", "b|2\n");
	assert_null(write_all(&table, abc, 3, false));
	assert_reads(&table, "out", "b|2\n");
	/* a folder that was made by a job that failed is gone */
	table_path(&table, "new");
	assert_null(write_all(&table, abc, 3, false));
	assert_null(env->ops->stat(env, in_folder(&table, "new"), &info));
	assert_false(info.exists);
	table_release(&table);
}

static void test_partitioned(void **state)
{
	static const struct row rows[] = {{WR_INSERT, "x/y", 1}, {WR_INSERT, NULL, 2},
					  {WR_INSERT, "a b", 3}, {WR_INSERT, "x/y", 4},
					  {WR_INSERT, "", 5},    {WR_INSERT, "x/y", 6}};
	struct table table;

	kv_table(&table);
	table_partition(&table, "k");
	table_path(&table, "p");
	table_option(&table, "sink.partition-commit.policy.kind", "success-file");
	assert_null(wr_connector_filesystem.check(&table.args, true));
	assert_null(write_all(&table, rows, 6, true));
	assert_string_equal(names(&table, "p"), "k=__DEFAULT_PARTITION__\nk=a b\nk=x%2Fy\n");
	assert_non_null(strstr(names(&table, "p/k=a b"), "_SUCCESS\npart-"));
	assert_rows(&table, "NULL|2\nNULL|5\na b|3\nx/y|1\nx/y|4\nx/y|6\n");
	/* overwriting touches only the partitions that get rows */
	table.args.overwrite = true;
	assert_null(write_all(&table, rows, 1, true));
	assert_rows(&table, "NULL|2\nNULL|5\na b|3\nx/y|1\n");
	/* a job that fails leaves no folder of its own */
	static const struct row other[] = {{WR_INSERT, "new", 1}};
	assert_null(write_all(&table, other, 1, false));
	assert_null(strstr(names(&table, "p"), "new"));
	static const struct row update[] = {{WR_DELETE, "new", 1}};
	kv_key(&table);
	assert_error(write_all(&table, update, 1, true), "a table with PARTITIONED BY");
	table_path(&table, "o.txt");
	assert_error(wr_connector_filesystem.check(&table.args, true), "is one file");
	table_release(&table);
}

/* More partitions than files may be open: the rows are all there, in order within each. */
static void test_many_partitions(void **state)
{
	enum { PARTS = 200, ROUNDS = 3 };
	struct table table;
	struct wr_sink *sink;
	struct reading reading;
	struct row row[PARTS];
	char name[PARTS][8];

	kv_table(&table);
	table_partition(&table, "k");
	table_path(&table, "p");
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &sink));
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PARTS; i++) {
			snprintf(name[i], sizeof name[i], "%03d", i);
			row[i] = (struct row){WR_INSERT, name[i], round};
		}
		assert_null(sink_rows(sink, row, PARTS));
		assert_true(sink->open_count <= 64);
	}
	assert_null(wr_fs_sink_close(sink, true));
	assert_null(read_all(&table, &reading));
	const char *at = reading.rows.data;
	for (int i = 0; i < PARTS; i++)
		for (int round = 0; round < ROUNDS; round++) {
			char want[32];
			int len = snprintf(want, sizeof want, "%03d|%d\n", i, round);

			assert_memory_equal(at, want, (size_t)len);
			at += len;
		}
	reading_release(&reading);
	table_release(&table);
}

/* --- places -------------------------------------------------------------------------------------
 */

static void test_places(void **state)
{
	struct table table;

	kv_table(&table);
	put_file(&table, "file", "x");
	table_path(&table, "file");
	assert_error(wr_connector_filesystem.check(&table.args, true), "is a file");
	table_path(&table, "file/out.txt");
	assert_error(wr_connector_filesystem.check(&table.args, true), "is not a folder");
	table_path(&table, "a/*");
	assert_error(wr_connector_filesystem.check(&table.args, true), "a pattern can be read");
	mkdir(in_folder(&table, "with.dot"), 0777);
	table_path(&table, "with.dot"); /* a folder that is there is a folder */
	assert_null(write_all(&table, abc, 1, true));
	assert_int_equal(strncmp(names(&table, "with.dot"), "part-", 5), 0);
	table_path(&table, "slash.d/");
	assert_null(write_all(&table, abc, 1, true));
	assert_int_equal(strncmp(names(&table, "slash.d"), "part-", 5), 0);
	if (geteuid() != 0) {
		mkdir(in_folder(&table, "locked"), 0500);
		table_path(&table, "locked/o.txt");
		assert_error(wr_connector_filesystem.check(&table.args, true), "does not allow it");
	}
	table_option(&table, "path", "/proc/o.txt");
	assert_error(write_all(&table, abc, 1, true), "Cannot write");
	table_release(&table);
}

/* A second writer of the same file is told, not overwritten without a word. */
static void test_two_writers(void **state)
{
	struct table table;
	struct wr_sink *one, *two;

	kv_table(&table);
	table_path(&table, "o.txt");
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &one));
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &two));
	assert_null(sink_rows(one, abc, 1));
	assert_null(sink_rows(two, abc + 1, 1));
	assert_null(wr_fs_sink_close(one, true));
	assert_error(wr_fs_sink_close(two, true), "was written by someone else");
	assert_string_equal(get_file(&table, "o.txt"), "a,1\n");
	assert_string_equal(names(&table, ""), "o.txt\n");
	table_release(&table);
}

static void test_standard_output(void **state)
{
	struct table table;
	struct wr_sink *sink;
	int saved = dup(STDOUT_FILENO), fd;

	kv_table(&table);
	fflush(stdout);
	fd = open(in_folder(&table, "caught"), O_RDWR | O_CREAT, 0666);
	dup2(fd, STDOUT_FILENO);
	table_option(&table, "path", "-");
	assert_null(wr_fs_sink_open(&table.args, &table.setup, &sink));
	assert_null(sink_rows(sink, abc, 2));
	assert_null(wr_fs_sink_flush(sink));
	const char *flushed = get_file(&table, "caught");
	assert_null(sink_rows(sink, abc + 2, 1));
	wr_status *status = wr_fs_sink_close(sink, true);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	assert_null(status);
	assert_string_equal(flushed, "a,1\nb,2\n");
	assert_string_equal(get_file(&table, "caught"), "a,1\nb,2\nc,3\n");
	table_release(&table);
}

/* A device is written in place; a full one says what to do. */
static void test_full_device(void **state)
{
	struct table table;
	wr_status *status;

	kv_table(&table);
	table_option(&table, "path", "/dev/full");
	status = write_all(&table, abc, 3, true);
	assert_non_null(status);
	assert_non_null(strstr(status->text, "No space left"));
	assert_non_null(strstr(status->hint, "Make room"));
	wr_status_free(status);
	table_option(&table, "path", "/dev/null");
	assert_null(write_all(&table, abc, 3, true));
	table_release(&table);
}

/* --- a disk that fails --------------------------------------------------------------------------
 */

static struct failing {
	struct wr_env base; /* first */
	struct wr_env_ops ops;
	int calls_left;
} failing;

static bool fails_now(void)
{
	return failing.calls_left-- == 0;
}
static wr_status *failure(void)
{
	return wr_status_new(WR_USER_ERROR, "no space");
}
static wr_status *fail_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
			    struct wr_file **file)
{
	if (fails_now())
		return failure();
	wr_status *status = wr_env_system()->ops->open(wr_env_system(), path, mode, file);
	if (status == NULL)
		(*file)->env = &failing.base;
	return status;
}
static wr_status *fail_write(struct wr_file *file, const void *bytes, size_t len)
{
	return fails_now() ? failure() : wr_env_system()->ops->write(file, bytes, len);
}
static wr_status *fail_sync(struct wr_file *file)
{
	return fails_now() ? failure() : wr_env_system()->ops->sync(file);
}
static wr_status *fail_rename(struct wr_env *env, const char *from, const char *to)
{
	return fails_now() ? failure() : wr_env_system()->ops->rename(env, from, to);
}
static wr_status *fail_make_dirs(struct wr_env *env, const char *path)
{
	return fails_now() ? failure() : wr_env_system()->ops->make_dirs(env, path);
}

/* Whichever call fails, the job fails and the file is the old one; without a failure the new one.
 */
static void test_every_failure(void **state)
{
	static const struct row rows[] = {
	    {WR_INSERT, "a", 1}, {WR_INSERT, "b", 1}, {WR_INSERT, "a", 2}};
	struct table table;
	int failures = 0;

	failing.base.ops = &failing.ops;
	failing.ops = *wr_env_system()->ops;
	failing.ops.open = fail_open;
	failing.ops.write = fail_write;
	failing.ops.sync = fail_sync;
	failing.ops.rename = fail_rename;
	failing.ops.make_dirs = fail_make_dirs;
	for (int variant = 0; variant < 4; variant++) {
		wr_status *status;
		int call = 0;

		kv_table(&table);
		table.setup.env = &failing.base;
		table.setup.write_bytes = 6;
		put_file(&table, "o.txt", "old\n");
		put_file(&table, "o.txt.gz", "old\n");
		table_path(&table, variant == 2 ? "o.txt.gz" : variant == 3 ? "d" : "o.txt");
		if (variant != 3)
			table.args.primary_key_count = variant == 1 || variant == 2;
		else
			table_partition(&table, "k");
		do {
			failing.calls_left = call++;
			status = write_all(&table, rows, 3, true);
			failing.calls_left = -1;
			if (status == NULL)
				break;
			failures++;
			assert_string_equal(status->text, "no space");
			wr_status_free(status);
			assert_string_equal(get_file(&table, "o.txt.gz"), "old\n");
			assert_string_equal(get_file(&table, "o.txt"), "old\n");
			if (variant != 3)
				assert_string_equal(names(&table, ""), "o.txt\no.txt.gz\n");
			else
				remove_tree(in_folder(&table, "d")); /* one may be renamed */
		} while (call < 100);
		assert_in_range(call, 5, 60);
		if (variant == 1)
			assert_string_equal(get_file(&table, "o.txt"), "b,1\na,2\n");
		table_release(&table);
	}
	assert_true(failures > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file_commit),     cmocka_unit_test(test_buffers),
	    cmocka_unit_test(test_packed_files),    cmocka_unit_test(test_last_row_of_every_key),
	    cmocka_unit_test(test_keys_at_random),  cmocka_unit_test(test_compaction_on_the_way),
	    cmocka_unit_test(test_keys_max),        cmocka_unit_test(test_updates_without_key),
	    cmocka_unit_test(test_folder_parts),    cmocka_unit_test(test_partitioned),
	    cmocka_unit_test(test_many_partitions), cmocka_unit_test(test_places),
	    cmocka_unit_test(test_two_writers),     cmocka_unit_test(test_standard_output),
	    cmocka_unit_test(test_full_device),     cmocka_unit_test(test_every_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
