/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_client - see kafka_client.h.
 */
#include "connectors/kafka_client.h"

#include <stdio.h>
#include <strings.h>
#include <syslog.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/kafka_properties.h"

#define TEXT_BYTES 512

static const char *const kafka_names[] = {WR_KAFKA_CALLS(WR_MODULE_NAME)};
static const char *const kafka_newer[] = {WR_KAFKA_NEWER(WR_MODULE_NAME_NEWER)};

static const struct wr_module_spec kafka_module = {
    .what = "Kafka",
    .package = "librdkafka1",
    .sonames = {"librdkafka.so.1"},
    .names = kafka_names,
    .count = WR_COUNT(kafka_names),
    .newer = kafka_newer,
    .newer_count = WR_COUNT(kafka_newer),
};
_Static_assert(sizeof(struct wr_kafka_calls) ==
		   sizeof(void *) * (WR_COUNT(kafka_names) + WR_COUNT(kafka_newer)),
	       "a field for each name");

/* Properties whose values are in no message: what librdkafka says of them repeats the value. */
static bool is_secret(const char *name)
{
	static const char *const parts[] = {"password", "secret", "pem", "ssl_key",
					    "oauthbearer.config"};

	for (uint32_t i = 0; i < WR_COUNT(parts); i++)
		if (strstr(name, parts[i]) != NULL)
			return true;
	return false;
}

/* --- callbacks ----------------------------------------------------------------------------------
 */

/* The client of a handle. A log callback is given nothing but the handle, and logs are rare: the
 * one function that it needs is looked up again. NULL: not known. */
static struct wr_kafka_client *client_of(const rd_kafka_t *handle)
{
	static const char *const names[] = {"rd_kafka_opaque"};
	struct {
		WR_MODULE_FIELD(rd_kafka_opaque)
	} call;
	struct wr_module_spec module = kafka_module;
	wr_status *status;

	if (handle == NULL)
		return NULL;
	module.names = names;
	module.count = WR_COUNT(names);
	module.newer_count = 0;
	status = wr_module_open(&module, &call);
	wr_status_free(status);
	return status == NULL ? call.rd_kafka_opaque(handle) : NULL;
}

/* Errors of connections arrive as errors, too; those are left to on_error. What fails of a
 * transaction is the answer of the call that asked for it. */
static bool is_told_otherwise(const char *facility)
{
	static const char *const told[] = {"FAIL",     "ERROR",      "FATAL",      "TXNERR", "TXN",
					   "ADDPARTS", "ADDOFFSETS", "TXNOFFSETS", "ENDTXN"};

	for (uint32_t i = 0; i < WR_COUNT(told); i++)
		if (strcmp(facility, told[i]) == 0)
			return true;
	return false;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
	struct wr_kafka_client *client;
	char line[TEXT_BYTES];

	if (is_told_otherwise(facility))
		return;
	if (level > LOG_ERR && level != LOG_DEBUG) /* debug: the user asked for it */
		return;
	client = client_of(handle);
	if (client == NULL)
		return;
	snprintf(line, sizeof line, "librdkafka: %s", text);
	wr_host_notice(client->host, line);
}

/* Keeps what went wrong with a connection: "127.0.0.1:9092: Connect to ... failed: Connection
 * refused", without librdkafka's own prefix and notes in brackets behind it. */
static void keep_reason(struct wr_kafka_client *client, const char *reason)
{
	const char *from = strstr(reason, "]: "), *end, *guess;

	from = from != NULL ? from + 3 : reason;
	end = strstr(from, " (after ");
	guess = strstr(from, ": verify that "); /* the options: but they have worked */
	if (guess != NULL && atomic_load(&client->worked))
		end = guess;
	pthread_mutex_lock(&client->lock);
	snprintf(client->reason, sizeof client->reason, "%.*s",
		 (int)(end != NULL ? (size_t)(end - from) : strlen(from)), from);
	pthread_mutex_unlock(&client->lock);
}

