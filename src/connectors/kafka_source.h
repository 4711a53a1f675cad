/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_source - a table read from Kafka: what its parts share.
 *
 *     kafka_plan       the options, read
 *     kafka_source     opening, closing, claiming blocks
 *     kafka_splits     the partitions that are read, and where each stands; a checkpoint's bytes
 *     kafka_topics     which partitions the table's topics have
 *     kafka_startup    at which offsets they begin and end
 *     kafka_handle     librdkafka's clients, and reading one partition
 *     kafka_keeper     the thread that starts the source, looks for new partitions, keeps in touch
 *     kafka_lag        how far behind the partitions' ends it is
 *     kafka_read       messages into batches
 *
 * A split is a partition. It has a queue of its own, which librdkafka's threads fill ahead of us,
 * within bounds. A claim takes a block's worth of messages from one queue and never waits; the
 * worker that decodes the block copies them and gives them back.
 *
 *     librdkafka -> queue of p0 ---.
 *     librdkafka -> queue of p1 ----+-- claim: the split furthest behind --> block of one split
 *     librdkafka -> queue of p2 ---'
 *
 * There are no groups and no rebalances: the source reads all partitions by itself. A group's
 * offsets are read (scan.startup.mode) and committed behind checkpoints, for tools that show lags.
 *
 * For those there is a second client, which reads nothing: librdkafka's groups and its reading of
 * single partitions get into each other's way when both end.
 *
 * Whatever has to wait for a broker (metadata, offsets) is done by the keeper's thread. Until it
 * has started the source, a claim finds nothing.
 *
 * Thread: claim, position and seek are serialised by the caller; `lock` keeps the splits for them
 * and the keeper. Queues' events come from librdkafka's threads.
 *
 * Invariants
 *   K1  a split keeps its number; new ones come behind
 *   K2  split->next is behind all messages that were handed out and before all others
 *   K3  a split with ended set has no handle; live_count is the number of the others
 */
#ifndef WR_CONNECTORS_KAFKA_SOURCE_H
#define WR_CONNECTORS_KAFKA_SOURCE_H

#include "connectors/kafka_client.h"
#include "connectors/message.h"

#define WR_KAFKA_NO_OFFSET   (-1)
#define WR_KAFKA_TOPIC_BYTES 256 /* names of topics have at most 249 */

enum wr_kafka_startup {
	WR_KAFKA_START_EARLIEST,
	WR_KAFKA_START_LATEST,
	WR_KAFKA_START_GROUP,
	WR_KAFKA_START_TIMESTAMP,
	WR_KAFKA_START_SPECIFIC
};

enum wr_kafka_bound {
	WR_KAFKA_UNBOUNDED,
	WR_KAFKA_END_LATEST,
	WR_KAFKA_END_GROUP,
	WR_KAFKA_END_TIMESTAMP,
	WR_KAFKA_END_SPECIFIC
};

/* Where a partition goes on whose offset is not there. */
enum wr_kafka_lost { WR_KAFKA_LOST_FAIL, WR_KAFKA_LOST_EARLIEST, WR_KAFKA_LOST_LATEST };

/* 'partition:0,offset:42;...' */
struct wr_kafka_place {
	int32_t partition;
	int64_t offset;
};

/* The options of a table, read. In the arena. */
struct wr_kafka_plan {
	const char *const *topic; /* 'topic', NULL-terminated; NULL: see pattern */
	uint32_t topic_count;     /* of topic */
	const char *pattern;      /* 'topic-pattern'; NULL: see topic */
	enum wr_kafka_startup startup;
	enum wr_kafka_bound bound;
	enum wr_kafka_lost lost;     /* an offset is not there any more, or not yet */
	enum wr_kafka_lost no_group; /* the group has no offset of a partition */
	int64_t start_ms;            /* TIMESTAMP */
	int64_t end_ms;              /* TIMESTAMP */
	const struct wr_kafka_place *start, *end;
	uint32_t start_count, end_count; /* of start and end */
	int64_t discovery_ms;            /* between two looks for new partitions; 0: none */
	bool upsert;                     /* tombstones delete keys */
};
/* Their names. */
extern const char *const wr_kafka_startups[], *const wr_kafka_bounds[], *const wr_kafka_losts[];
/* Reads and checks them. */
wr_status *wr_kafka_plan(const struct wr_connector_args *args, bool upsert, struct wr_arena *arena,
			 struct wr_kafka_plan *plan);

