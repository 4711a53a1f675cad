/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_catalog - /v1/catalog: tables, views and functions that the server's users have declared.
 *
 * Tables are named as SQL finds them from the default database: "orders", "shop.orders",
 * "catalog.shop.orders".
 */
#include "analyze/describe.h"
#include "base/mem.h"
#include "data/type.h"
#include "engine/prepared.h"
#include "runtime/job_report.h"
#include "server/server.h"

static void put_name(struct wr_text *out, const struct wr_table *table)
{
	struct wr_text name;

	wr_text_init(&name);
	if (table->path[0] == NULL)
		wr_text_puts(&name, table->name);
	else if (strcmp(table->path[0], WR_DEFAULT_CATALOG) == 0)
		wr_text_printf(&name, "%s.%s", table->path[1], table->path[2]);
	else
		wr_text_printf(&name, "%s.%s.%s", table->path[0], table->path[1], table->path[2]);
	wr_text_json(out, name.data);
	wr_text_release(&name);
}

static void put_table(struct wr_text *out, const struct wr_table *table, bool ddl)
{
	const struct wr_describe_row *row;
	struct wr_arena arena;
	struct wr_text text;

	wr_arena_init(&arena);
	row = wr_describe_table(&arena, table);
	wr_text_puts(out, "{\"name\":");
	put_name(out, table);
	wr_report_text(out, "kind", wr_table_kind(table));
	wr_report_text(out, "connector", table->connector != NULL ? table->connector->name : NULL);
	wr_report_text(out, "comment", table->comment);
	wr_text_puts(out, ",\"columns\":[");
	for (uint32_t i = 0; i < table->column_count; i++) {
		wr_text_puts(out, i == 0 ? "{\"name\":" : ",{\"name\":");
		wr_text_json(out, row[i].name);
		wr_report_text(out, "type", row[i].type);
		wr_text_printf(out, ",\"nullable\":%s", row[i].nullable ? "true" : "false");
		wr_report_text(out, "key", row[i].key);
		wr_report_text(out, "extras", row[i].extras);
		wr_report_text(out, "watermark", row[i].watermark);
		wr_report_text(out, "comment", row[i].comment);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
	if (ddl) {
		wr_text_init(&text);
		wr_show_create(&text, table);
		wr_report_text(out, "ddl", text.data);
		wr_text_release(&text);
	}
	wr_text_putc(out, '}');
	wr_arena_release(&arena);
}

static void put_function(struct wr_text *out, const struct wr_user_function *function)
{
	static const char *const kinds[] = {[WEIR_SCALAR] = "scalar",
					    [WEIR_TABLE] = "table",
					    [WEIR_AGGREGATE] = "aggregate",
					    [WEIR_PROCESS_TABLE] = "process table"};

	wr_text_puts(out, "{\"name\":");
	wr_text_json(out, function->name);
	wr_report_text(out, "kind", kinds[function->kind]);
	wr_report_text(out, "language", function->language);
	wr_text_puts(out, ",\"signatures\":[");
	for (const struct wr_user_form *form = function->form; form != NULL; form = form->next) {
		if (form != function->form)
			wr_text_putc(out, ',');
		wr_text_json(out, form->syntax);
	}
	wr_text_puts(out, "]}");
}

struct reading {
	const char *name; /* of one; NULL: all */
	bool found;
	struct wr_text *out; /* the body of the reply */
};

static wr_status *read_all(void *own, struct wr_session *session)
{
	struct reading *reading = own;
	const struct wr_catalog *catalog = session->catalog;

	wr_text_puts(reading->out, "{\"tables\":[");
	for (uint32_t i = 0; i < wr_catalog_count(catalog); i++) {
		if (i > 0)
			wr_text_putc(reading->out, ',');
		put_table(reading->out, wr_catalog_at(catalog, i), false);
	}
	wr_text_puts(reading->out, "],\"functions\":[");
	for (uint32_t i = 0; i < wr_catalog_function_count(catalog); i++) {
		if (i > 0)
			wr_text_putc(reading->out, ',');
		put_function(reading->out, wr_catalog_function_at(catalog, i));
	}
	wr_text_puts(reading->out, "]}");
	return NULL;
}

static wr_status *read_one(void *own, struct wr_session *session)
{
	struct reading *reading = own;
	const struct wr_table *table = wr_session_table(session, reading->name);

	wr_arena_reset(&session->script);
	reading->found = table != NULL;
	if (table != NULL)
		put_table(reading->out, table, true);
	return NULL;
}

static void get_catalog(struct wr_server *server, const struct wr_http_request *request,
			struct wr_http_reply *reply)
{
	struct reading reading = {.out = &reply->body};
	wr_status *status = wr_clients_read(server->clients, read_all, &reading);

	if (status != NULL)
		wr_http_fail(reply, status);
}

static void get_table(struct wr_server *server, const struct wr_http_request *request,
		      struct wr_http_reply *reply)
{
	struct reading reading = {.name = request->param[0], .out = &reply->body};
	wr_status *status = wr_clients_read(server->clients, read_one, &reading);

	if (status != NULL)
		wr_http_fail(reply, status);
	else if (!reading.found)
		wr_http_error_of(
		    reply, 404, "not_found",
		    wr_status_hint(wr_status_new(WR_USER_ERROR, "There is no table or view '%s'",
						 request->param[0]),
				   "GET /v1/catalog has those that there are"));
}

const struct wr_http_route wr_routes_catalog[] = {
    {"GET", "/v1/catalog", WR_ROLE_VIEWER, 0, get_catalog},
    {"GET", "/v1/catalog/{name}", WR_ROLE_VIEWER, 0, get_table},
    {0}};
