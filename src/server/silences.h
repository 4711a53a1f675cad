/* SPDX-License-Identifier: Apache-2.0
 *
 * silences - when alerts are not told: silences that operators make for a while, and maintenance
 * windows that weir.yaml repeats every week.
 *
 * A silence is for the jobs and alerts whose names fit its patterns ('*' and '?'), from and until a
 * time. Alerts go on being judged and shown; they are not sent.
 *
 * Silences are documents of the store. One that is over stays for a week, to be looked up.
 *
 * Thread: one call at a time.
 */
#ifndef WR_SERVER_SILENCES_H
#define WR_SERVER_SILENCES_H

#include "base/arena.h"
#include "data/zone.h"
#include "server/config_list.h"
#include "server/metastore.h"

#define WR_SILENCES_MAX   1000
#define WR_SILENCE_ID_LEN 16

struct wr_silence {
	char id[WR_SILENCE_ID_LEN + 1];
	const char *job, *alert, *severity; /* patterns; NULL: any */
	int64_t starts_ms, ends_ms, created_ms;
	const char *owner, *reason;
};

/* A window of weir.yaml. */
struct wr_maintenance {
	char name[24];            /* "maintenance-0" */
	const char *job, *alert;  /* patterns; NULL: any */
	uint8_t days;             /* bit 0: Sunday, when the window begins */
	int32_t from_min, to_min; /* of the day; to before from: of the next day */
	struct wr_zone *zone;     /* NULL: UTC */
	const char *reason;       /* NULL: none given */
};

struct wr_silences {
	struct wr_metastore *store;
	struct wr_env *env;
	struct wr_silence *silence[WR_SILENCES_MAX]; /* owned, with their texts behind them */
	uint32_t count;
	struct wr_maintenance window[WR_CONFIG_ROWS];
	uint32_t window_count;
};

/* server.alerts.maintenance: what an entry has. */
extern const struct wr_config_fields wr_maintenance_fields;

/* Reads the windows, and the silences that are stored. The list's texts stay. */
wr_status *wr_silences_open(struct wr_silences *silences, struct wr_metastore *store,
			    struct wr_env *env, const struct wr_config_list *windows);
void wr_silences_release(struct wr_silences *silences);
/* A new one, of which id and created_ms are filled in. */
wr_status *wr_silences_add(struct wr_silences *silences, struct wr_silence *silence,
			   int64_t now_ms);
/* It ends now. false: there is none; *status otherwise. */
bool wr_silences_end(struct wr_silences *silences, const char *id, int64_t now_ms,
		     wr_status **status);
/* What silences an alert now: the id of a silence, the name of a window; NULL: nothing. Valid until
 * the silences change. */
const char *wr_silences_find(const struct wr_silences *silences, const char *job, const char *alert,
			     const char *severity, int64_t now_ms);
/* {"silences":[...],"maintenance":[...]} */
void wr_silences_report(const struct wr_silences *silences, int64_t now_ms, struct wr_text *out);
/* One of them as an object. */
void wr_silence_report(const struct wr_silence *silence, int64_t now_ms, struct wr_text *out);

#endif
