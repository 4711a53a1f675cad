/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_subscribe - see pg_subscribe.h.
 *
 * Changes carry the version that they are of only when it is whole (WR_MVIEW_SHOWN), so those of
 * one version are kept until then: clients see versions, not halves of them. What is kept is
 * bounded by CHANGES_MAX; a larger version is passed on as it comes, with the version that it will
 * be.
 */
#include "server/pg_subscribe.h"

#include "base/mem.h"
#include "connectors/mview.h"
#include "server/client_inner.h"

#define WAIT_MS 100 /* how often the connection looks after its client */

/* What a statement says. */
struct request {
	struct wr_mview *view; /* a reference */
	bool snapshot;
};

static struct wr_pgs_error *usage(void)
{
	return wr_pgs_error_hint(wr_pgs_error_new("42601", "this is not how SUBSCRIBE is written"),
				 "SUBSCRIBE TO view [WITH (SNAPSHOT = false)]");
}

/* SNAPSHOT [=] {true | false} in parentheses, from token `i` on. */
static bool read_options(const struct wr_pgs_statement *statement, uint32_t i, bool *snapshot)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;

	*snapshot = true;
	if (i == statement->last)
		return true;
	if (!wr_pgs_is_word(tokens, i, "with") || !wr_pgs_is_op(tokens, i + 1, "(") ||
	    !wr_pgs_is_word(tokens, i + 2, "snapshot"))
		return false;
	i += 3;
	i += wr_pgs_is_op(tokens, i, "=");
	*snapshot = !wr_pgs_is_word(tokens, i, "false");
	i += wr_pgs_is_word(tokens, i, "false") || wr_pgs_is_word(tokens, i, "true");
	return wr_pgs_is_op(tokens, i, ")") && i + 1 == statement->last;
}

static struct wr_pgs_error *
read_request(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement, struct request *request)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_client *client = conn->client;
	const struct wr_table *table;
	uint32_t i = statement->first + 1;
	struct wr_text name;

	*request = (struct request){0};
	i += wr_pgs_is_word(tokens, i, "to");
	i += wr_pgs_is_word(tokens, i, "table");
	wr_text_init(&name);
	for (; i < statement->last && tokens->token[i].kind <= WR_PG_BACK; i += 2) {
		size_t before = name.len;

		if (tokens->token[i].kind == WR_PG_WORD)
			wr_text_add(&name, tokens->sql + tokens->token[i].at, tokens->token[i].len);
		else
			wr_pgs_token_value(tokens, i, &name);
		if (!wr_pgs_is_op(tokens, i + 1, ".")) {
			i++;
			break;
		}
		if (strcmp(wr_text_str(&name) + before, "public") == 0)
			name.len = before;
		else
			wr_text_putc(&name, '.');
	}
	if (name.len == 0 || !read_options(statement, i, &request->snapshot)) {
		wr_text_release(&name);
		return usage();
	}
	pthread_mutex_lock(&client->statement);
	wr_status_free(wr_client_look(client));
	table = wr_session_table(client->session->session, wr_text_str(&name));
	if (table != NULL && table->materialized)
		request->view = wr_mview_ref((struct wr_mview *)table->embed);
	pthread_mutex_unlock(&client->statement);
	if (request->view == NULL) {
		struct wr_pgs_error *error = wr_pgs_error_hint(
		    wr_pgs_error_new(table == NULL ? "42P01" : "42809",
				     table == NULL ? "There is no materialized table '%s'"
						   : "'%s' is no materialized table",
				     wr_text_str(&name)),
		    "Make one with CREATE MATERIALIZED TABLE: it keeps its rows, and can tell of "
		    "their changes");

		wr_text_release(&name);
		return error;
	}
	wr_text_release(&name);
	return NULL;
}

/* `version` and `op` before the view's. */
static struct wr_pgs_column *columns_of(struct wr_arena *arena, const struct wr_mview *view,
					uint32_t *count)
{
	struct wr_pgs_column *own = wr_pgs_columns_of(arena, wr_mview_schema(view), true, count);
	struct wr_pgs_column *column = WR_NEW_ARRAY(arena, struct wr_pgs_column, *count + 1);

	column[0] = (struct wr_pgs_column){"version", &WR_T_BIGINT, WR_PG_INT8};
	memcpy(column + 1, own, *count * sizeof *own);
	++*count;
	return column;
}

struct wr_pgs_error *wr_pgs_subscribe_describe(struct wr_pgs_conn *conn,
					       struct wr_pgs_statement *statement)
{
	struct request request;
	struct wr_pgs_error *error = read_request(conn, statement, &request);

	if (error == NULL)
		statement->column =
		    columns_of(&statement->arena, request.view, &statement->column_count);
	wr_mview_unref(request.view);
	return error;
}

/* --- changes ------------------------------------------------------------------------------------
 */

#define CHANGES_MAX (16u << 20) /* bytes of one version that are kept until it is whole */

