/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_complete - words that may end what has been typed: keywords, and tables and views of the
 * catalog.
 */
#include <strings.h>

#include "base/macros.h"
#include "engine/prepared.h"
#include "server/gateway_inner.h"
#include "server/json_members.h"
#include "server/server.h"
#include "sql/keyword.h"

#define CANDIDATES_MAX 100

struct completion {
	struct wr_str begin; /* what the word begins with; not empty */
	struct wr_text *out; /* of the reply */
	uint32_t count;      /* offered */
};

static void offer(struct completion *completion, const char *word)
{
	if (completion->count == CANDIDATES_MAX ||
	    strncasecmp(word, completion->begin.data, completion->begin.len) != 0)
		return;
	if (completion->count++ > 0)
		wr_text_putc(completion->out, ',');
	wr_text_json(completion->out, word);
}

static wr_status *offer_tables(void *own, struct wr_session *session)
{
	for (uint32_t i = 0; i < wr_catalog_count(session->catalog); i++)
		offer(own, wr_catalog_at(session->catalog, i)->name);
	return NULL;
}

/* The word that ends at `position`; empty behind a space. */
static struct wr_str last_word(const char *sql, int64_t position)
{
	size_t len = strlen(sql), end, begin;

	end = position >= 0 && (size_t)position < len ? (size_t)position : len;
	begin = end;
	while (begin > 0 && strchr(" \t\r\n,;().'\"`=<>+-*/", sql[begin - 1]) == NULL)
		begin--;
	return (struct wr_str){sql + begin, end - begin};
}

void wr_gateway_complete(struct wr_gateway_call *call)
{
	struct completion completion = {.out = &call->reply->body};
	const char *sql = NULL;
	int64_t position = -1;
	const struct wr_member fields[] = {{"statement", WR_MEMBER_TEXT, &sql, true},
					   {"position", WR_MEMBER_NUMBER, &position, false}};
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = wr_members_read(call->request->body, &arena, fields, WR_COUNT(fields));
	if (status == NULL) {
		wr_text_puts(completion.out, "{\"candidates\":[");
		completion.begin = last_word(sql, position);
		for (int i = 1; i < WR_KW_COUNT_OF && completion.begin.len > 0; i++)
			offer(&completion, wr_keyword_name((enum wr_keyword)i));
		if (completion.begin.len > 0)
			status = wr_clients_read(call->server->clients, offer_tables, &completion);
		wr_text_puts(completion.out, "]}");
	}
	if (status != NULL)
		wr_gateway_fail(call->reply, false, status);
	wr_arena_release(&arena);
}
