/* SPDX-License-Identifier: Apache-2.0
 *
 * env_test - tests of the simulated system: it is a faithful one as long as nothing fails, what was
 * synced survives every loss, what was not may be lost in every way there is, and the same seed
 * goes the same way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "env_sim.h"

#define SEEDS 300

static void ok(wr_status *status)
{
	if (status != NULL)
		fail_msg("%s", status->text);
}

static void is_error(wr_status *status, const char *part)
{
	assert_non_null(status);
	if (strstr(status->text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", status->text, part);
	wr_status_free(status);
}

/* Writes a file; `sync`: and syncs it. */
static void put(struct wr_env *env, const char *path, enum wr_open_mode mode, const char *text,
		bool sync)
{
	struct wr_file *file;

	ok(wr_file_open(env, path, mode, &file));
	ok(wr_file_write(file, text, strlen(text)));
	if (sync)
		ok(wr_file_sync(file));
	ok(wr_file_close(file));
}

static bool holds(struct wr_sim *sim, const char *path, const char *want)
{
	const struct wr_text *text = wr_sim_get(sim, path);

	return want == NULL ? text == NULL
			    : text != NULL && text->len == strlen(want) &&
				  (text->len == 0 || memcmp(text->data, want, text->len) == 0);
}

static wr_status *collect_name(void *ctx, const char *name)
{
	wr_text_printf(ctx, "%s ", name);
	return NULL;
}

static void is_a_system(void **state)
{
	struct wr_sim *sim = wr_sim_new(1);
	struct wr_env *env = wr_sim_env(sim);
	struct wr_file_info info;
	struct wr_text text;
	struct wr_file *file;
	char bytes[16], *data;
	size_t len;

	ok(env->ops->make_dirs(env, "/d//e/"));
	put(env, "/d/e/a", WR_OPEN_CREATE, "one", false);
	put(env, "/d/e/a", WR_OPEN_APPEND, " two", false);
	ok(wr_env_read_file(env, "/d/./e/a", 100, &data, &len));
	assert_string_equal(data, "one two");
	wr_free(data);
	ok(wr_env_write_file(env, "/d/e/b", "whole", 5));
	assert_true(holds(sim, "/d/e/b", "whole"));
	put(env, "/d/e/a", WR_OPEN_CREATE, "new", false);
	ok(wr_file_open(env, "/d/e/a", WR_OPEN_READ, &file));
	ok(env->ops->rename(env, "/d/e/b", "/d/e/a"));
	ok(wr_file_read_at(file, bytes, 16, 1, &len));
	assert_true(len == 2 && memcmp(bytes, "ew", 2) == 0); /* the open file stays what it is */
	ok(wr_file_close(file));
	assert_true(holds(sim, "/d/e/a", "whole") && holds(sim, "/d/e/b", NULL));
	ok(env->ops->stat(env, "/d/e/a", &info));
	assert_true(info.exists && info.is_regular && info.size == 5 && info.inode != 0);
	ok(env->ops->stat(env, "/d/e/c", &info));
	assert_false(info.exists);
	put(env, "/d/e/c", WR_OPEN_CREATE, "", false);
	wr_text_init(&text);
	ok(env->ops->list(env, "/d/e", collect_name, &text));
	assert_string_equal(text.data, "a c ");
	wr_text_release(&text);
	is_error(env->ops->remove(env, "/d/e"), "not empty");
	ok(env->ops->remove(env, "/d/e/c"));
	ok(env->ops->remove(env, "/d/e/c"));
	is_error(wr_file_open(env, "/d/x/y", WR_OPEN_CREATE, &file), "No such file");
	is_error(wr_file_open(env, "/d/x", WR_OPEN_READ, &file), "No such file");
	is_error(env->ops->make_dirs(env, "/d/e/a/f"), "Not a directory");
	ok(env->ops->cut(env, "/d/e/a", 2));
	assert_true(holds(sim, "/d/e/a", "wh"));
	is_error(env->ops->cut(env, "/d/e/a", 3), "Cannot cut");
	wr_sim_free(sim);
}

