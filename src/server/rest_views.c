/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_views - /v1/views: the rows of materialized tables.
 *
 *     GET /v1/views
 *     GET /v1/views/{view}
 *     GET /v1/views/{view}/row?KEY=VALUE&...          by its key: microseconds, for many a second
 *     GET /v1/views/{view}/rows?COLUMN=VALUE&...&order=COLUMN&desc=1&limit=N
 *     GET /v1/views/{view}/stream                     view_streams.h
 *
 * Values are texts, cast to their column as SQL does. `rows` with a value for every column of the
 * key is a look-up, too; else all rows of one version are read, and those with the values kept.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "data/view.h"
#include "server/json_rows.h"
#include "server/server.h"
#include "server/view_streams.h"

#define LIMIT     1000  /* rows of an answer where none is asked for */
#define LIMIT_MAX 10000 /* an answer is made in memory */

/* The view of the path, a reference; else the reply is 404. */
static struct wr_mview *find(struct wr_server *server, const struct wr_http_request *request,
			     struct wr_http_reply *reply)
{
	struct wr_mview *view = wr_mviews_find(server->views, request->param[0]);

	if (view == NULL)
		wr_http_error_of(reply, 404, "not_found",
				 wr_status_hint(wr_status_new(WR_USER_ERROR,
							      "There is no materialized table '%s'",
							      request->param[0]),
						"GET /v1/views has those that there are"));
	return view;
}

static const char *zone_of(const struct wr_server *server)
{
	const struct wr_config *config = server->config;

	for (uint32_t i = 0; i < config->setting_count; i++)
		if (strcmp(config->key[i], "table.local-time-zone") == 0)
			return config->value[i];
	return "UTC";
}

/* --- what there is ------------------------------------------------------------------------- */

static void put_time(struct wr_text *out, const char *name, int64_t ms)
{
	wr_text_printf(out, ",\"%s\":", name);
	if (ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX || ms == 0)
		wr_text_puts(out, "null");
	else
		wr_text_i64(out, ms);
}

static void put_view(struct wr_text *out, struct wr_mview *view)
{
	const struct wr_schema *schema = wr_mview_schema(view);
	struct wr_mview_info info;
	uint32_t count;
	const uint32_t *key = wr_mview_key(view, &count);

	wr_mview_look(view, &info);
	wr_text_puts(out, "{\"name\":");
	wr_text_json(out, wr_mview_name(view));
	wr_text_printf(out,
		       ",\"ready\":%s,\"written\":%s,\"version\":%llu,\"rows\":%llu,\"bytes\":%llu,"
		       "\"readers\":%llu,\"cut\":%llu",
		       info.ready ? "true" : "false", info.written ? "true" : "false",
		       (unsigned long long)info.version, (unsigned long long)info.rows,
		       (unsigned long long)info.bytes, (unsigned long long)info.readers,
		       (unsigned long long)info.cut);
	put_time(out, "watermark_ms", info.watermark_ms);
	put_time(out, "shown_ms", info.shown_ms);
	wr_text_puts(out, ",\"job\":");
	wr_client_materialized_job(wr_mview_name(view), out);
	wr_text_puts(out, ",\"key\":[");
	for (uint32_t k = 0; k < count; k++) {
		wr_text_puts(out, k > 0 ? "," : "");
		wr_text_json(out, schema->field[key[k]].name);
	}
	wr_text_puts(out, "]}");
}

static void get_views(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct wr_mview **view;
	uint32_t count = wr_mviews_all(server->views, &view);

	wr_text_puts(&reply->body, "{\"views\":[");
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(&reply->body, i > 0 ? "," : "");
		put_view(&reply->body, view[i]);
		wr_mview_unref(view[i]);
	}
	wr_text_puts(&reply->body, "]}");
	wr_free(view);
}

static void get_view(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	struct wr_mview *view = find(server, request, reply);

	if (view == NULL)
		return;
	put_view(&reply->body, view);
	wr_mview_unref(view);
}

/* --- rows ---------------------------------------------------------------------------------- */

