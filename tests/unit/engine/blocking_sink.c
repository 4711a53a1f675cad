/* SPDX-License-Identifier: Apache-2.0
 *
 * Sinks that wait for the outside world: a connector with a gate that the test closes and opens,
 * and rows that it gives up in write, prepare or commit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "base/mem.h"
#include "connectors/registry.h"
#include "data/print.h"
#include "engine/prepared.h"
#include "engine/session.h"

#define SECONDS 20 /* after which a test has failed */

/* --- the connector ------------------------------------------------------------------------------
 */

enum refuses { REFUSES_NOTHING, REFUSES_WRITE, REFUSES_PREPARE, REFUSES_COMMIT };

/* What the test sees of the sink 'gate' with that number. */
struct gate {
	atomic_bool closed;   /* write waits */
	atomic_bool commits;  /* `closed` holds for commit, not for write */
	atomic_uint waiting;  /* times that it has waited */
	atomic_uint rows;     /* written */
	enum refuses refuses; /* rows that end in 3 */
	struct wr_text text;  /* rows written: "a,b;c,d;" */
	size_t much;          /* bytes that prepare hands over */
	atomic_uint commits_done, restores;
};

static struct gate gates[3];

struct wr_sink {
	struct gate *gate;
	struct wr_host *host;
	struct wr_env *env;
	struct wr_text refused; /* rows to be given up, "13;23;" */
	bool committed;         /* commit has been called */
	pthread_mutex_t lock;
};

struct wr_writer {
	struct wr_sink *sink;
};

static const struct wr_option gate_options[] = {
    {.name = "number", .type = WR_OPTION_INT, .fallback = "0", .doc = "Which one."}};

static wr_status *gate_open(const struct wr_connector_args *args, struct wr_host *host,
			    struct wr_sink **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->gate = &gates[wr_options_i64(args->options, "number")];
	(*out)->host = host;
	(*out)->env = args->env;
	pthread_mutex_init(&(*out)->lock, NULL);
	return NULL;
}

static wr_status *gate_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->sink = sink;
	return NULL;
}

static void gate_writer_free(struct wr_writer *writer)
{
	wr_free(writer);
}

static wr_status *gate_encode(struct wr_writer *writer, const struct wr_batch *batch,
			      struct wr_chunk *chunk)
{
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		for (uint32_t c = 0; c < batch->column_count; c++) {
			if (c > 0)
				wr_text_putc(&chunk->bytes, ',');
			wr_value_print(&chunk->bytes, batch->column[c], wr_batch_row(batch, i),
				       NULL);
		}
		wr_text_putc(&chunk->bytes, ';');
	}
	return NULL;
}

static wr_status *gate_wait(struct wr_sink *sink)
{
	atomic_fetch_add(&sink->gate->waiting, 1);
	wr_host_waiting(sink->host, "the gate is closed");
	while (atomic_load(&sink->gate->closed)) {
		if (wr_host_stopping(sink->host))
			return wr_status_new(WR_RETRY, "The gate is closed");
		sink->env->ops->sleep_us(sink->env, 1000);
	}
	wr_host_resumed(sink->host);
	return NULL;
}

/* Gives up what is to be given up. */
static wr_status *gate_give_up(struct wr_sink *sink)
{
	wr_status *status = NULL;
	char *from, *to;

	pthread_mutex_lock(&sink->lock);
	for (from = sink->refused.data; status == NULL && from != NULL && *from != '\0';
	     from = to + 1) {
		struct wr_reject reject = {
		    .kind = "constraint", .text = "it ends in 3", .origin = "gate"};

		to = strchr(from, ';');
		reject.raw = (struct wr_str){from, (size_t)(to - from)};
		status = wr_host_reject(sink->host, &reject);
	}
	wr_text_clear(&sink->refused);
	pthread_mutex_unlock(&sink->lock);
	return status;
}

