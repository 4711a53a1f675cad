/* SPDX-License-Identifier: Apache-2.0
 *
 * node - the relational plan: one tree of typed nodes from the analyzer to the runtime.
 *
 * The analyzer builds logical nodes (the upper group of wr_node_kind); plan/ rewrites them by named
 * passes and turns them into physical ones (the lower group), adding exchanges and the traits.
 * Column references inside expressions count the columns of the node's input (joins: left, then
 * right). In the analyzer's trees only USER nodes, and what stands below them, may have several
 * parents (plan/user.c cuts the plan there); later parts of the plan may, too, and passes must not
 * modify a shared node for one parent only.
 *
 * Everything lives in the plan's arena; constants in its wr_expr_pool.
 */
#ifndef WR_ANALYZE_NODE_H
#define WR_ANALYZE_NODE_H

#include "catalog/catalog.h"
#include "expr/agg.h"
#include "expr/expr.h"

enum wr_node_kind {
	/* logical */
	WR_N_SCAN,      /* a table */
	WR_N_VALUES,    /* constant rows */
	WR_N_FILTER,    /* condition */
	WR_N_PROJECT,   /* exprs */
	WR_N_WINDOW,    /* window table function: appends window_start, window_end, window_time */
	WR_N_AGGREGATE, /* GROUP BY; also DISTINCT (no calls) */
	WR_N_JOIN,
	WR_N_UNION_ALL,
	WR_N_SET_OP, /* INTERSECT / EXCEPT [ALL] */
	WR_N_OVER,   /* appends one column per OVER call */
	WR_N_SORT,   /* ORDER BY, OFFSET, FETCH */
	WR_N_UNNEST, /* appends the elements of an array, map or multiset expression (CROSS/LEFT
			JOIN UNNEST) */
	WR_N_MATCH,  /* MATCH_RECOGNIZE; logical and physical (match.h) */
	WR_N_SINK,
	/* physical */
	WR_N_CALC,        /* filter and projection in one */
	WR_N_EXCHANGE,    /* by key, to one worker, or none */
	WR_N_LOCAL_LIMIT, /* the first rows of each worker, in front of LIMIT's exchange */
	WR_N_LOCAL_AGG,   /* local half of GROUP_AGG or WINDOW_AGG, in front of the exchange */
	WR_N_GROUP_AGG,   /* updating aggregate by key */
	WR_N_WINDOW_AGG,  /* sliced window aggregate (tumble, hop, cumulate; also over attached
			     windows) */
	WR_N_SESSION_AGG, /* session window aggregate */
	WR_N_WINDOW_RANK, /* Top-N per window */
	WR_N_RANK,        /* Top-N, updating */
	WR_N_DEDUP,       /* first/last row per key */
	WR_N_HASH_JOIN,   /* regular equi join over state */
	WR_N_WINDOW_JOIN,
	WR_N_INTERVAL_JOIN,       /* the times of both sides lie within bounds */
	WR_N_CHANGELOG_NORMALIZE, /* -U made, repetitions taken out, by primary key */
	WR_N_DROP_UPDATE_BEFORE,  /* -U taken out where nobody needs it */
	WR_N_EPOCH_CHANGES,       /* the net change of an epoch, for 'sink.consistency' = 'epoch' */
	WR_N_SINK_MATERIALIZE,    /* which row of each key of a sink counts */
	WR_N_VIEW_KEEP,           /* remembers what a materialized table shows */
	WR_N_COLLAPSE,            /* batch mode: a changelog becomes its final rows */
	WR_N_TEMPORAL_JOIN,       /* each left row with the version of the right row of its time */
	/* Each left row with the rows that a table has for its key now. input[1] is the SCAN of
	 * that table; once physical it is not counted among the inputs: nothing flows from there.
	 */
	WR_N_LOOKUP_JOIN,
	WR_N_MULTI_JOIN, /* a chain of regular joins on one key */
	WR_N_USER, /* callbacks of the program; logical and physical (user_node.h). Inputs that are
		      keyed come through an exchange by their key */
	WR_N_KIND_COUNT
};

enum wr_window_kind { WR_W_TUMBLE, WR_W_HOP, WR_W_CUMULATE, WR_W_SESSION };

