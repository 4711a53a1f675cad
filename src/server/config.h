/* SPDX-License-Identifier: Apache-2.0
 *
 * config - what weir.yaml and the command line say about a server.
 *
 * Keys are written nested or with dots, as one likes; lists get numbers:
 *
 *     server:
 *       data: ./weir-data
 *       http: {address: 127.0.0.1, port: 8081}
 *       users:
 *         - {name: ann, role: admin, password: "${env:ANN}"}
 *     parallelism.default: 2
 *
 * What does not begin with "server.", "otel." or "log." is an option of SET, and holds for every
 * session and job that does not set it itself.
 *
 * Thread: immutable once read.
 */
#ifndef WR_SERVER_CONFIG_H
#define WR_SERVER_CONFIG_H

#include "base/env.h"
#include "base/option.h"
#include "server/auth.h"
#include "server/config_list.h"

struct wr_config {
	struct wr_arena arena;
	struct wr_options options; /* "server.*", "otel.*", "log.*" */
	const char **key, **value; /* of the others, in their order */
	uint32_t setting_count;    /* of key and value */
	uint32_t setting_room;     /* allocated */
	struct wr_auth auth;       /* of server.users */
	/* As read: server.users, server.slo.rules, server.alerts.maintenance. */
	struct wr_config_list users, slo_rules, maintenance;
	const char *file; /* it was read from, for messages; NULL: none */
};

extern const struct wr_option wr_config_table[];
extern const uint32_t wr_config_count;

void wr_config_init(struct wr_config *config);
void wr_config_release(struct wr_config *config);
/* One key, from wherever. */
wr_status *wr_config_set(struct wr_config *config, const char *key, const char *value);
wr_status *wr_config_read(struct wr_config *config, struct wr_env *env, const char *file);
/* Appends a weir.yaml that has every option as a comment (config_sample.c). */
void wr_config_sample(struct wr_text *out);
/* When all has been set: what does not fit together is refused; users are made. */
wr_status *wr_config_finish(struct wr_config *config, struct wr_env *env);

/* Calls `each` with the settings ("weir.slo.*") that server.slo.rules has for a job of that name,
 * the later rules last; the first error ends it. */
wr_status *wr_config_slo_rules(const struct wr_config *config, const char *job,
			       wr_status *(*each)(void *own, const char *key, const char *value),
			       void *own);

/* yaml.c: calls `each` for every scalar of a document, "a.b.0.c" and its text. */
wr_status *wr_yaml_read(const char *text, size_t len, const char *file,
			wr_status *(*each)(void *own, const char *key, const char *value),
			void *own);

#endif
