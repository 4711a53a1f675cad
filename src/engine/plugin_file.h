/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_file - whether a file is a whole shared object.
 *
 * dlopen maps what the file's head promises: of one that was cut (a full disk, a copy still under
 * way) it touches pages that are not there, and the process dies. So the head is read first. What
 * is not an ELF file of this machine's kind is left to dlopen, which says why.
 *
 * Thread: any.
 */
#ifndef WR_ENGINE_PLUGIN_FILE_H
#define WR_ENGINE_PLUGIN_FILE_H

#include "base/status.h"

/* An error when the file is shorter than its head says. */
wr_status *wr_plugin_file_check(const char *path);

#endif
