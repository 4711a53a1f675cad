/* SPDX-License-Identifier: Apache-2.0
 *
 * functions - functions of the program in SQL: forms, NULLs, rows that fail, aggregates, table
 * functions, names, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <math.h>

#include <cmocka.h>

#include "weir/weir.h"

/* --- what is registered --- */

static int square(void *self, const struct weir_row *args, struct weir_appender *out)
{
	double x;

	if (!weir_get_f64(args, 0, &x))
		return weir_function_fail(out, "called with NULL");
	if (x > 1e6)
		return weir_function_fail(out, "%g is too large", x);
	weir_append_f64(out, x * x);
	return 0;
}
static const struct weir_function f_square = {.size = sizeof(struct weir_function),
					      .kind = WEIR_SCALAR,
					      .flags = WEIR_NULL_IN_NULL_OUT,
					      .arguments = "x DOUBLE",
					      .result = "DOUBLE NOT NULL",
					      .eval = square};

/* The same for a whole batch; every value that is skipped counts. */
static int square_batch(void *self, const struct weir_batch *args, struct weir_vector *out)
{
	double *to = out->data;
	struct weir_column x;

	if (!weir_batch_column(args, 0, &x) || x.layout != WEIR_LAYOUT_F64)
		return -1;
	for (uint32_t i = 0; i < out->rows; i++) {
		double value = ((const double *)x.data)[i & x.mask];

		if (value > 1e6)
			weir_vector_fail(out, i, "%g is too large", value);
		to[i] = value * value;
	}
	return 0;
}
static const struct weir_function f_square_batch = {.size = sizeof(struct weir_function),
						    .kind = WEIR_SCALAR,
						    .flags = WEIR_NULL_IN_NULL_OUT,
						    .arguments = "x DOUBLE",
						    .result = "DOUBLE",
						    .eval_batch = square_batch};

/* Says which form was called, and with how many arguments. */
static int form(void *self, const struct weir_row *args, struct weir_appender *out)
{
	char text[64];

	snprintf(text, sizeof text, "%s/%u", (const char *)self,
		 weir_column_count(weir_row_result(args)));
	weir_append_text(out, text);
	return 0;
}
#define FORM(args, text, further)                                                                  \
	{                                                                                          \
		.size = sizeof(struct weir_function), .kind = WEIR_SCALAR, .arguments = args,      \
		.result = "STRING", .eval = form, .user = text, .next = further                    \
	}
static const struct weir_function f_form_many =
    FORM("format STRING, rest STRING ...", "many", NULL);
static const struct weir_function f_form_two = FORM("a BIGINT, b BIGINT", "two", &f_form_many);
static const struct weir_function f_form_one = FORM("a DOUBLE", "double", &f_form_two);
static const struct weir_function f_form = FORM("a BIGINT", "bigint", &f_form_one);
static const struct weir_function f_form_none = FORM("", "none", NULL);

/* Of vectors with strings: "<x>", NULL for the empty string. */
static int quote_batch(void *self, const struct weir_batch *args, struct weir_vector *out)
{
	struct weir_column x;
	char text[256];

	weir_batch_column(args, 0, &x);
	for (uint32_t i = 0; i < out->rows; i++) {
		const struct weir_string *s = &((const struct weir_string *)x.data)[i & x.mask];

		if (weir_vector_skips(out, i))
			continue;
		if (s->size == 0) {
			weir_vector_null(out, i);
			continue;
		}
		int len = snprintf(text, sizeof text, "<%.*s>", (int)s->size, weir_string_data(s));
		weir_vector_string(out, i, text, (size_t)len);
	}
	return 0;
}
static const struct weir_function f_quote = {.size = sizeof(struct weir_function),
					     .kind = WEIR_SCALAR,
					     .flags = WEIR_NULL_IN_NULL_OUT,
					     .arguments = "x STRING",
					     .result = "STRING",
					     .eval_batch = quote_batch};

