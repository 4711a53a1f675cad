/* SPDX-License-Identifier: Apache-2.0
 *
 * rest_completion - /v1/completion: the words that an editor of SQL offers, from the tables that
 * the engine itself goes by: keywords, functions, options, connectors, formats, and the catalog,
 * with the temporary objects of a session when it is named.
 */
#include "analyze/analyze.h"
#include "base/mem.h"
#include "connectors/registry.h"
#include "engine/prepared.h"
#include "engine/settings.h"
#include "expr/agg.h"
#include "expr/function.h"
#include "formats/formats.h"
#include "server/server.h"
#include "sql/keyword.h"

static void put_keywords(struct wr_text *out)
{
	bool more = false;

	for (int i = 1; i < WR_KW_COUNT_OF; i++) {
		const char *name = wr_keyword_name((enum wr_keyword)i);

		if (*name == '\0')
			continue;
		if (more)
			wr_text_putc(out, ',');
		more = true;
		wr_text_json(out, name);
	}
}

static void put_function(struct wr_text *out, const char *name, const char *syntax, const char *doc,
			 bool first)
{
	wr_text_puts(out, first ? "{\"name\":" : ",{\"name\":");
	wr_text_json(out, name);
	wr_text_puts(out, ",\"syntax\":");
	wr_text_json(out, syntax);
	wr_text_puts(out, ",\"doc\":");
	wr_text_json(out, doc);
	wr_text_putc(out, '}');
}

static void put_functions(struct wr_text *out, const struct wr_catalog *catalog)
{
	uint32_t count, agg_count;
	const struct wr_function *const *list = wr_function_list(&count);
	const struct wr_agg_function *const *aggs = wr_agg_list(&agg_count);
	const char *name, *form;
	bool first = true;

	for (uint32_t i = 0; (name = wr_window_function(i, &form)) != NULL; i++, first = false)
		put_function(out, name, form,
			     "Windows as a table: window_start, window_end and window_time behind "
			     "the columns.",
			     first);
	for (uint32_t i = 0; i < count; i++) {
		if (list[i]->flags & WR_F_OPERATOR)
			continue;
		put_function(out, list[i]->name, list[i]->syntax, list[i]->doc, first);
		first = false;
	}
	for (uint32_t i = 0; i < agg_count; i++, first = false)
		put_function(out, aggs[i]->name, aggs[i]->syntax, aggs[i]->doc, first);
	for (uint32_t i = 0; i < wr_catalog_function_count(catalog); i++, first = false) {
		const struct wr_user_function *function = wr_catalog_function_at(catalog, i);

		put_function(out, function->name,
			     function->form != NULL ? function->form->syntax : function->name, "",
			     first);
	}
}

static void put_options(struct wr_text *out, const struct wr_option *option, uint32_t count)
{
	static const char *const types[] = {"string",   "integer", "number", "boolean",
					    "duration", "size",    "enum"};

	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(out, i == 0 ? "{\"name\":" : ",{\"name\":");
		wr_text_json(out, option[i].name);
		wr_text_printf(out, ",\"type\":\"%s\",\"default\":", types[option[i].type]);
		if (option[i].fallback != NULL)
			wr_text_json(out, option[i].fallback);
		else
			wr_text_puts(out, "null");
		wr_text_puts(out, ",\"values\":[");
		for (uint32_t v = 0; option[i].values != NULL && option[i].values[v] != NULL; v++) {
			if (v > 0)
				wr_text_putc(out, ',');
			wr_text_json(out, option[i].values[v]);
		}
		wr_text_puts(out, "],\"doc\":");
		wr_text_json(out, option[i].doc);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

static void put_owner(struct wr_text *out, const char *name, const struct wr_option *option,
		      uint32_t count, bool first)
{
	wr_text_puts(out, first ? "{\"name\":" : ",{\"name\":");
	wr_text_json(out, name);
	wr_text_puts(out, ",\"options\":");
	put_options(out, option, count);
	wr_text_putc(out, '}');
}

static void put_table(struct wr_text *out, const struct wr_table *table, bool first)
{
	wr_text_puts(out, first ? "{\"name\":" : ",{\"name\":");
	wr_text_json(out, table->name);
	wr_text_puts(out, ",\"columns\":[");
	for (uint32_t c = 0; c < table->column_count; c++) {
		if (c > 0)
			wr_text_putc(out, ',');
		wr_text_json(out, table->column[c].name);
	}
	wr_text_puts(out, "]}");
}

static wr_status *read_words(void *own, struct wr_session *session)
{
	struct wr_text *out = own;
	const struct wr_option *common;
	uint32_t count;

	wr_text_puts(out, "{\"keywords\":[");
	put_keywords(out);
	wr_text_puts(out, "],\"functions\":[");
	put_functions(out, session->catalog);
	wr_text_puts(out, "],\"options\":");
	put_options(out, wr_settings, wr_settings_count);
	common = wr_table_options(&count);
	wr_text_puts(out, ",\"table_options\":");
	put_options(out, common, count);
	wr_text_puts(out, ",\"connectors\":[");
	for (uint32_t i = 0; wr_connectors[i] != NULL; i++)
		put_owner(out, wr_connectors[i]->name, wr_connectors[i]->options,
			  wr_connectors[i]->option_count, i == 0);
	wr_text_puts(out, "],\"formats\":[");
	for (uint32_t i = 0; wr_formats[i] != NULL; i++)
		put_owner(out, wr_formats[i]->name, wr_formats[i]->options,
			  wr_formats[i]->option_count, i == 0);
	wr_text_puts(out, "],\"tables\":[");
	for (uint32_t i = 0; i < wr_catalog_count(session->catalog); i++)
		put_table(out, wr_catalog_at(session->catalog, i), i == 0);
	wr_text_puts(out, "]}");
	return NULL;
}

static void get_completion(struct wr_server *server, const struct wr_http_request *request,
			   struct wr_http_reply *reply)
{
	const char *session = wr_http_query(request, "session");
	struct wr_client *client =
	    session != NULL ? wr_client_find(server->clients, request->who, session) : NULL;
	wr_status *status;

	if (session != NULL && client == NULL) {
		wr_http_error(reply, 404, "not_found", "There is no session '%s', or it was closed",
			      session);
		return;
	}
	status = client != NULL ? wr_client_read(client, read_words, &reply->body)
				: wr_clients_read(server->clients, read_words, &reply->body);
	wr_client_unref(client);
	if (status != NULL)
		wr_http_fail(reply, status);
}

const struct wr_http_route wr_routes_completion[] = {
    {"GET", "/v1/completion", WR_ROLE_VIEWER, 0, get_completion}, {0}};
