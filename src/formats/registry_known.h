/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_known - what decoders keep of a schema of the registry, by the number that messages
 * have: that it cannot be used, and why; and that it is unknown as yet, until when.
 *
 * A schema that was found never changes, so it is asked for once. A number that the registry does
 * not know may be registered a moment later, and is asked for again after a while.
 *
 * Thread: the decoder's.
 */
#ifndef WR_FORMATS_REGISTRY_KNOWN_H
#define WR_FORMATS_REGISTRY_KNOWN_H

#include "formats/messages.h"
#include "formats/registry_client.h"

struct wr_registry_known {
	uint32_t number;
	int64_t again_us; /* the registry does not know it: when to ask again (monotonic); 0: it
			     does */
	struct wr_message_fault fault; /* why messages of it cannot be read */
};

/* A kind of schema. */
struct wr_registry_kind {
	const char *type; /* as the registry calls it: "AVRO" */
	const char *name; /* in messages: "an Avro schema" */
	/* Takes the schema of `own`; an error makes it one that cannot be used. */
	wr_status *(*take)(void *own, const struct wr_registry_schema *answer);
};

/* Messages of the schema cannot be read: "schema 7: TEXT". */
void wr_registry_known_fault(struct wr_registry_known *known, const char *kind, const char *text);
/* Asks the registry for the schema of known->number; a status: it could not be asked. */
wr_status *wr_registry_known_ask(struct wr_registry_known *known, struct wr_registry *registry,
				 const struct wr_registry_kind *kind, void *own);
/* Whether an unknown number is to be asked for again. */
bool wr_registry_known_is_due(const struct wr_registry_known *known);

#endif
