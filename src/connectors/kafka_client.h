/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_client - what the Kafka source and the Kafka sinks share of librdkafka: its functions, its
 * configuration from 'properties.*', and whether the brokers answer.
 *
 * The library is loaded when the first Kafka table is opened (base/module.h). Its functions are
 * reached through `call`: client->call.rd_kafka_poll(handle, 0).
 *
 *     wr_kafka_client_init -> wr_kafka_client_conf -> (the caller adds what is its own)
 *          -> wr_kafka_client_new -> ... rd_kafka_destroy -> wr_kafka_client_release
 *
 * One client may have several handles one after the other (a producer is made anew after an
 * ambiguous error) or side by side.
 *
 * The callbacks of a handle are set here: logs and errors never print. Errors of connections become
 * a reason; when no broker answers any more, the host is told that it waits, and why. Who gets
 * something through (a message, a delivery report, an answer) says wr_kafka_client_works. Errors
 * are served by rd_kafka_poll of the handle: somebody has to call it now and then.
 *
 * Secrets (passwords, keys, the login of sasl.jaas.config) are in no message.
 *
 * Thread: init, conf, new, release: one. The callbacks and the rest: any.
 */
#ifndef WR_CONNECTORS_KAFKA_CLIENT_H
#define WR_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/module.h"
#include "catalog/connector.h"

