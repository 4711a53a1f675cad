/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_commit - see kafka_commit.h.
 */
#include "connectors/kafka_commit.h"

#include "base/macros.h"

void wr_kafka_commit_init(struct wr_kafka_commit *commit, struct wr_env *env)
{
	static const struct wr_commit_mark nothing;

	*commit = (struct wr_kafka_commit){.step = WR_KAFKA_DONE};
	wr_commit_mark_begin(&commit->own, &nothing, env);
}

/* The run of the last part of a note; 0: none. */
static uint64_t last_run(const struct wr_commit_mark *mark)
{
	return mark->count > 0 ? mark->part[mark->count - 1].run : 0;
}

/* The note is known: what now? */
static enum wr_kafka_step after_ask(struct wr_kafka_commit *commit)
{
	if (commit->announced && commit->found.count > 0 &&
	    last_run(&commit->found) != last_run(&commit->own))
		return WR_KAFKA_SUPERSEDED; /* T3; no note at all: it is gone, with its topic */
	commit->usable = true;
	if (commit->goal == NULL)
		return commit->announced ? WR_KAFKA_DONE : WR_KAFKA_BEGIN;
	commit->unknown = !wr_commit_mark_knows(&commit->found, commit->goal);
	commit->done_before = wr_commit_mark_has(&commit->found, commit->goal);
	return commit->done_before ? WR_KAFKA_DONE : WR_KAFKA_BEGIN; /* T1 */
}

/* The note of a transaction: what was found, and what this one adds (T2). */
static void make_note(struct wr_kafka_commit *commit)
{
	struct wr_commit_mark *note = &commit->note;

	*note = commit->found;
	if (commit->goal != NULL) {
		wr_commit_mark_add(note, commit->goal);
		return;
	}
	if (note->count == WR_COMMIT_PARTS)
		memmove(note->part, note->part + 1, --note->count * sizeof note->part[0]);
	note->part[note->count++] = commit->own.part[commit->own.count - 1];
}

/* An announcement that was lost may have happened: then the note has it. */
static void look_for_announcement(struct wr_kafka_commit *commit)
{
	if (wr_commit_mark_has(&commit->found, &commit->own))
		commit->announced = true;
}

/* Whether what is held is this goal's, or that of a commit of the same run which the goal is to
 * happen in place of: then it has all messages of that one, and more (T4). */
static bool holds(const struct wr_kafka_commit *commit, const struct wr_commit_mark *goal)
{
	const struct wr_commit_part *part = goal != NULL ? &goal->part[goal->count - 1] : NULL;

	return commit->held && part != NULL && part->run == commit->held_part.run &&
	       part->number >= commit->held_part.number;
}

bool wr_kafka_commit_start(struct wr_kafka_commit *commit, const struct wr_commit_mark *goal)
{
	bool goes_on = holds(commit, goal), close = commit->held && !goes_on;

	WR_ASSERT(goal == NULL || goal->count > 0);
	commit->held = false;
	commit->goal = goal;
	commit->done_before = false;
	commit->unknown = commit->unknown && goes_on;
	if (goes_on) {
		bool same = goal->part[goal->count - 1].number == commit->held_part.number;

		commit->step = same ? WR_KAFKA_SEND : WR_KAFKA_NOTE;
		make_note(commit);
		return false;
	}
	commit->step = commit->usable ? after_ask(commit) : WR_KAFKA_OPEN;
	if (commit->step == WR_KAFKA_BEGIN)
		make_note(commit);
	return close;
}

/* A transaction is committed: its note is the one that is there. */
static void committed(struct wr_kafka_commit *commit)
{
	commit->found = commit->note;
	commit->usable = true;
	if (commit->goal == NULL)
		commit->announced = true;
}

void wr_kafka_commit_next(struct wr_kafka_commit *commit, enum wr_kafka_outcome outcome)
{
	WR_ASSERT(commit->step < WR_KAFKA_DONE);
	if (commit->step == WR_KAFKA_CLOSE) {
		commit->step = WR_KAFKA_OPEN;
		return;
	}
	commit->usable = false;
	if (outcome == WR_KAFKA_AGAIN)
		return;
	if (outcome == WR_KAFKA_LOST) {
		commit->step = WR_KAFKA_CLOSE;
		return;
	}
	switch (commit->step) {
	case WR_KAFKA_OPEN: commit->step = WR_KAFKA_ASK; break;
	case WR_KAFKA_ASK:
		if (!commit->announced)
			look_for_announcement(commit);
		commit->step = after_ask(commit);
		if (commit->step == WR_KAFKA_BEGIN)
			make_note(commit);
		break;
	case WR_KAFKA_BEGIN: commit->step = WR_KAFKA_NOTE; break;
	case WR_KAFKA_NOTE:
		commit->step = commit->goal != NULL ? WR_KAFKA_SEND : WR_KAFKA_COMMIT;
		break;
	case WR_KAFKA_SEND: commit->step = WR_KAFKA_COMMIT; break;
	default:
		WR_ASSERT(commit->step == WR_KAFKA_COMMIT);
		committed(commit);
		commit->step = WR_KAFKA_DONE;
	}
}

/* Takes the step. */
static wr_status *take(struct wr_kafka_commit *commit, const struct wr_kafka_commit_ops *ops,
		       void *user, enum wr_kafka_outcome *outcome)
{
	switch (commit->step) {
	case WR_KAFKA_OPEN: return ops->open(user, outcome);
	case WR_KAFKA_ASK: return ops->ask(user, &commit->found, outcome);
	case WR_KAFKA_BEGIN: return ops->begin(user, outcome);
	case WR_KAFKA_SEND: return ops->send(user, outcome);
	case WR_KAFKA_NOTE: return ops->note(user, &commit->note, outcome);
	case WR_KAFKA_COMMIT: return ops->commit(user, outcome);
	default: ops->close(user); return ops->pause(user, false);
	}
}

/* COMMIT is the next step, and waits. */
static void hold_it(struct wr_kafka_commit *commit)
{
	WR_ASSERT(commit->step == WR_KAFKA_COMMIT && commit->goal != NULL);
	commit->held = true;
	commit->held_part = commit->goal->part[commit->goal->count - 1];
}

wr_status *wr_kafka_commit_run(struct wr_kafka_commit *commit, const struct wr_commit_mark *goal,
			       bool hold, const struct wr_kafka_commit_ops *ops, void *user)
{
	wr_status *status = NULL;

	if (wr_kafka_commit_start(commit, goal))
		ops->close(user);
	if (hold && commit->step == WR_KAFKA_OPEN)
		return NULL;
	while (commit->step < WR_KAFKA_DONE && status == NULL) {
		enum wr_kafka_outcome outcome = WR_KAFKA_OK;

		if (hold && commit->step == WR_KAFKA_COMMIT) {
			hold_it(commit);
			return NULL;
		}
		if (hold && commit->step == WR_KAFKA_CLOSE) {
			ops->close(user);
			return NULL;
		}
		status = take(commit, ops, user, &outcome);
		if (status == NULL && outcome == WR_KAFKA_AGAIN)
			status = ops->pause(user, true);
		if (status == NULL)
			wr_kafka_commit_next(commit, outcome);
	}
	if (status != NULL || commit->step == WR_KAFKA_SUPERSEDED) {
		commit->usable = false;
		ops->close(user);
	}
	return status;
}

void wr_kafka_commit_drop(struct wr_kafka_commit *commit, const struct wr_kafka_commit_ops *ops,
			  void *user)
{
	if (!commit->held)
		return;
	commit->held = commit->usable = false;
	ops->close(user);
}
