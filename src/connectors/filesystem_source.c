/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_source - files as one ordered stream of numbered blocks.
 *
 * claim() reads into a buffer until it holds a block's worth of bytes (or a pipe has no more to
 * give), cuts behind the last whole record, hands that out and keeps the rest for the next block.
 * A file's end closes its last record, so that no block spans two files. The cuts depend on the
 * bytes and the block size alone, never on who asks or how fast decoding goes.
 *
 *     |---- kept ----|---------- read ----------|
 *     |------------- block k ------------|-kept-|        handed out: up to the last record's end
 *
 * Where a line end always ends a record, the cut is found from the last bytes of what would be
 * read; the rest is read by the worker that decodes the block, side by side with others (`unread`).
 *
 * A record longer than a block makes the buffer double; one longer than the limit becomes a bad
 * record, and the stream goes on behind its line end.
 *
 * Thread: claim is serialised by the caller; a reader belongs to one worker.
 * Memory: one block being filled; blocks handed out belong to whoever decodes them.
 *
 * Invariants
 *   S1  fill[0] is the first byte of a record (or of one being skipped)
 *   S2  `offset` is where fill[0] lies in its file, unpacked
 */
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/filesystem_source.h"

#define WAIT_PIPE_US 2000  /* a claim may hold others up for this long */
#define WAIT_IDLE_US 1000  /* then it is asked again after this */
#define KEEP_BYTES   256   /* of a record that is too long: for messages */
#define TAIL_BYTES   8192  /* in which the cut is looked for without reading the block */
#define HEADER_BYTES 65536 /* read of a file at first for its header */
#define SMALL_PART   4     /* a block less than 1/4 of its buffer is copied into one that fits */

struct wr_reader {
	struct wr_source *source;
	struct wr_decoder *decoder;
	uint32_t max_rows;
};

/* --- opening ------------------------------------------------------------------------------------
 */

bool wr_fs_source_is_bounded(const struct wr_connector_args *args)
{
	return !wr_options_get(args->options, "source.monitor-interval")->is_given;
}

/* Lists the files of the path; the caller releases in any case. */
static wr_status *source_list(struct wr_fs_files *files, const struct wr_connector_args *args,
			      struct wr_env *env)
{
	const char *path;

	WR_TRY(wr_fs_local(wr_options_str(args->options, "path"), &path));
	WR_TRY(wr_fs_files_init(files, env, path,
				wr_options_str(args->options, "source.path.regex-pattern"),
				!wr_fs_source_is_bounded(args)));
	return wr_fs_files_scan(files);
}

/* Only what can be told quickly: a folder is not walked through. */
wr_status *wr_fs_source_check(const struct wr_connector_args *args)
{
	struct wr_env *env = args->env;
	struct wr_fs_columns columns = {0};
	struct wr_fs_files files = {0};
	struct wr_file_info info = {.exists = true};
	enum wr_fs_codec codec;
	const char *path;
	wr_status *status;

	WR_TRY(wr_fs_local(wr_options_str(args->options, "path"), &path));
	if (strcmp(path, "-") == 0 && args->format->file_open != NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Format '%s' needs files whose beginning can be read again; "
				     "standard input is none",
				     args->format->name);
	WR_TRY_OUT(status, wr_fs_columns_init(&columns, args));
	if (strcmp(path, "-") != 0)
		WR_TRY_OUT(status, env->ops->stat(env, path, &info));
	if (!info.exists)
		WR_TRY_OUT(status, source_list(&files, args, env));
	if (info.exists && !info.is_dir)
		WR_TRY_OUT(status, wr_fs_codec_of(path, &codec));
	if (info.is_regular && !wr_fs_is_readable(env, path))
		WR_TRY_OUT(status, wr_status_hint(
				       wr_status_new(WR_USER_ERROR,
						     "Cannot read '%s': its permissions do not "
						     "allow it",
						     path),
				       "Change the permissions of the file, or run as a user who "
				       "may read it"));
	if (!wr_fs_source_is_bounded(args) && info.exists && !info.is_dir)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'source.monitor-interval': '%s' is not a folder",
				  path),
		    "Leave the option out, or let 'path' name the folder to watch");
