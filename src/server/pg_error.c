/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_error - errors as PostgreSQL tells them: severity, SQLSTATE, sentence, hint, position.
 *
 * States follow from the reason that a status has (base/status.h), never from its words. A
 * statement that is wrong without one is of class 42 as a whole, which is how clients tell "your
 * SQL" from "my fault".
 */
#include <stdio.h>

#include "base/mem.h"
#include "data/error.h"
#include "server/pg_inner.h"

#define CANCELLED "57014"
#define STOPPING  "57P01"

struct wr_pgs_error *wr_pgs_error_new(const char *state, const char *format, ...)
{
	struct wr_pgs_error *error = wr_calloc(1, sizeof *error);
	va_list args;
	char line[4096];

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	snprintf(error->state, sizeof error->state, "%s", state);
	error->text = wr_strdup(line);
	return error;
}

struct wr_pgs_error *wr_pgs_error_hint(struct wr_pgs_error *error, const char *hint)
{
	if (hint != NULL) {
		wr_free(error->hint);
		error->hint = wr_strdup(hint);
	}
	return error;
}

static const char *state_of(enum wr_status_reason reason)
{
	switch (reason) {
	case WR_NO_REASON: break;
	case WR_BAD_SYNTAX: return "42601";
	case WR_NOT_SUPPORTED: return "0A000";
	case WR_NO_TABLE: return "42P01";
	case WR_NO_COLUMN: return "42703";
	case WR_NO_FUNCTION: return "42883";
	case WR_NO_DATABASE: return "3F000";
	case WR_NO_CATALOG: return "3D000";
	case WR_TABLE_EXISTS: return "42P07";
	case WR_FUNCTION_EXISTS: return "42723";
	case WR_DATABASE_EXISTS: return "42P06";
	case WR_CATALOG_EXISTS: return "42P04";
	case WR_AMBIGUOUS: return "42702";
	case WR_NOT_GROUPED: return "42803";
	case WR_WRONG_TYPE: return "42804";
	case WR_NO_CAST: return "42846";
	case WR_NOT_ALLOWED: return "42501";
	case WR_STOPPING: return STOPPING;
	case WR_DISK_FULL: return "53100";
	case WR_ZERO_DIVISION: return "22012";
	case WR_BAD_TEXT: return "22P02";
	case WR_OUT_OF_RANGE: return "22003";
	}
	return NULL;
}

/* A reason says most; without one, `other`. */
static const char *state_of_status(const wr_status *status, const char *other)
{
	const char *state = state_of(status->reason);

	return state != NULL ? state : other;
}

static const char *state_of_class(const wr_status *status)
{
	return status->class == WR_RETRY ? "53000" : status->class == WR_FATAL ? "XX000" : "42000";
}

struct wr_pgs_error *wr_pgs_error_status(wr_status *status_moved)
{
	const char *state = state_of_status(status_moved, state_of_class(status_moved));
	struct wr_pgs_error *error = wr_pgs_error_new(state, "%s", status_moved->text);

	wr_pgs_error_hint(error, status_moved->hint);
	wr_status_free(status_moved);
	return error;
}

struct wr_pgs_error *wr_pgs_error_weir(enum weir_code code, struct weir_error *error_moved)
{
	const wr_status *status = error_moved != NULL ? error_moved->status : NULL;
	const char *other = code == WEIR_ERROR_JOB || status == NULL ? "XX000" : "42000";
	struct wr_pgs_error *error;

	if (code == WEIR_CANCELLED)
		error = wr_pgs_error_new(CANCELLED, "canceling statement due to user request");
	else
		error =
		    wr_pgs_error_new(status != NULL ? state_of_status(status, other) : other, "%s",
				     status != NULL ? status->text : "The statement failed");
	if (status != NULL)
		wr_pgs_error_hint(error, status->hint);
	weir_error_free(error_moved);
	return error;
}

void wr_pgs_error_free(struct wr_pgs_error *error)
{
	if (error == NULL)
		return;
	wr_free(error->text);
	wr_free(error->hint);
	wr_free(error);
}

static void field(struct wr_pgs_wire *wire, char code, const char *text)
{
	wr_pgs_add_u8(wire, (uint8_t)code);
	wr_pgs_add_string(wire, text);
}

void wr_pgs_send_stop(struct wr_pgs_conn *conn)
{
	wr_pgs_send_error(conn, wr_pgs_error_new(STOPPING, "the server is stopping"), true);
	wr_pgs_wire_flush(&conn->wire);
	conn->wire.broken = true;
}

void wr_pgs_send_error(struct wr_pgs_conn *conn, struct wr_pgs_error *error, bool fatal)
{
	struct wr_pgs_wire *wire = &conn->wire;
	char number[16];

	/* The server's end cancels what is under way, and no user. */
	if (atomic_load(&conn->ended) && strcmp(error->state, CANCELLED) == 0) {
		wr_pgs_error_free(error);
		wr_pgs_send_stop(conn);
		return;
	}
	wr_pgs_begin(wire, 'E');
	field(wire, 'S', fatal ? "FATAL" : "ERROR");
	field(wire, 'V', fatal ? "FATAL" : "ERROR");
	field(wire, 'C', error->state);
	field(wire, 'M', error->text);
	if (error->hint != NULL)
		field(wire, 'H', error->hint);
	if (error->position > 0) {
		snprintf(number, sizeof number, "%u", error->position);
		field(wire, 'P', number);
	}
	wr_pgs_add_u8(wire, 0);
	wr_pgs_end(wire);
	if (conn->status == 'T')
		conn->status = 'E';
	wr_pgs_error_free(error);
}

void wr_pgs_send_notice(struct wr_pgs_conn *conn, const char *state, const char *text)
{
	struct wr_pgs_wire *wire = &conn->wire;

	wr_pgs_begin(wire, 'N');
	field(wire, 'S', "NOTICE");
	field(wire, 'V', "NOTICE");
	field(wire, 'C', state);
	field(wire, 'M', text);
	wr_pgs_add_u8(wire, 0);
	wr_pgs_end(wire);
}
