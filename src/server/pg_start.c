/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_start - the beginning of a connection: SSLRequest, the startup message, the login.
 *
 * Messages before the login have no type. Their first number is 196608 (3.0) for the startup, or
 * one of those that ask for something else. Without users everybody is let in, as over HTTP, since
 * then only the loopback can reach the port.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/mem.h"
#include "server/pg_inner.h"
#include "server/pg_scram.h"

#define VERSION_3       196608u
#define CANCEL_REQUEST  80877102u
#define SSL_REQUEST     80877103u
#define GSSENC_REQUEST  80877104u
#define LOGIN_MS        30000 /* for all of the login, as a client may take for each message */
#define SERVER_VERSION  "15.0"
#define AUTH_SASL       10
#define AUTH_SASL_MORE  11
#define AUTH_SASL_FINAL 12

void wr_pgs_parameter_status(struct wr_pgs_conn *conn, const char *name, const char *value)
{
	wr_pgs_begin(&conn->wire, 'S');
	wr_pgs_add_string(&conn->wire, name);
	wr_pgs_add_string(&conn->wire, value);
	wr_pgs_end(&conn->wire);
}

static bool refuse(struct wr_pgs_conn *conn, struct wr_pgs_error *error)
{
	wr_pgs_send_error(conn, error, true);
	wr_pgs_wire_flush(&conn->wire);
	return false;
}

/* --- log in -------------------------------------------------------------------------------------
 */

static void send_auth(struct wr_pgs_conn *conn, uint32_t what, const struct wr_text *data)
{
	wr_pgs_begin(&conn->wire, 'R');
	wr_pgs_add_u32(&conn->wire, what);
	if (data != NULL)
		wr_text_add(&conn->wire.out, data->data, data->len);
	wr_pgs_end(&conn->wire);
	wr_pgs_wire_flush(&conn->wire);
}

/* The next 'p'; its bytes. */
static bool read_answer(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	return wr_pgs_wire_read(&conn->wire, true, LOGIN_MS, message) == WR_PG_GOT &&
	       message->type == 'p';
}

static bool malformed(struct wr_pgs_conn *conn)
{
	return refuse(conn, wr_pgs_error_new("08P01", "malformed SCRAM message"));
}

/* From the offer of mechanisms to the last answer. */
static bool exchange(struct wr_pgs_conn *conn, struct wr_pgs_scram *scram, bool *right)
{
	struct wr_pgs_message message;
	struct wr_text answer;
	const char *name, *data;
	int32_t len;
	bool good;

	if (!read_answer(conn, &message))
		return false;
	name = wr_pgs_get_string(&message);
	scram->plus = strcmp(name, "SCRAM-SHA-256-PLUS") == 0 && scram->end_point_len > 0;
	if (!scram->plus && strcmp(name, "SCRAM-SHA-256") != 0)
		return malformed(conn);
	len = (int32_t)wr_pgs_get_u32(&message);
	data = len < 0 ? NULL : wr_pgs_get_bytes(&message, (size_t)len);
	if (data == NULL)
		return malformed(conn);
	wr_text_init(&answer);
	good = wr_pgs_scram_first(scram, (struct wr_str){data, (size_t)len}, &answer);
	if (good) {
		send_auth(conn, AUTH_SASL_MORE, &answer);
		wr_text_clear(&answer);
		if (!read_answer(conn, &message)) {
			wr_text_release(&answer);
			return false;
		}
		good = wr_pgs_scram_final(
		    scram, (struct wr_str){message.at, (size_t)(message.end - message.at)}, &answer,
		    right);
	}
	if (good && *right)
		send_auth(conn, AUTH_SASL_FINAL, &answer);
	wr_text_release(&answer);
	return good || malformed(conn);
}

