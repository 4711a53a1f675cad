/* SPDX-License-Identifier: Apache-2.0
 *
 * walks - a plugin with two connectors: 'random-walk', a source that goes on from checkpoints, and
 * 'statistics', a sink that writes one line about each numeric column when the job ends.
 *
 *     cc -shared -fPIC $(pkg-config --cflags weir) walks.c -o walks.so
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/weir_plugin.h"

/* --- 'random-walk': columns step BIGINT, position DOUBLE --- */

struct walk {
	int64_t step, steps; /* steps < 0: for ever */
	uint64_t random;
	double position;
};

static enum weir_code walk_read(void *self, struct weir_appender *out, uint32_t max_rows,
				int64_t *watermark_ms, int64_t *wait_ms)
{
	struct walk *walk = self;

	for (uint32_t i = 0; i < max_rows && walk->step != walk->steps; i++) {
		walk->random = walk->random * 6364136223846793005u + 1442695040888963407u;
		walk->position += walk->random >> 63 ? 0.5 : -0.5;
		weir_append_i64(out, walk->step++);
		weir_append_f64(out, walk->position);
		weir_append_end(out);
	}
	return walk->step == walk->steps ? WEIR_END : WEIR_OK;
}

static int walk_position(void *self, struct weir_bytes_out *out)
{
	weir_put(out, self, sizeof(struct walk));
	return 0;
}

static int walk_seek(void *self, const char *bytes, size_t len)
{
	memcpy(self, bytes, sizeof(struct walk));
	return len != sizeof(struct walk);
}

static int walk_source(void *user, struct weir_table *table, struct weir_source *source)
{
	struct walk *walk = calloc(1, sizeof *walk);

	walk->steps = weir_table_option_i64(table, "steps");
	walk->random = (uint64_t)weir_table_option_i64(table, "seed");
	source->user = walk;
	source->read = walk_read;
	source->position = walk_position;
	source->seek = walk_seek;
	source->close = free;
	return 0;
}

static const struct weir_option walk_options[] = {
    {"steps", WEIR_OPTION_INT, "1000", "How many rows; negative: for ever.", false},
    {"seed", WEIR_OPTION_INT, NULL, "What the walk depends on.", true},
};
static const struct weir_connector random_walk = {
    .size = sizeof random_walk,
    .name = "random-walk",
    .flags = WEIR_REPLAYS,
    .options = walk_options,
    .option_count = 2,
    .source = walk_source,
};

/* --- 'statistics': any columns --- */

struct statistics {
	char path[512];
	long long rows;
	double low, high;
};

static int statistics_write(void *self, const struct weir_batch *batch)
{
	struct statistics *s = self;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		double x;

		if (!weir_get_f64(weir_batch_row(batch, i), 0, &x))
			continue; /* NULL */
		s->low = s->rows == 0 || x < s->low ? x : s->low;
		s->high = s->rows++ == 0 || x > s->high ? x : s->high;
	}
	return 0;
}

static int statistics_close(void *self, bool good)
{
	struct statistics *s = self;
	FILE *file = good ? fopen(s->path, "w") : NULL;

	if (file != NULL)
		fprintf(file, "rows %lld, lowest %g, highest %g\n", s->rows, s->low, s->high);
	good = good && (file == NULL || fclose(file) != 0);
	free(s);
	return good;
}

static int statistics_sink(void *user, struct weir_table *table, struct weir_sink *sink)
{
	struct statistics *s;

	if (weir_column_type(weir_table_columns(table), 0) != WEIR_FLOAT)
		return weir_table_fail(table, "its first column must be a FLOAT or DOUBLE");
	s = calloc(1, sizeof *s);
	snprintf(s->path, sizeof s->path, "%s", weir_table_option(table, "path"));
	sink->user = s;
	sink->write = statistics_write;
	sink->close = statistics_close;
	return 0;
}

static const struct weir_option statistics_options[] = {
    {"path", WEIR_OPTION_STRING, NULL, "The file that is written.", true},
};
static const struct weir_connector statistics = {
    .size = sizeof statistics,
    .name = "statistics",
    .options = statistics_options,
    .option_count = 1,
    .sink = statistics_sink,
};

__attribute__((visibility("default"))) const struct weir_plugin *weir_plugin(void)
{
	static const struct weir_connector *const connectors[] = {&random_walk, &statistics};
	static const struct weir_plugin plugin = {
	    .magic = WEIR_PLUGIN_MAGIC,
	    .version = WEIR_PLUGIN_VERSION,
	    .size = sizeof plugin,
	    .name = "walks",
	    .connectors = connectors,
	    .connector_count = 2,
	};

	return &plugin;
}