/* A window specification. Times in ms. */
struct wr_window {
	enum wr_window_kind kind; /* which window function */
	bool processing_time;     /* by PROCTIME() */
	bool legacy; /* from GROUP BY TUMBLE(...): SESSION late rule and changelog input differ, see
			SEMANTICS */
	uint32_t time_column;     /* of the input */
	int64_t size_ms;          /* SESSION: the gap; CUMULATE: the maximum size */
	int64_t slide_ms;         /* HOP: slide; CUMULATE: step; TUMBLE: size */
	int64_t offset_ms;        /* of window starts */
	uint32_t partition_count; /* SESSION(TABLE t PARTITION BY ...) */
	const uint32_t *partition;
	int64_t allowed_lateness_ms; /* of a WINDOW node of sessions: weir.late-rows.allowed */
};

enum wr_join_kind { WR_J_INNER, WR_J_LEFT, WR_J_RIGHT, WR_J_FULL, WR_J_SEMI, WR_J_ANTI };

/* FOR SYSTEM_TIME AS OF on the right side of a join. */
enum wr_as_of {
	WR_SNAPSHOT_NONE,
	WR_SNAPSHOT_VERSION, /* as of the left row's event time: a versioned table or view */
	WR_SNAPSHOT_LOOKUP   /* as of now: a table that is asked for keys */
};

enum wr_cache_kind { WR_CACHE_NONE, WR_CACHE_PARTIAL, WR_CACHE_FULL };

/* How answers of a looked-up table are kept: its 'lookup.*' options. */
struct wr_lookup_options {
	enum wr_cache_kind cache;
	int64_t max_rows;         /* PARTIAL: keys kept; 0: any number */
	int64_t expire_write_ms;  /* PARTIAL: after the question; 0: never */
	int64_t expire_access_ms; /* PARTIAL: after the last use; 0: never */
	bool missing_too;         /* PARTIAL: that a key has no rows is kept as well */
	int64_t reload_ms;        /* FULL: the table is read anew this often */
	int64_t answer_bytes_max; /* NONE, PARTIAL: rows for the keys of a batch; more: an error */
};

/* The time bounds of an interval join: lower_ms <= left time - right time <= upper_ms. */
struct wr_interval {
	bool processing_time; /* by PROCTIME() on both sides; else event time */
	uint32_t left_time;   /* the attribute: column of the left input ... */
	uint32_t right_time;  /* ... and of the right one */
	int64_t lower_ms, upper_ms;
};

struct wr_sort_key {
	uint32_t column;  /* of the input */
	bool descending;  /* DESC */
	bool nulls_first; /* Flink's default: ASC nulls first, DESC nulls last */
};

struct wr_match;   /* match.h */
struct wr_user_op; /* user_node.h */

/* One aggregate call of an AGGREGATE node. */
struct wr_agg_item {
	const struct wr_agg_function *function; /* as named in the query */
	struct wr_expr **arg;                   /* after implicit casts; over the input */
	uint32_t arg_count;
	bool distinct;          /* DISTINCT was written */
	struct wr_expr *filter; /* FILTER (WHERE ...), BOOLEAN; NULL: none */
	struct wr_agg_call
	    *call; /* types and implementation; re-inferred by the planner for changing inputs */
	struct wr_pos pos;
	const char *name;    /* for output columns */
	const char *meaning; /* what it computes, over the columns of tables: names its state. Set
				by the planner (meaning.c); NULL: none */
};

/* One OVER call. */
struct wr_over_item {
	const struct wr_agg_function *function; /* NULL: a ranking function below */
	enum {
		WR_OVER_AGG,
		WR_OVER_ROW_NUMBER,
		WR_OVER_RANK,
		WR_OVER_DENSE_RANK,
		WR_OVER_LAG,
		WR_OVER_LEAD,
		WR_OVER_NTILE,
		WR_OVER_PERCENT_RANK,
		WR_OVER_CUME_DIST
	} what;
	struct wr_expr **arg;     /* over the input */
	uint32_t arg_count;       /* number of arg */
	bool distinct;            /* DISTINCT was written */
	struct wr_expr *filter;   /* FILTER (WHERE ...), BOOLEAN; NULL: none */
	struct wr_agg_call *call; /* of an aggregate; the planner gives ranking functions one too */
	const struct wr_type *type; /* of the result */
	bool rows;                  /* ROWS; else RANGE */
	int64_t preceding; /* ROWS: rows, RANGE: ms; INT64_MAX: unbounded; 0: current row */
	struct wr_pos pos;
};

/* How a stream changes: what row kinds a node may emit. */
enum wr_changes {
	WR_CHANGES_INSERT = 0,       /* +I only */
	WR_CHANGES_UPDATE_AFTER = 1, /* +I, +U and -D by upsert key, no -U */
	WR_CHANGES_ALL = 2           /* +I -U +U -D */
};

