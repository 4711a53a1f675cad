/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_letters - see jobs_letters.h: looking at dead letters and late rows.
 *
 * A page is made by reading the whole table and keeping the newest so many: tables of dead letters
 * have no order that could be asked for, be they files, topics or tables of a database. Letters
 * that say the same are one, with `copies`.
 */
#include "server/jobs_letters.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/print.h"
#include "data/utf8.h"
#include "data/zone.h"
#include "formats/base64.h"
#include "runtime/observe.h"
#include "server/jobs_inner.h"

#define SHOWN_MAX 65536 /* bytes of a letter that are shown */

void wr_letters_notes(const struct wr_server_job *job, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s/letters/%s.replayed", job->jobs->data, job->name);
}

wr_status *wr_letters_declare(struct wr_server_job *job, struct wr_session *session)
{
	wr_status *status;
	char *sql;

	pthread_mutex_lock(&job->jobs->lock);
	sql = wr_strdup(job->sql);
	pthread_mutex_unlock(&job->jobs->lock);
	wr_session_look(session, NULL);
	status = wr_server_job_fill(job, session);
	if (status == NULL)
		status = wr_session_script(session, wr_str_of(sql), NULL, WR_SCRIPT_RUN);
	if (status == NULL)
		status = wr_session_set(session, "execution.runtime-mode", "batch");
	wr_session_look_done(session);
	wr_free(sql);
	return status;
}

/* --- a page of letters --------------------------------------------------------------------------
 */

/* A letter of the page. */
struct shown {
	int64_t time_ms; /* -1: unknown */
	char id[WR_LETTER_ID_LEN + 1];
	uint32_t copies;
	struct wr_text json; /* its members, but for the counts */
};

struct reading {
	const struct wr_letters_page *page;
	const struct wr_letters_done *done;
	struct shown before;  /* where the page begins; id "": with the newest */
	struct shown *letter; /* limit + 1, the newest first */
	uint32_t count;
	uint64_t total; /* that match */
};

/* Whether a is to be shown before b: it is newer; of the same moment, by id. */
static bool is_newer(const struct shown *a, const struct shown *b)
{
	if (a->time_ms != b->time_ms)
		return a->time_ms > b->time_ms;
	return strcmp(a->id, b->id) > 0;
}

static void put_known(struct wr_text *out, const char *name, int64_t number)
{
	if (number < 0)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)number);
}

/* "NAME": the text, and where it is no text "NAME_base64". */
static void put_bytes(struct wr_text *out, const char *name, struct wr_str bytes)
{
	size_t len = WR_MIN(bytes.len, (size_t)SHOWN_MAX);
	bool text = bytes.data != NULL && memchr(bytes.data, '\0', len) == NULL &&
		    wr_utf8_valid(bytes.data, bytes.len);
	char *copy;

	while (text && len < bytes.len && len > 0 &&
	       ((unsigned char)bytes.data[len] & 0xc0) == 0x80)
		len--; /* not within a character */
	copy = text ? wr_strndup(bytes.data, len) : wr_calloc(wr_base64_encoded_size(len) + 1, 1);
	if (!text && bytes.data != NULL)
		wr_base64_encode(bytes.data, len, copy);
	wr_text_printf(out, ",\"%s%s\":", name, text || bytes.data == NULL ? "" : "_base64");
	if (bytes.data != NULL)
		wr_text_json(out, copy);
	else
		wr_text_puts(out, "null");
	if (len < bytes.len)
		wr_text_printf(out, ",\"%s_bytes\":%zu", name, bytes.len);
	wr_free(copy);
}

static void put_letter(struct wr_text *out, const struct wr_batch *batch, uint32_t row)
{
	static const struct {
		const char *name;
		uint32_t column;
	} texts[] = {{"table", WR_LETTER_TABLE}, {"error_kind", WR_LETTER_KIND},
		     {"error", WR_LETTER_ERROR}, {"origin", WR_LETTER_ORIGIN},
		     {"raw", WR_LETTER_RAW},     {"key", WR_LETTER_KEY}},
	  numbers[] = {{"time_ms", WR_LETTER_TIME},           {"partition", WR_LETTER_PARTITION},
		       {"offset", WR_LETTER_OFFSET},          {"line", WR_LETTER_LINE},
		       {"timestamp_ms", WR_LETTER_TIMESTAMP}, {"attempts", WR_LETTER_ATTEMPTS}};

	for (uint32_t i = 0; i < WR_COUNT(texts); i++)
		put_bytes(out, texts[i].name, wr_letter_text(batch, texts[i].column, row));
	for (uint32_t i = 0; i < WR_COUNT(numbers); i++)
		put_known(out, numbers[i].name, wr_letter_number(batch, numbers[i].column, row));
}