static void keep_fatal(struct wr_kafka_client *client, rd_kafka_t *handle)
{
	char text[TEXT_BYTES] = "";
	rd_kafka_resp_err_t code = client->call.rd_kafka_fatal_error(handle, text, sizeof text);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	pthread_mutex_lock(&client->lock);
	client->fatal_code = code;
	snprintf(client->fatal, sizeof client->fatal, "%.*s", (int)sizeof client->fatal - 1, text);
	pthread_mutex_unlock(&client->lock);
}

/* A login or certificate that has never worked is a mistake in the table's options. */
static void keep_refused(struct wr_kafka_client *client, rd_kafka_resp_err_t code)
{
	pthread_mutex_lock(&client->lock);
	client->fatal_code = code;
	memcpy(client->fatal, client->reason, sizeof client->fatal);
	pthread_mutex_unlock(&client->lock);
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
	struct wr_kafka_client *client = opaque;

	switch (code) {
	case RD_KAFKA_RESP_ERR__FATAL: keep_fatal(client, handle); break;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: wr_kafka_client_waits(client, NULL, 0); break;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR__SSL:
		keep_reason(client, reason);
		if (!atomic_load(&client->worked))
			keep_refused(client, code);
		break;
	default: keep_reason(client, reason); break;
	}
}

/* --- a client -----------------------------------------------------------------------------------
 */

wr_status *wr_kafka_client_init(struct wr_kafka_client *client,
				const struct wr_connector_args *args, struct wr_host *host)
{
	struct wr_kafka_properties properties;
	const char *brokers, *group, *user;
	wr_status *status;

	*client = (struct wr_kafka_client){.host = host, .table = args->table};
	WR_TRY(wr_module_open(&kafka_module, &client->call));
	status = wr_kafka_properties_init(&properties, args);
	brokers = wr_kafka_property_get(&properties, "bootstrap.servers");
	if (brokers == NULL)
		brokers = wr_kafka_property_get(&properties, "metadata.broker.list");
	group = wr_kafka_property_get(&properties, "group.id");
	user = wr_kafka_property_get(&properties, "sasl.username");
	client->brokers = wr_strdup(brokers != NULL ? brokers : "");
	client->group = group != NULL && group[0] != '\0' ? wr_strdup(group) : NULL;
	client->user = user != NULL ? wr_strdup(user) : NULL;
	pthread_mutex_init(&client->lock, NULL);
	wr_kafka_properties_release(&properties);
	if (status != NULL)
		wr_kafka_client_release(client);
	return status;
}

void wr_kafka_client_release(struct wr_kafka_client *client)
{
	if (client->brokers == NULL)
		return;
	pthread_mutex_destroy(&client->lock);
	wr_free(client->brokers);
	wr_free(client->group);
	wr_free(client->user);
	wr_free(client->transactional_id);
	*client = (struct wr_kafka_client){0};
}

static bool is_fixed(const struct wr_kafka_setting *setting, const char *name)
{
	for (; setting != NULL && setting->name != NULL; setting++)
		if (setting->fixed && strcmp(setting->name, name) == 0)
			return true;
	return false;
}

static wr_status *set_property(const struct wr_kafka_calls *call, rd_kafka_conf_t *conf,
			       const struct wr_kafka_property *property)
{
	char text[TEXT_BYTES] = "";
	rd_kafka_conf_res_t result =
	    call->rd_kafka_conf_set(conf, property->name, property->value, text, sizeof text);

	if (result == RD_KAFKA_CONF_OK)
		return NULL;
	if (result == RD_KAFKA_CONF_UNKNOWN)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, property->pos,
				 "'%s': librdkafka has no such option", property->key),
		    "See its list of options (CONFIGURATION.md of librdkafka), or leave it out");
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, property->pos, "'%s': %s", property->key,
			 is_secret(property->name) ? "the value cannot be used" : text),
	    "See librdkafka's description of '%s' (CONFIGURATION.md)", property->name);
}

