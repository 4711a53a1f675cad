/* SPDX-License-Identifier: Apache-2.0
 *
 * enrolment - what the encoders of formats with a schema registry share: the schema that they write
 * by, under which subject it belongs, and the number that the registry knows it by.
 *
 * The schema is made when the encoder is; it is registered with the first row, so that a table that
 * nobody writes asks for nothing.
 *
 * Order of calls: init -> (schema is filled) -> (begin -> head of each message)* -> release.
 * Thread: that of the encoder.
 */
#ifndef WR_FORMATS_ENROLMENT_H
#define WR_FORMATS_ENROLMENT_H

#include "catalog/format.h"
#include "formats/registry_client.h"

struct wr_enrolment {
	struct wr_arena arena;
	struct wr_registry *registry;
	const char *subject;   /* in the arena */
	const char *type;      /* static: "AVRO", "PROTOBUF", "JSON" */
	struct wr_text schema; /* its text, filled by the format */
	bool done;             /* `number` is known */
	uint32_t number;       /* of the schema in the registry */
};

/* Finds subject and registry in the format's options; to be released in any case. */
wr_status *wr_enrolment_init(struct wr_enrolment *enrolment, const char *type,
			     const struct wr_format_args *args);
void wr_enrolment_release(struct wr_enrolment *enrolment);
/* Before rows are written: the schema is registered, once. */
wr_status *wr_enrolment_begin(struct wr_enrolment *enrolment);

#endif
