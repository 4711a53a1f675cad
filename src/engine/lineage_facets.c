/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_facets - see lineage_facets.h.
 */
#include "engine/lineage_facets.h"

#include <string.h>

#include "base/text.h"
#include "weir/version.h"

#define SPEC "https://openlineage.io/spec/facets/"

/* The beginning of a facet, with what every facet has. */
static void put_facet(struct wr_text *out, const char *key, const char *version, const char *name)
{
	wr_text_printf(out,
		       "\"%s\":{\"_producer\":\"" WR_LINEAGE_PRODUCER "\",\"_schemaURL\":\"" SPEC
		       "%s/%s.json#/$defs/%s\"",
		       key, version, name, name);
}

static void put_member(struct wr_text *out, const char *key, const char *value)
{
	wr_text_printf(out, ",\"%s\":", key);
	wr_text_json(out, value);
}

/* --- datasets */

/* What a table stands for: its connector knows, or it is one of Weir's own. */
static void name_dataset(struct wr_arena *arena, const struct wr_table *table,
			 const struct wr_connector_args *args, const char *space,
			 struct wr_dataset *out)
{
	struct wr_text texts[2];

	wr_text_init(&texts[0]);
	wr_text_init(&texts[1]);
	if (args->connector->dataset != NULL)
		args->connector->dataset(args, &texts[0], &texts[1]);
	out->table = table->name;
	out->space = texts[0].len > 0 ? wr_arena_strdup(arena, wr_text_str(&texts[0])) : space;
	out->name = texts[1].len > 0 ? wr_arena_strdup(arena, wr_text_str(&texts[1]))
				     : wr_arena_strdup(arena, table->name);
	wr_text_release(&texts[0]);
	wr_text_release(&texts[1]);
}

static void put_schema(struct wr_text *out, const struct wr_table *table,
		       const struct wr_schema *schema)
{
	struct wr_arena arena;

	wr_arena_init(&arena);
	put_facet(out, "schema", "1-2-0", "SchemaDatasetFacet");
	wr_text_puts(out, ",\"fields\":[");
	for (uint32_t i = 0; i < schema->count; i++) {
		const char *comment = NULL;

		for (uint32_t c = 0; c < table->column_count; c++)
			if (strcmp(table->column[c].name, schema->field[i].name) == 0)
				comment = table->column[c].comment;
		wr_text_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		wr_text_json(out, schema->field[i].name);
		put_member(out, "type", wr_type_str(&arena, schema->field[i].type));
		if (comment != NULL)
			put_member(out, "description", comment);
		wr_text_printf(out, ",\"ordinal_position\":%u}", i + 1);
	}
	wr_text_puts(out, "]}");
	wr_arena_release(&arena);
}

/* Which table of Weir it is, and by which connector. */
static void put_source(struct wr_text *out, const struct wr_connector_args *args,
		       const struct wr_dataset *dataset)
{
	bool is_uri = strstr(dataset->space, "://") != NULL;

	wr_text_putc(out, ',');
	put_facet(out, "dataSource", "1-0-1", "DatasourceDatasetFacet");
	put_member(out, "name", args->connector->name);
	if (is_uri)
		put_member(out, "uri", dataset->space);
	wr_text_putc(out, '}');
}

static void put_input_fields(struct wr_text *out, const struct wr_lineage *lineage,
			     const struct wr_dataset *by_source, const struct wr_lineage_set *set)
{
	for (uint32_t i = 0; i < set->count; i++) {
		const struct wr_lineage_source *source = &lineage->source[set->dep[i].source];
		const char *comma = "";

		wr_text_puts(out, i > 0 ? ",{\"namespace\":" : "{\"namespace\":");
		wr_text_json(out, by_source[set->dep[i].source].space);
		put_member(out, "name", by_source[set->dep[i].source].name);
		put_member(out, "field", source->args->schema->field[source->column].name);
		wr_text_puts(out, ",\"transformations\":[");
		for (uint32_t kind = 0; kind < WR_LINEAGE_KINDS; kind++) {
			const struct wr_lineage_words *words = &wr_lineage_words[kind];

			if ((set->dep[i].kinds & 1u << kind) == 0)
				continue;
			wr_text_printf(out, "%s{\"type\":\"%s\",\"subtype\":\"%s\",\"masking\":%s}",
				       comma, words->type, words->subtype,
				       words->masking ? "true" : "false");
			comma = ",";
		}
		wr_text_puts(out, "]}");
	}
}

/* by_source: the dataset of each source column of the lineage. */
static void put_column_lineage(struct wr_text *out, const struct wr_lineage *lineage,
			       const struct wr_dataset *by_source,
			       const struct wr_lineage_sink *sink)
{
	const char *comma = "";

	wr_text_putc(out, ',');
	put_facet(out, "columnLineage", "1-2-0", "ColumnLineageDatasetFacet");
	wr_text_puts(out, ",\"fields\":{");
	for (uint32_t c = 0; c < sink->schema->count; c++) {
		if (sink->column[c].count == 0)
			continue;
		wr_text_puts(out, comma);
		wr_text_json(out, sink->schema->field[c].name);
		wr_text_puts(out, ":{\"inputFields\":[");
		put_input_fields(out, lineage, by_source, &sink->column[c]);
		wr_text_puts(out, "]}");
		comma = ",";
	}
	wr_text_puts(out, "},\"dataset\":[");
	put_input_fields(out, lineage, by_source, &sink->all);
	wr_text_puts(out, "]}");
}

/* The dataset among the first `count` that has the name. */
static bool is_known(const struct wr_dataset *dataset, uint32_t count, const struct wr_dataset *one)
{
	for (uint32_t i = 0; i < count; i++)
		if (dataset[i].is_source == one->is_source &&
		    strcmp(dataset[i].name, one->name) == 0 &&
		    strcmp(dataset[i].space, one->space) == 0)
			return true;
	return false;
}

