/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of mview: random changes against a model, old versions that stay as long as they are read,
 * subscribers who add up what they get, attempts of a job that begin again, readers who are cut;
 * and readers in threads, who only see whole versions.
 */
#include "connectors/mview.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview_store.h"

#define KEYS 200

static struct wr_field keyed_field[] = {{"k", &WR_T_INT}, {"v", &WR_T_STRING}, {"n", &WR_T_BIGINT}};
static const struct wr_schema schema = {3, keyed_field};
static const uint32_t key_column[] = {0};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct wr_column *int_column(const struct wr_type *type, int64_t value)
{
	struct wr_builder *builder = wr_builder_new(type, 1);
	struct wr_column *column;

	if (type->kind == WR_INT)
		wr_builder_i32(builder, (int32_t)value);
	else
		wr_builder_i64(builder, value);
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static struct wr_column *text_column(const char *text, size_t len)
{
	struct wr_builder *builder = wr_builder_new(&WR_T_STRING, 1);
	struct wr_column *column;

	wr_builder_str(builder, text, len);
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* Puts the row (k, "v<n>" or `text`, n). */
static wr_status *put_text(struct wr_mview *view, uint32_t generation, int32_t k, int64_t n,
			   const char *text, size_t len, bool add)
{
	struct wr_column *column[3] = {int_column(&WR_T_INT, k), text_column(text, len),
				       int_column(&WR_T_BIGINT, n)};
	struct wr_column *key[3], *rest[3];
	struct wr_mview_row row = {.add = add};
	struct wr_text a, b;
	wr_status *status;

	for (uint32_t i = 0; i < view->key_count; i++)
		key[i] = column[view->key[i]];
	for (uint32_t i = 0; i < view->rest_count; i++)
		rest[i] = column[view->rest[i]];
	wr_text_init(&a);
	wr_text_init(&b);
	wr_codec_encode(&view->key_codec, &a, key, 0);
	wr_codec_encode(&view->rest_codec, &b, rest, 0);
	row.key = (struct wr_str){wr_text_str(&a), a.len};
	row.rest = (struct wr_str){wr_text_str(&b), b.len};
	status = wr_mview_put(view, generation, &row, 1);
	wr_text_release(&a);
	wr_text_release(&b);
	for (uint32_t i = 0; i < 3; i++)
		wr_column_unref(column[i]);
	return status;
}

static void put(struct wr_mview *view, uint32_t generation, int32_t k, int64_t n, bool add)
{
	char text[40];
	int len = snprintf(text, sizeof text, "v%lld and some more", (long long)n);

	assert_null(put_text(view, generation, k, n, text, (size_t)len, add));
}

static void show(struct wr_mview *view, uint32_t generation)
{
	wr_mview_show(view, generation, 5, 7);
}

/* How many rows (k, n) there are; n below 8. */
struct content {
	int64_t count[KEYS][8];
};

static void content_add(struct content *content, const struct wr_batch *batch, int sign)
{
	for (uint32_t i = 0; i < batch->rows; i++) {
		int64_t n = WR_DATA(batch->column[2], int64_t)[i];
		const struct wr_view *text = &WR_DATA(batch->column[1], struct wr_view)[i];
		char want[40];

		snprintf(want, sizeof want, "v%lld and some more", (long long)n);
		assert_int_equal(text->len, strlen(want));
		assert_memory_equal(wr_view_data(text), want, text->len);
		content->count[WR_DATA(batch->column[0], int32_t)[i]][n] +=
		    sign * (wr_kind_is_add(wr_batch_kind(batch, i)) ? 1 : -1);
	}
}

static void read_scan(struct wr_mview_scan *scan, struct content *content, uint32_t rows_max)
{
	struct wr_batch *batch;

	memset(content, 0, sizeof *content);
	for (;;) {
		assert_null(wr_mview_scan_next(scan, NULL, 0, rows_max, &batch));
		if (batch == NULL)
			return;
		content_add(content, batch, 1);
		wr_batch_free(batch);
	}
}

/* Takes events until there are none, the last of which makes a version whole. */
static uint64_t follow(struct wr_mview_subscription *subscription, struct content *content)
{
	struct wr_mview_change change;
	uint64_t version = 0;
	bool whole = true;

	for (;;) {
		assert_null(wr_mview_next(subscription, 0, &change));
		if (change.event == WR_MVIEW_NOTHING) {
			assert_true(whole);
			return version;
		}
		if (change.event == WR_MVIEW_ROWS) {
			content_add(content, change.batch, 1);
			wr_batch_free(change.batch);
			whole = false;
			continue;
		}
		assert_int_equal(change.event, WR_MVIEW_SHOWN);
		version = change.version;
		whole = true;
	}
}

/* One random change to the view and the model, as a job makes them: what goes was there. */
static void random_change(struct wr_mview *view, uint32_t generation, struct content *model,
			  bool keyed, uint32_t *seed)
{
	int32_t k = (int32_t)(next_random(seed) % KEYS);
	int64_t n = next_random(seed) % 8;
	bool add = next_random(seed) % 3 != 0;

	if (keyed) {
		put(view, generation, k, n, add);
		memset(model->count[k], 0, sizeof model->count[k]);
		model->count[k][n] = add;
		return;
	}
	if (!add && model->count[k][n] == 0)
		return;
	put(view, generation, k, n, add);
	model->count[k][n] += add ? 1 : -1;
}

static int64_t rows_of(const struct content *content)
{
	int64_t rows = 0;

	for (uint32_t k = 0; k < KEYS; k++)
		for (uint32_t n = 0; n < 8; n++)
			rows += content->count[k][n];
	return rows;
}

/* Epochs of random changes; versions that are pinned stay, subscribers add up (V1, V3). */
static void random_epochs(bool keyed)
{
	static struct content model, shown, found, old[4], followed, late;
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, keyed ? 1 : 0);
	struct wr_mview_subscription *early = wr_mview_subscribe(view, true, true, NULL, NULL);
	struct wr_mview_subscription *later = NULL;
	struct wr_mview_scan *scan[4] = {0};
	uint32_t generation = wr_mview_begin(view, 0), seed = keyed ? 1 : 2;
	struct wr_mview_info info;

	memset(&model, 0, sizeof model);
	memset(&followed, 0, sizeof followed);
	memset(&late, 0, sizeof late);
	for (uint32_t epoch = 1; epoch <= 300; epoch++) {
		uint32_t changes = next_random(&seed) % 100;

		shown = model;
		for (uint32_t i = 0; i < changes; i++)
			random_change(view, generation, &model, keyed, &seed);
		scan[epoch % 4] = wr_mview_scan_open(view, NULL); /* V2: before the mark */
		old[epoch % 4] = shown;
		show(view, generation);
		if (epoch == 150)
			later = wr_mview_subscribe(view, true, true, NULL, NULL);
		if (epoch % 4 == 3)
			for (uint32_t s = 0; s < 4; s++) {
				if (scan[s] == NULL)
					continue;
				read_scan(scan[s], &found, 1 + next_random(&seed) % 300);
				assert_memory_equal(&found, &old[s], sizeof found);
				wr_mview_scan_close(scan[s]);
				scan[s] = NULL;
			}
		wr_mview_look(view, &info);
		assert_int_equal(info.rows, rows_of(&model));
		if (epoch % 7 == 0) {
			follow(early, &followed);
			assert_memory_equal(&followed, &model, sizeof model);
		}
		if (epoch > 150 && epoch % 11 == 0) {
			follow(later, &late);
			assert_memory_equal(&late, &model, sizeof model);
		}
	}
	for (uint32_t s = 0; s < 4; s++)
		wr_mview_scan_close(scan[s]);
	wr_mview_unsubscribe(early);
	wr_mview_unsubscribe(later);
	show(view, generation);
	put(view, generation, 1, 1, true);
	show(view, generation); /* nobody reads: one link for each row */
	assert_int_equal(view->old_count, 0);
	wr_mview_end(view, generation);
	wr_mview_unref(view);
	wr_mviews_unref(views);
}

static void test_random_by_key(void **state)
{
	random_epochs(true);
}

static void test_random_bag(void **state)
{
	random_epochs(false);
}

/* --- look-ups ------------------------------------------------------------------------------ */

static void test_lookups(void **state)
{
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, 1), *bag;
	uint32_t generation = wr_mview_begin(view, 0);
	const char *key[] = {"7"}, *wrong[] = {"seven"};
	struct wr_batch *batch;
	uint64_t version;
	wr_status *status;

	for (int32_t k = 0; k < KEYS; k++)
		put(view, generation, k, k % 5, true);
	assert_null(wr_mview_lookup_text(view, key, "UTC", &batch, &version));
	assert_null(batch); /* V2 */
	show(view, generation);
	assert_null(wr_mview_lookup_text(view, key, "UTC", &batch, &version));
	assert_int_equal(version, 1);
	assert_int_equal(batch->rows, 1);
	assert_int_equal(WR_DATA(batch->column[2], int64_t)[0], 2);
	wr_batch_free(batch);
	status = wr_mview_lookup_text(view, wrong, "UTC", &batch, &version);
	assert_non_null(strstr(status->text, "'seven' is no value of column 'k'"));
	wr_status_free(status);
	bag = wr_mviews_make(views, "bag", &schema, NULL, 0);
	status = wr_mview_lookup_text(bag, key, "UTC", &batch, &version);
	assert_non_null(strstr(status->text, "has no key"));
	wr_status_free(status);
	wr_mview_unref(bag);
	wr_mview_end(view, generation);
	wr_mview_unref(view);
	wr_mviews_unref(views);
}