/* Puts it where it belongs, if it is new enough. */
static void show(struct reading *reading, const struct wr_batch *batch, uint32_t row)
{
	struct shown one = {.time_ms = wr_letter_number(batch, WR_LETTER_TIME, row), .copies = 1};
	uint32_t most = reading->page->limit + 1, at = reading->count;

	wr_letter_id(batch, row, one.id);
	if (reading->before.id[0] != '\0' && !is_newer(&reading->before, &one))
		return;
	while (at > 0 && is_newer(&one, &reading->letter[at - 1]))
		at--;
	if (at > 0 && strcmp(reading->letter[at - 1].id, one.id) == 0) {
		reading->letter[at - 1].copies++;
		return;
	}
	if (at == most)
		return;
	if (reading->count == most)
		wr_text_release(&reading->letter[--reading->count].json);
	memmove(&reading->letter[at + 1], &reading->letter[at],
		(reading->count - at) * sizeof *reading->letter);
	reading->count++;
	wr_text_init(&one.json);
	put_letter(&one.json, batch, row);
	reading->letter[at] = one;
}

static wr_status *read_rows(void *user, const struct wr_batch *batch)
{
	struct reading *reading = user;

	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);

		if (!wr_letters_match(&reading->page->filter, batch, row))
			continue;
		reading->total++;
		show(reading, batch, row);
	}
	return NULL;
}

/* TIME-ID */
static wr_status *read_cursor(const char *text, struct shown *before)
{
	long long time_ms;
	int len = 0;

	*before = (struct shown){0};
	if (text == NULL)
		return NULL;
	if (sscanf(text, "%lld-%32[0-9a-f]%n", &time_ms, before->id, &len) < 2 ||
	    text[len] != '\0' || strlen(before->id) != WR_LETTER_ID_LEN)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "before=%s is no place", text),
				      "Give what 'next' of the page before says");
	before->time_ms = time_ms;
	return NULL;
}

static void put_page(struct reading *reading, const char *dead, struct wr_text *out)
{
	uint32_t shown = WR_MIN(reading->count, reading->page->limit);

	wr_text_puts(out, "{\"table\":");
	wr_text_json(out, dead);
	wr_text_puts(out, ",\"letters\":[");
	for (uint32_t i = 0; i < shown; i++) {
		const struct shown *one = &reading->letter[i];
		uintptr_t done = (uintptr_t)wr_map_get(&reading->done->count, one->id);

		wr_text_printf(out, "%s{\"id\":\"%s\",\"copies\":%u,\"replayed\":%s",
			       i > 0 ? "," : "", one->id, one->copies,
			       done >= one->copies ? "true" : "false");
		wr_text_add(out, one->json.data, one->json.len);
		wr_text_putc(out, '}');
	}
	wr_text_printf(out, "],\"total\":%llu,\"next\":", (unsigned long long)reading->total);
	if (reading->count > shown)
		wr_text_printf(out, "\"%lld-%s\"", (long long)reading->letter[shown - 1].time_ms,
			       reading->letter[shown - 1].id);
	else
		wr_text_puts(out, "null");
	wr_text_putc(out, '}');
}

/* Reads the table into the page. */
static wr_status *read_page(struct wr_server_job *job, struct reading *reading, struct wr_text *out)
{
	struct wr_listener listener = {.result_rows = read_rows, .user = reading};
	struct wr_session *session = wr_session_new(&listener);
	const char *dead;
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	WR_TRY_OUT(status, wr_letters_declare(job, session));
	WR_TRY_OUT(status, wr_letters_table(session, reading->page->filter.table, &dead));
	WR_TRY_OUT(status, wr_letters_query(session, dead, &sql));
	WR_TRY_OUT(status, wr_session_script(session, wr_str_of(sql.data), NULL, WR_SCRIPT_RUN));
	put_page(reading, dead, out);
out:
	wr_text_release(&sql);
	wr_session_free(session);
	return status;
}

wr_status *wr_jobs_letters(struct wr_jobs *jobs, const char *name,
			   const struct wr_letters_page *page, struct wr_text *out)
{
	struct reading reading = {.page = page};
	struct wr_letters_done done = {0};
	struct wr_server_job *job;
	struct wr_text path;
	wr_status *status;

	WR_TRY(read_cursor(page->before, &reading.before));
	WR_TRY(wr_server_job_work(jobs, name, NULL, &job));
	reading.done = &done;
	reading.letter = wr_calloc(page->limit + 2, sizeof *reading.letter);
	wr_letters_notes(job, &path);
	status = wr_letters_done_read(jobs->env, path.data, &done);
	if (status == NULL)
		status = read_page(job, &reading, out);
	for (uint32_t i = 0; i < reading.count; i++)
		wr_text_release(&reading.letter[i].json);
	wr_free(reading.letter);
	wr_text_release(&path);
	wr_letters_done_release(&done);
	wr_server_job_done(job, false);
	return status;
}

/* --- late rows ----------------------------------------------------------------------------------
 */

/* The last rows of the side table. */
struct side {
	struct wr_session *session;
	const struct wr_schema *schema;
	struct wr_text *row; /* `limit` of them, as a ring */
	struct wr_text columns;
	uint32_t limit;
	uint64_t next;
};

