/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_checkpoint - the file sink under checkpoints, case by case: damaged notes, files that
 * are gone, other places, success files by clock and by watermark, a commit beside writing.
 */
#include "filesystem_kv.h"

#include <pthread.h>
#include <sys/stat.h>

#include "fake_disk.h"

static const struct row abc[] = {{WR_INSERT, "a", 1}, {WR_INSERT, "b", 2}, {WR_INSERT, "c", 3}};

/* Writes rows and prepares; the note is the caller's. */
static void write_prepare(struct wr_sink *sink, const struct row *row, uint32_t count,
			  struct wr_text *note)
{
	wr_text_init(note);
	assert_null(sink_rows(sink, row, count));
	assert_null(wr_fs_sink_prepare(sink, false, note));
}

static void open_sink(struct table *table, struct wr_sink **sink)
{
	wr_status *status = wr_fs_sink_open(&table->args, &table->setup, sink);

	if (status != NULL)
		fail_msg("%s", status->text);
}

/* The end of the input. */
static void end_sink(struct wr_sink *sink)
{
	struct wr_text note;

	wr_text_init(&note);
	assert_null(wr_fs_sink_prepare(sink, true, &note));
	assert_null(wr_fs_sink_commit(sink, note.data, note.len));
	assert_null(wr_fs_sink_close(sink, true));
	wr_text_release(&note);
}

/* Opens the table and goes on behind the note; the error if that fails. */
static wr_status *reopen(struct table *table, const struct wr_text *note, struct wr_sink **sink)
{
	wr_status *status;

	open_sink(table, sink);
	WR_TRY_OUT(status, wr_fs_sink_commit(*sink, note->data, note->len));
	WR_TRY_OUT(status, wr_fs_sink_restore(*sink, note->data, note->len));
	return NULL;
out:
	wr_status_free(wr_fs_sink_close(*sink, false));
	return status;
}

/* The one name in the test's folder that has `part` in it, as a path. */
static const char *find_name(struct table *table, const char *part)
{
	const char *all = names(table, ""), *at = strstr(all, part), *begin;

	assert_non_null(at);
	for (begin = at; begin > all && begin[-1] != '\n';)
		begin--;
	return in_folder(table, wr_arena_strndup(&table->arena, begin, strcspn(begin, "\n")));
}

/* --- notes --------------------------------------------------------------------------------------
 */

/* Every byte that is wrong or missing is found. */
static void test_damaged_note(void **state)
{
	struct table table;
	struct wr_sink *sink, *again;
	struct wr_text note;

	kv_table(&table);
	table_path(&table, "out");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	for (size_t i = 0; i < note.len; i++) {
		wr_status *status;

		note.data[i] ^= 0x10;
		status = wr_fs_sink_commit(sink, note.data, note.len);
		assert_non_null(status);
		assert_int_equal(status->class, WR_FATAL);
		assert_non_null(strstr(status->text, i == 0 ? "has version 17" : "is damaged"));
		assert_non_null(strstr(status->text, "table 't'"));
		wr_status_free(status);
		note.data[i] ^= 0x10;
		assert_error(wr_fs_sink_commit(sink, note.data, i), "is damaged");
	}
	open_sink(&table, &again);
	assert_error(wr_fs_sink_restore(again, note.data, note.len - 1), "is damaged");
	assert_null(wr_fs_sink_close(again, false));
	assert_null(strstr(names(&table, "out"), "\npart-")); /* nothing was shown */
	assert_null(wr_fs_sink_commit(sink, note.data, note.len));
	assert_rows(&table, "a|1\nb|2\nc|3\n");
	assert_null(wr_fs_sink_close(sink, false));
	assert_rows(&table, "a|1\nb|2\nc|3\n");
	wr_text_release(&note);
	table_release(&table);
}