/* --- attempts ------------------------------------------------------------------------------ */

/* What an attempt has not put until its first mark goes with it; nobody sees it half done; what was
 * not shown is undone; an attempt that was replaced cannot write. */
static void test_attempts(void **state)
{
	static struct content model, found, followed;
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, 1);
	struct wr_mview_subscription *subscription =
	    wr_mview_subscribe(view, true, true, NULL, NULL);
	uint32_t first = wr_mview_begin(view, 0), second;
	struct wr_mview_scan *scan;
	wr_status *status;

	memset(&model, 0, sizeof model);
	memset(&followed, 0, sizeof followed);
	for (int32_t k = 0; k < 100; k++)
		put(view, first, k, 1, true);
	show(view, first);
	for (int32_t k = 50; k < 150; k++)
		put(view, first, k, 2, true); /* never shown */
	put(view, first, 3, 1, false);
	second = wr_mview_begin(view, 0);
	status = put_text(view, first, 1, 1, "x", 1, true);
	assert_non_null(strstr(status->text, "Another job has begun to write"));
	wr_status_free(status);
	show(view, first); /* nothing happens */
	for (int32_t k = 20; k < 120; k++) {
		put(view, second, k, k < 60 ? 1 : 3, true);
		model.count[k][k < 60 ? 1 : 3] = 1;
	}
	scan = wr_mview_scan_open(view, NULL);
	read_scan(scan, &found, 4096);
	assert_int_equal(rows_of(&found), 100);
	assert_int_equal(found.count[3][1] + found.count[99][1], 2);
	wr_mview_scan_close(scan);
	show(view, second);
	scan = wr_mview_scan_open(view, NULL);
	read_scan(scan, &found, 4096);
	assert_memory_equal(&found, &model, sizeof model);
	wr_mview_scan_close(scan);
	assert_int_equal(follow(subscription, &followed), 2);
	assert_memory_equal(&followed, &model, sizeof model);
	wr_mview_end(view, first); /* is not the writer any more */
	wr_mview_end(view, second);
	wr_mview_unsubscribe(subscription);
	wr_mview_unref(view);
	wr_mviews_unref(views);
}

