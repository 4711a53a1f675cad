/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_import - see arrow_import.h: the record batch as a whole; its columns are arrow_in*.c's.
 *
 * Who owns the array, in order:
 *   1  `owner` is made around a copy of the caller's struct without a release callback, so that
 * columns can hold references to it while it is not known yet whether all goes well;
 *   2  a mistake frees the columns and the owner, and the array has not been touched;
 *   3  otherwise the release callback moves into the owner, and the caller's is set to NULL;
 *   4  the last column that points into the array calls it; when there is none (everything was
 * converted), that is at once.
 */
#include "data/arrow_import.h"

#include "base/mem.h"
#include "data/arrow_bits.h"
#include "data/arrow_in.h"

#define KIND_NAME "$kind"

/* A buffer that is an array of Arrow. */
struct owner {
	struct wr_buf buf;       /* what columns refer to */
	struct ArrowArray array; /* released with it, from step 3 on */
};

static void release_array(struct wr_buf *buf)
{
	struct owner *owner = (struct owner *)buf;

	if (owner->array.release != NULL)
		owner->array.release(&owner->array);
}

/* Step 1. */
static struct owner *owner_new(const struct ArrowArray *array)
{
	struct owner *owner = wr_calloc(1, sizeof *owner);

	_Static_assert(offsetof(struct owner, buf) == 0, "the buffer is freed as the owner");
	atomic_init(&owner->buf.refs, 1);
	owner->buf.free_data = release_array;
	owner->array = *array;
	owner->array.release = NULL;
	return owner;
}

/* The kinds of the rows; they are copied into the batch. */
static wr_status *read_kinds(const struct wr_arrow_source *source, int64_t child,
			     const char *inserts, struct wr_batch *batch)
{
	struct wr_type type = WR_T_TINYINT;
	struct wr_column *kinds;
	wr_status *status = NULL;

	type.nullable = false;
	wr_text_clear(&source->in->path);
	wr_text_puts(&source->in->path, KIND_NAME);
	WR_TRY(wr_arrow_in_column(source->in, source->schema->children[child],
				  source->array->children[child], source->start, source->rows, NULL,
				  &type, &kinds));
	for (uint32_t i = 0; i < source->rows && status == NULL; i++) {
		wr_batch_kinds(batch)[i] = WR_DATA(kinds, uint8_t)[i];
		if (batch->kind[i] > WR_DELETE)
			status = wr_status_new(WR_USER_ERROR,
					       "Row %u of the Arrow array (from 0) is of kind %d; "
					       "'%s' is 0, 1, 2 or 3",
					       i, WR_DATA(kinds, int8_t)[i], KIND_NAME);
		else if (inserts != NULL && batch->kind[i] != WR_INSERT)
			status = wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "Row %u of the Arrow array (from 0) is of kind %s, and "
					  "only inserts are taken",
					  i, wr_row_kind_str(batch->kind[i])),
			    "%s", inserts);
	}
	wr_column_unref(kinds);
	return status;
}

/* Whether the record batch as a whole can be read. */
static wr_status *check_batch(const struct wr_arrow_source *source)
{
	const struct ArrowArray *array = source->array;
	const uint8_t *bits =
	    array->n_buffers > 0 && array->buffers != NULL ? array->buffers[0] : NULL;

	if (source->format.kind != WR_ARROW_STRUCT) {
		struct wr_text name;
		wr_status *status;

		wr_text_init(&name);
		wr_arrow_format_name(&name, source->schema);
		status = wr_status_new(WR_USER_ERROR,
				       "A record batch is a struct array of Arrow, this is one of "
				       "%s",
				       wr_text_str(&name));
		wr_text_release(&name);
		return status;
	}
	if (array->length < 0 || array->offset < 0 || array->offset > INT64_MAX / 64 ||
	    array->n_children != source->schema->n_children)
		return wr_status_new(WR_USER_ERROR,
				     "The Arrow array contradicts itself: length %lld, offset "
				     "%lld, %lld columns of %lld",
				     (long long)array->length, (long long)array->offset,
				     (long long)array->n_children,
				     (long long)source->schema->n_children);
	if (array->length > WR_LENGTH_MAX)
		return wr_status_new(WR_USER_ERROR,
				     "An Arrow array of %lld rows is too long: at "
				     "most %d go at once",
				     (long long)array->length, WR_LENGTH_MAX);
	for (int64_t i = 0; array->null_count != 0 && bits != NULL && i < array->length; i++)
		if (!wr_bit(bits, array->offset + i))
			return wr_status_new(WR_USER_ERROR,
					     "Row %lld of the Arrow array (from 0) is NULL as a "
					     "whole",
					     (long long)i);
	return NULL;
}

/* Reads one column of the target; child -1: the record batch has none of it. */
static wr_status *read_column(const struct wr_arrow_source *source, int64_t child,
			      const struct wr_field *field, struct wr_column **column)
{
	struct wr_arrow_in *in = source->in;

	if (child < 0 && field->type->nullable) {
		*column = wr_column_null(field->type);
		return NULL;
	}
	if (child < 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Column '%s' is NOT NULL and not among the Arrow array's columns",
				  field->name),
		    "Columns are found by their name, upper and lower case matter");
	wr_text_clear(&in->path);
	wr_text_puts(&in->path, field->name);
	return wr_arrow_in_column(in, source->schema->children[child],
				  source->array->children[child], source->start, source->rows, NULL,
				  field->type, column);
}

/* All columns of the target, and the kinds. */
static wr_status *read_columns(const struct wr_arrow_source *source, const struct wr_schema *target,
			       const char *inserts, struct wr_batch *batch)
{
	const char **names = wr_calloc(target->count + 1, sizeof *names);
	int64_t *found = wr_calloc(target->count + 1, sizeof *found);
	int64_t kind_child = -1;
	wr_status *status;

	for (uint32_t i = 0; i < target->count; i++)
		names[i] = target->field[i].name;
	WR_TRY_OUT(status,
		   wr_arrow_in_match(source, target->count, names, KIND_NAME, &kind_child, found));
	for (uint32_t i = 0; i < target->count; i++)
		WR_TRY_OUT(status,
			   read_column(source, found[i], &target->field[i], &batch->column[i]));
	if (kind_child >= 0)
		status = read_kinds(source, kind_child, inserts, batch);
out:
	wr_free(names);
	wr_free(found);
	return status;
}

wr_status *wr_arrow_import(struct ArrowArray *array, const struct ArrowSchema *schema,
			   const struct wr_schema *target, const char *inserts,
			   struct wr_batch **batch)
{
	struct wr_arrow_in in = {0};
	struct wr_arrow_source source = {.in = &in, .schema = schema, .array = array};
	struct owner *owner;
	wr_status *status;

	*batch = NULL;
	if (array->release == NULL || schema->release == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "The Arrow array or its schema has been released before");
	source.format = wr_arrow_format_read(schema->format);
	WR_TRY(check_batch(&source));
	source.start = array->offset;
	source.rows = (uint32_t)array->length;
	owner = owner_new(array);
	in.owner = &owner->buf;
	wr_text_init(&in.path);
	*batch = wr_batch_new(target->count, source.rows);
	status = read_columns(&source, target, inserts, *batch);
	wr_text_release(&in.path);
	if (status != NULL) {
		wr_batch_free(*batch);
		*batch = NULL;
	} else {
		owner->array.release = array->release;
		array->release = NULL;
	}
	wr_buf_unref(&owner->buf);
	return status;
}
