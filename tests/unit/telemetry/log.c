/* SPDX-License-Identifier: Apache-2.0
 *
 * log - lines reach their file descriptor in both forms; one that nobody reads holds nobody up, and
 * what was dropped is counted and told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "telemetry/log.h"

/* What can be read at once. */
static char *read_some(int fd)
{
	static char bytes[1 << 20];
	ssize_t len = read(fd, bytes, sizeof bytes - 1);

	bytes[len > 0 ? len : 0] = '\0';
	return bytes;
}

static struct wr_log *open_log(int ends[2], bool json, enum wr_log_level level)
{
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	return wr_log_new(wr_env_system(), ends[1], json, level);
}

static void test_forms(void **state)
{
	static const struct wr_log_about about = {
	    .job = "a \"b\"", .table = "t", .checkpoint = 7, .request_id = "r", .trace_id = "x"};
	int ends[2];
	struct wr_log *log = open_log(ends, true, WR_LOG_INFO);
	const char *got;

	wr_log_say(log, WR_LOG_DEBUG, &about, "not this");
	wr_log_say(log, WR_LOG_INFO, &about, "warning: it\nwaits");
	wr_log_flush(log);
	got = read_some(ends[0]);
	assert_int_equal(strncmp(got, "{\"ts\":\"2", 8), 0);
	assert_string_equal(strstr(got, "\"level\""),
			    "\"level\":\"warn\",\"message\":\"it\\u000awaits\",\"job\":\"a "
			    "\\\"b\\\"\",\"table\":\"t\",\"checkpoint\":7,\"request_id\":\"r\","
			    "\"trace_id\":\"x\"}\n");
	wr_log_say(log, WR_LOG_INFO, NULL, "warning: Table 'orders' waits: no broker");
	wr_log_flush(log);
	assert_non_null(strstr(read_some(ends[0]), "\"table\":\"orders\"}\n"));
	wr_log_free(log);
	log = open_log(ends, false, WR_LOG_DEBUG);
	wr_log_say(log, WR_LOG_DEBUG, &about, "warning: it waits");
	wr_log_write(log, "as it is\n");
	wr_log_free(log);
	assert_string_equal(read_some(ends[0]), "weir: job a \"b\": warning: it waits\nas it is\n");
}

/* Nobody reads while 100,000 lines are said. */
static void test_slow(void **state)
{
	int ends[2];
	struct wr_log *log = open_log(ends, false, WR_LOG_INFO);
	bool told = false;

	for (int i = 0; i < 100000; i++)
		wr_log_say(log, WR_LOG_INFO, NULL, "a line of some length, said again and again");
	assert_true(wr_log_dropped(log) > 0);
	for (int i = 0; i < 10000 && !told; i++) {
		told = strstr(read_some(ends[0]), " lines of the log were dropped") != NULL;
		usleep(1000);
	}
	assert_true(told);
	wr_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms),
					   cmocka_unit_test(test_slow)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
