/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_rows - rows of a result that is held as Arrow arrays, as named tuples.
 */
#ifndef PW_ARROW_ROWS_H
#define PW_ARROW_ROWS_H

#include "native/value.h"

/* All rows of a struct array, with the columns of `shape`; a column behind them is left out. */
PyObject *pw_arrow_rows(const struct ArrowArray *array, const struct ArrowSchema *schema,
			const struct pw_shape *shape);

#endif
