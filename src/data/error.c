/* SPDX-License-Identifier: Apache-2.0
 *
 * error - see error.h.
 */
#include "data/error.h"

#include "base/macros.h"
#include "base/mem.h"

enum weir_code wr_error_give(struct weir_error **error, enum weir_code code,
			     wr_status *status_moved, struct wr_text *report_moved)
{
	struct weir_error *made;

	WR_ASSERT(status_moved != NULL);
	if (error == NULL) {
		wr_status_free(status_moved);
		if (report_moved != NULL)
			wr_text_release(report_moved);
		return code;
	}
	made = wr_calloc(1, sizeof *made);
	made->code = code;
	made->status = status_moved;
	if (report_moved != NULL) {
		made->report = *report_moved;
		wr_text_init(report_moved);
	} else {
		wr_text_init(&made->report);
		wr_text_printf(&made->report, "error: %s\n", status_moved->text);
		if (status_moved->hint != NULL)
			wr_text_printf(&made->report, "hint: %s\n", status_moved->hint);
	}
	*error = made;
	return code;
}

enum weir_code wr_error_misuse(struct weir_error **error, const char *format, ...)
{
	wr_status *status;
	va_list args;

	va_start(args, format);
	status = wr_status_vnew(WR_USER_ERROR, format, args);
	va_end(args);
	return wr_error_give(error, WEIR_MISUSE, status, NULL);
}

WR_PUBLIC enum weir_code weir_error_code(const struct weir_error *error)
{
	return error->code;
}

WR_PUBLIC const char *weir_error_text(const struct weir_error *error)
{
	return error->status->text;
}

WR_PUBLIC const char *weir_error_hint(const struct weir_error *error)
{
	return error->status->hint;
}

WR_PUBLIC uint32_t weir_error_line(const struct weir_error *error)
{
	return error->status->pos.line;
}

WR_PUBLIC uint32_t weir_error_column(const struct weir_error *error)
{
	return error->status->pos.line != 0 ? error->status->pos.column : 0;
}

WR_PUBLIC const char *weir_error_report(const struct weir_error *error)
{
	return wr_text_str(&error->report);
}

WR_PUBLIC void weir_error_free(struct weir_error *error)
{
	if (error == NULL)
		return;
	wr_status_free(error->status);
	wr_text_release(&error->report);
	wr_free(error);
}