static bool log_in(struct wr_pgs_conn *conn)
{
	const struct wr_auth *auth = &conn->pg->server->config->auth;
	const struct wr_user *user = wr_auth_user(auth, conn->user);
	static const struct wr_principal everybody = {"", WR_ROLE_ADMIN};
	struct wr_pgs_scram scram;
	uint8_t end_point[64];
	size_t end_point_len = 0;
	bool right = false, went;

	if (auth->count == 0) {
		conn->who = everybody;
		return true;
	}
	if (conn->wire.tls != NULL)
		end_point_len = wr_pgs_tls_end_point(conn->wire.tls, end_point);
	wr_pgs_begin(&conn->wire, 'R');
	wr_pgs_add_u32(&conn->wire, AUTH_SASL);
	if (end_point_len > 0)
		wr_pgs_add_string(&conn->wire, "SCRAM-SHA-256-PLUS");
	wr_pgs_add_string(&conn->wire, "SCRAM-SHA-256");
	wr_pgs_add_u8(&conn->wire, 0);
	wr_pgs_end(&conn->wire);
	wr_pgs_wire_flush(&conn->wire);
	wr_pgs_scram_init(&scram, conn->pg->server->env,
			  user == NULL             ? NULL
			  : user->password != NULL ? user->password
						   : user->token,
			  end_point, end_point_len, false);
	went = exchange(conn, &scram, &right);
	wr_pgs_scram_release(&scram);
	if (!went)
		return false;
	if (!right)
		return refuse(conn, wr_pgs_error_new("28P01",
						     "password authentication failed for "
						     "user \"%s\"",
						     conn->user));
	conn->who = user->is;
	return true;
}

/* --- startup ------------------------------------------------------------------------------------
 */

/* Pairs of the startup message. */
static bool read_pairs(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	while (message->at < message->end && *message->at != '\0') {
		const char *name = wr_pgs_get_string(message);
		const char *value = wr_pgs_get_string(message);
		char **to = strcmp(name, "user") == 0               ? &conn->user
			    : strcmp(name, "database") == 0         ? &conn->database
			    : strcmp(name, "application_name") == 0 ? &conn->set.application_name
			    : strcasecmp(name, "TimeZone") == 0     ? &conn->set.zone_first
								    : NULL;

		if (message->bad)
			return false;
		if (to != NULL) {
			wr_free(*to);
			*to = wr_strdup(value);
		}
		if (strcmp(name, "replication") == 0 && strcmp(value, "false") != 0)
			return refuse(conn, wr_pgs_error_new("0A000", "replication is not "
								      "spoken here"));
	}
	if (conn->user == NULL)
		return refuse(conn, wr_pgs_error_new("28000", "the startup message has no user"));
	return true;
}

/* SSLRequest and the like are answered until the startup message is there. */
static bool read_startup(struct wr_pgs_conn *conn, struct wr_pgs_message *message,
			 uint32_t *version)
{
	struct wr_pgs *pg = conn->pg;

	for (int asked = 0; asked < 4; asked++) {
		if (wr_pgs_wire_read(&conn->wire, false, LOGIN_MS, message) != WR_PG_GOT)
			return false;
		*version = wr_pgs_get_u32(message);
		if (*version == CANCEL_REQUEST) {
			uint32_t number = wr_pgs_get_u32(message);

			wr_pgs_cancel(pg, number, wr_pgs_get_u32(message));
			return false;
		}
		if (*version == SSL_REQUEST && pg->tls != NULL && conn->wire.tls == NULL) {
			/* Bytes that came with it are not of TLS: somebody put them there. */
			if (wr_pgs_wire_waits(&conn->wire))
				return false;
			wr_pgs_wire_send(&conn->wire, "S", 1);
			conn->wire.tls =
			    wr_pgs_tls_accept(pg->tls, conn->wire.fd, pg->wake[0], LOGIN_MS);
			if (conn->wire.tls == NULL) {
				conn->wire.broken = true; /* it takes nothing in clear */
				return false;
			}
		} else if (*version == SSL_REQUEST || *version == GSSENC_REQUEST) {
			wr_pgs_wire_send(&conn->wire, "N", 1);
		} else {
			return true;
		}
	}
	return false;
}

static void greet(struct wr_pgs_conn *conn)
{
	const char *zone = wr_client_get(conn->client, "table.local-time-zone");

	send_auth(conn, 0, NULL);
	wr_pgs_parameter_status(conn, "server_version", SERVER_VERSION);
	wr_pgs_parameter_status(conn, "server_encoding", "UTF8");
	wr_pgs_parameter_status(conn, "client_encoding", "UTF8");
	wr_pgs_parameter_status(conn, "DateStyle", "ISO, MDY");
	wr_pgs_parameter_status(conn, "IntervalStyle", "postgres");
	wr_pgs_parameter_status(conn, "TimeZone",
				zone == NULL || strcmp(zone, "default") == 0 ? "UTC" : zone);
	wr_pgs_parameter_status(conn, "integer_datetimes", "on");
	wr_pgs_parameter_status(conn, "standard_conforming_strings", "on");
	wr_pgs_parameter_status(conn, "is_superuser",
				conn->who.role == WR_ROLE_ADMIN ? "on" : "off");
	wr_pgs_parameter_status(conn, "session_authorization", conn->user);
	wr_pgs_parameter_status(conn, "application_name",
				conn->set.application_name != NULL ? conn->set.application_name
								   : "");
	wr_pgs_begin(&conn->wire, 'K');
	wr_pgs_add_u32(&conn->wire, conn->number);
	wr_pgs_add_u32(&conn->wire, conn->secret);
	wr_pgs_end(&conn->wire);
}