/* The properties of a table on top of `setting`. */
static wr_status *set_properties(const struct wr_kafka_calls *call, rd_kafka_conf_t *conf,
				 const struct wr_connector_args *args,
				 const struct wr_kafka_setting *setting)
{
	struct wr_kafka_properties properties;
	char text[TEXT_BYTES];
	wr_status *status = wr_kafka_properties_init(&properties, args);

	for (const struct wr_kafka_setting *s = setting; s != NULL && s->name != NULL; s++) {
		rd_kafka_conf_res_t result = RD_KAFKA_CONF_OK;

		if (s->value[0] != '\0')
			result =
			    call->rd_kafka_conf_set(conf, s->name, s->value, text, sizeof text);
		WR_REQUIRE(result != RD_KAFKA_CONF_INVALID); /* unknown: an older library */
	}
	for (uint32_t i = 0; i < properties.count && status == NULL; i++)
		if (!is_fixed(setting, properties.property[i].name))
			status = set_property(call, conf, &properties.property[i]);
	wr_kafka_properties_release(&properties);
	return status;
}

wr_status *wr_kafka_client_conf(struct wr_kafka_client *client,
				const struct wr_connector_args *args, rd_kafka_type_t type,
				const struct wr_kafka_setting *setting, rd_kafka_conf_t **out)
{
	rd_kafka_conf_t *conf = client->call.rd_kafka_conf_new();
	wr_status *status = NULL;

	/* A client that no name is given to shows up at the broker under ours. */
	client->call.rd_kafka_conf_set(conf, "client.id", "weir", NULL, 0);
	status = set_properties(&client->call, conf, args, setting);
	if (status != NULL) {
		client->call.rd_kafka_conf_destroy(conf);
		return status;
	}
	client->call.rd_kafka_conf_set_opaque(conf, client);
	client->call.rd_kafka_conf_set_log_cb(conf, on_log);
	client->call.rd_kafka_conf_set_error_cb(conf, on_error);
	*out = conf;
	return NULL;
}

/* What errors about rights are to say of the handle. */
static void note_rights(struct wr_kafka_client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char id[TEXT_BYTES] = "";
	size_t size = sizeof id;

	client->writes = client->writes || type == RD_KAFKA_PRODUCER;
	if (client->call.rd_kafka_conf_get(conf, "transactional.id", id, &size) !=
		RD_KAFKA_CONF_OK ||
	    id[0] == '\0' || client->transactional_id != NULL)
		return;
	client->transactional_id = wr_strdup(id);
}

wr_status *wr_kafka_client_new(struct wr_kafka_client *client, rd_kafka_type_t type,
			       rd_kafka_conf_t *conf, rd_kafka_t **out)
{
	char text[TEXT_BYTES] = "";

	note_rights(client, type, conf);
	*out = client->call.rd_kafka_new(type, conf, text, sizeof text);
	if (*out != NULL)
		return NULL;
	client->call.rd_kafka_conf_destroy(conf);
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "Table '%s': no Kafka client can be made: %s",
					    client->table, text),
			      "Check the options 'properties.*' of the table");
}

wr_status *wr_kafka_check(const struct wr_connector_args *args, bool for_sink)
{
	struct wr_kafka_calls call;
	struct wr_kafka_properties properties;
	wr_status *status = wr_kafka_properties_init(&properties, args);

	if (status == NULL && wr_kafka_property_get(&properties, "bootstrap.servers") == NULL &&
	    wr_kafka_property_get(&properties, "metadata.broker.list") == NULL)
		status = wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' does not say where its brokers are", args->table),
		    "Add 'properties.bootstrap.servers' = 'host:9092'");
	wr_kafka_properties_release(&properties);
	if (status != NULL)
		return status;
	status = wr_module_open(&kafka_module, &call);
	if (status == NULL) {
		rd_kafka_conf_t *conf = call.rd_kafka_conf_new();

		status = set_properties(&call, conf, args, NULL);
		call.rd_kafka_conf_destroy(conf);
		return status;
	}
	wr_status_free(status); /* said when the table is opened */
	return NULL;
}

/* --- errors -------------------------------------------------------------------------------------
 */

void wr_kafka_client_works(struct wr_kafka_client *client)
{
	if (!atomic_load_explicit(&client->worked, memory_order_relaxed))
		atomic_store(&client->worked, true);
	if (atomic_load_explicit(&client->waits, memory_order_relaxed) &&
	    atomic_exchange(&client->waits, false))
		wr_host_resumed(client->host);
}

