/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_source - files as blocks: where they are cut, which files are read, what fails how.
 */
#include "filesystem_case.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

static void line_table(struct table *table)
{
	table_init(table);
	table_column(table, "line", &WR_T_STRING);
}

/* Every length of records around every position of a block's end; the rows are those of the file,
 * whatever the block size, and blocks cover the file without gap. */
static void test_cuts(void **state)
{
	struct table table;
	struct wr_text text, want;

	line_table(&table);
	table_path(&table, "f");
	wr_text_init(&text);
	wr_text_init(&want);
	for (size_t block = 1; block <= 24; block++) {
		for (size_t len = 0; len <= 26; len++) {
			wr_text_clear(&text);
			wr_text_clear(&want);
			for (size_t r = 0; r < 9; r++) {
				for (size_t i = 0; i < (len + r * (block % 3)) % 27; i++)
					wr_text_putc(&text, (char)('a' + (r + i) % 26));
				wr_text_putc(&text, '\n');
			}
			wr_text_add(&want, text.data, text.len);
			if (len % 2 == 1 && text.len > 1 && text.data[text.len - 2] != '\n')
				text.len--; /* the last line has no end */
			put_bytes(&table, "f", text.data, text.len);
			table.setup.block_bytes = block;
			table.args.max_rows = len % 3;
			struct reading reading;
			assert_null(read_all(&table, &reading));
			assert_string_equal(wr_text_str(&reading.rows), want.data);
			assert_int_equal(reading.bytes, text.len);
			assert_int_equal(reading.starts, 1);
			assert_true(reading.largest <= WR_MAX(block, (size_t)27 * 2));
			reading_release(&reading);
		}
	}
	wr_text_release(&text);
	wr_text_release(&want);
	table_release(&table);
}

/* The same blocks whoever claims and however large batches are. */
static void test_blocks_are_fixed(void **state)
{
	struct table table;
	struct reading one, many;
	struct wr_text text;

	line_table(&table);
	wr_text_init(&text);
	for (int i = 0; i < 5000; i++)
		wr_text_printf(&text, "line %d of many\n", i);
	put_bytes(&table, "f", text.data, text.len);
	table_path(&table, "f");
	table.setup.block_bytes = 1000;
	table.args.max_rows = 1;
	assert_null(read_all(&table, &one));
	table.args.max_rows = 4096;
	assert_null(read_all(&table, &many));
	assert_int_equal(one.blocks, many.blocks);
	assert_int_equal(one.lines, 5000);
	assert_string_equal(wr_text_str(&one.rows), wr_text_str(&many.rows));
	assert_true(many.largest <= 1000);
	reading_release(&one);
	reading_release(&many);
	wr_text_release(&text);
	table_release(&table);
}

static void test_too_long(void **state)
{
	struct table table;
	struct reading reading;
	struct wr_text text;

	line_table(&table);
	wr_text_init(&text);
	wr_text_puts(&text, "before\n");
	for (int i = 0; i < 500; i++)
		wr_text_putc(&text, 'x');
	wr_text_puts(&text, "\nbehind\n");
	for (int i = 0; i < 300; i++)
		wr_text_putc(&text, 'y');
	wr_text_puts(&text, "\n!bad\nlast");
	put_bytes(&table, "f", text.data, text.len);
	table_path(&table, "f");
	table.setup.record_max = 100;
	for (size_t block = 8; block < 400; block += 13) {
		table.setup.block_bytes = block;
		assert_null(read_all(&table, &reading));
		if (block <= 100) {
			assert_string_equal(wr_text_str(&reading.rows), "before\nbehind\nlast\n");
			assert_int_equal(reading.bad, 3);
		}
		assert_int_equal(reading.lines, 5);
		reading_release(&reading);
	}
	wr_text_release(&text);
	table_release(&table);
}