/* An empty first epoch shows that there is nothing. */
static void test_empty(void **state)
{
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, 1);
	uint32_t generation = wr_mview_begin(view, 0);
	struct wr_mview_info info;

	assert_false(wr_mview_wait(view, 1));
	show(view, generation);
	assert_true(wr_mview_wait(view, 0));
	put(view, generation, 1, 1, true);
	put(view, generation, 1, 1, false);
	show(view, generation);
	wr_mview_look(view, &info);
	assert_int_equal(info.rows, 0);
	assert_int_equal(info.bytes, 0);
	wr_mview_end(view, generation);
	wr_mview_unref(view);
	wr_mviews_unref(views);
}

/* --- bounds -------------------------------------------------------------------------------- */

/* Who reads an old version is cut when what it holds is too much; so is who subscribes and takes
 * nothing. Others are not. */
static void test_slow_readers(void **state)
{
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, 1);
	uint32_t generation = wr_mview_begin(view, 0), len = 1 << 20;
	struct wr_mview_subscription *asleep;
	struct wr_mview_scan *slow, *quick;
	char *text = wr_calloc(1, len);
	struct wr_mview_change change;
	struct wr_mview_info info;
	struct wr_batch *batch;
	wr_status *status;

	put(view, generation, 1, 1, true);
	show(view, generation);
	slow = wr_mview_scan_open(view, NULL);
	asleep = wr_mview_subscribe(view, false, true, NULL, NULL);
	for (uint32_t i = 0; i < 100; i++) {
		memset(text, 'a' + (int)(i % 26), len);
		assert_null(put_text(view, generation, 2, i, text, len, true));
		show(view, generation);
	}
	quick = wr_mview_scan_open(view, NULL);
	status = wr_mview_scan_next(slow, NULL, 0, 100, &batch);
	assert_int_equal(status->class, WR_RETRY);
	assert_non_null(strstr(status->text, "took so long"));
	wr_status_free(status);
	assert_null(wr_mview_scan_next(quick, NULL, 0, 100, &batch));
	assert_int_equal(batch->rows, 2);
	wr_batch_free(batch);
	assert_null(wr_mview_next(asleep, 0, &change));
	assert_int_equal(change.event, WR_MVIEW_CUT);
	assert_null(wr_mview_next(asleep, 0, &change));
	assert_int_equal(change.event, WR_MVIEW_NOTHING);
	wr_mview_look(view, &info);
	assert_int_equal(info.cut, 2);
	wr_mview_scan_close(slow);
	wr_mview_scan_close(quick);
	wr_mview_unsubscribe(asleep);
	wr_mview_end(view, generation);
	wr_mview_unref(view);
	wr_mviews_unref(views);
	wr_free(text);
}

