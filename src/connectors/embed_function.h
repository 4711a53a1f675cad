/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_function - sources and sinks that are callbacks of the program (weir_source, weir_sink of
 * stream.h), as connectors.
 *
 * Each has a connector of its own, since what a connector can do is what its callbacks are there
 * for. Tables of them are made by engine/callback_table.h.
 *
 * Memory: structs and texts are copies. Thread: wake: any; the rest as the contract of connectors
 * says.
 */
#ifndef WR_CONNECTORS_EMBED_FUNCTION_H
#define WR_CONNECTORS_EMBED_FUNCTION_H

#include <pthread.h>

#include "base/arena.h"
#include "catalog/connector.h"
#include "catalog/plugin_table.h"
#include "weir/weir.h"

struct wr_source_function {
	struct wr_embed embed;
	struct wr_connector connector; /* with what the callbacks can do */
	struct weir_source given;      /* texts are copies */
	struct wr_arena arena;         /* of the texts */
	pthread_mutex_t lock;          /* around `open` */
	struct wr_source *open;        /* list: one for each job that runs */
};

struct wr_sink_function {
	struct wr_embed embed;
	struct wr_connector connector; /* with what the callbacks can do */
	struct weir_sink given;        /* texts are copies */
	struct wr_arena arena;         /* of the texts */
};

/* Checks the members; one reference in *out. */
wr_status *wr_source_function_new(const struct weir_source *given, struct wr_source_function **out);
/* What a read of it had not may be there now. */
void wr_source_function_wake(struct wr_source_function *function);
wr_status *wr_sink_function_new(const struct weir_sink *given, struct wr_sink_function **out);

/* Their vtables, with everything that callbacks may do. */
extern const struct wr_connector wr_source_function_connector, wr_sink_function_connector;
/* Without the callback it does nothing. */
wr_status *wr_sink_function_flush(struct wr_sink *sink);

/* "Sink 'x' failed in write: why", for a callback that returned something other than 0. `why` may
 * be NULL. */
wr_status *wr_function_failed(const char *kind, const char *name, const char *callback,
			      const char *why);
/* The caller's struct, of a version of its own, as one of ours. */
wr_status *wr_function_copy(void *to, size_t to_size, const void *from, const char *what);

#endif
