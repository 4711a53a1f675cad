/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_fake - arrays of Arrow made by hand: every buffer is an allocation of exactly its size, so
 * that a sanitizer sees a read beyond it, and what is released is counted.
 */
#ifndef WR_TESTS_ARROW_FAKE_H
#define WR_TESTS_ARROW_FAKE_H

#include <string.h>

#include "base/mem.h"
#include "weir/weir.h"

#define FAKE_BUFFERS_MAX  8
#define FAKE_CHILDREN_MAX 8

/* An array with its schema; children are owned. */
struct fake {
	struct ArrowSchema schema;
	struct ArrowArray array;
	const void *buffers[FAKE_BUFFERS_MAX];
	size_t size[FAKE_BUFFERS_MAX];         /* bytes of each buffer */
	struct fake *child[FAKE_CHILDREN_MAX]; /* owned */
	struct fake *dictionary;               /* owned; NULL: none */
	struct ArrowSchema *schemas[FAKE_CHILDREN_MAX];
	struct ArrowArray *arrays[FAKE_CHILDREN_MAX];
	uint32_t released; /* how often the array's callback was called */
};

static inline void fake_release_array(struct ArrowArray *array)
{
	((struct fake *)array->private_data)->released++;
	array->release = NULL;
}

static inline void fake_release_schema(struct ArrowSchema *schema)
{
	schema->release = NULL;
}

static inline struct fake *fake_new(const char *format, const char *name, int64_t length)
{
	struct fake *fake = wr_calloc(1, sizeof *fake);

	fake->schema = (struct ArrowSchema){.format = format,
					    .name = name,
					    .flags = ARROW_FLAG_NULLABLE,
					    .children = fake->schemas,
					    .release = fake_release_schema,
					    .private_data = fake};
	fake->array = (struct ArrowArray){.length = length,
					  .buffers = fake->buffers,
					  .children = fake->arrays,
					  .release = fake_release_array,
					  .private_data = fake};
	return fake;
}

/* Frees the memory, whether it was released or not. */
static inline void fake_free(struct fake *fake)
{
	if (fake == NULL)
		return;
	for (int i = 0; i < FAKE_CHILDREN_MAX; i++)
		fake_free(fake->child[i]);
	fake_free(fake->dictionary);
	for (int i = 0; i < FAKE_BUFFERS_MAX; i++)
		wr_free((void *)fake->buffers[i]);
	wr_free(fake);
}

/* Adds a buffer with a copy of the bytes; NULL: a buffer that is not there. */
static inline struct fake *fake_buffer(struct fake *fake, const void *bytes, size_t size)
{
	int64_t i = fake->array.n_buffers++;

	if (bytes != NULL) {
		void *copy = wr_malloc(size);

		memcpy(copy, bytes, size);
		fake->buffers[i] = copy;
		fake->size[i] = size;
	}
	return fake;
}

static inline struct fake *fake_child(struct fake *fake, struct fake *child)
{
	int64_t i = fake->array.n_children++;

	fake->schema.n_children = fake->array.n_children;
	fake->child[i] = child;
	fake->schemas[i] = &child->schema;
	fake->arrays[i] = &child->array;
	return fake;
}

static inline struct fake *fake_dictionary(struct fake *fake, struct fake *values)
{
	fake->dictionary = values;
	fake->schema.dictionary = &values->schema;
	fake->array.dictionary = &values->array;
	return fake;
}

/* Validity by a text of 0 and 1, "" for none; *nulls is set in the array as unknown. */
static inline struct fake *fake_valid(struct fake *fake, const char *bits)
{
	uint8_t bytes[64] = {0};
	size_t count = strlen(bits);

	for (size_t i = 0; i < count; i++)
		bytes[i / 8] |= (uint8_t)((bits[i] - '0') << i % 8);
	fake->array.null_count = count != 0 ? -1 : 0;
	return fake_buffer(fake, count != 0 ? bytes : NULL, (count + 7) / 8);
}

/* An array of one buffer of values behind its validity. */
#define FAKE_FIXED(format, valid, ctype, ...)                                                      \
	fake_buffer(                                                                               \
	    fake_valid(fake_new(format, "x", sizeof((ctype[]){__VA_ARGS__}) / sizeof(ctype)),      \
		       valid),                                                                     \
	    (ctype[]){__VA_ARGS__}, sizeof((ctype[]){__VA_ARGS__}))

#endif
