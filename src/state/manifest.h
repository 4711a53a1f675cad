/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest - what a checkpoint is: which files make it up and what is in them.
 *
 * A manifest describes itself: every state with the names and types of its keys and fields, every
 * source with its position, every sink with what it prepared. It can be read without the script
 * that wrote it. The records of the states are in segments (segment.h), which it lists from the
 * last full one on: reading them in this order gives the state at the mark.
 *
 * Memory: everything a manifest points to lies in its own arena (one that was read) or belongs to
 * whoever filled it in (one that is to be written). Thread: immutable once read.
 */
#ifndef WR_STATE_MANIFEST_H
#define WR_STATE_MANIFEST_H

#include "base/arena.h"
#include "base/env.h"
#include "state/snapshot.h"

#define WR_MANIFEST_FORMAT 1 /* of segments, and of manifests that have all bytes of sinks */
#define WR_MANIFEST_FORMAT_APART                                                                   \
	2 /* of manifests with bytes of sinks in a file of their own; the newest one there is */

/* An aggregate call, as far as it must be known to read its accumulators. */
struct wr_saved_call {
	const char *function;       /* "SUM" */
	const char *agg;            /* of the implementation: "sum_i64"; says what the bytes are */
	const struct wr_type *type; /* of the result */
	uint32_t arg_count;
	const struct wr_type *const *arg_type;
	/* Per argument: a constant as wr_codec_put_value writes it, data NULL: none */
	const struct wr_str *const_arg;
	bool distinct, retract, ignore_nulls, grouped; /* as in struct wr_agg_call */
	uint32_t words;
};

/* A field of a saved state: struct wr_state_field without its call. */
struct wr_saved_field {
	const char *name;
	enum wr_field_kind kind;
	uint32_t column_count;
	const char *const *column;
	const struct wr_type *const *type;
	uint32_t number_count;
	const char *const *number;
	const struct wr_saved_call *call; /* ACCUMULATOR; else NULL */
	bool may_miss;                    /* of a declared field; not in the file */
};

/* A state or an extra of an operator. Its index in the manifest is the state number of blocks. */
struct wr_saved_state {
	const char *op;      /* semantic name of the operator, unique in the job */
	const char *op_type; /* "group_agg" */
	uint32_t op_version; /* of its state layout */
	const char *name;    /* of the state within its operator */
	const char *meaning; /* NULL: none */
	bool extra;          /* kept beside the states: its records are WR_RECORD_EXTRA */
	int64_t ttl_ms;      /* 0: for ever */
	uint32_t key_count;
	const char *const *key_name;
	const struct wr_type *const *key_type;
	uint32_t route_count;  /* key columns by which rows come to a worker */
	const uint32_t *route; /* indexes into the key columns; all of them, when they are all */
	uint32_t field_count;
	const struct wr_saved_field *field;
};

/* A split of a source (runtime/splits.h). */
struct wr_saved_split {
	int64_t watermark_ms; /* WR_WATERMARK_MIN: none */
	bool ended;
};

struct wr_saved_source {
	const char *name;       /* semantic name of the scan, unique in the job */
	const char *connector;  /* 'connector' = ... */
	bool replayable;        /* false: the connector has no positions; `position` is empty */
	bool ended;             /* its input was finished */
	struct wr_str position; /* of wr_connector.position */
	int64_t watermark_ms;   /* the carry behind the checkpoint's epoch */
	uint64_t lines;
	uint64_t rows;
	uint32_t split_count; /* 0: it has no splits */
	const struct wr_saved_split *split;
};

struct wr_saved_sink {
	const char *name;      /* semantic name, unique in the job */
	const char *connector; /* 'connector' = ... */
	bool prepared;         /* false: the connector has no `prepare`; `bytes` is empty */
	struct wr_str bytes;   /* of wr_connector.prepare; empty when they are apart */
	bool apart;            /* there are so many that they lie in the file chk-N.sinks */
	uint64_t offset;       /* apart: where in it */
	uint64_t length;       /* apart: how many */
	uint64_t digest;       /* apart: XXH3 of them */
};

