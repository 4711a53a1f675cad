/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_regex - REGEXP and its kin, and STR_TO_MAP, whose delimiters are patterns too.
 *
 * A constant pattern is compiled once per program. Others are kept in a small cache of the call,
 * found again by their text. A pattern that Java refuses gives what Flink makes of it: FALSE for
 * REGEXP, NULL for the others, an error for STR_TO_MAP. A pattern that only this engine cannot run,
 * and a match that takes too many steps, are errors.
 *
 * Matches follow each other as Matcher.find() has it: behind an empty match the next try is one
 * UTF-16 unit further, so that a character of four bytes is tried once more in its middle. There
 * only an empty match can be, and it is assumed when the one before the character was empty.
 */
#include "expr/fn_string.h"

#include "base/mem.h"
#include "data/builder.h"
#include "expr/java_regex.h"

#define CACHE_SIZE 16 /* patterns that vary by row are few, or too many for any cache */

/* A compiled pattern by its text. */
struct entry {
	struct wr_text text;         /* of the pattern */
	bool is_set;                 /* text is that of the others */
	struct wr_regex *regex;      /* NULL: error says why */
	struct wr_regex_error error; /* likewise */
};

/* The patterns of a call. */
struct regex_state {
	struct entry entry[CACHE_SIZE]; /* by hash of the text */
};

static void release(void *state)
{
	struct regex_state *patterns = state;

	if (patterns == NULL)
		return;
	for (uint32_t i = 0; i < CACHE_SIZE; i++) {
		wr_regex_free(patterns->entry[i].regex);
		wr_text_release(&patterns->entry[i].text);
	}
	wr_free(patterns);
}

static struct entry *lookup(struct regex_state *patterns, struct wr_str text)
{
	uint32_t hash = (uint32_t)text.len;

	for (size_t i = 0; i < text.len; i++)
		hash = hash * 31 + (uint8_t)text.data[i];
	struct entry *entry = &patterns->entry[(hash ^ hash >> 15) % CACHE_SIZE];
	if (entry->is_set && entry->text.len == text.len &&
	    memcmp(wr_text_str(&entry->text), text.data, text.len) == 0)
		return entry;
	wr_regex_free(entry->regex);
	wr_text_clear(&entry->text);
	wr_text_add(&entry->text, text.data, text.len);
	entry->regex = wr_regex_compile(text, &entry->error);
	entry->is_set = true;
	return entry;
}

/* Compiles the constant patterns; one that cannot be run is an error before anything runs. */
static wr_status *prepare(struct wr_call *call, void **state)
{
	struct regex_state *patterns = wr_calloc(1, sizeof *patterns);
	const struct wr_column *constant = wr_call_const(call, 1);

	for (uint32_t i = 0; i < CACHE_SIZE; i++)
		wr_text_init(&patterns->entry[i].text);
	*state = patterns;
	if (constant == NULL || constant->phys != WR_P_STR)
		return NULL;
	struct wr_str pattern = wr_str_at(constant, 0);
	struct entry *entry = lookup(patterns, pattern);
	if (entry->regex != NULL || entry->error.is_invalid)
		return NULL;
	wr_status *status =
	    wr_status_hint(wr_status_new(WR_USER_ERROR, "%s: the pattern '%.*s' cannot be run: %s",
					 call->function->name, (int)WR_MIN(pattern.len, 200),
					 pattern.data, entry->error.text),
			   "Write it without that construct");
	release(patterns);
	*state = NULL;
	return status;
}

/* --- matches in a row ------------------------------------------------------------------------- */

/* Goes through the matches in one string. */
struct matcher {
	struct wr_eval *eval;
	const struct wr_call *call;
	struct wr_regex *regex;
	struct wr_str text;
	uint32_t row;   /* for errors */
	size_t next;    /* byte where the next search begins; beyond the length: the end */
	bool in_middle; /* the empty match to report next is in the middle of a character */
	bool is_middle; /* the current match is that one */
	size_t start;   /* of the current match */
	size_t end;     /* likewise */
};

