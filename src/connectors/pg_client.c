/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_client - see pg_client.h: connecting, statements, waiting.
 *
 * The connection is in libpq's non-blocking mode; every wait is a poll of its socket in slices of
 * SLICE_MS, between which the host is asked whether the job stops.
 */
#include "connectors/pg_client.h"

#include <poll.h>

#include "base/mem.h"

#define SLICE_MS  50       /* of a wait: a job that stops is noticed this soon */
#define PAUSE_MS  200      /* between attempts to connect while a job starts */
#define SILENT_US 10000000 /* a wait for an answer is said after this */

/* A server gives up a statement whose client has gone, and its locks, from this version on, if it
 * is told to look. */
#define CHECK_CLIENT       "SET client_connection_check_interval TO '5s'; "
#define CHECK_CLIENT_SINCE 140000

static struct wr_env *env(void)
{
	return wr_env_system();
}

void wr_pg_init(struct wr_pg *pg, const struct wr_pg_target *target, struct wr_host *host)
{
	*pg = (struct wr_pg){.target = target, .host = host};
	wr_text_init(&pg->text);
}

void wr_pg_release(struct wr_pg *pg)
{
	wr_pg_close(pg);
	wr_text_release(&pg->text);
}

void wr_pg_close(struct wr_pg *pg)
{
	if (pg->conn != NULL)
		pg->target->call.PQfinish(pg->conn);
	pg->conn = NULL;
	pg->silent = pg->lost = false;
}

/* A wait is left because the job stops. */
static wr_status *stopped(const struct wr_pg *pg)
{
	return wr_status_new(WR_RETRY, "Table '%s' (PostgreSQL %s): the job stops",
			     pg->target->table, pg->target->database);
}

/* The server has been silent since `since_us`, in a wait without an end: says so after a while, and
 * gives up as the user has set it. */
static wr_status *bear_silence(struct wr_pg *pg, int64_t since_us)
{
	const struct wr_pg_target *target = pg->target;
	int64_t silent_us = wr_mono_us(env()) - since_us;
	struct wr_text text;

	pg->lost = pg->lost || (target->answer_ms > 0 && silent_us >= target->answer_ms * 1000);
	if (pg->lost)
		return wr_status_hint(
		    wr_status_new(WR_RETRY,
				  "Table '%s' (PostgreSQL %s): the server has been silent for more "
				  "than %.3g s",
				  target->table, target->database, (double)target->answer_ms / 1e3),
		    "Look whether it can be reached; where statements take longer raise "
		    "'connection.answer-timeout'");
	if (silent_us < SILENT_US || pg->silent)
		return NULL;
	wr_text_init(&text);
	wr_text_printf(&text, "PostgreSQL %s has been silent for %lld s: a statement takes long",
		       target->database, (long long)(silent_us / 1000000));
	if (target->answer_ms == 0)
		wr_text_puts(&text,
			     ", or the connection is dead, which 'connection.answer-timeout' "
			     "would find out");
	wr_host_waiting(pg->host, wr_text_str(&text));
	wr_text_release(&text);
	pg->silent = true;
	return NULL;
}

wr_status *wr_pg_wait(struct wr_pg *pg, bool write, int64_t until_us, bool *ready)
{
	struct pollfd one = {.fd = pg->target->call.PQsocket(pg->conn),
			     .events = (short)(write ? POLLIN | POLLOUT : POLLIN)};
	int64_t since_us = wr_mono_us(env());

	*ready = false;
	if (one.fd < 0)
		return wr_pg_error(pg, NULL);
	for (;;) {
		int64_t left_ms = SLICE_MS;

		if (wr_host_stopping(pg->host))
			return stopped(pg);
		if (until_us == 0) {
			WR_TRY(bear_silence(pg, since_us));
		} else {
			left_ms = (until_us - wr_mono_us(env()) + 999) / 1000;
			if (left_ms <= 0)
				return NULL;
		}
		if (poll(&one, 1, (int)WR_MIN(left_ms, SLICE_MS)) > 0) {
			*ready = true;
			if (pg->silent)
				wr_host_resumed(pg->host);
			pg->silent = false;
			return NULL;
		}
	}
}

