/* SPDX-License-Identifier: Apache-2.0
 *
 * source - replaces ${NAME} and maps places back.
 */
#include "sql/source.h"

#include "base/limits.h"
#include "base/macros.h"

/* Where the scan for ${NAME} stands: what surrounds the byte decides whether it is replaced. */
enum region {
	REGION_CODE,
	REGION_STRING,       /* '..' */
	REGION_NAME,         /* `..` */
	REGION_LINE_COMMENT, /* -- or // to the end of the line */
	REGION_COMMENT       /* between the marks of a block comment; a hint is code */
};

/* The place of `len` bytes at `offset` of the user's text, counted from the start (for errors:
 * once). */
static struct wr_pos user_place(struct wr_str user, size_t offset, size_t len)
{
	struct wr_pos pos = {
	    .line = 1, .column = 1, .offset = (uint32_t)offset, .length = (uint32_t)len};
	for (size_t i = 0; i < offset; i++) {
		unsigned char c = (unsigned char)user.data[i];
		if (c == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((c & 0xC0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}

/* Bytes of the UTF-8 sequence at `data`; 0: not one (overlong, surrogate, above U+10FFFF, cut). */
static size_t utf8_sequence(const unsigned char *data, size_t left)
{
	if (data[0] < 0x80)
		return 1;
	size_t len = data[0] >= 0xF0 ? 4 : data[0] >= 0xE0 ? 3 : 2;
	if (data[0] < 0xC2 || data[0] > 0xF4 || left < len)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((data[i] & 0xC0) != 0x80)
			return 0;
	}
	if ((data[0] == 0xE0 && data[1] < 0xA0) || (data[0] == 0xED && data[1] > 0x9F) ||
	    (data[0] == 0xF0 && data[1] < 0x90) || (data[0] == 0xF4 && data[1] > 0x8F))
		return 0;
	return len;
}

/* Refuses what later stages rely on not to see: NUL bytes and broken UTF-8. */
static wr_status *check_bytes(struct wr_str user)
{
	for (size_t i = 0; i < user.len;) {
		const unsigned char *at = (const unsigned char *)user.data + i;
		size_t len = utf8_sequence(at, user.len - i);
		if (len == 0)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, user_place(user, i, 1),
					 "The byte 0x%02X is not valid UTF-8 here", at[0]),
			    "Save the script as UTF-8");
		if (at[0] == '\0')
			return wr_status_at(WR_USER_ERROR, user_place(user, i, 1),
					    "The script holds a NUL byte");
		i += len;
	}
	return NULL;
}

/* The region behind byte `i`; *step is the number of bytes that belong together. */
static enum region next_region(enum region region, struct wr_str user, size_t i, size_t *step)
{
	char c = user.data[i];
	char next = i + 1 < user.len ? user.data[i + 1] : '\0';
	*step = 1;
	switch (region) {
	case REGION_CODE:
		if (c == '\'')
			return REGION_STRING;
		if (c == '`')
			return REGION_NAME;
		if ((c == '-' && next == '-') || (c == '/' && next == '/'))
			return REGION_LINE_COMMENT;
		if (c == '/' && next == '*' && !(i + 2 < user.len && user.data[i + 2] == '+')) {
			*step = 2;
			return REGION_COMMENT;
		}
		return REGION_CODE;
	case REGION_STRING: return c == '\'' ? REGION_CODE : region;
	case REGION_NAME: return c == '`' ? REGION_CODE : region;
	case REGION_LINE_COMMENT: return c == '\n' ? REGION_CODE : region;
	case REGION_COMMENT:
		if (c == '*' && next == '/') {
			*step = 2;
			return REGION_CODE;
		}
		return region;
	}
	return region;
}

/* Bytes of "${NAME}" at `i`; 0: it is none. */
static size_t variable_len(struct wr_str user, size_t i)
{
	if (user.len - i < 4 || user.data[i] != '$' || user.data[i + 1] != '{')
		return 0;
	size_t end = i + 2;
	while (end < user.len) {
		char c = user.data[end];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		bool later = (c >= '0' && c <= '9') || c == '.' || c == '-';
		if (!letter && !(later && end > i + 2))
			break;
		end++;
	}
	return end > i + 2 && end < user.len && user.data[end] == '}' ? end + 1 - i : 0;
}

/* The value of the variable written as `len` bytes at `i`, or an error that names the nearest one.
 */
static wr_status *find_variable(struct wr_str user, size_t i, size_t len, struct wr_arena *arena,
				const struct wr_variables *variables, const char **value)
{
	const char *name = wr_arena_strndup(arena, user.data + i + 2, len - 3);
	size_t count = variables == NULL ? 0 : variables->count;
	for (size_t v = 0; v < count; v++) {
		if (strcmp(variables->names[v], name) != 0)
			continue;
		*value = variables->values[v];
		wr_status *status = check_bytes(wr_str_of(*value));
		if (status == NULL)
			return NULL;
		wr_status_free(status);
		return wr_status_at(WR_USER_ERROR, user_place(user, i, len),
				    "The value of ${%s} is not valid UTF-8", name);
	}
	const char *near = count == 0 ? NULL : wr_nearest(name, variables->names, count);
	wr_status *status = wr_status_at(WR_USER_ERROR, user_place(user, i, len),
					 "The variable ${%s} is not defined", name);
	if (near != NULL)
		return wr_status_hint(status,
				      "Did you mean ${%s}? Or set it: weir run -v %s=VALUE; in a "
				      "program weir_set_variable",
				      near, name);
	return wr_status_hint(status,
			      "Set it: weir run -v %s=VALUE; in a program weir_set_variable", name);
}

/* Notes that `value_len` bytes were written at `start` for `user_len` bytes of the user's text. */
static void add_patch(struct wr_source *source, struct wr_arena *arena,
		      struct wr_source_patch patch)
{
	size_t count = source->patch_count;
	if (count == 0 || (count >= 8 && (count & (count - 1)) == 0)) {
		size_t capacity = count < 8 ? 8 : count * 2;
		struct wr_source_patch *grown =
		    WR_NEW_ARRAY(arena, struct wr_source_patch, capacity);
		if (count > 0)
			memcpy(grown, source->patches, count * sizeof(*grown));
		source->patches = grown;
	}
	source->patches[source->patch_count++] = patch;
}

/* Copies the user's text into `text`, variables replaced. */
static wr_status *replace_variables(struct wr_source *source, struct wr_arena *arena,
				    const struct wr_variables *variables, struct wr_text *text)
{
	struct wr_str user = source->user;
	enum region region = REGION_CODE;
	size_t copied = 0;
	for (size_t i = 0; i < user.len;) {
		bool comment = region == REGION_LINE_COMMENT || region == REGION_COMMENT;
		size_t len = user.data[i] == '$' && !comment ? variable_len(user, i) : 0;
		if (len == 0) {
			size_t step = 1;
			region = next_region(region, user, i, &step);
			i += step;
			continue;
		}
		const char *value = NULL;
		WR_TRY(find_variable(user, i, len, arena, variables, &value));
		wr_text_add(text, user.data + copied, i - copied);
		struct wr_source_patch patch = {text->len, strlen(value), i, len};
		add_patch(source, arena, patch);
		wr_text_add(text, value, patch.len);
		if (text->len > WR_SQL_BYTES_MAX)
			return wr_status_at(
			    WR_USER_ERROR, user_place(user, i, len),
			    "The script grows above %u bytes when its variables are replaced",
			    WR_SQL_BYTES_MAX);
		i += len;
		copied = i;
	}
	wr_text_add(text, user.data + copied, user.len - copied);
	return NULL;
}

/* Checks, replaces and keeps a copy in the arena. */
static wr_status *replace(struct wr_source *source, struct wr_arena *arena,
			  const struct wr_variables *variables)
{
	WR_TRY(check_bytes(source->user));

	struct wr_text text;
	wr_text_init(&text);
	wr_status *status = replace_variables(source, arena, variables, &text);
	if (status == NULL)
		source->text = (struct wr_str){
		    wr_arena_strndup(arena, wr_text_str(&text), text.len), text.len};
	wr_text_release(&text);
	return status;
}

wr_status *wr_source_open(struct wr_source *source, struct wr_arena *arena, struct wr_str user,
			  const struct wr_variables *variables, uint32_t script)
{
	*source = (struct wr_source){.user = user, .line = 1, .column = 1, .script = script};
	if (user.len > WR_SQL_BYTES_MAX)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The script has %zu bytes; at most %u are read",
						    user.len, WR_SQL_BYTES_MAX),
				      "Split it into several scripts");
	wr_status *status = replace(source, arena, variables);
	if (status != NULL && status->pos.line > 0)
		status->pos.script = script;
	return status;
}

