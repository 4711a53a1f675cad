/* SPDX-License-Identifier: Apache-2.0
 *
 * trace - contexts and spans; see trace.h. tracer.c has the queue.
 */
#include "base/trace.h"

#include "base/macros.h"
#include "base/mem.h"
#include "base/trace_inner.h"

enum { ATTRIBUTES, EVENTS, LINKS };

/* --- contexts -----------------------------------------------------------------------------------
 */

static void put_hex(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

/* Digits as W3C wants them: small letters. *any: not all are 0. */
static bool read_hex(const char *text, uint8_t *bytes, size_t len, bool *any)
{
	*any = false;
	for (size_t i = 0; i < 2 * len; i++) {
		char c = text[i];
		uint8_t digit = (uint8_t)(c >= 'a' ? c - 'a' + 10 : c - '0');

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		bytes[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
		*any = *any || digit != 0;
	}
	return true;
}

/* "00-", 32 digits, "-", 16 digits, "-", 2 digits. Later versions may have more behind another "-".
 */
bool wr_trace_parent_read(struct wr_str text, struct wr_trace_context *context)
{
	const char *at = text.data;
	uint8_t version;
	bool any, trace, span;

	*context = (struct wr_trace_context){0};
	if (text.len < WR_TRACE_PARENT_LEN || at[2] != '-' || at[35] != '-' || at[52] != '-' ||
	    !read_hex(at, &version, 1, &any) || version == 0xff ||
	    (version == 0 ? text.len != WR_TRACE_PARENT_LEN
			  : text.len > WR_TRACE_PARENT_LEN && at[WR_TRACE_PARENT_LEN] != '-') ||
	    !read_hex(at + 3, context->trace, 16, &trace) || !trace ||
	    !read_hex(at + 36, context->span, 8, &span) || !span ||
	    !read_hex(at + 53, &context->flags, 1, &any)) {
		*context = (struct wr_trace_context){0};
		return false;
	}
	return true;
}

void wr_trace_id_write(const struct wr_trace_context *context, char out[WR_TRACE_ID_LEN + 1])
{
	put_hex(out, context->trace, sizeof context->trace);
}

/* Flags that this version does not know are not passed on. */
void wr_trace_parent_write(const struct wr_trace_context *context,
			   char out[WR_TRACE_PARENT_LEN + 1])
{
	uint8_t flags = context->flags & WR_TRACE_SAMPLED;

	memcpy(out, "00-", 3);
	put_hex(out + 3, context->trace, sizeof context->trace);
	out[35] = '-';
	put_hex(out + 36, context->span, sizeof context->span);
	out[52] = '-';
	put_hex(out + 53, &flags, 1);
}

/* --- spans --------------------------------------------------------------------------------------
 */

void wr_trace_begin(struct wr_trace_span *span, struct wr_tracer *tracer, const char *name,
		    enum wr_trace_kind kind, const struct wr_trace_context *parent)
{
	struct wr_env *env;

	*span = (struct wr_trace_span){.tracer = tracer, .kind = kind};
	if (tracer == NULL)
		return;
	env = wr_tracer_env(tracer);
	if (parent != NULL && wr_trace_is_set(parent)) {
		span->parent = *parent;
		memcpy(span->context.trace, parent->trace, sizeof parent->trace);
	} else {
		env->ops->random(env, span->context.trace, sizeof span->context.trace);
		span->context.trace[0] |= 1; /* not all 0 */
	}
	env->ops->random(env, span->context.span, sizeof span->context.span);
	span->context.span[7] |= 1;
	span->context.flags = WR_TRACE_SAMPLED;
	span->begin_us = wr_wall_us(env);
	span->begin_mono_us = wr_mono_us(env);
	wr_text_puts(&span->name, name);
}

/* Numbers of the lists' fields in a Span. */
static const uint32_t numbers[] = {[ATTRIBUTES] = 9, [EVENTS] = 11, [LINKS] = 13};

/* Whether there is room for one more of them in the span's list, which `out` then writes. */
static bool add(struct wr_trace_span *span, uint32_t list, struct wr_otlp_writer *out)
{
	if (span->tracer == NULL)
		return false;
	if (span->count[list] == WR_TRACE_ITEMS_MAX) {
		span->dropped[list]++;
		return false;
	}
	span->count[list]++;
	wr_otlp_writer_init(out, wr_tracer_form(span->tracer), &span->list[list]);
	return true;
}

void wr_trace_text(struct wr_trace_span *span, const char *key, const char *value)
{
	struct wr_otlp_writer out;

	if (add(span, ATTRIBUTES, &out))
		wr_otlp_attribute(&out, numbers[ATTRIBUTES], key, value);
}

void wr_trace_int(struct wr_trace_span *span, const char *key, int64_t value)
{
	struct wr_otlp_writer out;

	if (add(span, ATTRIBUTES, &out))
		wr_otlp_attribute_int(&out, numbers[ATTRIBUTES], key, value);
}

void wr_trace_state(struct wr_trace_span *span, struct wr_str state)
{
	for (size_t i = 0; i < state.len; i++)
		if (state.data[i] < ' ' || state.data[i] > '~')
			return;
	wr_text_add(&span->state, state.data, state.len);
}

void wr_trace_event(struct wr_trace_span *span, const char *name, const char *key,
		    const char *value)
{
	struct wr_otlp_writer out;

	if (!add(span, EVENTS, &out))
		return;
	wr_otlp_item(&out, numbers[EVENTS]);
	wr_otlp_fixed(&out, "timeUnixNano", 1, wr_wall_us(wr_tracer_env(span->tracer)) * 1000);
	wr_otlp_string_cut(&out, "name", 2, name);
	if (key != NULL) {
		wr_otlp_list(&out, "attributes");
		wr_otlp_attribute(&out, 3, key, value);
	}
	wr_otlp_finish(&out);
}

/* Of a Span or a Link. */
static void put_ids(struct wr_otlp_writer *out, const struct wr_trace_context *context)
{
	wr_otlp_id(out, "traceId", 1, context->trace, sizeof context->trace);
	wr_otlp_id(out, "spanId", 2, context->span, sizeof context->span);
}

void wr_trace_link(struct wr_trace_span *span, const struct wr_trace_context *to)
{
	struct wr_otlp_writer out;

	if (!wr_trace_is_set(to) || !add(span, LINKS, &out))
		return;
	wr_otlp_item(&out, numbers[LINKS]);
	put_ids(&out, to);
	wr_otlp_end(&out);
}

void wr_trace_error(struct wr_trace_span *span, const char *why)
{
	if (span->tracer == NULL)
		return;
	span->failed = true;
	wr_text_clear(&span->error);
	wr_text_puts(&span->error, why);
}

/* The lists, and how many are missing in each: the number is that behind the list's own. */
static void print_lists(const struct wr_trace_span *span, struct wr_otlp_writer *out)
{
	static const char *const names[][2] = {
	    [ATTRIBUTES] = {"attributes", "droppedAttributesCount"},
	    [EVENTS] = {"events", "droppedEventsCount"},
	    [LINKS] = {"links", "droppedLinksCount"}};

	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		if (span->count[i] > 0) {
			wr_otlp_list(out, names[i][0]);
			wr_otlp_piece(out, &span->list[i]);
			wr_otlp_end(out);
		}
		if (span->dropped[i] > 0)
			wr_otlp_small(out, names[i][1], numbers[i] + 1, span->dropped[i]);
	}
}

/* The span as OTLP writes it: an item of ScopeSpans' list. */
static void print(const struct wr_trace_span *span, struct wr_otlp_writer *out)
{
	int64_t took_us = wr_mono_us(wr_tracer_env(span->tracer)) - span->begin_mono_us;
	int64_t end_us = span->begin_us + WR_MAX(took_us, 0);

	wr_otlp_item(out, 2);
	put_ids(out, &span->context);
	if (span->state.len > 0)
		wr_otlp_string(out, "traceState", 3, wr_text_str(&span->state));
	if (wr_trace_is_set(&span->parent))
		wr_otlp_id(out, "parentSpanId", 4, span->parent.span, sizeof span->parent.span);
	wr_otlp_string_cut(out, "name", 5, wr_text_str(&span->name));
	wr_otlp_small(out, "kind", 6, (uint32_t)span->kind);
	wr_otlp_fixed(out, "startTimeUnixNano", 7, span->begin_us * 1000);
	wr_otlp_fixed(out, "endTimeUnixNano", 8, end_us * 1000);
	print_lists(span, out);
	if (span->failed) {
		wr_otlp_begin(out, "status", 15);
		wr_otlp_small(out, "code", 3, 2);
		wr_otlp_string_cut(out, "message", 2, wr_text_str(&span->error));
		wr_otlp_end(out);
	}
	wr_otlp_end(out);
}

void wr_trace_forget(struct wr_trace_span *span)
{
	wr_text_release(&span->name);
	wr_text_release(&span->state);
	wr_text_release(&span->error);
	for (uint32_t i = 0; i < WR_COUNT(span->list); i++)
		wr_text_release(&span->list[i]);
	*span = (struct wr_trace_span){0};
}

void wr_trace_end(struct wr_trace_span *span)
{
	struct wr_text text = {0};
	struct wr_otlp_writer out;

	if (span->tracer == NULL)
		return;
	wr_otlp_writer_init(&out, wr_tracer_form(span->tracer), &text);
	print(span, &out);
	wr_tracer_put(span->tracer, &text);
	wr_trace_forget(span);
}
