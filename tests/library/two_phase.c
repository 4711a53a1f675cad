/* SPDX-License-Identifier: Apache-2.0
 *
 * two_phase - a program as a user of the library would write one, for tests that kill it: two
 * sources of its own, which can be read again, a keyed process function with states and timers, and
 * a sink of its own in two phases, which writes files.
 *
 *     two_phase OUT CHECKPOINTS WORKERS ROWS [STEP [NTH]]
 *
 * It goes on from the latest of CHECKPOINTS. With STEP ("prepare", "prepared", "commit",
 * "committed" ...: see at) it kills itself there, the NTH time.
 *
 * The sink appends rows to OUT/.tail; prepare renames that to .part-N; commit renames all parts up
 * to N, since a checkpoint between may have been given up, to part-N. So what is visible is part-*.
 *
 * The answer does not depend on how rows of different keys mix: each key has one source or split,
 * and nothing is emitted that depends on the moment of a timer.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weir/weir.h>

#define STEP_MS   40   /* of event time between two rows of a split */
#define LATE_MS   1000 /* rows are less than that out of order */
#define WINDOW_MS 5000
#define READ_ROWS 20 /* in a read; read in one go, it would not be killed in between */
#define FIRST_MS  1700000000000

static const char *die_at = "";
static atomic_int die_in; /* passes of die_at that are left */

/* A place to be killed at. */
static void at(const char *step)
{
	if (strcmp(step, die_at) == 0 && atomic_fetch_sub(&die_in, 1) == 1)
		kill(getpid(), SIGKILL);
}

/* --- rows: number i of split s */

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15u;
	return x ^ (x >> 29);
}

static void append_row(struct weir_appender *out, int64_t s, int64_t i)
{
	uint64_t drawn = mix((uint64_t)(i * 4 + s) + 1);
	char word[64];

	weir_append_i64(out, (int64_t)(drawn % 50) * 4 + s);
	weir_append_i64(out, (int64_t)(drawn >> 20) % 1000);
	weir_append_timestamp(out, FIRST_MS + i * STEP_MS - (int64_t)((drawn >> 40) % LATE_MS), 0);
	snprintf(word, sizeof word, "%.*s%" PRIu64, (int)((drawn >> 8) % 40),
		 "a text that is now and then longer than twelve", drawn % 977);
	weir_append_text(out, word);
	weir_append_end(out);
}

/* The source that is read: split 0. */
struct reader {
	int64_t next, rows;
	bool pause;
};

static enum weir_code read_rows(void *self, struct weir_appender *out, uint32_t max_rows,
				int64_t *watermark_ms, int64_t *wait_ms)
{
	struct reader *reader = self;

	at("read");
	reader->pause = !reader->pause;
	*wait_ms = 2;
	if (reader->next == reader->rows)
		return WEIR_END;
	if (reader->pause)
		return WEIR_WOULD_BLOCK;
	for (uint32_t n = 0; n < READ_ROWS && n < max_rows && reader->next < reader->rows; n++)
		append_row(out, 0, reader->next++);
	*watermark_ms = FIRST_MS + reader->next * STEP_MS - LATE_MS;
	return WEIR_OK;
}

static int read_position(void *self, struct weir_bytes_out *out)
{
	struct reader *reader = self;

	at("position");
	weir_put(out, &reader->next, sizeof reader->next);
	return 0;
}

static int read_seek(void *self, const char *bytes, size_t len)
{
	struct reader *reader = self;

	at("seek");
	if (len != sizeof reader->next)
		return -1;
	memcpy(&reader->next, bytes, len);
	return 0;
}

/* The source that is read in pieces: splits 1 to 3. */
struct pieces {
	int64_t next[3], rows;
	uint32_t turn;
	bool pause;
};

struct piece_name {
	int64_t split, first;
};

static enum weir_code piece_next(void *self, struct weir_piece *piece, int64_t *wait_ms)
{
	struct pieces *pieces = self;

