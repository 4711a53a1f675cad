/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_sink_options - words that the options of Kafka sinks take, in every build.
 */
#include "connectors/kafka_sink.h"

const char *const wr_kafka_guarantees[] = {"none", "at-least-once", "exactly-once", NULL};
const char *const wr_kafka_partitioners[] = {"default", "fixed", "round-robin", NULL};
