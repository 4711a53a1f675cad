/* SPDX-License-Identifier: Apache-2.0
 *
 * trace - what is done, told as spans: names with a begin, an end, particulars, and a place in a
 * trace. The model, and the words, are those of OpenTelemetry; contexts travel as W3C Trace Context
 * says ("00-<trace>-<span>-<flags>").
 *
 * A tracer takes finished spans, each as OTLP's message in JSON or Protobuf, into a bounded queue;
 * somebody else takes them out and sends them (telemetry/otlp.h). It never waits: what does not fit
 * is counted as dropped. Where there is no tracer (NULL) every call does nothing, so that callers
 * need not ask.
 *
 *     wr_trace_begin(&span, tracer, "checkpoint", WR_TRACE_INTERNAL, NULL);
 *     wr_trace_int(&span, "weir.checkpoint.epoch", epoch);
 *     ...
 *     wr_trace_end(&span);
 *
 * Bounded: WR_TRACE_ITEMS_MAX attributes, events and links of a span, WR_TRACE_TEXT_MAX bytes of a
 * value; what is left out is counted in the span, as OTLP has it.
 *
 * Thread: a tracer any; a span one at a time.
 */
#ifndef WR_BASE_TRACE_H
#define WR_BASE_TRACE_H

#include <stdatomic.h>

#include "base/env.h"
#include "base/otlp_writer.h"
#include "base/text.h"

#define WR_TRACE_ITEMS_MAX  128         /* OpenTelemetry's own limit */
#define WR_TRACE_TEXT_MAX   WR_OTLP_CUT /* bytes of a value */
#define WR_TRACE_PARENT_LEN 55
#define WR_TRACE_ID_LEN     32 /* as hexadecimal digits */

#define WR_TRACE_SAMPLED 1 /* flag: whoever made the context records it */

/* A span as others refer to it. */
struct wr_trace_context {
	uint8_t trace[16]; /* all 0: there is none */
	uint8_t span[8];
	uint8_t flags;
};

static inline bool wr_trace_is_set(const struct wr_trace_context *context)
{
	for (uint32_t i = 0; i < sizeof context->trace; i++)
		if (context->trace[i] != 0)
			return true;
	return false;
}
/* Reads a "traceparent"; false: it is none that is valid, *context is all 0. */
bool wr_trace_parent_read(struct wr_str text, struct wr_trace_context *context);
void wr_trace_parent_write(const struct wr_trace_context *context,
			   char out[WR_TRACE_PARENT_LEN + 1]);
/* The trace's id as hexadecimal digits. */
void wr_trace_id_write(const struct wr_trace_context *context, char out[WR_TRACE_ID_LEN + 1]);

struct wr_tracer;

/* `form`: how spans are written. `spans_max`: finished ones that wait. */
struct wr_tracer *wr_tracer_new(struct wr_env *env, enum wr_otlp_form form, uint32_t spans_max);
void wr_tracer_free(struct wr_tracer *tracer); /* NULL allowed; nobody uses it any more */
/* Moves up to `max` finished spans into `out`, items of ScopeSpans' list; returns how many there
 * were. */
uint32_t wr_tracer_take(struct wr_tracer *tracer, uint32_t max, struct wr_otlp_writer *out);
/* What the tracer has seen. */
struct wr_tracer_stats {
	uint64_t ended;   /* spans so far */
	uint64_t dropped; /* of those, for the queue was full */
	uint32_t waiting; /* in the queue */
};
void wr_tracer_stats(struct wr_tracer *tracer, struct wr_tracer_stats *stats);
/* Calls `wake` when the queue becomes half full; before anybody uses the tracer. */
void wr_tracer_wake(struct wr_tracer *tracer, void (*wake)(void *own), void *own);

/* OTLP's numbers. */
enum wr_trace_kind {
	WR_TRACE_INTERNAL = 1,
	WR_TRACE_SERVER = 2,
	WR_TRACE_PRODUCER = 4,
	WR_TRACE_CONSUMER = 5
};

struct wr_trace_span {
	struct wr_tracer *tracer; /* NULL: nothing is recorded, and all else is 0 */
	struct wr_trace_context context;
	struct wr_trace_context parent; /* trace all 0: it is a root */
	enum wr_trace_kind kind;
	int64_t begin_us;       /* wall clock */
	int64_t begin_mono_us;  /* the same moment of the other clock, for the duration */
	struct wr_text name;    /* owned */
	struct wr_text state;   /* "tracestate" of the trace; owned */
	struct wr_text list[3]; /* attributes, events, links: pieces; owned */
	uint32_t count[3];      /* those in the list */
	uint32_t dropped[3];    /* those that were left out */
	bool failed;
	struct wr_text error; /* why; owned */
};

/* A span below `parent`, or (NULL, or not set) a trace of its own. */
void wr_trace_begin(struct wr_trace_span *span, struct wr_tracer *tracer, const char *name,
		    enum wr_trace_kind kind, const struct wr_trace_context *parent);
void wr_trace_text(struct wr_trace_span *span, const char *key, const char *value);
void wr_trace_int(struct wr_trace_span *span, const char *key, int64_t value);
/* The "tracestate" of its trace, unless it has bytes that no such text has. */
void wr_trace_state(struct wr_trace_span *span, struct wr_str state);
/* With one attribute; key NULL: none. */
void wr_trace_event(struct wr_trace_span *span, const char *name, const char *key,
		    const char *value);
/* What it has to do with, though not as its child. One that is not set is left out. */
void wr_trace_link(struct wr_trace_span *span, const struct wr_trace_context *to);
void wr_trace_error(struct wr_trace_span *span, const char *why);
/* Hands it to its tracer; the span is all 0 then, and may be ended again. */
void wr_trace_end(struct wr_trace_span *span);
/* It is as if it had never begun. */
void wr_trace_forget(struct wr_trace_span *span);
/* Its context, for children; NULL: nothing is recorded. */
static inline const struct wr_trace_context *wr_trace_context_of(const struct wr_trace_span *span)
{
	return span->tracer != NULL ? &span->context : NULL;
}

#endif
