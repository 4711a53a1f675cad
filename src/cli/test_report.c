/* SPDX-License-Identifier: Apache-2.0
 *
 * test_report - what is said about a test, and all of them as JUnit's XML for CI.
 */
#include <string.h>

#include "base/mem.h"
#include "cli/test.h"

void wr_test_item_name(const struct wr_test_item *item, struct wr_text *out)
{
	wr_text_puts(out, item->test->name);
	if (item->way.name[0] != '\0')
		wr_text_printf(out, " (%s)", item->way.name);
}

void wr_test_show(const struct wr_test_item *item)
{
	static const char *const words[] = {"ok     ", "FAILED ", "BROKEN ", "UPDATED"};
	const char *line = wr_text_str(&item->report);
	struct wr_text name;

	wr_text_init(&name);
	wr_test_item_name(item, &name);
	printf("%s %s (%.2f s)\n", words[item->outcome], name.data,
	       (double)item->elapsed_us * 1e-6);
	for (size_t len; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		printf("        %.*s\n", (int)len, line);
	}
	fflush(stdout);
	wr_text_release(&name);
}

/* Text within XML; characters that it cannot have are left out. */
static void put_xml(struct wr_text *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&': wr_text_puts(out, "&amp;"); break;
		case '<': wr_text_puts(out, "&lt;"); break;
		case '>': wr_text_puts(out, "&gt;"); break;
		case '"': wr_text_puts(out, "&quot;"); break;
		case '\n': wr_text_puts(out, "&#10;"); break;
		default:
			if ((unsigned char)*text >= ' ' || *text == '\t')
				wr_text_putc(out, *text);
		}
	}
}

static void put_case(struct wr_text *out, const struct wr_test_item *item)
{
	const char *word = item->outcome == WR_TEST_FAILED ? "failure" : "error";
	const char *report = wr_text_str(&item->report);
	struct wr_text name, first;

	wr_text_init(&name);
	wr_text_init(&first);
	wr_test_item_name(item, &name);
	wr_text_puts(out, "  <testcase classname=\"weir\" name=\"");
	put_xml(out, name.data);
	wr_text_printf(out, "\" time=\"%.3f\"", (double)item->elapsed_us * 1e-6);
	if (item->outcome == WR_TEST_FAILED || item->outcome == WR_TEST_BROKEN) {
		wr_text_add(&first, report, strcspn(report, "\n"));
		wr_text_printf(out, ">\n    <%s message=\"", word);
		put_xml(out, wr_text_str(&first));
		wr_text_puts(out, "\">");
		put_xml(out, report);
		wr_text_printf(out, "</%s>\n  </testcase>\n", word);
	} else {
		wr_text_puts(out, "/>\n");
	}
	wr_text_release(&first);
	wr_text_release(&name);
}

wr_status *wr_test_junit(const char *path, const struct wr_test_item *items, uint32_t count)
{
	uint32_t failed = 0, broken = 0;
	int64_t elapsed_us = 0;
	struct wr_text out;
	wr_status *status;

	for (uint32_t i = 0; i < count; i++) {
		failed += items[i].outcome == WR_TEST_FAILED;
		broken += items[i].outcome == WR_TEST_BROKEN;
		elapsed_us += items[i].elapsed_us;
	}
	wr_text_init(&out);
	wr_text_printf(&out,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		       "<testsuite name=\"weir test\" tests=\"%u\" failures=\"%u\" errors=\"%u\" "
		       "time=\"%.3f\">\n",
		       count, failed, broken, (double)elapsed_us * 1e-6);
	for (uint32_t i = 0; i < count; i++)
		put_case(&out, &items[i]);
	wr_text_puts(&out, "</testsuite>\n</testsuites>\n");
	status = wr_env_write_file(wr_env_system(), path, out.data, out.len);
	wr_text_release(&out);
	return status;
}
