/* SPDX-License-Identifier: Apache-2.0
 *
 * config_sample - weir.yaml with every option of the server as a comment, its meaning above it and
 * its default behind it: `weir serve --print-config`, and deploy/weir.yaml.
 */
#include <string.h>

#include "server/config.h"

#define WIDTH 110 /* of a line of text */

/* A sentence as comments, broken between words. */
static void put_comment(struct wr_text *out, const char *doc)
{
	size_t at = 0;

	wr_text_puts(out, "#");
	while (*doc != '\0') {
		size_t len = strcspn(doc, " ");

		if (at > 0 && at + len > WIDTH) {
			wr_text_puts(out, "\n#");
			at = 0;
		}
		wr_text_putc(out, ' ');
		wr_text_add(out, doc, len);
		at += len + 1;
		doc += len + (doc[len] == ' ');
	}
	wr_text_putc(out, '\n');
}

/* A value that YAML would not read as it is has quotes. */
static void put_value(struct wr_text *out, const char *value)
{
	bool plain = *value != '\0' && strpbrk(value, ":#{}[]&*!|>'\"%@`,") == NULL;

	wr_text_printf(out, plain ? "%s" : "'%s'", value);
}

void wr_config_sample(struct wr_text *out)
{
	wr_text_puts(
	    out,
	    "# weir.yaml - the configuration of `weir serve`, read from the folder that it is\n"
	    "# started in or given with --config. Every option of the server is here with its\n"
	    "# default (made by `weir serve --print-config`). Keys may be nested as well:\n"
	    "#\n"
	    "#     server:\n"
	    "#       http: {address: 0.0.0.0, port: 8081}\n"
	    "#       users:\n"
	    "#         - {name: ann, role: admin, password: '${env:ANN_PASSWORD}'}\n"
	    "#         - {name: bot, role: operator, token: '${file:/etc/weir/bot.token}'}\n"
	    "#\n"
	    "# Roles: a viewer looks; an operator also runs, stops and changes jobs; an admin "
	    "also\n"
	    "# changes the catalog. Without users the server listens on the loopback alone, and\n"
	    "# everybody there is admin.\n"
	    "#\n"
	    "# What jobs are to hold, by the names of jobs (docs/ALERTS.md), and when nobody is "
	    "to\n"
	    "# hear of it:\n"
	    "#\n"
	    "#     server:\n"
	    "#       slo:\n"
	    "#         rules:\n"
	    "#           - {jobs: '*', success: 0.999}\n"
	    "#           - {jobs: 'orders-*', latency: 2 s, freshness: 1 min}\n"
	    "#       alerts:\n"
	    "#         maintenance:\n"
	    "#           - {jobs: '*', days: sun, from: '02:00', to: '04:00', "
	    "reason: backup}\n");
	for (uint32_t i = 0; i < wr_config_count; i++) {
		const struct wr_option *option = &wr_config_table[i];

		wr_text_putc(out, '\n');
		put_comment(out, option->doc);
		wr_text_printf(out, "#%s:", option->name);
		if (option->fallback != NULL) {
			wr_text_putc(out, ' ');
			put_value(out, option->fallback);
		}
		wr_text_putc(out, '\n');
	}
	wr_text_puts(
	    out,
	    "\n# Options of SET hold for every session and job that does not set them itself; see\n"
	    "# docs/OPTIONS.md. Those that servers want most:\n"
	    "\n# Where checkpoints go; unset: checkpoints/ in server.data.\n"
	    "#execution.checkpointing.dir:\n"
	    "\n# How often jobs make them.\n"
	    "#execution.checkpointing.interval: 10 s\n"
	    "\n# Workers of a job; 0: as many as there are cores.\n"
	    "#parallelism.default: 0\n"
	    "\n# Memory of the process, shared by all jobs; unset: 70 % of the machine's or the\n"
	    "# container's. Beyond it state leaves for the disk.\n"
	    "#weir.memory.limit:\n"
	    "\n# Time zone of functions of the current time and of TIMESTAMP_LTZ as text.\n"
	    "#table.local-time-zone: UTC\n");
}
