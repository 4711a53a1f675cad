/* SPDX-License-Identifier: Apache-2.0
 *
 * crew - work is done by threads of a crew that is freed while they are at it, or on their way out.
 * Most of its worth it has under the thread sanitizer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crew.h"

#define SEATS  4
#define ROUNDS 50

static void work(void *argument)
{
	atomic_fetch_add((atomic_uint *)argument, 1);
}

static void freed_when_all_is_done(void **state)
{
	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct wr_crew *crew = wr_crew_new("weir-test", SEATS);
		atomic_uint done = 0;
		uint32_t taken = 0;

		for (uint32_t i = 0; i < 2 * SEATS; i++)
			taken += wr_crew_run(crew, work, &done);
		wr_crew_free(crew);
		assert_true(taken >= SEATS);
		assert_int_equal(atomic_load(&done), taken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(freed_when_all_is_done)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