/* Synced bytes under a synced name are there after every loss; the rest may be, or not. */
static void keeps_what_was_synced(void **state)
{
	uint32_t kept = 0, lost = 0, named = 0, longer = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct wr_sim *sim = wr_sim_new(seed);
		struct wr_env *env = wr_sim_env(sim);

		ok(env->ops->make_dirs(env, "/d"));
		ok(env->ops->sync_dir(env, "/"));
		put(env, "/d/a", WR_OPEN_CREATE, "safe", true);
		put(env, "/d/b", WR_OPEN_CREATE, "unsafe", false);
		ok(env->ops->sync_dir(env, "/d"));
		put(env, "/d/a", WR_OPEN_APPEND, " more", false);
		put(env, "/d/c", WR_OPEN_CREATE, "no name", true);
		wr_sim_restart(sim, WR_SIM_POWER_FAILS);
		const struct wr_text *a = wr_sim_get(sim, "/d/a"), *b = wr_sim_get(sim, "/d/b");

		assert_true(a != NULL && a->len >= 4 && memcmp(a->data, "safe", 4) == 0);
		longer += holds(sim, "/d/a", "safe more");
		assert_non_null(b);
		kept += holds(sim, "/d/b", "unsafe");
		lost += holds(sim, "/d/b", "");
		assert_true(holds(sim, "/d/c", NULL) || holds(sim, "/d/c", "no name"));
		named += holds(sim, "/d/c", "no name");
		wr_sim_free(sim);
	}
	assert_true(kept > 0 && lost > 0 && named > 0 && longer > 0);
	assert_true(kept < SEEDS && named < SEEDS && longer < SEEDS);
}

/* Of a file of many sectors any set may be there. */
static void loses_sectors(void **state)
{
	char bytes[8 * WR_DISK_SECTOR];
	uint32_t holes = 0, heads = 0;

	memset(bytes, 'x', sizeof bytes);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct wr_sim *sim = wr_sim_new(seed);
		struct wr_env *env = wr_sim_env(sim);
		struct wr_file *file;

		ok(wr_file_open(env, "/a", WR_OPEN_CREATE, &file));
		ok(env->ops->sync_dir(env, "/"));
		ok(wr_file_write(file, bytes, sizeof bytes));
		ok(wr_file_close(file));
		wr_sim_restart(sim, WR_SIM_POWER_FAILS);
		const struct wr_text *text = wr_sim_get(sim, "/a");

		assert_non_null(text);
		heads += text->len > 0 && text->len < sizeof bytes &&
			 memcmp(text->data, bytes, text->len) == 0;
		holes += text->len > 0 && memcmp(text->data, bytes, text->len) != 0;
		wr_sim_free(sim);
	}
	assert_true(heads > 0 && holes > 0);
}

/* Renames are kept in their order within a folder; the old or the new file is there. */
static void keeps_order_of_names(void **state)
{
	uint32_t old = 0, new = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct wr_sim *sim = wr_sim_new(seed);
		struct wr_env *env = wr_sim_env(sim);

		wr_sim_put(sim, "/d/a", "old", 3);
		put(env, "/d/a.tmp", WR_OPEN_CREATE, "new", true);
		ok(env->ops->rename(env, "/d/a.tmp", "/d/a"));
		put(env, "/d/z", WR_OPEN_CREATE, "z", true);
		wr_sim_restart(sim, WR_SIM_POWER_FAILS);
		assert_true(holds(sim, "/d/a", "old") || holds(sim, "/d/a", "new"));
		assert_true(holds(sim, "/d/z", NULL) || holds(sim, "/d/a", "new"));
		assert_true(holds(sim, "/d/a.tmp", NULL) || holds(sim, "/d/a", "old"));
		old += holds(sim, "/d/a", "old");
		new += holds(sim, "/d/a", "new");
		wr_sim_free(sim);
	}
	assert_true(old > 0 && new > 0);
}

/* A whole file written by the library is the old or the new one, at whatever call power fails. */
static void whole_files_are_whole(void **state)
{
	uint32_t old = 0, new = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct wr_sim *sim = wr_sim_new(seed);
		struct wr_env *env = wr_sim_env(sim);

		wr_sim_put(sim, "/d/a", "old", 3);
		wr_sim_faults(sim)->power_fails_at = 1 + seed % 8;
		wr_status_free(wr_env_write_file(env, "/d/a", "new and longer", 14));
		assert_true(wr_sim_is_dead(sim) == (seed % 8 < 5));
		wr_sim_restart(sim, WR_SIM_POWER_FAILS);
		assert_true(holds(sim, "/d/a", "old") || holds(sim, "/d/a", "new and longer"));
		assert_true(seed % 8 < 5 || holds(sim, "/d/a", "new and longer"));
		old += holds(sim, "/d/a", "old");
		new += holds(sim, "/d/a", "new and longer");
		wr_sim_free(sim);
	}
	assert_true(old > 0 && new > 0);
}

/* A process that dies loses nothing. */
static void processes_die(void **state)
{
	struct wr_sim *sim = wr_sim_new(7);
	struct wr_env *env = wr_sim_env(sim);
	struct wr_file *file;

	put(env, "/a", WR_OPEN_CREATE, "unsafe", false);
	ok(wr_file_open(env, "/a", WR_OPEN_APPEND, &file));
	wr_sim_faults(sim)->power_fails_at = wr_sim_calls(sim) + 1;
	is_error(wr_file_sync(file), "power");
	is_error(wr_file_write(file, "x", 1), "power");
	is_error(env->ops->remove(env, "/a"), "power");
	assert_int_equal(wr_sim_open_files(sim), 1);
	ok(wr_file_close(file));
	wr_sim_restart(sim, WR_SIM_PROCESS_DIES);
	assert_true(holds(sim, "/a", "unsafe"));
	wr_sim_free(sim);
}

