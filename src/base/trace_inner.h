/* SPDX-License-Identifier: Apache-2.0
 *
 * trace_inner - what spans need of their tracer; only for them and who writes OTLP.
 */
#ifndef WR_BASE_TRACE_INNER_H
#define WR_BASE_TRACE_INNER_H

#include "base/trace.h"

/* Its clocks and random numbers. */
struct wr_env *wr_tracer_env(const struct wr_tracer *tracer);
/* A finished span, which is taken over; dropped, and counted, where the queue is full. */
void wr_tracer_put(struct wr_tracer *tracer, struct wr_text *json_moved);
/* Appends a KeyValue of OTLP: {"key":KEY,"value":{"stringValue":VALUE}}. */
void wr_otlp_text(struct wr_text *out, const char *key, const char *value);

#endif