	*wait_ms = 2;
	pieces->pause = !pieces->pause;
	piece->split_count = 3;
	for (uint32_t tries = 0; tries < 3; tries++) {
		uint32_t s = pieces->turn++ % 3;
		struct piece_name name = {s + 1, pieces->next[s]};

		if (pieces->next[s] >= pieces->rows)
			continue;
		if (pieces->pause)
			return WEIR_WOULD_BLOCK;
		weir_put(piece->name, &name, sizeof name);
		pieces->next[s] += READ_ROWS;
		piece->split = s;
		piece->split_ends = pieces->next[s] >= pieces->rows;
		return WEIR_OK;
	}
	return WEIR_END;
}

static int piece_read(void *self, const char *name, size_t size, struct weir_appender *out,
		      int64_t *watermark_ms)
{
	struct pieces *pieces = self;
	struct piece_name piece;

	(void)watermark_ms;
	if (size != sizeof piece)
		return weir_append_fail(out, "a piece of %zu bytes", size);
	memcpy(&piece, name, size);
	for (int64_t i = piece.first; i < piece.first + READ_ROWS && i < pieces->rows; i++)
		append_row(out, piece.split, i);
	return 0;
}

static int piece_position(void *self, struct weir_bytes_out *out)
{
	weir_put(out, ((struct pieces *)self)->next, sizeof(int64_t[3]));
	return 0;
}

static int piece_seek(void *self, const char *bytes, size_t len)
{
	if (len != sizeof(int64_t[3]))
		return -1;
	memcpy(((struct pieces *)self)->next, bytes, len);
	return 0;
}

/* --- the function: the sums of a key so far with every row, and those of each window of it */

struct sums {
	int64_t n, total;
	bool ticking;
	struct weir_bytes word;
};

struct window {
	int64_t n, total;
};

enum { SUMS, WINDOWS, WORDS };

static void emit(struct weir_context *context, const char *what, int64_t end_ms, int64_t n,
		 int64_t total, struct weir_bytes word)
{
	struct weir_appender *out = weir_output(context);

	weir_append_text(out, what);
	weir_append_value(out, weir_key(context), 0);
	weir_append_i64(out, end_ms);
	weir_append_i64(out, n);
	weir_append_i64(out, total);
	weir_append_bytes(out, word.data, word.size);
	weir_append_end(out);
}

static int on_row(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t v, ms = weir_timestamp(context), end = (ms / WINDOW_MS + 1) * WINDOW_MS;
	struct sums *sums = weir_state_make(context, SUMS);
	struct window *window = weir_map_put(context, WINDOWS, &end);
	struct weir_bytes word = {"", 0}, before = sums->word;

	(void)self;
	at("element");
	weir_get_i64(row, 1, &v);
	weir_get_bytes(row, 3, &word.data, &word.size);
	sums->n++;
	sums->total += v;
	window->n++;
	window->total += v;
	emit(context, "row", ms, sums->n, sums->total, before);
	weir_state_bytes(context, SUMS, &sums->word, word.data, word.size);
	weir_state_add(context, WORDS, &v);
	if (weir_state_count(context, WORDS) > 8)
		weir_list_remove(context, WORDS, 0, 4);
	weir_timer_set(context, WEIR_EVENT_TIME, end);
	if (!sums->ticking)
		weir_timer_set(context, WEIR_PROCESSING_TIME,
			       weir_now(context, WEIR_PROCESSING_TIME) + 5);
	sums->ticking = true;
	return 0;
}

static int on_timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	struct window *window;

	(void)self;
	at("timer");
	if (time == WEIR_PROCESSING_TIME) {
		((struct sums *)weir_state_make(context, SUMS))->ticking = false;
		return 0;
	}
	window = weir_map_get(context, WINDOWS, &time_ms);
	if (window == NULL)
		return weir_fail(context, "a window of %" PRId64 " fires twice", time_ms);
	emit(context, "window", time_ms, window->n, window->total, (struct weir_bytes){"", 0});
	weir_map_remove(context, WINDOWS, &time_ms);
	return 0;
}