static void disks_fail(void **state)
{
	struct wr_sim *sim = wr_sim_new(3);
	struct wr_env *env = wr_sim_env(sim);
	struct wr_file *file;
	char bytes[8];
	size_t got;

	wr_sim_faults(sim)->space = 10;
	ok(wr_file_open(env, "/a", WR_OPEN_CREATE, &file));
	ok(env->ops->sync_dir(env, "/"));
	is_error(wr_file_write(file, "0123456789ab", 12), "No space");
	assert_true(holds(sim, "/a", "0123456789"));
	wr_sim_faults(sim)->space = 0;
	wr_sim_faults(sim)->sync_fails = 1000;
	is_error(wr_file_sync(file), "Input/output");
	wr_sim_faults(sim)->sync_fails = 0;
	ok(wr_file_sync(file)); /* says so, but what the first one lost stays lost */
	wr_sim_faults(sim)->write_fails = 1000;
	is_error(wr_file_write(file, "more", 4), "Input/output");
	ok(wr_file_close(file));
	assert_int_equal(wr_sim_failed(sim), 3);
	wr_sim_restart(sim, WR_SIM_POWER_FAILS);
	assert_false(holds(sim, "/a", "0123456789"));
	*wr_sim_faults(sim) = (struct wr_sim_faults){.read_short = 1000, .sync_us = 1000000};
	wr_sim_put(sim, "/b", "01234567", 8);
	ok(wr_file_open(env, "/b", WR_OPEN_READ, &file));
	for (size_t all = 0; all < 8; all += got) {
		ok(wr_file_read(file, bytes, 8, &got));
		assert_true(got > 0);
	}
	int64_t before_us = wr_mono_us(env);
	ok(wr_file_sync(file));
	assert_true(wr_mono_us(env) > before_us + 1);
	env->ops->sleep_us(env, 5000000);
	assert_true(wr_mono_us(env) > before_us + 5000000);
	ok(wr_file_close(file));
	wr_sim_flip(sim, "/b", 0);
	wr_sim_cut(sim, "/b", 2);
	assert_true(holds(sim, "/b", "11"));
	wr_sim_free(sim);
}

/* A file that is emptied and written anew holds the old bytes, none, or new ones; no mixture. */
static void cuts_come_first(void **state)
{
	uint32_t old = 0, empty = 0, new = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct wr_sim *sim = wr_sim_new(seed);

		wr_sim_put(sim, "/a", "old and long", 12);
		put(wr_sim_env(sim), "/a", WR_OPEN_CREATE, "new", false);
		wr_sim_restart(sim, WR_SIM_POWER_FAILS);
		old += holds(sim, "/a", "old and long");
		empty += holds(sim, "/a", "");
		new += holds(sim, "/a", "new");
		wr_sim_free(sim);
	}
	assert_true(old > 0 && empty > 0 && new > 0);
	assert_int_equal(old + empty + new, SEEDS);
}

/* What some work does to a digest. */
static uint64_t work(uint64_t seed)
{
	struct wr_sim *sim = wr_sim_new(seed);
	struct wr_env *env = wr_sim_env(sim);
	uint64_t digest;
	char name[8];

	*wr_sim_faults(sim) =
	    (struct wr_sim_faults){.write_fails = 200, .names_fail = 100, .call_us = 100};
	for (int i = 0; i < 20; i++) {
		uint8_t byte;

		env->ops->random(env, &byte, 1);
		snprintf(name, sizeof name, "/%u", byte % 8u);
		wr_status_free(wr_env_write_file(env, name, "text", 4));
		if (i % 7 == 6)
			wr_sim_restart(sim, WR_SIM_POWER_FAILS);
	}
	digest = wr_sim_digest(sim) ^ wr_disk_used(wr_sim_disk(sim));
	wr_sim_free(sim);
	return digest;
}

static void seeds_are_replayed(void **state)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		assert_true(work(seed) == work(seed));
		assert_true(work(seed) != work(seed + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_a_system),
	    cmocka_unit_test(keeps_what_was_synced),
	    cmocka_unit_test(loses_sectors),
	    cmocka_unit_test(keeps_order_of_names),
	    cmocka_unit_test(whole_files_are_whole),
	    cmocka_unit_test(processes_die),
	    cmocka_unit_test(disks_fail),
	    cmocka_unit_test(cuts_come_first),
	    cmocka_unit_test(seeds_are_replayed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