/* As the target of an exchange, ANY: every worker keeps its own rows, which only meet others here.
 */
enum wr_distribution {
	WR_D_ANY,
	WR_D_KEYS,
	WR_D_SINGLE,
	WR_D_BROADCAST /* every row is on every worker */
};

/* A set of columns. */
struct wr_column_set {
	uint32_t count;         /* columns */
	const uint32_t *column; /* their numbers */
};

/* Upsert keys: sets of columns, each of which names a row of the result, with all changes of one
 * name in their order. Of a stream of inserts: unique keys. A set without columns: there is at most
 * one row. */
struct wr_upsert_keys {
	uint32_t count;                  /* 0: none known */
	const struct wr_column_set *set; /* columns ascending */
};

/* ON CONFLICT of an INSERT: what happens to rows of one primary key that differ in the query's own
 * upsert key. */
enum wr_conflict {
	WR_CONFLICT_NONE,        /* the clause is not there: as DEDUPLICATE */
	WR_CONFLICT_DEDUPLICATE, /* the last one counts; when it goes, the one before it */
	WR_CONFLICT_NOTHING,     /* the first one counts, the others are forgotten */
	WR_CONFLICT_ERROR        /* the job fails */
};

struct wr_traits {
	enum wr_changes changes;           /* of the output */
	bool updates, deletes;             /* of the output: +U (and -U), -D may occur */
	bool needs_update_before;          /* some consumer needs -U */
	struct wr_upsert_keys upsert_keys; /* of the output */
	enum wr_distribution distribution; /* of the rows over the workers */
	struct wr_column_set keys;         /* WR_D_KEYS: hashed by these columns */
	int32_t rowtime;                   /* column with the event-time attribute, -1: none */
	/* Columns that carry an attached window (window TVF or window aggregate below), -1: none.
	 */
	int32_t window_start, window_end, window_time;
	const struct wr_window *window; /* its specification */
	bool has_watermark;             /* some source below declares one */
	bool ticks; /* for sources: a window above works by the clock and wants marks while the
		       input is idle */
	int64_t window_quantum_ms; /* for sources: gcd of all window boundaries above; 0: no window
				      above; 1: every ms matters */
};

/* Options of a table that say when and how fast it is read. */
struct wr_scan_pace {
	int64_t idle_timeout_ms; /* scan.watermark.idle-timeout; 0: none */
	const char *group;       /* scan.watermark.alignment.group; NULL: none */
	int64_t max_drift_ms;    /* scan.watermark.alignment.max-drift */
	int64_t rate_limit;      /* scan.rate-limit: rows per second; 0: none */
	int32_t priority;        /* scan.priority: higher ones first */
};

