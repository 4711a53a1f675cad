/* SPDX-License-Identifier: Apache-2.0
 *
 * view_streams - the rows of materialized tables and their changes as server-sent events.
 *
 *     event columns   {"columns":[{"name","type"}],"key":["id"]}    first
 *     event rows      {"rows":[{"kind":"+I","row":[...]}]}          of the snapshot, then changes
 *     event shown     {"version":7,"watermark_ms":null}             all rows so far are it
 *     event end       {"error":"..."}                               cut, dropped, the end
 *
 * Thread: any.
 */
#ifndef WR_SERVER_VIEW_STREAMS_H
#define WR_SERVER_VIEW_STREAMS_H

#include "connectors/mview.h"
#include "server/http_stream.h"
#include "telemetry/log.h"

struct wr_view_streams;

/* The log hears of readers that are cut. */
struct wr_view_streams *wr_view_streams_new(struct wr_log *log);
/* All streams get their event "end": the server stops. NULL allowed. */
void wr_view_streams_end(struct wr_view_streams *streams);
/* All streams end. */
void wr_view_streams_free(struct wr_view_streams *streams); /* NULL allowed */
/* A stream of the view, with one reference; NULL: there are too many. */
struct wr_http_stream *wr_view_streams_add(struct wr_view_streams *streams, struct wr_mview *view,
					   const char *zone_id);

#endif
