/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_print - lineage as lines for people, as JSON, and row by row.
 */
#include "base/text.h"
#include "plan/lineage.h"

/* In the order of the bits of wr_lineage_kind; the words are OpenLineage's. */
const struct wr_lineage_words wr_lineage_words[WR_LINEAGE_KINDS] = {
    {"DIRECT", "IDENTITY", false},      {"DIRECT", "TRANSFORMATION", false},
    {"DIRECT", "AGGREGATION", false},   {"DIRECT", "TRANSFORMATION", true},
    {"DIRECT", "AGGREGATION", true},    {"INDIRECT", "JOIN", false},
    {"INDIRECT", "GROUP_BY", false},    {"INDIRECT", "FILTER", false},
    {"INDIRECT", "SORT", false},        {"INDIRECT", "WINDOW", false},
    {"INDIRECT", "CONDITIONAL", false},
};

static const char *source_column(const struct wr_lineage_source *source)
{
	return source->args->schema->field[source->column].name;
}

typedef void each_function(void *own, const struct wr_lineage_sink *sink, const char *column,
			   const struct wr_lineage_source *source,
			   const struct wr_lineage_words *words);

static void each_of_set(const struct wr_lineage *lineage, const struct wr_lineage_sink *sink,
			const char *column, const struct wr_lineage_set *set, each_function *each,
			void *own)
{
	for (uint32_t i = 0; i < set->count; i++) {
		for (uint32_t kind = 0; kind < WR_LINEAGE_KINDS; kind++) {
			if (set->dep[i].kinds & 1u << kind)
				each(own, sink, column, &lineage->source[set->dep[i].source],
				     &wr_lineage_words[kind]);
		}
	}
}

void wr_lineage_each(const struct wr_lineage *lineage, each_function *each, void *own)
{
	for (uint32_t s = 0; s < lineage->sink_count; s++) {
		const struct wr_lineage_sink *sink = &lineage->sink[s];

		for (uint32_t c = 0; c < sink->schema->count; c++)
			each_of_set(lineage, sink, sink->schema->field[c].name, &sink->column[c],
				    each, own);
		each_of_set(lineage, sink, NULL, &sink->all, each, own);
	}
}

/* --- lines */

static void print_set(struct wr_text *out, const struct wr_lineage *lineage, const char *column,
		      const struct wr_lineage_set *set)
{
	const char *between = " <- ";

	wr_text_printf(out, "  %s", column);
	for (uint32_t i = 0; i < set->count; i++) {
		const struct wr_lineage_source *source = &lineage->source[set->dep[i].source];

		wr_text_printf(out, "%s%s.%s (", between, source->table->name,
			       source_column(source));
		between = "";
		for (uint32_t kind = 0; kind < WR_LINEAGE_KINDS; kind++) {
			if ((set->dep[i].kinds & 1u << kind) == 0)
				continue;
			wr_text_printf(out, "%s%s%s", between, wr_lineage_words[kind].subtype,
				       wr_lineage_words[kind].masking ? " masked" : "");
			between = " ";
		}
		wr_text_putc(out, ')');
		between = ", ";
	}
	wr_text_putc(out, '\n');
}

void wr_lineage_print(struct wr_text *out, const struct wr_lineage *lineage)
{
	wr_text_puts(out, "== Column Lineage ==\n");
	if (lineage->cut)
		wr_text_puts(out, "The plan is too large for it\n");
	for (uint32_t s = 0; s < lineage->sink_count; s++) {
		const struct wr_lineage_sink *sink = &lineage->sink[s];

		wr_text_printf(out, "%s\n", sink->table != NULL ? sink->table->name : "(result)");
		for (uint32_t c = 0; c < sink->schema->count; c++)
			print_set(out, lineage, sink->schema->field[c].name, &sink->column[c]);
		if (sink->all.count > 0)
			print_set(out, lineage, "(rows)", &sink->all);
	}
}

/* --- JSON */

static void json_set(struct wr_text *out, const struct wr_lineage *lineage,
		     const struct wr_lineage_set *set)
{
	const char *comma = "";

	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < set->count; i++) {
		const struct wr_lineage_source *source = &lineage->source[set->dep[i].source];

		for (uint32_t kind = 0; kind < WR_LINEAGE_KINDS; kind++) {
			const struct wr_lineage_words *words = &wr_lineage_words[kind];

			if ((set->dep[i].kinds & 1u << kind) == 0)
				continue;
			wr_text_printf(out, "%s{\"table\":", comma);
			wr_text_json(out, source->table->name);
			wr_text_puts(out, ",\"column\":");
			wr_text_json(out, source_column(source));
			wr_text_printf(out, ",\"type\":\"%s\",\"subtype\":\"%s\",\"masking\":%s}",
				       words->type, words->subtype,
				       words->masking ? "true" : "false");
			comma = ",";
		}
	}
	wr_text_putc(out, ']');
}

void wr_lineage_json(struct wr_text *out, const struct wr_lineage *lineage)
{
	wr_text_putc(out, '[');
	for (uint32_t s = 0; s < lineage->sink_count; s++) {
		const struct wr_lineage_sink *sink = &lineage->sink[s];

		wr_text_puts(out, s > 0 ? ",{\"table\":" : "{\"table\":");
		if (sink->table != NULL)
			wr_text_json(out, sink->table->name);
		else
			wr_text_puts(out, "null");
		wr_text_puts(out, ",\"columns\":[");
		for (uint32_t c = 0; c < sink->schema->count; c++) {
			wr_text_puts(out, c > 0 ? ",{\"name\":" : "{\"name\":");
			wr_text_json(out, sink->schema->field[c].name);
			wr_text_puts(out, ",\"from\":");
			json_set(out, lineage, &sink->column[c]);
			wr_text_putc(out, '}');
		}
		wr_text_puts(out, "],\"rows\":");
		json_set(out, lineage, &sink->all);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}
