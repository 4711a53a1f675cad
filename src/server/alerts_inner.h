/* SPDX-License-Identifier: Apache-2.0
 *
 * alerts_inner - what the parts of the alerts share:
 *
 *     alert_look      facts of a job
 *     alert_watch     counts them, alert_rules judges (alert_watch.h)
 *     alert_state     findings make alerts; their lives
 *     alert_store     alerts and budgets as documents of the store
 *     alert_notify    which of them are told now, in which groups
 *     alert_words     alerts as JSON: for the API, the webhook, the Alertmanager
 *     alerts          the thread
 *     alerts_report   for those who ask
 *
 * Time is an argument, wall clock in milliseconds: wr_alerts_tick is one step, and tests have a
 * clock of their own.
 *
 * Thread: all of it under alerts->lock.
 */
#ifndef WR_SERVER_ALERTS_INNER_H
#define WR_SERVER_ALERTS_INNER_H

#include <pthread.h>

#include "base/map.h"
#include "base/poster.h"
#include "server/alert_watch.h"
#include "server/alerts.h"

#define WR_ALERTS_MAX        2000 /* that are there at once, pending ones too */
#define WR_ALERT_JOBS_MAX    1000 /* that are watched */
#define WR_ALERT_HISTORY_MAX 1000 /* notes that are kept */
#define WR_ALERT_TOLD_MAX    100  /* alerts of a notification */
#define WR_ALERT_ID_LEN      16

enum wr_alert_state { WR_ALERT_PENDING, WR_ALERT_FIRING, WR_ALERT_RESOLVED };
enum wr_alert_grouping { WR_GROUP_JOB, WR_GROUP_CAUSE, WR_GROUP_EACH };

struct wr_alert {
	char id[WR_ALERT_ID_LEN + 1]; /* of rule, part and job */
	enum wr_alert_rule_id rule;
	const char *part; /* a literal: the objective; "": none */
	char job_id[WR_JOB_ID_LEN + 1];
	char *job;      /* its name; owned */
	char *sentence; /* the cause; owned */
	enum wr_severity severity;
	enum wr_alert_state state;
	int64_t since_ms;           /* the rule holds */
	int64_t fired_ms;           /* 0: not yet */
	int64_t clear_ms;           /* since when the rule does not hold; 0: it does */
	int64_t resolved_ms;        /* 0: not yet */
	char *ack_by, *ack_comment; /* owned; NULL: nobody has acknowledged it */
	int64_t ack_ms;
	char silenced[WR_SILENCE_ID_LEN + 8]; /* by what, as of the last step; "": it is not */
	enum wr_severity told;                /* to the webhook, last */
	int64_t told_ms;                      /* when */
	uint64_t sending;                     /* number of the notification on its way; 0: none */
	enum wr_severity sending_as;          /* NONE: resolved */
	bool manager_knows;                   /* the Alertmanager has heard that it fires */
};

/* Alerts that are told together. */
struct wr_alert_group {
	int64_t change_ms;         /* since when there is something to tell; 0: nothing */
	int64_t sent_ms;           /* the last notification; 0: none */
	uint64_t sending;          /* number of the one on its way; 0: none */
	bool alive, news, repeats; /* of this step: it has alerts; to tell; to tell again */
};

/* A receiver. */
struct wr_alert_target {
	struct wr_poster *poster; /* NULL: there is none */
	uint64_t accepted;        /* by the poster */
	uint64_t done, failed;    /* of those, as of the last step */
};

struct wr_alert_options {
	struct wr_slo_policy policy;
	struct wr_alert_limits limits;
	int64_t interval_ms, resolve_after_ms;
	enum wr_alert_grouping group_by;
	int64_t group_wait_ms, group_interval_ms, repeat_ms;
	int64_t manager_interval_ms;
};