/* {"columns":[],"rows":[[]],"epoch":7,"watermark_ms":null}; batch NULL: no rows. */
static wr_status *put_rows(struct wr_text *out, struct wr_mview *view, const char *zone_id,
			   const struct wr_batch *batch, uint64_t version)
{
	struct weir_result result = {0};
	struct wr_mview_info info;
	struct weir_batch shown;

	WR_TRY(wr_result_init(&result, wr_mview_schema(view), false, zone_id));
	wr_text_puts(out, "{\"columns\":");
	wr_json_columns(out, &result);
	wr_text_puts(out, ",\"rows\":[");
	wr_batch_view(&shown, &result, batch);
	for (uint32_t i = 0; batch != NULL && i < batch->rows; i++) {
		wr_text_puts(out, i > 0 ? "," : "");
		shown.row.row = i;
		wr_json_values(out, &shown.row);
	}
	wr_mview_look(view, &info);
	wr_text_printf(out, "],\"epoch\":%llu", (unsigned long long)version);
	put_time(out, "watermark_ms", info.watermark_ms);
	wr_text_putc(out, '}');
	wr_result_release(&result);
	return NULL;
}

/* The values of the key, if all are given. */
static const char **read_key(struct wr_mview *view, const struct wr_http_request *request)
{
	const struct wr_schema *schema = wr_mview_schema(view);
	uint32_t count;
	const uint32_t *key = wr_mview_key(view, &count);
	const char **value = wr_calloc((size_t)count + 1, sizeof *value);

	for (uint32_t k = 0; k < count; k++) {
		value[k] = wr_http_query(request, schema->field[key[k]].name);
		if (value[k] != NULL)
			continue;
		wr_free(value);
		return NULL;
	}
	if (count > 0)
		return value;
	wr_free(value);
	return NULL;
}

/* Whether values of other columns are given, too. */
static bool asks_more(struct wr_mview *view, const struct wr_http_request *request)
{
	const struct wr_schema *schema = wr_mview_schema(view);
	uint32_t given = 0, count;

	wr_mview_key(view, &count);
	for (uint32_t c = 0; c < schema->count; c++)
		given += wr_http_query(request, schema->field[c].name) != NULL;
	return given > count;
}

/* Columns, and for rows what else may be asked of them. */
struct names {
	const struct wr_schema *schema;
	bool rows;
};

static bool is_known(const char *name, void *own)
{
	const struct names *names = own;

	for (uint32_t c = 0; c < names->schema->count; c++)
		if (strcmp(names->schema->field[c].name, name) == 0)
			return true;
	return names->rows && (strcmp(name, "order") == 0 || strcmp(name, "desc") == 0 ||
			       strcmp(name, "limit") == 0);
}

/* A condition on a column that is not there is none to be passed over: all rows would be the
 * answer. False: the reply says so. */
static bool names_fit(struct wr_mview *view, const struct wr_http_request *request, bool rows,
		      struct wr_http_reply *reply)
{
	struct names names = {wr_mview_schema(view), rows};
	const char *unknown = wr_http_query_unknown(request, is_known, &names);
	wr_status *status;
	struct wr_text columns;

	if (unknown == NULL)
		return true;
	wr_text_init(&columns);
	for (uint32_t c = 0; c < names.schema->count; c++)
		wr_text_printf(&columns, "%s%s", c > 0 ? ", " : "", names.schema->field[c].name);
	status = wr_status_new(WR_USER_ERROR, "'%s' is no column of materialized table '%s'",
			       unknown, wr_mview_name(view));
	wr_status_hint(status, "There are %s%s", wr_text_str(&columns),
		       rows ? "; beside them order, desc and limit" : "");
	wr_text_release(&columns);
	wr_http_error_of(reply, 400, "bad_request", status);
	return false;
}

static wr_status *look_up(struct wr_server *server, struct wr_mview *view, const char *const *key,
			  struct wr_http_reply *reply)
{
	struct wr_batch *batch = NULL;
	uint64_t version = 0;
	wr_status *status;

	status = wr_mview_lookup_text(view, key, zone_of(server), &batch, &version);
	if (status == NULL)
		status = put_rows(&reply->body, view, zone_of(server), batch, version);
	wr_batch_free(batch);
	return status;
}

