/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of kafka_commit against brokers that are made up: every step of every commit fails in every
 * way that a client can tell (not yet; lost, with and without the step having happened; the process
 * dies before or behind it), one failure after the other and every two of them together. What
 * readers see must always be each message once, in order.
 */
#include "connectors/kafka_commit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/macros.h"

#define SEEN_MAX 64

enum fault {
	AGAIN,       /* refused for now, nothing happened */
	LOST_BEFORE, /* nothing happened, the producer is of no use */
	LOST_BEHIND, /* it happened, the answer is lost */
	TIMED_OUT,   /* the brokers have given the transaction up */
	DIES_BEFORE, /* the process ends */
	DIES_BEHIND,
	FAULTS
};

/* What is done before a commit. */
enum ahead {
	NOTHING,
	HELD,      /* all but the last step */
	STREAMED,  /* message by message, then that */
	CONTINUED, /* the same, under the mark of a prepare before, of which no commit comes */
	AHEADS
};

/* The brokers: one topic, one group, one transactional id. */
struct brokers {
	uint32_t epoch; /* of the last producer that was made */
	bool open;      /* a transaction is */
	uint32_t pending[SEEN_MAX], pending_count;
	struct wr_commit_mark pending_note;
	bool has_pending_note;
	uint32_t seen[SEEN_MAX], seen_count; /* what readers see */
	struct wr_commit_mark note;
	/* Failures: at step `at[i]`, counted over all of it. */
	uint32_t step, at[2];
	enum fault fault[2];
	bool hit[2];
	enum ahead ahead;
};

/* One instance of a sink. */
struct instance {
	struct wr_kafka_commit commit;
	struct brokers *brokers;
	uint32_t epoch;        /* of its producer; 0: it has none */
	uint32_t first, count; /* messages of the commit under way */
	uint32_t sent;         /* of them, in the open transaction */
};

static void abort_open(struct brokers *brokers)
{
	brokers->open = false;
	brokers->pending_count = 0;
	brokers->has_pending_note = false;
}

/* One step with what may fail of it. */
static wr_status *fail_step(struct instance *self, void (*act)(struct instance *self),
			    enum wr_kafka_outcome *outcome)
{
	struct brokers *brokers = self->brokers;
	uint32_t step = brokers->step++;
	enum fault fault = FAULTS;

	for (uint32_t i = 0; i < 2; i++)
		if (brokers->at[i] == step) {
			fault = brokers->fault[i];
			brokers->hit[i] = true;
		}
	*outcome = WR_KAFKA_OK;
	if (fault == AGAIN) {
		*outcome = WR_KAFKA_AGAIN;
		return NULL;
	}
	if (fault == DIES_BEFORE)
		return wr_status_new(WR_FATAL, "Dies");
	if (fault == TIMED_OUT) {
		abort_open(brokers);
		brokers->epoch++;
	}
	if (fault == LOST_BEFORE || fault == TIMED_OUT ||
	    (act != NULL && self->epoch != brokers->epoch)) {
		*outcome = WR_KAFKA_LOST; /* or fenced */
		return NULL;
	}
	if (act != NULL)
		act(self);
	if (fault == DIES_BEHIND)
		return wr_status_new(WR_FATAL, "Dies");
	if (fault == LOST_BEHIND)
		*outcome = WR_KAFKA_LOST;
	return NULL;
}

static wr_status *fake_open(void *user, enum wr_kafka_outcome *outcome)
{
	struct instance *self = user;
	wr_status *status = fail_step(self, NULL, outcome);

	if (status == NULL && *outcome == WR_KAFKA_OK) {
		abort_open(self->brokers);
		self->epoch = ++self->brokers->epoch;
	}
	return status;
}

static wr_status *fake_ask(void *user, struct wr_commit_mark *found, enum wr_kafka_outcome *outcome)
{
	struct instance *self = user;

	assert_false(self->brokers->open && self->epoch == self->brokers->epoch);
	*found = self->brokers->note;
	return fail_step(self, NULL, outcome);
}

static void do_begin(struct instance *self)
{
	assert_false(self->brokers->open);
	self->brokers->open = true;
	self->sent = 0;
}

static wr_status *fake_begin(void *user, enum wr_kafka_outcome *outcome)
{
	return fail_step(user, do_begin, outcome);
}

static void do_send(struct instance *self)
{
	struct brokers *brokers = self->brokers;

	assert_true(brokers->open);
	for (; self->sent < self->count; self->sent++) {
		assert_true(brokers->pending_count < SEEN_MAX);
		brokers->pending[brokers->pending_count++] = self->first + self->sent;
	}
}