/* A file that is gone, replaced or cut cannot be gone on with, and says so. */
static void test_file_gone(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;
	const char *hidden;

	kv_table(&table);
	table_path(&table, "o.txt");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	hidden = find_name(&table, ".inprogress");
	assert_int_equal(truncate(hidden, 5), 0);
	assert_error(reopen(&table, &note, &sink), "shorter than the 12 bytes that it had");
	assert_int_equal(unlink(hidden), 0);
	assert_error(reopen(&table, &note, &sink), "the file is gone, or was replaced");
	put_file(&table, "o.txt", "somebody else's\n");
	assert_error(reopen(&table, &note, &sink), "the file is gone, or was replaced");
	assert_string_equal(get_file(&table, "o.txt"), "somebody else's\n");
	assert_string_equal(names(&table, ""), "o.txt\n");
	wr_text_release(&note);
	table_release(&table);
}

/* A job that has ended is restored from before its end: its file is seen until the new end. */
static void test_older_than_the_end(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	kv_table(&table);
	table_path(&table, "o.txt");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 1, &note);
	assert_null(sink_rows(sink, abc + 1, 1));
	end_sink(sink);
	assert_rows(&table, "a|1\nb|2\n");
	assert_null(reopen(&table, &note, &sink));
	assert_null(sink_rows(sink, abc + 2, 1));
	assert_rows(&table, "a|1\nb|2\n");
	end_sink(sink);
	assert_rows(&table, "a|1\nc|3\n");
	assert_string_equal(names(&table, ""), "o.txt\n");
	wr_text_release(&note);
	table_release(&table);
}

/* A job that is stopped shows what it has, and goes on behind its last checkpoint. */
static void test_stop(void **state)
{
	static const char *const path[] = {"o.txt", "o.txt.gz", "out"};
	static const struct row more[] = {{WR_UPDATE_AFTER, "a", 5}, {WR_INSERT, "d", 6}};

	for (int variant = 0; variant < 6; variant++) {
		bool keyed = variant % 2 == 1;
		const char *first = keyed ? "b|2\nc|3\na|5\nd|6\n" : "a|1\nb|2\nc|3\na|1\nb|2\n";
		struct table table;
		struct wr_sink *sink;
		struct wr_text note;

		kv_table(&table);
		if (keyed)
			kv_key(&table);
		table_path(&table, path[variant / 2 % 3]);
		open_sink(&table, &sink);
		write_prepare(sink, abc, 3, &note);
		assert_null(wr_fs_sink_commit(sink, note.data, note.len));
		assert_null(sink_rows(sink, keyed ? more : abc, 2));
		assert_null(wr_fs_sink_close(sink, true));
		assert_rows(&table, first);
		assert_null(reopen(&table, &note, &sink));
		assert_rows(&table, variant == 4 ? "a|1\nb|2\nc|3\n" : first);
		end_sink(sink);
		assert_rows(&table, "a|1\nb|2\nc|3\n");
		assert_null(strstr(names(&table, ""), "inprogress"));
		assert_null(strstr(names(&table, "out"), "inprogress"));
		wr_text_release(&note);
		table_release(&table);
	}
}

/* A damaged file of keys is no table of keys. */
static void test_damaged_keys(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;
	const char *at;

	kv_table(&table);
	kv_key(&table);
	table_path(&table, "o.txt");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	at = find_name(&table, ".keys");
	int fd = open(at, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 30), 1);
	close(fd);
	assert_error(reopen(&table, &note, &sink), "its keys are not those that the checkpoint");
	assert_int_equal(truncate(at, 30), 0);
	assert_error(reopen(&table, &note, &sink), "its keys are not those that the checkpoint");
	wr_text_release(&note);
	table_release(&table);
}

