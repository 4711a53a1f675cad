/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_commit - hostile bytes in the place of what sinks and sources leave in checkpoints
 * and on the other side: an outbox, commit marks, lists of messages, refused rows, snapshots and
 * positions. They are read or refused; what was read and is written again reads the same.
 *
 * An outbox is guarded by checksums: one is made of the input and then spoilt, besides one that is
 * the input.
 */
#include <string.h>

#include "connectors/commit_mark.h"
#include "connectors/message.h"
#include "connectors/outbox.h"
#include "connectors/pg_cdc_position.h"
#include "connectors/pg_out.h"
#include "connectors/pg_snapshot.h"
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static uint8_t sink;

static void touch(struct wr_str text)
{
	for (size_t i = 0; i < text.len; i++)
		sink ^= (uint8_t)text.data[i];
	__asm__ volatile("" : : "r"(sink));
}

static uint64_t read_outbox(const char *bytes, size_t len, bool *good)
{
	struct wr_outbox_reader reader;
	wr_status *status = wr_outbox_open(&reader, bytes, len);
	struct wr_str record;
	uint64_t count = 0;

	while (status == NULL && (status = wr_outbox_next(&reader, &record)) == NULL &&
	       record.data != NULL) {
		touch(record);
		count++;
	}
	if (status == NULL)
		touch(reader.note);
	*good = status == NULL;
	wr_status_free(status);
	wr_outbox_close(&reader);
	return count;
}

/* Bytes of an outbox with the input as its records, one of which is spoilt. */
static void fuzz_outbox(const uint8_t *bytes, size_t len)
{
	struct wr_outbox_config config = {.env = wr_env_system(),
					  .host = wr_host_none(),
					  .table = "t",
					  .soft_bytes = 1 << 20,
					  .hard_bytes = 1 << 24};
	struct wr_outbox *outbox;
	struct wr_text out;
	uint64_t records = 0;
	size_t spoilt;
	bool good;

	(void)read_outbox((const char *)bytes, len, &good);
	if (len < 4)
		return;
	spoilt = (size_t)bytes[0] << 8 | bytes[1];
	outbox = wr_outbox_new(&config);
	for (size_t at = 3; at < len; records++) {
		size_t size = WR_MIN((size_t)bytes[at], len - at - 1);

		(void)wr_outbox_add(outbox, (struct wr_str){(const char *)bytes + at + 1, size}, 1);
		at += 1 + size;
	}
	wr_text_init(&out);
	wr_outbox_take(outbox, (struct wr_str){(const char *)bytes, 3}, &out);
	FUZZ_REQUIRE(read_outbox(out.data, out.len, &good) == records && good);
	if (bytes[2] != 0) {
		out.data[spoilt % out.len] ^= (char)bytes[2];
		(void)read_outbox(out.data, out.len, &good);
		FUZZ_REQUIRE(!good);
	}
	(void)read_outbox(out.data, spoilt % out.len, &good);
	FUZZ_REQUIRE(!good);
	wr_text_release(&out);
	wr_outbox_free(outbox);
}

static void fuzz_mark(struct wr_str text)
{
	struct wr_commit_mark mark, again, next;
	struct wr_text out;

	if (!wr_commit_mark_get(&mark, text))
		return;
	FUZZ_REQUIRE(mark.count <= WR_COMMIT_PARTS);
	wr_text_init(&out);
	wr_commit_mark_put(&mark, &out);
	FUZZ_REQUIRE(wr_commit_mark_get(&again, (struct wr_str){out.data, out.len}));
	FUZZ_REQUIRE(again.count == mark.count &&
		     memcmp(again.part, mark.part, mark.count * sizeof *mark.part) == 0);
	if (mark.count > 0) /* of itself, whatever runs it names twice */
		(void)wr_commit_mark_has(&mark, &again);
	wr_commit_mark_begin(&next, &mark, wr_env_system());
	FUZZ_REQUIRE(mark.count != 1 || wr_commit_mark_has(&next, &mark));
	wr_commit_mark_next(&next);
	if (mark.count > 0)
		wr_commit_mark_add(&next, &mark);
	wr_text_release(&out);
}

static void fuzz_list(struct wr_str bytes)
{
	struct wr_message_list list;
	struct wr_message message;

	if (!wr_message_list_open(&list, bytes))
		return;
	for (uint32_t i = 0; i < list.count; i++) {
		wr_message_at(&list, i, &message);
		if (message.key.data != NULL)
			touch(message.key);
		if (message.value.data != NULL)
			touch(message.value);
		for (uint32_t h = 0; h < message.header_count; h++) {
			struct wr_message_header header = wr_message_header_at(&list, i, h);

			touch(header.name);
			if (header.value.data != NULL)
				touch(header.value);
		}
	}
}

static void fuzz_position(struct wr_str bytes)
{
	struct wr_pg_cdc_position position = {0};
	struct wr_text out, again;

	wr_text_init(&out);
	wr_text_init(&again);
	(void)wr_pg_cdc_position_text(bytes.data, bytes.len, &out);
	wr_text_clear(&out);
	if (wr_pg_cdc_position_get(&position, bytes.data, bytes.len)) {
		wr_pg_cdc_position_put(&position, &out);
		wr_pg_cdc_position_release(&position);
		position = (struct wr_pg_cdc_position){0};
		FUZZ_REQUIRE(wr_pg_cdc_position_get(&position, out.data, out.len));
		wr_pg_cdc_position_put(&position, &again);
		FUZZ_REQUIRE(again.len == out.len && memcmp(again.data, out.data, out.len) == 0);
		wr_pg_cdc_position_release(&position);
	}
	wr_text_release(&out);
	wr_text_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wr_pg_refusals refusals = {0};
	struct wr_pg_snapshot snapshot;
	struct wr_str text;
	char *copy;

	if (len == 0)
		return 0;
	copy = malloc(len); /* exactly as long */
	memcpy(copy, bytes + 1, len - 1);
	text = (struct wr_str){copy, len - 1};
	switch (bytes[0] % 6) {
	case 0: fuzz_outbox(bytes + 1, len - 1); break;
	case 1: fuzz_mark(text); break;
	case 2: fuzz_list(text); break;
	case 3: fuzz_position(text); break;
	case 4:
		(void)wr_pg_refusals_get(&refusals, text);
		wr_pg_refusals_clear(&refusals);
		break;
	default:
		if (wr_pg_snapshot_read(&snapshot, text)) {
			(void)wr_pg_snapshot_sees(&snapshot, (uint32_t)len);
			wr_pg_snapshot_release(&snapshot);
		}
	}
	free(copy);
	return 0;
}
