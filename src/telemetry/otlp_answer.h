/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_answer - what a collector says of a request: how much of it it has not taken, and why.
 *
 * An answer should have the form of its request, but what stands between may answer in its own:
 * each is read as what it is. Protobuf is told by its first byte, a tag that no text begins with.
 *
 * Thread: pure functions.
 */
#ifndef WR_TELEMETRY_OTLP_ANSWER_H
#define WR_TELEMETRY_OTLP_ANSWER_H

#include "base/text.h"

/* Of an answer 2xx: spans or points that were not taken (partial success); `member`: their name in
 * JSON. Appends what is said of them to `why`. */
uint64_t wr_otlp_rejected(const struct wr_text *answer, const char *member, struct wr_text *why);
/* Of any other answer: appends what it says, a text or the message of google.rpc.Status. */
void wr_otlp_refused(const struct wr_text *answer, struct wr_text *why);

#endif
