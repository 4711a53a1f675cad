/* SPDX-License-Identifier: Apache-2.0
 *
 * passes - what the passes of plan/ share.
 *
 * Passes go over trees (shared nodes appear only after `share`). A pass is a function from a node
 * to the node that takes its place; the driver stores the result in the parent.
 */
#ifndef WR_PLAN_PASSES_H
#define WR_PLAN_PASSES_H

#include "plan/plan.h"

/* Input of a USER node, which has a root of its own while logical passes run (user.c). */
struct wr_cut {
	struct wr_node *node; /* the USER node */
	uint32_t inputs;      /* that the node had */
};

struct wr_passes {
	struct wr_plan *plan;                  /* being optimized */
	const struct wr_plan_options *options; /* settings of the statement */
	/* Per id: what was put over a node that several may read; NULL: nothing. */
	struct wr_node **over;
	uint32_t over_count; /* ids that `over` has room for */
	struct wr_cut *cut;  /* behind the first `cut_count` roots of the plan */
	uint32_t cut_count;
};

static inline bool wr_pass_on(const struct wr_passes *passes, enum wr_pass pass)
{
	return !passes->options->off[pass];
}
/* A pass has changed the plan at one place. */
static inline void wr_pass_note(struct wr_passes *passes, enum wr_pass pass)
{
	passes->plan->pass_changes[pass]++;
}

/* user.c: every input of a USER node becomes a root of its own, in front of the others, and the
 * node a leaf; and back. Passes in between may take the plan for trees. */
wr_status *wr_pass_cut(struct wr_passes *passes);
wr_status *wr_pass_uncut(struct wr_passes *passes);
/* user.c: what the passes over kinds of nodes ask of USER nodes. */
wr_status *wr_user_check_input(const struct wr_node *node);
void wr_user_exchanges(struct wr_passes *passes, struct wr_node *node);
void wr_user_changes(struct wr_node *node);
int64_t wr_user_quantum(const struct wr_node *node);
bool wr_user_ticks(const struct wr_node *node);
/* batch.c: prepares the logical plan for batch mode; no change in streaming. */
wr_status *wr_pass_batch(struct wr_passes *passes);
/* What a node emits in batch mode, once wr_plan_changes has said what it would in streaming. */
void wr_batch_changes(struct wr_node *node);
/* Whether input i makes changes, which batch mode does not let through. */
bool wr_batch_needs_collapse(const struct wr_passes *passes, const struct wr_node *node,
			     uint32_t i);
/* Puts a COLLAPSE on input i. Returns whether it must be distributed by all columns. */
bool wr_batch_collapse(struct wr_passes *passes, struct wr_node *node, uint32_t i);
/* push.c: filters move down, over the logical plan. */
wr_status *wr_pass_filter(struct wr_passes *passes);
/* windows (rewrite.c): bottom up; sets the window traits on the way. */
wr_status *wr_pass_rewrite(struct wr_passes *passes, struct wr_node *node, struct wr_node **out);
wr_status *wr_rewrite_aggregate(struct wr_passes *passes, struct wr_node *node,
				struct wr_node **out);
wr_status *wr_rewrite_join(struct wr_passes *passes, struct wr_node *node, struct wr_node **out);
/* FILTER over OVER(ROW_NUMBER): Top-N or deduplication; *out NULL: the pattern is not there. */
wr_status *wr_rewrite_rank(struct wr_passes *passes, struct wr_node *filter, struct wr_node **out);

/* over.c: OVER nodes that are left compute aggregates over plain columns. */
wr_status *wr_pass_over(struct wr_passes *passes, struct wr_node **node);
wr_status *wr_prune_over(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			 uint32_t *map);
/* Once the traits of the input are known. */
wr_status *wr_over_check_input(const struct wr_node *node);

/* prune.c: makes `node` deliver at least the needed columns; map[old column] = new column. */
wr_status *wr_pass_prune(struct wr_passes *passes, struct wr_node **node, const bool *needed,
			 uint32_t *map);
/* calc.c */
wr_status *wr_pass_calc(struct wr_passes *passes, struct wr_node **node);
wr_status *wr_pass_merge(struct wr_passes *passes); /* calc.c, once scans are shared */
/* element.c: below a sink, once calcs are merged; and one constant output column. */
wr_status *wr_pass_element(struct wr_passes *passes, struct wr_node *root);
wr_status *wr_plan_element(struct wr_passes *passes, struct wr_expr **expr);
/* subfield.c: fields that are read become columns of their own above the scan; then the scan's ROW
 * columns keep only the fields that are read. */
