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

/* Room for one more of them in the span's list: behind a comma. NULL: there is none. */
static struct wr_text *add(struct wr_trace_span *span, uint32_t list)
{
	if (span->tracer == NULL)
		return NULL;
	if (span->count[list] == WR_TRACE_ITEMS_MAX) {
		span->dropped[list]++;
		return NULL;
	}
	if (span->count[list]++ > 0)
		wr_text_putc(&span->list[list], ',');
	return &span->list[list];
}

/* A text as JSON, cut where it is too long, between two characters. */
static void put_text(struct wr_text *out, const char *value)
{
	size_t len = strnlen(value, WR_TRACE_TEXT_MAX + 1);
	char cut[WR_TRACE_TEXT_MAX + 1];

	if (len <= WR_TRACE_TEXT_MAX) {
		wr_text_json(out, value);
		return;
	}
	len = WR_TRACE_TEXT_MAX;
	while (len > 0 && ((unsigned char)value[len] & 0xC0) == 0x80)
		len--;
	memcpy(cut, value, len);
	cut[len] = '\0';
	wr_text_json(out, cut);
}

void wr_otlp_text(struct wr_text *out, const char *key, const char *value)
{
	wr_text_puts(out, "{\"key\":");
	wr_text_json(out, key);
	wr_text_puts(out, ",\"value\":{\"stringValue\":");
	put_text(out, value);
	wr_text_puts(out, "}}");
}

void wr_trace_text(struct wr_trace_span *span, const char *key, const char *value)
{
	struct wr_text *out = add(span, ATTRIBUTES);

	if (out != NULL)
		wr_otlp_text(out, key, value);
}

void wr_trace_int(struct wr_trace_span *span, const char *key, int64_t value)
{
	struct wr_text *out = add(span, ATTRIBUTES);

	if (out != NULL)
		wr_text_printf(out, "{\"key\":\"%s\",\"value\":{\"intValue\":\"%lld\"}}", key,
			       (long long)value);
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
	struct wr_text *out = add(span, EVENTS);

	if (out == NULL)
		return;
	wr_text_printf(out, "{\"timeUnixNano\":\"%lld000\",\"name\":",
		       (long long)wr_wall_us(wr_tracer_env(span->tracer)));
	put_text(out, name);
	if (key != NULL) {
		wr_text_puts(out, ",\"attributes\":[");
		wr_otlp_text(out, key, value);
		wr_text_putc(out, ']');
	}
	wr_text_putc(out, '}');
}

/* "traceId" and "spanId" of a context. */
static void put_ids(struct wr_text *out, const struct wr_trace_context *context)
{
	char trace[WR_TRACE_ID_LEN + 1], id[17];

	wr_trace_id_write(context, trace);
	put_hex(id, context->span, sizeof context->span);
	wr_text_printf(out, "\"traceId\":\"%s\",\"spanId\":\"%s\"", trace, id);
}

void wr_trace_link(struct wr_trace_span *span, const struct wr_trace_context *to)
{
	struct wr_text *out = wr_trace_is_set(to) ? add(span, LINKS) : NULL;

	if (out == NULL)
		return;
	wr_text_putc(out, '{');
	put_ids(out, to);
	wr_text_putc(out, '}');
}

void wr_trace_error(struct wr_trace_span *span, const char *why)
{
	if (span->tracer == NULL)
		return;
	span->failed = true;
	wr_text_clear(&span->error);
	wr_text_puts(&span->error, why);
}

/* The span as OTLP writes it. */
static void print(const struct wr_trace_span *span, struct wr_text *out)
{
	static const char *const names[][2] = {{"attributes", "droppedAttributesCount"},
					       {"events", "droppedEventsCount"},
					       {"links", "droppedLinksCount"}};
	int64_t took_us = wr_mono_us(wr_tracer_env(span->tracer)) - span->begin_mono_us;
	char parent[17];

	wr_text_putc(out, '{');
	put_ids(out, &span->context);
	if (wr_trace_is_set(&span->parent)) {
		put_hex(parent, span->parent.span, sizeof span->parent.span);
		wr_text_printf(out, ",\"parentSpanId\":\"%s\"", parent);
	}
	if (span->state.len > 0) {
		wr_text_puts(out, ",\"traceState\":");
		wr_text_json(out, wr_text_str(&span->state));
	}
	wr_text_puts(out, ",\"name\":");
	put_text(out, wr_text_str(&span->name));
	wr_text_printf(out,
		       ",\"kind\":%d,\"startTimeUnixNano\":\"%lld000\",\"endTimeUnixNano\":"
		       "\"%lld000\"",
		       (int)span->kind, (long long)span->begin_us,
		       (long long)(span->begin_us + WR_MAX(took_us, 0)));
	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		if (span->count[i] > 0) {
			wr_text_printf(out, ",\"%s\":[", names[i][0]);
			wr_text_add(out, span->list[i].data, span->list[i].len);
			wr_text_putc(out, ']');
		}
		if (span->dropped[i] > 0)
			wr_text_printf(out, ",\"%s\":%u", names[i][1], span->dropped[i]);
	}
	if (span->failed) {
		wr_text_puts(out, ",\"status\":{\"code\":2,\"message\":");
		put_text(out, wr_text_str(&span->error));
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, '}');
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
	struct wr_text json;

	if (span->tracer == NULL)
		return;
	wr_text_init(&json);
	print(span, &json);
	wr_tracer_put(span->tracer, &json);
	wr_trace_forget(span);
}