static wr_status *side_begin(void *user, const struct wr_schema *schema, bool updating,
			     bool ordered)
{
	struct side *side = user;

	side->schema = schema;
	wr_text_clear(&side->columns);
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_text_puts(&side->columns, i > 0 ? "," : "");
		wr_text_json(&side->columns, schema->field[i].name);
	}
	return NULL;
}

/* The value as a text, or null. */
static void put_value(struct wr_text *out, const struct wr_column *column, uint32_t row,
		      const struct wr_zone *zone)
{
	struct wr_text text;

	wr_text_init(&text);
	if (column != NULL && wr_column_is_valid(column, row)) {
		wr_value_print(&text, column, row, zone);
		wr_text_json(out, wr_text_str(&text));
	} else {
		wr_text_puts(out, "null");
	}
	wr_text_release(&text);
}

static wr_status *side_rows(void *user, const struct wr_batch *batch)
{
	const char *zone_id = wr_session_result_zone(((struct side *)user)->session);
	struct side *side = user;
	struct wr_zone *zone = NULL;

	WR_TRY(wr_zone_open(zone_id, &zone));
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		struct wr_text *text = &side->row[side->next++ % side->limit];

		wr_text_clear(text);
		wr_text_putc(text, '[');
		for (uint32_t c = 0; c < batch->column_count; c++) {
			wr_text_puts(text, c > 0 ? "," : "");
			put_value(text, batch->column[c], wr_batch_row(batch, i), zone);
		}
		wr_text_putc(text, ']');
	}
	wr_zone_close(zone);
	return NULL;
}

static void put_side(const struct side *side, const char *table, struct wr_text *out)
{
	uint64_t count = WR_MIN(side->next, (uint64_t)side->limit);

	wr_text_puts(out, ",\"table\":");
	wr_text_json(out, table);
	wr_text_printf(out, ",\"columns\":[%s],\"rows\":[", wr_text_str(&side->columns));
	for (uint64_t i = 1; i <= count; i++) {
		wr_text_puts(out, i > 1 ? "," : "");
		wr_text_puts(out, side->row[(side->next - i) % side->limit].data);
	}
	wr_text_putc(out, ']');
}

/* What the script keeps late rows in, or that there is no such table. */
static wr_status *read_side(struct wr_server_job *job, uint32_t limit, struct wr_text *out)
{
	struct side side = {.limit = limit};
	struct wr_listener listener = {
	    .result_begin = side_begin, .result_rows = side_rows, .user = &side};
	const char *table;
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_init(&side.columns);
	side.row = wr_calloc(limit, sizeof *side.row);
	side.session = wr_session_new(&listener);
	WR_TRY_OUT(status, wr_letters_declare(job, side.session));
	table = wr_options_str(wr_session_settings(side.session), "weir.late-rows.table");
	if (table == NULL || *table == '\0') {
		wr_text_puts(out, ",\"table\":null,\"columns\":[],\"rows\":[]");
		goto out;
	}
	WR_TRY_OUT(status, wr_letters_side_query(side.session, table, &sql));
	WR_TRY_OUT(status,
		   wr_session_script(side.session, wr_str_of(sql.data), NULL, WR_SCRIPT_RUN));
	put_side(&side, table, out);
out:
	for (uint32_t i = 0; i < limit; i++)
		wr_text_release(&side.row[i]);
	wr_free(side.row);
	wr_text_release(&side.columns);
	wr_text_release(&sql);
	wr_session_free(side.session);
	return status;
}

/* Of the run, if the job has one. */
static void put_recent(struct wr_jobs *jobs, struct wr_server_job *own, struct wr_text *out)
{
	struct wr_run *run = wr_jobs_hold(jobs, own->id);
	struct wr_job *job = run != NULL ? wr_run_hold(run) : NULL;
	struct wr_run_sums sums = {0};
	struct wr_job_stats stats;

	pthread_mutex_lock(&jobs->lock);
	sums.rows_late = (uint64_t)own->figures.rows_late;
	pthread_mutex_unlock(&jobs->lock);
	if (run != NULL)
		wr_run_look(run, &sums, &stats);
	wr_text_printf(out, "{\"rows_late\":%llu,\"recent\":", (unsigned long long)sums.rows_late);
	if (job != NULL)
		wr_report_late_rows(out, job);
	else
		wr_text_puts(out, "[]");
	if (run != NULL)
		wr_run_let(run);
	wr_jobs_let(jobs, run);
}

wr_status *wr_jobs_late_rows(struct wr_jobs *jobs, const char *name, uint32_t limit,
			     struct wr_text *out)
{
	struct wr_server_job *job;
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, NULL, &job));
	put_recent(jobs, job, out);
	status = read_side(job, limit, out);
	if (status == NULL)
		wr_text_putc(out, '}');
	wr_server_job_done(job, false);
	return status;
}