struct wr_source;

struct wr_kafka_split {
	struct wr_source *source;  /* for events */
	uint32_t number;           /* K1 */
	const char *topic;         /* the source's */
	int32_t partition;         /* of the topic */
	int64_t next;              /* K2 */
	int64_t end;               /* messages from here on are not read; NO_OFFSET: all are */
	int64_t seen_end;          /* the last answer of kafka_lag; NO_OFFSET: none so far */
	bool ended;                /* the end is reached, and the runtime has been told */
	bool was_full;             /* its queue held so much that the client stopped fetching */
	bool hungry;               /* and has room again: the client is to be poked */
	bool lost;                 /* `next` is not there: the keeper looks for another place */
	atomic_bool ready;         /* the queue may hold something */
	double message_bytes;      /* of a usual message */
	rd_kafka_topic_t *handle;  /* NULL: not being read */
	rd_kafka_message_t **held; /* taken off the queue, too much for a block; NULL: none */
	uint32_t held_count, held_next; /* of held; those before held_next are gone */
	rd_kafka_queue_t *queue;        /* of the partition */
};

struct wr_source {
	const struct wr_connector_args *args; /* the plan's */
	struct wr_kafka_plan plan;
	struct wr_arena arena; /* of `plan` and topics' names; under lock once the keeper runs */
	struct wr_kafka_client client;
	struct wr_message_wants wants;
	rd_kafka_t *handle;  /* the consumer; NULL: not yet (the keeper makes it) */
	rd_kafka_t *group;   /* the client for the offsets of the group; NULL: there is no group */
	uint32_t queue_rows; /* a queue of this many messages is full */
	double queue_bytes;  /* and one of so many bytes */
	rd_kafka_message_t **message;  /* of the claim */
	pthread_t keeper;              /* its thread */
	bool keeper_runs;              /* it was begun */
	pthread_mutex_t lock;          /* the splits, and what follows */
	pthread_cond_t changed;        /* the keeper has something to do */
	bool closing;                  /* it leaves */
	bool started;                  /* splits are there and being read */
	bool restored;                 /* splits come from a checkpoint */
	bool poke;                     /* a split is hungry: see kafka_keeper.c */
	bool tend;                     /* a split has ended or is lost */
	bool lag_asked;                /* somebody wants to know the ends of the partitions */
	atomic_bool unknown;           /* a topic is said not to exist: the keeper makes sure */
	wr_status *failure;            /* why the source cannot go on; taken by the next claim */
	struct wr_kafka_split **split; /* K1 */
	uint32_t split_count, split_capacity;
	uint32_t split_turn; /* where the search for the next block begins: equals take turns */
	uint32_t live_count; /* splits that have not ended */
	uint64_t index;      /* of the next block */
};

/* --- kafka_splits: under lock ------------------------------------------------------------------
 */

/* The split of a partition; NULL: none. */
struct wr_kafka_split *wr_kafka_split_find(struct wr_source *source, const char *topic,
					   int32_t partition);
/* Adds one behind the others. `topic` is copied if it is new. */
struct wr_kafka_split *wr_kafka_split_add(struct wr_source *source, const char *topic,
					  int32_t partition, int64_t next, int64_t end);
void wr_kafka_splits_release(struct wr_source *source);
wr_status *wr_kafka_position(struct wr_source *source, struct wr_text *out);
bool wr_kafka_position_text(const char *bytes, size_t len, struct wr_text *out);
wr_status *wr_kafka_seek(struct wr_source *source, const char *bytes, size_t len);

struct wr_kafka_position {
	uint64_t index; /* of the next block */
	bool started;   /* else the source begins by its options */
};
/* Reads a position, split by split; false: damaged. `each` may be NULL. */
bool wr_kafka_position_read(struct wr_str bytes, struct wr_kafka_position *position,
			    void (*each)(void *own, const struct wr_kafka_split *split), void *own);

/* --- kafka_topics: the keeper's thread ----------------------------------------------------------
 */

/* A partition of the table's topics. */
struct wr_kafka_found {
	const char *topic; /* in the list's arena */
	int32_t partition;
	int64_t offset; /* for wr_kafka_start and the like */
	int64_t end;
};

