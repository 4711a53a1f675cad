/* SPDX-License-Identifier: Apache-2.0
 *
 * java_regex - compiles translated patterns with PCRE2 and runs them within bounds.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "expr/java_regex.h"

#include "base/macros.h"
#include "base/mem.h"
#include <pcre2.h>
#include <stdio.h>

#define JIT_STACK_MIN (32u << 10)
#define JIT_STACK_MAX (1u << 20) /* deep backtracking beyond it ends in an error */

struct wr_regex {
	pcre2_code *code;             /* compiled */
	pcre2_match_data *match;      /* bounds of the last match */
	pcre2_match_context *context; /* limits */
	pcre2_jit_stack *stack;       /* NULL: no JIT on this machine */
	uint32_t groups;              /* without group 0 */
};

void wr_regex_free(struct wr_regex *regex)
{
	if (regex == NULL)
		return;
	pcre2_match_data_free(regex->match);
	pcre2_match_context_free(regex->context);
	if (regex->stack != NULL)
		pcre2_jit_stack_free(regex->stack);
	pcre2_code_free(regex->code);
	wr_free(regex);
}

/* PCRE2's side: code, JIT and limits. */
static bool compile(struct wr_regex *regex, const struct wr_text *text,
		    struct wr_regex_error *error)
{
	int number;
	PCRE2_SIZE offset;

	regex->code =
	    pcre2_compile((PCRE2_SPTR)wr_text_str(text), text->len,
			  PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
			  &number, &offset, NULL);
	if (regex->code == NULL) {
		PCRE2_UCHAR message[120];
		pcre2_get_error_message(number, message, sizeof message);
		snprintf(error->text, sizeof error->text, "%s", (const char *)message);
		return false;
	}
	regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
	regex->context = pcre2_match_context_create(NULL);
	if (regex->match == NULL || regex->context == NULL) {
		snprintf(error->text, sizeof error->text, "out of memory");
		return false;
	}
	pcre2_set_match_limit(regex->context, WR_REGEX_STEPS_MAX);
	if (pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0) {
		regex->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
		if (regex->stack != NULL)
			pcre2_jit_stack_assign(regex->context, NULL, regex->stack);
	}
	return true;
}

struct wr_regex *wr_regex_compile(struct wr_str pattern, struct wr_regex_error *error)
{
	struct wr_regex *regex = wr_calloc(1, sizeof *regex);
	struct wr_text text;
	struct wr_regex_reader in = {.start = pattern.data,
				     .at = pattern.data,
				     .end = pattern.data + pattern.len,
				     .out = &text,
				     .error = error};

	*error = (struct wr_regex_error){0};
	wr_text_init(&text);
	bool done = false;
	if (pattern.len > WR_REGEX_PATTERN_MAX)
		snprintf(error->text, sizeof error->text, "it has more than %d bytes",
			 WR_REGEX_PATTERN_MAX);
	else
		done = wr_regex_translate(&in) && compile(regex, &text, error);
	wr_text_release(&text);
	regex->groups = in.total;
	if (done)
		return regex;
	wr_regex_free(regex);
	return NULL;
}

uint32_t wr_regex_groups(const struct wr_regex *regex)
{
	return regex->groups;
}

int wr_regex_find(struct wr_regex *regex, struct wr_str subject, size_t from)
{
	int found;

	WR_ASSERT(from <= subject.len);
	found = pcre2_match(regex->code, (PCRE2_SPTR)subject.data, subject.len, from, 0,
			    regex->match, regex->context);
	if (found >= 0)
		return 1;
	return found == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

bool wr_regex_group(const struct wr_regex *regex, uint32_t group, size_t *start, size_t *end)
{
	const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(regex->match);

	if (group >= pcre2_get_ovector_count(regex->match) || bounds[2 * group] == PCRE2_UNSET)
		return false;
	*start = bounds[2 * group];
	*end = bounds[2 * group + 1];
	return true;
}
