/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_input - the rows of an output as `weir diff` sees them: files of records without a schema.
 *
 * A record is a JSON object a line, a change of a changelog format, or a line of CSV. Its values
 * become texts in columns found by name; both sides share the columns, so that equal values of both
 * stand in the same place. A column that a record does not have, and null, are the same. Folders
 * key=value above a file are columns, too.
 *
 * Numbers are cut to one form (1.50 is 1.5), nested values lose their spaces; beyond that values
 * are compared as they are written, and a text "1" is the number 1.
 *
 * Order of calls: columns_init -> open -> each* -> close. Thread: one owner.
 */
#ifndef WR_CLI_DIFF_INPUT_H
#define WR_CLI_DIFF_INPUT_H

#include "connectors/filesystem_files.h"
#include "connectors/filesystem_stream.h"
#include "data/batch.h"

enum wr_diff_form {
	WR_DIFF_AUTO, /* as the first record looks */
	WR_DIFF_JSON,
	WR_DIFF_CSV,
	WR_DIFF_CHANGELOG, /* changelog-json: {"op":"+I","data":{}} */
	WR_DIFF_DEBEZIUM   /* debezium-json: {"before":{},"after":{},"op":"c"} */
};

/* The columns of both sides, in the order in which they first came. */
struct wr_diff_columns {
	struct wr_map index; /* name -> number + 1; its entries are the columns */
};

/* One value of the row at hand. */
struct wr_diff_cell {
	size_t offset, len; /* in the input's scratch */
	uint64_t row;       /* number of the row that it belongs to; another: NULL */
};

struct wr_diff_input;
typedef wr_status *wr_diff_each(void *user, struct wr_diff_input *input, enum wr_row_kind kind);

struct wr_diff_input {
	struct wr_env *env;
	const char *path;                /* as given; the caller's */
	enum wr_diff_form form;          /* AUTO until the first record */
	bool header;                     /* CSV: the first line of a file has the names */
	struct wr_diff_columns *columns; /* shared */
	struct wr_fs_files files;
	/* of the file at hand */
	const struct wr_fs_file *file;
	struct wr_fs_stream stream;
	struct wr_text block; /* bytes read and not yet used: [pos, len) */
	size_t pos;           /* in block */
	bool ended;           /* the file has no more bytes than those */
	uint64_t record;      /* number of the record in its file, from 1 */
	uint32_t *name;       /* CSV: column of each field; owned */
	uint32_t name_count;  /* of them */
	/* of the row at hand */
	struct wr_text scratch;    /* values */
	struct wr_diff_cell *cell; /* per column; owned */
	uint32_t cell_count;       /* slots at cell */
	uint64_t row;              /* its number in the pass, from 1 */
	wr_diff_each *each;
	void *user; /* of each */
};

void wr_diff_columns_init(struct wr_diff_columns *columns);
void wr_diff_columns_release(struct wr_diff_columns *columns);
/* The number of a column, or UINT32_MAX. */
uint32_t wr_diff_columns_find(const struct wr_diff_columns *columns, const char *name);

/* A file, a folder or a pattern, as the 'path' of a table. */
wr_status *wr_diff_input_open(struct wr_diff_input *input, const char *path, enum wr_diff_form form,
			      bool header, struct wr_diff_columns *columns);
void wr_diff_input_close(struct wr_diff_input *input);
/* Calls `each` for every row (of a changelog: change) from the first file on. */
wr_status *wr_diff_input_each(struct wr_diff_input *input, wr_diff_each *each, void *user);
/* The value of a column in the row at hand; data NULL: NULL. */
struct wr_str wr_diff_input_value(const struct wr_diff_input *input, uint32_t column);

#endif
