/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_position - a source that goes on in the middle: behind every block of random inputs
 * the very same blocks follow; files that change meanwhile are gone on with or refused, by name.
 */
#include "filesystem_case.h"

#include <sys/stat.h>
#include <sys/time.h>

#include <zlib.h>
#include <zstd.h>

static void line_table(struct table *table)
{
	table_init(table);
	table_column(table, "line", &WR_T_STRING);
}

static uint32_t seed;
static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Puts a packed file. */
static void put_packed(struct table *table, const char *name, const char *bytes, size_t len)
{
	size_t size = compressBound(len) + 1024;
	char *out = wr_malloc(size);

	if (strstr(name, ".gz") != NULL) {
		z_stream z = {0};

		assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, 0), Z_OK);
		z.next_in = (Bytef *)bytes;
		z.avail_in = (uInt)len;
		z.next_out = (Bytef *)out;
		z.avail_out = (uInt)size;
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		size = z.total_out;
		deflateEnd(&z);
	} else {
		size = ZSTD_compress(out, size, bytes, len, 3);
	}
	put_bytes(table, name, out, size);
	wr_free(out);
}

/* --- blocks -------------------------------------------------------------------------------------
 */

/* A description of a block and of its rows, one line. */
static void describe(struct wr_reader *reader, struct wr_block *block, struct wr_text *out)
{
	struct reading reading = {0};

	wr_text_init(&reading.rows);
	wr_text_printf(out, "%llu %s %llu+%zu%s: ", (unsigned long long)block->index, block->origin,
		       (unsigned long long)block->offset, block->range.len,
		       block->origin_starts ? " first" : "");
	assert_null(read_block(&reading, reader, block, 0));
	for (size_t i = 0; i < reading.rows.len; i++)
		wr_text_putc(out, reading.rows.data[i] == '\n' ? '/' : reading.rows.data[i]);
	wr_text_printf(out, " %llu lines, %llu bad\n", (unsigned long long)reading.lines,
		       (unsigned long long)reading.bad);
	reading_release(&reading);
}

/* Claims up to `max` blocks; returns how many there were. Positions behind each, and before the
 * first: position[0..count]; NULL: none wanted. */
static uint32_t claim_all(struct wr_source *source, uint32_t max, struct wr_text *out,
			  struct wr_text *position)
{
	struct wr_reader *reader;
	uint32_t count = 0, waits = 0;

	assert_null(wr_fs_reader_new(source, &reader));
	while (count < max) {
		struct wr_block *block = NULL;
		enum wr_claim result;
		struct wr_claim_ask ask = {0};
		wr_status *status;

		if (position != NULL) {
			wr_text_clear(&position[count]);
			assert_null(wr_fs_source_position(source, &position[count]));
		}
		status = wr_fs_source_claim(source, &ask, &block, &result);
		if (status != NULL)
			fail_msg("%s", status->text);
		if (result == WR_CLAIM_END || (result == WR_CLAIM_WAIT && waits++ > 3))
			break;
		if (result == WR_CLAIM_WAIT) {
			usleep(1000);
			continue;
		}
		describe(reader, block, out);
		wr_fs_block_free(source, block);
		count++;
	}
	if (position != NULL) {
		wr_text_clear(&position[count]);
		assert_null(wr_fs_source_position(source, &position[count]));
	}
	wr_fs_reader_free(reader);
	return count;
}

/* Random lines: short ones, some of several blocks, some beyond all bounds. */
static void random_lines(struct wr_text *text, uint32_t lines, uint32_t block, uint32_t record_max)
{
	for (uint32_t i = 0; i < lines; i++) {
		uint32_t kind = any(12), len = any(block / 3 + 1);

		if (kind == 0)
			len = any(block * 4);
		else if (kind == 1)
			len = record_max + any(record_max * 2);
		for (uint32_t c = 0; c < len; c++)
			wr_text_putc(text, (char)('a' + any(26)));
		if (i + 1 < lines || any(2) == 0)
			wr_text_putc(text, '\n');
	}
}

enum { BLOCKS_MAX = 4000 };

