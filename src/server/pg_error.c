/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_error - errors as PostgreSQL tells them: severity, SQLSTATE, sentence, hint, position.
 *
 * States of a statement that is wrong come from what the engine says is missing; the others are of
 * class 42 as a whole, which is how clients tell "your SQL" from "my fault".
 */
#include <stdio.h>

#include "base/mem.h"
#include "server/pg_inner.h"

struct wr_pgs_error *wr_pgs_error_new(const char *state, const char *format, ...)
{
	struct wr_pgs_error *error = wr_calloc(1, sizeof *error);
	struct wr_text text;
	va_list args;
	char line[4096];

	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	wr_text_init(&text);
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

/* By what the engine says there is not, or refuses: its errors have classes and no numbers. Each
 * row is raised by a test of server/pg or server/clients, so that a sentence cannot change unseen.
 */
static const char *state_of(const char *text)
{
	static const struct {
		const char *begins, *state;
	} known[] = {
	    {"There is no table or view", "42P01"},
	    {"There is no table or column", "42703"},
	    {"There is no column", "42703"},
	    {"There is no function", "42883"},
	    {"There is no database", "3F000"},
	    {"There is no catalog", "3D000"},
	    {"There is no materialized table", "42P01"},
	    {"There is no statement", "42601"},
	    {"Expected ", "42601"},
	};
	static const struct {
		const char *words, *state;
	} within[] = {
	    {"needs the role", "42501"},         {"is not for the role", "42501"},
	    {"is there already", "42P07"},       {"exists already", "42P07"},
	    {"not found in any table", "42703"}, {"not found in table", "42703"},
	    {"cannot be cast to", "22P02"},      {"Division by zero", "22012"},
	};

	for (size_t i = 0; i < WR_COUNT(known); i++)
		if (strncmp(text, known[i].begins, strlen(known[i].begins)) == 0)
			return known[i].state;
	for (size_t i = 0; i < WR_COUNT(within); i++)
		if (strstr(text, within[i].words) != NULL)
			return within[i].state;
	return "42000";
}

struct wr_pgs_error *wr_pgs_error_status(wr_status *status_moved)
{
	const char *state = status_moved->class == WR_RETRY   ? "53000"
			    : status_moved->class == WR_FATAL ? "XX000"
							      : state_of(status_moved->text);
	struct wr_pgs_error *error = wr_pgs_error_new(state, "%s", status_moved->text);

	wr_pgs_error_hint(error, status_moved->hint);
	wr_status_free(status_moved);
	return error;
}

struct wr_pgs_error *wr_pgs_error_weir(enum weir_code code, struct weir_error *error_moved)
{
	struct wr_pgs_error *error;
	const char *text = error_moved != NULL ? weir_error_text(error_moved) : "", *state;

	switch (code) {
	case WEIR_CANCELLED:
		error = wr_pgs_error_new("57014", "canceling statement due to user request");
		break;
	case WEIR_ERROR_JOB:
		state = state_of(text);
		error =
		    wr_pgs_error_new(strncmp(state, "22", 2) == 0 ? state : "XX000", "%s", text);
		break;
	default: error = wr_pgs_error_new(state_of(text), "%s", text); break;
	}
	if (error_moved != NULL)
		wr_pgs_error_hint(error, weir_error_hint(error_moved));
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

void wr_pgs_send_error(struct wr_pgs_conn *conn, struct wr_pgs_error *error, bool fatal)
{
	struct wr_pgs_wire *wire = &conn->wire;
	char number[16];

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
