/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc_filter - see cdc_filter.h. A message without the name that is asked for is bad: to pass over
 * it could lose a row.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"
#include "formats/cdc_filter.h"
#include "formats/json_scan.h"

const char *const wr_cdc_filter_fields[] = {"database", "table", NULL};
static const char *const options_of[] = {"database.include", "table.include"};
static const char *const lacks[] = {
    "the message has no \"database\", which 'database.include' asks for",
    "the message has no \"table\", which 'table.include' asks for"};

struct wr_cdc_filter {
	pcre2_code *code[WR_COUNT(options_of)]; /* NULL: any name */
	pcre2_match_data *match;
};

void wr_cdc_filter_free(struct wr_cdc_filter *filter)
{
	if (filter == NULL)
		return;
	for (uint32_t i = 0; i < WR_COUNT(options_of); i++)
		pcre2_code_free(filter->code[i]);
	pcre2_match_data_free(filter->match);
	wr_free(filter);
}

static wr_status *compile(const char *who, const char *option, const char *pattern,
			  pcre2_code **out)
{
	PCRE2_UCHAR text[128];
	PCRE2_SIZE at;
	int error;

	*out = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &error, &at, NULL);
	if (*out != NULL)
		return NULL;
	pcre2_get_error_message(error, text, sizeof text);
	return wr_status_new(WR_USER_ERROR,
			     "'%s.%s' = '%s' is no regular expression: %s at character %zu", who,
			     option, pattern, (const char *)text, (size_t)at + 1);
}

wr_status *wr_cdc_filter_new(const struct wr_options *options, const char *who,
			     struct wr_cdc_filter **out)
{
	struct wr_cdc_filter *filter = NULL;
	wr_status *status = NULL;

	for (uint32_t i = 0; i < WR_COUNT(options_of) && status == NULL; i++) {
		const char *pattern = wr_options_str(options, options_of[i]);

		if (pattern == NULL)
			continue;
		if (filter == NULL)
			filter = wr_calloc(1, sizeof *filter);
		status = compile(who, options_of[i], pattern, &filter->code[i]);
	}
	if (status != NULL) {
		wr_cdc_filter_free(filter);
		return status;
	}
	if (filter != NULL)
		filter->match = pcre2_match_data_create(1, NULL);
	*out = filter;
	return NULL;
}

/* Whether a name, the JSON string at `p`, matches. */
static bool matches(const struct wr_cdc_filter *filter, uint32_t i, const char *p)
{
	struct wr_json_string name;
	struct wr_json_fault fault;
	char *plain = NULL;
	int found;

	wr_json_string(p, &name, &fault);
	if (name.escaped) {
		plain = wr_calloc(1, name.len + 1);
		name.len = wr_json_unescape(plain, &name);
		name.data = plain;
	}
	found = pcre2_match(filter->code[i], (PCRE2_SPTR)name.data, name.len, 0, 0, filter->match,
			    NULL);
	wr_free(plain);
	return found > 0;
}

const char *wr_cdc_filter_takes(const struct wr_cdc_filter *filter, const char *const *value,
				bool *takes)
{
	*takes = true;
	for (uint32_t i = 0; i < WR_COUNT(options_of); i++) {
		if (filter->code[i] == NULL)
			continue;
		if (value[i] == NULL || *value[i] != '"')
			return lacks[i];
		if (!matches(filter, i, value[i])) {
			*takes = false;
			return NULL;
		}
	}
	return NULL;
}
