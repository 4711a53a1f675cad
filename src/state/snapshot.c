/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot - see snapshot.h: records in blocks.
 */
#include "state/snapshot.h"

#include "base/macros.h"
#include "base/mem.h"

void wr_snapshot_block_free(struct wr_snapshot_block *block)
{
	if (block != NULL)
		wr_text_release(&block->bytes);
	wr_free(block);
}

void wr_snapshot_out_flush(struct wr_snapshot_out *out)
{
	if (out->block != NULL)
		out->snapshot->emit(out->snapshot, out->block);
	out->block = NULL;
}

struct wr_text *wr_snapshot_out_begin(struct wr_snapshot_out *out, enum wr_record_kind kind)
{
	WR_ASSERT(out->snapshot != NULL);
	if (out->block != NULL && out->block->kind != kind)
		wr_snapshot_out_flush(out);
	if (out->block == NULL) {
		out->block = wr_calloc(1, sizeof *out->block);
		out->block->state = out->state;
		out->block->kind = kind;
		wr_text_init(&out->block->bytes);
		(void)wr_text_reserve(&out->block->bytes,
				      WR_SNAPSHOT_BLOCK + WR_SNAPSHOT_BLOCK / 16);
	}
	return &out->block->bytes;
}

void wr_snapshot_out_done(struct wr_snapshot_out *out)
{
	out->block->records++;
	if (out->block->bytes.len >= WR_SNAPSHOT_BLOCK)
		wr_snapshot_out_flush(out);
}

bool wr_record_next(enum wr_record_kind kind, struct wr_str records, const char **at, int64_t *ns,
		    struct wr_str *key, struct wr_str *value)
{
	const char *end = records.data + records.len;
	uint64_t number;

	if (*at == NULL || *at == end)
		return false;
	*value = (struct wr_str){NULL, 0};
	*at = wr_varint_get(*at, end, &number);
	if (*at != NULL) {
		*ns = wr_unzigzag(number);
		*at = wr_varint_get_piece(*at, end, key);
	}
	if (*at != NULL && kind != WR_RECORD_REMOVE)
		*at = wr_varint_get_piece(*at, end, value);
	return *at != NULL;
}