static wr_status *gate_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	struct gate *gate = sink->gate;
	char *from = chunk->bytes.data, *to;

	if (atomic_load(&gate->closed) && !atomic_load(&gate->commits))
		WR_TRY(gate_wait(sink));
	pthread_mutex_lock(&sink->lock);
	for (; from != NULL && *from != '\0'; from = to + 1) {
		to = strchr(from, ';');
		if (gate->refuses != REFUSES_NOTHING && to[-1] == '3')
			wr_text_add(&sink->refused, from, (size_t)(to + 1 - from));
		else
			wr_text_add(&gate->text, from, (size_t)(to + 1 - from));
	}
	pthread_mutex_unlock(&sink->lock);
	atomic_fetch_add(&gate->rows, (unsigned)chunk->rows);
	return gate->refuses == REFUSES_WRITE ? gate_give_up(sink) : NULL;
}

static wr_status *gate_flush(struct wr_sink *sink)
{
	if (sink->gate->refuses == REFUSES_PREPARE ||
	    (sink->gate->refuses == REFUSES_COMMIT && !sink->committed))
		return NULL;
	return gate_give_up(sink);
}

static wr_status *gate_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	memset(wr_text_reserve(out, sink->gate->much), 'm', sink->gate->much);
	out->len += sink->gate->much;
	return sink->gate->refuses == REFUSES_PREPARE ? gate_give_up(sink) : NULL;
}

static wr_status *gate_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	sink->committed = true;
	atomic_fetch_add(&sink->gate->commits_done, 1);
	assert_int_equal(len, sink->gate->much);
	assert_true(len == 0 || (bytes[0] == 'm' && bytes[len - 1] == 'm'));
	return atomic_load(&sink->gate->commits) && atomic_load(&sink->gate->closed)
		   ? gate_wait(sink)
		   : NULL;
}

static wr_status *gate_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	atomic_fetch_add(&sink->gate->restores, 1);
	assert_int_equal(len, sink->gate->much);
	return NULL;
}

static wr_status *gate_close(struct wr_sink *sink, bool commit)
{
	wr_text_release(&sink->refused);
	pthread_mutex_destroy(&sink->lock);
	wr_free(sink);
	return NULL;
}

#define GATE                                                                                       \
	.doc = "Waits and refuses.", .options = gate_options, .option_count = 1, .blocks = true,   \
	.accepts_updates = true, .sink_open = gate_open, .writer_new = gate_writer_new,            \
	.encode = gate_encode, .writer_free = gate_writer_free, .write = gate_write,               \
	.sink_close = gate_close

static const struct wr_connector plain_gate = {.name = "gate", GATE, .flush = gate_flush};
static const struct wr_connector exact_gate = {.name = "exact-gate",
					       GATE,
					       .flush = gate_flush,
					       .prepare = gate_prepare,
					       .commit = gate_commit,
					       .restore = gate_restore};

/* --- running ------------------------------------------------------------------------------------
 */

struct run {
	struct wr_session *session;
	const char *script;
	pthread_t thread;
	wr_status *status; /* once it has ended */
	atomic_bool ended;
	struct wr_text notices; /* lines */
	struct wr_job_stats stats;
	pthread_mutex_t lock;
};

static void hear_notice(void *user, const char *text)
{
	struct run *run = user;

	pthread_mutex_lock(&run->lock);
	wr_text_puts(&run->notices, text);
	wr_text_putc(&run->notices, '\n');
	pthread_mutex_unlock(&run->lock);
}

static void hear_end(void *user, const struct wr_job_stats *stats, bool ok)
{
	((struct run *)user)->stats = *stats;
}

static void *run_main(void *argument)
{
	struct run *run = argument;

	run->status = wr_session_script(run->session, wr_str_of(run->script), NULL, WR_SCRIPT_RUN);
	atomic_store(&run->ended, true);
	return NULL;
}

static void begin(struct run *run, const char *script)
{
	static const struct wr_connector *connectors[64];
	struct wr_listener listener = {.notice = hear_notice, .job_end = hear_end, .user = run};
	uint32_t count = 0;

	*run = (struct run){.script = script};
	pthread_mutex_init(&run->lock, NULL);
	while (wr_connectors[count] != NULL) {
		connectors[count] = wr_connectors[count];
		count++;
	}
	connectors[count++] = &plain_gate;
	connectors[count++] = &exact_gate;
	connectors[count] = NULL;
	run->session = wr_session_new(&listener);
	run->session->registry.connectors = connectors;
	assert_int_equal(pthread_create(&run->thread, NULL, run_main, run), 0);
}