/* Behind every block k: the blocks from k + 1 on, as they were. */
static void test_every_block(void **state)
{
	static struct wr_text position[BLOCKS_MAX + 1];
	const char *const name[] = {"in/a", "in/b.gz", "in/c.zst", "in/d", "in/e"};

	for (uint32_t round = 0; round < 30; round++) {
		struct wr_text text, want, got;
		struct wr_source *source;
		struct table table;

		seed = round + 1;
		wr_text_init(&text);
		wr_text_init(&want);
		wr_text_init(&got);
		line_table(&table);
		table.setup.block_bytes = 20 + any(100);
		table.setup.record_max = table.setup.block_bytes * (2 + any(8));
		for (size_t f = 0; f < WR_COUNT(name); f++) {
			wr_text_clear(&text);
			random_lines(&text, any(60), (uint32_t)table.setup.block_bytes,
				     (uint32_t)table.setup.record_max);
			if (strchr(name[f], '.') != NULL)
				put_packed(&table, name[f], wr_text_str(&text), text.len);
			else
				put_bytes(&table, name[f], wr_text_str(&text), text.len);
		}
		table_path(&table, "in");
		assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
		uint32_t count = claim_all(source, BLOCKS_MAX, &want, position);
		wr_fs_source_close(source);
		assert_in_range(count, 5, BLOCKS_MAX - 1);
		const char *rest = wr_text_str(&want);
		for (uint32_t k = 0; k <= count; k++) {
			wr_text_clear(&got);
			assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
			wr_status *status =
			    wr_fs_source_seek(source, position[k].data, position[k].len);
			if (status != NULL)
				fail_msg("%s", status->text);
			claim_all(source, BLOCKS_MAX, &got, NULL);
			wr_fs_source_close(source);
			if (strcmp(wr_text_str(&got), rest) != 0)
				fail_msg("round %u, behind block %u:\n%s, not\n%s", round, k,
					 wr_text_str(&got), rest);
			if (k < count)
				rest = strchr(rest, '\n') + 1;
		}
		wr_text_release(&text);
		wr_text_release(&want);
		wr_text_release(&got);
		table_release(&table);
	}
	for (uint32_t k = 0; k <= BLOCKS_MAX; k++)
		wr_text_release(&position[k]);
}

/* --- files that change --------------------------------------------------------------------------
 */

/* A table over `path`; reads `blocks` blocks of 20 bytes and keeps the place. */
static void read_until(struct table *table, const char *path, uint32_t blocks,
		       struct wr_text *position)
{
	struct wr_source *source;
	struct wr_text out;

	wr_text_init(&out);
	wr_text_init(position);
	table_path(table, path);
	table->setup.block_bytes = 20;
	assert_null(wr_fs_source_open(&table->args, &table->setup, &source));
	assert_int_equal(claim_all(source, blocks, &out, NULL), blocks);
	assert_null(wr_fs_source_position(source, position));
	wr_fs_source_close(source);
	wr_text_release(&out);
}

/* Goes on there: the rows, or the error that it gives. */
static wr_status *read_on(struct table *table, const struct wr_text *position, const char *want)
{
	struct reading reading = {0};
	struct wr_source *source;
	wr_status *status;

	wr_text_init(&reading.rows);
	assert_null(wr_fs_source_open(&table->args, &table->setup, &source));
	status = wr_fs_source_seek(source, position->data, position->len);
	if (status == NULL)
		status = read_some(table, source, 3, &reading);
	wr_fs_source_close(source);
	if (status == NULL)
		assert_string_equal(wr_text_str(&reading.rows), want);
	reading_release(&reading);
	return status;
}

#define LINES "line 1\nline 2\nline 3\nline 4\nline 5\n" /* two of them are a block */

static void test_changed_files(void **state)
{
	struct wr_text position;
	struct table table;

	line_table(&table);
	put_file(&table, "in/a", LINES);
	read_until(&table, "in", 1, &position);
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\n"));
	put_file(&table, "in/a", LINES "line 6\n"); /* longer, and another inode */
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\nline 6\n"));
	rename(in_folder(&table, "in/a"), in_folder(&table, "in/b"));
	assert_error(read_on(&table, &position, ""), "/a': the file is gone");
	wr_text_release(&position);
	read_until(&table, "in", 1, &position);
	rename(in_folder(&table, "in/b"), in_folder(&table, "in/c"));
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\nline 6\n"));
	put_file(&table, "in/b",
		 "line A\nline B\n"); /* rotated: the old one is known by its inode */
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\nline 6\n"));
	unlink(in_folder(&table, "in/c"));
	assert_error(read_on(&table, &position, ""),
		     "in/b': it does not begin with the 14 bytes that were read of it");
	put_file(&table, "in/b", "line 1\n");
	assert_error(read_on(&table, &position, ""), "in/b': it does not begin with the 14 bytes");
	wr_text_release(&position);
	table_release(&table);
}