/* The zone that the client asked for, and what RESET goes back to. */
static bool set_zone(struct wr_pgs_conn *conn)
{
	const char *now = wr_client_get(conn->client, "table.local-time-zone");
	struct wr_zone *zone = NULL;
	wr_status *status = NULL;

	if (conn->set.application_name != NULL)
		conn->set.name_first = wr_strdup(conn->set.application_name);
	if (conn->set.zone_first == NULL) {
		conn->set.zone_first =
		    wr_strdup(now == NULL || strcmp(now, "default") == 0 ? "UTC" : now);
		return true;
	}
	status = wr_zone_open(conn->set.zone_first, &zone);
	wr_zone_close(zone);
	if (status == NULL)
		status = wr_client_set(conn->client, "table.local-time-zone", conn->set.zone_first);
	if (status == NULL)
		return true;
	wr_status_free(status);
	return refuse(conn,
		      wr_pgs_error_new("22023", "invalid value for parameter \"TimeZone\": \"%s\"",
				       conn->set.zone_first));
}

/* Sessions of the other protocols count, too: connections and sessions share one limit. */
static struct wr_pgs_error *no_session(wr_status *status_moved)
{
	struct wr_pgs_error *error;

	if (status_moved->class != WR_RETRY || status_moved->reason != WR_NO_REASON)
		return wr_pgs_error_status(status_moved);
	error = wr_pgs_error_hint(wr_pgs_error_new("53300", "%s", status_moved->text),
				  status_moved->hint);
	wr_status_free(status_moved);
	return error;
}

/* A session of the server for it. */
static bool open_client(struct wr_pgs_conn *conn)
{
	struct wr_client *client = NULL;
	const char *name = conn->set.application_name;
	wr_status *status = wr_client_open(conn->pg->server->clients, &conn->who,
					   name != NULL && *name != '\0' ? name : "postgresql",
					   NULL, NULL, 0, &client);

	if (status != NULL)
		return refuse(conn, no_session(status));
	pthread_mutex_lock(&conn->pg->lock);
	conn->client = client;
	pthread_mutex_unlock(&conn->pg->lock);
	return set_zone(conn);
}

bool wr_pgs_start(struct wr_pgs_conn *conn)
{
	const struct wr_options *options = &conn->pg->server->config->options;
	struct wr_pgs_message message;
	uint32_t version;

	if (!read_startup(conn, &message, &version))
		return false;
	if (conn->full)
		return refuse(
		    conn,
		    wr_pgs_error_hint(wr_pgs_error_new("53300", "There are %u connections already",
						       conn->pg->count_max),
				      "Close some, or raise server.sessions.max"));
	if (version >> 16 != VERSION_3 >> 16)
		return refuse(conn, wr_pgs_error_new("08P01", "protocol %u.%u is not spoken here",
						     version >> 16, version & 0xffff));
	if (!read_pairs(conn, &message))
		return false;
	if (conn->pg->tls != NULL && conn->wire.tls == NULL &&
	    wr_options_bool(options, "server.tls.required"))
		return refuse(conn, wr_pgs_error_hint(
					wr_pgs_error_new("28000", "connections must use TLS here"),
					"Connect with sslmode=require"));
	if (!log_in(conn) || !open_client(conn))
		return false;
	if ((version & 0xffff) > 0) { /* NegotiateProtocolVersion: 3.0 is the newest */
		wr_pgs_begin(&conn->wire, 'v');
		wr_pgs_add_u32(&conn->wire, VERSION_3);
		wr_pgs_add_u32(&conn->wire, 0);
		wr_pgs_end(&conn->wire);
	}
	conn->wire.message_max = (size_t)wr_options_i64(options, "server.request.max-size") + 4;
	greet(conn);
	return true;
}