static wr_status *fake_send(void *user, enum wr_kafka_outcome *outcome)
{
	return fail_step(user, do_send, outcome);
}

static void do_note(struct instance *self)
{
	assert_true(self->brokers->open);
	self->brokers->pending_note = self->commit.note;
	self->brokers->has_pending_note = true;
}

static wr_status *fake_note(void *user, const struct wr_commit_mark *note,
			    enum wr_kafka_outcome *outcome)
{
	return fail_step(user, do_note, outcome);
}

static void do_commit(struct instance *self)
{
	struct brokers *brokers = self->brokers;

	assert_true(brokers->open && brokers->has_pending_note);
	for (uint32_t i = 0; i < brokers->pending_count; i++) {
		assert_true(brokers->seen_count < SEEN_MAX);
		brokers->seen[brokers->seen_count++] = brokers->pending[i];
	}
	brokers->note = brokers->pending_note;
	abort_open(brokers);
}

static wr_status *fake_commit(void *user, enum wr_kafka_outcome *outcome)
{
	return fail_step(user, do_commit, outcome);
}

static void fake_close(void *user)
{
	((struct instance *)user)->epoch = 0;
}

static wr_status *fake_pause(void *user, bool again)
{
	struct instance *self = user;

	return fail_step(self, NULL, &(enum wr_kafka_outcome){0});
}

static const struct wr_kafka_commit_ops ops = {
    .open = fake_open,
    .ask = fake_ask,
    .begin = fake_begin,
    .send = fake_send,
    .note = fake_note,
    .commit = fake_commit,
    .close = fake_close,
    .pause = fake_pause,
};

/* The next step of an instance that is being looked at step by step. */
static wr_status *take_step(struct instance *self, enum wr_kafka_outcome *outcome)
{
	*outcome = WR_KAFKA_OK;
	switch (self->commit.step) {
	case WR_KAFKA_OPEN: return fake_open(self, outcome);
	case WR_KAFKA_ASK: return fake_ask(self, &self->commit.found, outcome);
	case WR_KAFKA_BEGIN: return fake_begin(self, outcome);
	case WR_KAFKA_SEND: return fake_send(self, outcome);
	case WR_KAFKA_NOTE: return fake_note(self, &self->commit.note, outcome);
	case WR_KAFKA_COMMIT: return fake_commit(self, outcome);
	default: fake_close(self); return NULL;
	}
}

static void begin_instance(struct instance *self, struct brokers *brokers)
{
	*self = (struct instance){.brokers = brokers};
	wr_kafka_commit_init(&self->commit, wr_env_system());
}

/* Whether the process lives on. */
static bool run(struct instance *self, const struct wr_commit_mark *goal)
{
	enum ahead ahead = goal != NULL ? self->brokers->ahead : NOTHING;
	uint32_t count = self->count;
	struct wr_commit_mark mark;
	wr_status *status = NULL;
	bool lives;

	for (uint32_t i = ahead == HELD ? count : 1; ahead != NOTHING && i <= count; i++) {
		mark = *goal;
		if (ahead == CONTINUED && i < count)
			mark.part[mark.count - 1].number--;
		self->count = i;
		if (status == NULL)
			status = wr_kafka_commit_run(&self->commit, &mark, true, &ops, self);
	}
	if (status == NULL)
		status = wr_kafka_commit_run(&self->commit, goal, false, &ops, self);
	lives = status == NULL;

	wr_status_free(status);
	return lives;
}

/* The checkpoints of a job: what was prepared last. */
struct job {
	struct wr_commit_mark prepared;
	uint32_t checkpoint; /* how many there are: number c has the messages 2c and 2c + 1 */
};

/* A job's life until `checkpoints` are committed or it dies. */
static bool live(struct job *job, struct brokers *brokers, uint32_t checkpoints)
{
	struct instance self;
	struct wr_commit_mark own;

	begin_instance(&self, brokers);
	own = self.commit.own;
	if (!run(&self, NULL))
		return false;
	assert_int_equal(self.commit.step, WR_KAFKA_DONE);
	for (bool restored = job->checkpoint > 0;; restored = false) {
		if (!restored) {
			if (job->checkpoint == checkpoints)
				return true;
			wr_commit_mark_next(&own);
			if (brokers->ahead == CONTINUED)
				wr_commit_mark_next(&own);
			job->prepared = own; /* the checkpoint is durable */
			job->checkpoint++;
		}
		self.first = 2 * (job->checkpoint - 1);
		self.count = 2;
		if (!run(&self, &job->prepared))
			return false;
		assert_int_equal(self.commit.step, WR_KAFKA_DONE);
	}
}

