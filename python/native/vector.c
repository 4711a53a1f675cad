/* SPDX-License-Identifier: Apache-2.0
 *
 * vector - functions of Python over whole columns: arguments go to pyarrow by Arrow's C data
 * interface, and so comes the result, whose buffers are copied into the engine's vector.
 *
 * weir/_vector.py calls the function and casts its result to the Arrow type of the vector's layout,
 * so that here values are only copied:
 *
 *     BOOL uint8      I8..I64, F32, F64: the same width     STRING: utf8 or binary, 32-bit offsets
 *     I128: decimal128, or timestamp[ns] of 64 bits, made wider here
 */
#include "native/function.h"

#include <string.h>

static uint32_t width_of(enum weir_layout layout)
{
	switch (layout) {
	case WEIR_LAYOUT_BOOL:
	case WEIR_LAYOUT_I8: return 1;
	case WEIR_LAYOUT_I16: return 2;
	case WEIR_LAYOUT_I32:
	case WEIR_LAYOUT_F32: return 4;
	case WEIR_LAYOUT_I128: return 16;
	default: return 8;
	}
}

static void copy_strings(const struct ArrowArray *array, struct weir_vector *out)
{
	const int32_t *offset = (const int32_t *)array->buffers[1] + array->offset;
	const char *data = array->buffers[2];

	for (uint32_t i = 0; i < out->rows; i++)
		weir_vector_string(out, i, data != NULL ? data + offset[i] : "",
				   (size_t)(offset[i + 1] - offset[i]));
}

/* Timestamps of 64 bits as nanoseconds of 128. */
static void copy_wider(const struct ArrowArray *array, struct weir_vector *out)
{
	const int64_t *from = (const int64_t *)array->buffers[1] + array->offset;
	int64_t *into = out->data;

	for (uint32_t i = 0; i < out->rows; i++) {
		into[2 * i] = from[i];
		into[2 * i + 1] = from[i] < 0 ? -1 : 0;
	}
}

static void copy_nulls(const struct ArrowArray *array, struct weir_vector *out)
{
	const uint8_t *valid = array->buffers[0];

	for (uint32_t i = 0; valid != NULL && i < out->rows; i++) {
		int64_t at = array->offset + i;

		if ((valid[at / 8] >> (at % 8) & 1) == 0)
			weir_vector_null(out, i);
	}
}

static void copy_out(const struct ArrowArray *array, struct weir_vector *out)
{
	uint32_t width = width_of(out->layout);

	if (out->layout == WEIR_LAYOUT_STRING)
		copy_strings(array, out);
	else if (out->layout == WEIR_LAYOUT_I128 && out->type != WEIR_DECIMAL)
		copy_wider(array, out);
	else if (out->rows > 0)
		memcpy(out->data, (const char *)array->buffers[1] + array->offset * width,
		       (size_t)out->rows * width);
	copy_nulls(array, out);
}

static bool export_args(const struct weir_batch *args, struct ArrowArray *array,
			struct ArrowSchema *schema)
{
	struct weir_error *error = NULL;

	if (weir_result_arrow(weir_batch_result(args), schema, &error) == WEIR_OK &&
	    weir_batch_arrow(args, array, &error) == WEIR_OK)
		return true;
	PyErr_SetString(PyExc_ValueError, weir_error_text(error));
	weir_error_free(error);
	return false;
}

bool pw_call_vector(PyObject *callable, const char *result, const struct weir_batch *args,
		    struct weir_vector *out)
{
	struct ArrowArray array = {0}, returned = {0};
	struct ArrowSchema schema = {0};
	PyObject *call = NULL, *done = NULL;

	if (export_args(args, &array, &schema))
		call = pw_import("weir._vector", "call");
	if (call != NULL)
		done = PyObject_CallFunction(
		    call, "OsiKKKI", callable, result, (int)out->layout,
		    (unsigned long long)(uintptr_t)&schema, (unsigned long long)(uintptr_t)&array,
		    (unsigned long long)(uintptr_t)&returned, (unsigned int)out->rows);
	if (done != NULL)
		copy_out(&returned, out);
	if (returned.release != NULL)
		returned.release(&returned);
	if (array.release != NULL)
		array.release(&array);
	if (schema.release != NULL)
		schema.release(&schema);
	Py_XDECREF(call);
	Py_XDECREF(done);
	return done != NULL;
}