static void test_memory_limit(void **state)
{
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *view = wr_mviews_make(views, "t", &schema, key_column, 1);
	uint32_t generation = wr_mview_begin(view, 100000);
	wr_status *status = NULL;
	int32_t k = 0;

	while (status == NULL && k < 100000)
		status = put_text(view, generation, k++, 1, "v1 and some more", 16, true);
	assert_non_null(status);
	assert_true(k > 300 && k < 3000);
	assert_non_null(strstr(status->text, "'memory.limit'"));
	wr_status_free(status);
	wr_mview_end(view, generation);
	wr_mview_unref(view);
	wr_mviews_unref(views);
}

/* --- names --------------------------------------------------------------------------------- */

static void count_wakes(void *own)
{
	(*(uint32_t *)own)++;
}

static void test_names(void **state)
{
	struct wr_mviews *views = wr_mviews_new();
	struct wr_mview *a = wr_mviews_make(views, "b", &schema, key_column, 1), *same, **all;
	struct wr_mview_subscription *subscription;
	struct wr_mview_change change;
	uint32_t wakes = 0, count;

	same = wr_mviews_make(views, "b", &schema, key_column, 1);
	assert_ptr_equal(a, same);
	wr_mview_unref(same);
	wr_mview_unref(wr_mviews_make(views, "a", &schema, NULL, 0));
	count = wr_mviews_all(views, &all);
	assert_int_equal(count, 2);
	assert_string_equal(wr_mview_name(all[0]), "a");
	wr_mview_unref(all[0]);
	wr_mview_unref(all[1]);
	wr_free(all);
	subscription = wr_mview_subscribe(a, true, true, count_wakes, &wakes);
	same = wr_mviews_make(views, "b", &schema, NULL, 0); /* another key: another view */
	assert_ptr_not_equal(a, same);
	assert_int_equal(wakes, 1);
	assert_null(wr_mview_next(subscription, 0, &change));
	assert_int_equal(change.event, WR_MVIEW_DROPPED);
	wr_mview_unsubscribe(subscription);
	wr_mview_unref(same);
	wr_mviews_drop(views, "b");
	assert_null(wr_mviews_find(views, "b"));
	wr_mview_unref(a);
	wr_mviews_unref(views);
}

/* --- threads ------------------------------------------------------------------------------- */

struct looking {
	struct wr_mview *view;
	atomic_bool stop;
	atomic_uint looks;
	atomic_uint wrong;
};

/* The sum over a version is 0, and every version has all accounts. */
static void *look_scan(void *own)
{
	struct looking *looking = own;

	while (!atomic_load(&looking->stop)) {
		struct wr_mview_scan *scan = wr_mview_scan_open(looking->view, NULL);
		struct wr_batch *batch;
		int64_t sum = 0;
		uint32_t rows = 0;

		while (wr_mview_scan_next(scan, NULL, 0, 37, &batch) == NULL && batch != NULL) {
			for (uint32_t i = 0; i < batch->rows; i++)
				sum += WR_DATA(batch->column[2], int64_t)[i];
			rows += batch->rows;
			wr_batch_free(batch);
		}
		wr_mview_scan_close(scan);
		if (sum != 0 || (rows != 0 && rows != KEYS))
			atomic_fetch_add(&looking->wrong, 1);
		atomic_fetch_add(&looking->looks, 1);
	}
	return NULL;
}