wr_status *wr_pass_subfields(struct wr_passes *passes);
wr_status *wr_pass_narrow(struct wr_passes *passes);
/* share.c: over all roots. */
wr_status *wr_pass_share(struct wr_passes *passes);
/* reuse.c: over all roots, once scans are shared. */
/* multi_join.c: chains of regular joins on one key become one operator. */
wr_status *wr_pass_multi_join(struct wr_passes *passes);
wr_status *wr_pass_reuse(struct wr_passes *passes);
/* physical.c: exchanges and traits, bottom up; `done` marks nodes by id. */
wr_status *wr_pass_physical(struct wr_passes *passes, struct wr_node **node, bool *done);
/* Makes sure that input i of the node is distributed by the key (count 0: on one worker). */
void wr_plan_distribute(struct wr_passes *passes, struct wr_node *node, uint32_t i,
			const uint32_t *key, uint32_t count);
/* Puts an exchange on input i. */
void wr_plan_exchange(struct wr_passes *passes, struct wr_node *node, uint32_t i,
		      enum wr_distribution to, const uint32_t *key, uint32_t count);
/* changelog.c: top down and over all roots, once exchanges are there. */
wr_status *wr_pass_changelog(struct wr_passes *passes);
/* meaning.c: names of what operators remember, over the finished plan. */
wr_status *wr_pass_meaning(struct wr_passes *passes);
/* hand_over.c: what connectors can evaluate themselves. */
wr_status *wr_pass_hand_over(struct wr_passes *passes);
/* empty.c: over a window aggregate of changing rows: without windows that have no rows left. */
wr_status *wr_plan_skip_empty(struct wr_passes *passes, struct wr_node *node, struct wr_node **out);
/* Which kinds of changes the node makes of those of its inputs; all of them have -U with +U. */
void wr_plan_changes(struct wr_node *node);
/* The node, or the one below it, that first makes changes; for messages. */
const struct wr_node *wr_plan_change_maker(const struct wr_node *node);
/* keys.c: upsert keys of the node from those of its inputs. */
void wr_plan_upsert_keys(struct wr_passes *passes, struct wr_node *node);
bool wr_column_set_contains(const struct wr_column_set *set, const uint32_t *column,
			    uint32_t count);
/* Whether some key has only columns among these; and whether some key is exactly these. */
bool wr_upsert_key_within(const struct wr_upsert_keys *keys, const uint32_t *column,
			  uint32_t count);
bool wr_upsert_key_is(const struct wr_upsert_keys *keys, const uint32_t *column, uint32_t count);

/* normalize.c: what a source gives. */
enum wr_source_rows wr_plan_source(const struct wr_node *scan);
/* Whether its rows must be made a clean changelog by primary key first. */
bool wr_plan_needs_normalize(const struct wr_passes *passes, const struct wr_node *scan);
/* Puts CHANGELOG_NORMALIZE over a scan that needs it, one for all who read the scan. */
wr_status *wr_plan_normalize(struct wr_passes *passes, struct wr_node **at);
/* distinct.c: aggregates with DISTINCT by bucket, then by key. */
wr_status *wr_pass_distinct(struct wr_passes *passes);
/* two_phase.c: a local half for an aggregate whose exchange has been made. */
void wr_plan_two_phase(struct wr_passes *passes, struct wr_node *node);
/* quantum.c: which watermarks matter to the windows above each scan. */
void wr_pass_quantum(struct wr_passes *passes);

/* The details of a MATCH node for EXPLAIN (explain_match.c). */
void wr_print_match(struct wr_text *text, const struct wr_node *node);

/* --- building blocks (nodes.c) --- */

/* A PROJECT over `input` of `count` expressions; names[i] NULL: "f<i>". */
struct wr_node *wr_plan_project(struct wr_plan *plan, struct wr_node *input,
				struct wr_expr *const *expr, const char *const *names,
				uint32_t count);
/* All columns of `input` as expressions. */
struct wr_expr **wr_plan_columns(struct wr_plan *plan, const struct wr_node *input);
uint32_t *wr_plan_u32(struct wr_plan *plan, uint32_t count);
/* Copies schema field i. */
void wr_plan_field(struct wr_node *node, uint32_t i, const char *name, const struct wr_type *type);
/* Window traits of a projection from those of its input. */
void wr_plan_window_traits(struct wr_node *node);
bool wr_plan_is_calc(const struct wr_node *node); /* FILTER, PROJECT or CALC */

#endif