/* Returns its argument, whatever type it has; takes one more that must be constant. */
static int same_infer(void *user, struct weir_signature *signature)
{
	const struct weir_result *args = weir_signature_arguments(signature);
	int64_t n;

	if (weir_column_count(args) != 2)
		return -1;
	if (!weir_get_i64(weir_signature_constants(signature), 1, &n))
		return weir_signature_fail(signature, "The second argument must be a constant");
	return weir_signature_return(signature, weir_column_type_text(args, 0));
}
static int same_open(void *user, const struct weir_row *constants, void **self)
{
	int64_t n = 0;

	weir_get_i64(constants, 1, &n);
	if (n == 13)
		return weir_open_fail(constants, "%d brings bad luck", (int)n);
	*self = malloc(1);
	++*(int *)user;
	return 0;
}
static int same(void *self, const struct weir_row *args, struct weir_appender *out)
{
	weir_append_value(out, args, 0);
	return 0;
}
static int open_count;
static void same_close(void *self)
{
	if (self == &open_count)
		return;
	free(self);
	open_count--;
}
static const struct weir_function f_same = {.size = sizeof(struct weir_function),
					    .kind = WEIR_SCALAR,
					    .infer = same_infer,
					    .open = same_open,
					    .close = same_close,
					    .eval = same,
					    .user = &open_count};

/* Words of a text, and where they begin. */
static int words(void *self, const struct weir_row *args, struct weir_appender *out)
{
	const char *text;
	size_t len, from = 0;

	if (!weir_get_bytes(args, 0, &text, &len))
		return 0;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != ' ')
			continue;
		if (i > from && text[from] == '!')
			return weir_function_fail(out, "a word begins with '!'");
		if (i > from) {
			weir_append_bytes(out, text + from, i - from);
			weir_append_i64(out, (int64_t)from);
			weir_append_end(out);
		}
		from = i + 1;
	}
	return 0;
}
static const struct weir_function f_words = {.size = sizeof(struct weir_function),
					     .kind = WEIR_TABLE,
					     .arguments = "text STRING",
					     .result = "word STRING NOT NULL, begins INT",
					     .eval = words};

/* Geometric mean, and the longest text: an accumulator with a STRING member. */
struct mean {
	double logs;
	int64_t count;
};
static int mean_add(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	struct mean *mean = acc;
	double x;

	if (!weir_get_f64(args, 0, &x))
		return 0;
	if (x <= 0)
		return weir_call_fail(call, "%g is not positive", x);
	mean->logs += log(x);
	mean->count++;
	return 0;
}
static int mean_sub(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	struct mean *mean = acc;
	double x;

	if (!weir_get_f64(args, 0, &x))
		return 0;
	mean->logs -= log(x);
	mean->count--;
	return 0;
}
static int mean_merge(void *self, struct weir_call *call, void *into, const void *from)
{
	((struct mean *)into)->logs += ((const struct mean *)from)->logs;
	((struct mean *)into)->count += ((const struct mean *)from)->count;
	return 0;
}
static int mean_result(void *self, struct weir_call *call, const void *acc,
		       struct weir_appender *out)
{
	const struct mean *mean = acc;

	if (mean->count > 0)
		weir_append_f64(out, round(exp(mean->logs / (double)mean->count) * 1e6) / 1e6);
	return 0;
}
static const struct weir_function f_mean = {.size = sizeof(struct weir_function),
					    .kind = WEIR_AGGREGATE,
					    .arguments = "x DOUBLE",
					    .result = "DOUBLE",
					    .accumulator = "logs DOUBLE, n BIGINT",
					    .accumulator_size = sizeof(struct mean),
					    .accumulate = mean_add,
					    .retract = mean_sub,
					    .merge = mean_merge,
					    .get_result = mean_result};

/* A sum that is kept on the heap from the first row of some calls until it settles. */
struct later {
	int64_t total, kept; /* kept: address of what is to be added; 0: nothing is */
};
static int64_t *later_kept(struct later *later)
{
	if (later->kept == 0)
		later->kept = (intptr_t)calloc(1, sizeof(int64_t));
	return (int64_t *)(intptr_t)later->kept;
}
static int later_add(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	int64_t x = 0;

	weir_get_i64(args, 0, &x);
	*later_kept(acc) += x;
	return x != 99 ? 0 : weir_call_fail(call, "99 is refused");
}
static int later_sub(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	int64_t x = 0;

	weir_get_i64(args, 0, &x);
	*later_kept(acc) -= x;
	return 0;
}
static int later_merge(void *self, struct weir_call *call, void *into, const void *from)
{
	const struct later *other = from;

	*later_kept(into) +=
	    other->total + (other->kept != 0 ? *(int64_t *)(intptr_t)other->kept : 0);
	return 0;
}
static int later_settle(void *self, struct weir_call *call, void *acc)
{
	struct later *later = acc;
	int64_t *kept = (int64_t *)(intptr_t)later->kept;

	if (kept == NULL)
		return 0;
	later->total += *kept;
	later->kept = 0;
	free(kept);
	return later->total != 77 ? 0 : weir_call_fail(call, "77 does not settle");
}
static int later_result(void *self, struct weir_call *call, const void *acc,
			struct weir_appender *out)
{
	const struct later *later = acc;

