/* SPDX-License-Identifier: Apache-2.0
 *
 * dataset - see dataset.h. The texts have been checked by the connectors: what is odd is shown as
 * it is.
 */
#include "connectors/dataset.h"

#include "connectors/filesystem_path.h"

/* "host:port" of the first of several, with the port that is usual if there is none. */
static void put_host(struct wr_text *space, const char *hosts, size_t len, const char *port)
{
	size_t first = 0;
	bool has_port = false;

	while (first < len && hosts[first] != ',')
		first++;
	for (size_t i = first; i > 0 && hosts[i - 1] != ']' && !has_port; i--)
		has_port = hosts[i - 1] == ':';
	if (first == 0)
		wr_text_puts(space, "localhost");
	wr_text_add(space, hosts, first);
	if (!has_port)
		wr_text_printf(space, ":%s", port);
}

void wr_dataset_kafka(const char *servers, const char *topic, struct wr_text *space,
		      struct wr_text *name)
{
	const char *host = servers != NULL ? servers : "";
	size_t len = strcspn(host, ",");
	const char *protocol = strstr(host, "://");

	if (protocol != NULL && protocol < host + len) {
		len -= (size_t)(protocol + 3 - host);
		host = protocol + 3;
	}
	wr_text_puts(space, "kafka://");
	put_host(space, host, len, "9092");
	wr_text_puts(name, topic);
}

/* An identifier without its quotes. */
static void put_unquoted(struct wr_text *name, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text != '"')
			wr_text_putc(name, *text);
}

void wr_dataset_postgres(const char *url, const char *user, const char *table,
			 struct wr_text *space, struct wr_text *name)
{
	const char *host = strstr(url, "://"), *database;
	size_t len;

	host = host != NULL ? host + 3 : "";
	len = strcspn(host, "/?");
	database = host + len + (host[len] == '/');
	for (const char *at = host; at < host + len; at++)
		if (*at == '@') {
			len -= (size_t)(at + 1 - host);
			host = at + 1;
		}
	wr_text_puts(space, "postgres://");
	put_host(space, host, len, "5432");
	len = strcspn(database, "?");
	if (len > 0)
		wr_text_add(name, database, len);
	else
		wr_text_puts(name, user != NULL ? user : "postgres");
	wr_text_puts(name, strchr(table, '.') != NULL ? "." : ".public.");
	put_unquoted(name, table);
}

void wr_dataset_file(const char *path, struct wr_text *space, struct wr_text *name)
{
	const char *local = path;

	wr_status_free(wr_fs_local(path, &local));
	wr_text_puts(space, "file");
	if (strcmp(local, "-") == 0)
		wr_text_puts(name, local);
	else
		wr_fs_absolute(name, local);
}
