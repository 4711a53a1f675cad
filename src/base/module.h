/* SPDX-License-Identifier: Apache-2.0
 *
 * module - a shared library that is loaded when it is first needed, as a table of functions.
 *
 * Client libraries (Kafka, PostgreSQL, HTTP, Avro) are not linked: weir starts as fast without
 * them, and runs where they are not installed, as long as no table asks for them. One list of names
 * per client makes the fields, their types (as the library's header declares them) and the names
 * that are looked up:
 *
 *	#define KAFKA_CALLS(X) X(rd_kafka_new) X(rd_kafka_destroy) X(rd_kafka_poll)
 *	struct kafka_calls {
 *		KAFKA_CALLS(WR_MODULE_FIELD)
 *	};
 *	static const char *const kafka_names[] = {KAFKA_CALLS(WR_MODULE_NAME)};
 *	static const struct wr_module_spec kafka_module = {
 *	    .what = "Kafka",
 *	    .package = "librdkafka1",
 *	    .sonames = {"librdkafka.so.1"},
 *	    .names = kafka_names,
 *	    .count = WR_COUNT(kafka_names),
 *	};
 *	...
 *	struct kafka_calls kafka;
 *	WR_TRY(wr_module_open(&kafka_module, &kafka));
 *	handle = kafka.rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
 *
 * Variables of a library work as well: such a field points to the variable.
 *
 * What only newer versions of a library have goes into a second list, with its type, since the
 * header of this build may not know it. Its fields follow the others; they are NULL where the
 * library that is found lacks them:
 *
 *	#define KAFKA_NEWER(X) \
 *		X(int32_t, rd_kafka_message_leader_epoch, (const rd_kafka_message_t *))
 *	struct kafka_calls {
 *		KAFKA_CALLS(WR_MODULE_FIELD)
 *		KAFKA_NEWER(WR_MODULE_FIELD_NEWER)
 *	};
 *	static const char *const kafka_newer[] = {KAFKA_NEWER(WR_MODULE_NAME_NEWER)};
 *	...	.newer = kafka_newer, .newer_count = WR_COUNT(kafka_newer),
 *
 * Everyone who needs the functions opens the module and keeps the table in an own struct; there is
 * nothing to close. A library stays in the process once it is loaded (clients leave threads and
 * thread-local data behind), so the pointers stay good; to open it again costs the look-ups of the
 * names.
 *
 * A library of Weir itself (`own`) is looked for in the folder that WEIR_MODULES names, beside the
 * program or the library that this code is part of, and in weir's folder below the system's
 * libraries.
 *
 * Thread: any; no state is kept here.
 */
#ifndef WR_BASE_MODULE_H
#define WR_BASE_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#define WR_MODULE_SONAMES_MAX 4

/* What an entry of the list of a client becomes: a field of its table, a name to look up. */
#define WR_MODULE_FIELD(name) __typeof__(name) *name;
#define WR_MODULE_NAME(name)  #name,
/* The same for an entry of the list of what only newer versions have. */
#define WR_MODULE_FIELD_NEWER(result, name, arguments) result(*name) arguments;
#define WR_MODULE_NAME_NEWER(result, name, arguments)  #name,

struct wr_module_spec {
	const char *what;    /* what needs it, for messages: "Kafka" */
	const char *package; /* the Debian package that has it */
	/* Names to try in this order; unused ones are NULL. */
	const char *sonames[WR_MODULE_SONAMES_MAX];
	const char *const *names; /* the functions, in the order of the table's fields */
	uint32_t count;           /* of names */
	const char *const *newer; /* those that may be missing, behind them in the table */
	uint32_t newer_count;     /* of newer; 0: there are none */
	bool own;                 /* built and installed with Weir */
};

/* Loads the library unless it is loaded and fills `table`, a struct of spec->count +
 * spec->newer_count pointers. A user error, with the table all NULL, if there is no such library or
 * it lacks one of the functions that must be there; it names the library, the cause and the
 * package. */
wr_status *wr_module_open(const struct wr_module_spec *spec, void *table);

/* The error of a build that was made without the header of a library: `package` is the Debian
 * package of the header, `option` meson's option. */
wr_status *wr_module_not_built(const char *what, const char *package, const char *option);

#endif
