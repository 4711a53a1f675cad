/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_read - the letters of a script that are to be replayed, and the note of those that were.
 */
#include <string.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/dlq.h"

wr_status *wr_dlq_look(const struct wr_dlq *dlq, struct wr_session *session, const char **dead)
{
	struct wr_variables variables = {dlq->options.variable_name, dlq->options.variable_value,
					 dlq->options.variable_count};

	wr_session_look(session, dlq->dead);
	WR_TRY(wr_command_settings(&dlq->options, session));
	WR_TRY(wr_session_script(session, dlq->script, &variables, WR_SCRIPT_RUN));
	WR_TRY(wr_letters_table(session, dlq->table, dead));
	wr_session_look_done(session);
	return wr_session_set(session, "execution.runtime-mode", "batch");
}

static void done_path(const struct wr_dlq *dlq, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s%s", dlq->done != NULL ? dlq->done : dlq->file,
		       dlq->done != NULL ? "" : ".replayed");
}

wr_status *wr_dlq_done(const struct wr_dlq *dlq, const struct wr_dlq_letters *letters)
{
	struct wr_text path;
	wr_status *status;

	done_path(dlq, &path);
	status = wr_letters_done_write(wr_env_system(), path.data, &letters->done,
				       &letters->taking.fresh);
	wr_text_release(&path);
	return status;
}

wr_status *wr_dlq_read(const struct wr_dlq *dlq, struct wr_dlq_letters *letters)
{
	struct wr_listener listener = {.result_rows = wr_letters_take, .user = &letters->taking};
	struct wr_session *session = wr_session_new(&listener);
	const char *dead;
	struct wr_text sql, path;
	wr_status *status;

	wr_letters_taking_init(&letters->taking);
	letters->taking.filter.table = dlq->table;
	letters->taking.again = dlq->again;
	letters->taking.limit = dlq->limit;
	letters->taking.done = &letters->done;
	wr_text_init(&sql);
	done_path(dlq, &path);
	WR_TRY_OUT(status, wr_letters_done_read(wr_env_system(), path.data, &letters->done));
	WR_TRY_OUT(status, wr_dlq_look(dlq, session, &dead));
	if (dlq->target == NULL)
		WR_TRY_OUT(status, wr_letters_check_folder(wr_env_system(), session, dead));
	WR_TRY_OUT(status, wr_letters_query(session, dead, &sql));
	status =
	    wr_session_script(session, (struct wr_str){sql.data, sql.len}, NULL, WR_SCRIPT_RUN);
out:
	wr_text_release(&path);
	wr_text_release(&sql);
	wr_session_free(session);
	return status;
}

void wr_dlq_letters_release(struct wr_dlq_letters *letters)
{
	wr_letters_done_release(&letters->done);
	wr_letters_taking_release(&letters->taking);
}