static wr_status *no_answer(const struct wr_pg *pg)
{
	return wr_status_hint(
	    wr_status_new(WR_RETRY, "Table '%s' (PostgreSQL %s): the server does not answer",
			  pg->target->table, pg->target->database),
	    "Look whether it runs and can be reached from here");
}

/* Messages of the server that are no errors are nobody's here. */
static void ignore_notice(void *own, const char *message)
{
	(void)own;
	(void)message;
}

/* Tells a new connection its time zone, and what comes before that. */
static wr_status *set_zone(struct wr_pg *pg, const char *first, const char *zone)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_printf(&sql, "%sSET TimeZone TO ", first);
	wr_pg_put_literal(&sql, zone, strlen(zone));
	status = wr_pg_exec(pg, wr_text_str(&sql), NULL);
	wr_text_release(&sql);
	return status;
}

/* What a new connection is told: times are those of the session's zone. */
static wr_status *set_up(struct wr_pg *pg)
{
	bool checks = pg->target->call.PQserverVersion(pg->conn) >= CHECK_CLIENT_SINCE;
	const char *zone = pg->target->zone_id;
	wr_status *status;

	if (zone == NULL || strchr(zone, '/') == NULL) /* a region; offsets are converted by us */
		zone = "UTC";
	status = set_zone(pg, checks ? CHECK_CLIENT : "", zone);
	if (status != NULL && checks && pg->target->call.PQstatus(pg->conn) == CONNECTION_OK) {
		/* Not every system of a server, and not everything before it, has the setting. */
		wr_status_free(status);
		status = set_zone(pg, "", zone);
	}
	if (status != NULL && pg->sqlstate[0] == '2') { /* a zone that the server does not know */
		wr_status_free(status);
		status = set_zone(pg, "", "UTC");
	}
	return status;
}

/* Goes through the steps of a connection that was begun. */
static wr_status *handshake(struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	int64_t until = wr_mono_us(env()) + pg->target->connect_ms * 1000;
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	bool ready;

	while (step != PGRES_POLLING_OK) {
		if (step == PGRES_POLLING_FAILED || call->PQstatus(pg->conn) == CONNECTION_BAD)
			return wr_pg_error(pg, NULL);
		WR_TRY(wr_pg_wait(pg, step == PGRES_POLLING_WRITING, until, &ready));
		if (!ready)
			return no_answer(pg);
		step = call->PQconnectPoll(pg->conn);
	}
	return NULL;
}

wr_status *wr_pg_connect(struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	wr_status *status;

	if (pg->conn != NULL)
		return NULL;
	pg->conn = call->PQconnectStartParams(pg->target->keyword, pg->target->value, 1);
	if (pg->conn == NULL)
		return wr_status_no_memory();
	call->PQsetNoticeProcessor(pg->conn, ignore_notice, NULL);
	status = handshake(pg);
	if (status == NULL && call->PQsetnonblocking(pg->conn, 1) != 0)
		status = wr_pg_error(pg, NULL);
	if (status == NULL)
		status = set_up(pg);
	if (status != NULL)
		wr_pg_close(pg);
	return status;
}

wr_status *wr_pg_connect_first(struct wr_pg *pg)
{
	int64_t until = wr_mono_us(env()) + pg->target->first_connect_ms * 1000;
	wr_status *status = wr_pg_connect(pg);
	bool said = false;

	while (status != NULL && status->class == WR_RETRY && !wr_host_stopping(pg->host) &&
	       wr_mono_us(env()) < until) {
		if (!said)
			wr_host_waiting(pg->host, status->text);
		said = true;
		wr_status_free(status);
		env()->ops->sleep_us(env(), PAUSE_MS * 1000);
		status = wr_pg_connect(pg);
	}
	if (status == NULL && said)
		wr_host_resumed(pg->host);
	if (status != NULL && status->class == WR_RETRY)
		wr_status_hint(status, "Look whether the server runs and can be reached from here; "
				       "'connection.max-retry-timeout' says how long a job "
				       "that starts waits for it");
	return status;
}