static void test_folder(void **state)
{
	struct table table;

	line_table(&table);
	put_file(&table, "b.txt", "3\n4");
	put_file(&table, "a.txt", "1\n2\n");
	put_file(&table, "sub/c.txt", "5\n");
	put_file(&table, "sub/deep/d.txt", "6\n");
	put_file(&table, "empty.txt", "");
	put_file(&table, "_hidden", "no\n");
	put_file(&table, ".hidden", "no\n");
	put_file(&table, "_folder/x", "no\n");
	table_path(&table, "");
	assert_rows(&table, "1\n2\n3\n4\n5\n6\n");
	table_option(&table, "source.path.regex-pattern", ".*/[ac]\\.txt");
	assert_rows(&table, "1\n2\n5\n");
	table_option(&table, "source.path.regex-pattern", "a\\.txt");
	assert_rows(&table, ""); /* the whole path must match */
	table_release(&table);
}

static void test_order_of_names(void **state)
{
	static const char *const name[] = {"p-10", "p-9", "p-2",  "p-1",
					   "p-11", "a",   "d2/x", "d10/x"};
	struct table table;

	line_table(&table);
	for (size_t i = 0; i < WR_COUNT(name); i++)
		put_file(&table, name[i], wr_arena_printf(&table.arena, "%s\n", name[i]));
	table_path(&table, "");
	assert_rows(&table, "a\nd2/x\nd10/x\np-1\np-2\np-9\np-10\np-11\n");
	table_path(&table, "p-*");
	assert_rows(&table, "p-1\np-2\np-9\np-10\np-11\n");
	table_release(&table);
}

static void test_empty_folder(void **state)
{
	struct table table;

	line_table(&table);
	mkdir(in_folder(&table, "none"), 0777);
	table_path(&table, "none");
	assert_null(wr_connector_filesystem.check(&table.args, false));
	assert_rows(&table, "");
	put_file(&table, "none/e", "");
	assert_rows(&table, "");
	put_file(&table, "none/n", "\n");
	assert_rows(&table, "\n");
	table_release(&table);
}

static void test_patterns(void **state)
{
	static const char *const cases[][2] = {
	    {"*.txt", "a1\na2\n"},    {"a?.txt", "a1\na2\n"},         {"a[2-9].txt", "a2\n"},
	    {"d*/x.*", "x1\nx2\n"},   {"**/x.log", "x1\nx2\n"},       {"d1", "x1\n"},
	    {"d?", "x1\nx2\ndeep\n"}, {"**/*.log", "x1\nx2\ndeep\n"}, {"d2/**", "x2\ndeep\n"},
	};
	struct table table;

	line_table(&table);
	put_file(&table, "a1.txt", "a1\n");
	put_file(&table, "a2.txt", "a2\n");
	put_file(&table, ".a3.txt", "no\n");
	put_file(&table, "d1/x.log", "x1\n");
	put_file(&table, "d2/x.log", "x2\n");
	put_file(&table, "d2/y/z.log", "deep\n");
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		table_path(&table, cases[i][0]);
		assert_null(wr_connector_filesystem.check(&table.args, false));
		assert_rows(&table, cases[i][1]);
	}
	put_file(&table, "we[i]rd.txt", "literal\n");
	table_path(&table, "we[i]rd.txt");
	assert_rows(&table, "literal\n");
	table_release(&table);
}

static void test_scheme(void **state)
{
	struct table table;

	line_table(&table);
	put_file(&table, "a", "1\n");
	table_option(&table, "path",
		     wr_arena_printf(&table.arena, "file://%s", in_folder(&table, "a")));
	assert_rows(&table, "1\n");
	table_option(&table, "path", "s3://bucket/a");
	assert_error(wr_connector_filesystem.check(&table.args, false), "only local files");
	table_option(&table, "path", "");
	assert_error(wr_connector_filesystem.check(&table.args, false), "is empty");
	table_release(&table);
}

