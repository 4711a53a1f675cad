/* SPDX-License-Identifier: Apache-2.0
 *
 * fault - see fault.h.
 */
#include "base/fault.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"

static const struct {
	const char *name, *meaning;
} faults[WR_FAULT_COUNT] = {
#define WR_FAULT_ROW(id, name, meaning) {name, meaning},
    WR_FAULT_LIST(WR_FAULT_ROW)
#undef WR_FAULT_ROW
};

/* Passes of the place that WEIR_FAULT names. Global, since it is one place of one process, and
 * only tests have it. */
static atomic_uint passes;

const char *wr_fault_name(enum wr_fault fault)
{
	WR_ASSERT(fault < WR_FAULT_COUNT);
	return faults[fault].name;
}

const char *wr_fault_meaning(enum wr_fault fault)
{
	WR_ASSERT(fault < WR_FAULT_COUNT);
	return faults[fault].meaning;
}

wr_status *wr_fault_pass(enum wr_fault fault)
{
	const char *wish = getenv("WEIR_FAULT"), *name = wr_fault_name(fault);
	size_t len = strlen(name);
	unsigned long at = 1;
	bool error;

	if (wish == NULL || strncmp(wish, name, len) != 0)
		return NULL;
	wish += len;
	error = strncmp(wish, "=error", 6) == 0;
	if (error)
		wish += 6;
	if (*wish == ':')
		at = strtoul(wish + 1, NULL, 10);
	else if (*wish != '\0')
		return NULL;
	if (atomic_fetch_add(&passes, 1) + 1 != at)
		return NULL;
	if (!error)
		_exit(137);
	return wr_status_new(WR_RETRY, "Made to fail at '%s'", name);
}

void wr_fault_crash(enum wr_fault fault)
{
	wr_status_free(wr_fault_pass(fault));
}