/* Begins; false: the pattern is none (*invalid) or cannot be run (the row has failed). */
static bool matcher_begin(struct matcher *at, struct wr_eval *eval, const struct wr_call *call,
			  struct wr_str text, struct wr_str pattern, uint32_t row, bool *invalid)
{
	struct entry *entry = lookup(call->state, pattern);

	*invalid = entry->regex == NULL && entry->error.is_invalid;
	*at = (struct matcher){
	    .eval = eval, .call = call, .regex = entry->regex, .text = text, .row = row};
	if (entry->regex == NULL && !*invalid)
		wr_eval_fail(eval, row, "%s: the pattern '%.*s' cannot be run: %s",
			     call->function->name, (int)WR_MIN(pattern.len, 100), pattern.data,
			     entry->error.text);
	return entry->regex != NULL;
}

/* The next match; false: there is none, or the row has failed. */
static bool matcher_next(struct matcher *at)
{
	if (at->in_middle) {
		at->in_middle = false;
		at->is_middle = true;
		at->next = at->end + wr_utf_step(at->text.data + at->end, at->text.len - at->end);
		return true;
	}
	at->is_middle = false;
	if (at->next > at->text.len)
		return false;
	int found = wr_regex_find(at->regex, at->text, at->next);
	if (found < 0)
		wr_eval_fail(at->eval, at->row,
			     "%s: matching took more than %d steps; make the pattern less "
			     "ambiguous (nested repetitions such as (a+)+)",
			     at->call->function->name, WR_REGEX_STEPS_MAX);
	if (found <= 0)
		return false;
	wr_regex_group(at->regex, 0, &at->start, &at->end);
	at->end = WR_MAX(at->start, at->end);
	at->next = at->end;
	if (at->start == at->end) {
		uint32_t size = at->end < at->text.len
				    ? wr_utf_step(at->text.data + at->end, at->text.len - at->end)
				    : 1;
		at->next = at->end + size;
		at->in_middle = size == 4;
	}
	return true;
}

/* Number of UTF-16 units before byte `at`. */
static int32_t units_before(struct wr_str text, size_t at)
{
	int32_t units = 0;

	for (size_t i = 0; i < at; i += wr_utf_size(text.data[i]))
		units += wr_utf_size(text.data[i]) == 4 ? 2 : 1;
	return units;
}

/* --- kernels ---------------------------------------------------------------------------------- */

static wr_status *regexp(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint8_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str pattern = wr_str_at(arg[1], i);
		result[i] =
		    pattern.len > 0 &&
		    matcher_begin(&at, eval, call, wr_str_at(arg[0], i), pattern, i, &invalid) &&
		    matcher_next(&at);
	}
	return NULL;
}

static wr_status *regexp_count(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		if (wr_skips(eval, out, i))
			continue;
		result[i] = 0;
		if (matcher_begin(&at, eval, call, wr_str_at(arg[0], i), wr_str_at(arg[1], i), i,
				  &invalid)) {
			while (matcher_next(&at))
				result[i]++;
		} else if (invalid) {
			wr_out_null(out, i);
		}
	}
	return NULL;
}

/* Where the first match is, in UTF-16 units from 1; 0: nowhere. */
static wr_status *regexp_instr(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		if (wr_skips(eval, out, i))
			continue;
		result[i] = 0;
		if (matcher_begin(&at, eval, call, wr_str_at(arg[0], i), wr_str_at(arg[1], i), i,
				  &invalid)) {
			if (matcher_next(&at))
				result[i] = units_before(at.text, at.start) + 1;
		} else if (invalid) {
			wr_out_null(out, i);
		}
	}
	return NULL;
}

/* REGEXP_SUBSTR(text, pattern) and REGEXP_EXTRACT(text, pattern[, group]): the first match. */
static wr_status *regexp_extract(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		size_t start, end;
		if (wr_skips(eval, out, i))
			continue;
		int32_t group = call->arg_count > 2 ? (int32_t)wr_int_at(arg[2], i) : 0;
		if (group >= 0 &&
		    matcher_begin(&at, eval, call, wr_str_at(arg[0], i), wr_str_at(arg[1], i), i,
				  &invalid) &&
		    matcher_next(&at) && wr_regex_group(at.regex, (uint32_t)group, &start, &end))
			wr_out_view(out, i, at.text.data + start, (uint32_t)(end - start));
		else
			wr_out_null(out, i);
	}
	return NULL;
}

