/* SPDX-License-Identifier: Apache-2.0
 *
 * embed - what a table has of the program that the engine is embedded in: the queue of an 'input'
 * table, the callbacks of a source or a sink.
 *
 * The table holds a reference, and so does whoever uses it beyond the table: handles of the
 * program, plans (wr_plan_keep), open sources and sinks. What kind of thing it is, the table's
 * connector knows.
 *
 * Thread: ref and unref: any.
 */
#ifndef WR_CATALOG_EMBED_H
#define WR_CATALOG_EMBED_H

#include <stdatomic.h>
#include <stddef.h>

/* The first member of all such objects. */
struct wr_embed {
	atomic_uint refs;                     /* holders */
	void (*free)(struct wr_embed *embed); /* at the last unref */
	/* What a plan holds of it: a job of the plan, known by its hosts' `run`, has ended and does
	 * not restart. MAY. */
	void (*ended)(struct wr_embed *embed, const void *run);
};

void wr_embed_init(struct wr_embed *embed, void (*free)(struct wr_embed *embed));
struct wr_embed *wr_embed_ref(struct wr_embed *embed); /* NULL allowed */
void wr_embed_unref(struct wr_embed *embed);           /* NULL allowed */

#endif
