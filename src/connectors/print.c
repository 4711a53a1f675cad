/* SPDX-License-Identifier: Apache-2.0
 *
 * print - the connector 'print': a sink that shows every change on standard output, as Flink's
 * does: "+I[1, x]", with 'print-identifier' "name> +I[1, x]".
 */
#include "base/env.h"
#include "base/mem.h"
#include "connectors/print_value.h"
#include "connectors/registry.h"

static const struct wr_option print_options[] = {
    {.name = "print-identifier", .type = WR_OPTION_STRING, .doc = "A word shown before every row."},
    {.name = "standard-error",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Print to standard error, not to standard output."},
    {.name = "sink.parallelism",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = 1024,
     .doc = "Accepted for scripts that set it; rows are printed in the order of the stream."},
};

struct wr_sink {
	struct wr_file *file;
	const char *identifier; /* or NULL */
};

struct wr_writer {
	const struct wr_sink *sink;
};

static wr_status *print_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	struct wr_env *env = args->env;
	const char *identifier = wr_options_str(args->options, "print-identifier");
	wr_status *status;

	sink->identifier = identifier != NULL && *identifier != '\0' ? identifier : NULL;
	if (wr_options_bool(args->options, "standard-error"))
		status = wr_file_open(env, "/dev/stderr", WR_OPEN_APPEND, &sink->file);
	else
		status = wr_env_stdout(env, &sink->file);
	if (status != NULL) {
		wr_free(sink);
		return status;
	}
	*out = sink;
	return NULL;
}

static wr_status *print_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->sink = sink;
	return NULL;
}

static void print_writer_free(struct wr_writer *writer)
{
	wr_free(writer);
}

static wr_status *print_encode(struct wr_writer *writer, const struct wr_batch *batch,
			       struct wr_chunk *chunk)
{
	struct wr_text *out = &chunk->bytes;
	uint32_t count = wr_batch_count(batch);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);
		if (writer->sink->identifier != NULL) {
			wr_text_puts(out, writer->sink->identifier);
			wr_text_puts(out, "> ");
		}
		wr_text_puts(out, wr_row_kind_str(wr_batch_kind(batch, row)));
		wr_print_fields(out, batch->column, batch->column_count, row);
		wr_text_putc(out, '\n');
	}
	chunk->rows = count;
	return NULL;
}

static wr_status *print_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	return wr_file_write(sink->file, chunk->bytes.data, chunk->bytes.len);
}

static wr_status *print_close(struct wr_sink *sink, bool commit)
{
	wr_status *status = wr_file_close(sink->file);

	wr_free(sink);
	return status;
}

const struct wr_connector wr_connector_print = {
    .name = "print",
    .doc = "Shows every change on standard output.",
    .options = print_options,
    .option_count = WR_COUNT(print_options),
    .accepts_updates = true,
    .sink_open = print_open,
    .writer_new = print_writer_new,
    .encode = print_encode,
    .writer_free = print_writer_free,
    .write = print_write,
    .sink_close = print_close,
};