	if (later->kept != 0)
		return weir_call_fail(call, "it has not settled");
	weir_append_i64(out, later->total);
	return 0;
}
static const struct weir_function f_later = {.size = sizeof(struct weir_function),
					     .kind = WEIR_AGGREGATE,
					     .arguments = "x BIGINT",
					     .result = "BIGINT",
					     .accumulator = "total BIGINT, kept BIGINT",
					     .accumulator_size = sizeof(struct later),
					     .accumulate = later_add,
					     .retract = later_sub,
					     .merge = later_merge,
					     .get_result = later_result,
					     .settle = later_settle};

static int longest_add(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	struct weir_bytes *best = acc;
	const char *text;
	size_t len;

	if (weir_get_bytes(args, 0, &text, &len) && len > best->size)
		weir_call_bytes(call, best, text, len);
	return 0;
}
static int longest_result(void *self, struct weir_call *call, const void *acc,
			  struct weir_appender *out)
{
	const struct weir_bytes *best = acc;

	if (best->size > 0)
		weir_append_bytes(out, best->data, best->size);
	return 0;
}
static const struct weir_function f_longest = {.size = sizeof(struct weir_function),
					       .kind = WEIR_AGGREGATE,
					       .arguments = "text STRING",
					       .result = "STRING",
					       .accumulator = "best STRING",
					       .accumulator_size = sizeof(struct weir_bytes),
					       .accumulate = longest_add,
					       .get_result = longest_result};

/* --- a process table function: sums from `start` on, and what was above the limit --- */

struct total {
	int64_t sum;
};
static const struct weir_state total_state = {.size = sizeof(struct weir_state),
					      .name = "total",
					      .kind = WEIR_VALUE,
					      .columns = "amount BIGINT",
					      .value_size = sizeof(struct total)};
static int total_open(void *user, const struct weir_row *constants, void **self)
{
	int64_t base;

	if (!weir_get_i64(constants, 0, &base))
		return weir_open_fail(constants, "base is NULL");
	*self = malloc(sizeof base);
	memcpy(*self, &base, sizeof base);
	return 0;
}
static int total_element(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct total *total = weir_state_make(context, 0);
	int64_t x;

	if (!weir_get_i64(row, 1, &x))
		return weir_fail(context, "x is NULL");
	total->sum += x;
	weir_append_i64(weir_output(context), *(int64_t *)self + total->sum);
	weir_append_end(weir_output(context));
	return 0;
}
static const struct weir_process total_process = {.size = sizeof(struct weir_process),
						  .name = "total",
						  .columns = "total BIGINT NOT NULL",
						  .state = &total_state,
						  .state_count = 1,
						  .element = total_element,
						  .close = free};
static const struct weir_function f_total = {.size = sizeof(struct weir_function),
					     .kind = WEIR_PROCESS_TABLE,
					     .arguments = "input TABLE AS SET, base BIGINT",
					     .open = total_open,
					     .process = &total_process};

/* --- the harness --- */

struct heard {
	char text[4096];
};

static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s", text);
}

static int hear_row(void *user, const struct weir_row *row)
{
	static const char *const kinds[] = {"+I", "-U", "+U", "-D"};
	struct heard *heard = user;
	uint32_t count = weir_column_count(weir_row_result(row));

	append(heard->text, sizeof heard->text, kinds[weir_row_kind(row)]);
	for (uint32_t i = 0; i < count; i++) {
		const char *text = weir_get_text(row, i);

		append(heard->text, sizeof heard->text, i == 0 ? "(" : ",");
		append(heard->text, sizeof heard->text, text != NULL ? text : "NULL");
	}
	append(heard->text, sizeof heard->text, ")");
	return 0;
}

static int hear_text(void *user, const char *text)
{
	append(((struct heard *)user)->text, sizeof((struct heard *)user)->text, text);
	return 0;
}

