/* SPDX-License-Identifier: Apache-2.0
 *
 * ledger - for tests of sinks: one that keeps numbers, in two phases, through the failures of its
 * job.
 *
 * Thread: commit may come beside write.
 */
#ifndef WR_TESTS_LEDGER_H
#define WR_TESTS_LEDGER_H

#include "embedded.h"

#define LEDGER_MAX 20000

struct ledger {
	pthread_mutex_t lock;
	int64_t row[LEDGER_MAX]; /* written, in their order */
	uint32_t count;          /* number of row */
	uint32_t prepared;       /* rows [0, prepared) are durable */
	uint32_t visible;        /* rows [0, visible) are visible */
	uint32_t prepares, commits, restores, flushes, opens, closes, good; /* calls */
	uint32_t fail_write_at; /* the call that brings this row fails, once; 0: none */
	uint32_t fail_commits;  /* so many commits fail */
	bool two_phases;
	atomic_uint seen; /* = count */
};

static inline int ledger_open(void *user, const struct weir_result *result, void **self)
{
	((struct ledger *)user)->opens++;
	assert_ptr_equal(*self, user);
	assert_string_equal(weir_column_name(result, 0), "id");
	return 0;
}

static inline int ledger_write(void *self, const struct weir_batch *batch)
{
	struct ledger *ledger = self;
	struct weir_column column;

	assert_true(weir_batch_column(batch, 0, &column));
	assert_int_equal(column.layout, WEIR_LAYOUT_I64);
	pthread_mutex_lock(&ledger->lock);
	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		uint32_t at = weir_batch_index(batch, i) & column.mask;

		assert_true(ledger->count < LEDGER_MAX);
		ledger->row[ledger->count++] = ((const int64_t *)column.data)[at];
		if (ledger->fail_write_at != 0 && ledger->count >= ledger->fail_write_at) {
			ledger->fail_write_at = 0;
			pthread_mutex_unlock(&ledger->lock);
			return -1;
		}
	}
	atomic_store(&ledger->seen, ledger->count);
	pthread_mutex_unlock(&ledger->lock);
	return 0;
}

static inline int ledger_flush(void *self)
{
	((struct ledger *)self)->flushes++;
	return 0;
}

static inline int ledger_prepare(void *self, bool last, struct weir_bytes_out *out)
{
	struct ledger *ledger = self;

	pthread_mutex_lock(&ledger->lock);
	ledger->prepares++;
	ledger->prepared = ledger->count;
	weir_put(out, &ledger->prepared, 2);
	weir_put(out, (const char *)&ledger->prepared + 2, 2);
	pthread_mutex_unlock(&ledger->lock);
	return 0;
}

static inline uint32_t ledger_bytes(const char *bytes, size_t len)
{
	uint32_t count;

	assert_int_equal(len, sizeof count);
	memcpy(&count, bytes, sizeof count);
	return count;
}

static inline int ledger_commit(void *self, const char *bytes, size_t len)
{
	struct ledger *ledger = self;
	uint32_t count = ledger_bytes(bytes, len);
	int result = 0;

	pthread_mutex_lock(&ledger->lock);
	ledger->commits++;
	assert_true(count <= ledger->prepared);
	if (ledger->fail_commits > 0) {
		ledger->fail_commits--;
		result = -1;
	} else if (count > ledger->visible) {
		ledger->visible = count;
	}
	pthread_mutex_unlock(&ledger->lock);
	return result;
}

static inline int ledger_restore(void *self, const char *bytes, size_t len)
{
	struct ledger *ledger = self;
	uint32_t count = ledger_bytes(bytes, len);

	pthread_mutex_lock(&ledger->lock);
	ledger->restores++;
	assert_true(ledger->visible >= count); /* it was committed before */
	ledger->count = ledger->prepared = count;
	pthread_mutex_unlock(&ledger->lock);
	return 0;
}

static inline int ledger_close(void *self, bool good)
{
	struct ledger *ledger = self;

	pthread_mutex_lock(&ledger->lock);
	ledger->closes++;
	ledger->good += good;
	if (good)
		ledger->visible = ledger->count;
	else if (ledger->two_phases)
		ledger->count = ledger->prepared;
	pthread_mutex_unlock(&ledger->lock);
	return 0;
}

static inline const char *ledger_why(void *self)
{
	return "the ledger is closed";
}

static inline struct ledger *ledger_new(bool two_phases)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);

	pthread_mutex_init(&ledger->lock, NULL);
	ledger->two_phases = two_phases;
	return ledger;
}

static inline struct weir_sink ledger_sink(struct ledger *ledger)
{
	struct weir_sink sink = {.size = sizeof sink,
				 .name = "ledger",
				 .user = ledger,
				 .open = ledger_open,
				 .write = ledger_write,
				 .flush = ledger_flush,
				 .close = ledger_close,
				 .why = ledger_why};

	if (ledger->two_phases) {
		sink.prepare = ledger_prepare;
		sink.commit = ledger_commit;
		sink.restore = ledger_restore;
	}
	return sink;
}

/* Numbers 0 .. count - 1, each once, in their order. */
static inline void ledger_expect(const struct ledger *ledger, uint32_t count)
{
	assert_int_equal(ledger->visible, count);
	assert_int_equal(ledger->count, count);
	for (uint32_t i = 0; i < count; i++)
		if (ledger->row[i] != i)
			fail_msg("row %u is %lld", i, (long long)ledger->row[i]);
}

static inline void ledger_free(struct ledger *ledger)
{
	assert_int_equal(ledger->opens, ledger->closes);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger);
}

/* A session whose jobs make checkpoints in `folder` and begin again after failures. */
static inline struct weir_session *session_kept(const char *folder, const char *interval)
{
	struct weir_session *session = weir_session_new();

	weir_set_option(session, "execution.checkpointing.interval", interval, NULL);
	weir_set_option(session, "execution.checkpointing.dir", folder, NULL);
	weir_set_option(session, "restart-strategy.type", "fixed-delay", NULL);
	weir_set_option(session, "restart-strategy.fixed-delay.attempts", "10", NULL);
	weir_set_option(session, "restart-strategy.fixed-delay.delay", "5 ms", NULL);
	return session;
}

static inline void remove_folder(const char *folder)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

#endif