/* Another path: what is open stays where it is, a folder without open files may go elsewhere. */
static void test_other_place(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	kv_table(&table);
	table_path(&table, "a/o.txt");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	table_path(&table, "b/o.txt");
	assert_error(reopen(&table, &note, &sink), "cannot go on in");
	table_path(&table, "a/p.txt");
	assert_error(reopen(&table, &note, &sink), "the file is gone, or was replaced");
	table_path(&table, "a");
	assert_error(reopen(&table, &note, &sink), "was one file in");
	/* moved as a whole */
	assert_int_equal(rename(in_folder(&table, "a"), in_folder(&table, "c")), 0);
	table_path(&table, "c/o.txt");
	assert_null(reopen(&table, &note, &sink));
	assert_null(wr_fs_sink_close(sink, true));
	assert_rows(&table, "a|1\nb|2\nc|3\n");
	wr_text_release(&note);
	table_path(&table, "d");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 2, &note);
	assert_null(wr_fs_sink_close(sink, false));
	table_path(&table, "e");
	assert_null(reopen(&table, &note, &sink));
	assert_null(sink_rows(sink, abc + 2, 1));
	assert_null(wr_fs_sink_close(sink, true));
	assert_rows(&table, "c|3\n");
	table_path(&table, "d");
	assert_rows(&table, "a|1\nb|2\n"); /* the commit was there */
	wr_text_release(&note);
	table_release(&table);
}

/* A folder that is gone altogether is no folder whose files were taken away. */
static void test_folder_gone(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	kv_table(&table);
	table_path(&table, "out");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	assert_int_equal(rename(in_folder(&table, "out"), in_folder(&table, "elsewhere")), 0);
	assert_error(reopen(&table, &note, &sink), "is gone together with its folder");
	assert_string_equal(names(&table, ""), "elsewhere\n");
	assert_int_equal(rename(in_folder(&table, "elsewhere"), in_folder(&table, "out")), 0);
	assert_null(reopen(&table, &note, &sink));
	assert_rows(&table, "a|1\nb|2\nc|3\n");
	remove_tree(in_folder(&table, "out"));
	mkdir(in_folder(&table, "out"), 0777); /* a reader has taken what was in it */
	assert_null(wr_fs_sink_close(sink, false));
	assert_null(reopen(&table, &note, &sink));
	assert_null(wr_fs_sink_close(sink, false));
	wr_text_release(&note);
	table_release(&table);
}

/* Nobody else's files go at a restore, whatever they are called. */
static void test_others_stay(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	kv_table(&table);
	table_partition(&table, "k");
	table_path(&table, "out");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	put_file(&table, "out/k=a/.part-1.inprogress-0123456789abcdef-0", "9\n");
	put_file(&table, "out/k=a/part-00000000-0000-4000-8000-000000000000-0-99", "9\n");
	put_file(&table, "out/k=b/x", "8\n");
	assert_null(reopen(&table, &note, &sink));
	assert_null(wr_fs_sink_close(sink, true));
	assert_non_null(strstr(names(&table, "out/k=a"), ".inprogress-0123456789abcdef-0"));
	assert_rows(&table, "a|9\na|1\nb|2\nb|8\nc|3\n");
	wr_text_release(&note);
	table_release(&table);
}

/* INSERT OVERWRITE replaces at its first commit only: what comes to stand there later stays. */
static void test_overwrite_once(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	for (int partitioned = 0; partitioned < 2; partitioned++) {
		kv_table(&table);
		if (partitioned)
			table_partition(&table, "k");
		table_path(&table, "out");
		put_file(&table, partitioned ? "out/k=a/old" : "out/old",
			 partitioned ? "7\n" : "a,7\n");
		table.args.overwrite = true;
		open_sink(&table, &sink);
		write_prepare(sink, abc, 1, &note);
		assert_rows(&table, "a|7\n");
		assert_null(wr_fs_sink_commit(sink, note.data, note.len));
		assert_rows(&table, "a|1\n");
		put_file(&table, partitioned ? "out/k=a/new" : "out/new",
			 partitioned ? "8\n" : "a,8\n");
		wr_text_release(&note);
		write_prepare(sink, abc, 1, &note);
		assert_null(wr_fs_sink_commit(sink, note.data, note.len));
		assert_null(wr_fs_sink_close(sink, false));
		assert_rows(&table, "a|8\na|1\na|1\n");
		assert_null(reopen(&table, &note, &sink));
		assert_null(sink_rows(sink, abc, 1));
		assert_null(wr_fs_sink_close(sink, true));
		assert_rows(&table, "a|8\na|1\na|1\na|1\n");
		wr_text_release(&note);
		table_release(&table);
	}
}