static void end(struct run *run)
{
	pthread_join(run->thread, NULL);
	wr_session_free(run->session);
	pthread_mutex_destroy(&run->lock);
}

static void release(struct run *run)
{
	wr_text_release(&run->notices);
	wr_status_free(run->status);
}

static int reset(void **state)
{
	for (uint32_t i = 0; i < WR_COUNT(gates); i++)
		wr_text_release(&gates[i].text);
	memset(gates, 0, sizeof gates);
	return 0;
}

/* Waits until `what` holds. */
#define UNTIL(what)                                                                                \
	do {                                                                                       \
		int64_t begin_us = wr_mono_us(wr_env_system());                                    \
		while (!(what)) {                                                                  \
			assert_true(wr_mono_us(wr_env_system()) - begin_us < SECONDS * 1000000);   \
			wr_env_system()->ops->sleep_us(wr_env_system(), 1000);                     \
		}                                                                                  \
	} while (0)

static uint32_t count_text(const char *text, const char *part)
{
	uint32_t count = 0;

	for (; text != NULL && (text = strstr(text, part)) != NULL; text += strlen(part))
		count++;
	return count;
}

#define NUMBERS(rows)                                                                              \
	"CREATE TABLE n (a BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = "            \
	"'50000000', 'number-of-rows' = '" rows                                                    \
	"', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '" rows "');\n"
#define GATES                                                                                      \
	"CREATE TABLE g (a BIGINT) WITH ('connector' = 'gate', 'number' = '0');\n"                 \
	"CREATE TABLE h (a BIGINT) WITH ('connector' = 'gate', 'number' = '1');\n"
#define BOTH                                                                                       \
	"EXECUTE STATEMENT SET BEGIN INSERT INTO g SELECT a FROM n; "                              \
	"INSERT INTO h SELECT a FROM n; END;\n"

/* --- waiting ------------------------------------------------------------------------------------
 */

static void test_others_go_on_while_one_waits(void **state)
{
	struct run run;

	atomic_store(&gates[0].closed, true);
	/* With the batches of 7 rows that fit into its queue, the other sink gets on. */
	begin(&run, "SET 'parallelism.default' = '1'; SET 'weir.batch.max-rows' = '7';" NUMBERS(
			"100") GATES BOTH);
	UNTIL(atomic_load(&gates[1].rows) == 100);
	UNTIL(atomic_load(&gates[0].waiting) == 1);
	assert_int_equal(atomic_load(&gates[0].rows), 0);
	assert_false(atomic_load(&run.ended));
	atomic_store(&gates[0].closed, false);
	end(&run);
	assert_null(run.status);
	assert_int_equal(atomic_load(&gates[0].rows), 100);
	assert_string_equal(run.notices.data, "warning: Table 'g' waits: the gate is closed\n"
					      "Table 'g' goes on\n");
	release(&run);
}

static void test_full_queues_hold_the_job(void **state)
{
	struct run run;

	atomic_store(&gates[0].closed, true);
	begin(&run, "SET 'parallelism.default' = '2'; SET 'weir.batch.max-rows' = '7';" NUMBERS(
			"200000") GATES BOTH);
	UNTIL(atomic_load(&gates[0].waiting) == 1);
	wr_env_system()->ops->sleep_us(wr_env_system(), 50000);
	assert_true(atomic_load(&gates[1].rows) < 200000);
	atomic_store(&gates[0].closed, false);
	end(&run);
	assert_null(run.status);
	assert_int_equal(atomic_load(&gates[0].rows), 200000);
	assert_int_equal(atomic_load(&gates[1].rows), 200000);
	assert_string_equal(gates[0].text.data, gates[1].text.data);
	release(&run);
}

static void cancel_while_it_waits(const char *script, const char *said)
{
	struct run run;

	atomic_store(&gates[0].closed, true);
	begin(&run, script);
	UNTIL(atomic_load(&gates[0].waiting) >= 1);
	wr_session_cancel(run.session);
	UNTIL(atomic_load(&run.ended));
	end(&run);
	assert_null(run.status);
	assert_non_null(strstr(run.notices.data, said));
	release(&run);
}

