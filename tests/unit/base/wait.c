/* SPDX-License-Identifier: Apache-2.0
 *
 * wait - tests: a wait ends when its time is over and not before, and at a signal long before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/wait.h"

struct box {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool there; /* under lock */
};

static void box_init(struct box *box)
{
	pthread_mutex_init(&box->lock, NULL);
	wr_cond_init(&box->changed);
	box->there = false;
}

static void box_release(struct box *box)
{
	pthread_cond_destroy(&box->changed);
	pthread_mutex_destroy(&box->lock);
}

static void deadlines_are_whole(void **state)
{
	static const int64_t us[] = {-5, 0, 1, 999999, 1000000, 7 * 1000000 + 999999};
	(void)state;
	for (size_t i = 0; i < sizeof us / sizeof us[0]; i++) {
		int64_t wanted = us[i] > 0 ? us[i] : 0, from = wr_mono_us(wr_env_system()), at;
		struct timespec deadline = wr_deadline(us[i]);

		assert_in_range(deadline.tv_nsec, 0, 999999999);
		at = deadline.tv_sec * 1000000 + deadline.tv_nsec / 1000;
		assert_true(at >= from + wanted - 1);
		assert_true(at <= wr_mono_us(wr_env_system()) + wanted);
	}
}

static void the_time_runs_out(void **state)
{
	int64_t from = wr_mono_us(wr_env_system());
	struct timespec deadline = wr_deadline(20000);
	struct box box;

	(void)state;
	box_init(&box);
	pthread_mutex_lock(&box.lock);
	while (wr_cond_wait_until(&box.changed, &box.lock, &deadline))
		;
	assert_true(wr_mono_us(wr_env_system()) - from >= 20000);
	assert_false(wr_cond_wait_until(&box.changed, &box.lock, &deadline));
	assert_false(wr_cond_wait_us(&box.changed, &box.lock, 0));
	assert_false(wr_cond_wait_us(&box.changed, &box.lock, -1));
	pthread_mutex_unlock(&box.lock);
	box_release(&box);
}

static void *put(void *own)
{
	struct box *box = own;

	pthread_mutex_lock(&box->lock);
	box->there = true;
	pthread_cond_signal(&box->changed);
	pthread_mutex_unlock(&box->lock);
	return NULL;
}

static void a_signal_ends_it(void **state)
{
	struct timespec deadline = wr_deadline(INT64_C(3600) * 1000000);
	struct box box;
	pthread_t thread;
	bool waited = true;

	(void)state;
	box_init(&box);
	pthread_mutex_lock(&box.lock);
	assert_int_equal(pthread_create(&thread, NULL, put, &box), 0);
	while (!box.there && waited)
		waited = wr_cond_wait_until(&box.changed, &box.lock, &deadline);
	assert_true(box.there);
	assert_true(waited);
	pthread_mutex_unlock(&box.lock);
	pthread_join(thread, NULL);
	box_release(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(deadlines_are_whole),
	    cmocka_unit_test(the_time_runs_out),
	    cmocka_unit_test(a_signal_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