struct wr_node {
	enum wr_node_kind kind;  /* which member of u is meant */
	uint32_t id;             /* unique in the plan, in creation order */
	struct wr_schema schema; /* output columns */
	struct wr_traits traits; /* set by plan/ */
	uint32_t input_count;
	struct wr_node **input; /* input_count of them */
	struct wr_pos pos;      /* in the script, for messages and EXPLAIN */
	const char *state_name; /* what it makes, in words (plan/meaning.c): names its state. NULL:
				   keeps none */
	union {
		struct { /* SCAN */
			const struct wr_table *table;
			const char *alias;              /* NULL: the table's name */
			struct wr_connector_args *args; /* hints applied; wanted = columns to read
							   (all at first; pruned by a pass) */
			/* Output columns over the wanted columns: physical, metadata and computed
			 * ones in table order. */
			struct wr_expr **expr;
			struct wr_expr *watermark; /* over the OUTPUT columns; TIMESTAMP(_LTZ) in
						      ms; NULL: none */
			bool source_watermark;     /* the connector says it; `watermark` is NULL */
			int32_t rowtime;           /* output column, -1: none */
			struct wr_expr *condition; /* pushed-down filter over the OUTPUT columns;
						      evaluated after the watermark; NULL: none */
			bool lookup;               /* is asked for keys, not read as a stream */
			bool raw; /* every change of every epoch is wanted, and -U is not: the
				     versions of a temporal join */
			struct wr_scan_pace pace; /* when and how fast it is read */
		} scan;
		struct { /* VALUES: row_count x schema.count constants (WR_E_CONST after folding,
			    but any constant expression) */
			struct wr_expr **expr; /* row-major */
			uint32_t row_count;
		} values;
		struct {                           /* FILTER, PROJECT, CALC */
			struct wr_expr *condition; /* FILTER, CALC (may be NULL) */
			struct wr_expr *
			    *expr; /* PROJECT, CALC: schema.count of them; FILTER: NULL */
		} calc;
		struct wr_window *window; /* WINDOW */
		/* AGGREGATE, GROUP_AGG, WINDOW_AGG, SESSION_AGG. Output: key columns, then one
		 * column per item. */
		struct {
			const uint32_t *key; /* input columns grouped by */
			uint32_t key_count;
			struct wr_agg_item *item; /* the calls */
			uint32_t item_count;      /* number of item */
			/* GROUPING SETS: per set a bit mask over key[] of the columns that are
			 * kept; NULL: one set of all. With sets the output has a hidden last column
			 * `$e` BIGINT NOT NULL: the mask of keys that are NOT in the set
			 * (GROUPING_ID's bits, first key = highest bit). */
			const uint64_t *set;
			uint32_t set_count; /* number of set */
			/* WINDOW_AGG, SESSION_AGG: the window is attached from an input with window
			 * columns or computed here. The window columns are not among key[]; output:
			 * keys, items, window_start, window_end, window_time. */
			struct wr_window *window; /* NULL for plain aggregates */
			bool attached; /* rows already carry window_start/window_end (windows over
					  windows) */
			uint32_t attached_start, attached_end; /* input columns then */
			int64_t allowed_lateness_ms;           /* weir.late-rows.allowed */
			bool row_if_empty;  /* GROUP_AGG without keys, in batch mode: has a result
					 even  without rows */
			bool local, global; /* two-phase: this is the local / global half */
			bool always; /* LOCAL_AGG: folds whatever comes, not only when it pays */
			int64_t state_ttl_ms;
		} agg;
		struct { /* JOIN, HASH_JOIN, WINDOW_JOIN, INTERVAL_JOIN, TEMPORAL_JOIN */
			enum wr_join_kind join;
			struct wr_expr *condition; /* whole (JOIN) or the non-equi rest (physical);
						      over left ++ right; NULL: TRUE */
			const uint32_t *left_key;  /* equi keys: columns of the left ... */
			const uint32_t *right_key; /* ... and of the right input; key types equal */
			uint32_t key_count;
			bool null_equal; /* IS NOT DISTINCT FROM keys (set operations) */
			int64_t left_ttl_ms, right_ttl_ms;
			/* INTERVAL_JOIN; TEMPORAL_JOIN and JOIN as of event time: the times only */
			struct wr_interval interval;
			enum wr_as_of snapshot;  /* JOIN, TEMPORAL_JOIN: of the right side */
			const bool *version_key; /* JOIN as of event time: per right column,
						    whether it is part of the table's key */
			const struct wr_lookup_options *lookup; /* LOOKUP_JOIN */
			bool in_order; /* TEMPORAL_JOIN: a right row is a version only if none of
					  its key is younger (deduplication, keep last) */
		} join;
		/* MULTI_JOIN: input 0 joined with input 1, the result with input 2, and so on; all
		 * keep their rows under the same key. Output: the columns of all inputs. */
		struct {
			const enum wr_join_kind *join; /* per input: INNER or LEFT; [0]: unused */
			struct wr_expr *const *condition; /* per input: over the columns of the
							     inputs up to it; NULL: none */
			const uint32_t *const *key;       /* per input: its columns */
			uint32_t key_count;               /* of each */
			const int64_t *ttl_ms;            /* per input */
		} multi;
		struct {             /* SET_OP */
			bool except; /* else INTERSECT */
			bool all;
		} set_op;
		struct { /* OVER */
			const uint32_t *partition;
			uint32_t partition_count;        /* number of partition */
			const struct wr_sort_key *order; /* ORDER BY of the window */
			uint32_t order_count;            /* number of order */
			struct wr_over_item *item;       /* the calls */
			uint32_t item_count;             /* number of item */
		} over;
		struct {                           /* SORT, RANK, WINDOW_RANK, DEDUP */
			const uint32_t *partition; /* RANK, WINDOW_RANK, DEDUP */
			uint32_t partition_count;
			const struct wr_sort_key *order; /* sort keys, first one first */
			uint32_t order_count;            /* number of order */
			int64_t offset;                  /* rows skipped; RANK: first rank - 1 */
			int64_t fetch;                   /* rows kept after offset; -1: all */
			bool emit_rank; /* RANK, WINDOW_RANK: last output column is the rank
					   (BIGINT) */
			bool keep_last; /* DEDUP, WINDOW_RANK: of equal rows the last to arrive */
			bool at_end; /* SORT, in batch mode: rows wait for the end of the input */
		} sort;
		struct { /* UNNEST: output = input columns ++ element columns [++ ordinality INT] */
			struct wr_expr *expr;
			bool left; /* LEFT JOIN ... ON TRUE: a row without elements stays */
			bool ordinality;
			struct wr_expr *condition; /* of the join; NULL: none */
		} unnest;
		struct wr_match *match; /* MATCH */
		struct {                /* USER */
			const struct wr_user_op *op;
			const uint32_t *key[2]; /* per input: columns it is keyed by */
			uint32_t key_count;     /* of each; 0: not keyed */
		} user;
		struct { /* SINK */
			const struct wr_table
			    *table; /* NULL: the collected result of a bare SELECT */
			struct wr_connector_args *args; /* NULL for collect */
			bool overwrite;
			const char
			    *late_for; /* set on late-row and dead-letter sinks: what they take */
			enum wr_conflict conflict; /* ON CONFLICT */
			struct wr_pos conflict_pos;
			bool epoch; /* 'sink.consistency' = 'epoch': shows whole epochs only */
		} sink;
		struct { /* CHANGELOG_NORMALIZE, DROP_UPDATE_BEFORE, SINK_MATERIALIZE,
			    EPOCH_CHANGES, VIEW_KEEP */
			const uint32_t *key; /* columns */
			uint32_t key_count;
			/* CHANGELOG_NORMALIZE: rows that do not fulfil it are not there; NULL: none
			 */
			struct wr_expr *condition;
			/* SINK_MATERIALIZE */
			enum wr_conflict conflict;
			const char *table;            /* the sink's name, for messages */
			struct wr_column_set row_key; /* upsert key of the input; count 0: all its
							 columns */
			const struct wr_connector_args *sink; /* VIEW_KEEP: of the sink */
			bool by_arrival; /* rows come in the order of one source */
			bool keyed; /* EPOCH_CHANGES, VIEW_KEEP: `key` names a row; else it is all
				       columns */
		} changelog;
		struct { /* EXCHANGE */
			enum wr_distribution to;
			const uint32_t *key; /* columns hashed */
			uint32_t key_count;  /* number of key */
			bool hashed; /* a batch that carries hashes carries those of the key */
		} exchange;
	} u;
};

