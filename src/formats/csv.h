/* SPDX-License-Identifier: Apache-2.0
 *
 * csv - the parts of the format 'csv'.
 */
#ifndef WR_FORMATS_CSV_H
#define WR_FORMATS_CSV_H

#include "formats/csv_scan.h"

wr_status *wr_csv_decoder_new(const struct wr_format_args *args, struct wr_decoder **out);
wr_status *wr_csv_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			 uint32_t max_rows, struct wr_batch **out);
void wr_csv_decoder_free(struct wr_decoder *decoder);

wr_status *wr_csv_encoder_new(const struct wr_format_args *args, struct wr_encoder **out);
wr_status *wr_csv_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			 struct wr_text *out, struct wr_record_span *span);
void wr_csv_encoder_free(struct wr_encoder *encoder);

#endif
