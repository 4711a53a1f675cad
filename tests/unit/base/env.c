/* SPDX-License-Identifier: Apache-2.0
 *
 * env - tests: the real system's files, clocks and errors; and that a failing disk leaves no half
 * file behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"

static char folder[256]; /* of this run */

static char *in_folder(struct wr_text *text, const char *name)
{
	wr_text_clear(text);
	wr_text_printf(text, "%s/%s", folder, name);
	return text->data;
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof folder, "%s/weir-env-XXXXXX", tmp != NULL ? tmp : "/tmp");
	return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
	wr_status *status = wr_env_system()->ops->remove(wr_env_system(), folder);

	(void)state;
	bool empty = status == NULL; /* every test cleans up */
	wr_status_free(status);
	return empty ? 0 : -1;
}

static void files_round_trip(void **state)
{
	struct wr_env *env = wr_env_system();
	struct wr_file *file;
	struct wr_file_info info;
	struct wr_text path;
	char bytes[16];
	size_t got;
	char *data;

	(void)state;
	wr_text_init(&path);
	in_folder(&path, "a.txt");
	assert_null(wr_file_open(env, path.data, WR_OPEN_CREATE, &file));
	assert_null(wr_file_write(file, "hello ", 6));
	assert_null(wr_file_sync(file));
	assert_null(wr_file_close(file));
	assert_null(wr_file_open(env, path.data, WR_OPEN_APPEND, &file));
	assert_null(wr_file_write(file, "world", 5));
	assert_null(wr_file_close(file));
	assert_null(wr_file_open(env, path.data, WR_OPEN_READ, &file));
	assert_null(wr_file_read_at(file, bytes, 5, 6, &got));
	assert_int_equal(got, 5);
	assert_memory_equal(bytes, "world", 5);
	assert_null(wr_file_read(file, bytes, 16, &got)); /* the position was left alone */
	assert_int_equal(got, 11);
	assert_null(wr_file_read(file, bytes, 16, &got));
	assert_int_equal(got, 0);
	assert_null(wr_file_close(file));
	assert_null(wr_env_read_file(env, path.data, 11, &data, &got));
	assert_string_equal(data, "hello world");
	wr_free(data);
	wr_status *status = wr_env_read_file(env, path.data, 10, &data, &got);
	assert_non_null(strstr(status->text, "is larger than 10 bytes"));
	wr_status_free(status);
	assert_null(env->ops->stat(env, path.data, &info));
	assert_true(info.exists && info.is_regular && !info.is_dir && info.size == 11 &&
		    info.mtime_us > 0);
	assert_null(env->ops->remove(env, path.data));
	assert_null(env->ops->remove(env, path.data)); /* missing is no error */
	assert_null(env->ops->stat(env, path.data, &info));
	assert_false(info.exists);
	wr_text_release(&path);
}

static wr_status *collect(void *ctx, const char *name)
{
	wr_text_puts(ctx, name);
	wr_text_putc(ctx, ' ');
	return NULL;
}

static void folders(void **state)
{
	struct wr_env *env = wr_env_system();
	struct wr_text path, other, names;

	(void)state;
	wr_text_init(&path);
	wr_text_init(&other);
	wr_text_init(&names);
	assert_null(env->ops->make_dirs(env, in_folder(&path, "x/y")));
	assert_null(env->ops->make_dirs(env, in_folder(&path, "x/y")));
	assert_null(wr_env_write_file(env, in_folder(&path, "x/b"), "1", 1));
	assert_null(wr_env_write_file(env, in_folder(&path, "x/a"), "", 0));
	assert_null(env->ops->list(env, in_folder(&path, "x"), collect, &names));
	assert_string_equal(wr_text_str(&names), "a b y ");
	assert_null(env->ops->rename(env, in_folder(&path, "x/a"), in_folder(&other, "x/b")));
	wr_status *status = env->ops->make_dirs(env, in_folder(&path, "x/b"));
	assert_non_null(status);
	wr_status_free(status);
	assert_null(env->ops->remove(env, in_folder(&path, "x/b")));
	assert_null(env->ops->remove(env, in_folder(&path, "x/y")));
	assert_null(env->ops->remove(env, in_folder(&path, "x")));
	wr_text_release(&names);
	wr_text_release(&other);
	wr_text_release(&path);
}

