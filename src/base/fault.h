/* SPDX-License-Identifier: Apache-2.0
 *
 * fault - named places at which a test can let the process die, or a step fail.
 *
 * The places lie between every two steps that a crash must not come between: of checkpoints, of the
 * commits of sinks, of a restore. The environment variable WEIR_FAULT picks one:
 *   WEIR_FAULT=manifest-renamed       the process ends there (_exit 137), the first time
 *   WEIR_FAULT=manifest-renamed:3     the third time
 *   WEIR_FAULT=segment-block=error:2  the second time the step fails with an error
 * Without it a place costs a look at the environment; none is on the way of rows.
 *
 * `weir docs faults` prints the table, so that tests can go through all of them.
 */
#ifndef WR_BASE_FAULT_H
#define WR_BASE_FAULT_H

#include "base/status.h"

/* X(id, name, meaning): in the order in which a run passes them. */
#define WR_FAULT_LIST(X)                                                                           \
	X(CHECKPOINT_BEGUN, "checkpoint-begun", "an epoch was chosen, no worker knows of it")      \
	X(SNAPSHOT_BEGUN, "snapshot-begun", "a task has begun to write its state")                 \
	X(SINK_PREPARED, "sink-prepared", "a sink has made durable what the checkpoint names")     \
	X(SEGMENT_BLOCK, "segment-block", "before a block of records is appended")                 \
	X(CHECKPOINT_ACKED, "checkpoint-acked", "all workers are done, nothing is synced")         \
	X(SEGMENT_SYNCED, "segment-synced", "the segment is on the disk, no manifest names it")    \
	X(MANIFEST_WRITTEN, "manifest-written", "the manifest is there under its temporary name")  \
	X(MANIFEST_RENAMED, "manifest-renamed", "the manifest has its name")                       \
	X(CHECKPOINT_DURABLE, "checkpoint-durable", "before the first sink commits")               \
	X(COMMIT_STEP, "commit-step", "within the commit of a sink, between two files")            \
	X(KAFKA_OPENED, "kafka-opened", "a producer has begun transactions, nothing is open")      \
	X(KAFKA_ASKED, "kafka-asked", "it is known what was committed to a topic")                 \
	X(KAFKA_BEGUN, "kafka-begun", "a transaction of a topic has begun")                        \
	X(KAFKA_SENDING, "kafka-sending", "some of its messages are on their way")                 \
	X(KAFKA_SENT, "kafka-sent", "all of its messages are acknowledged")                        \
	X(KAFKA_NOTED, "kafka-noted", "its note is in the transaction")                            \
	X(KAFKA_COMMITTED, "kafka-committed", "it is committed, nobody knows of it yet")           \
	X(PG_COMMIT_BEGUN, "postgres-begun", "a transaction of an exactly-once sink has begun")    \
	X(PG_ROWS_SENT, "postgres-rows", "its rows are written, the commit is not noted")          \
	X(PG_MARK_WRITTEN, "postgres-noted", "the commit is noted, COMMIT was not sent")           \
	X(PG_COMMITTED, "postgres-committed", "the transaction is committed, nobody knows of it")  \
	X(SINK_COMMITTED, "sink-committed", "a sink has committed")                                \
	X(CHECKPOINT_DONE, "checkpoint-done", "all sinks have committed")                          \
	X(RETENTION_STEP, "retention-step", "before a file that is no longer needed is removed")   \
	X(FINISH_PREPARED, "finish-prepared", "the input has ended, all sinks are prepared")       \
	X(FINISH_DURABLE, "finish-durable", "the last checkpoint is durable, no sink committed")   \
	X(FINISH_DONE, "finish-done", "the last commit is done")                                   \
	X(RESTORE_FOUND, "restore-found", "a checkpoint to go on from was found")                  \
	X(RESTORE_COMMITTED, "restore-committed", "a sink has repeated its commit")                \
	X(RESTORE_SINK, "restore-sink", "a sink has removed what came behind the checkpoint")      \
	X(RESTORE_LOADED, "restore-loaded", "all state is loaded, nothing runs")

enum wr_fault {
#define WR_FAULT_ID(id, name, meaning) WR_FAULT_##id,
	WR_FAULT_LIST(WR_FAULT_ID)
#undef WR_FAULT_ID
	    WR_FAULT_COUNT
};

const char *wr_fault_name(enum wr_fault fault);
const char *wr_fault_meaning(enum wr_fault fault);
/* A pass of the place: NULL, or an error that the step must return as its own, or no return. */
wr_status *wr_fault_pass(enum wr_fault fault);
/* The same where a step cannot fail: an error is as nothing. */
void wr_fault_crash(enum wr_fault fault);

#endif
