/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - all scalar functions, from the tables that the build lists (expr/meson.build).
 *
 * Lookup is a scan: a few hundred names, at analysis time only. The flat list for SHOW FUNCTIONS is
 * the one place with a static that is written: once, under call_once, because the tables are
 * separate arrays that C cannot join at compile time.
 */
#include <pthread.h>
#include <strings.h>

#include "base/macros.h"
#include "base/mem.h"
#include "expr/tables.h"
#include "expr/tables_list.h"

struct table {
	const struct wr_function *const *function; /* in the order of the file */
	const uint32_t *count;                     /* of them */
};

#define X(name) {wr_fn_##name, &wr_fn_##name##_count},
static const struct table tables[] = {WR_FN_TABLES};
#undef X

#define FUNCTIONS_MAX 1024 /* room in the flat list: three times what Flink has */
static const struct wr_function *all[FUNCTIONS_MAX];
static uint32_t all_count;
static pthread_once_t all_once = PTHREAD_ONCE_INIT;

static void all_fill(void)
{
	for (size_t t = 0; t < WR_COUNT(tables); t++)
		for (uint32_t i = 0; i < *tables[t].count; i++) {
			WR_REQUIRE(all_count < FUNCTIONS_MAX);
			all[all_count++] = tables[t].function[i];
		}
}

const struct wr_function *const *wr_function_list(uint32_t *count)
{
	pthread_once(&all_once, all_fill);
	*count = all_count;
	return all;
}

static bool name_is(const char *name, const char *text, uint32_t len)
{
	return strncasecmp(name, text, len) == 0 && name[len] == '\0';
}

const struct wr_function *wr_function_find(const char *name, uint32_t len)
{
	uint32_t count;
	const struct wr_function *const *list = wr_function_list(&count);

	for (uint32_t i = 0; i < count; i++) {
		if (name_is(list[i]->name, name, len))
			return list[i];
		for (const char *const *alias = list[i]->aliases; alias != NULL && *alias != NULL;
		     alias++)
			if (name_is(*alias, name, len))
				return list[i];
	}
	return NULL;
}
