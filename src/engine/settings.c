/* SPDX-License-Identifier: Apache-2.0
 *
 * settings - see settings.h. Names are Flink's wherever Flink has the option.
 */
#include "engine/settings.h"

#include <string.h>

#include "base/limits.h"
#include "base/macros.h"
#include "plan/plan.h"

static const char *const modes[] = {"streaming", "batch", NULL};
static const char *const consistencies[] = {"eager", "epoch", NULL};
static const char *const error_modes[] = {"fail", "ignore", "log", NULL};
static const char *const backends[] = {"hashmap", NULL};
static const char *const phases[] = {"AUTO", "ONE_PHASE", "TWO_PHASE", NULL};
static const char *const ignore_only[] = {"IGNORE", NULL};
static const char *const lengths[] = {"IGNORE", "TRIM_PAD", "ERROR", NULL};
static const char *const enforcers[] = {"ERROR", "DROP", NULL};
static const char *const materialize[] = {"AUTO", "NONE", "FORCE", NULL}; /* enum wr_materialize */

const struct wr_option wr_settings[] = {
    {"parallelism.default", WR_OPTION_INT, "0", "Workers of a job; 0: one per core.", NULL, 0,
     WR_WORKERS_MAX, false},
    {"pipeline.max-parallelism", WR_OPTION_INT, "128",
     "Key groups: the most workers a job's state can ever be spread over.", NULL, 1, 32768, false},
    {"pipeline.name", WR_OPTION_STRING, NULL, "Name of the job, for messages.", NULL, 0, 0, false},
    {"execution.runtime-mode", WR_OPTION_ENUM, "streaming",
     "streaming: changes as they come; batch: final results of inputs that end, inserts only.",
     modes, 0, 0, false},
    {"table.local-time-zone", WR_OPTION_STRING, "UTC",
     "Session time zone of TIMESTAMP_LTZ, CURRENT_DATE and the like.", NULL, 0, 0, false},
    {"table.exec.state.ttl", WR_OPTION_DURATION, "0",
     "How long state without access is kept; 0: for ever.", NULL, 0, 0, false},
    {"table.exec.sink.not-null-enforcer", WR_OPTION_ENUM, "ERROR",
     "A NULL for a NOT NULL column of a sink: fails the job (ERROR) or leaves the row out (DROP).",
     enforcers, 0, 0, false},
    {"table.exec.sink.type-length-enforcer", WR_OPTION_ENUM, "IGNORE",
     "A value that has not the length of its column in a sink (CHAR, VARCHAR, BINARY, VARBINARY): "
     "is "
     "written as it is (IGNORE), cut or filled up (TRIM_PAD), or fails the job (ERROR).",
     lengths, 0, 0, false},
    {"table.exec.sink.nested-constraint-enforcer", WR_OPTION_ENUM, "IGNORE",
     "NOT NULL and lengths within rows, arrays and maps of a sink: not checked (IGNORE); others "
     "are "
     "not supported yet.",
     ignore_only, 0, 0, false},
    {"table.exec.sink.upsert-materialize", WR_OPTION_ENUM, "AUTO",
     "Before a sink that keeps the last row of each PRIMARY KEY: an operator that knows all rows "
     "of "
     "each key, so that changes of several rows under one key cannot mix; AUTO: where the query's "
     "upsert key is not within that key.",
     materialize, 0, 0, false},
    {"table.exec.sink.require-on-conflict", WR_OPTION_BOOL, "false",
     "An INSERT whose upsert key is not within the PRIMARY KEY of its sink needs ON CONFLICT.",
     NULL, 0, 0, false},
    {"table.exec.source.cdc-events-duplicate", WR_OPTION_BOOL, "false",
     "Changelog sources may repeat changes: each is made a clean changelog by its PRIMARY KEY "
     "first.",
     NULL, 0, 0, false},
    {"table.optimizer.distinct-agg.split.enabled", WR_OPTION_BOOL, "false",
     "Aggregates with DISTINCT are made by key and bucket of the value first, so that one key with "
     "very many values is worked on by all workers.",
     NULL, 0, 0, false},
    {"table.optimizer.distinct-agg.split.bucket-num", WR_OPTION_INT, "1024",
     "Buckets of table.optimizer.distinct-agg.split.enabled.", NULL, 1, 65536, false},
    {"table.optimizer.agg-phase-strategy", WR_OPTION_ENUM, "AUTO",
     "Aggregates that allow it are folded in front of the exchange when that pays (AUTO), never "
     "(ONE_PHASE) or always (TWO_PHASE).",
     phases, 0, 0, false},
    {"table.optimizer.multi-join.enabled", WR_OPTION_BOOL, "true",
     "Chains of regular inner and left joins on one key become one operator, which keeps the rows "
     "of each input once and no intermediate results.",
     NULL, 0, 0, false},
    {"state.backend.type", WR_OPTION_ENUM, "hashmap", "Where keyed state lives.", backends, 0, 0,
     false},
    {"sink.consistency", WR_OPTION_ENUM, "eager",
     "Of results, and of sinks that name none. epoch: only states that the query has for a prefix "
     "of its inputs are shown; eager: changes as they come.",
     consistencies, 0, 0, false},
    {"error-handling.mode", WR_OPTION_ENUM, "fail",
     "What a row that cannot be read or evaluated does: fail the job, be ignored (counted), or be "
     "logged to a table.",
     error_modes, 0, 0, false},
    {"error-handling.log.target", WR_OPTION_STRING, NULL,
     "Table that takes the rows of error-handling.mode 'log'.", NULL, 0, 0, false},
    {"weir.late-rows.allowed", WR_OPTION_DURATION, "0",
     "How long after a window has fired a late row still corrects it (-U/+U).", NULL, 0, 0, false},
    {"weir.late-rows.table", WR_OPTION_STRING, NULL,
     "Table that takes rows that come later still; columns are matched by name.", NULL, 0, 0,
     false},
    {"weir.batch.max-rows", WR_OPTION_INT, "4096",
     "Rows of a batch at most; results do not depend on it.", NULL, 1, WR_BATCH_ROWS_MAX, false},
    {"weir.source.block-size", WR_OPTION_MEMORY, "1mb",
     "How much of a file is one block, the unit that workers read and after which changes are "
     "shown; generated rows count 64 bytes. The final result does not depend on it.",
     NULL, 1, WR_RECORD_BYTES_MAX, false},
#define WR_PASS_SETTING(id, name, on, doc)                                                         \
	{"weir.optimizer." name, WR_OPTION_BOOL, on, doc, NULL, 0, 0, false},
    WR_PASS_LIST(WR_PASS_SETTING)
#undef WR_PASS_SETTING
};
const uint32_t wr_settings_count = WR_COUNT(wr_settings);

bool wr_setting_is_accepted(const char *name)
{
	static const char *const accepted[] = {
	    "sql-client.",
	    "table.exec.mini-batch.",
	    "table.exec.sink.",
	    "table.exec.source.",
	    "table.optimizer.",
	    "table.exec.resource.",
	    "table.display.",
	    "table.dml-sync",
	    "execution.checkpointing.",
	    "restart-strategy",
	    "jobmanager.",
	    "taskmanager.",
	    "pipeline.",
	    "state.",
	    "rest.",
	    "metrics.",
	    "execution.target",
	    "execution.attached",
	    "table.plan.",
	    "table.sql-dialect",
	    "table.exec.window-agg.",
	    "table.exec.async-",
	    "table.exec.delta-join.",
	    "table.exec.uid.",
	    "table.exec.legacy-",
	    "table.exec.local-hash-agg.",
	    "table.exec.sort.",
	    "table.exec.deduplicate.",
	    "table.exec.rank.",
	};

	for (size_t i = 0; i < WR_COUNT(accepted); i++)
		if (strncmp(name, accepted[i], strlen(accepted[i])) == 0)
			return true;
	return false;
}