wr_status *wr_pg_flush(struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	bool ready;

	for (;;) {
		int left = call->PQflush(pg->conn);

		if (left == 0)
			return NULL;
		if (left < 0)
			return wr_pg_error(pg, NULL);
		WR_TRY(wr_pg_wait(pg, true, 0, &ready));
		if (call->PQconsumeInput(pg->conn) == 0)
			return wr_pg_error(pg, NULL);
	}
}

wr_status *wr_pg_result(struct wr_pg *pg, PGresult **out)
{
	const struct wr_pg_calls *call = &pg->target->call;
	wr_status *status;
	bool ready;

	*out = NULL;
	while (call->PQisBusy(pg->conn)) {
		WR_TRY(wr_pg_wait(pg, false, 0, &ready));
		if (call->PQconsumeInput(pg->conn) == 0)
			return wr_pg_error(pg, NULL);
	}
	*out = call->PQgetResult(pg->conn);
	if (*out == NULL)
		return NULL;
	switch (call->PQresultStatus(*out)) {
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR: break;
	default: return NULL;
	}
	status = wr_pg_error(pg, *out);
	call->PQclear(*out);
	*out = NULL;
	return status;
}

/* Takes all results of what was sent; the last one is the answer. An error comes out only when the
 * connection is free again. */
static wr_status *take_all(struct wr_pg *pg, PGresult **out)
{
	const struct wr_pg_calls *call = &pg->target->call;
	wr_status *first = NULL;
	PGresult *result, *last = NULL;

	for (;;) {
		wr_status *status = wr_pg_result(pg, &result);

		if (status != NULL && first != NULL)
			wr_status_free(status);
		else if (status != NULL)
			first = status;
		if (result == NULL &&
		    (status == NULL || call->PQstatus(pg->conn) != CONNECTION_OK || pg->lost ||
		     wr_host_stopping(pg->host)))
			break;
		if (result == NULL)
			continue;
		call->PQclear(last);
		last = result;
		switch (call->PQresultStatus(last)) {
		case PGRES_COPY_IN:
		case PGRES_COPY_OUT:
		case PGRES_COPY_BOTH: goto done; /* rows come next */
		default: break;
		}
	}
done:
	if (first != NULL || out == NULL) {
		call->PQclear(last);
		last = NULL;
	}
	if (out != NULL)
		*out = last;
	return first;
}

wr_status *wr_pg_exec(struct wr_pg *pg, const char *sql, PGresult **out)
{
	if (out != NULL)
		*out = NULL;
	if (pg->target->call.PQsendQuery(pg->conn, sql) == 0)
		return wr_pg_error(pg, NULL);
	WR_TRY(wr_pg_flush(pg));
	return take_all(pg, out);
}

wr_status *wr_pg_exec_params(struct wr_pg *pg, const char *sql, const struct wr_pg_params *params,
			     PGresult **out)
{
	int *format = wr_calloc((size_t)params->count + 1, sizeof *format), sent;

	if (out != NULL)
		*out = NULL;
	for (int i = 0; i < params->count; i++)
		format[i] = params->text ? 0 : 1;
	sent = pg->target->call.PQsendQueryParams(pg->conn, sql, params->count, params->type,
						  params->value, params->length, format, 1);
	wr_free(format);
	if (sent == 0)
		return wr_pg_error(pg, NULL);
	WR_TRY(wr_pg_flush(pg));
	return take_all(pg, out);
}

void wr_pg_put_literal(struct wr_text *sql, const char *text, size_t len)
{
	if (memchr(text, '\\', len) != NULL)
		wr_text_puts(sql, " E");
	wr_text_putc(sql, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'' || text[i] == '\\')
			wr_text_putc(sql, text[i]);
		wr_text_putc(sql, text[i]);
	}
	wr_text_putc(sql, '\'');
}
