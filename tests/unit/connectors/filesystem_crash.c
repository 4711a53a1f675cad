/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_crash - the file sink under checkpoints: every call that changes the disk fails or is
 * the last one of the process, with and without what was not synced. After the restart what is seen
 * is that of the checkpoint; at the end it is that of a job that nothing disturbed.
 */
#include "filesystem_kv.h"

#include <sys/stat.h>

#include "fake_disk.h"

enum { EPOCHS = 9, ROWS = 3 };

struct scenario {
	const char *name;     /* for messages */
	const char *path;     /* in the test's folder */
	bool keyed;           /* k is the PRIMARY KEY */
	bool partitioned;     /* BY (k) */
	bool overwrite;       /* INSERT OVERWRITE */
	bool older;           /* restarts go back to the checkpoint before the newest */
	const char *size;     /* sink.rolling-policy.file-size */
	const char *interval; /* sink.rolling-policy.rollover-interval */
	uint64_t compact_bytes;
	bool packed; /* what is seen cannot be compared before the end */
};

/* What survives a crash besides the disk: the checkpoints. */
struct job {
	struct table *table;
	const struct scenario *scenario;
	struct wr_text note[2]; /* of the last two durable ones; [0] is newer */
	int epoch[2];           /* they end behind; -1: none */
	bool finished;
	bool stopped; /* behind epoch 3, once */
	bool goes_on; /* when a prepare fails: the checkpoint is given up, not the job */
};

static void scenario_table(const struct scenario *scenario, struct table *table)
{
	kv_table(table);
	if (scenario->keyed)
		kv_key(table);
	if (scenario->partitioned)
		table_partition(table, "k");
	table_path(table, scenario->path);
	table->args.overwrite = scenario->overwrite;
	table->setup.env = &disk.base;
	table->setup.write_bytes = 16;
	if (scenario->compact_bytes != 0)
		table->setup.compact_bytes = scenario->compact_bytes;
	if (scenario->size != NULL)
		table_option(table, "sink.rolling-policy.file-size", scenario->size);
	if (scenario->interval != NULL)
		table_option(table, "sink.rolling-policy.rollover-interval", scenario->interval);
	table_option(table, "sink.partition-commit.policy.kind", "success-file");
	if (strchr(scenario->path, '.') == NULL) /* permissions are looked at in the real one */
		assert_int_equal(mkdir(in_folder(table, scenario->path), 0777), 0);
}

static void job_init(struct job *job, struct table *table, const struct scenario *scenario)
{
	const char *folder, *old;

	*job = (struct job){.table = table, .scenario = scenario, .epoch = {-1, -1}};
	disk_init(table->folder);
	if (!scenario->overwrite)
		return;
	folder = in_folder(table, scenario->partitioned ? "out/k=p1" : "out");
	old = wr_arena_printf(&table->arena, "%s/old", folder);
	assert_null(disk_make_dirs(&disk.base, folder));
	assert_null(wr_env_write_file(&disk.base, old, "old,0\n", 6));
}

static void job_release(struct job *job)
{
	wr_text_release(&job->note[0]);
	wr_text_release(&job->note[1]);
	disk_release();
}

static wr_status *write_epoch(struct job *job, struct wr_sink *sink, int epoch)
{
	static const char *const part[] = {"p0", "p1", "p2"};
	static const char *const key[] = {"a", "b", "c", "d", "e"};
	struct row row[ROWS];

	for (int i = 0; i < ROWS; i++) {
		if (job->scenario->keyed)
			row[i] =
			    (struct row){(epoch * 5 + i) % 7 == 3 ? WR_DELETE : WR_UPDATE_AFTER,
					 key[(epoch * 3 + i * 2) % 5], epoch * 100 + i};
		else
			row[i] =
			    (struct row){WR_INSERT, part[(epoch + i / 2) % 3], epoch * 100 + i};
	}
	return sink_rows(sink, row, ROWS);
}