/* One row of REGEXP_EXTRACT_ALL; false: NULL. */
static bool extract_all(struct matcher *at, int64_t group, struct wr_builder *list)
{
	uint32_t count = 0;
	size_t start, end;

	if (group > wr_regex_groups(at->regex))
		return false;
	while (matcher_next(at)) {
		if (at->is_middle && group == 0)
			wr_builder_str(list->child[0], "", 0);
		else if (wr_regex_group(at->regex, (uint32_t)group, &start, &end))
			wr_builder_str(list->child[0], at->text.data + start, end - start);
		else
			wr_builder_null(list->child[0]);
		count++;
	}
	wr_builder_list(list, count);
	return true;
}

static wr_status *regexp_extract_all(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	struct wr_builder *list = wr_builder_new(call->type, rows);

	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		if (wr_skips(eval, out, i)) {
			wr_builder_null(list);
			continue;
		}
		int64_t group = call->arg_count > 2 ? wr_int_at(arg[2], i) : 1;
		if (group < 0 ||
		    !matcher_begin(&at, eval, call, wr_str_at(arg[0], i), wr_str_at(arg[1], i), i,
				   &invalid) ||
		    !extract_all(&at, group, list))
			wr_builder_null(list);
	}
	wr_out_adopt(out, list);
	wr_builder_free(list);
	return NULL;
}

/* Writes the text with every match replaced; false: the result is too long. */
static bool replace_all(struct matcher *at, struct wr_str with, struct wr_text *text)
{
	size_t from = 0;

	wr_text_clear(text);
	while (matcher_next(at)) {
		if (at->is_middle) {
			/* the halves of a pair come apart */
			wr_text_add(text, "?", 1);
			wr_text_add(text, with.data, with.len);
			wr_text_add(text, "?", 1);
			from = at->next;
		} else {
			wr_text_add(text, at->text.data + from, at->start - from);
			wr_text_add(text, with.data, with.len);
			from = at->end;
		}
		if (!wr_str_fits(at->eval, at->call, at->row, text->len))
			return false;
	}
	wr_text_add(text, at->text.data + from, at->text.len - from);
	return true;
}

static wr_status *regexp_replace(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	struct wr_text text;

	wr_text_init(&text);
	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		struct matcher at;
		bool invalid;
		if (wr_skips(eval, out, i))
			continue;
		if (!matcher_begin(&at, eval, call, wr_str_at(arg[0], i), wr_str_at(arg[1], i), i,
				   &invalid)) {
			wr_out_null(out, i);
			continue;
		}
		if (replace_all(&at, wr_str_at(arg[2], i), &text))
			wr_strout_put(&writer, i, wr_text_str(&text), (uint32_t)text.len);
	}
	wr_text_release(&text);
	return NULL;
}

/* --- STR_TO_MAP ------------------------------------------------------------------------------- */

/* Java's String.split in pieces; pieces beyond the room are cut off. */
struct pieces {
	struct wr_str *piece;
	uint32_t count;
	uint32_t capacity;
};

static void add_piece(struct wr_arena *arena, struct pieces *pieces, struct wr_str piece)
{
	if (pieces->count == pieces->capacity) {
		uint32_t capacity = pieces->capacity == 0 ? 16 : pieces->capacity * 2;
		struct wr_str *more = wr_arena_alloc(arena, capacity * sizeof *more);
		if (pieces->count > 0)
			memcpy(more, pieces->piece, pieces->count * sizeof *more);
		pieces->piece = more;
		pieces->capacity = capacity;
	}
	pieces->piece[pieces->count++] = piece;
}