/* --- the sink */

struct vault {
	const char *folder;
	FILE *tail;    /* rows that no prepare has taken */
	uint32_t part; /* number of the next one */
	char why[640];
};

static const char *path_of(const struct vault *vault, const char *name, uint32_t part, char *path)
{
	snprintf(path, 512, "%s/%s-%06" PRIu32, vault->folder, name, part);
	return path;
}

static int vault_fails(struct vault *vault, const char *what)
{
	snprintf(vault->why, sizeof vault->why, "%s: %s", what, strerror(errno));
	return -1;
}

static int vault_open(void *user, const struct weir_result *result, void **self)
{
	struct vault *vault = user;
	char path[512];

	(void)result, (void)self;
	vault->part = 0;
	vault->tail = fopen(path_of(vault, ".tail", 0, path), "w");
	return vault->tail != NULL ? 0 : vault_fails(vault, path);
}

static int vault_write(void *self, const struct weir_batch *batch)
{
	struct vault *vault = self;

	at("write");
	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		const struct weir_row *row = weir_batch_row(batch, i);

		for (uint32_t c = 0; c < 6; c++)
			fprintf(vault->tail, "%s%c", weir_get_text(row, c), c == 5 ? '\n' : '|');
	}
	return ferror(vault->tail) ? vault_fails(vault, "write") : 0;
}

static int vault_prepare(void *self, bool last, struct weir_bytes_out *out)
{
	struct vault *vault = self;
	char tail[512], part[512];

	(void)last;
	at("prepare");
	path_of(vault, ".tail", 0, tail);
	if (fclose(vault->tail) != 0 ||
	    rename(tail, path_of(vault, ".part", vault->part, part)) != 0)
		return vault_fails(vault, "prepare");
	vault->tail = fopen(tail, "w");
	weir_put(out, &vault->part, sizeof vault->part);
	vault->part++;
	at("prepared");
	return vault->tail != NULL ? 0 : vault_fails(vault, tail);
}

static int vault_commit(void *self, const char *bytes, size_t len)
{
	struct vault *vault = self;
	char from[512], to[512];
	uint32_t last;

	if (len != sizeof last)
		return vault_fails(vault, "commit");
	memcpy(&last, bytes, len);
	at("commit");
	for (uint32_t i = 0; i <= last; i++) {
		if (rename(path_of(vault, ".part", i, from), path_of(vault, "part", i, to)) != 0 &&
		    errno != ENOENT)
			return vault_fails(vault, from);
		at("committing");
	}
	at("committed");
	return 0;
}

static int vault_restore(void *self, const char *bytes, size_t len)
{
	struct vault *vault = self;
	char path[512];
	uint32_t last;

	if (len != sizeof last)
		return vault_fails(vault, "restore");
	memcpy(&last, bytes, len);
	at("restore");
	for (uint32_t i = last + 1; i < last + 100; i++) {
		(void)unlink(path_of(vault, ".part", i, path));
		if (access(path_of(vault, "part", i, path), F_OK) == 0)
			return vault_fails(vault, "a part is visible that no checkpoint has");
	}
	vault->part = last + 1;
	at("restored");
	return 0;
}

static int vault_close(void *self, bool good)
{
	struct vault *vault = self;
	char path[512];
	long left = ftell(vault->tail);

	at("close");
	fclose(vault->tail);
	unlink(path_of(vault, ".tail", 0, path));
	return good && left > 0 ? vault_fails(vault, "rows that were not prepared") : 0;
}

static const char *vault_why(void *self)
{
	return ((struct vault *)self)->why;
}

/* --- all of it */

static const char columns[] = "k BIGINT, v BIGINT, at TIMESTAMP(3), word STRING, ";

