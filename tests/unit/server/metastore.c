/* SPDX-License-Identifier: Apache-2.0
 *
 * metastore - what a server remembers: in its order, also after the end of the process, and not
 * from two processes at once.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "server/metastore.h"

struct fixture {
	char folder[64];
	struct wr_metastore *store;
	struct wr_text seen; /* by callbacks */
};

static void again(struct fixture *fixture)
{
	wr_status *status;

	wr_meta_close(fixture->store);
	status = wr_meta_open(fixture->folder, &fixture->store);
	if (status != NULL)
		fail_msg("%s", status->text);
}

static int setup(void **state)
{
	struct fixture *fixture = wr_calloc(1, sizeof *fixture);

	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/weir-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	again(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	wr_meta_close(fixture->store);
	wr_text_release(&fixture->seen);
	snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
	assert_int_equal(system(command), 0);
	wr_free(fixture);
	return 0;
}

static void put(struct fixture *fixture, const char *kind, const char *name, const char *sql)
{
	struct wr_meta_object object = {
	    .kind = kind, .name = name, .sql = sql, .owner = "ann", .made_ms = 1234};

	assert_null(wr_meta_put(fixture->store, &object));
}

static wr_status *see_object(void *own, const struct wr_meta_object *object)
{
	struct fixture *fixture = own;

	assert_int_equal(object->made_ms, 1234);
	wr_text_printf(&fixture->seen, "%s%s %s by %s in '%s.%s': %s;", object->alters ? "~" : "",
		       object->kind, object->name, object->owner, object->catalog, object->database,
		       object->sql);
	return NULL;
}

static void expect_objects(struct fixture *fixture, uint64_t since, const char *want)
{
	uint64_t version = 0;

	wr_text_clear(&fixture->seen);
	assert_null(wr_meta_each(fixture->store, since, &version, see_object, fixture));
	assert_int_equal(version, wr_meta_version(fixture->store));
	assert_string_equal(wr_text_str(&fixture->seen), want);
}

static void test_objects_in_their_order(void **state)
{
	struct fixture *fixture = *state;
	struct wr_meta_object change = {.kind = "table",
					.name = "a",
					.sql = "ALTER a",
					.made_ms = 1234,
					.catalog = "c",
					.database = "d"};
	uint64_t version = wr_meta_version(fixture->store);

	put(fixture, "table", "a", "CREATE 'a'");
	put(fixture, "view", "a", "CREATE v");
	assert_null(wr_meta_alter(fixture->store, &change));
	assert_int_equal(wr_meta_version(fixture->store), version + 3);
	for (int i = 0; i < 2; i++) {
		expect_objects(fixture, 0,
			       "table a by ann in '.': CREATE 'a';view a by ann in '.': CREATE v;"
			       "~table a by  in 'c.d': ALTER a;");
		expect_objects(fixture, 2, "~table a by  in 'c.d': ALTER a;");
		again(fixture);
		assert_int_equal(wr_meta_version(fixture->store), version + 3);
	}
	put(fixture, "table", "a", "again"); /* what altered the old one goes with it */
	expect_objects(fixture, 0, "view a by ann in '.': CREATE v;table a by ann in '.': again;");
	assert_null(wr_meta_drop(fixture->store, "view", "a"));
	assert_null(wr_meta_drop(fixture->store, "view", "not there"));
	expect_objects(fixture, 0, "table a by ann in '.': again;");
}

static wr_status *stop_at_once(void *own, const struct wr_meta_object *object)
{
	++*(int *)own;
	return wr_status_new(WR_USER_ERROR, "enough");
}

static void test_an_error_of_the_callback_ends_it(void **state)
{
	struct fixture *fixture = *state;
	int seen = 0;
	wr_status *status;

	put(fixture, "table", "a", "");
	put(fixture, "table", "b", "");
	status = wr_meta_each(fixture->store, 0, NULL, stop_at_once, &seen);
	assert_string_equal(status->text, "enough");
	assert_int_equal(seen, 1);
	wr_status_free(status);
}

/* The callback asks and changes the store. */
static wr_status *see_document(void *own, const char *name, const char *json)
{
	struct fixture *fixture = own;
	bool found;

	assert_null(wr_meta_get_document(fixture->store, "job", name, &fixture->seen, &found));
	assert_true(found);
	wr_text_printf(&fixture->seen, "=%s:%s;", name, json);
	assert_null(wr_meta_put_document(fixture->store, "other", name, json));
	return NULL;
}

static void test_documents(void **state)
{
	struct fixture *fixture = *state;
	bool found = true;

	assert_null(wr_meta_put_document(fixture->store, "job", "z", "1"));
	assert_null(wr_meta_put_document(fixture->store, "job", "a", "2"));
	assert_null(wr_meta_put_document(fixture->store, "query", "q", "3"));
	assert_null(wr_meta_put_document(fixture->store, "job", "z", "4")); /* keeps its place */
	again(fixture);
	assert_null(wr_meta_each_document(fixture->store, "job", see_document, fixture));
	assert_string_equal(wr_text_str(&fixture->seen), "4=z:4;2=a:2;");
	assert_null(wr_meta_drop_document(fixture->store, "job", "z"));
	assert_null(wr_meta_get_document(fixture->store, "job", "z", &fixture->seen, &found));
	assert_false(found);
	assert_null(wr_meta_get_document(fixture->store, "other", "z", &fixture->seen, &found));
	assert_true(found);
}

static wr_status *see_note(void *own, int64_t at_ms, const char *json)
{
	struct fixture *fixture = own;

	assert_true(at_ms > 1600000000000);
	wr_text_puts(&fixture->seen, json);
	return NULL;
}

static void expect_notes(struct fixture *fixture, const char *kind, const char *name,
			 uint32_t limit, const char *want)
{
	wr_text_clear(&fixture->seen);
	assert_null(wr_meta_each_note(fixture->store, kind, name, limit, see_note, fixture));
	assert_string_equal(wr_text_str(&fixture->seen), want);
}

static void test_history_keeps_the_newest(void **state)
{
	struct fixture *fixture = *state;
	char json[2] = "";

	for (json[0] = 'a'; json[0] <= 'f'; json[0]++) {
		assert_null(wr_meta_note(fixture->store, "checkpoint", "one", json, 3));
		assert_null(wr_meta_note(fixture->store, "exception", "one", json, 1));
		assert_null(wr_meta_note(fixture->store, "checkpoint", "two", json, 100));
	}
	again(fixture);
	expect_notes(fixture, "checkpoint", "one", 10, "fed");
	expect_notes(fixture, "checkpoint", "one", 2, "fe");
	expect_notes(fixture, "exception", "one", 10, "f");
	expect_notes(fixture, "checkpoint", "two", 10, "fedcba");
	assert_null(wr_meta_forget_notes(fixture->store, "one"));
	expect_notes(fixture, "checkpoint", "one", 10, "");
	expect_notes(fixture, "exception", "one", 10, "");
	expect_notes(fixture, "checkpoint", "two", 1, "f");
}

/* The error of opening the folder. */
static void expect_refused(struct fixture *fixture, const char *text, const char *hint)
{
	struct wr_metastore *other = NULL;
	wr_status *status = wr_meta_open(fixture->folder, &other);

	assert_null(other);
	assert_non_null(status);
	assert_non_null(strstr(status->text, text));
	assert_non_null(strstr(status->hint, hint));
	wr_status_free(status);
}

static void test_one_server_has_it(void **state)
{
	struct fixture *fixture = *state;

	expect_refused(fixture, "catalog.db'", "Another server has this folder");
	put(fixture, "table", "a", "still here");
	expect_objects(fixture, 0, "table a by ann in '.': still here;");
}

/* Writes into the closed file. */
static void write_at(struct fixture *fixture, long offset, const char *bytes, size_t len)
{
	char path[128];
	FILE *file;

	wr_meta_close(fixture->store);
	fixture->store = NULL;
	snprintf(path, sizeof path, "%s/catalog.db", fixture->folder);
	file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void test_a_newer_version_is_refused(void **state)
{
	struct fixture *fixture = *state;

	write_at(fixture, 60, "\0\0\0\x63", 4); /* user_version, as SQLite's format has it */
	expect_refused(fixture, "was written by a newer version", "Start that version");
}

static void test_a_damaged_file_is_refused(void **state)
{
	struct fixture *fixture = *state;

	write_at(fixture, 0, "no database at all, but something else", 38);
	expect_refused(fixture, "catalog.db'", "The file is damaged");
}

/* A child writes until it is killed; what it had told is there. */
static void test_what_was_written_outlives_a_kill(void **state)
{
	struct fixture *fixture = *state;
	char name[16], told = 0;
	bool found;
	int pipes[2], last = -1, status;
	pid_t child;

	wr_meta_close(fixture->store);
	fixture->store = NULL;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct wr_metastore *store;

		if (wr_meta_open(fixture->folder, &store) != NULL)
			_exit(1);
		for (int i = 0;; i++) {
			snprintf(name, sizeof name, "%d", i);
			if (wr_meta_put_document(store, "job", name, name) != NULL ||
			    write(pipes[1], "x", 1) != 1)
				_exit(1);
		}
	}
	close(pipes[1]);
	for (last = 0; last < 20 && read(pipes[0], &told, 1) == 1; last++)
		;
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(pipes[0]);
	assert_int_equal(last, 20);
	again(fixture);
	for (int i = 0; i < last; i++) {
		snprintf(name, sizeof name, "%d", i);
		wr_text_clear(&fixture->seen);
		assert_null(
		    wr_meta_get_document(fixture->store, "job", name, &fixture->seen, &found));
		assert_string_equal(wr_text_str(&fixture->seen), name);
	}
}

struct writer {
	struct wr_metastore *store;
	int number;
};

static void *write_many(void *argument)
{
	struct writer *writer = argument;
	char name[32];

	for (int i = 0; i < 20; i++) {
		struct wr_meta_object object = {.kind = "table", .name = name, .sql = ""};

		snprintf(name, sizeof name, "%d.%d", writer->number, i);
		if (wr_meta_put(writer->store, &object) != NULL ||
		    wr_meta_note(writer->store, "n", "n", name, 10) != NULL)
			return argument;
	}
	return NULL;
}

static wr_status *count_one(void *own, const struct wr_meta_object *object)
{
	++*(int *)own;
	return NULL;
}

static void test_threads(void **state)
{
	struct fixture *fixture = *state;
	uint64_t version = wr_meta_version(fixture->store);
	struct writer writer[4];
	pthread_t thread[4];
	int count = 0;

	for (int i = 0; i < 4; i++) {
		writer[i] = (struct writer){fixture->store, i};
		assert_int_equal(pthread_create(&thread[i], NULL, write_many, &writer[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(thread[i], &failed);
		assert_null(failed);
	}
	assert_null(wr_meta_each(fixture->store, 0, NULL, count_one, &count));
	assert_int_equal(count, 80);
	assert_int_equal(wr_meta_version(fixture->store), version + 80);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_objects_in_their_order),
	    TEST(test_an_error_of_the_callback_ends_it),
	    TEST(test_documents),
	    TEST(test_history_keeps_the_newest),
	    TEST(test_one_server_has_it),
	    TEST(test_a_newer_version_is_refused),
	    TEST(test_a_damaged_file_is_refused),
	    TEST(test_what_was_written_outlives_a_kill),
	    TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