void wr_kafka_client_waits(struct wr_kafka_client *client, const char *what,
			   rd_kafka_resp_err_t code)
{
	char reason[WR_KAFKA_REASON_BYTES], line[TEXT_BYTES];

	pthread_mutex_lock(&client->lock);
	memcpy(reason, client->reason, sizeof reason);
	pthread_mutex_unlock(&client->lock);
	if (reason[0] == '\0' ||
	    (code != 0 && code != RD_KAFKA_RESP_ERR__TRANSPORT &&
	     code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && code != RD_KAFKA_RESP_ERR__TIMED_OUT))
		snprintf(reason, sizeof reason, "%s",
			 client->call.rd_kafka_err2str(
			     code != 0 ? code : RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN));
	if (what != NULL)
		snprintf(line, sizeof line, "%s: %s", what, reason);
	else
		snprintf(line, sizeof line, "no broker of %.100s answers: %s", client->brokers,
			 reason);
	/* In this order: a message that comes in between is answered by the next one's "goes on";
	 * the other way round its answer would be lost, and the host would wait for ever. */
	wr_host_waiting(client->host, line);
	atomic_store(&client->waits, true);
}

wr_status *wr_kafka_client_fatal(struct wr_kafka_client *client)
{
	char text[WR_KAFKA_REASON_BYTES];
	rd_kafka_resp_err_t code;

	pthread_mutex_lock(&client->lock);
	memcpy(text, client->fatal, sizeof text);
	code = client->fatal_code;
	pthread_mutex_unlock(&client->lock);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR
		   ? NULL
		   : wr_kafka_status(client, NULL,
				     code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
					     code == RD_KAFKA_RESP_ERR__SSL
					 ? "the broker cannot be spoken to"
					 : "the client has failed",
				     code, text);
}

void wr_kafka_client_forget(struct wr_kafka_client *client)
{
	pthread_mutex_lock(&client->lock);
	client->fatal[0] = '\0';
	client->fatal_code = RD_KAFKA_RESP_ERR_NO_ERROR;
	pthread_mutex_unlock(&client->lock);
}

bool wr_kafka_passes(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
	case RD_KAFKA_RESP_ERR__WAIT_COORD:
	case RD_KAFKA_RESP_ERR__WAIT_CACHE:
	case RD_KAFKA_RESP_ERR__RETRY:
	case RD_KAFKA_RESP_ERR__IN_PROGRESS:
	case RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS:
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
	case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
	case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
	case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
	case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
	case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
	case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
	case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
	case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
	case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_PREFERRED_LEADER_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
	case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
	case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
	case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED: return true;
	default: return false;
	}
}

rd_kafka_resp_err_t wr_kafka_group_error(struct wr_kafka_client *client, rd_kafka_t *consumer)
{
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_message_t *message;

	while ((message = client->call.rd_kafka_consumer_poll(consumer, 0)) != NULL) {
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && !wr_kafka_passes(message->err))
			code = message->err;
		client->call.rd_kafka_message_destroy(message);
	}
	return code;
}

rd_kafka_resp_err_t wr_kafka_committed(struct wr_kafka_client *client, rd_kafka_t *consumer,
				       rd_kafka_topic_partition_list_t *list, int wait_ms)
{
	rd_kafka_resp_err_t code = client->call.rd_kafka_committed(consumer, list, wait_ms), group;

	for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		code = list->elems[i].err;
	if (!wr_kafka_passes(code))
		return code;
	group = wr_kafka_group_error(client, consumer);
	return group != RD_KAFKA_RESP_ERR_NO_ERROR ? group : code;
}