/* clang-format off */
#define WR_KAFKA_CALLS(X) \
	/* handles and their configuration */ \
	X(rd_kafka_version) X(rd_kafka_version_str) X(rd_kafka_err2str) X(rd_kafka_err2name) \
	X(rd_kafka_last_error) X(rd_kafka_conf_new) X(rd_kafka_conf_destroy) X(rd_kafka_conf_dup) \
	X(rd_kafka_conf_set) X(rd_kafka_conf_get) X(rd_kafka_conf_set_opaque) \
	X(rd_kafka_conf_set_error_cb) X(rd_kafka_conf_set_log_cb) X(rd_kafka_conf_set_stats_cb) \
	X(rd_kafka_conf_set_dr_msg_cb) X(rd_kafka_conf_set_throttle_cb) \
	X(rd_kafka_conf_set_offset_commit_cb) X(rd_kafka_conf_set_events) \
	X(rd_kafka_topic_conf_new) X(rd_kafka_topic_conf_destroy) X(rd_kafka_topic_conf_set) \
	X(rd_kafka_topic_conf_set_opaque) X(rd_kafka_topic_conf_set_partitioner_cb) \
	X(rd_kafka_topic_conf_set_msg_order_cmp) X(rd_kafka_topic_partition_available) \
	X(rd_kafka_msg_partitioner_random) X(rd_kafka_msg_partitioner_consistent) \
	X(rd_kafka_msg_partitioner_murmur2) X(rd_kafka_msg_partitioner_murmur2_random) \
	X(rd_kafka_new) X(rd_kafka_destroy) X(rd_kafka_destroy_flags) X(rd_kafka_name) \
	X(rd_kafka_opaque) X(rd_kafka_poll) X(rd_kafka_outq_len) X(rd_kafka_fatal_error) \
	X(rd_kafka_yield) X(rd_kafka_mem_free) X(rd_kafka_wait_destroyed) \
	X(rd_kafka_sasl_background_callbacks_enable) \
	/* errors as objects */ \
	X(rd_kafka_error_code) X(rd_kafka_error_name) X(rd_kafka_error_string) \
	X(rd_kafka_error_is_fatal) X(rd_kafka_error_is_retriable) \
	X(rd_kafka_error_txn_requires_abort) X(rd_kafka_error_destroy) \
	/* topics, metadata, offsets */ \
	X(rd_kafka_topic_new) X(rd_kafka_topic_destroy) X(rd_kafka_topic_name) \
	X(rd_kafka_topic_opaque) X(rd_kafka_metadata) X(rd_kafka_metadata_destroy) \
	X(rd_kafka_clusterid) X(rd_kafka_controllerid) X(rd_kafka_query_watermark_offsets) \
	X(rd_kafka_get_watermark_offsets) X(rd_kafka_offsets_for_times) \
	X(rd_kafka_topic_partition_list_new) X(rd_kafka_topic_partition_list_destroy) \
	X(rd_kafka_topic_partition_list_add) X(rd_kafka_topic_partition_list_set_offset) \
	X(rd_kafka_topic_partition_list_find) X(rd_kafka_topic_partition_list_copy) \
	X(rd_kafka_topic_partition_destroy) X(rd_kafka_committed) X(rd_kafka_commit) \
	X(rd_kafka_commit_queue) X(rd_kafka_position) \
	/* consuming */ \
	X(rd_kafka_assign) X(rd_kafka_incremental_assign) X(rd_kafka_incremental_unassign) \
	X(rd_kafka_assignment) X(rd_kafka_poll_set_consumer) X(rd_kafka_consumer_poll) \
	X(rd_kafka_consumer_close) X(rd_kafka_seek) X(rd_kafka_seek_partitions) \
	X(rd_kafka_pause_partitions) X(rd_kafka_resume_partitions) X(rd_kafka_consume_start) \
	X(rd_kafka_consume_start_queue) X(rd_kafka_consume_stop) X(rd_kafka_consume_batch) \
	X(rd_kafka_consume_batch_queue) X(rd_kafka_consume_queue) \
	X(rd_kafka_consume_callback_queue) X(rd_kafka_queue_new) X(rd_kafka_queue_destroy) \
	X(rd_kafka_queue_get_main) X(rd_kafka_queue_get_consumer) X(rd_kafka_queue_get_partition) \
	X(rd_kafka_queue_get_background) X(rd_kafka_queue_forward) X(rd_kafka_queue_length) \
	X(rd_kafka_queue_poll) X(rd_kafka_queue_yield) X(rd_kafka_queue_io_event_enable) \
	X(rd_kafka_queue_cb_event_enable) \
	/* messages */ \
	X(rd_kafka_message_destroy) X(rd_kafka_message_errstr) X(rd_kafka_message_timestamp) \
	X(rd_kafka_message_latency) X(rd_kafka_message_headers) X(rd_kafka_message_detach_headers) \
	X(rd_kafka_message_set_headers) X(rd_kafka_message_status) X(rd_kafka_message_broker_id) \
	X(rd_kafka_headers_new) X(rd_kafka_headers_destroy) X(rd_kafka_headers_copy) \
	X(rd_kafka_header_add) X(rd_kafka_header_get_all) X(rd_kafka_header_cnt) \
	/* producing */ \
	X(rd_kafka_produce) X(rd_kafka_producev) X(rd_kafka_produceva) X(rd_kafka_produce_batch) \
	X(rd_kafka_flush) X(rd_kafka_purge) X(rd_kafka_init_transactions) \
	X(rd_kafka_begin_transaction) X(rd_kafka_commit_transaction) X(rd_kafka_abort_transaction) \
	X(rd_kafka_send_offsets_to_transaction) X(rd_kafka_consumer_group_metadata_new) \
	X(rd_kafka_consumer_group_metadata_new_with_genid) \
	X(rd_kafka_consumer_group_metadata_destroy) \
	/* administration */ \
	X(rd_kafka_AdminOptions_new) X(rd_kafka_AdminOptions_destroy) \
	X(rd_kafka_AdminOptions_set_request_timeout) \
	X(rd_kafka_ConfigResource_new) X(rd_kafka_ConfigResource_destroy) \
	X(rd_kafka_DescribeConfigs) X(rd_kafka_event_DescribeConfigs_result) \
	X(rd_kafka_DescribeConfigs_result_resources) X(rd_kafka_ConfigResource_configs) \
	X(rd_kafka_ConfigResource_error) X(rd_kafka_ConfigResource_error_string) \
	X(rd_kafka_ConfigEntry_name) X(rd_kafka_ConfigEntry_value) X(rd_kafka_event_type) \
	X(rd_kafka_event_error) X(rd_kafka_event_error_string) X(rd_kafka_event_destroy)
/* What older versions lack: NULL there. */
#define WR_KAFKA_NEWER(X) \
	X(int32_t, rd_kafka_message_leader_epoch, (const rd_kafka_message_t *)) /* 2.1 */
/* clang-format on */

struct wr_kafka_calls {
	WR_KAFKA_CALLS(WR_MODULE_FIELD)
	WR_KAFKA_NEWER(WR_MODULE_FIELD_NEWER)
};

#define WR_KAFKA_REASON_BYTES 256