/* --- success files ------------------------------------------------------------------------------
 */

static bool is_there(struct table *table, const char *name)
{
	struct wr_file_info info;

	assert_null(table->setup.env->ops->stat(table->setup.env, in_folder(table, name), &info));
	return info.exists;
}

static void checkpoint(struct wr_sink *sink, const struct row *row, uint32_t count,
		       struct wr_text *note)
{
	wr_text_release(note);
	write_prepare(sink, row, count, note);
	assert_null(wr_fs_sink_commit(sink, note->data, note->len));
}

/* By the clock: a partition is complete the delay after its first row, and again for later rows. */
static void test_success_by_clock(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note = {0};

	kv_table(&table);
	disk_init(table.folder);
	table.setup.env = &disk.base;
	table_partition(&table, "k");
	table_path(&table, "");
	table_option(&table, "sink.partition-commit.policy.kind", "success-file");
	table_option(&table, "sink.partition-commit.delay", "10 s");
	open_sink(&table, &sink);
	checkpoint(sink, abc, 2, &note);
	assert_false(is_there(&table, "k=a/_SUCCESS"));
	disk.clock_us += 6000000;
	checkpoint(sink, abc + 2, 1, &note);
	assert_null(wr_fs_sink_close(sink, false)); /* the times are part of the checkpoint */
	assert_null(reopen(&table, &note, &sink));
	disk.clock_us += 6000000;
	checkpoint(sink, abc, 0, &note);
	assert_true(is_there(&table, "k=a/_SUCCESS"));
	assert_false(is_there(&table, "k=c/_SUCCESS"));
	disk_find(in_folder(&table, "k=a/_SUCCESS"))->now = NULL;
	checkpoint(sink, abc, 1, &note);
	assert_false(is_there(&table, "k=a/_SUCCESS"));
	disk.clock_us += 10000000;
	checkpoint(sink, abc, 0, &note);
	assert_true(is_there(&table, "k=a/_SUCCESS"));
	assert_true(is_there(&table, "k=c/_SUCCESS"));
	assert_null(wr_fs_sink_close(sink, false));
	wr_text_release(&note);
	table_release(&table);
	disk_release();
}

/* By the watermark; at the end all are complete. */
static void test_success_by_watermark(void **state)
{
	static const struct row days[] = {{WR_INSERT, "20240101", 1}, {WR_INSERT, "20240102", 2}};
	struct table table;
	struct wr_sink *sink;
	struct wr_text note = {0};

	kv_table(&table);
	table_partition(&table, "k");
	table_path(&table, "out");
	table_option(&table, "sink.partition-commit.policy.kind", "metastore,success-file");
	table_option(&table, "sink.partition-commit.trigger", "partition-time");
	table_option(&table, "sink.partition-commit.delay", "1 d");
	table_option(&table, "sink.partition-commit.watermark-time-zone", "Asia/Shanghai");
	table_option(&table, "partition.time-extractor.timestamp-pattern", "$k 00");
	table_option(&table, "partition.time-extractor.timestamp-formatter", "yyyyMMdd HH");
	assert_null(wr_connector_filesystem.check(&table.args, true));
	open_sink(&table, &sink);
	checkpoint(sink, days, 2, &note);
	assert_false(is_there(&table, "out/k=20240101/_SUCCESS"));
	wr_fs_sink_watermark(sink, 1704124800000); /* 2024-01-01 16:00 UTC, midnight there */
	checkpoint(sink, days, 0, &note);
	assert_false(is_there(&table, "out/k=20240101/_SUCCESS"));
	wr_fs_sink_watermark(sink, 1704124800001);
	checkpoint(sink, days, 0, &note);
	assert_true(is_there(&table, "out/k=20240101/_SUCCESS"));
	assert_false(is_there(&table, "out/k=20240102/_SUCCESS"));
	assert_null(wr_fs_sink_close(sink, true));
	assert_true(is_there(&table, "out/k=20240102/_SUCCESS"));
	open_sink(&table, &sink);
	assert_null(sink_rows(sink, abc, 1));
	wr_text_clear(&note);
	assert_error(wr_fs_sink_prepare(sink, false, &note),
		     "the partition 'k=a' has no time: 'a 00' is none");
	assert_null(wr_fs_sink_close(sink, false));
	table_option(&table, "partition.time-extractor.timestamp-pattern", "$day");
	assert_error(wr_connector_filesystem.check(&table.args, true),
		     "no column of PARTITIONED BY follows the $ in '$day'");
	table_option(&table, "partition.time-extractor.timestamp-formatter", "JJJ");
	assert_error(wr_connector_filesystem.check(&table.args, true), "timestamp-formatter");
	table.args.partition_count = 0;
	assert_error(wr_connector_filesystem.check(&table.args, true), "is not PARTITIONED BY");
	table_option(&table, "partition.time-extractor.kind", "custom");
	assert_error(wr_connector_filesystem.check(&table.args, true), "only 'default'");
	table_option(&table, "sink.partition-commit.policy.kind", "custom");
	assert_error(wr_connector_filesystem.check(&table.args, true), "cannot be loaded");
	wr_text_release(&note);
	table_release(&table);
}