/* Splits by the matcher's pattern. `limit` 0: all pieces, without empty ones at the end. */
static void split(struct matcher *at, struct wr_arena *arena, uint32_t limit, struct pieces *pieces)
{
	size_t from = 0;
	bool any = false;

	pieces->count = 0;
	while ((limit == 0 || pieces->count + 1 < limit) && matcher_next(at)) {
		if (at->is_middle || (at->end == 0 && at->start == 0))
			continue; /* no empty piece before a match of nothing */
		add_piece(arena, pieces, (struct wr_str){at->text.data + from, at->start - from});
		from = at->end;
		any = true;
	}
	add_piece(arena, pieces, (struct wr_str){at->text.data + from, at->text.len - from});
	while (any && limit == 0 && pieces->count > 0 && pieces->piece[pieces->count - 1].len == 0)
		pieces->count--;
}

/* A pair of STR_TO_MAP; the value's data is NULL for NULL. */
struct pair {
	struct wr_str key, value;
};

/* Adds a pair; of equal keys the last value counts, at the place of the first. */
static void put_pair(struct pair *pair, uint32_t *count, struct wr_str key, struct wr_str value)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (wr_str_same(pair[i].key, key)) {
			pair[i].value = value;
			return;
		}
	}
	pair[(*count)++] = (struct pair){key, value};
}

/* Delimiters of one row. */
struct delimiters {
	struct wr_str pair;
	struct wr_str value;
};

/* One row; false: the row has failed. */
static bool map_row(struct wr_eval *eval, const struct wr_call *call, struct wr_str text,
		    struct delimiters by, uint32_t row, struct wr_builder *map)
{
	struct wr_arena *arena = wr_eval_arena(eval);
	struct pieces pairs = {0}, halves = {0};
	struct matcher at;
	bool invalid = false;
	uint32_t count = 0;

	if (text.len > 0) {
		if (!matcher_begin(&at, eval, call, text, by.pair, row, &invalid))
			goto bad;
		split(&at, arena, 0, &pairs);
	}
	struct pair *pair = WR_NEW_ARRAY(arena, struct pair, pairs.count + 1);
	for (uint32_t i = 0; i < pairs.count; i++) {
		if (!matcher_begin(&at, eval, call, pairs.piece[i], by.value, row, &invalid))
			goto bad;
		split(&at, arena, 2, &halves);
		if (halves.count < 2)
			put_pair(pair, &count, pairs.piece[i], (struct wr_str){NULL, 0});
		else
			put_pair(pair, &count, halves.piece[0], halves.piece[1]);
	}
	for (uint32_t i = 0; i < count; i++) {
		wr_builder_str(map->child[0], pair[i].key.data, pair[i].key.len);
		if (pair[i].value.data == NULL)
			wr_builder_null(map->child[1]);
		else
			wr_builder_str(map->child[1], pair[i].value.data, pair[i].value.len);
	}
	wr_builder_list(map, count);
	return true;
bad:
	if (invalid)
		wr_eval_fail(eval, row,
			     "STR_TO_MAP: a delimiter is a regular expression, and this one is "
			     "not valid; escape what is meant literally");
	return false;
}

static wr_status *str_to_map(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_builder *map = wr_builder_new(call->type, rows);

	for (uint32_t i = 0; i < rows; i++) {
		struct delimiters by = {{",", 1}, {"=", 1}};
		if (wr_skips(eval, out, i)) {
			wr_builder_null(map);
			continue;
		}
		if (call->arg_count > 1)
			by = (struct delimiters){wr_str_at(arg[1], i), wr_str_at(arg[2], i)};
		if (!map_row(eval, call, wr_str_at(arg[0], i), by, i, map))
			wr_builder_null(map);
	}
	wr_out_adopt(out, map);
	wr_builder_free(map);
	return NULL;
}

/* --- infer ------------------------------------------------------------------------------------ */

/* Text, pattern and then strings ('s') or a group's number ('i'). */
static bool want(struct wr_infer *infer, char rest)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		bool number = i >= 2 && rest == 'i';
		if (type == NULL)
			return false;
		if (type->kind == WR_NULL)
			infer->want[i] = number ? &WR_T_INT : &WR_T_STRING;
		else if (number ? !wr_kind_is_integer(type->kind) : !wr_kind_is_string(type->kind))
			return false;
	}
	return true;
}

