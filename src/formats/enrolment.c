/* SPDX-License-Identifier: Apache-2.0
 *
 * enrolment - see enrolment.h.
 */
#include "formats/enrolment.h"

wr_status *wr_enrolment_init(struct wr_enrolment *enrolment, const char *type,
			     const struct wr_format_args *args)
{
	*enrolment = (struct wr_enrolment){.type = type};
	wr_arena_init(&enrolment->arena);
	wr_text_init(&enrolment->schema);
	WR_TRY(wr_registry_subject(args->options, args->topic, args->is_key, &enrolment->arena,
				   &enrolment->subject));
	return wr_registry_new(args->options, &enrolment->registry);
}

void wr_enrolment_release(struct wr_enrolment *enrolment)
{
	wr_registry_free(enrolment->registry);
	wr_text_release(&enrolment->schema);
	wr_arena_release(&enrolment->arena);
}

wr_status *wr_enrolment_begin(struct wr_enrolment *enrolment)
{
	if (enrolment->done)
		return NULL;
	WR_TRY(wr_registry_enrol(enrolment->registry, enrolment->subject, enrolment->type,
				 (struct wr_str){enrolment->schema.data, enrolment->schema.len},
				 &enrolment->number));
	enrolment->done = true;
	return NULL;
}
