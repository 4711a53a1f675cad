/* SPDX-License-Identifier: Apache-2.0
 *
 * host - see host.h: the one that does nothing.
 */
#include "catalog/host.h"

static void none_quiet(struct wr_host *host)
{
}

static bool none_stopping(struct wr_host *host)
{
	return false;
}

static bool none_due(struct wr_host *host)
{
	return true;
}

static void none_text(struct wr_host *host, const char *text)
{
}

static wr_status *none_reject(struct wr_host *host, const struct wr_reject *reject)
{
	return wr_status_new(WR_USER_ERROR, "%s refuses a row: %s", reject->origin, reject->text);
}

static const struct wr_host_ops none_ops = {
    .wake = none_quiet,
    .stopping = none_stopping,
    .waiting = none_text,
    .resumed = none_quiet,
    .notice = none_text,
    .checkpoint_wanted = none_quiet,
    .checkpoint_due = none_due,
    .reject = none_reject,
};

struct wr_host *wr_host_none(void)
{
	static struct wr_host none = {.ops = &none_ops, .job = "", .readers = ""};

	return &none;
}
