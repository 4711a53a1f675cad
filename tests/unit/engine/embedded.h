/* SPDX-License-Identifier: Apache-2.0
 *
 * embedded - for tests of programs with rows of their own: a script that runs beside the test, and
 * what came out of it.
 */
#ifndef WR_TESTS_EMBEDDED_H
#define WR_TESTS_EMBEDDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pthread.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "weir/weir.h"

#define TEXT_MAX 65536

/* A script on a thread of its own. */
struct running {
	struct weir_session *session;
	const char *sql;
	pthread_t thread;
	atomic_uint rows;         /* that came out */
	char text[TEXT_MAX];      /* of them: "1,a;2,b;" in their order; kinds only other than +I */
	enum weir_code code;      /* how it ended */
	struct weir_error *error; /* why; owned */
	atomic_uint hold;         /* 1: rows wait in the callback */
};

static inline int running_row(void *user, const struct weir_row *row)
{
	static const char *const kinds[] = {"", "-U:", "+U:", "-D:"};
	struct running *self = user;
	uint32_t count = weir_column_count(weir_row_result(row));
	size_t used = strlen(self->text);

	while (atomic_load(&self->hold) != 0)
		usleep(200);
	used += snprintf(self->text + used, TEXT_MAX - used, "%s", kinds[weir_row_kind(row)]);
	for (uint32_t i = 0; i < count && used < TEXT_MAX - 256; i++) {
		const char *text = weir_get_text(row, i);

		used += snprintf(self->text + used, TEXT_MAX - used, "%s%s", text ? text : "NULL",
				 i + 1 < count ? "," : ";");
	}
	atomic_fetch_add(&self->rows, 1);
	return 0;
}

static inline void *running_main(void *argument)
{
	struct running *self = argument;
	struct weir_handler handler = {.size = sizeof handler, .row = running_row, .user = self};

	self->code = weir_execute(self->session, self->sql, &handler, &self->error);
	return NULL;
}

static inline void running_start(struct running *self, struct weir_session *session,
				 const char *sql)
{
	self->session = session;
	self->sql = sql;
	self->text[0] = '\0';
	self->error = NULL;
	atomic_store(&self->rows, 0);
	assert_int_equal(pthread_create(&self->thread, NULL, running_main, self), 0);
}

/* Waits for its end, which is to be `code`. */
static inline void running_end(struct running *self, enum weir_code code)
{
	pthread_join(self->thread, NULL);
	if (self->code != code)
		print_error("%s\n", self->error != NULL ? weir_error_report(self->error) : "?");
	assert_int_equal(self->code, code);
	weir_error_free(self->error);
	self->error = NULL;
}

/* Waits until so many rows have come. */
static inline void running_await(struct running *self, uint32_t rows)
{
	for (int i = 0; i < 100000 && atomic_load(&self->rows) < rows; i++)
		usleep(100);
	assert_true(atomic_load(&self->rows) >= rows);
}

/* Executes what is to go well. */
static inline void run_ok(struct weir_session *session, const char *sql)
{
	struct weir_error *error = NULL;

	if (weir_execute(session, sql, NULL, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

static inline struct weir_input *open_ok(struct weir_session *session, const char *table)
{
	struct weir_error *error = NULL;
	struct weir_input *input = NULL;

	if (weir_input_open(session, table, &input, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return input;
}

/* A session with an option or more: "key=value", NULL at the end. */
static inline struct weir_session *session_with(const char *const *options)
{
	struct weir_session *session = weir_session_new();

	for (; options != NULL && *options != NULL; options++) {
		char key[128];
		const char *value = strchr(*options, '=');

		snprintf(key, sizeof key, "%.*s", (int)(value - *options), *options);
		assert_int_equal(weir_set_option(session, key, value + 1, NULL), WEIR_OK);
	}
	return session;
}

#define VARIANTS 4u /* of a session that are to give the same rows */

/* The `v`-th of them; VARIANTS itself restores the job again and again, if its sources can. */
static inline struct weir_session *session_variant(size_t v)
{
	static const char *const options[VARIANTS + 1][4] = {
	    {NULL},
	    {"weir.batch.max-rows=1", NULL},
	    {"parallelism.default=1", NULL},
	    {"parallelism.default=5", "weir.batch.max-rows=7", NULL},
	    {"weir.test.restore-every=5", NULL},
	};

	return session_with(options[v]);
}

static inline void wait_ok(struct weir_job *job)
{
	struct weir_error *error = NULL;

	if (weir_job_wait(job, 60000, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	weir_job_free(job);
}

#endif
