/* SPDX-License-Identifier: Apache-2.0
 *
 * status - an error is a value. Making one uses plain malloc: when that fails, the static no-memory
 * status takes its place, so that reporting an error can never fail.
 */
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

/* Never written to: every function here checks for it first. */
static wr_status no_memory = {
    .class = WR_FATAL,
    .text = (char *)"out of memory",
    .hint =
	(char *)"give the process more memory, or lower 'parallelism.default' or the state's size",
};

wr_status *wr_status_no_memory(void)
{
	return &no_memory;
}

/* printf into plain malloc; NULL when there is no memory. */
static char *format_text(const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	char *text = len < 0 ? NULL : malloc((size_t)len + 1);
	if (text != NULL)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

static wr_status *status_make(enum wr_status_class class, struct wr_pos pos, const char *format,
			      va_list args)
{
	wr_status *status = calloc(1, sizeof *status);

	if (status == NULL)
		return &no_memory;
	status->class = class;
	status->pos = pos;
	status->text = format_text(format, args);
	if (status->text == NULL) {
		free(status);
		return &no_memory;
	}
	return status;
}

wr_status *wr_status_new(enum wr_status_class class, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wr_status *status = status_make(class, (struct wr_pos){0}, format, args);
	va_end(args);
	return status;
}

wr_status *wr_status_vnew(enum wr_status_class class, const char *format, va_list args)
{
	return status_make(class, (struct wr_pos){0}, format, args);
}

wr_status *wr_status_reason(const char *format, va_list args)
{
	char text[WR_REASON_BYTES_MAX];

	wr_reason_format(text, sizeof text, format, args);
	return wr_status_new(WR_USER_ERROR, "%s", text);
}

wr_status *wr_status_copy(const wr_status *status)
{
	wr_status *copy;

	if (status == NULL || status == &no_memory)
		return (wr_status *)(uintptr_t)status;
	copy = wr_status_because(wr_status_at(status->class, status->pos, "%s", status->text),
				 status->reason);
	return status->hint != NULL ? wr_status_hint(copy, "%s", status->hint) : copy;
}

wr_status *wr_status_at(enum wr_status_class class, struct wr_pos pos, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wr_status *status = status_make(class, pos, format, args);
	va_end(args);
	return status;
}

wr_status *wr_status_hint(wr_status *status, const char *format, ...)
{
	va_list args;

	if (status == NULL || status == &no_memory)
		return status;
	va_start(args, format);
	free(status->hint);
	status->hint = format_text(format, args);
	va_end(args);
	return status;
}

wr_status *wr_status_place(wr_status *status, struct wr_pos pos)
{
	if (status != NULL && status != &no_memory && status->pos.line == 0)
		status->pos = pos;
	return status;
}

wr_status *wr_status_because(wr_status *status, enum wr_status_reason reason)
{
	if (status != NULL && status != &no_memory && status->reason == WR_NO_REASON)
		status->reason = reason;
	return status;
}

void wr_status_free(wr_status *status)
{
	if (status == NULL || status == &no_memory)
		return;
	free(status->text);
	free(status->hint);
	free(status);
}