static void test_errors(void **state)
{
	struct table table;
	struct wr_source *source;
	struct wr_block *block;
	enum wr_claim result;
	struct wr_claim_ask ask = {0};

	line_table(&table);
	table_path(&table, "missing");
	assert_error(wr_connector_filesystem.check(&table.args, false),
		     "There is no file or folder");
	table_path(&table, "m*.txt");
	assert_error(wr_connector_filesystem.check(&table.args, false), "No file matches");
	put_file(&table, "a.bz2", "x");
	table_path(&table, "a.bz2");
	assert_error(wr_connector_filesystem.check(&table.args, false), "'bz2' is not supported");
	table_option(&table, "source.path.regex-pattern", "(");
	table_path(&table, "");
	assert_error(wr_fs_source_open(&table.args, &table.setup, &source),
		     "source.path.regex-pattern");
	assert_null(wr_options_reset(&table.options, "source.path.regex-pattern"));

	put_file(&table, "gone/1", "a\n");
	put_file(&table, "gone/2", "b\n");
	table_path(&table, "gone");
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	unlink(in_folder(&table, "gone/2"));
	assert_null(wr_fs_source_claim(source, &ask, &block, &result));
	wr_fs_block_free(source, block);
	assert_error(wr_fs_source_claim(source, &ask, &block, &result), "is gone");
	wr_fs_source_close(source);

	put_file(&table, "short", "0123456\n0123456\n0123456\n");
	table_path(&table, "short");
	table.setup.block_bytes = 8;
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	assert_null(wr_fs_source_claim(source, &ask, &block, &result));
	wr_fs_block_free(source, block);
	assert_int_equal(truncate(in_folder(&table, "short"), 10), 0);
	assert_error(wr_fs_source_claim(source, &ask, &block, &result),
		     "had 24 bytes and ends after 10");
	wr_fs_source_close(source);
	table_release(&table);
}

/* --- packed files -------------------------------------------------------------------------------
 */