/* What is asked of a scan. */
struct asked {
	struct wr_mview *view;
	struct wr_column **value; /* per column: it is to be equal to this; NULL: any; owned */
	int32_t order;            /* column; -1: none */
	bool desc;
	uint32_t limit;
	struct wr_batch *best; /* rows so far, at most limit; NULL: none; owned */
};

/* Order of two rows of a column, for qsort_r. */
struct order {
	const struct wr_column *column;
	bool desc;
};

static int by_order(const void *a, const void *b, void *own)
{
	const struct order *order = own;
	int found = wr_value_compare(order->column, *(const uint32_t *)a, order->column,
				     *(const uint32_t *)b);

	return order->desc ? -found : found;
}

/* Keeps the rows of the batch that have the values; those of `best` stay, the first ones by the
 * order if there are more than the limit. The batch is taken. */
static void take(struct asked *asked, struct wr_batch *batch)
{
	uint32_t *row = wr_malloc(((size_t)batch->rows + 1) * sizeof *row), count = 0;
	uint32_t *index, lens[2], total;
	struct wr_batch *both;

	for (uint32_t i = 0; i < batch->rows; i++) {
		bool fits = true;

		for (uint32_t c = 0; c < batch->column_count && fits; c++)
			fits = asked->value[c] == NULL ||
			       wr_value_equal(batch->column[c], i, asked->value[c], 0);
		if (fits)
			row[count++] = i;
	}
	lens[0] = asked->best != NULL ? asked->best->rows : 0;
	if (asked->order < 0)
		count = WR_MIN(count, asked->limit - lens[0]);
	lens[1] = count;
	both = wr_batch_gather(batch, row, count);
	wr_batch_free(batch);
	wr_free(row);
	total = lens[0] + count;
	for (uint32_t c = 0; lens[0] > 0 && count > 0 && c < both->column_count; c++) {
		struct wr_column *part[2] = {asked->best->column[c], both->column[c]};
		struct wr_column *all = wr_column_concat(part, lens, 2);

		wr_column_unref(both->column[c]);
		both->column[c] = all;
	}
	if (count == 0) {
		wr_batch_free(both);
		return;
	}
	both->rows = total;
	wr_batch_free(asked->best);
	asked->best = both;
	if (asked->order < 0)
		return;
	index = wr_malloc(((size_t)total + 1) * sizeof *index);
	for (uint32_t i = 0; i < total; i++)
		index[i] = i;
	qsort_r(index, total, sizeof *index, by_order,
		&(struct order){both->column[asked->order], asked->desc});
	asked->best = wr_batch_gather(both, index, WR_MIN(total, asked->limit));
	wr_batch_free(both);
	wr_free(index);
}

static wr_status *read_asked(struct wr_server *server, const struct wr_http_request *request,
			     struct asked *asked)
{
	const struct wr_schema *schema = wr_mview_schema(asked->view);
	const char *order = wr_http_query(request, "order"), *desc = wr_http_query(request, "desc");
	const char *limit = wr_http_query(request, "limit");
	char *end = NULL;
	unsigned long long rows = LIMIT;

	asked->order = -1;
	asked->desc = desc != NULL && strcmp(desc, "0") != 0 && strcmp(desc, "false") != 0;
	for (uint32_t c = 0; c < schema->count; c++) {
		const char *name = schema->field[c].name, *text = wr_http_query(request, name);

		if (order != NULL && strcmp(order, name) == 0)
			asked->order = (int32_t)c;
		if (text != NULL && strcmp(name, "order") != 0 && strcmp(name, "desc") != 0 &&
		    strcmp(name, "limit") != 0)
			WR_TRY(wr_mview_value(asked->view, c, text, zone_of(server),
					      &asked->value[c]));
	}
	if (order != NULL && asked->order < 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There is no column '%s' to order by", order),
		    "GET /v1/catalog/%s has its columns", wr_mview_name(asked->view));
	if (limit != NULL)
		rows = strtoull(limit, &end, 10);
	if (limit != NULL &&
	    (*limit < '0' || *limit > '9' || *end != '\0' || rows < 1 || rows > LIMIT_MAX))
		return wr_status_new(WR_USER_ERROR, "'limit' is a number from 1 to %d", LIMIT_MAX);
	asked->limit = (uint32_t)rows;
	return NULL;
}