/* What the handles of a table and their callbacks share. It must not move while there are any. */
struct wr_kafka_client {
	struct wr_kafka_calls call; /* of librdkafka */
	struct wr_host *host;       /* never NULL */
	const char *table;          /* its name, for messages; the plan's */
	char *brokers;              /* properties.bootstrap.servers; owned */
	char *group;                /* properties.group.id; owned; NULL: none */
	char *user;                 /* properties.sasl.username; owned; NULL: none */
	char *transactional_id;     /* of the last handle that has one; owned; NULL: none had */
	bool writes;                /* a handle of it is a producer */
	void *own; /* the caller's, for callbacks that it adds (their opaque is the client) */
	atomic_bool waits;  /* no broker answers: the host was told */
	atomic_bool worked; /* something got through once: a refused login may pass */
	pthread_mutex_t lock;
	char reason[WR_KAFKA_REASON_BYTES]; /* of the last trouble with a connection; under lock */
	char fatal[WR_KAFKA_REASON_BYTES];  /* why a handle cannot go on at all; "": it can; lock */
	rd_kafka_resp_err_t fatal_code;     /* of it; under lock */
};

/* A property of librdkafka in place of its own default. */
struct wr_kafka_setting {
	const char *name;  /* librdkafka's */
	const char *value; /* "": the library's own default */
	bool fixed; /* 'properties.*' cannot change it: what the user says of it has no effect */
};

/* --- before a run -------------------------------------------------------------------------------
 */

/* Checks 'properties.*' of a table without asking a broker. Where librdkafka is not installed the
 * names are not looked at (its absence is said when the table is opened). */
wr_status *wr_kafka_check(const struct wr_connector_args *args, bool for_sink);

/* --- a client -----------------------------------------------------------------------------------
 */

/* Loads the library. On failure nothing is held; release is allowed. */
wr_status *wr_kafka_client_init(struct wr_kafka_client *client,
				const struct wr_connector_args *args, struct wr_host *host);
/* All handles are gone. A zeroed client is allowed. */
void wr_kafka_client_release(struct wr_kafka_client *client);

/* A configuration for rd_kafka_new: `setting` (ended by a NULL name; NULL: none), then the table's
 * 'properties.*', with the callbacks for logs and errors and the client as opaque. The caller adds
 * other callbacks and gives it to wr_kafka_client_new (or rd_kafka_conf_destroy). */
wr_status *wr_kafka_client_conf(struct wr_kafka_client *client,
				const struct wr_connector_args *args, rd_kafka_type_t type,
				const struct wr_kafka_setting *setting, rd_kafka_conf_t **out);
/* rd_kafka_new. `conf` is taken over in any case. */
wr_status *wr_kafka_client_new(struct wr_kafka_client *client, rd_kafka_type_t type,
			       rd_kafka_conf_t *conf, rd_kafka_t **out);

/* --- errors -------------------------------------------------------------------------------------
 */

/* Something got through: if the host was told that the client waits, it is told that it goes on.
 * Cheap. */
void wr_kafka_client_works(struct wr_kafka_client *client);
/* Tells the host that it waits, with `what` ("topic 'x' cannot be read") and the code's cause or
 * the last trouble with a connection. */
void wr_kafka_client_waits(struct wr_kafka_client *client, const char *what,
			   rd_kafka_resp_err_t code);
/* Whether a handle of the client said that it cannot go on at all (a fenced producer ...), as a
 * status; NULL: none did. Kept until forgotten. */
wr_status *wr_kafka_client_fatal(struct wr_kafka_client *client);
void wr_kafka_client_forget(struct wr_kafka_client *client);
/* Whether an error may pass by itself: brokers away, leaders moving, time-outs. */
bool wr_kafka_passes(rd_kafka_resp_err_t code);
/* rd_kafka_committed: the offsets that the group of a consumer has committed, in the list, with the
 * first error of all. librdkafka tells the error of who may not use the group to the queue of the
 * consumer alone, and lets the call wait for its time: that error comes back in its place. */
rd_kafka_resp_err_t wr_kafka_committed(struct wr_kafka_client *client, rd_kafka_t *consumer,
				       rd_kafka_topic_partition_list_t *list, int wait_ms);
/* What the queue of a consumer that reads nothing says of its group; 0: nothing. */
rd_kafka_resp_err_t wr_kafka_group_error(struct wr_kafka_client *client, rd_kafka_t *consumer);
/* The status for a code: "Table 't', topic 'x' at 127.0.0.1:9092: WHAT: cause", with a hint where
 * there is something to do. `topic` and `text` (librdkafka's own words, in place of the code's) may
 * be NULL. Class: WR_USER_ERROR; WR_RETRY if the code may pass. */
wr_status *wr_kafka_status(const struct wr_kafka_client *client, const char *topic,
			   const char *what, rd_kafka_resp_err_t code, const char *text);
/* The same of an error object, which is destroyed. */
wr_status *wr_kafka_error_status(const struct wr_kafka_client *client, const char *topic,
				 const char *what, rd_kafka_error_t *error);

#endif