static void test_cancel_does_not_wait(void **state)
{
	cancel_while_it_waits(NUMBERS("200000") GATES BOTH,
			      "warning: Table 'g' is left: rows that it has not taken are not "
			      "written\n");
}

#define EXACT                                                                                      \
	"SET 'execution.checkpointing.interval' = '100 ms';"                                       \
	"CREATE TABLE e (a BIGINT) WITH ('connector' = 'exact-gate', 'number' = '0');\n"

static void test_cancel_does_not_wait_with_checkpoints(void **state)
{
	cancel_while_it_waits(EXACT NUMBERS("200000") "INSERT INTO e SELECT a FROM n;",
			      "Table 'e' is left: what it has not taken yet, a run that goes on "
			      "from the last checkpoint will write\n");
}

static void test_cancel_does_not_wait_for_a_commit(void **state)
{
	atomic_store(&gates[0].commits, true);
	cancel_while_it_waits(EXACT "CREATE TABLE n (a BIGINT) WITH ('connector' = 'datagen', "
				    "'rows-per-second' = '1000');"
				    "INSERT INTO e SELECT a FROM n;",
			      "Table 'e' is left: what it has not taken yet, a run that goes on "
			      "from the last checkpoint will write\n");
}

static void test_a_failure_elsewhere_does_not_wait(void **state)
{
	struct run run;

	atomic_store(&gates[0].closed, true);
	begin(&run, NUMBERS("3000") GATES
	      "EXECUTE STATEMENT SET BEGIN INSERT INTO g SELECT a FROM n WHERE a < 9; "
	      "INSERT INTO h SELECT CAST(CAST(1000 / (a - 2500) AS STRING) AS BIGINT) FROM n; "
	      "END;");
	UNTIL(atomic_load(&run.ended));
	end(&run);
	assert_non_null(run.status);
	assert_non_null(strstr(run.status->text, "ivision by zero"));
	release(&run);
}

static void test_a_checkpoint_that_waits_is_given_up(void **state)
{
	struct run run;

	atomic_store(&gates[0].closed, true);
	begin(&run, "SET 'execution.checkpointing.timeout' = '20 ms'; SET 'weir.batch.max-rows' = "
		    "'7';" EXACT NUMBERS("200000") "INSERT INTO e SELECT a FROM n;");
	UNTIL(atomic_load(&gates[0].waiting) >= 1);
	wr_env_system()->ops->sleep_us(wr_env_system(), 300000);
	atomic_store(&gates[0].closed, false);
	end(&run);
	assert_null(run.status);
	assert_int_equal(atomic_load(&gates[0].rows), 200000);
	assert_non_null(strstr(run.notices.data, "A checkpoint failed, the job goes on: It took "
						 "longer than 20 ms"));
	release(&run);
}

/* Megabytes of a sink travel through checkpoints. */
static void test_much_comes_back(void **state)
{
	struct run run;

	gates[0].much = 1 << 20;
	begin(&run, "SET 'weir.test.restore-every' = '2'; " EXACT NUMBERS(
			"20000") "INSERT INTO e SELECT a FROM n;");
	end(&run);
	assert_null(run.status);
	assert_true(atomic_load(&gates[0].restores) > 0);
	assert_true(atomic_load(&gates[0].commits_done) > atomic_load(&gates[0].restores));
	assert_int_equal(atomic_load(&gates[0].rows), 20000);
	release(&run);
}

/* --- rows that are given up ---------------------------------------------------------------------
 */

#define DEAD(mode)                                                                                 \
	"CREATE TABLE dead (`raw` STRING, error_kind STRING, error_text STRING, `table` STRING, "  \
	"origin STRING) WITH ('connector' = 'exact-gate', 'number' = '2');\n"                      \
	"CREATE TABLE e (a BIGINT) WITH ('connector' = 'exact-gate', 'number' = '0', "             \
	"'error-handling.mode' = '" mode "', 'error-handling.log.target' = 'dead');\n"

