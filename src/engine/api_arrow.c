/* SPDX-License-Identifier: Apache-2.0
 *
 * api_arrow - a cursor as a stream of Arrow's record batches.
 *
 * The stream owns the cursor; a reader that stops early releases the stream, which cancels the job.
 * What the job failed with stays the stream's answer, however often it is asked. Record batches
 * that were taken outlive the stream.
 *
 * Thread: one at a time, as the specification of the stream wants it.
 */
#include <errno.h>

#include "base/mem.h"
#include "data/arrow_export.h"
#include "data/error.h"
#include "engine/api_cursor.h"

/* What a stream owns. */
struct arrow_stream {
	struct weir_cursor *cursor; /* owned */
	struct weir_error *error;   /* why it failed; owned; NULL: it has not */
	int answer;                 /* the errno for it; 0: it has not failed */
};

/* Notes why the stream cannot go on; the answer of this call and of all further ones. */
static int fail(struct arrow_stream *own, enum weir_code code)
{
	own->answer = code == WEIR_CANCELLED || code == WEIR_STOPPED ? ECANCELED : EIO;
	return own->answer;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
	struct arrow_stream *own = stream->private_data;
	enum weir_code code;

	if (own->answer != 0)
		return own->answer;
	code = weir_result_arrow(weir_cursor_result(own->cursor), out, &own->error);
	return code == WEIR_OK ? 0 : fail(own, code);
}

/* The next rows; at the end, an array that is released. */
static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
	struct arrow_stream *own = stream->private_data;
	bool kinds = weir_result_updating(weir_cursor_result(own->cursor));
	struct wr_batch *batch;
	enum weir_code code;
	wr_status *status;

	out->release = NULL;
	if (own->answer != 0)
		return own->answer;
	code = wr_cursor_take(own->cursor, -1, &batch, &own->error);
	if (code == WEIR_END)
		return 0;
	if (code != WEIR_OK)
		return fail(own, code);
	status = wr_arrow_export(batch, wr_cursor_schema(own->cursor), kinds, out);
	wr_batch_free(batch);
	if (status == NULL)
		return 0;
	out->release = NULL;
	return fail(own, wr_error_give(&own->error, WEIR_ERROR_JOB, status, NULL));
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
	struct arrow_stream *own = stream->private_data;

	return own->error != NULL ? weir_error_report(own->error) : NULL;
}

static void release(struct ArrowArrayStream *stream)
{
	struct arrow_stream *own = stream->private_data;

	weir_cursor_free(own->cursor);
	weir_error_free(own->error);
	wr_free(own);
	stream->release = NULL;
}

WR_PUBLIC enum weir_code weir_cursor_arrow(struct weir_cursor *cursor_moved,
					   struct ArrowArrayStream *stream,
					   struct weir_error **error)
{
	struct arrow_stream *own;

	if (error != NULL)
		*error = NULL;
	if (cursor_moved == NULL || stream == NULL)
		return wr_error_misuse(error, "weir_cursor_arrow needs a cursor and a stream");
	own = wr_calloc(1, sizeof *own);
	own->cursor = cursor_moved;
	*stream = (struct ArrowArrayStream){.get_schema = get_schema,
					    .get_next = get_next,
					    .get_last_error = get_last_error,
					    .release = release,
					    .private_data = own};
	return WEIR_OK;
}