struct wr_kafka_found_list {
	struct wr_arena arena;        /* of the names */
	struct wr_kafka_found *found; /* by topic and partition; owned */
	uint32_t count, capacity;
};
/* Asks the brokers. WR_RETRY: ask again. The caller releases in any case. */
wr_status *wr_kafka_topics(struct wr_source *source, struct wr_kafka_found_list *list);
/* Whether a pattern is one. */
wr_status *wr_kafka_pattern_check(const char *pattern);
void wr_kafka_found_release(struct wr_kafka_found_list *list);

/* --- kafka_startup: the keeper's thread ---------------------------------------------------------
 */

/* Fills in where each begins, and ends. WR_RETRY: ask again. */
wr_status *wr_kafka_startup(struct wr_source *source, struct wr_kafka_found_list *list);
/* Where partitions begin, of those alone. */
wr_status *wr_kafka_offsets(struct wr_source *source, struct wr_kafka_found *found, uint32_t count,
			    int64_t when);
#define WR_KAFKA_AT_BEGINNING (-2) /* `when`: else a time in ms */
#define WR_KAFKA_AT_END       (-1)

/* --- kafka_handle: the keeper's thread ----------------------------------------------------------
 */

/* Makes the consumer, with queues for so many partitions. */
wr_status *wr_kafka_handle_make(struct wr_source *source, uint32_t partitions);
/* Makes it again, with smaller queues, where many partitions share the memory. */
wr_status *wr_kafka_handle_fit(struct wr_source *source, uint32_t partitions);
/* Makes the client for the group's offsets, where there is a group. */
wr_status *wr_kafka_group_make(struct wr_source *source);
void wr_kafka_group_poll(struct wr_source *source);
/* Lets the client read a split from split->next on. */
wr_status *wr_kafka_split_start(struct wr_source *source, struct wr_kafka_split *split);
/* Gives back what a split holds of the client. `halt`: it is no longer fetched; not where the
 * client ends anyway: librdkafka loses count of a partition that is halted after its topic was
 * deleted, and would wait for it for ever. */
void wr_kafka_split_stop(struct wr_source *source, struct wr_kafka_split *split, bool halt);

/* --- kafka_keeper ------------------------------------------------------------------------------
 */

wr_status *wr_kafka_keeper_begin(struct wr_source *source);
/* Waits for its end. */
void wr_kafka_keeper_end(struct wr_source *source);

/* --- kafka_lag ---------------------------------------------------------------------------------
 */

void wr_kafka_lag(struct wr_source *source, void (*each)(void *own, const struct wr_split_lag *lag),
		  void *own);
/* Asks the brokers for the ends, if somebody wants to know them. */
void wr_kafka_lag_refresh(struct wr_source *source);

/* --- kafka_read --------------------------------------------------------------------------------
 */

/* Makes a block of messages, which it takes over, for decode to read. */
struct wr_block *wr_kafka_block(struct wr_source *source, struct wr_kafka_split *split,
				rd_kafka_message_t *const *message, uint32_t count);
wr_status *wr_kafka_reader_new(struct wr_source *source, struct wr_reader **out);
wr_status *wr_kafka_decode(struct wr_reader *reader, struct wr_block *block, struct wr_batch **out);
void wr_kafka_reader_free(struct wr_reader *reader);
void wr_kafka_block_free(struct wr_source *source, struct wr_block *block);

/* --- kafka_source ------------------------------------------------------------------------------
 */

bool wr_kafka_is_bounded(const struct wr_connector_args *args);
wr_status *wr_kafka_source_check(const struct wr_connector_args *args, bool upsert);
wr_status *wr_kafka_source_open(const struct wr_connector_args *args, struct wr_host *host,
				struct wr_source **out);
wr_status *wr_upsert_kafka_source_open(const struct wr_connector_args *args, struct wr_host *host,
				       struct wr_source **out);
wr_status *wr_kafka_claim(struct wr_source *source, struct wr_claim_ask *ask, struct wr_block **out,
			  enum wr_claim *result);
void wr_kafka_place(struct wr_source *source, const struct wr_block *block,
		    const struct wr_bad_record *record, struct wr_place *place);
void wr_kafka_confirm(struct wr_source *source, const char *bytes, size_t len);
void wr_kafka_source_close(struct wr_source *source);

#endif