static void give_up(enum refuses refuses, const char *settings)
{
	struct wr_text script;
	struct run run;

	reset(NULL);
	gates[0].refuses = refuses;
	wr_text_init(&script);
	wr_text_printf(&script, "%s%s", settings,
		       NUMBERS("95") DEAD("log") "INSERT INTO e SELECT a FROM n;");
	begin(&run, script.data);
	end(&run);
	assert_null(run.status);
	assert_int_equal(count_text(gates[0].text.data, ";"), 85);
	assert_int_equal(run.stats.rows_bad, 10);
	assert_int_equal(count_text(gates[2].text.data, ";"), 10);
	for (uint32_t i = 3; i < 95; i += 10) {
		char row[80];

		snprintf(row, sizeof row, "%u,constraint,it ends in 3,e,gate;", i);
		assert_int_equal(count_text(gates[2].text.data, row) -
				     (i == 3 ? 9u : 0u), /* "13," has "3," */
				 1);
	}
	release(&run);
	wr_text_release(&script);
}

static void test_refused_rows_are_dead_letters(void **state)
{
	give_up(REFUSES_WRITE, "");
	give_up(REFUSES_WRITE, "SET 'execution.checkpointing.interval' = '100 ms';");
	give_up(REFUSES_PREPARE, "SET 'execution.checkpointing.interval' = '100 ms';");
	give_up(REFUSES_COMMIT, "SET 'execution.checkpointing.interval' = '100 ms';");
}

static void test_refused_rows_are_counted_or_fail(void **state)
{
	struct run run;

	gates[0].refuses = REFUSES_WRITE;
	begin(&run, NUMBERS("95") DEAD("ignore") "INSERT INTO e SELECT a FROM n;");
	end(&run);
	assert_null(run.status);
	assert_int_equal(run.stats.rows_bad, 10);
	assert_null(gates[2].text.data);
	release(&run);

	begin(&run, NUMBERS("95") DEAD("fail") "INSERT INTO e SELECT a FROM n;");
	end(&run);
	assert_string_equal(run.status->text,
			    "Table 'e': gate refuses a row (constraint): it ends in 3\n  3");
	assert_non_null(strstr(run.status->hint, "'error-handling.mode' = 'ignore'"));
	release(&run);
}

static void test_dead_letters_that_are_refused_do_not_go_round(void **state)
{
	struct run run;

	gates[0].refuses = gates[2].refuses = REFUSES_WRITE;
	/* The last column of the dead letters ends in 3 then. */
	begin(&run, NUMBERS("95") "CREATE TABLE dead (error_kind STRING, `raw` STRING) WITH "
				  "('connector' = 'gate', 'number' = '2');\n"
				  "CREATE TABLE e (a BIGINT) WITH ('connector' = 'gate', "
				  "'error-handling.mode' = 'log', "
				  "'error-handling.log.target' = 'dead');\n"
				  "INSERT INTO e SELECT a FROM n;");
	end(&run);
	assert_string_equal(
	    run.status->text,
	    "Table 'dead': gate refuses a row (constraint): it ends in 3\n  constraint,3");
	assert_non_null(strstr(run.status->hint, "the table of dead letters"));
	release(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_others_go_on_while_one_waits, reset),
	    cmocka_unit_test_setup(test_full_queues_hold_the_job, reset),
	    cmocka_unit_test_setup(test_cancel_does_not_wait, reset),
	    cmocka_unit_test_setup(test_cancel_does_not_wait_with_checkpoints, reset),
	    cmocka_unit_test_setup(test_cancel_does_not_wait_for_a_commit, reset),
	    cmocka_unit_test_setup(test_a_failure_elsewhere_does_not_wait, reset),
	    cmocka_unit_test_setup(test_a_checkpoint_that_waits_is_given_up, reset),
	    cmocka_unit_test_setup(test_much_comes_back, reset),
	    cmocka_unit_test_setup(test_refused_rows_are_dead_letters, reset),
	    cmocka_unit_test_setup(test_refused_rows_are_counted_or_fail, reset),
	    cmocka_unit_test_setup_teardown(test_dead_letters_that_are_refused_do_not_go_round,
					    reset, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
