/* SPDX-License-Identifier: Apache-2.0
 *
 * settings - see settings.h. Names are Flink's wherever Flink has the option.
 */
#include "engine/settings.h"

#include <string.h>

#include "base/limits.h"
#include "base/macros.h"
#include "plan/plan.h"
#include "runtime/restart.h"

static const char *const modes[] = {"streaming", "batch", NULL};
static const char *const consistencies[] = {"eager", "epoch", NULL};
static const char *const freshness_of[] = {"output", "watermark", NULL};
static const char *const error_modes[] = {"fail", "ignore", "log", NULL};
static const char *const backends[] = {"hashmap", "rocksdb", NULL};
static const char *const phases[] = {"AUTO", "ONE_PHASE", "TWO_PHASE", NULL};
static const char *const ignore_only[] = {"IGNORE", NULL};
static const char *const checkpoint_modes[] = {"EXACTLY_ONCE", "AT_LEAST_ONCE", NULL};
static const char *const compressions[] = {"lz4", "zstd", "none", NULL};
/* The order is known to engine/recovery.c. */
static const char *const restarts[] = {
    "none",         "off",         "disable",           "fixed-delay",      "fixeddelay",
    "failure-rate", "failurerate", "exponential-delay", "exponentialdelay", NULL};
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
    {"state.backend.type", WR_OPTION_ENUM, "hashmap",
     "Where keyed state lives. hashmap: in memory, and on disk what weir.memory.limit leaves no "
     "room "
     "for; rocksdb: on disk, with a cache of weir.state.cache-size in memory.",
     backends, 0, 0, false},
    {"weir.memory.limit", WR_OPTION_MEMORY, NULL,
     "Memory of the process: beyond it the rows of state that are used least leave for the disk; "
     "unset: 70 % of what the machine or the cgroup has.",
     NULL, 1 << 20, INT64_MAX, false},
    {"weir.state.cache-size", WR_OPTION_MEMORY, NULL,
     "Memory for the rows of state, of all workers together; unset: what weir.memory.limit "
     "leaves, "
     "with state.backend.type 'rocksdb' 40 % of it.",
     NULL, 0, INT64_MAX, false},
    {"weir.state.spill.dir", WR_OPTION_STRING, NULL,
     "Folder for state that has no room in memory; unset: that of execution.checkpointing.dir, "
     "else "
     "TMPDIR, else /tmp.",
     NULL, 0, 0, false},
    {"execution.checkpointing.interval", WR_OPTION_DURATION, NULL,
     "How often the state of a job is made durable while it runs, 10 ms at least; unset: never.",
     NULL, 10, INT64_MAX, false},
    {"execution.checkpointing.dir", WR_OPTION_STRING, NULL,
     "Folder of the checkpoints, with a folder for each job in it; unset: a temporary one, for "
     "restarts within the run.",
     NULL, 0, 0, false},
    {"execution.checkpointing.mode", WR_OPTION_ENUM, "EXACTLY_ONCE",
     "Both modes are the same here: exactly once takes no longer.", checkpoint_modes, 0, 0, false},
    {"execution.checkpointing.min-pause", WR_OPTION_DURATION, "0",
     "At least this long between the end of a checkpoint and the begin of the next one.", NULL, 0,
     0, false},
    {"execution.checkpointing.timeout", WR_OPTION_DURATION, "10 min",
     "A checkpoint that takes longer is given up; the job goes on.", NULL, 0, 0, false},
    {"execution.checkpointing.num-retained", WR_OPTION_INT, "1", "Checkpoints that are kept.", NULL,
     1, 10000, false},
    {"execution.checkpointing.compression", WR_OPTION_ENUM, "lz4",
     "How the records of checkpoints are compressed.", compressions, 0, 0, false},
    {"execution.checkpointing.tolerable-failed-checkpoints", WR_OPTION_INT, NULL,
     "The job fails after more failed checkpoints in a row; unset: it never does.", NULL, 0,
     INT32_MAX, false},
    {"execution.state-recovery.path", WR_OPTION_STRING, NULL,
     "What the job goes on from: a checkpoint, the folder of a job's checkpoints, or 'latest': "
     "the newest one of execution.checkpointing.dir, if there is one. As --restore.",
     NULL, 0, 0, false},
    {"weir.control.dir", WR_OPTION_STRING, NULL,
     "Folder of the socket through which weir jobs, status, savepoint and stop reach the run; "
     "unset: $XDG_RUNTIME_DIR/weir, or 'control' in the folder of a job's checkpoints.",
     NULL, 0, 0, false},
    {"lineage.url", WR_OPTION_STRING, NULL,
     "Where OpenLineage's events of jobs go: http://HOST:PORT, https://HOST:PORT, or file:PATH for "
     "a file of JSON lines; unset: nowhere. In the environment OPENLINEAGE_URL.",
     NULL, 0, 0, false},
    {"lineage.endpoint", WR_OPTION_STRING, "api/v1/lineage",
     "Path behind lineage.url. In the environment OPENLINEAGE_ENDPOINT.", NULL, 0, 0, false},
    {"lineage.api-key", WR_OPTION_STRING, NULL,
     "Bearer token of lineage.url, as '${env:NAME}' or '${file:PATH}'. In the environment "
     "OPENLINEAGE_API_KEY.",
     NULL, 0, 0, false},
    {"lineage.namespace", WR_OPTION_STRING, "default",
     "Namespace of jobs, and of tables that only Weir knows, in those events. In the environment "
     "OPENLINEAGE_NAMESPACE.",
     NULL, 0, 0, false},
    {"lineage.interval", WR_OPTION_DURATION, "1 min",
     "How often a job that runs tells how many rows went in and out.", NULL, 10, INT64_MAX, false},
    {"weir.plugins", WR_OPTION_STRING, NULL,
     "Shared objects with plugins, loaded when this is set; several with semicolons between them. "
     "As LOAD MODULE, and --plugin.",
     NULL, 0, 0, false},
    {"weir.test.restore-every", WR_OPTION_INT, "0",
     "For tests: after so many blocks the job makes a checkpoint, ends, and goes on from it; the "
     "result must not depend on it. 0: never.",
     NULL, 0, INT64_MAX, false},
    {"weir.test.block-delay", WR_OPTION_DURATION, "0",
     "For tests: so long a source waits between two blocks, so that there is time for "
     "checkpoints and faults.",
     NULL, 0, 0, false},
    {"weir.state.replay", WR_OPTION_BOOL, "false",
     "A restore takes over states and the positions of sources, but sinks begin anew, as tables "
     "that the script gives other paths: history once more. As --from-savepoint.",
     NULL, 0, 0, false},
    {"weir.run.until", WR_OPTION_STRING, NULL,
     "Sources end when their watermark has reached this timestamp (of TIMESTAMP_LTZ: in UTC); "
     "windows that are open then stay so. As --until.",
     NULL, 0, 0, false},
    {"weir.state.upgrade", WR_OPTION_BOOL, "false",
     "A restore takes over what still fits a changed script; else it refuses. As --upgrade.", NULL,
     0, 0, false},
    {"restart-strategy.type", WR_OPTION_ENUM, NULL,
     "Whether a job that fails begins again by itself, from its last checkpoint; unset: "
     "exponential-delay with checkpoints, else none. What the script or the data did is not tried "
     "again.",
     restarts, 0, 0, false},
    {"restart-strategy.fixed-delay.attempts", WR_OPTION_INT, "1", "Restarts at most.", NULL, 0,
     INT32_MAX, false},
    {"restart-strategy.fixed-delay.delay", WR_OPTION_DURATION, "1 s", "Wait before a restart.",
     NULL, 0, 0, false},
    {"restart-strategy.failure-rate.max-failures-per-interval", WR_OPTION_INT, "1",
     "The job fails for good when it fails more often.", NULL, 1, WR_RESTART_RATE_MAX, false},
    {"restart-strategy.failure-rate.failure-rate-interval", WR_OPTION_DURATION, "1 min",
     "The interval of max-failures-per-interval.", NULL, 0, 0, false},
    {"restart-strategy.failure-rate.delay", WR_OPTION_DURATION, "1 s", "Wait before a restart.",
     NULL, 0, 0, false},
    {"restart-strategy.exponential-delay.initial-backoff", WR_OPTION_DURATION, "1 s",
     "Wait before the first restart.", NULL, 1, INT32_MAX, false},
    {"restart-strategy.exponential-delay.max-backoff", WR_OPTION_DURATION, "1 min",
     "The longest wait.", NULL, 1, INT32_MAX, false},
    {"restart-strategy.exponential-delay.backoff-multiplier", WR_OPTION_DOUBLE, "1.5",
     "How much longer each wait is than the one before.", NULL, 0, 0, false},
    {"restart-strategy.exponential-delay.reset-backoff-threshold", WR_OPTION_DURATION, "1 h",
     "After as long without a failure waits are short again.", NULL, 0, 0, false},
    {"restart-strategy.exponential-delay.jitter-factor", WR_OPTION_DOUBLE, "0.1",
     "Share of a wait that is left to chance.", NULL, 0, 0, false},
    {"restart-strategy.exponential-delay.attempts-before-reset-backoff", WR_OPTION_INT,
     "2147483647", "Restarts before waits are short again, at most.", NULL, 0, INT32_MAX, false},
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
    {"weir.slo.latency", WR_OPTION_DURATION, "0",
     "Rows that take longer from the reading at the source to the writing (or commit) at the sink "
     "are "
     "counted as violations (weir_sink_slo_violations_total of /metrics); 0: none are.",
     NULL, 0, INT64_MAX / 1000, false},
    {"weir.slo.latency.objective", WR_OPTION_DOUBLE, "0.999",
     "Share of the rows that are to keep within weir.slo.latency; the rest is the error budget.",
     NULL, 0, 0, false},
    {"weir.slo.success", WR_OPTION_DOUBLE, NULL,
     "Share of the records that are to be neither bad nor late, as 0.999; unset: none is agreed.",
     NULL, 0, 0, false},
    {"weir.slo.lag.records", WR_OPTION_INT, "0",
     "Records that may be left to read; time with more is bad; 0: none is agreed.", NULL, 0,
     INT64_MAX, false},
    {"weir.slo.lag.time", WR_OPTION_DURATION, "0",
     "How far the sources' watermarks may be behind the clock while there is something to read; "
     "0: none is agreed.",
     NULL, 0, INT64_MAX / 1000, false},
    {"weir.slo.lag.objective", WR_OPTION_DOUBLE, "0.99",
     "Share of the time in which weir.slo.lag.records and weir.slo.lag.time are to be kept.", NULL,
     0, 0, false},
    {"weir.slo.freshness", WR_OPTION_DURATION, "0",
     "How old the newest output may be; 0: none is agreed.", NULL, 0, INT64_MAX / 1000, false},
    {"weir.slo.freshness.of", WR_OPTION_ENUM, "output",
     "What weir.slo.freshness is the age of: the last rows written by the sink that has been "
     "silent "
     "for longest, or the watermark.",
     freshness_of, 0, 0, false},
    {"weir.slo.freshness.objective", WR_OPTION_DOUBLE, "0.99",
     "Share of the time in which weir.slo.freshness is to be kept.", NULL, 0, 0, false},
    {"weir.slo.checkpoint-age", WR_OPTION_DURATION, "0",
     "How old the last checkpoint may be; 0: none is agreed.", NULL, 0, INT64_MAX / 1000, false},
    {"weir.slo.checkpoint-age.objective", WR_OPTION_DOUBLE, "0.99",
     "Share of the time in which weir.slo.checkpoint-age is to be kept.", NULL, 0, 0, false},
    {"weir.trace.sample", WR_OPTION_DOUBLE, "0",
     "Share of the records, 0 to 1, whose way from source to sink is traced, of those that do not "
     "come with a trace of their own (a traceparent in Kafka's headers says itself whether it is); "
     "where traces are exported (docs/TELEMETRY.md).",
     NULL, 0, 0, false},
    {"weir.trace.max-per-second", WR_OPTION_INT, "100",
     "Records whose way is traced, of both kinds, in a second at most; 0: none are.", NULL, 0,
     1000000, false},
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