out:
	wr_fs_files_release(&files);
	wr_fs_columns_release(&columns);
	return status;
}

wr_status *wr_fs_source_open(const struct wr_connector_args *args, const struct wr_fs_setup *setup,
			     struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	wr_status *status;

	source->setup = *setup;
	source->args = args;
	source->pool = wr_fs_pool_new(setup->block_bytes);
	if (!wr_fs_source_is_bounded(args))
		source->monitor_us =
		    WR_MAX(wr_options_i64(args->options, "source.monitor-interval"), 1) * 1000;
	WR_TRY_OUT(status, wr_fs_columns_init(&source->columns, args));
	WR_TRY_OUT(status, source_list(&source->files, args, setup->env));
	source->scan_next_us = wr_mono_us(setup->env) + source->monitor_us;
	*out = source;
	return NULL;
out:
	wr_fs_source_close(source);
	return status;
}

void wr_fs_source_close(struct wr_source *source)
{
	wr_fs_stream_close(&source->stream);
	wr_buf_unref(source->fill);
	wr_fs_pool_close(source->pool);
	wr_fs_files_release(&source->files);
	wr_fs_columns_release(&source->columns);
	wr_free(source);
}

/* --- claiming -----------------------------------------------------------------------------------
 */

wr_status *wr_fs_source_next_file(struct wr_source *source, enum wr_claim *result, int64_t *wait_us)
{
	int64_t now_us;

	if (source->file_next == source->files.count && source->monitor_us != 0) {
		now_us = wr_mono_us(source->setup.env);
		if (now_us >= source->scan_next_us) {
			WR_TRY(wr_fs_files_scan(&source->files));
			source->scan_next_us = now_us + source->monitor_us;
		}
		*wait_us = source->scan_next_us - now_us;
		*result = WR_CLAIM_WAIT;
	} else {
		*result = WR_CLAIM_END;
	}
	if (source->file_next == source->files.count)
		return NULL;
	source->file = source->files.file[source->file_next];
	WR_TRY(wr_fs_columns_of_file(&source->columns, source->file));
	WR_TRY(wr_fs_stream_open(&source->stream, source->setup.env, source->file->path));
	source->file_next++;
	source->file_starts = true;
	source->offset = 0;
	source->fill_len = source->fill_tried = 0;
	source->skipping = false;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

static void source_end_file(struct wr_source *source)
{
	wr_fs_stream_close(&source->stream);
	source->file = NULL;
}

/* A block of the first `len` bytes of fill, in a buffer of its own. */
static struct wr_block *source_block(struct wr_source *source, struct wr_buf *buf, size_t len)
{
	struct wr_block *block = wr_calloc(1, sizeof *block);

	block->index = source->index++;
	block->range.buf = buf;
	block->range.data = buf->data;
	block->range.len = len;
	block->range.first = source->file_starts;
	block->origin = source->stream.path;
	block->offset = source->offset;
	block->origin_starts = source->file_starts;
	block->own = source->file;
	block->range.header = source->file->header;
	block->range.header_len = source->file->header_len;
	source->file_starts = false;
	return block;
}

/* Takes the first `cut` bytes of fill as a block and keeps the rest. */
static struct wr_block *source_cut(struct wr_source *source, size_t cut)
{
	struct wr_buf *buf = source->fill;
	size_t kept = source->fill_len - cut;

	if (cut < buf->size / SMALL_PART) {
		buf = wr_buf_new(cut);
		memcpy(buf->data, source->fill->data, cut);
		memmove(source->fill->data, source->fill->data + cut, kept);
	} else {
		source->fill =
		    wr_fs_pool_take(source->pool, WR_MAX(source->setup.block_bytes, kept));
		memcpy(source->fill->data, buf->data + cut, kept);
		/* The bytes behind are readable and defined: those of the next record, or zeros. */
		if (buf->size - source->fill_len > 0)
			memset(buf->data + source->fill_len, 0,
			       WR_MIN(buf->size - source->fill_len, (size_t)64));
	}
	source->fill_len = kept;
	source->fill_tried = 0;
	return source_block(source, buf, cut);
}

/* Drops bytes up to the line end of a record that is too long. */
static void source_skip(struct wr_source *source)
{
	char *data = source->fill->data;
	char *end = memchr(data, '\n', source->fill_len);
	size_t gone = end != NULL ? (size_t)(end - data) + 1 : source->fill_len;

	memmove(data, data + gone, source->fill_len - gone);
	source->fill_len -= gone;
	source->offset += gone;
	source->skipping = end == NULL;
}

/* An empty block with a bad record: what is in fill is the beginning of a record beyond bounds. */
static struct wr_block *source_too_long(struct wr_source *source)
{
	size_t keep = WR_MIN(source->fill_len, (size_t)KEEP_BYTES);
	struct wr_buf *buf = wr_buf_new(keep);
	struct wr_bad_record *bad;
	struct wr_block *block;
	struct wr_text text;

	memcpy(buf->data, source->fill->data, keep);
	block = source_block(source, buf, 0);
	bad = wr_bad_list_add(&block->range.bad);
	bad->length = (uint32_t)keep;
	bad->kind = "too-long";
	wr_text_init(&text);
	wr_text_printf(&text, "the record has more than %zu bytes; a line end may be missing",
		       source->setup.record_max);
	memcpy(bad->text, text.data, WR_MIN(text.len, sizeof bad->text - 1));
	wr_text_release(&text);
	block->range.lines = 1;
	source->skipping = true;
	source->fill_tried = 0;
	source_skip(source);
	return block;
}

/* Room for more bytes behind a record that fills the buffer. */
static void source_grow(struct wr_source *source)
{
	size_t size = WR_MIN(source->fill->size * 2, source->setup.record_max + 1);
	struct wr_buf *buf = wr_buf_new(WR_MAX(size, source->setup.block_bytes));

	memcpy(buf->data, source->fill->data, source->fill_len);
	wr_buf_unref(source->fill);
	source->fill = buf;
}

/* Reads until the buffer is full, the file ends or nothing more has arrived. */
static wr_status *source_fill(struct wr_source *source, enum wr_fs_read *result)
{
	size_t got;

	*result = WR_FS_END;
	if (source->over)
		return NULL;
	if (source->fill == NULL)
		source->fill = wr_fs_pool_take(source->pool, source->setup.block_bytes);
	*result = WR_FS_BYTES;
	while (source->fill_len < source->fill->size && *result == WR_FS_BYTES) {
		/* What is there is worth more than waiting for what may follow it. */
		int64_t wait_us = source->fill_len == source->fill_tried ? WAIT_PIPE_US : 0;

		WR_TRY(wr_fs_stream_read(&source->stream, source->fill->data + source->fill_len,
					 source->fill->size - source->fill_len, wait_us, &got,
					 result));
		source->fill_len += got;
		if (source->skipping)
			source_skip(source);
	}
	return NULL;
}

/* Bytes of fill up to the end of its last whole record; 0: none ends in it. */
static size_t source_frame(struct wr_source *source)
{
	const struct wr_fs_file *file = source->file;
	const char *data = source->fill->data;
	uint32_t quoted = 0; /* S1: a record starts at data[0] */
	size_t cut = 0;

	if (file->header != NULL) {
		size_t skip = source->file_starts ? file->header_len : 0;
		source->fill_tried = source->fill_len;
		if (source->fill_len > skip && file->header_len != 0)
			cut = source->args->format->file_frame(
			    file->header, file->header_len, data + skip, source->fill_len - skip);
		return cut != 0 ? cut + skip : 0;
	}
	if (memchr(data + source->fill_tried, '\n', source->fill_len - source->fill_tried) != NULL)
		cut = source->args->format->frame(&source->columns.format, data, source->fill_len,
						  &quoted);
	WR_ASSERT(cut <= source->fill_len);
	source->fill_tried = source->fill_len;
	return cut;
}

/* A block whose bytes are read later; *out stays NULL when the cut cannot be told from the tail, or
 * the file ends before. The cut is the one that reading the whole would find. */
static wr_status *source_ahead(struct wr_source *source, struct wr_block **out)
{
	size_t len = source->setup.block_bytes, tail_len = WR_MIN(len, (size_t)TAIL_BYTES), cut;
	struct wr_fs_stream *stream = &source->stream;
	char tail[TAIL_BYTES], *end;

	if (!source->args->format->lines || !wr_fs_stream_is_plain(stream) || source->skipping ||
	    source->offset + len >= (uint64_t)stream->size)
		return NULL;
	WR_TRY(wr_fs_handle_read(stream->handle, stream->path, tail, tail_len,
				 source->offset + len - tail_len));
	end = memrchr(tail, '\n', tail_len);
	if (end == NULL)
		return NULL;
	cut = len - tail_len + (size_t)(end - tail) + 1;
	*out = source_block(source, wr_fs_pool_take(source->pool, len), cut);
	(*out)->unread = wr_fs_handle_ref(stream->handle);
	source->offset += cut;
	source->fill_len = source->fill_tried = 0;
	wr_fs_stream_seek(stream, source->offset);
	return NULL;
}

/* Bytes of the first `rows` records of fill[0..len), which are whole; rows 0: all. */
static size_t source_first(const struct wr_source *source, size_t len, uint64_t rows)
{
	const char *data = source->fill->data, *end;
	size_t from = 0, at = 0;

	if (rows == 0 || source->file->header != NULL)
		return len;
	while (rows > 0 && (end = memchr(data + at, '\n', len - at)) != NULL) {
		uint32_t quoted = 0;

		at = (size_t)(end - data) + 1;
		if (source->args->format->frame(&source->columns.format, data + from, at - from,
						&quoted) == at - from) {
			from = at;
			rows--;
		}
	}
	return rows == 0 ? from : len;
}

/* The file has ended: hands out the last records, all of them or the first `rows`. */
static void source_last(struct wr_source *source, uint64_t rows, struct wr_block **out)
{
	size_t len = source->fill_len, cut = len > 0 ? source_first(source, len, rows) : 0;

	if (cut > 0)
		*out = source_cut(source, cut);
	source->over = cut < len;
	if (source->over)
		source->offset += cut;
	else
		source_end_file(source);
}

/* Reads the header of the file, from its beginning wherever the source has come to. An empty file
 * has none. */
static wr_status *source_header(struct wr_source *source)
{
	const struct wr_format *format = source->args->format;
	struct wr_fs_file *file = source->file;
	enum wr_fs_read result = WR_FS_BYTES;
	struct wr_fs_stream stream;
	size_t len = 0, size = HEADER_BYTES, got;
	char *data = wr_malloc(size);

	wr_status *status = wr_fs_stream_open(&stream, source->setup.env, file->path);
	while (status == NULL && result != WR_FS_END && file->header_len == 0) {
		if (len == size)
			data = wr_realloc(data, size *= 2);
		status = wr_fs_stream_read(&stream, data + len, size - len, 0, &got, &result);
		len += got;
		if (status == NULL && len != 0)
			status = format->file_open(&source->columns.format, data, len,
						   &file->header_len);
	}
	if (status == NULL && file->header_len == 0 && len != 0)
		status = wr_status_new(WR_USER_ERROR, "'%s' ends within its header", file->path);
	wr_fs_stream_close(&stream);
	if (status == NULL) {
		file->header = data;
		return NULL;
	}
	wr_free(data); /* another worker may ask again */
	file->header_len = 0;
	if (strstr(status->text, file->path) != NULL)
		return status;
	wr_status *named = wr_status_new(status->class, "'%s': %s", file->path, status->text);
	if (status->hint != NULL)
		wr_status_hint(named, "%s", status->hint);
	wr_status_free(status);
	return named;
}

/* One step within the open file; *out stays NULL when the caller is to go on (or wait, when *idle).
 * rows_max: more records are not wanted in the block; 0: no limit. */
static wr_status *source_step(struct wr_source *source, uint64_t rows_max, struct wr_block **out,
			      bool *idle)
{
	enum wr_fs_read result;
	size_t cut;

	if (source->args->format->file_open != NULL && source->file->header == NULL)
		WR_TRY(source_header(source));
	if (rows_max == 0 && !source->over)
		WR_TRY(source_ahead(source, out));
	if (*out != NULL)
		return NULL;
	WR_TRY(source_fill(source, &result));
	if (result == WR_FS_END) {
		source_last(source, rows_max, out);
		return NULL;
	}
	cut = source_frame(source);
	if (cut != 0) {
		cut = source_first(source, cut, rows_max);
		*out = source_cut(source, cut);
		source->offset += cut;
	} else if (result == WR_FS_IDLE) {
		*idle = true;
	} else if (source->fill_len > source->setup.record_max && source->file->header != NULL) {
		cut = source->fill_len; /* damaged; the decoder says so */
		*out = source_cut(source, cut);
		source->offset += cut;
	} else if (source->fill_len > source->setup.record_max) {
		*out = source_too_long(source);
	} else {
		source_grow(source);
	}
	return NULL;
}

wr_status *wr_fs_source_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	bool idle = false;

	*out = NULL;
	*result = WR_CLAIM_BLOCK;
	while (*out == NULL && !idle) {
		if (source->file == NULL || source->stream.file == NULL)
			WR_TRY(wr_fs_source_next_file(source, result, &ask->wait_us));
		if (*result != WR_CLAIM_BLOCK)
			return NULL;
		WR_TRY(source_step(source, ask->rows_max, out, &idle));
	}
	if (idle) {
		*result = WR_CLAIM_WAIT;
		ask->wait_us = WAIT_IDLE_US;
	}
	return NULL;
}