struct wr_saved_count {
	const char *name; /* "late rows of ..." */
	int64_t value;
};

struct wr_saved_segment {
	const char *path; /* relative to the manifest's folder */
	uint64_t number;  /* of the checkpoint that wrote it */
	uint64_t id;      /* random; stands in the file, too */
	uint64_t bytes;   /* length of the file */
	uint32_t blocks;  /* in it */
	uint64_t digest;  /* XXH3 of the headers of all its blocks */
	bool full;        /* the whole state; only the first one */
};

enum wr_manifest_kind { WR_MANIFEST_CHECKPOINT = 1, WR_MANIFEST_SAVEPOINT = 2 };

struct wr_manifest {
	struct wr_arena arena; /* of one that was read; else unused */
	char *dir;             /* folder of one that was read; NULL: to be written */
	char *path;            /* file of one that was read; NULL: to be written */
	/* Set by the store when it is written. */
	uint32_t format;
	uint64_t number; /* counts up within the folder */
	uint64_t epoch;  /* the state is that behind the mark of this epoch */
	bool full;       /* a single segment */
	int64_t wall_ms; /* when it was written, since 1970 UTC */
	uint32_t segment_count;
	const struct wr_saved_segment *segment; /* from the last full one on */
	/* Set by the caller; a pointer with a count of 0 may be NULL, texts that are NULL are "" */
	enum wr_manifest_kind kind;
	const char *weir_version; /* of the program that writes it: "0.1.0" */
	const char *job;          /* name of the job */
	uint64_t script_hash;     /* of the text that was run; 0: unknown */
	const char *backend;      /* that wrote it; any can read it */
	bool finished;            /* all sources had ended and all rows were processed */
	uint32_t max_parallelism;
	uint32_t workers; /* which wrote the blocks */
	uint32_t state_count;
	const struct wr_saved_state *state;
	uint32_t source_count;
	const struct wr_saved_source *source;
	uint32_t sink_count;
	const struct wr_saved_sink *sink;
	uint32_t count_count;
	const struct wr_saved_count *count;
};

/* The description of a state or extra of an operator, for a manifest to be written; in `arena`,
 * which must outlive it, as must what the declaration points to. */
void wr_saved_state_of(struct wr_arena *arena, const struct wr_state_decl *decl, bool extra,
		       const char *op, const char *op_type, uint32_t op_version,
		       struct wr_saved_state *out);

/* What the accumulators of a call are, as in struct wr_saved_call. */
const char *wr_saved_agg_text(struct wr_arena *arena, const struct wr_agg_call *call);

/* Appends the bytes of a manifest file. */
void wr_manifest_encode(const struct wr_manifest *manifest, struct wr_text *out);
/* Reads a manifest file whose checksum and content are right, else WR_USER_ERROR (a newer format, a
 * damaged or cut file, not a manifest); *damaged (may be NULL) tells these from files that cannot
 * be read. The segments are not looked at: wr_manifest_check. */
wr_status *wr_manifest_read(struct wr_env *env, const char *path, struct wr_manifest **out,
			    bool *damaged);
void wr_manifest_free(struct wr_manifest *manifest); /* NULL allowed */
/* What sink `index` prepared, appended to `out`; read and checked if it is apart. */
wr_status *wr_manifest_sink_bytes(struct wr_env *env, const struct wr_manifest *manifest,
				  uint32_t index, struct wr_text *out);
/* Whether all segments are there in their length and begin as they should; cheap. */
wr_status *wr_manifest_check(struct wr_env *env, const struct wr_manifest *manifest);
/* Reads all segments and checks every checksum. */
wr_status *wr_manifest_verify(struct wr_env *env, const struct wr_manifest *manifest);

#endif