static void test_changed_packed_files(void **state)
{
	struct wr_text position, text;
	struct table table;

	line_table(&table);
	wr_text_init(&text);
	for (int i = 0; i < 100; i++)
		wr_text_printf(&text, "line %d of a file that is packed\n", i);
	put_packed(&table, "a.gz", text.data, text.len);
	read_until(&table, "a.gz", 90, &position);
	put_packed(&table, "a.gz", text.data, text.len); /* a copy */
	const char *rest = strstr(text.data, "line 90 ");
	assert_null(read_on(&table, &position, rest));
	memcpy(text.data, "LINE", 4);
	put_packed(&table, "a.gz", text.data, text.len);
	assert_error(read_on(&table, &position, ""), "it does not begin with the");
	wr_text_release(&position);
	wr_text_release(&text);
	table_release(&table);
}

/* A watched folder: what was read to its end may go, be renamed or come back; what is new is read.
 */
static void test_watched_folder(void **state)
{
	struct wr_text position;
	struct table table;

	line_table(&table);
	table_option(&table, "source.monitor-interval", "1 ms");
	put_file(&table, "in/a", "a 1\n");
	put_file(&table, "in/b", "b 1\n");
	put_file(&table, "in/c", LINES);
	for (int i = 0; i < 3; i++) {
		const char name[] = {'i', 'n', '/', (char)('a' + i), '\0'};
		struct timeval times[2] = {{1700000000 + i, 0}, {1700000000 + i, 0}};

		assert_int_equal(utimes(in_folder(&table, name), times), 0);
	}
	read_until(&table, "in", 3, &position);
	unlink(in_folder(&table, "in/a"));
	rename(in_folder(&table, "in/b"), in_folder(&table, "in/b2"));
	put_file(&table, "in/d", "d 1\n");
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\nd 1\n"));
	put_file(&table, "in/a", "a 2\n");          /* was read once */
	put_file(&table, "in/c", LINES "line 6\n"); /* grew */
	assert_null(read_on(&table, &position, "line 3\nline 4\nline 5\nline 6\nd 1\n"));
	truncate(in_folder(&table, "in/c"), 10);
	assert_error(read_on(&table, &position, ""), "in/c': it does not begin with the 14 bytes");
	unlink(in_folder(&table, "in/c"));
	assert_error(read_on(&table, &position, ""), "in/c': the file is gone");
	wr_text_release(&position);
	table_release(&table);
}

/* Pipes have no place to go back to. */
static void test_not_replayable(void **state)
{
	struct wr_source *source;
	struct wr_text position;
	struct table table;

	line_table(&table);
	wr_text_init(&position);
	table_option(&table, "path", "-");
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	assert_error(wr_fs_source_position(source, &position),
		     "Table 't' reads standard input, which cannot be read again");
	assert_error(wr_fs_source_seek(source, "", 0), "cannot be read again");
	wr_fs_source_close(source);
	assert_int_equal(mkfifo(in_folder(&table, "pipe"), 0666), 0);
	table_path(&table, "pipe");
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	assert_error(wr_fs_source_position(source, &position), "reads a pipe");
	wr_fs_source_close(source);
	wr_text_release(&position);
	table_release(&table);
}

/* Bytes that are missing or of another version are no position. */
static void test_damaged(void **state)
{
	struct wr_source *source;
	struct wr_text position;
	struct table table;

	line_table(&table);
	put_file(&table, "a", LINES);
	read_until(&table, "a", 1, &position);
	for (size_t len = 0; len < position.len; len++) {
		assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
		wr_status *status = wr_fs_source_seek(source, position.data, len);
		assert_non_null(status);
		assert_int_equal(status->class, WR_FATAL);
		assert_non_null(strstr(status->text, "table 't' (its place in"));
		wr_status_free(status);
		wr_fs_source_close(source);
	}
	position.data[0]++;
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	assert_error(wr_fs_source_seek(source, position.data, position.len), "is damaged");
	wr_fs_source_close(source);
	wr_text_release(&position);
	table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_block),          cmocka_unit_test(test_changed_files),
	    cmocka_unit_test(test_changed_packed_files), cmocka_unit_test(test_watched_folder),
	    cmocka_unit_test(test_not_replayable),       cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