static wr_status *infer_extract(struct wr_infer *infer)
{
	infer->result = &WR_T_STRING;
	return want(infer, 'i') ? NULL : wr_infer_mismatch(infer);
}

static wr_status *infer_extract_all(struct wr_infer *infer)
{
	infer->result = wr_type_array(infer->arena, &WR_T_STRING);
	return want(infer, 'i') ? NULL : wr_infer_mismatch(infer);
}

static wr_status *infer_str_to_map(struct wr_infer *infer)
{
	infer->result = wr_type_map(infer->arena, &WR_T_STRING, &WR_T_STRING);
	return infer->arg_count != 2 && want(infer, 's') ? NULL : wr_infer_mismatch(infer);
}

/* --- the functions ---------------------------------------------------------------------------- */

/* One function: identifier, name, syntax, further flags, fewest and most arguments, infer, kernel,
 * doc. */
#define DEFINE(ident, NAME, SYNTAX, FLAGS, MIN, MAX, INFER, KERNEL, DOC)                           \
	static const struct wr_function ident = {.name = NAME,                                     \
						 .category = "string",                             \
						 .syntax = SYNTAX,                                 \
						 .doc = DOC,                                       \
						 .flags = WR_F_STRICT | WR_F_FALLIBLE |            \
							  WR_F_EXPENSIVE | (FLAGS),                \
						 .min_args = MIN,                                  \
						 .max_args = MAX,                                  \
						 .infer = INFER,                                   \
						 .kernel = KERNEL,                                 \
						 .prepare = prepare,                               \
						 .release = release}

DEFINE(fn_regexp, "REGEXP", "REGEXP(string, pattern)", 0, 2, 2, wr_infer_string_to_bool, regexp,
       "Whether the pattern is found in the string; FALSE for an empty or invalid one.");
DEFINE(fn_replace, "REGEXP_REPLACE", "REGEXP_REPLACE(string, pattern, replacement)", 0, 3, 3,
       wr_infer_string_to_string, regexp_replace,
       "The string with every match replaced, literally; NULL for an invalid pattern.");
DEFINE(fn_extract, "REGEXP_EXTRACT", "REGEXP_EXTRACT(string, pattern[, group])", WR_F_NULLABLE, 2,
       3, infer_extract, regexp_extract,
       "What a group (0: all of it) of the first match is; NULL without one.");
DEFINE(fn_extract_all, "REGEXP_EXTRACT_ALL", "REGEXP_EXTRACT_ALL(string, pattern[, group])",
       WR_F_NULLABLE, 2, 3, infer_extract_all, regexp_extract_all,
       "An array of what a group (1 if not given) of every match is.");
DEFINE(fn_count, "REGEXP_COUNT", "REGEXP_COUNT(string, pattern)", WR_F_NULLABLE, 2, 2,
       wr_infer_string_to_int, regexp_count, "Number of matches; NULL for an invalid pattern.");
DEFINE(fn_instr, "REGEXP_INSTR", "REGEXP_INSTR(string, pattern)", WR_F_NULLABLE, 2, 2,
       wr_infer_string_to_int, regexp_instr, "Where the first match is, from 1; 0 without one.");
DEFINE(fn_substr, "REGEXP_SUBSTR", "REGEXP_SUBSTR(string, pattern)", WR_F_NULLABLE, 2, 2,
       wr_infer_string_to_string, regexp_extract, "The first match; NULL without one.");
DEFINE(fn_str_to_map, "STR_TO_MAP", "STR_TO_MAP(string[, delimiter1, delimiter2])", WR_F_NULLABLE,
       1, 3, infer_str_to_map, str_to_map,
       "A map of the pairs between delimiter1 (,), key and value parted by delimiter2 (=).");

const struct wr_function *const wr_fn_regex[] = {
    &fn_regexp, &fn_replace, &fn_extract, &fn_extract_all,
    &fn_count,  &fn_instr,   &fn_substr,  &fn_str_to_map,
};
const uint32_t wr_fn_regex_count = WR_COUNT(wr_fn_regex);
