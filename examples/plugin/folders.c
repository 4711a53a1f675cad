/* SPDX-License-Identifier: Apache-2.0
 *
 * folders - a plugin with a catalog: 'folders', in which a folder of `root` is a database and a
 * file NAME.sql in it says how table NAME is declared: "(id INT, ...) WITH (...)", or the whole
 * CREATE TABLE statement. $DIR in it stands for the folder.
 *
 *     cc -shared -fPIC $(pkg-config --cflags weir) folders.c -o folders.so
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/weir_plugin.h"

#define DECLARATION_MAX 65536

static int folders_open(void *user, struct weir_table *catalog, void **self)
{
	const char *root = weir_table_option(catalog, "root");
	DIR *folder = opendir(root);

	*self = NULL; /* for folders_close, which comes after a failure, too */
	if (folder == NULL)
		return weir_table_fail(catalog, "its root '%s': %s", root, strerror(errno));
	closedir(folder);
	*self = strdup(root);
	return 0;
}

/* Whether the name is one of the catalog's: no path leads out of its root. */
static bool is_name(const char *name)
{
	return *name != '\0' && *name != '.' && strpbrk(name, "/\n") == NULL;
}

static void put_line(struct weir_bytes_out *out, const char *name, size_t len)
{
	weir_put(out, name, len);
	weir_put(out, "\n", 1);
}

/* The entries of a folder: those with the ending, without it. A folder that is not there has none;
 * but it is told when it cannot be read. */
static int list(const char *path, const char *ending, struct weir_bytes_out *out)
{
	DIR *folder = opendir(path);
	size_t tail = strlen(ending);

	if (folder == NULL)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : weir_put_fail(out, "'%s': %s", path, strerror(errno));
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		size_t len = strlen(entry->d_name);

		if (!is_name(entry->d_name) || (tail == 0 && entry->d_type != DT_DIR))
			continue;
		if (len > tail && strcmp(entry->d_name + len - tail, ending) == 0)
			put_line(out, entry->d_name, len - tail);
	}
	closedir(folder);
	return 0;
}

static int folders_databases(void *self, struct weir_bytes_out *out)
{
	return list(self, "", out);
}

static int folders_tables(void *self, const char *database, struct weir_bytes_out *out)
{
	char path[4096];

	if (!is_name(database))
		return 0;
	snprintf(path, sizeof path, "%s/%s", (const char *)self, database);
	return list(path, ".sql", out);
}

/* The text with the folder in place of $DIR. */
static void put_declaration(const char *text, const char *folder, struct weir_bytes_out *out)
{
	const char *found;

	while ((found = strstr(text, "$DIR")) != NULL) {
		weir_put(out, text, (size_t)(found - text));
		weir_put(out, folder, strlen(folder));
		text = found + strlen("$DIR");
	}
	weir_put(out, text, strlen(text));
}

static int folders_table(void *self, const char *database, const char *table,
			 struct weir_bytes_out *out)
{
	char folder[4096], path[8192], text[DECLARATION_MAX];
	size_t len;
	FILE *file;

	if (!is_name(database) || !is_name(table))
		return 0;
	snprintf(folder, sizeof folder, "%s/%s", (const char *)self, database);
	snprintf(path, sizeof path, "%s/%s.sql", folder, table);
	file = fopen(path, "r");
	if (file == NULL) /* nothing: there is no such table */
		return errno == ENOENT ? 0 : weir_put_fail(out, "'%s': %s", path, strerror(errno));
	len = fread(text, 1, sizeof text, file);
	fclose(file);
	if (len == sizeof text)
		return weir_put_fail(out, "'%s' is longer than %d bytes", path, DECLARATION_MAX);
	text[len] = '\0';
	put_declaration(text, folder, out);
	return 0;
}

__attribute__((visibility("default"))) const struct weir_plugin *weir_plugin(void)
{
	static const struct weir_option options[] = {
	    {"root", WEIR_OPTION_STRING, NULL, "The folder that has the databases.", true},
	};
	static const struct weir_catalog folders = {
	    .size = sizeof folders,
	    .name = "folders",
	    .options = options,
	    .option_count = 1,
	    .open = folders_open,
	    .databases = folders_databases,
	    .tables = folders_tables,
	    .table = folders_table,
	    .close = free,
	};
	static const struct weir_catalog *const catalogs[] = {&folders};
	static const struct weir_plugin plugin = {.magic = WEIR_PLUGIN_MAGIC,
						  .version = WEIR_PLUGIN_VERSION,
						  .size = sizeof plugin,
						  .name = "folders",
						  .catalogs = catalogs,
						  .catalog_count = 1};

	return &plugin;
}
