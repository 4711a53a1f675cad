/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_error - what an error of PostgreSQL means for the one who got it: whether it passes by itself,
 * whether it is about a row, and what to do.
 *
 * Decided by SQLSTATE; an error without one is of the connection, and passes.
 */
#include "base/mem.h"
#include "connectors/pg_client.h"

enum meaning { MEANS_STOP, MEANS_RETRY, MEANS_ROW };

/* The first entry that the SQLSTATE begins with counts. */
static const struct {
	const char *state; /* or the beginning of it */
	enum meaning meaning;
	const char *kind; /* of a row; NULL: none */
	const char *hint; /* NULL: none */
} states[] = {
    {"08", MEANS_RETRY, NULL, "It is tried again"},
    {"22001", MEANS_ROW, "too-large", NULL},
    {"22", MEANS_ROW, "type", NULL},
    {"23", MEANS_ROW, "constraint", NULL},
    {"21000", MEANS_ROW, "constraint", NULL},
    {"44", MEANS_ROW, "constraint", NULL},
    {"54000", MEANS_ROW, "too-large", NULL},
    {"P0001", MEANS_ROW, "refused", NULL},
    {"25006", MEANS_RETRY, NULL,
     "The server takes no changes now: a standby, or one that fails over"},
    {"25P03", MEANS_RETRY, NULL,
     "It is tried again; where that happens often raise 'idle_in_transaction_session_timeout' for "
     "the user (ALTER ROLE ... SET)"},
    {"28P01", MEANS_STOP, NULL, "Set 'username' and 'password' of the table"},
    {"28", MEANS_STOP, NULL,
     "Set 'username' and 'password' of the table, or let the user in (pg_hba.conf)"},
    {"3D000", MEANS_STOP, NULL, "Create the database, or mend the name in 'url'"},
    {"3F000", MEANS_STOP, NULL, "Mend the schema in 'table-name'"},
    {"40", MEANS_RETRY, NULL, "It is tried again"},
    {"42P01", MEANS_STOP, NULL, "Create the table, or mend 'table-name'"},
    {"42703", MEANS_STOP, NULL, "Name the columns as the database does"},
    {"42501", MEANS_STOP, NULL, "Grant the user the right (GRANT ... ON ... TO ...)"},
    {"42P10", MEANS_STOP, NULL,
     "Give the table in the database a PRIMARY KEY or a UNIQUE index over the columns of the "
     "PRIMARY KEY that the script declares"},
    {"428C9", MEANS_STOP, NULL,
     "Leave the column out of the declaration: PostgreSQL makes its values (GENERATED ALWAYS)"},
    {"53100", MEANS_RETRY, NULL, "Make room on the disk of the server"},
    {"53400", MEANS_RETRY, NULL,
     "Raise the limit that is named, or remove what is not used (SELECT "
     "pg_drop_replication_slot(...) for slots)"},
    {"53", MEANS_RETRY, NULL, "It is tried again"},
    {"55", MEANS_RETRY, NULL, "It is tried again"},
    {"57", MEANS_RETRY, NULL, "It is tried again"},
    {"58", MEANS_RETRY, NULL, "Look at the log of the server"},
    {"XX", MEANS_RETRY, NULL, "Look at the log of the server"},
};

/* The entry for a SQLSTATE, or -1. */
static int find(const char *state)
{
	for (uint32_t i = 0; i < WR_COUNT(states); i++)
		if (strncmp(states[i].state, state, strlen(states[i].state)) == 0)
			return (int)i;
	return -1;
}

bool wr_pg_refuses_row(const struct wr_pg *pg)
{
	int at = find(pg->sqlstate);

	return at >= 0 && states[at].meaning == MEANS_ROW;
}

const char *wr_pg_refusal_kind(const struct wr_pg *pg)
{
	int at = find(pg->sqlstate);

	return at >= 0 && states[at].kind != NULL ? states[at].kind : "refused";
}

/* Appends a text with its line ends as spaces, without those at the end. */
static void put_line(struct wr_text *out, const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (size_t i = 0; i < len; i++) {
		bool blank = text[i] == '\n' || text[i] == '\t' || text[i] == ' ';

		if (!blank || (i > 0 && text[i - 1] != '\n' && text[i - 1] != '\t'))
			wr_text_putc(out, blank ? ' ' : text[i]);
	}
}

/* libpq tries several ways and says a line about each: the last one. */
static const char *last_line(const char *text)
{
	const char *line = text;

	for (const char *at = text; *at != '\0'; at++)
		if (*at == '\n' && at[1] != '\0' && at[1] != '\t' && at[1] != ' ')
			line = at + 1;
	return line;
}

/* What the server or libpq says, as one line: message and detail. */
static void take_text(struct wr_pg *pg, const PGresult *result)
{
	const struct wr_pg_calls *call = &pg->target->call;
	const char *state = NULL, *primary = NULL, *detail = NULL;

	wr_text_clear(&pg->text);
	if (result != NULL) {
		state = call->PQresultErrorField(result, PG_DIAG_SQLSTATE);
		primary = call->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
		detail = call->PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
		if (primary == NULL)
			primary = call->PQresultErrorMessage(result);
	}
	if (primary == NULL || *primary == '\0')
		primary = pg->conn != NULL ? last_line(call->PQerrorMessage(pg->conn)) : "";
	snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", state != NULL ? state : "");
	put_line(&pg->text, *primary != '\0' ? primary : "the connection is gone");
	if (detail != NULL) {
		wr_text_puts(&pg->text, ": ");
		put_line(&pg->text, detail);
	}
}

/* Errors of a login have no SQLSTATE in libpq, only a text. */
static const char *login_state(const char *text)
{
	static const struct {
		const char *part, *state;
	} logins[] = {{"password authentication failed", "28P01"},
		      {"no password supplied", "28P01"},
		      {"no pg_hba.conf entry", "28000"},
		      {"authentication failed", "28000"},
		      {"too many connections", "53300"},
		      {"role \"", "28000"},
		      {"database \"", "3D000"},
		      {"too many clients", "53300"},
		      {"remaining connection slots", "53300"},
		      {"the database system is", "57P03"},
		      {"certificate verify failed", "28000"},
		      {"server does not support SSL", "28000"}};

	for (uint32_t i = 0; i < WR_COUNT(logins); i++)
		if (strstr(text, logins[i].part) != NULL)
			return logins[i].state;
	return "";
}

wr_status *wr_pg_error(struct wr_pg *pg, const PGresult *result)
{
	wr_status *status;
	const char *state;
	int at;

	take_text(pg, result);
	if (result == NULL && pg->sqlstate[0] == '\0')
		snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s",
			 login_state(wr_text_str(&pg->text)));
	state = pg->sqlstate;
	at = state[0] != '\0' ? find(state) : 0;
	status = wr_status_new(
	    at >= 0 && states[at].meaning == MEANS_RETRY ? WR_RETRY : WR_USER_ERROR,
	    "Table '%s' (PostgreSQL %s): %s%s%s%s", pg->target->table, pg->target->database,
	    wr_text_str(&pg->text), state[0] != '\0' ? " [SQLSTATE " : "", state,
	    state[0] != '\0' ? "]" : "");
	return at >= 0 && states[at].hint != NULL ? wr_status_hint(status, "%s", states[at].hint)
						  : status;
}