static size_t gzip(const char *text, size_t len, char *out, size_t size)
{
	z_stream z = {.next_in = (Bytef *)text,
		      .avail_in = (uInt)len,
		      .next_out = (Bytef *)out,
		      .avail_out = (uInt)size};

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void packed_text(struct wr_text *text)
{
	wr_text_init(text);
	for (int i = 0; i < 30000; i++)
		wr_text_printf(text, "%d,%x\n", i, (unsigned)i * 2654435761u);
}

static void assert_unpacks(struct table *table, const char *name, const struct wr_text *text)
{
	struct reading reading;

	table_path(table, name);
	wr_status *status = read_all(table, &reading);
	if (status != NULL)
		fail_msg("%s: %s", name, status->text);
	assert_int_equal(reading.rows.len, text->len);
	assert_memory_equal(reading.rows.data, text->data, text->len);
	reading_release(&reading);
}

static void test_packed(void **state)
{
	struct table table;
	struct wr_text text;
	size_t half, len, size = 2u << 20;
	char *out = wr_malloc(size);

	table_init(&table);
	table_column(&table, "line", &WR_T_STRING);
	packed_text(&text);
	for (char *p = text.data; *p != '\0'; p++)
		*p = *p == ',' ? ';' : *p;
	table.setup.block_bytes = 10000;
	half = text.len / 2;
	len = gzip(text.data, text.len, out, size);
	put_bytes(&table, "one.gz", out, len);
	assert_unpacks(&table, "one.gz", &text);
	put_bytes(&table, "unnamed", out, len);
	assert_unpacks(&table, "unnamed", &text); /* told by its first bytes */
	len = gzip(text.data, half, out, size);
	len += gzip(text.data + half, text.len - half, out + len, size - len);
	memset(out + len, 0, 512);
	put_bytes(&table, "two.gz", out, len);
	assert_unpacks(&table, "two.gz", &text); /* members follow one another */
	put_bytes(&table, "padded.gz", out, len + 512);
	assert_unpacks(&table, "padded.gz", &text);
	len = ZSTD_compress(out, size, text.data, half, 3);
	len += ZSTD_compress(out + len, size - len, text.data + half, text.len - half, 3);
	put_bytes(&table, "two.zst", out, len);
	assert_unpacks(&table, "two.zst", &text);
	put_bytes(&table, "unnamed.zs", out, len);
	assert_unpacks(&table, "unnamed.zs", &text);
	wr_free(out);
	wr_text_release(&text);
	table_release(&table);
}

static void test_packed_damaged(void **state)
{
	struct table table;
	struct wr_text text;
	struct reading reading;
	size_t len, size = 2u << 20;
	char *out = wr_malloc(size);

	line_table(&table);
	packed_text(&text);
	len = gzip(text.data, text.len, out, size);
	put_bytes(&table, "cut.gz", out, len / 2);
	table_path(&table, "cut.gz");
	assert_error(read_all(&table, &reading), "is cut off: its gzip data is incomplete at byte");
	reading_release(&reading);
	put_bytes(&table, "tail.gz", out, len - 1);
	table_path(&table, "tail.gz");
	assert_error(read_all(&table, &reading), "is cut off");
	reading_release(&reading);
	out[len / 2] ^= 0x55;
	put_bytes(&table, "bad.gz", out, len);
	table_path(&table, "bad.gz");
	assert_error(read_all(&table, &reading), "bad.gz': not valid gzip data near byte");
	reading_release(&reading);
	put_file(&table, "plain.gz", "not packed\n");
	table_path(&table, "plain.gz");
	assert_error(read_all(&table, &reading), "not valid gzip data");
	reading_release(&reading);
	len = ZSTD_compress(out, size, text.data, text.len, 3);
	put_bytes(&table, "cut.zst", out, len - 5);
	table_path(&table, "cut.zst");
	assert_error(read_all(&table, &reading), "its zstd data is incomplete");
	reading_release(&reading);
	put_file(&table, "plain.zst", "not packed\n");
	table_path(&table, "plain.zst");
	assert_error(read_all(&table, &reading), "not valid zstd data");
	reading_release(&reading);
	put_file(&table, "empty.gz", "");
	table_path(&table, "empty.gz");
	assert_rows(&table, "");
	wr_free(out);
	wr_text_release(&text);
	table_release(&table);
}

/* --- partitions and metadata --------------------------------------------------------------------
 */

static void test_partitions(void **state)
{
	struct table table;
	struct reading reading;

	table_init(&table);
	table_column(&table, "a", &WR_T_INT);
	table_column(&table, "v", &WR_T_BIGINT);
	table_column(&table, "b", &WR_T_STRING);
	table_partition(&table, "a");
	table_partition(&table, "b");
	put_file(&table, "r/a=1/b=x%2Fy%20/f", "10\n11\n");
	put_file(&table, "r/a=2/b=__DEFAULT_PARTITION__/f", "20\n");
	put_file(&table, "r/a=2/b=_SUCCESS", "");
	put_file(&table, "r/a=3/b=/f", "30\n");
	table_path(&table, "r");
	unlink(in_folder(&table, "r/a=2/b=_SUCCESS"));
	assert_rows(&table, "1|10|x/y \n1|11|x/y \n2|20|NULL\n3|30|\n");
	table.wanted[0] = 2; /* only b */
	table.args.wanted_count = 1;
	assert_rows(&table, "x/y \nx/y \nNULL\n\n");
	table.args.wanted_count = 0;
	assert_rows(&table, "\n\n\n\n");
	table.wanted[0] = 0;
	table.args.wanted_count = 3;
	put_file(&table, "r/a=no/b=x/f", "1\n");
	assert_null(wr_connector_filesystem.check(&table.args, false));
	table.args.wanted_count = 1;
	wr_status *status = read_all(&table, &reading);
	assert_non_null(status);
	assert_non_null(strstr(status->hint, "partition column 'a'"));
	wr_status_free(status);
	reading_release(&reading);
	unlink(in_folder(&table, "r/a=no/b=x/f"));
	put_file(&table, "r/a=9/f", "1\n");
	table.wanted[0] = 2;
	assert_error(read_all(&table, &reading), "is not in a folder 'b=...'");
	reading_release(&reading);
	table_release(&table);
}

static void test_metadata(void **state)
{
	struct timeval times[2] = {{1700000000, 0}, {1700000000, 123000}};
	struct table table;

	table_init(&table);
	table_column(&table, "v", &WR_T_INT);
	table_metadata(&table, "file.name", &WR_T_STRING_NN);
	table_metadata(&table, "file.size", &WR_T_BIGINT_NN);
	table_metadata(&table, "file.modification-time", &WR_T_LTZ3_NN);
	table_metadata(&table, "file.path", &WR_T_STRING_NN);
	put_file(&table, "sub/x.txt", "1\n2\n");
	utimes(in_folder(&table, "sub/x.txt"), times);
	table_path(&table, "");
	assert_rows(&table, wr_arena_printf(&table.arena,
					    "1|x.txt|4|2023-11-14 22:13:20.123|%s/sub/x.txt\n"
					    "2|x.txt|4|2023-11-14 22:13:20.123|%s/sub/x.txt\n",
					    table.folder, table.folder));
	table_release(&table);
}

/* --- pipes and watched folders ------------------------------------------------------------------
 */

/* What has arrived in a pipe is handed out at once, up to the last line end. */
static void test_pipe(void **state)
{
	struct table table;
	struct reading reading = {0};
	struct wr_source *source;
	int fds[2], saved = dup(STDIN_FILENO);

	line_table(&table);
	table_option(&table, "path", "-");
	assert_null(wr_connector_filesystem.check(&table.args, false));
	assert_int_equal(pipe(fds), 0);
	dup2(fds[0], STDIN_FILENO);
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	wr_text_init(&reading.rows);
	assert_null(read_some(&table, source, 1, &reading));
	assert_int_equal(reading.blocks, 0);
	assert_int_equal(write(fds[1], "one\ntwo\nth", 10), 10);
	assert_null(read_some(&table, source, 1, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "one\ntwo\n");
	assert_int_equal(write(fds[1], "ree", 3), 3);
	assert_null(read_some(&table, source, 1, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "one\ntwo\n");
	assert_int_equal(write(fds[1], "\nfour", 5), 5);
	assert_null(read_some(&table, source, 1, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "one\ntwo\nthree\n");
	close(fds[1]);
	assert_null(read_some(&table, source, 5, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "one\ntwo\nthree\nfour\n");
	assert_int_equal(reading.starts, 1);
	reading_release(&reading);
	wr_fs_source_close(source);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fds[0]);
	table_release(&table);
}

/* Packed bytes that come one by one. */
static void test_pipe_packed(void **state)
{
	struct table table;
	struct reading reading = {0};
	struct wr_source *source;
	char out[256];
	size_t len = gzip("a\nb\n", 4, out, sizeof out);
	const char *path;
	int fd;

	line_table(&table);
	path = in_folder(&table, "fifo");
	assert_int_equal(mkfifo(path, 0666), 0);
	table_path(&table, "fifo");
	fd = open(path, O_RDWR);
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	wr_text_init(&reading.rows);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(write(fd, out + i, 1), 1);
		assert_null(read_some(&table, source, 0, &reading));
	}
	assert_string_equal(wr_text_str(&reading.rows), "a\nb\n");
	close(fd);
	assert_null(read_some(&table, source, 5, &reading));
	reading_release(&reading);
	wr_fs_source_close(source);
	table_release(&table);
}

static void test_monitor(void **state)
{
	struct timeval old[2] = {{1000, 0}, {1000, 0}}, older[2] = {{500, 0}, {500, 0}};
	struct table table;
	struct reading reading = {0};
	struct wr_source *source;

	line_table(&table);
	put_file(&table, "in/b", "b\n");
	table_path(&table, "in");
	table_option(&table, "source.monitor-interval", "1 ms");
	assert_false(wr_connector_filesystem.is_bounded(&table.args));
	assert_null(wr_connector_filesystem.check(&table.args, false));
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	wr_text_init(&reading.rows);
	assert_null(read_some(&table, source, 3, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "b\n");
	/* both renamed into the folder between two looks */
	put_file(&table, "x/a", "newer\n");
	put_file(&table, "x/z", "older\n");
	utimes(in_folder(&table, "x/a"), old);
	utimes(in_folder(&table, "x/z"), older);
	mkdir(in_folder(&table, "in/sub"), 0777);
	assert_int_equal(rename(in_folder(&table, "x"), in_folder(&table, "in/x")), 0);
	assert_null(read_some(&table, source, 5, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "b\nolder\nnewer\n");
	assert_null(read_some(&table, source, 5, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "b\nolder\nnewer\n");

	/* a position in a watched folder */
	struct wr_text position;
	struct wr_source *again;
	wr_text_init(&position);
	assert_null(wr_fs_source_position(source, &position));
	put_file(&table, "in/c", "c\n");
	assert_null(wr_fs_source_open(&table.args, &table.setup, &again));
	assert_null(wr_fs_source_seek(again, position.data, position.len));
	assert_null(read_some(&table, again, 3, &reading));
	assert_string_equal(wr_text_str(&reading.rows), "b\nolder\nnewer\nc\n");
	wr_fs_source_close(again);
	wr_text_release(&position);
	reading_release(&reading);
	wr_fs_source_close(source);
	table_path(&table, "in/b");
	assert_error(wr_connector_filesystem.check(&table.args, false), "is not a folder");
	table_release(&table);
}

/* --- positions ----------------------------------------------------------------------------------
 */

/* Stopping behind every block and going on in a new source gives all rows once. */
static void test_seek(void **state)
{
	struct table table;
	struct wr_text position, want;

	line_table(&table);
	wr_text_init(&position);
	wr_text_init(&want);
	for (int i = 0; i < 200; i++)
		wr_text_printf(&want, "line %d\n", i);
	char packed[8192];
	put_bytes(&table, "in/a", want.data, want.len);
	put_bytes(&table, "in/b.gz", packed, gzip(want.data, want.len, packed, sizeof packed));
	put_bytes(&table, "in/c", want.data, 70);
	table_path(&table, "in");
	table.setup.block_bytes = 100;
	struct reading whole;
	assert_null(read_all(&table, &whole));
	for (uint32_t stop = 0; stop <= whole.blocks; stop++) {
		struct wr_source *source;
		struct reading first = {0};
		struct wr_reader *reader;

		wr_text_init(&first.rows);
		assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
		assert_null(wr_fs_reader_new(source, &reader));
		for (uint32_t i = 0; i < stop; i++) {
			struct wr_block *block;
			enum wr_claim result;
			struct wr_claim_ask ask = {0};

			assert_null(wr_fs_source_claim(source, &ask, &block, &result));
			assert_null(read_block(&first, reader, block, 0));
			wr_fs_block_free(source, block);
		}
		wr_text_clear(&position);
		assert_null(wr_fs_source_position(source, &position));
		wr_fs_reader_free(reader);
		wr_fs_source_close(source);
		assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
		assert_null(wr_fs_source_seek(source, position.data, position.len));
		assert_null(read_some(&table, source, 0, &first));
		assert_string_equal(wr_text_str(&first.rows), wr_text_str(&whole.rows));
		wr_fs_source_close(source);
		reading_release(&first);
	}
	struct wr_source *source;
	assert_null(wr_fs_source_open(&table.args, &table.setup, &source));
	assert_error(wr_fs_source_seek(source, position.data, position.len - 3), "damaged");
	wr_fs_source_close(source);
	reading_release(&whole);
	wr_text_release(&position);
	wr_text_release(&want);
	table_release(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cuts),           cmocka_unit_test(test_blocks_are_fixed),
	    cmocka_unit_test(test_too_long),       cmocka_unit_test(test_folder),
	    cmocka_unit_test(test_order_of_names), cmocka_unit_test(test_empty_folder),
	    cmocka_unit_test(test_patterns),       cmocka_unit_test(test_scheme),
	    cmocka_unit_test(test_errors),         cmocka_unit_test(test_packed),
	    cmocka_unit_test(test_packed_damaged), cmocka_unit_test(test_partitions),
	    cmocka_unit_test(test_metadata),       cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_pipe_packed),    cmocka_unit_test(test_monitor),
	    cmocka_unit_test(test_seek),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