/* The offset in the user's text of an offset in the replaced one; inside a value: the start or end
 * of ${NAME}. */
static size_t user_offset(const struct wr_source *source, size_t patch, size_t offset, bool is_end)
{
	size_t shift_from = 0;
	size_t shift_to = 0;
	if (patch > 0) {
		const struct wr_source_patch *before = &source->patches[patch - 1];
		shift_from = before->start + before->len;
		shift_to = before->user_start + before->user_len;
	}
	if (patch < source->patch_count) {
		const struct wr_source_patch *at = &source->patches[patch];
		if (is_end ? offset > at->start : offset >= at->start)
			return is_end ? at->user_start + at->user_len : at->user_start;
	}
	return shift_to + (offset - shift_from);
}

/* Moves the cursor to `start`, counting lines and columns on the way. */
struct wr_pos wr_source_place(struct wr_source *source, size_t start, size_t end)
{
	WR_ASSERT(start <= end && end <= source->text.len);
	const struct wr_source_patch *patches = source->patches;
	while (source->next_patch < source->patch_count &&
	       patches[source->next_patch].start + patches[source->next_patch].len <= start)
		source->next_patch++;
	size_t last = source->next_patch;
	while (last < source->patch_count && patches[last].start + patches[last].len < end)
		last++;

	size_t from = user_offset(source, source->next_patch, start, false);
	size_t to = user_offset(source, last, end, true);
	WR_ASSERT(from >= source->cursor && from <= source->user.len);
	for (; source->cursor < from; source->cursor++) {
		unsigned char c = (unsigned char)source->user.data[source->cursor];
		if (c == '\n') {
			source->line++;
			source->column = 1;
		} else if ((c & 0xC0) != 0x80) {
			source->column++;
		}
	}
	return (struct wr_pos){.line = source->line,
			       .column = source->column,
			       .offset = (uint32_t)from,
			       .length = (uint32_t)(to > from ? to - from : 0),
			       .script = source->script};
}