/* --- what is seen -------------------------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of all files that are not hidden, each behind its folder's name, sorted. */
static char *seen_lines(struct job *job, bool *hidden)
{
	char *line[EPOCHS * ROWS * 2];
	uint32_t count = 0;
	struct wr_text text;

	*hidden = false;
	for (uint32_t i = 0; i < disk.names; i++) {
		struct disk_name *name = &disk.name[i];
		const char *base = strrchr(name->path, '/') + 1;

		if (name->now == NULL || name->now->is_dir || strcmp(base, "_SUCCESS") == 0)
			continue;
		if (base[0] == '.') {
			*hidden = true;
			continue;
		}
		for (const char *at = name->now->bytes.data, *end = at + name->now->bytes.len, *to;
		     at < end; at = to + 1) {
			to = memchr(at, '\n', (size_t)(end - at));
			if (to == NULL)
				to = end - 1; /* packed */
			const char *folder = name->path + strlen(job->table->folder) + 1;
			assert_true(count < WR_COUNT(line));
			line[count++] =
			    wr_arena_printf(&job->table->arena, "%.*s%.*s\n", (int)(base - folder),
					    folder, (int)(to - at), at);
		}
	}
	qsort(line, count, sizeof *line, by_text);
	wr_text_init(&text);
	for (uint32_t i = 0; i < count; i++)
		wr_text_puts(&text, line[i]);
	char *copy = wr_arena_strdup(&job->table->arena, wr_text_str(&text));
	wr_text_release(&text);
	return copy;
}

/* --- a run --------------------------------------------------------------------------------------
 */

/* A checkpoint behind an epoch; some are given up after prepare. */
static wr_status *checkpoint(struct job *job, struct wr_sink *sink, int epoch, bool last)
{
	struct wr_text note;

	wr_text_init(&note);
	wr_status *status = wr_fs_sink_prepare(sink, last, &note);
	if (status != NULL || epoch == 5) {
		wr_text_release(&note);
		if (!job->goes_on || last)
			return status;
		wr_status_free(status);
		return NULL;
	}
	wr_text_release(&job->note[1]);
	job->note[1] = job->note[0];
	job->epoch[1] = job->epoch[0];
	job->note[0] = note;
	job->epoch[0] = epoch;
	job->finished = last;
	return wr_fs_sink_commit(sink, note.data, note.len);
}

/* Goes back to a durable checkpoint, and sees what it is to be seen then. */
static wr_status *go_back(struct job *job, struct wr_sink *sink, char **want, int *epoch)
{
	const struct wr_text *note = &job->note[0];
	bool hidden;

	if (job->scenario->older && !job->finished && job->epoch[1] >= 0) {
		wr_text_release(&job->note[0]); /* damaged, say */
		job->note[0] = job->note[1];
		job->epoch[0] = job->epoch[1];
		job->note[1] = (struct wr_text){0};
		job->epoch[1] = -1;
	}
	*epoch = job->epoch[0];
	if (*epoch < 0)
		return NULL;
	WR_TRY(wr_fs_sink_commit(sink, note->data, note->len));
	WR_TRY(wr_fs_sink_restore(sink, note->data, note->len));
	/* One file may have been shown by the stop. */
	bool same =
	    !job->scenario->packed &&
	    !(job->stopped && (job->scenario->keyed || strchr(job->scenario->path, '.') != NULL));
	if (want != NULL && same) {
		const char *seen = seen_lines(job, &hidden);
		int e = *epoch;

		/* with an interval, less may be seen: up to an earlier checkpoint */
		while (job->scenario->interval != NULL && e > 0 && strcmp(seen, want[e]) != 0)
			e--;
		if (strcmp(seen, want[e]) != 0)
			fail_msg("%s: behind epoch %d there is\n%s, not\n%s", job->scenario->name,
				 *epoch, seen, want[*epoch]);
	}
	return NULL;
}

/* One life of the job. `want`: what is seen after each epoch; `note_want`: to be filled in. */
static wr_status *live(struct job *job, char **want, char **note_want)
{
	struct wr_sink *sink;
	wr_status *status;
	bool hidden;
	int epoch;

	WR_TRY(wr_fs_sink_open(&job->table->args, &job->table->setup, &sink));
	WR_TRY_OUT(status, go_back(job, sink, want, &epoch));
	if (!job->finished) {
		while (++epoch < EPOCHS) {
			WR_TRY_OUT(status, write_epoch(job, sink, epoch));
			if (epoch % 2 == 1)
				WR_TRY_OUT(status, checkpoint(job, sink, epoch, false));
			if (note_want != NULL)
				note_want[epoch] = seen_lines(job, &hidden);
			if (epoch != 3 || job->stopped)
				continue;
			job->stopped = true;
			WR_TRY(wr_fs_sink_close(sink, true));
			return live(job, want, note_want);
		}
		WR_TRY_OUT(status, checkpoint(job, sink, EPOCHS, true));
	}
	if (note_want != NULL)
		note_want[EPOCHS] = seen_lines(job, &hidden);
	return wr_fs_sink_close(sink, true);
out:
	wr_status_free(wr_fs_sink_close(sink, false));
	return status;
}

