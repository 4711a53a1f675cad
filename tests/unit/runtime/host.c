/* SPDX-License-Identifier: Apache-2.0
 *
 * What a connector tells its host: once to the user, until there is something else to say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/host.h"

/* A clock that stands still, the lines that were said, and who was woken. */
struct world {
	struct wr_env env; /* first: the clock finds the rest by it */
	int64_t now_us;
	struct wr_text said;
	uint32_t woken, claimers;
	atomic_bool failed, cancelled;
	atomic_llong wait_until_us;
	struct wr_hosts hosts;
	struct wr_table_host host;
};

static int64_t world_mono(struct wr_env *env)
{
	return ((struct world *)env)->now_us;
}

static const struct wr_env_ops world_ops = {.mono_us = world_mono};

static void world_wake(void *user, uint32_t worker)
{
	struct world *world = user;

	world->woken++;
	world->claimers += worker == WR_WAKE_CLAIMER;
}

static void world_say(void *user, const char *text)
{
	wr_text_printf(&((struct world *)user)->said, "%s\n", text);
}

static void world_init(struct world *world, bool is_source)
{
	*world = (struct world){.env = {.ops = &world_ops}, .now_us = 1};
	wr_text_init(&world->said);
	world->hosts = (struct wr_hosts){.env = &world->env,
					 .wakeup = {world_wake, world},
					 .failed = &world->failed,
					 .cancelled = &world->cancelled,
					 .job = "shop",
					 .checkpoints = true,
					 .say = world_say,
					 .user = world};
	wr_table_host_init(&world->host, &world->hosts, "orders",
			   is_source ? &world->wait_until_us : NULL);
}

static void world_release(struct world *world)
{
	wr_table_host_release(&world->host);
	wr_text_release(&world->said);
}

static void test_waiting_is_said_once(void **unused)
{
	struct world world;
	struct wr_host *host;
	struct wr_text waits;

	world_init(&world, true);
	host = &world.host.host;
	wr_text_init(&waits);
	wr_host_resumed(host);
	wr_host_waiting(host, "broker a does not answer");
	wr_host_waiting(host, "broker a does not answer");
	wr_table_host_waits(&world.host, &waits);
	assert_string_equal(waits.data, "table 'orders': broker a does not answer");
	wr_host_waiting(host, "broker b does not answer");
	wr_host_resumed(host);
	wr_host_resumed(host);
	wr_host_notice(host, "partition 7 is new");
	assert_string_equal(world.said.data,
			    "warning: Table 'orders' waits: broker a does not answer\n"
			    "warning: Table 'orders' waits: broker b does not answer\n"
			    "Table 'orders' goes on\n"
			    "Table 'orders': partition 7 is new\n");
	wr_text_clear(&waits);
	wr_table_host_waits(&world.host, &waits);
	assert_int_equal(waits.len, 0);
	wr_text_release(&waits);
	world_release(&world);
}

static void test_who_comes_and_goes_is_not_repeated(void **unused)
{
	struct world world;
	struct wr_host *host;

	world_init(&world, true);
	host = &world.host.host;
	for (int i = 0; i < 5; i++) {
		wr_host_waiting(host, "down");
		wr_host_resumed(host);
		world.now_us += 1000000;
	}
	assert_string_equal(world.said.data, "warning: Table 'orders' waits: down\n"
					     "Table 'orders' goes on\n");
	world.now_us += WR_HOST_QUIET_US;
	wr_text_clear(&world.said);
	wr_host_waiting(host, "down");
	assert_string_equal(world.said.data, "warning: Table 'orders' waits: down\n");
	world_release(&world);
}

static void test_who_waits_leaves_a_cancelled_job(void **unused)
{
	struct world world;
	struct wr_host *host;

	world_init(&world, false);
	host = &world.host.host;
	assert_false(wr_host_stopping(host));
	atomic_store(&world.cancelled, true);
	assert_false(wr_host_stopping(host)); /* it gets on: what it has is written */
	wr_host_waiting(host, "down");
	assert_true(wr_host_stopping(host));
	wr_host_resumed(host);
	assert_false(wr_host_stopping(host));
	atomic_store(&world.failed, true);
	assert_true(wr_host_stopping(host));
	world_release(&world);
}

static void test_wake_is_for_sources(void **unused)
{
	struct world world;

	world_init(&world, true);
	atomic_store(&world.wait_until_us, 99);
	wr_host_wake(&world.host.host);
	assert_int_equal(atomic_load(&world.wait_until_us), 0);
	assert_int_equal(atomic_load(&world.host.wakes), 1);
	assert_int_equal(world.claimers, 1);
	world_release(&world);
	world_init(&world, false);
	wr_host_wake(&world.host.host);
	assert_int_equal(world.woken, 0);
	wr_host_checkpoint_wanted(&world.host.host);
	assert_true(atomic_load(&world.hosts.checkpoint_wanted));
	assert_string_equal(world.host.host.job, "shop");
	world_release(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_waiting_is_said_once),
	    cmocka_unit_test(test_who_comes_and_goes_is_not_repeated),
	    cmocka_unit_test(test_who_waits_leaves_a_cancelled_job),
	    cmocka_unit_test(test_wake_is_for_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
