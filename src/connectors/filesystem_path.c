/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_path - see filesystem_path.h.
 */
#include "connectors/filesystem_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

wr_status *wr_fs_local(const char *given, const char **local)
{
	size_t scheme =
	    strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+");

	*local = given;
	if (given[0] == '\0')
		return wr_status_new(WR_USER_ERROR, "'path' is empty");
	if (strncasecmp(given, "file:", 5) == 0) {
		given += 5;
		/* file:/a, file:///a and file://host/a, where the host can only be this one */
		if (strncmp(given, "//", 2) == 0) {
			given = strchr(given + 2, '/');
			if (given == NULL)
				return wr_status_new(WR_USER_ERROR, "'path' = '%s' names no file",
						     *local);
		}
		*local = given;
		return NULL;
	}
	if (scheme > 1 && strncmp(given + scheme, "://", 3) == 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'path' = '%s': only local files are supported",
						    given),
				      "Mount or copy the data and give its local path");
	return NULL;
}

void wr_fs_absolute(struct wr_text *out, const char *path)
{
	if (path[0] != '/') {
		/* The working folder is the process's: nothing that a simulator would replace. */
		char *folder = getcwd(NULL, 0);

		if (folder != NULL) {
			wr_text_puts(out, folder);
			if (folder[1] != '\0')
				wr_text_putc(out, '/');
			free(folder);
		}
		while (path[0] == '.' && path[1] == '/')
			path += 2;
	}
	wr_text_puts(out, path);
}

const char *wr_fs_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

void wr_fs_folder(struct wr_text *out, const char *path)
{
	const char *name = wr_fs_name(path);

	if (name == path)
		wr_text_putc(out, '.');
	else if (name == path + 1)
		wr_text_putc(out, '/');
	else
		wr_text_add(out, path, (size_t)(name - path) - 1);
}

void wr_fs_join(struct wr_text *out, const char *folder, const char *name)
{
	size_t len = strlen(folder);

	wr_text_add(out, folder, len);
	if (len != 0 && folder[len - 1] != '/')
		wr_text_putc(out, '/');
	wr_text_puts(out, name);
}

bool wr_fs_is_readable(struct wr_env *env, const char *path)
{
	struct wr_file *file = NULL;
	wr_status *status = wr_file_open(env, path, WR_OPEN_READ, &file);
	bool readable = status == NULL;

	wr_status_free(status);
	wr_status_free(wr_file_close(file));
	return readable;
}

bool wr_fs_is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

wr_status *wr_fs_codec_of(const char *path, enum wr_fs_codec *codec)
{
	static const char *const foreign[] = {".bz2", ".xz", ".deflate", ".lz4", ".snappy", ".zip"};
	const char *dot = strrchr(wr_fs_name(path), '.');

	*codec = WR_FS_PLAIN;
	if (dot == NULL)
		return NULL;
	if (strcasecmp(dot, ".gz") == 0 || strcasecmp(dot, ".gzip") == 0)
		*codec = WR_FS_GZIP;
	else if (strcasecmp(dot, ".zst") == 0 || strcasecmp(dot, ".zstd") == 0)
		*codec = WR_FS_ZSTD;
	for (size_t i = 0; i < WR_COUNT(foreign); i++)
		if (strcasecmp(dot, foreign[i]) == 0)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "'%s': the compression '%s' is not supported", path,
					  dot + 1),
			    "Use .gz or .zst, or unpack it and pipe it in with 'path' = '-'");
	return NULL;
}

enum wr_fs_codec wr_fs_codec_sniff(const char *bytes, size_t len)
{
	if (len >= 3 && memcmp(bytes, "\x1F\x8B\x08", 3) == 0)
		return WR_FS_GZIP;
	if (len >= 4 && memcmp(bytes, "\x28\xB5\x2F\xFD", 4) == 0)
		return WR_FS_ZSTD;
	return WR_FS_PLAIN;
}

bool wr_fs_is_hidden(const char *name)
{
	return name[0] == '.' || name[0] == '_';
}

/* --- partitions ---------------------------------------------------------------------------------
 */

/* The bytes that Hive and Flink escape. */
static bool is_escaped(unsigned char c)
{
	return c < 0x20 || c == 0x7F || strchr("\"#%'*/:=?\\{[]^", c) != NULL;
}

void wr_fs_escape(struct wr_text *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_escaped(c))
			wr_text_printf(out, "%%%02X", c);
		else
			wr_text_putc(out, (char)c);
	}
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

void wr_fs_unescape(struct wr_text *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && isxdigit((unsigned char)text[i + 1]) &&
		    isxdigit((unsigned char)text[i + 2])) {
			wr_text_putc(out, (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])));
			i += 2;
		} else {
			wr_text_putc(out, text[i]);
		}
	}
}

bool wr_fs_partition_value(const char *path, const char *key, struct wr_text *value)
{
	struct wr_text escaped;
	bool found = false;

	wr_text_init(&escaped);
	wr_fs_escape(&escaped, key, strlen(key));
	wr_text_putc(&escaped, '=');
	for (const char *part = path; part != NULL && !found;) {
		const char *slash = strchr(part, '/');

		if (slash != NULL && strncmp(part, escaped.data, escaped.len) == 0) {
			const char *text = part + escaped.len;

			wr_fs_unescape(value, text, (size_t)(slash - text));
			found = true;
		}
		part = slash != NULL ? slash + 1 : NULL;
	}
	wr_text_release(&escaped);
	return found;
}