/* Reads the rows of one version. */
static wr_status *scan(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_mview *view, struct wr_http_reply *reply)
{
	uint32_t columns = wr_mview_schema(view)->count;
	struct asked asked = {.view = view};
	struct wr_mview_scan *scan = NULL;
	wr_status *status;

	asked.value = wr_calloc((size_t)columns + 1, sizeof(struct wr_column *));
	status = read_asked(server, request, &asked);
	if (status == NULL)
		scan = wr_mview_scan_open(view, NULL);
	while (status == NULL &&
	       (asked.order >= 0 || asked.best == NULL || asked.best->rows < asked.limit)) {
		struct wr_batch *batch;

		status = wr_mview_scan_next(scan, NULL, 0, WR_BATCH_ROWS_MAX, &batch);
		if (status != NULL || batch == NULL)
			break;
		take(&asked, batch);
	}
	if (status == NULL)
		status = put_rows(&reply->body, view, zone_of(server), asked.best,
				  wr_mview_scan_version(scan));
	wr_mview_scan_close(scan);
	for (uint32_t c = 0; c < columns; c++)
		wr_column_unref(asked.value[c]);
	wr_free(asked.value);
	wr_batch_free(asked.best);
	return status;
}

/* A view that has shown nothing yet has no answer; else the reply is 503. */
static bool is_ready(struct wr_mview *view, struct wr_http_reply *reply)
{
	struct wr_mview_info info;

	wr_mview_look(view, &info);
	if (!info.ready)
		wr_http_error(reply, 503, "not_ready",
			      "Materialized table '%s' is not ready: its job has not shown any "
			      "rows since it began",
			      wr_mview_name(view));
	return info.ready;
}

static void get_row(struct wr_server *server, const struct wr_http_request *request,
		    struct wr_http_reply *reply)
{
	struct wr_mview *view = find(server, request, reply);
	wr_status *status = NULL;
	const char **key;

	if (view == NULL)
		return;
	key = read_key(view, request);
	if (!names_fit(view, request, false, reply))
		; /* said */
	else if (key == NULL)
		wr_http_error(reply, 400, "bad_request",
			      "A row is asked for by a value for each column of the key; '%s' %s",
			      wr_mview_name(view),
			      "is read by other columns, or without a key, at /rows");
	else if (is_ready(view, reply))
		status = look_up(server, view, key, reply);
	if (status != NULL)
		wr_http_fail(reply, status);
	wr_free(key);
	wr_mview_unref(view);
}

static void get_rows(struct wr_server *server, const struct wr_http_request *request,
		     struct wr_http_reply *reply)
{
	struct wr_mview *view = find(server, request, reply);
	wr_status *status = NULL;
	const char **key;

	if (view == NULL)
		return;
	key = read_key(view, request);
	if (names_fit(view, request, true, reply) && is_ready(view, reply))
		status = key != NULL && !asks_more(view, request)
			     ? look_up(server, view, key, reply)
			     : scan(server, request, view, reply);
	if (status != NULL)
		wr_http_fail(reply, status);
	wr_free(key);
	wr_mview_unref(view);
}

static void get_stream(struct wr_server *server, const struct wr_http_request *request,
		       struct wr_http_reply *reply)
{
	struct wr_mview *view = find(server, request, reply);

	if (view == NULL)
		return;
	reply->stream = wr_view_streams_add(server->view_streams, view, zone_of(server));
	reply->type = "text/event-stream";
	if (reply->stream == NULL)
		wr_http_error(reply, 503, "too_many", "There are too many streams");
	wr_mview_unref(view);
}

const struct wr_http_route wr_routes_views[] = {
    {"GET", "/v1/views", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_views},
    {"GET", "/v1/views/{view}", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_view},
    {"GET", "/v1/views/{view}/row", WR_ROLE_VIEWER, WR_ROUTE_QUICK, get_row},
    {"GET", "/v1/views/{view}/rows", WR_ROLE_VIEWER, 0, get_rows},
    {"GET", "/v1/views/{view}/stream", WR_ROLE_VIEWER, 0, get_stream},
    {0}};