/* Of two accounts that only give to each other. */
static void *look_up(void *own)
{
	struct looking *looking = own;
	struct wr_builder *builder = wr_builder_new(&WR_T_INT, 2);
	struct wr_column *key;

	wr_builder_i32(builder, 0);
	wr_builder_i32(builder, 1);
	key = wr_builder_finish(builder);
	wr_builder_free(builder);
	while (!atomic_load(&looking->stop)) {
		struct wr_batch *batch;

		if (wr_mview_lookup(looking->view, &key, 2, &batch, NULL) != NULL)
			atomic_fetch_add(&looking->wrong, 1);
		if (batch != NULL &&
		    (batch->rows != 2 || WR_DATA(batch->column[2], int64_t)[0] +
						 WR_DATA(batch->column[2], int64_t)[1] !=
					     0))
			atomic_fetch_add(&looking->wrong, 1);
		wr_batch_free(batch);
		atomic_fetch_add(&looking->looks, 1);
	}
	wr_column_unref(key);
	return NULL;
}

static void *look_on(void *own)
{
	struct looking *looking = own;
	struct wr_mview_subscription *subscription =
	    wr_mview_subscribe(looking->view, true, true, NULL, NULL);
	struct wr_mview_change change;
	int64_t sum = 0;

	while (!atomic_load(&looking->stop)) {
		if (wr_mview_next(subscription, 10, &change) != NULL)
			atomic_fetch_add(&looking->wrong, 1);
		for (uint32_t i = 0; change.batch != NULL && i < change.batch->rows; i++)
			sum += WR_DATA(change.batch->column[2], int64_t)[i] *
			       (wr_kind_is_add(wr_batch_kind(change.batch, i)) ? 1 : -1);
		wr_batch_free(change.batch);
		if (change.event == WR_MVIEW_CUT || (change.event == WR_MVIEW_SHOWN && sum != 0))
			atomic_fetch_add(&looking->wrong, 1);
		atomic_fetch_add(&looking->looks, change.event == WR_MVIEW_SHOWN);
	}
	wr_mview_unsubscribe(subscription);
	return NULL;
}

static void move(struct wr_mview *view, uint32_t generation, int64_t *balance, uint32_t a,
		 uint32_t b)
{
	balance[a]--;
	balance[b]++;
	put(view, generation, (int32_t)a, balance[a], true);
	put(view, generation, (int32_t)b, balance[b], true);
}

/* Money moves within epochs; attempts begin again now and then. */
static void test_threads(void **state)
{
	static void *(*const look[])(void *) = {look_scan, look_up, look_on, look_scan};
	struct wr_mviews *views = wr_mviews_new();
	struct looking looking = {.view = wr_mviews_make(views, "t", &schema, key_column, 1)};
	uint32_t generation = wr_mview_begin(looking.view, 0), seed = 3;
	int64_t balance[KEYS] = {0};
	pthread_t thread[WR_COUNT(look)];

	for (uint32_t i = 0; i < WR_COUNT(look); i++)
		pthread_create(&thread[i], NULL, look[i], &looking);
	for (int32_t k = 0; k < KEYS; k++)
		put(looking.view, generation, k, 0, true);
	show(looking.view, generation);
	for (uint32_t epoch = 0; epoch < 500 || atomic_load(&looking.looks) < 200; epoch++) {
		for (uint32_t i = 0; i < 20; i++)
			move(looking.view, generation, balance, 2 + next_random(&seed) % (KEYS - 2),
			     2 + next_random(&seed) % (KEYS - 2));
		move(looking.view, generation, balance, 0, 1);
		if (epoch % 50 == 49) {
			generation = wr_mview_begin(looking.view, 0);
			for (int32_t k = 0; k < KEYS; k++)
				put(looking.view, generation, k, balance[k], true);
		}
		show(looking.view, generation);
	}
	atomic_store(&looking.stop, true);
	for (uint32_t i = 0; i < WR_COUNT(look); i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(atomic_load(&looking.wrong), 0);
	wr_mview_end(looking.view, generation);
	wr_mview_unref(looking.view);
	wr_mviews_unref(views);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_by_key), cmocka_unit_test(test_random_bag),
	    cmocka_unit_test(test_lookups),       cmocka_unit_test(test_attempts),
	    cmocka_unit_test(test_empty),         cmocka_unit_test(test_slow_readers),
	    cmocka_unit_test(test_memory_limit),  cmocka_unit_test(test_names),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