static struct weir_stream *all_rows(struct weir_flow *flow, struct reader *reader,
				    struct pieces *pieces)
{
	char read_columns[256], piece_columns[256];
	struct weir_source read = {.size = sizeof read,
				   .name = "read",
				   .columns = read_columns,
				   .user = reader,
				   .read = read_rows,
				   .position = read_position,
				   .seek = read_seek};
	struct weir_source in_pieces = {.size = sizeof in_pieces,
					.name = "pieces",
					.columns = piece_columns,
					.user = pieces,
					.position = piece_position,
					.seek = piece_seek,
					.piece = piece_next,
					.read_piece = piece_read};
	struct weir_stream *both[2];

	snprintf(read_columns, sizeof read_columns, "%sWATERMARK FOR at AS SOURCE_WATERMARK()",
		 columns);
	snprintf(piece_columns, sizeof piece_columns,
		 "%sWATERMARK FOR at AS at - INTERVAL '1' SECOND", columns);
	both[0] = weir_from_source(flow, &read);
	both[1] = weir_from_source(flow, &in_pieces);
	return weir_union(both, 2);
}

static struct weir_stream *summed(struct weir_stream *rows)
{
	static const struct weir_state state[] = {
	    [SUMS] = {.size = sizeof *state,
		      .name = "sums",
		      .kind = WEIR_VALUE,
		      .columns = "n BIGINT, total BIGINT, ticking BOOLEAN, word STRING",
		      .value_size = sizeof(struct sums)},
	    [WINDOWS] = {.size = sizeof *state,
			 .name = "windows",
			 .kind = WEIR_MAP,
			 .columns = "n BIGINT, total BIGINT",
			 .value_size = sizeof(struct window),
			 .key_columns = "end BIGINT",
			 .key_size = sizeof(int64_t)},
	    [WORDS] = {.size = sizeof *state,
		       .name = "words",
		       .kind = WEIR_LIST,
		       .columns = "v BIGINT",
		       .value_size = sizeof(int64_t)}};
	static const struct weir_process process = {
	    .size = sizeof process,
	    .name = "sum",
	    .columns = "what STRING, k BIGINT, end_ms BIGINT, n BIGINT, total BIGINT, word STRING",
	    .state = state,
	    .state_count = 3,
	    .element = on_row,
	    .timer = on_timer};

	return weir_process(weir_key_by(rows, "k"), &process);
}

int main(int argc, char **argv)
{
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = weir_flow_new(session, "two_phase");
	struct weir_error *error = NULL;
	struct vault vault = {0};
	struct weir_sink sink = {.size = sizeof sink,
				 .name = "vault",
				 .user = &vault,
				 .open = vault_open,
				 .write = vault_write,
				 .prepare = vault_prepare,
				 .commit = vault_commit,
				 .restore = vault_restore,
				 .close = vault_close,
				 .why = vault_why};
	struct reader reader = {0};
	struct pieces pieces = {0};
	bool failed;

	if (argc < 5)
		return 2;
	vault.folder = argv[1];
	reader.rows = pieces.rows = strtoll(argv[4], NULL, 10);
	die_at = argc > 5 ? argv[5] : "";
	atomic_init(&die_in, argc > 6 ? (int)strtol(argv[6], NULL, 10) : 1);
	(void)mkdir(argv[1], 0777);
	weir_set_option(session, "execution.checkpointing.dir", argv[2], NULL);
	weir_set_option(session, "execution.checkpointing.interval", "50 ms", NULL);
	weir_set_option(session, "execution.state-recovery.path", "latest", NULL);
	weir_set_option(session, "parallelism.default", argv[3], NULL);
	weir_sink_to(summed(all_rows(flow, &reader, &pieces)), &sink);
	if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
		fprintf(stderr, "%s\n", weir_error_report(error));
	weir_flow_free(flow);
	weir_session_free(session);
	failed = error != NULL;
	weir_error_free(error);
	return failed;
}