/* A job with the failures of `brokers`, started again as often as it dies. */
static void check_job(struct brokers *brokers)
{
	struct job job = {0};
	uint32_t lives = 1;

	while (!live(&job, brokers, 3)) {
		lives++;
		assert_true(lives < 10);
	}
	if (brokers->seen_count != 6) {
		printf("faults %d at %u, %d at %u\n", brokers->fault[0], brokers->at[0],
		       brokers->fault[1], brokers->at[1]);
		assert_int_equal(brokers->seen_count, 6);
	}
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(brokers->seen[i], i);
}

static void test_every_two_failures(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	uint32_t steps;

	check_job(&brokers);
	steps = brokers.step;
	assert_int_equal(steps, 2 + 3 + 3 * 4); /* to open, to announce, three commits */
	for (uint32_t a = 0; a < steps; a++)
		for (enum fault x = 0; x < FAULTS; x++)
			for (uint32_t b = a + 1; b < a + 16; b++)
				for (uint32_t y = 0; y < AHEADS * FAULTS; y++) {
					brokers = (struct brokers){.at = {a, b},
								   .fault = {x, y / AHEADS},
								   .ahead = y % AHEADS};
					check_job(&brokers);
					assert_true(brokers.hit[0]);
				}
}

/* Commits the messages first, first + 1 as the next of `own`'s run. */
static enum wr_kafka_step commit_two(struct instance *self, struct wr_commit_mark *own,
				     uint32_t first)
{
	wr_commit_mark_next(own);
	self->first = first;
	self->count = 2;
	assert_true(run(self, own));
	return self->commit.step;
}

