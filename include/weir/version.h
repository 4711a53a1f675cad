/* SPDX-License-Identifier: Apache-2.0
 *
 * version - of the library and the command.
 */
#ifndef WEIR_VERSION_H
#define WEIR_VERSION_H

/* The version of these headers; weir_version() tells that of the library. */
#define WEIR_VERSION "0.1.0"

#endif