/* Registers all of the above. */
static struct weir_session *start(void)
{
	static const struct {
		const char *name;
		const struct weir_function *function;
	} all[] = {{"square", &f_square},   {"square_batch", &f_square_batch},
		   {"form", &f_form},       {"form", &f_form_none},
		   {"quote", &f_quote},     {"same", &f_same},
		   {"words", &f_words},     {"geometric_mean", &f_mean},
		   {"longest", &f_longest}, {"sums", &f_total},
		   {"later", &f_later}};
	struct weir_session *session = weir_session_new();

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct weir_error *error = NULL;

		if (weir_register_function(session, all[i].name, all[i].function, &error) != 0)
			fail_msg("%s: %s", all[i].name, weir_error_report(error));
	}
	return session;
}

/* Runs a script in a session and compares what came out, or the error. */
static void check_in(struct weir_session *session, const char *sql, const char *expected)
{
	struct heard heard = {0};
	struct weir_handler handler = {
	    .size = sizeof handler, .row = hear_row, .text = hear_text, .user = &heard};
	struct weir_error *error = NULL;

	if (weir_execute(session, sql, &handler, &error) != WEIR_OK) {
		append(heard.text, sizeof heard.text, "error: ");
		append(heard.text, sizeof heard.text, weir_error_text(error));
		if (weir_error_hint(error) != NULL) {
			append(heard.text, sizeof heard.text, " | ");
			append(heard.text, sizeof heard.text, weir_error_hint(error));
		}
	}
	weir_error_free(error);
	if (strcmp(heard.text, expected) != 0)
		fail_msg("%s\n  gives    %s\n  expected %s", sql, heard.text, expected);
}

/* With batches of one row, two workers, and as usual. */
static void check(const char *sql, const char *expected)
{
	static const char *const modes[][2] = {{"weir.batch.max-rows", "1"},
					       {"weir.batch.max-rows", "4096"},
					       {"parallelism.default", "2"}};

	for (size_t i = 0; i < 3; i++) {
		struct weir_session *session = start();

		weir_set_option(session, "parallelism.default", "1", NULL);
		weir_set_option(session, modes[i][0], modes[i][1], NULL);
		check_in(session, sql, expected);
		weir_session_free(session);
	}
}

#define BAD_ROW                                                                                    \
	" | Leave such rows out with a condition; or set 'error-handling.mode' = 'ignore' (such "  \
	"rows are counted) or 'log'"
#define NUMBERS "(VALUES (1, 2.0), (2, CAST(NULL AS DOUBLE)), (3, 4.0)) AS t(id, x)"

/* --- scalar functions --- */

static void test_scalar(void **state)
{
	check("SELECT id, square(x) FROM " NUMBERS, "+I(1,4.0)+I(2,NULL)+I(3,16.0)");
	check("SELECT id, SQUARE_BATCH(x) FROM " NUMBERS, "+I(1,4.0)+I(2,NULL)+I(3,16.0)");
	check("SELECT square(3), square_batch(CAST(3 AS TINYINT)), Square(2 + 1) + 1",
	      "+I(9.0,9.0,10.0)");
	check("SELECT id FROM " NUMBERS " WHERE square(x) > 10", "+I(3)");
	check("SELECT square(square(x)) FROM " NUMBERS " WHERE x IS NOT NULL", "+I(16.0)+I(256.0)");
	check("SELECT quote('a'), quote(''), quote(CAST(NULL AS STRING)), "
	      "quote('longer than twelve bytes')",
	      "+I(<a>,NULL,NULL,<longer than twelve bytes>)");
	check("SELECT quote(s) FROM (VALUES ('a'), (''), ('longer than twelve')) AS t(s)",
	      "+I(<a>)+I(NULL)+I(<longer than twelve>)");
}

static void test_forms(void **state)
{
	check("SELECT form(), form(1), form(CAST(1 AS TINYINT)), form(1.5), form(CAST(1 AS FLOAT))",
	      "+I(none/0,bigint/1,bigint/1,double/1,double/1)");
	check("SELECT form(1, 2), form('a'), form('a', 'b'), form('a', 'b', 'c', 'd')",
	      "+I(two/2,many/1,many/2,many/4)");
	check("SELECT form(1, 2, 3)",
	      "error: Cannot apply 'form' to arguments of type (INT NOT NULL, INT NOT NULL, INT "
	      "NOT NULL) | Supported forms: form(a BIGINT), form(a DOUBLE), form(a BIGINT, b "
	      "BIGINT), form(format STRING, rest STRING ...), form()");
	check("SELECT square('a')",
	      "error: Cannot apply 'square' to arguments of type (CHAR(1) NOT NULL) | Supported "
	      "form: square(x DOUBLE)");
	check("SELECT square(NULL)", "+I(NULL)");
}

