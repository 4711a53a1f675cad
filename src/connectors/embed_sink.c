/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_sink - a sink that is callbacks of the program. A chunk is the batch itself, which `write`
 * is shown as columns and rows; nothing is encoded.
 *
 * Also what the sources and sinks of a program share: how a failure is told.
 */
#include <string.h>

#include "base/mem.h"
#include "connectors/embed_function.h"
#include "data/view.h"

struct wr_sink {
	struct wr_sink_function *function; /* a reference */
	struct weir_result result;         /* of what is written */
	void *self;                        /* the program's */
};

struct wr_writer {
	struct wr_sink *sink;
};

/* What failed outside may go well when the job begins again. */
wr_status *wr_function_failed(const char *kind, const char *name, const char *callback,
			      const char *why)
{
	bool said = why != NULL && *why != '\0';

	return wr_status_new(WR_RETRY, "%s '%s' failed in `%s`%s%s", kind, name, callback,
			     said ? ": " : "", said ? why : "");
}

wr_status *wr_function_copy(void *to, size_t to_size, const void *from, const char *what)
{
	size_t size;

	if (from == NULL)
		return wr_status_new(WR_USER_ERROR, "The struct %s is missing", what);
	memcpy(&size, from, sizeof size);
	if (size == 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The size of a struct %s is not set", what),
		    "Write struct %s x = {.size = sizeof x, ...}", what);
	memset(to, 0, to_size);
	memcpy(to, from, WR_MIN(size, to_size));
	return NULL;
}

static wr_status *failed(const struct wr_sink *sink, const char *callback)
{
	const struct weir_sink *given = &sink->function->given;

	return wr_function_failed("Sink", given->name, callback,
				  given->why != NULL ? given->why(sink->self) : NULL);
}

/* --- opening */

static void sink_free(struct wr_sink *sink)
{
	wr_result_release(&sink->result);
	wr_embed_unref(&sink->function->embed);
	wr_free(sink);
}

static wr_status *sink_open(const struct wr_connector_args *args, struct wr_host *host,
			    struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	const struct weir_sink *given;
	wr_status *status;

	sink->function = (struct wr_sink_function *)wr_embed_ref(args->embed);
	given = &sink->function->given;
	sink->self = given->user;
	status = wr_result_init(&sink->result, args->schema, given->accepts_changes, args->zone_id);
	if (status == NULL && given->open != NULL &&
	    given->open(given->user, &sink->result, &sink->self) != 0)
		status = failed(sink, "open");
	if (status != NULL) {
		sink_free(sink);
		return status;
	}
	*out = sink;
	return NULL;
}

static wr_status *sink_close(struct wr_sink *sink, bool commit)
{
	const struct weir_sink *given = &sink->function->given;
	wr_status *status = NULL;

	if (given->close != NULL && given->close(sink->self, commit) != 0)
		status = failed(sink, "close");
	sink_free(sink);
	return status;
}

/* --- writing */

static wr_status *sink_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->sink = sink;
	return NULL;
}

static void sink_writer_free(struct wr_writer *writer)
{
	wr_free(writer);
}

static wr_status *sink_encode(struct wr_writer *writer, const struct wr_batch *batch,
			      struct wr_chunk *chunk)
{
	chunk->own = wr_batch_share(batch);
	return NULL;
}

static void sink_chunk_free(struct wr_chunk *chunk)
{
	wr_batch_free(chunk->own);
	chunk->own = NULL;
}

static wr_status *sink_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	struct weir_batch view;

	wr_batch_view(&view, &sink->result, chunk->own);
	if (sink->function->given.write(sink->self, &view) != 0)
		return failed(sink, "write");
	return NULL;
}

wr_status *wr_sink_function_flush(struct wr_sink *sink)
{
	if (sink->function->given.flush != NULL && sink->function->given.flush(sink->self) != 0)
		return failed(sink, "flush");
	return NULL;
}

/* --- exactly once */

static wr_status *sink_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	struct weir_bytes_out bytes = {.text = out};

	if (sink->function->given.prepare(sink->self, last, &bytes) != 0)
		return failed(sink, "prepare");
	return NULL;
}

static wr_status *sink_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	if (sink->function->given.commit(sink->self, bytes, len) != 0)
		return failed(sink, "commit");
	return NULL;
}

static wr_status *sink_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	if (sink->function->given.restore(sink->self, bytes, len) != 0)
		return failed(sink, "restore");
	return NULL;
}

/* --- making */

const struct wr_connector wr_sink_function_connector = {
    .name = "sink-function",
    .doc = "Callbacks of the program take the rows.",
    .sink_open = sink_open,
    .writer_new = sink_writer_new,
    .encode = sink_encode,
    .writer_free = sink_writer_free,
    .write = sink_write,
    .chunk_free = sink_chunk_free,
    .flush = wr_sink_function_flush,
    .prepare = sink_prepare,
    .commit = sink_commit,
    .restore = sink_restore,
    .sink_close = sink_close,
};

static void function_free(struct wr_embed *embed)
{
	struct wr_sink_function *function = (struct wr_sink_function *)embed;

	wr_arena_release(&function->arena);
	wr_free(function);
}

/* What the callbacks that are there can do. */
static void sink_abilities(struct wr_sink_function *function)
{
	struct wr_connector *connector = &function->connector;
	const struct weir_sink *given = &function->given;

	*connector = wr_sink_function_connector;
	connector->accepts_updates = given->accepts_changes;
	connector->blocks = given->waits;
	if (given->flush == NULL)
		connector->flush = NULL;
	if (given->prepare != NULL)
		return;
	connector->prepare = NULL;
	connector->commit = NULL;
	connector->restore = NULL;
}

wr_status *wr_sink_function_new(const struct weir_sink *given, struct wr_sink_function **out)
{
	struct wr_sink_function *function;
	struct weir_sink copy;
	uint32_t phases;

	WR_TRY(wr_function_copy(&copy, sizeof copy, given, "weir_sink"));
	if (copy.name == NULL || *copy.name == '\0')
		return wr_status_new(WR_USER_ERROR, "A sink has no name");
	if (copy.write == NULL)
		return wr_status_new(WR_USER_ERROR, "Sink '%s' has no `write`", copy.name);
	phases = (copy.prepare != NULL) + (copy.commit != NULL) + (copy.restore != NULL);
	if (phases != 0 && phases != 3)
		return wr_status_new(WR_USER_ERROR,
				     "Sink '%s' has some of `prepare`, `commit` and `restore`: it "
				     "is to have all three or none",
				     copy.name);
	function = wr_calloc(1, sizeof *function);
	wr_embed_init(&function->embed, function_free);
	wr_arena_init(&function->arena);
	function->given = copy;
	function->given.name = wr_arena_strdup(&function->arena, copy.name);
	sink_abilities(function);
	*out = function;
	return NULL;
}