/* What a user can do about a code; NULL: nothing that is not in its text. */
static const char *advice(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return "Create the topic, or correct 'topic' or 'properties.bootstrap.servers'";
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
		return "Check 'properties.sasl.mechanism', the user and the password of the table "
		       "('properties.sasl.*')";
	case RD_KAFKA_RESP_ERR__SSL:
		return "Check the certificates that the table names ('properties.ssl.*'), and "
		       "whether the broker's listener speaks TLS";
	case RD_KAFKA_RESP_ERR__FENCED:
	case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
		return "Another job writes with the same 'sink.transactional-id-prefix': stop one "
		       "of them, or give them different ones";
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return "Raise 'max.message.bytes' of the topic and "
		       "'properties.message.max.bytes' of the table";
	default: return NULL;
	}
}

/* A login by SCRAM that was refused although it may be right: librdkafka before 2.6.1 repeats its
 * nonce, which brokers of version 4 do not take. */
static bool is_old_scram(const struct wr_kafka_client *client, rd_kafka_resp_err_t code,
			 const char *text)
{
	return code == RD_KAFKA_RESP_ERR__AUTHENTICATION && text != NULL &&
	       strstr(text, "SCRAM") != NULL && client->call.rd_kafka_version() < 0x020601ff;
}

/* The right that is missing, of the hint of a status; false: the code is not about rights. */
static bool name_right(const struct wr_kafka_client *client, const char *topic,
		       rd_kafka_resp_err_t code, char out[TEXT_BYTES])
{
	const char *id = client->transactional_id, *group = client->group;

	switch (code) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		/* The note of what was committed is an offset of the topic. */
		snprintf(out, TEXT_BYTES, "%s on the topic%s%s%s",
			 !client->writes ? "Read"
			 : id == NULL    ? "Write"
					 : "Write and Read",
			 topic != NULL ? " '" : "", topic != NULL ? topic : "",
			 topic != NULL ? "'" : "");
		return true;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		/* Exactly-once sinks keep the note of what was committed in a group. */
		snprintf(out, TEXT_BYTES, "Read on the group '%s'",
			 client->writes && id != NULL ? id
			 : group != NULL              ? group
						      : "");
		return true;
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		snprintf(out, TEXT_BYTES, "Write on the transactional id '%s'",
			 id != NULL ? id : "");
		return true;
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		snprintf(out, TEXT_BYTES, "Write on the topic (or IdempotentWrite on the cluster)");
		return true;
	default: return false;
	}
}

wr_status *wr_kafka_status(const struct wr_kafka_client *client, const char *topic,
			   const char *what, rd_kafka_resp_err_t code, const char *text)
{
	const char *hint = advice(code), *comma = strchr(client->brokers, ',');
	char right[TEXT_BYTES];
	wr_status *status;

	status = wr_status_new(
	    wr_kafka_passes(code) ? WR_RETRY : WR_USER_ERROR, "Table '%s'%s%s%s at %.*s: %s: %s",
	    client->table, topic != NULL ? ", topic '" : "", topic != NULL ? topic : "",
	    topic != NULL ? "'" : "",
	    comma != NULL ? (int)(comma - client->brokers) : (int)strlen(client->brokers),
	    client->brokers, what, text != NULL ? text : client->call.rd_kafka_err2str(code));
	if (name_right(client, topic, code, right))
		return wr_status_hint(status,
				      "Give the user%s%s%s of the table the right %s, or use "
				      "another user",
				      client->user != NULL ? " '" : "",
				      client->user != NULL ? client->user : "",
				      client->user != NULL ? "'" : "", right);
	if (is_old_scram(client, code, text))
		return wr_status_hint(status,
				      "Check the user and the password of the table; to brokers of "
				      "version 4 librdkafka before 2.6.1 cannot log in by SCRAM: "
				      "this one is %s, use a newer one or PLAIN with TLS",
				      client->call.rd_kafka_version_str());
	return hint != NULL ? wr_status_hint(status, "%s", hint) : status;
}

wr_status *wr_kafka_error_status(const struct wr_kafka_client *client, const char *topic,
				 const char *what, rd_kafka_error_t *error)
{
	wr_status *status =
	    wr_kafka_status(client, topic, what, client->call.rd_kafka_error_code(error),
			    client->call.rd_kafka_error_string(error));

	client->call.rd_kafka_error_destroy(error);
	return status;
}