/* --- threads ------------------------------------------------------------------------------------
 */

struct commit {
	struct wr_sink *sink;
	struct wr_text note;
};

static void *commit_main(void *arg)
{
	struct commit *commit = arg;

	assert_null(wr_fs_sink_commit(commit->sink, commit->note.data, commit->note.len));
	return NULL;
}

/* Commits run on another thread while the sink writes and prepares the next checkpoint. */
static void test_commit_beside_write(void **state)
{
	enum { ROUNDS = 40 };
	struct commit commit[ROUNDS];
	pthread_t thread[ROUNDS];
	struct table table;
	struct reading reading;

	kv_table(&table);
	table_path(&table, "out");
	table.setup.write_bytes = 7;
	open_sink(&table, &commit[0].sink);
	for (int i = 0; i < ROUNDS; i++) {
		commit[i].sink = commit[0].sink;
		write_prepare(commit[0].sink, abc, 3, &commit[i].note);
		if (i > 0) /* commits come one after the other */
			pthread_join(thread[i - 1], NULL);
		assert_int_equal(pthread_create(&thread[i], NULL, commit_main, &commit[i]), 0);
	}
	pthread_join(thread[ROUNDS - 1], NULL);
	assert_null(wr_fs_sink_close(commit[0].sink, true));
	assert_null(read_all(&table, &reading));
	assert_int_equal(reading.lines, ROUNDS * 3);
	reading_release(&reading);
	assert_null(strstr(names(&table, "out"), "inprogress"));
	for (int i = 0; i < ROUNDS; i++)
		wr_text_release(&commit[i].note);
	table_release(&table);
}

/* A stream is not kept: its bytes are out. */
static void test_stream(void **state)
{
	struct table table;
	struct wr_sink *sink;
	struct wr_text note;

	kv_table(&table);
	table_option(&table, "path", "/dev/null");
	open_sink(&table, &sink);
	write_prepare(sink, abc, 3, &note);
	assert_null(wr_fs_sink_close(sink, false));
	assert_null(reopen(&table, &note, &sink));
	assert_null(sink_rows(sink, abc, 3));
	assert_null(wr_fs_sink_close(sink, true));
	wr_text_release(&note);
	table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_damaged_note),
	    cmocka_unit_test(test_file_gone),
	    cmocka_unit_test(test_older_than_the_end),
	    cmocka_unit_test(test_damaged_keys),
	    cmocka_unit_test(test_other_place),
	    cmocka_unit_test(test_others_stay),
	    cmocka_unit_test(test_overwrite_once),
	    cmocka_unit_test(test_success_by_clock),
	    cmocka_unit_test(test_success_by_watermark),
	    cmocka_unit_test(test_commit_beside_write),
	    cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_folder_gone),
	    cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