static void errors_name_path_and_cause(void **state)
{
	struct wr_env *env = wr_env_system();
	struct wr_file *file;
	struct wr_text path;

	(void)state;
	wr_text_init(&path);
	wr_status *status = wr_file_open(env, in_folder(&path, "none"), WR_OPEN_READ, &file);
	assert_non_null(status);
	assert_null(file);
	assert_non_null(strstr(status->text, "/none': No such file"));
	assert_non_null(strstr(status->hint, "Check the path"));
	wr_status_free(status);
	status = wr_file_open(env, in_folder(&path, "no/such/folder"), WR_OPEN_CREATE, &file);
	assert_non_null(strstr(status->text, "Cannot write"));
	wr_status_free(status);
	wr_text_release(&path);
}

/* A disk that is full at the n-th call of write, sync, close, rename or sync_dir. */
struct failing_env {
	struct wr_env base;    /* first */
	struct wr_env_ops ops; /* the real ones, some replaced */
	int calls_left;        /* until the failing one */
};
static struct failing_env failing;

static bool fails_now(void)
{
	return failing.calls_left-- == 0;
}
static wr_status *full(void)
{
	return wr_status_new(WR_USER_ERROR, "no space");
}
static wr_status *fail_write(struct wr_file *file, const void *bytes, size_t len)
{
	return fails_now() ? full() : wr_env_system()->ops->write(file, bytes, len);
}
static wr_status *fail_sync(struct wr_file *file)
{
	return fails_now() ? full() : wr_env_system()->ops->sync(file);
}
static wr_status *fail_rename(struct wr_env *env, const char *from, const char *to)
{
	return fails_now() ? full() : wr_env_system()->ops->rename(env, from, to);
}

static void half_files_never_show(void **state)
{
	struct wr_env *env = wr_env_system();
	struct wr_text path, names;
	char *data;
	size_t len;

	(void)state;
	failing.ops = *env->ops;
	failing.ops.write = fail_write;
	failing.ops.sync = fail_sync;
	failing.ops.rename = fail_rename;
	failing.base.ops = &failing.ops;
	wr_text_init(&path);
	wr_text_init(&names);
	in_folder(&path, "whole");
	assert_null(wr_env_write_file(env, path.data, "old", 3));
	for (int n = 0;; n++) {
		failing.calls_left = n;
		wr_status *status = wr_env_write_file(&failing.base, path.data, "new text", 8);
		assert_null(wr_env_read_file(env, path.data, 100, &data, &len));
		assert_string_equal(data, status != NULL ? "old" : "new text");
		wr_free(data);
		wr_text_clear(&names);
		assert_null(env->ops->list(env, folder, collect, &names));
		assert_string_equal(wr_text_str(&names), "whole ");
		if (status == NULL)
			break;
		wr_status_free(status);
		assert_true(n < 10);
	}
	assert_null(env->ops->remove(env, path.data));
	wr_text_release(&names);
	wr_text_release(&path);
}

static void clocks_and_random(void **state)
{
	struct wr_env *env = wr_env_system();
	int64_t before = wr_mono_us(env);
	uint64_t a = 0, b = 0;

	(void)state;
	env->ops->sleep_us(env, 2000);
	assert_true(wr_mono_us(env) > before);
	assert_true(wr_wall_us(env) > 1600000000000000);
	env->ops->random(env, &a, sizeof a);
	env->ops->random(env, &b, sizeof b);
	assert_true(a != b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_round_trip),           cmocka_unit_test(folders),
	    cmocka_unit_test(errors_name_path_and_cause), cmocka_unit_test(half_files_never_show),
	    cmocka_unit_test(clocks_and_random),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