static void test_infer(void **state)
{
	check("SELECT same(1, 2), same('x', 2), same(ARRAY[1, 2], 3), same(DATE '2024-01-31', 1)",
	      "+I(1,x,[1, 2],2024-01-31)");
	check("SELECT same(id, 2), same(x, 7) FROM " NUMBERS, "+I(1,2.0)+I(2,NULL)+I(3,4.0)");
	check("SELECT same(x, id) FROM " NUMBERS, "error: The second argument must be a constant");
	check("SELECT same(1)", "error: Cannot apply 'same' to arguments of type (INT NOT NULL) | "
				"Supported form: same(...)");
	check("SELECT same(x, 13) FROM " NUMBERS,
	      "error: Function 'same' cannot be opened: 13 brings bad luck");
	assert_int_equal(open_count, 0);
}

static void test_failing_rows(void **state)
{
	check("SELECT square(id * 1000000) FROM " NUMBERS " WHERE id > 1",
	      "error: square: 2e+06 is too large" BAD_ROW);
	check("SELECT CASE WHEN id < 2 THEN square(id * 1000000) END FROM " NUMBERS,
	      "+I(1.0E12)+I(NULL)+I(NULL)");
	check("SELECT CASE WHEN id < 2 THEN square_batch(id * 1000000) END FROM " NUMBERS,
	      "+I(1.0E12)+I(NULL)+I(NULL)");
	check("SET 'error-handling.mode' = 'ignore'; SELECT id, square(id * 1000000) FROM " NUMBERS,
	      "+I(1,1.0E12)");
	check("SET 'error-handling.mode' = 'ignore'; SELECT id, square_batch(id * 1000000) "
	      "FROM " NUMBERS,
	      "+I(1,1.0E12)");
}

/* --- table functions --- */

#define TEXTS "(VALUES (1, 'to be or'), (2, ''), (3, CAST(NULL AS STRING)), (4, 'x')) AS t(id, s)"

static void test_table(void **state)
{
	check("SELECT id, word, begins FROM " TEXTS ", LATERAL TABLE(words(s))",
	      "+I(1,to,0)+I(1,be,3)+I(1,or,6)+I(4,x,0)");
	check("SELECT id, w, n FROM " TEXTS " LEFT JOIN LATERAL TABLE(words(s)) AS f(w, n) ON TRUE",
	      "+I(1,to,0)+I(1,be,3)+I(1,or,6)+I(2,NULL,NULL)+I(3,NULL,NULL)+I(4,x,0)");
	check("SELECT id, f.begins FROM " TEXTS " JOIN LATERAL TABLE(words(s)) f ON TRUE WHERE "
	      "f.word <> 'be'",
	      "+I(1,0)+I(1,6)+I(4,0)");
	check("SELECT * FROM TABLE(words('a b'))", "+I(a,0)+I(b,2)");
	check("SELECT COUNT(*) FROM " TEXTS ", LATERAL TABLE(words(s)) GROUP BY id HAVING id = 4",
	      "+I(1)");
	check("SELECT word FROM TABLE(words('a !b c'))",
	      "error: words: a word begins with '!'" BAD_ROW);
	check("SELECT words('a')",
	      "error: 'words' is a table function: it gives rows, not a value | Write it in FROM: "
	      "LATERAL TABLE(words(...))");
	check("SELECT * FROM " TEXTS ", LATERAL TABLE(square(id))",
	      "error: 'square' is no table function | It gives a value: write it in SELECT or "
	      "WHERE");
}

/* --- aggregates --- */

#define PRICES "(VALUES ('a', 1.0), ('b', 3.0), ('a', 4.0), ('a', CAST(NULL AS DOUBLE))) AS t(k, x)"