struct following {
	struct wr_mview *view; /* a reference */
	struct wr_mview_subscription *subscription;
	struct wr_batch **kept; /* owned; of the version that comes */
	uint32_t kept_count, kept_room;
	uint64_t kept_bytes; /* of them */
	uint32_t given;      /* of kept that were given, once the version is whole */
	bool whole;          /* kept are to be given */
	uint64_t version;    /* of them */
};

/* The batch with its version and what its rows do in front. */
static struct wr_batch *dressed(struct wr_batch *batch, uint64_t version)
{
	uint32_t rows = batch->rows;
	struct wr_batch *out = wr_batch_new(batch->column_count + 2, rows);
	struct wr_column *number = wr_column_new(&WR_T_BIGINT, 1);
	struct wr_column *op = wr_column_new(&WR_T_STRING, rows);

	WR_DATA(number, int64_t)[0] = (int64_t)version;
	wr_column_make_const(number);
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(op, struct wr_view)
	[i] = wr_view_of(wr_row_kind_str(wr_batch_kind(batch, i)), 2);
	out->column[0] = number;
	out->column[1] = op;
	for (uint32_t i = 0; i < batch->column_count; i++)
		out->column[i + 2] = wr_column_ref(batch->column[i]);
	if (batch->sel != NULL) {
		out->sel = wr_malloc((size_t)batch->sel_count * sizeof *out->sel + 1);
		memcpy(out->sel, batch->sel, batch->sel_count * sizeof *out->sel);
		out->sel_count = batch->sel_count;
	}
	wr_batch_free(batch);
	return out;
}

static void keep(struct following *following, struct wr_batch *batch)
{
	if (following->kept_count == following->kept_room) {
		following->kept_room = following->kept_room * 2 + 8;
		following->kept =
		    wr_realloc(following->kept, following->kept_room * sizeof(struct wr_batch *));
	}
	following->kept[following->kept_count++] = batch;
	following->kept_bytes += wr_batch_bytes(batch);
}

/* The next of those that are kept, when they are to be given. */
static struct wr_batch *give(struct following *following)
{
	struct wr_batch *batch;

	if (!following->whole)
		return NULL;
	if (following->given == following->kept_count) {
		following->given = following->kept_count = 0;
		following->kept_bytes = 0;
		following->whole = false;
		return NULL;
	}
	batch = following->kept[following->given++];
	return dressed(batch, following->version);
}

static struct wr_pgs_error *follow_take(struct wr_pgs_conn *conn, struct wr_pgs_result *result,
					struct wr_batch **out, bool *nothing)
{
	struct following *following = result->own;
	struct wr_mview_change change;
	wr_status *status;

	for (;;) {
		*out = give(following);
		if (*out != NULL)
			return NULL;
		status = wr_mview_next(following->subscription, WAIT_MS, &change);
		if (status != NULL)
			return wr_pgs_error_status(status);
		switch (change.event) {
		case WR_MVIEW_NOTHING: *nothing = true; return NULL;
		case WR_MVIEW_ROWS:
			keep(following, change.batch);
			if (following->kept_bytes > CHANGES_MAX) {
				following->whole = true;
				following->version++;
			}
			break;
		case WR_MVIEW_SHOWN:
			following->whole = true;
			following->version = change.version;
			/* What was sent is not held back for the next version. */
			wr_pgs_wire_flush(&conn->wire);
			break;
		case WR_MVIEW_CUT:
			wr_log_say(conn->pg->server->telemetry.log, WR_LOG_WARN,
				   &(struct wr_log_about){.table = wr_mview_name(following->view)},
				   change.why);
			return wr_pgs_error_new("53000", "%s", change.why);
		case WR_MVIEW_DROPPED: return wr_pgs_error_new("42P01", "%s", change.why);
		}
	}
}

static void follow_close(struct wr_pgs_conn *conn, struct wr_pgs_result *result)
{
	struct following *following = result->own;

	(void)conn;
	for (uint32_t i = following->given; i < following->kept_count; i++)
		wr_batch_free(following->kept[i]);
	wr_free(following->kept);
	wr_mview_unsubscribe(following->subscription);
	wr_mview_unref(following->view);
	wr_free(following);
}

struct wr_pgs_error *wr_pgs_subscribe_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	static const struct wr_pgs_result_type type = {follow_take, follow_close};
	struct following *following;
	struct request request;
	struct wr_pgs_error *error = read_request(conn, portal->statement, &request);

	if (error != NULL)
		return error;
	following = wr_calloc(1, sizeof *following);
	following->view = request.view;
	following->subscription =
	    wr_mview_subscribe(request.view, request.snapshot, true, NULL, NULL);
	portal->result = wr_pgs_result_new(&type, following);
	portal->result->column =
	    columns_of(&portal->result->arena, request.view, &portal->result->column_count);
	return NULL;
}
