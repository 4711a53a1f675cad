/* SPDX-License-Identifier: Apache-2.0
 *
 * serve - weir serve.
 */
#ifndef WR_CLI_SERVE_H
#define WR_CLI_SERVE_H

#include <stdint.h>
#include <stdio.h>

struct wr_option;

/* argv[0] is "serve". */
int wr_serve_main(int argc, char **argv);
void wr_serve_help(FILE *file);
/* The options of the server; *count 0: this build is without it. */
const struct wr_option *wr_serve_options(uint32_t *count);

#endif
