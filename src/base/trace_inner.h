/* SPDX-License-Identifier: Apache-2.0
 *
 * trace_inner - what spans need of their tracer; only for them.
 */
#ifndef WR_BASE_TRACE_INNER_H
#define WR_BASE_TRACE_INNER_H

#include "base/trace.h"

/* Its clocks and random numbers; how its spans are written. */
struct wr_env *wr_tracer_env(const struct wr_tracer *tracer);
enum wr_otlp_form wr_tracer_form(const struct wr_tracer *tracer);
/* A finished span, which is taken over; dropped, and counted, where the queue is full. */
void wr_tracer_put(struct wr_tracer *tracer, struct wr_text *moved);

#endif