/* --- decoding -----------------------------------------------------------------------------------
 */

wr_status *wr_fs_reader_new(struct wr_source *source, struct wr_reader **out)
{
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);
	uint64_t max_rows = source->args->max_rows;
	wr_status *status;

	reader->source = source;
	reader->max_rows =
	    max_rows == 0 ? WR_BATCH_ROWS_MAX : (uint32_t)WR_MIN(max_rows, WR_BATCH_ROWS_MAX);
	status = source->args->format->decoder_new(&source->columns.format, &reader->decoder);
	if (status != NULL) {
		wr_free(reader);
		return status;
	}
	*out = reader;
	return NULL;
}

/* Reads the bytes of a block that was cut without them. */
static wr_status *reader_read(struct wr_block *block)
{
	struct wr_fs_handle *handle = block->unread;
	struct wr_buf *buf = block->range.buf;
	wr_status *status =
	    wr_fs_handle_read(handle, block->origin, buf->data, block->range.len, block->offset);

	/* The bytes behind are readable and defined. */
	memset(buf->data + block->range.len, 0, WR_MIN(buf->size - block->range.len, (size_t)64));
	block->unread = NULL;
	wr_fs_handle_unref(handle);
	return status;
}

wr_status *wr_fs_reader_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out)
{
	struct wr_source *source = reader->source;
	uint32_t max_rows = block->range.rows_max != 0 ? block->range.rows_max : reader->max_rows;

	*out = NULL;
	if (block->unread != NULL)
		WR_TRY(reader_read(block));
	if (block->range.pos >= block->range.len)
		return NULL;
	WR_TRY(source->args->format->decode(reader->decoder, &block->range, max_rows, out));
	if (*out != NULL)
		wr_fs_columns_place(&source->columns, block->own, *out);
	return NULL;
}

void wr_fs_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	reader->source->args->format->decoder_free(reader->decoder);
	wr_free(reader);
}

void wr_fs_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_bad_list_release(&block->range.bad);
	wr_fs_handle_unref(block->unread);
	wr_buf_unref(block->range.buf);
	wr_free(block);
}
