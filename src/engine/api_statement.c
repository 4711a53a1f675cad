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
	struct weir_result result; /* of its SELECT; column_count 0: it has none, or several */
};

WR_PUBLIC enum weir_code weir_prepare(struct weir_session *session, const char *sql,
				      struct weir_statement **statement, struct weir_error **error)
{
	struct weir_statement *made = wr_calloc(1, sizeof *made);
	const struct wr_action *select;
	enum weir_code code;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	*statement = NULL;
	made->session = wr_api_session_ref(session);
	made->sql = wr_strdup(sql);
	code = wr_api_prepare(session, sql, &made->prepared, error);
	select = code == WEIR_OK ? wr_api_select(&made->prepared) : NULL;
	if (select != NULL) {
		status = wr_result_init(&made->result, &select->plan->root[0]->input[0]->schema,
					select->updating, select->options.zone_id);
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