static void test_aggregate(void **state)
{
	check("SET 'execution.runtime-mode' = 'batch'; SELECT k, geometric_mean(x), longest(k) "
	      "FROM " PRICES " GROUP BY k HAVING k = 'a'",
	      "+I(a,2.0,a)");
	check("SET 'execution.runtime-mode' = 'batch'; SELECT geometric_mean(x) FILTER (WHERE k = "
	      "'b'), geometric_mean(DISTINCT x), longest(k), COUNT(*) FROM " PRICES,
	      "+I(3.0,2.289428,a,4)");
	check("SET 'execution.runtime-mode' = 'batch'; SELECT geometric_mean(x) FROM " PRICES
	      " WHERE k = 'c'",
	      "+I(NULL)");
	check("SELECT geometric_mean(-x) FROM " PRICES " WHERE k = 'b'",
	      "error: geometric_mean: -3 is not positive");
	check("SELECT longest(k) FROM (SELECT k, COUNT(*) FROM " PRICES " GROUP BY k)",
	      "error: 'longest' takes no rows back, which this input or frame needs | Give the "
	      "function a `retract` callback");
	check("SET 'execution.runtime-mode' = 'batch'; SELECT geometric_mean(n) FROM (SELECT k, "
	      "COUNT(*) AS n FROM " PRICES " GROUP BY k)",
	      "+I(1.732051)");
}

#define LATER                                                                                      \
	"CREATE VIEW l AS SELECT * FROM (VALUES (1, 10, TIMESTAMP '2020-01-01 00:00:01'), (2, "    \
	"20, TIMESTAMP '2020-01-01 00:00:02'), (1, 30, TIMESTAMP '2020-01-01 00:00:09')) AS v(k, " \
	"x, ts); SET 'execution.runtime-mode' = 'batch';"

/* What a function keeps back is there whenever somebody else looks. */
static void test_settle(void **state)
{
	check(LATER "SELECT later(x) FROM l", "+I(60)");
	check(LATER "SELECT k, later(x), later(DISTINCT k) FROM l GROUP BY k HAVING k = 1",
	      "+I(1,40,1)");
	check(LATER "SELECT later(n) FROM (SELECT k, SUM(x) AS n FROM l GROUP BY k)", "+I(60)");
	check(LATER "SELECT later(x) FROM TABLE(HOP(TABLE l, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
		    "INTERVAL '30' SECOND)) WHERE k = 2 GROUP BY window_start, window_end LIMIT 1",
	      "+I(20)");
	check(LATER "SELECT later(x) FROM (SELECT x FROM l UNION ALL SELECT 99)",
	      "error: later: 99 is refused");
	check(LATER "SELECT later(x) FROM (SELECT x FROM l UNION ALL SELECT 17)",
	      "error: later: 77 does not settle");
}

/* --- process table functions --- */

#define CHANGES "CREATE VIEW t AS SELECT * FROM (VALUES ('a', 1), ('b', 5), ('a', 2)) AS v(k, x);"

static void test_process(void **state)
{
	struct weir_session *session = start();

	check(CHANGES "SELECT * FROM sums(TABLE t PARTITION BY k, 10) WHERE k = 'a'",
	      "+I(a,11)+I(a,13)");
	check(CHANGES "SELECT * FROM sums(TABLE t PARTITION BY k, CAST(NULL AS BIGINT))",
	      "error: 'sums', open failed: base is NULL");
	check_in(session, CHANGES, "");
	check_in(session, "SELECT * FROM sums(TABLE t PARTITION BY k, 10) WHERE k = 'a'",
		 "+I(a,11)+I(a,13)");
	check_in(session,
		 "SELECT k, total + 1 AS n FROM sums(base => 0, input => TABLE t PARTITION BY "
		 "k, uid => 'other') WHERE k = 'b'",
		 "+I(b,6)");
	check_in(session,
		 "SELECT COUNT(*) FROM TABLE(sums(TABLE t PARTITION BY k, 10)) GROUP BY k "
		 "HAVING k = 'b'",
		 "+I(1)");
	check_in(session, "SELECT * FROM sums(TABLE t, 10)",
		 "error: Argument 'input' of 'sums' needs a PARTITION BY");
	check_in(session, "SELECT * FROM sums(TABLE t PARTITION BY k)",
		 "error: Argument 'base' of 'sums' is missing | Supported form: sums(input "
		 "TABLE AS SET, base BIGINT)");
	check_in(session, "SELECT * FROM sums(TABLE t PARTITION BY k, 'a')",
		 "error: base is of type CHAR(1) NOT NULL, but BIGINT is expected | Write "
		 "CAST(... AS BIGINT) if that is what is meant");
	check_in(session, "SELECT * FROM sums(5, 10)",
		 "error: Argument 'input' of 'sums' is a table | Write input => TABLE t "
		 "PARTITION BY k");
	check_in(session,
		 "SELECT * FROM sums(TABLE t PARTITION BY k, 1) AS a, sums(TABLE t "
		 "PARTITION BY k, 2) AS b",
		 "error: Two process table functions of a statement are named 'sums' | Give "
		 "each a name of its own: uid => 'name'");
	check_in(session, "SELECT sums(1)",
		 "error: 'sums' is a table function: it gives rows, not a value | Write it in "
		 "FROM: sums(TABLE t PARTITION BY k, ...)");
	weir_session_free(session);
}

