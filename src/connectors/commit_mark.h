/* SPDX-License-Identifier: Apache-2.0
 *
 * commit_mark - what an exactly-once sink writes into each of its transactions, to know after a
 * crash whether the transaction has happened.
 *
 * A commit is known by the run of the job that prepared it (a random number drawn at each start)
 * and by its number in that run. Numbers alone would not do: a job that goes on from an older
 * savepoint counts on from there, and would take what the later run had written for its own. So a
 * mark also names the commits that its run is built on:
 *
 *     run A:  A1 A2 A3 A4                    marks  A1, A2, A3, A4
 *     run B, from the checkpoint of A3:      marks  A3 B1, A3 B2
 *     run C, from the checkpoint of B2:      marks  A3 B2 C1
 *
 * A prepared commit T has happened iff the mark found on the other side is built on it: it has a
 * part of T's own run with a number not below T's.
 *
 * After a crash between the checkpoint of A4 and its transaction the next run finds A3, A3 is not
 * built on A4: A4 is sent (under its own mark, A4). If the answer to that is lost, too, the run
 * after it finds either A3 or A4 and knows. A job restored from the savepoint of A2 finds A4, which
 * is built on A2: nothing is sent again; its own commits are A2 B1 and so on.
 *
 * A sink that learns more than its checkpoint says (what it found on the other side when it was
 * opened) builds on that: then the mark names every run that has ever committed, and going back to
 * a branch that another run has left behind (from A4 after B has committed) sends nothing twice, as
 * long as its part is kept.
 *
 * Only the last WR_COMMIT_PARTS parts are kept; the marks of a job that was restored more often
 * forget their oldest runs, whose checkpoints are long gone.
 */
#ifndef WR_CONNECTORS_COMMIT_MARK_H
#define WR_CONNECTORS_COMMIT_MARK_H

#include "base/env.h"
#include "base/text.h"

#define WR_COMMIT_PARTS 48 /* about 1200 bytes as text; Kafka takes 4096 with an offset */

struct wr_commit_part {
	uint64_t run;    /* drawn at the start of the job; never 0 */
	uint64_t number; /* the last commit of it that counts; from 1 */
};

struct wr_commit_mark {
	uint32_t count; /* 0: nothing was ever committed */
	struct wr_commit_part
	    part[WR_COMMIT_PARTS]; /* oldest first; the last is the commit itself */
};

/* The first commit of a new run that is built on `base` (count 0: on nothing). */
void wr_commit_mark_begin(struct wr_commit_mark *mark, const struct wr_commit_mark *base,
			  struct wr_env *env);
/* The next commit of the same run. */
void wr_commit_mark_next(struct wr_commit_mark *mark);
/* Whether `prepared` has happened, if `found` is what the other side has (count 0: nothing). */
bool wr_commit_mark_has(const struct wr_commit_mark *found, const struct wr_commit_mark *prepared);
/* Whether `found` knows the run of `prepared`. A run that announced itself is known from then on:
 * if not, what was found has been lost on the other side, or is another one's. */
bool wr_commit_mark_knows(const struct wr_commit_mark *found,
			  const struct wr_commit_mark *prepared);
/* Makes `mark` name what `prepared` is, besides all that it names; its own commit stays the last.
 */
void wr_commit_mark_add(struct wr_commit_mark *mark, const struct wr_commit_mark *prepared);
/* As text: "weir1 4af3...:12 91c0...:3". */
void wr_commit_mark_put(const struct wr_commit_mark *mark, struct wr_text *out);
/* Reads such a text. False: it is none. */
bool wr_commit_mark_get(struct wr_commit_mark *mark, struct wr_str text);

#endif