/* --- all calls ----------------------------------------------------------------------------------
 */

enum trouble { FAILS, FAILS_ON, CRASHES, CRASHES_QUICKLY, TROUBLES };

static enum disk_loss loss(enum trouble trouble)
{
	return trouble == CRASHES           ? DISK_LOSES_ALL
	       : trouble == CRASHES_QUICKLY ? DISK_LOSES_NONE
					    : DISK_LOSES_SOME;
}

static void try_call(const struct scenario *scenario, struct table *table, char **want, int call,
		     enum trouble trouble, bool *through)
{
	struct job job;
	bool hidden, noted;

	job_init(&job, table, scenario);
	job.goes_on = trouble == FAILS_ON;
	disk.crashes = trouble >= CRASHES;
	disk.calls_left = call;
	disk.random = trouble + 1; /* several times anyhow */
	wr_status *status = live(&job, want, NULL);
	*through = disk.calls_left >= 0;
	noted = trouble < CRASHES ? !disk.kept : job.epoch[0] >= 0;
	wr_status_free(status);
	for (int lives = 0; !*through && status != NULL; lives++) {
		assert_true(lives < 3);
		if (trouble >= CRASHES)
			disk_reboot(loss(trouble));
		disk.calls_left = -1;
		status = live(&job, want, NULL);
		if (status != NULL)
			print_message("%s, call %d, trouble %d: %s\n", scenario->name, call,
				      trouble, status->text);
		assert_null(status);
	}
	seen_lines(&job, &hidden);
	noted = noted && hidden;
	disk_reboot(DISK_LOSES_ALL); /* a job that has ended is on the disk */
	const char *seen = seen_lines(&job, &hidden);
	if (strcmp(seen, want[EPOCHS]) != 0)
		fail_msg("%s, call %d, trouble %d: in the end there is\n%s, not\n%s",
			 scenario->name, call, trouble, seen, want[EPOCHS]);
	if (noted)
		fail_msg("%s, call %d, trouble %d: hidden files are left", scenario->name, call,
			 trouble);
	job_release(&job);
}

static void test_every_call(void **state)
{
	static const struct scenario scenarios[] = {
	    {.name = "file", .path = "o.txt"},
	    {.name = "older file", .path = "o.txt", .older = true},
	    {.name = "folder", .path = "out"},
	    {.name = "small parts", .path = "out", .size = "20"},
	    {.name = "older parts", .path = "out", .size = "20", .older = true},
	    {.name = "partitions", .path = "out", .partitioned = true},
	    {.name = "older partitions", .path = "out", .partitioned = true, .older = true},
	    {.name = "rolling", .path = "out", .interval = "1 ms", .size = "20"},
	    {.name = "overwrite", .path = "out", .overwrite = true},
	    {.name = "overwrite partitions", .path = "out", .overwrite = true, .partitioned = true},
	    {.name = "keys", .path = "o.txt", .keyed = true},
	    {.name = "keys, copied", .path = "o.txt", .keyed = true, .compact_bytes = 24},
	    {.name = "keys in a folder", .path = "out", .keyed = true, .compact_bytes = 24},
	    {.name = "packed", .path = "o.txt.gz", .packed = true},
	    {.name = "packed keys", .path = "o.txt.zst", .keyed = true, .packed = true},
	};

	for (size_t s = 0; s < WR_COUNT(scenarios); s++) {
		const struct scenario *scenario = &scenarios[s];
		char *want[EPOCHS + 1] = {0};
		struct table table, plain;
		struct job straight;
		bool hidden, through = false;

		struct scenario always = *scenario;
		always.interval = NULL;
		scenario_table(scenario, &table);
		scenario_table(&always, &plain);
		job_init(&straight, &plain, &always);
		assert_null(live(&straight, NULL, want));
		assert_string_equal(seen_lines(&straight, &hidden), want[EPOCHS]);
		assert_false(hidden);
		job_release(&straight);
		for (enum trouble trouble = FAILS; trouble < TROUBLES; trouble++) {
			int call = 0;

			for (through = false; !through; call++)
				try_call(scenario, &table, want, call, trouble, &through);
			assert_in_range(call, 15, 500);
		}
		table_release(&table);
		table_release(&plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
