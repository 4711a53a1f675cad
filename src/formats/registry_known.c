/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_known - see registry_known.h.
 */
#include "formats/registry_known.h"

#include <stdio.h>
#include <string.h>

#include "base/env.h"
#include "base/mem.h"

#define UNKNOWN_AGAIN_US 10000000 /* when the registry is asked again for a number it had not */

void wr_registry_known_fault(struct wr_registry_known *known, const char *kind, const char *text)
{
	known->fault.kind = kind;
	snprintf(known->fault.text, sizeof known->fault.text, "schema %u: %s", known->number, text);
}

/* The registry's answer is there. */
static void take(struct wr_registry_known *known, const struct wr_registry_schema *answer,
		 const struct wr_registry_kind *kind, void *own)
{
	char text[64];
	wr_status *broken;

	if (strcmp(answer->type, kind->type) != 0) {
		snprintf(text, sizeof text, "it is not %s", kind->name);
		wr_registry_known_fault(known, "type", text);
		return;
	}
	broken = kind->take(own, answer);
	if (broken != NULL)
		wr_registry_known_fault(known, "type", broken->text);
	wr_status_free(broken);
}

wr_status *wr_registry_known_ask(struct wr_registry_known *known, struct wr_registry *registry,
				 const struct wr_registry_kind *kind, void *own)
{
	struct wr_registry_schema *answer = wr_calloc(1, sizeof *answer);
	struct wr_arena arena;
	wr_status *status;
	bool there = false;

	wr_arena_init(&arena);
	status = wr_registry_get(registry, known->number, &arena, answer, &there);
	known->again_us = 0;
	if (status == NULL && there) {
		take(known, answer, kind, own);
	} else if (status == NULL) {
		wr_registry_known_fault(known, "schema",
					"the schema registry has no schema of that number");
		known->again_us = wr_mono_us(wr_env_system()) + UNKNOWN_AGAIN_US;
	}
	wr_arena_release(&arena);
	wr_free(answer);
	return status;
}

bool wr_registry_known_is_due(const struct wr_registry_known *known)
{
	return known->again_us != 0 && wr_mono_us(wr_env_system()) >= known->again_us;
}