/* A stream of a flow that is part of the plan already (analyze/stream.h). */
struct wr_built {
	const void *stream;
	struct wr_node *node;
	const struct wr_built *next;
};

/* A process table function of the plan: its state is known by the name. */
struct wr_named_call {
	const char *name;
	const struct wr_named_call *next;
};

struct wr_lineage;

/* A statement's plan. */
struct wr_plan {
	struct wr_arena arena; /* holds everything of the plan */
	struct wr_expr_pool pool;
	struct wr_node **root; /* WR_N_SINK nodes: 1, or several for a statement set */
	uint32_t root_count;
	uint32_t next_id;                  /* id of the next node */
	const char *zone_id;               /* session time zone */
	const char *name;                  /* of a flow: names its job; NULL: the sinks do */
	const struct wr_built *built;      /* streams in it, last one first */
	const struct wr_named_call *named; /* process table functions in it */
	uint32_t *pass_changes; /* per optimizer pass (plan/plan.h): places that it changed; NULL:
				   not optimized yet */
	const struct wr_lineage *lineage; /* of its sinks' columns (plan/lineage.h); NULL: not
					     derived */
	struct wr_embed **kept;           /* what of the program its tables use; references */
	uint32_t kept_count;              /* number of kept */
};

struct wr_plan *wr_plan_new(void);
void wr_plan_free(struct wr_plan *plan);
/* Takes a reference over, to be dropped with the plan. */
void wr_plan_keep(struct wr_plan *plan, struct wr_embed *embed_moved);
/* A job of the plan, known by its hosts' `run`, has ended and does not restart: the program need
 * not keep rows for it. Any thread. */
void wr_plan_ended(const struct wr_plan *plan, const void *run);
/* A node with `input_count` input slots and the next id. */
struct wr_node *wr_node_new(struct wr_plan *plan, enum wr_node_kind kind, uint32_t input_count,
			    struct wr_pos pos);
/* Allocates schema->field for `count` columns. */
void wr_schema_init(struct wr_arena *arena, struct wr_schema *schema, uint32_t count);
const char *wr_node_kind_str(enum wr_node_kind kind);
/* The same, of USER nodes what they do. */
const char *wr_node_str(const struct wr_node *node);
/* Whether the node's rows come in the order of one source, whatever the batches and workers. */
bool wr_node_arrival_counts(const struct wr_node *node);

#endif