static void assert_seen(const struct brokers *brokers, const char *expected)
{
	char text[256] = "";

	for (uint32_t i = 0; i < brokers->seen_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%u ", brokers->seen[i]);
	assert_string_equal(text, expected);
}

/* What is held is seen by nobody; if its checkpoint fails, the next one has its messages, too. */
static void test_held(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	struct wr_commit_mark own, next;
	struct instance self;

	begin_instance(&self, &brokers);
	own = self.commit.own;
	assert_true(run(&self, NULL));
	wr_commit_mark_next(&own);
	self.first = 0;
	self.count = 2;
	assert_null(wr_kafka_commit_run(&self.commit, &own, true, &ops, &self));
	assert_true(self.commit.held && brokers.open);
	assert_seen(&brokers, "");
	next = own; /* the checkpoint has failed */
	wr_commit_mark_next(&next);
	self.count = 4;
	assert_null(wr_kafka_commit_run(&self.commit, &next, true, &ops, &self));
	assert_true(self.commit.held);
	assert_seen(&brokers, "");
	assert_null(wr_kafka_commit_run(&self.commit, &next, false, &ops, &self));
	assert_int_equal(self.commit.step, WR_KAFKA_DONE);
	assert_seen(&brokers, "0 1 2 3 ");
	assert_int_equal(commit_two(&self, &next, 4), WR_KAFKA_DONE);
	wr_commit_mark_next(&next); /* a savepoint, long before the next checkpoint */
	self.first = 6;
	assert_null(wr_kafka_commit_run(&self.commit, &next, true, &ops, &self));
	wr_kafka_commit_drop(&self.commit, &ops, &self);
	wr_kafka_commit_drop(&self.commit, &ops, &self);
	assert_int_equal(commit_two(&self, &next, 6), WR_KAFKA_DONE);
	assert_seen(&brokers, "0 1 2 3 4 5 6 7 ");
}

/* The brokers have forgotten the note: that is told. */
static void test_lost_note(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	struct wr_commit_mark own;
	struct instance first, second;

	begin_instance(&first, &brokers);
	own = first.commit.own;
	assert_true(run(&first, NULL));
	assert_int_equal(commit_two(&first, &own, 0), WR_KAFKA_DONE);
	assert_false(first.commit.unknown);
	wr_commit_mark_next(&own); /* a checkpoint that was not committed */
	begin_instance(&second, &brokers);
	assert_true(run(&second, NULL));
	second.first = 2;
	second.count = 2;
	assert_true(run(&second, &own));
	assert_false(second.commit.unknown);
	brokers.note.count = 0;
	begin_instance(&second, &brokers);
	assert_true(run(&second, NULL));
	assert_true(run(&second, &own));
	assert_true(second.commit.unknown);
	brokers.note.count = 0; /* it goes while the sink is open, too */
	own = second.commit.own;
	brokers.epoch++;
	assert_int_equal(commit_two(&second, &own, 4), WR_KAFKA_DONE);
	assert_true(second.commit.unknown);
	assert_int_equal(commit_two(&second, &own, 6), WR_KAFKA_DONE);
	assert_false(second.commit.unknown);
}

/* Two instances at once: the one that came first stops, whoever fails first; nothing of it is seen
 * behind the announcement of the other. */
static void test_second_instance(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	struct wr_commit_mark first_own, second_own;
	struct instance first, second;

	begin_instance(&first, &brokers);
	first_own = first.commit.own;
	assert_true(run(&first, NULL));
	assert_int_equal(commit_two(&first, &first_own, 0), WR_KAFKA_DONE);
	begin_instance(&second, &brokers);
	second_own = second.commit.own;
	assert_true(run(&second, NULL));
	assert_int_equal(commit_two(&first, &first_own, 10), WR_KAFKA_SUPERSEDED);
	assert_int_equal(commit_two(&second, &second_own, 20), WR_KAFKA_DONE); /* opens again */
	assert_int_equal(commit_two(&first, &first_own, 30), WR_KAFKA_SUPERSEDED);
	assert_int_equal(commit_two(&second, &second_own, 40), WR_KAFKA_DONE);
	assert_seen(&brokers, "0 1 20 21 40 41 ");
}

/* The second has opened and not announced itself; the first takes it for an outage and goes on;
 * then the second announces itself all the same. */
static void test_second_instance_between(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	struct wr_commit_mark first_own, second_own;
	struct instance first, second;
	enum wr_kafka_outcome outcome;

	begin_instance(&first, &brokers);
	first_own = first.commit.own;
	assert_true(run(&first, NULL));
	begin_instance(&second, &brokers);
	second_own = second.commit.own;
	wr_kafka_commit_start(&second.commit, NULL);
	assert_null(fake_open(&second, &outcome));
	wr_kafka_commit_next(&second.commit, outcome);
	assert_null(fake_ask(&second, &second.commit.found, &outcome));
	wr_kafka_commit_next(&second.commit, outcome);
	assert_int_equal(second.commit.step, WR_KAFKA_BEGIN);
	assert_int_equal(commit_two(&first, &first_own, 0), WR_KAFKA_DONE);
	while (second.commit.step < WR_KAFKA_DONE) {
		assert_null(take_step(&second, &outcome));
		wr_kafka_commit_next(&second.commit, outcome);
	}
	assert_int_equal(second.commit.step, WR_KAFKA_DONE);
	assert_int_equal(commit_two(&second, &second_own, 20), WR_KAFKA_DONE);
	assert_int_equal(commit_two(&first, &first_own, 30), WR_KAFKA_SUPERSEDED);
	assert_seen(&brokers, "0 1 20 21 ");
}

/* A job is restored from an older savepoint: its commits have numbers that the run before had, too.
 * Then it goes back to the branch that was left behind. */
static void test_older_savepoint(void **state)
{
	struct brokers brokers = {.at = {UINT32_MAX, UINT32_MAX}};
	struct wr_commit_mark own, a[4];
	struct instance self;

	begin_instance(&self, &brokers);
	own = self.commit.own;
	assert_true(run(&self, NULL));
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(commit_two(&self, &own, 2 * i), WR_KAFKA_DONE);
		a[i] = own;
	}
	for (uint32_t i = 0; i < 4; i++) { /* from each checkpoint, with one commit of its own */
		begin_instance(&self, &brokers);
		own = self.commit.own;
		assert_true(run(&self, NULL));
		self.first = 90;
		self.count = 2;
		assert_true(run(&self, &a[3 - i]));
		assert_true(self.commit.done_before);
		assert_int_equal(commit_two(&self, &own, 10 + 2 * i), WR_KAFKA_DONE);
		assert_false(self.commit.done_before);
		brokers.at[0] = brokers.step + 3; /* its second commit: the answer is lost */
		brokers.fault[0] = LOST_BEHIND;
		assert_int_equal(commit_two(&self, &own, 20 + 2 * i), WR_KAFKA_DONE);
		assert_true(self.commit.done_before);
	}
	assert_seen(&brokers, "0 1 2 3 4 5 6 7 10 11 20 21 12 13 22 23 14 15 24 25 16 17 26 27 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_two_failures),
	    cmocka_unit_test(test_held),
	    cmocka_unit_test(test_lost_note),
	    cmocka_unit_test(test_second_instance),
	    cmocka_unit_test(test_second_instance_between),
	    cmocka_unit_test(test_older_savepoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
