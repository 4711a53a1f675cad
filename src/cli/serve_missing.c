/* SPDX-License-Identifier: Apache-2.0
 *
 * serve_missing - weir serve of a build without the server.
 */
#include "cli/command.h"
#include "cli/serve.h"

void wr_serve_help(FILE *file)
{
	fputs(
	    "weir serve: this build is without it; build again with libmicrohttpd-dev, libyaml-dev "
	    "and\nlibsqlite3-dev\n",
	    file);
}

const struct wr_option *wr_serve_options(uint32_t *count)
{
	*count = 0;
	return NULL;
}

int wr_serve_main(int argc, char **argv)
{
	wr_serve_help(stderr);
	return WR_EXIT_SCRIPT;
}
