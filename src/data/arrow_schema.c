/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_schema - types as Arrow's schemas (arrow_export.h).
 *
 * Every schema owns its texts and the structs of its children, as the specification wants it: a
 * child that was moved out has no release callback any more when its parent goes.
 */
#include <stdio.h>

#include "base/mem.h"
#include "data/arrow_export.h"

/* What a schema owns. */
struct schema_node {
	char *format;                 /* owned */
	char *name;                   /* owned */
	struct ArrowSchema *child;    /* child_count structs; owned */
	struct ArrowSchema **pointer; /* to each of them; owned */
};

static void release_schema(struct ArrowSchema *schema)
{
	struct schema_node *node = schema->private_data;

	for (int64_t i = 0; i < schema->n_children; i++)
		if (node->child[i].release != NULL)
			node->child[i].release(&node->child[i]);
	wr_free(node->format);
	wr_free(node->name);
	wr_free(node->child);
	wr_free(node->pointer);
	wr_free(node);
	schema->release = NULL;
}

/* A schema with room for children, which the caller fills. */
static void open_schema(struct ArrowSchema *out, const char *format, const char *name,
			bool nullable, uint32_t child_count)
{
	struct schema_node *node = wr_calloc(1, sizeof *node);

	node->format = wr_strdup(format);
	node->name = wr_strdup(name);
	node->child = wr_calloc(child_count + 1, sizeof *node->child);
	node->pointer = wr_calloc(child_count + 1, sizeof(struct ArrowSchema *));
	for (uint32_t i = 0; i < child_count; i++)
		node->pointer[i] = &node->child[i];
	*out = (struct ArrowSchema){.format = node->format,
				    .name = node->name,
				    .flags = nullable ? ARROW_FLAG_NULLABLE : 0,
				    .n_children = child_count,
				    .children = child_count != 0 ? node->pointer : NULL,
				    .release = release_schema,
				    .private_data = node};
}

/* The format of a type. */
static void format_of(const struct wr_type *type, char *out, size_t size)
{
	static const char *const formats[WR_KIND_COUNT] = {
	    [WR_NULL] = "n",
	    [WR_BOOLEAN] = "b",
	    [WR_TINYINT] = "c",
	    [WR_SMALLINT] = "s",
	    [WR_INT] = "i",
	    [WR_BIGINT] = "l",
	    [WR_FLOAT] = "f",
	    [WR_DOUBLE] = "g",
	    [WR_CHAR] = "u",
	    [WR_VARCHAR] = "u",
	    [WR_BINARY] = "z",
	    [WR_VARBINARY] = "z",
	    [WR_DATE] = "tdD",
	    [WR_TIME] = "ttm",
	    [WR_INTERVAL_MONTH] = "tin",
	    [WR_ARRAY] = "+l",
	    [WR_INTERVAL_DAY] = "tDm",
	    [WR_MAP] = "+m",
	    [WR_MULTISET] = "+m",
	    [WR_ROW] = "+s",
	};
	static const char units[] = "smun"; /* by three digits of precision */

	if (type->kind == WR_DECIMAL)
		snprintf(out, size, "d:%d,%d", type->precision, type->scale);
	else if (wr_kind_is_timestamp(type->kind))
		snprintf(out, size, "ts%c:%s", units[(type->precision + 2) / 3],
			 type->kind == WR_TIMESTAMP_LTZ ? "UTC" : "");
	else
		snprintf(out, size, "%s", formats[type->kind]);
}

static void export_type(const struct wr_type *type, const char *name, bool nullable,
			struct ArrowSchema *out)
{
	char format[32];

	format_of(type, format, sizeof format);
	switch (type->kind) {
	case WR_ARRAY:
		open_schema(out, format, name, nullable, 1);
		export_type(type->child[0], "item", type->child[0]->nullable, out->children[0]);
		break;
	case WR_MAP:
	case WR_MULTISET: /* Arrow's keys are never NULL */
		open_schema(out, format, name, nullable, 1);
		open_schema(out->children[0], "+s", "entries", false, 2);
		export_type(type->child[0], "key", false, out->children[0]->children[0]);
		export_type(type->child[1], type->kind == WR_MAP ? "value" : "count",
			    type->child[1]->nullable, out->children[0]->children[1]);
		break;
	case WR_ROW:
		open_schema(out, format, name, nullable, type->child_count);
		for (uint32_t i = 0; i < type->child_count; i++)
			export_type(type->child[i], type->name[i], type->child[i]->nullable,
				    out->children[i]);
		break;
	default: open_schema(out, format, name, nullable, 0); break;
	}
}

void wr_arrow_export_schema(const struct wr_schema *schema, bool kinds, struct ArrowSchema *out)
{
	open_schema(out, "+s", "", false, schema->count + kinds);
	for (uint32_t i = 0; i < schema->count; i++)
		export_type(schema->field[i].type, schema->field[i].name,
			    schema->field[i].type->nullable, out->children[i]);
	if (kinds)
		open_schema(out->children[schema->count], "c", "$kind", false, 0);
}
