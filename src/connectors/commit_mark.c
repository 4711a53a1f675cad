/* SPDX-License-Identifier: Apache-2.0
 *
 * commit_mark - see commit_mark.h.
 */
#include "connectors/commit_mark.h"

#include <inttypes.h>
#include <string.h>

#include "base/macros.h"

#define HEAD "weir1"

void wr_commit_mark_begin(struct wr_commit_mark *mark, const struct wr_commit_mark *base,
			  struct wr_env *env)
{
	uint32_t skip = base->count == WR_COMMIT_PARTS ? 1 : 0;
	struct wr_commit_part own = {.number = 1};

	WR_ASSERT(base->count <= WR_COMMIT_PARTS);
	while (own.run == 0)
		env->ops->random(env, &own.run, sizeof own.run);
	*mark = (struct wr_commit_mark){.count = base->count - skip};
	memcpy(mark->part, base->part + skip, mark->count * sizeof own);
	mark->part[mark->count++] = own;
}

void wr_commit_mark_next(struct wr_commit_mark *mark)
{
	WR_ASSERT(mark->count > 0);
	mark->part[mark->count - 1].number++;
}

bool wr_commit_mark_has(const struct wr_commit_mark *found, const struct wr_commit_mark *prepared)
{
	const struct wr_commit_part *own;

	WR_ASSERT(prepared->count > 0);
	own = &prepared->part[prepared->count - 1];
	for (uint32_t i = 0; i < found->count; i++)
		if (found->part[i].run == own->run)
			return found->part[i].number >= own->number;
	return false;
}

bool wr_commit_mark_knows(const struct wr_commit_mark *found, const struct wr_commit_mark *prepared)
{
	WR_ASSERT(prepared->count > 0);
	for (uint32_t i = 0; i < found->count; i++)
		if (found->part[i].run == prepared->part[prepared->count - 1].run)
			return true;
	return false;
}

/* A run that is not named yet comes in front of all (instead of the oldest, if there is no room).
 */
void wr_commit_mark_add(struct wr_commit_mark *mark, const struct wr_commit_mark *prepared)
{
	const struct wr_commit_part *part;

	WR_ASSERT(prepared->count > 0);
	part = &prepared->part[prepared->count - 1];
	for (uint32_t i = 0; i < mark->count; i++)
		if (mark->part[i].run == part->run) {
			mark->part[i].number = WR_MAX(mark->part[i].number, part->number);
			return;
		}
	if (mark->count < WR_COMMIT_PARTS)
		memmove(mark->part + 1, mark->part, mark->count++ * sizeof *part);
	mark->part[0] = *part;
}

void wr_commit_mark_put(const struct wr_commit_mark *mark, struct wr_text *out)
{
	wr_text_puts(out, HEAD);
	for (uint32_t i = 0; i < mark->count; i++)
		wr_text_printf(out, " %016" PRIx64 ":%" PRIu64, mark->part[i].run,
			       mark->part[i].number);
}

/* Reads digits of `base` up to 2^64 - 1; NULL: there are none, or too many. */
static const char *get_number(const char *at, const char *end, uint32_t base, uint64_t *out)
{
	const char *first = at;
	uint64_t value = 0;

	for (; at < end; at++) {
		char c = *at;
		uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
				 : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
							: UINT32_MAX;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return NULL;
	}
	*out = value;
	return at > first ? at : NULL;
}

bool wr_commit_mark_get(struct wr_commit_mark *mark, struct wr_str text)
{
	const char *at = text.data, *end = text.data + text.len;

	*mark = (struct wr_commit_mark){0};
	if (text.len < strlen(HEAD) || memcmp(at, HEAD, strlen(HEAD)) != 0)
		return false;
	at += strlen(HEAD);
	while (at < end) {
		struct wr_commit_part *part = &mark->part[mark->count];

		if (*at++ != ' ' || mark->count == WR_COMMIT_PARTS)
			return false;
		at = get_number(at, end, 16, &part->run);
		if (at == NULL || at == end || *at++ != ':')
			return false;
		at = get_number(at, end, 10, &part->number);
		if (at == NULL || part->run == 0 || part->number == 0)
			return false;
		mark->count++;
	}
	return true;
}
