/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_pgoutput - hostile messages of PostgreSQL's logical replication: read, and, where they are
 * changes of the table, made into records, which are then decoded into columns.
 *
 * The input is cut into pieces: each begins with two bytes, what it is and its length. The first
 * byte picks the changelog mode.
 */
#include "connectors/pg_cdc.h"
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define COLUMNS 6
#define TABLE   7u /* OID */

static const char relation[] = "R\0\0\0\7public\0t\0f\0\6"
			       "\1id\0\0\0\0\x17\xff\xff\xff\xff"
			       "\0name\0\0\0\0\x19\xff\xff\xff\xff"
			       "\0n\0\0\0\6\xa4\xff\xff\xff\xff"
			       "\0a\0\0\0\3\xef\xff\xff\xff\xff" /* int[] */
			       "\0ts\0\0\0\4\xa0\xff\xff\xff\xff"
			       "\0u\0\0\0\x0b\x86\xff\xff\xff\xff";

static struct wr_pgo_value before[WR_PGO_COLUMNS_MAX], after[WR_PGO_COLUMNS_MAX];
static struct wr_pgo_column relation_column[WR_PGO_COLUMNS_MAX];
static const uint32_t oids[COLUMNS] = {WR_PG_INT4, WR_PG_TEXT,        WR_PG_NUMERIC,
				       1007,       WR_PG_TIMESTAMPTZ, WR_PG_UUID};
static const char *const names[COLUMNS] = {"id", "name", "n", "a", "ts", "u"};

/* A message in memory of its own size, so that reads behind it are seen. */
static const char *read_message(struct wr_pgo_message *message, const char *copy, size_t len)
{
	*message = (struct wr_pgo_message){.column = relation_column};
	message->before.value = before;
	message->after.value = after;
	return wr_pgo_read(message, (struct wr_str){copy, len});
}

/* The records that were made, as columns. */
static void decode(struct wr_source *source)
{
	struct wr_pg_cdc_block *own = source->filling;
	struct wr_reader *reader;
	struct wr_batch *batch;

	if (own == NULL)
		return;
	source->filling = NULL;
	own->buf = wr_buf_new(own->records.len);
	if (own->records.len > 0)
		memcpy(own->buf->data, own->records.data, own->records.len);
	own->block.own = own;
	own->block.range = (struct wr_decode_range){
	    .buf = own->buf, .data = own->buf->data, .len = own->records.len};
	FUZZ_REQUIRE(wr_pg_cdc_reader_new(source, &reader) == NULL);
	for (uint32_t rows = 0;; rows += batch->rows, wr_batch_free(batch)) {
		FUZZ_REQUIRE(wr_pg_cdc_decode(reader, &own->block, &batch) == NULL);
		FUZZ_REQUIRE(batch != NULL || rows + own->block.range.bad.count == own->rows);
		if (batch == NULL)
			break;
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
	}
	wr_pg_cdc_reader_free(reader);
	wr_bad_list_release(&own->block.range.bad);
	wr_pg_cdc_block_free(&own->item);
}

/* One piece of the input. */
static void take(struct wr_pg_cdc_changes *changes, uint8_t what, const char *copy, size_t size)
{
	struct wr_pgo_message message;
	struct wr_pgo_piece piece;
	uint64_t lsn;

	if (what == 0) {
		(void)wr_pgo_piece(&piece, (struct wr_str){copy, size});
		return;
	}
	if (what == 1) {
		char *text = strndup(copy, size);

		(void)wr_pgo_lsn_read(text, &lsn);
		free(text);
		return;
	}
	if (read_message(&message, copy, size) != NULL)
		return;
	switch (message.kind) {
	case WR_PGO_BEGIN: wr_pg_cdc_begin(changes, &message); break;
	case WR_PGO_TRUNCATE: (void)wr_pgo_truncates(&message, TABLE); break;
	case WR_PGO_INSERT:
	case WR_PGO_UPDATE:
	case WR_PGO_DELETE:
		/* A status may leave a record half made: the job is over then. */
		if (message.table == TABLE) {
			wr_status *status = wr_pg_cdc_change(changes, &message);

			if (status != NULL) {
				wr_pg_cdc_block_free(changes->source->filling != NULL
							 ? &changes->source->filling->item
							 : NULL);
				changes->source->filling = NULL;
			}
			wr_status_free(status);
		}
		break;
	default: break;
	}
}

static void run(struct wr_source *source, const uint8_t *bytes, size_t len)
{
	struct wr_pg_cdc_changes changes = {.source = source};
	struct wr_pgo_message message;

	FUZZ_REQUIRE(read_message(&message, relation, sizeof relation - 1) == NULL);
	FUZZ_REQUIRE(wr_pg_cdc_relation(&changes, &message) == NULL);
	FUZZ_REQUIRE(changes.table == TABLE);
	while (len >= 2) {
		size_t size = WR_MIN((size_t)bytes[1], len - 2);
		char *copy = malloc(size + 1);

		memcpy(copy, bytes + 2, size);
		copy = realloc(copy, size + (size == 0));
		take(&changes, bytes[0], copy, size);
		free(copy);
		bytes += 2 + size;
		len -= 2 + size;
	}
	decode(source);
	wr_pg_cdc_changes_release(&changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint32_t wanted[COLUMNS] = {0, 1, 2, 3, 4, 5};
	struct wr_pg_table_column there[COLUMNS];
	struct wr_pg_cdc_column column[COLUMNS];
	struct wr_pg_cdc_layout layout = {COLUMNS, column};
	struct wr_pg_cdc_part part = {0};
	struct wr_arena arena;

	if (len == 0)
		return 0;
	wr_arena_init(&arena);
	struct wr_field field[COLUMNS] = {
	    {"id", &WR_T_INT},
	    {"name", &WR_T_STRING},
	    {"n", wr_type_decimal(&arena, 12, 2)},
	    {"a", wr_type_array(&arena, &WR_T_INT)},
	    {"ts", &WR_T_LTZ3},
	    {"u", &WR_T_STRING},
	};
	struct wr_schema schema = {COLUMNS, field};
	struct wr_connector_args args = {.table = "t",
					 .schema = &schema,
					 .physical_count = COLUMNS,
					 .wanted = wanted,
					 .wanted_count = COLUMNS,
					 .max_rows = 3};

	for (uint32_t i = 0; i < COLUMNS; i++) {
		there[i] = (struct wr_pg_table_column){names[i], oids[i], -1, "type", false};
		column[i] = (struct wr_pg_cdc_column){.name = names[i],
						      .type = field[i].type,
						      .attribute = (int32_t)i,
						      .raw_oid = oids[i],
						      .there = oids[i],
						      .oid = oids[i]};
	}
	struct wr_source source = {.args = &args,
				   .host = wr_host_none(),
				   .name = "public.t",
				   .real_name = "public.t",
				   .oid = TABLE,
				   .database = "d",
				   .upserts = bytes[0] & 1,
				   .key_count = bytes[0] & 2 ? 1 : 0,
				   .layout = &layout,
				   .table = {"public.t", COLUMNS, there}};
	if (bytes[0] & 4) { /* the rows were read under a snapshot */
		part.seen = (struct wr_pg_snapshot){.xmin = 5, .xmax = 9};
		source.at.part = &part;
		source.at.part_count = 1;
	}
	run(&source, bytes + 1, len - 1);
	wr_arena_release(&arena);
	return 0;
}