static const char *keep(struct wr_arena *arena, struct wr_text *text)
{
	const char *kept = wr_arena_strndup(arena, wr_text_str(text), text->len);

	wr_text_release(text);
	return kept;
}

uint32_t wr_datasets_of(struct wr_arena *arena, const struct wr_lineage *lineage, const char *space,
			struct wr_dataset **out)
{
	uint32_t room = lineage->source_count + lineage->sink_count + 1, count = 0;
	struct wr_dataset *dataset = WR_NEW_ARRAY(arena, struct wr_dataset, room);
	struct wr_dataset *by_source = WR_NEW_ARRAY(arena, struct wr_dataset, room);
	struct wr_text text;

	for (uint32_t i = 0; i < lineage->source_count; i++) {
		const struct wr_lineage_source *source = &lineage->source[i];
		struct wr_dataset *one = &dataset[count];

		if (source->column > 0) { /* the columns of a table are beside each other */
			by_source[i] = by_source[i - 1];
			continue;
		}
		name_dataset(arena, source->table, source->args, space, one);
		one->is_source = true;
		by_source[i] = *one;
		if (is_known(dataset, count, one))
			continue;
		wr_text_init(&text);
		wr_text_putc(&text, '{');
		put_schema(&text, source->table, source->args->schema);
		put_source(&text, source->args, one);
		wr_text_putc(&text, '}');
		one->facets = keep(arena, &text);
		count++;
	}
	for (uint32_t i = 0; i < lineage->sink_count; i++) {
		const struct wr_lineage_sink *sink = &lineage->sink[i];
		struct wr_dataset *one = &dataset[count];

		*one = (struct wr_dataset){0};
		name_dataset(arena, sink->table, sink->args, space, one);
		if (is_known(dataset, count, one))
			continue;
		wr_text_init(&text);
		wr_text_putc(&text, '{');
		put_schema(&text, sink->table, sink->schema);
		put_source(&text, sink->args, one);
		put_column_lineage(&text, lineage, by_source, sink);
		wr_text_putc(&text, '}');
		one->facets = keep(arena, &text);
		count++;
	}
	*out = dataset;
	return count;
}

/* The figures of a dataset; begun and ended with braces. */
static void put_statistics(struct wr_text *out, const struct wr_dataset *dataset)
{
	if (dataset->is_source)
		put_facet(out, "inputStatistics", "1-0-0", "InputStatisticsInputDatasetFacet");
	else
		put_facet(out, "outputStatistics", "1-0-2", "OutputStatisticsOutputDatasetFacet");
	wr_text_printf(out, ",\"rowCount\":%llu}",
		       (unsigned long long)(dataset->rows_before + dataset->rows));
}

void wr_lineage_datasets(struct wr_text *out, const struct wr_dataset *dataset, uint32_t count,
			 bool sources, bool all)
{
	const char *comma = "";

	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		if (dataset[i].is_source != sources)
			continue;
		wr_text_printf(out, "%s{\"namespace\":", comma);
		wr_text_json(out, dataset[i].space);
		put_member(out, "name", dataset[i].name);
		wr_text_printf(out, ",\"facets\":%s,\"%s\":{", all ? dataset[i].facets : "{}",
			       sources ? "inputFacets" : "outputFacets");
		put_statistics(out, &dataset[i]);
		wr_text_puts(out, "}}");
		comma = ",";
	}
	wr_text_putc(out, ']');
}

/* --- job and run */

void wr_lineage_job_facets(struct wr_text *out, const struct wr_lineage_subject *subject)
{
	const struct wr_action *action = subject->action;

	wr_text_putc(out, '{');
	put_facet(out, "jobType", "2-0-4", "JobTypeJobFacet");
	put_member(out, "processingType", action->options.batch ? "BATCH" : "STREAMING");
	wr_text_puts(out, ",\"integration\":\"WEIR\",\"jobType\":\"JOB\"}");
	if (action->sql != NULL) {
		wr_text_putc(out, ',');
		put_facet(out, "sql", "1-1-0", "SQLJobFacet");
		put_member(out, "query", action->sql);
		wr_text_puts(out, ",\"dialect\":\"flink\"}");
	}
	if (subject->script != NULL) {
		wr_text_putc(out, ',');
		put_facet(out, "sourceCode", "1-0-1", "SourceCodeJobFacet");
		wr_text_puts(out, ",\"language\":\"SQL\"");
		put_member(out, "sourceCode", subject->script);
		wr_text_putc(out, '}');
	}
	if (subject->owner != NULL) {
		wr_text_putc(out, ',');
		put_facet(out, "ownership", "1-0-1", "OwnershipJobFacet");
		wr_text_puts(out, ",\"owners\":[{\"name\":");
		wr_text_json(out, subject->owner);
		wr_text_puts(out, ",\"type\":\"MAINTAINER\"}]}");
	}
	wr_text_putc(out, '}');
}

void wr_lineage_run_facets(struct wr_text *out, const wr_status *why)
{
	wr_text_putc(out, '{');
	put_facet(out, "processing_engine", "1-1-1", "ProcessingEngineRunFacet");
	wr_text_puts(out, ",\"version\":\"" WEIR_VERSION "\",\"name\":\"weir\"}");
	if (why != NULL) {
		wr_text_putc(out, ',');
		put_facet(out, "errorMessage", "1-0-1", "ErrorMessageRunFacet");
		put_member(out, "message", why->text);
		wr_text_puts(out, ",\"programmingLanguage\":\"SQL\"");
		if (why->hint != NULL)
			put_member(out, "stackTrace", why->hint);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, '}');
}