/* --- names --- */

static int upper(void *self, const struct weir_row *args, struct weir_appender *out)
{
	weir_append_text(out, "mine");
	return 0;
}
static const struct weir_function f_upper = {.size = sizeof(struct weir_function),
					     .kind = WEIR_SCALAR,
					     .arguments = "x STRING",
					     .result = "STRING",
					     .eval = upper};

static void refused(struct weir_session *session, const char *name,
		    const struct weir_function *function, const char *expected)
{
	struct weir_error *error = NULL;

	assert_int_equal(weir_register_function(session, name, function, &error), WEIR_MISUSE);
	assert_string_equal(weir_error_text(error), expected);
	weir_error_free(error);
}

static void test_names(void **state)
{
	struct weir_session *session = start();
	struct weir_error *error = NULL;

	check_in(session, "SELECT UPPER('a')", "+I(A)");
	assert_int_equal(weir_register_function(session, "upper", &f_upper, NULL), WEIR_OK);
	check_in(session, "SELECT UPPER('a')", "+I(mine)");
	check_in(session, "SHOW USER FUNCTIONS LIKE 'u%'", "upper\n");
	refused(session, "Upper", &f_upper, "There is a function upper(x STRING) already");
	assert_int_equal(weir_drop_function(session, "UPPER", NULL), WEIR_OK);
	check_in(session, "SELECT UPPER('a')", "+I(A)");
	assert_int_equal(weir_drop_function(session, "UPPER", &error), WEIR_MISUSE);
	assert_string_equal(weir_error_text(error), "There is no function 'UPPER' of the session");
	weir_error_free(error);
	check_in(session, "SELECT squar(1)",
		 "error: There is no function 'squar' | Did you mean 'square'?");
	weir_session_free(session);
}

static void test_refused(void **state)
{
	struct weir_session *session = start();
	struct weir_function bad = f_upper;

	refused(session, "", &f_upper, "A function needs a name");
	refused(session, "f", NULL, "Function 'f' has no descriptor");
	refused(session, "a b", &f_upper, "'a b' is no name of a function");
	refused(session, "1a", &f_upper, "'1a' is no name of a function");
	refused(session, "f()", &f_upper, "'f()' is no name of a function");
	bad.flags = 64 | WEIR_EXPENSIVE;
	refused(session, "f", &bad, "Function 'f' has the unknown flag 0x40");
	bad.size = 16;
	refused(session, "f", &bad, "The descriptor of function 'f' has a size of 16 bytes");
	bad = f_upper;
	bad.eval = NULL;
	refused(session, "f", &bad,
		"Function 'f' has no `eval`, which a scalar function must have");
	bad = f_upper;
	bad.arguments = NULL;
	refused(session, "f", &bad,
		"Function 'f' has no `arguments`, which a function without `infer` must have");
	bad = f_upper;
	bad.kind = (enum weir_function_kind)9;
	refused(session, "f", &bad, "Function 'f' is of the unknown kind 9");
	bad = f_upper;
	bad.next = &bad;
	refused(session, "f", &bad, "There is a function f(x STRING) already");
	bad = f_mean;
	bad.accumulator_size = 4;
	assert_int_equal(weir_register_function(session, "f", &bad, NULL), WEIR_MISUSE);
	refused(session, "words", &f_upper, "The forms of function 'words' are not of one kind");
	check_in(session, "SELECT f('a')", "error: There is no function 'f' | Did you mean 'IF'?");
	weir_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scalar), cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_infer),  cmocka_unit_test(test_failing_rows),
	    cmocka_unit_test(test_table),  cmocka_unit_test(test_aggregate),
	    cmocka_unit_test(test_settle), cmocka_unit_test(test_process),
	    cmocka_unit_test(test_names),  cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
