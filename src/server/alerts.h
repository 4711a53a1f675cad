/* SPDX-License-Identifier: Apache-2.0
 *
 * alerts - what of the jobs somebody should know: judged, grouped, silenced, sent.
 *
 * A thread looks at all jobs every few seconds (server.alerts.interval). What a rule or an error
 * budget says of a job (alert_watch.h) makes an alert, which lives so:
 *
 *     pending -> firing -> resolved        told: the severity that the webhook has heard of
 *
 * pending until the rule has held for long enough; resolved when it has not held for
 * server.alerts.resolve-after. An alert is known by its rule, its job and (of budgets) its
 * objective; while it fires its severity only grows. It goes when it is resolved and that has been
 * told.
 *
 * Firing alerts, what was told of them, acknowledgements, silences and the counters of budgets are
 * in the store: a restart of the server tells nothing twice.
 *
 * Thread: any, between open and close.
 */
#ifndef WR_SERVER_ALERTS_H
#define WR_SERVER_ALERTS_H

#include "base/text.h"
#include "server/silences.h"

struct wr_server;
struct wr_alerts;

/* Reads what is stored; nothing is judged yet. */
wr_status *wr_alerts_open(struct wr_server *server, struct wr_alerts **out);
/* Begins to look, when jobs and ports are there. */
wr_status *wr_alerts_start(struct wr_alerts *alerts);
/* No more looks; what waits to be sent has a moment. Before jobs end. NULL allowed. */
void wr_alerts_stop(struct wr_alerts *alerts);
void wr_alerts_close(struct wr_alerts *alerts); /* NULL allowed */

/* {"alerts":[...],"firing":...,"history":[...],"notifications":[...]} */
wr_status *wr_alerts_report(struct wr_alerts *alerts, uint32_t history, struct wr_text *out);
/* {"slos":[...]} */
void wr_alerts_report_slos(struct wr_alerts *alerts, struct wr_text *out);
/* An alert that fires is not told again until it grows worse; appended to `out` as an object.
 * false: there is none. */
bool wr_alerts_acknowledge(struct wr_alerts *alerts, const char *id, const char *who,
			   const char *comment, struct wr_text *out, wr_status **status);
/* As silences.h. */
void wr_alerts_silences(struct wr_alerts *alerts, struct wr_text *out);
wr_status *wr_alerts_silence(struct wr_alerts *alerts, struct wr_silence *silence,
			     struct wr_text *out);
bool wr_alerts_unsilence(struct wr_alerts *alerts, const char *id, wr_status **status);

struct wr_metrics;
/* Families of them, by the functions of telemetry/metrics_inner.h; alerts NULL: none
 * (metrics_alerts.c). */
void wr_metrics_alerts(struct wr_metrics *metrics, struct wr_alerts *alerts);

/* Each runbook's text, as it is built in: runbooks.c, made of docs/runbooks. */
struct wr_runbook {
	const char *name; /* NULL: the end of the list */
	const char *text;
};
extern const struct wr_runbook wr_runbooks[];

#endif