struct wr_alerts {
	struct wr_server *server;
	struct wr_env *env;
	struct wr_metastore *store;
	struct wr_alert_options options;
	struct wr_text url, runbooks; /* in front of the paths of the page, the names of runbooks */
	const char *runbook_end;      /* behind those: "", ".md" */
	pthread_mutex_t lock;
	pthread_cond_t wake; /* stopping */
	pthread_t thread;
	bool started, stopping;
	struct wr_map watch; /* of struct wr_alert_watch, by the id of its job */
	struct wr_map alert; /* of struct wr_alert, by its id */
	struct wr_map group; /* of struct wr_alert_group, by its name */
	struct wr_silences silences;
	struct wr_alert_target webhook, manager;
	int64_t manager_ms;   /* the last message to it */
	bool manager_changed; /* since then */
	int64_t stored_ms;    /* budgets, last */
	uint64_t left_out;    /* jobs and alerts that there was no room for */
	uint64_t notified[3]; /* notifications handed to the webhook, by the worst severity; NONE:
				 resolved */
	int64_t now_ms;       /* of the step */
	const struct wr_alert_watch *at; /* whose findings are told, of the step */
};

/* --- alert_look.c; without the lock */

struct wr_alert_look {
	uint32_t count, capacity, live; /* live: of those that run, or should */
	struct wr_alert_facts *facts;   /* owned */
	struct wr_arena arena;          /* of their texts */
	uint64_t left_out;              /* jobs beyond WR_ALERT_JOBS_MAX live ones */
};
void wr_alert_look(struct wr_server *server, const struct wr_alert_limits *limits,
		   struct wr_alert_look *out);
void wr_alert_look_release(struct wr_alert_look *look);

/* --- alerts.c */

/* Judges what was seen, and tells what is to be told. */
void wr_alerts_tick(struct wr_alerts *alerts, const struct wr_alert_look *look, int64_t now_ms);
/* A line for the server's log. */
void wr_alerts_say(struct wr_alerts *alerts, struct wr_status *status_moved, const char *what);

/* --- alert_state.c */

/* wr_alert_judge's, of alerts->at; own: struct wr_alerts. */
void wr_alert_found(void *own, const struct wr_finding *finding);
/* Its job is gone: it is over. */
void wr_alert_orphaned(struct wr_alerts *alerts, struct wr_alert *alert);
/* Nobody has to hear of it any more. */
void wr_alert_remove(struct wr_alerts *alerts, struct wr_alert *alert);
void wr_alert_free(struct wr_alert *alert);
void wr_alert_make_id(enum wr_alert_rule_id rule, const char *part, const char *job_id,
		      char id[WR_ALERT_ID_LEN + 1]);
void wr_alert_set_text(char **at, const char *text);

/* --- alert_store.c */

void wr_alert_put(struct wr_alerts *alerts, const struct wr_alert *alert);
void wr_alert_drop(struct wr_alerts *alerts, const struct wr_alert *alert);
/* A line of the history: "firing", "resolved". */
void wr_alert_note(struct wr_alerts *alerts, const struct wr_alert *alert, const char *event);
wr_status *wr_alerts_load(struct wr_alerts *alerts);
/* The budgets that have changed. */
void wr_alerts_put_budgets(struct wr_alerts *alerts);
void wr_alerts_drop_budget(struct wr_alerts *alerts, const char *job_id);

/* --- alert_notify.c */

void wr_alerts_notify(struct wr_alerts *alerts);
/* Notes which notifications have arrived. */
void wr_alerts_take_ends(struct wr_alerts *alerts);

/* --- alert_words.c */

const char *wr_alert_runbook(const struct wr_alert *alert);
/* Appends 2026-11-22T10:00:00.000Z. */
void wr_alert_put_time(struct wr_text *out, int64_t ms);
void wr_alert_put_page(const struct wr_alerts *alerts, const struct wr_alert *alert,
		       struct wr_text *out);
/* For the API. */
void wr_alert_report(const struct wr_alerts *alerts, const struct wr_alert *alert,
		     struct wr_text *out);
/* As a member of an Alertmanager's list; ends_ms 0: it has not ended. `fingerprint`: with status
 * and fingerprint, as its webhook has them. */
void wr_alert_put_posted(const struct wr_alerts *alerts, const struct wr_alert *alert,
			 int64_t ends_ms, bool fingerprint, struct wr_text *out);

#endif
