/* SPDX-License-Identifier: Apache-2.0
 *
 * api_statement - weir.h: prepared scripts.
 */
#include "base/mem.h"
#include "engine/api_session.h"

struct weir_statement {
	struct weir_session *session; /* one reference */
	char *sql;                    /* for errors; owned */
	struct wr_prepared prepared;
	struct weir_result result; /* of its SELECT or what it shows; column_count 0: neither */
	struct wr_schema shown;    /* the columns of what it shows */
};

/* The columns of the one result. */
static wr_status *find_result(struct weir_statement *statement)
{
	const struct wr_prepared *prepared = &statement->prepared;
	const struct wr_action *select = wr_api_select(prepared);
	struct wr_action *only = prepared->count == 1 ? &prepared->action[0] : NULL;

	if (select != NULL)
		return wr_result_init(&statement->result, &select->plan->root[0]->input[0]->schema,
				      select->updating, select->options.zone_id);
	if (only == NULL || only->shown.column_count == 0)
		return NULL;
	statement->shown = (struct wr_schema){only->shown.column_count, only->shown.field};
	return wr_result_init(&statement->result, &statement->shown, false, "UTC");
}

WR_PUBLIC enum weir_code weir_prepare(struct weir_session *session, const char *sql,
				      struct weir_statement **statement, struct weir_error **error)
{
	struct weir_statement *made = wr_calloc(1, sizeof *made);
	enum weir_code code;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	*statement = NULL;
	made->session = wr_api_session_ref(session);
	made->sql = wr_strdup(sql);
	code = wr_api_prepare(session, sql, &made->prepared, error);
	if (code == WEIR_OK) {
		status = find_result(made);
		if (status != NULL)
			code = wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	}
	if (code == WEIR_OK)
		*statement = made;
	else
		weir_statement_free(made);
	return code;
}

WR_PUBLIC const struct weir_result *weir_statement_result(const struct weir_statement *statement)
{
	return statement->result.column_count > 0 ? &statement->result : NULL;
}

WR_PUBLIC enum weir_code weir_statement_execute(struct weir_statement *statement,
						const struct weir_handler *handler,
						struct weir_error **error)
{
	if (error != NULL)
		*error = NULL;
	if (!wr_api_handler_check(handler, error))
		return WEIR_MISUSE;
	return wr_api_execute(statement->session, &statement->prepared, statement->sql, handler,
			      error);
}

WR_PUBLIC void weir_statement_free(struct weir_statement *statement)
{
	if (statement == NULL)
		return;
	wr_result_release(&statement->result);
	wr_prepared_release(&statement->prepared);
	wr_free(statement->sql);
	wr_api_session_unref(statement->session);
	wr_free(statement);
}
