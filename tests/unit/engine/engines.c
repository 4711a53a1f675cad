/* SPDX-License-Identifier: Apache-2.0
 *
 * engines - sessions in threads beside each other, with tables, functions and options of the same
 * names and other meanings: none sees anything of another one.
 */
#include "flow.h"

#include <pthread.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS  10

struct engine {
	int64_t number;
	struct weir_session *session; /* NULL: the thread makes its own */
	bool good;
	char got[64];
	pthread_t thread;
};

static int add_number(void *self, const struct weir_row *args, struct weir_appender *out)
{
	int64_t x = 0;

	(void)weir_get_i64(args, 0, &x);
	return weir_append_i64(out, x + *(const int64_t *)self) ? 0 : -1;
}

static int hear(void *user, const struct weir_row *row)
{
	struct engine *engine = user;

	snprintf(engine->got, sizeof engine->got, "%s %s", weir_get_text(row, 0),
		 weir_get_text(row, 1));
	return 0;
}

/* One life of an engine. */
static bool live(struct engine *engine, struct weir_session *session)
{
	struct weir_function function = {.size = sizeof function,
					 .kind = WEIR_SCALAR,
					 .arguments = "x BIGINT",
					 .result = "BIGINT",
					 .user = &engine->number,
					 .eval = add_number};
	struct weir_handler handler = {.size = sizeof handler, .row = hear, .user = engine};
	struct weir_error *error = NULL;
	char sql[512], expected[64];

	snprintf(sql, sizeof sql,
		 "CREATE TABLE t (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = "
		 "'1000', 'fields.a.kind' = 'sequence', 'fields.a.start' = '0', 'fields.a.end' = "
		 "'999');"
		 "SET 'execution.runtime-mode' = 'batch';"
		 "SELECT SUM(f(a)), '${x}' FROM t; DROP TABLE t;");
	snprintf(expected, sizeof expected, "%lld %lld",
		 (long long)(999 * 500 + 1000 * engine->number), (long long)engine->number);
	(void)weir_drop_function(session, "f", NULL);
	if (weir_register_function(session, "f", &function, NULL) != WEIR_OK)
		return false;
	weir_set_variable(session, "x", strchr(expected, ' ') + 1);
	if (weir_execute(session, sql, &handler, &error) != WEIR_OK) {
		fprintf(stderr, "%s\n", weir_error_report(error));
		weir_error_free(error);
		return false;
	}
	return strcmp(engine->got, expected) == 0;
}

static void *engine_main(void *argument)
{
	struct engine *engine = argument;

	engine->good = true;
	for (int i = 0; i < ROUNDS && engine->good; i++) {
		struct weir_session *session =
		    engine->session != NULL ? engine->session : weir_session_new();

		engine->good = live(engine, session);
		if (engine->session == NULL)
			weir_session_free(session);
	}
	return NULL;
}

static void side_by_side(bool kept)
{
	struct engine engine[THREADS] = {0};

	for (int i = 0; i < THREADS; i++) {
		engine[i].number = i + 1;
		engine[i].session = kept ? weir_session_new() : NULL;
		assert_int_equal(pthread_create(&engine[i].thread, NULL, engine_main, &engine[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(engine[i].thread, NULL);
		if (!engine[i].good)
			fail_msg("engine %d: %s", i, engine[i].got);
		weir_session_free(engine[i].session);
	}
}

/* Opened and closed by threads all the time. */
static void engines_of_threads(void **state)
{
	side_by_side(false);
}

/* Made by one thread and used by others. */
static void sessions_of_one_program(void **state)
{
	side_by_side(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(engines_of_threads),
	    cmocka_unit_test(sessions_of_one_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
