/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/function.h - functions of the program for SQL. Included by weir.h.
 */
#ifndef WEIR_FUNCTION_H
#define WEIR_FUNCTION_H

#include "weir/weir.h"

#endif
