/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp - see otlp.h.
 */
#include "telemetry/otlp.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "telemetry/otlp_answer.h"
#include "telemetry/otlp_http.h"
#include "weir/version.h"

#define ATTEMPTS_MAX  6         /* of one request */
#define PAUSE_US      1000000   /* before the second one; doubles */
#define PAUSE_MAX_US  300000000 /* also when Retry-After says more */
#define LAST_PAUSE_US 200000    /* between attempts while the process ends */

/* Traces or metrics. */
struct signal {
	const char *what; /* "Traces", for messages */
	/* Names in JSON: the lists of the request, and the member of a partial success. */
	const char *resources, *scopes, *items, *rejected;
	char *url;        /* owned; NULL: not exported */
	char *shown;      /* the same without a login; owned */
	int64_t every_us; /* between two exports */
	int64_t next_us;  /* monotonic: of the next one; the thread's */
	bool failing;     /* the user knows that it fails; the thread's */
	/* Any thread. */
	atomic_ullong exported; /* requests that were taken */
	atomic_ullong failed;   /* requests that were given up */
	atomic_ullong lost;     /* spans, or points, that were in those, or rejected */
};

struct wr_otlp {
	struct wr_otlp_for what;
	struct wr_env *env;
	struct wr_otlp_http *http;
	struct wr_tracer *tracer; /* NULL: no traces */
	struct signal traces, metrics;
	int64_t timeout_ms;
	uint32_t spans_max;      /* of a request */
	enum wr_otlp_form form;  /* fixed: of the requests */
	struct wr_text resource; /* of every request: its field; owned */
	pthread_t thread;
	bool has_thread; /* to be joined */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool wanted;        /* under lock: spans should go now */
	bool stopping;      /* under lock */
	int64_t stop_by_us; /* under lock: monotonic */
};

/* --- what the process is ------------------------------------------------------------------------
 */

/* OTLP wants each key once: the first one wins. */
struct resource {
	struct wr_otlp_writer out;
	struct wr_text keys; /* so far, each between line ends; owned */
};

static void put_attribute(void *own, const char *key, const char *value)
{
	struct resource *resource = own;
	struct wr_text line = {0};

	wr_text_printf(&line, "\n%s\n", key);
	if (strstr(wr_text_str(&resource->keys), wr_text_str(&line)) == NULL) {
		wr_text_add(&resource->keys, line.data, line.len);
		wr_otlp_attribute(&resource->out, 1, key, value);
	}
	wr_text_release(&line);
}

/* What the user has not given. */
static void put_process(struct wr_otlp *otlp, struct resource *resource)
{
	char host[256], id[WR_TRACE_ID_LEN + 1];
	struct wr_trace_context context;

	otlp->env->ops->random(otlp->env, context.trace, sizeof context.trace);
	wr_trace_id_write(&context, id);
	put_attribute(resource, "service.name",
		      wr_options_str(otlp->what.options, "otel.service.name"));
	put_attribute(resource, "service.version", WEIR_VERSION);
	put_attribute(resource, "service.instance.id", id);
	if (gethostname(host, sizeof host) == 0) {
		host[sizeof host - 1] = '\0';
		put_attribute(resource, "host.name", host);
	}
	put_attribute(resource, "telemetry.sdk.name", "weir");
	put_attribute(resource, "telemetry.sdk.language", "c");
	if (strstr(wr_text_str(&resource->keys), "\nprocess.pid\n") == NULL)
		wr_otlp_attribute_int(&resource->out, 1, "process.pid", getpid());
}

/* The service's name is that of its option, unless only otel.resource.attributes has one. */
static wr_status *make_resource(struct wr_otlp *otlp)
{
	static const char attributes[] = "otel.resource.attributes";
	const struct wr_options *options = otlp->what.options;
	const char *given = wr_options_str(options, attributes);
	struct resource resource = {0};
	wr_status *status = NULL;

	wr_otlp_writer_init(&resource.out, otlp->form, &otlp->resource);
	wr_otlp_begin(&resource.out, "resource", 1);
	wr_otlp_list(&resource.out, "attributes");
	if (wr_options_get(options, "otel.service.name")->is_given)
		put_attribute(&resource, "service.name",
			      wr_options_str(options, "otel.service.name"));
	if (given != NULL)
		status = wr_telemetry_pairs(attributes, given, put_attribute, &resource);
	put_process(otlp, &resource);
	wr_otlp_finish(&resource.out);
	wr_text_release(&resource.keys);
	return status;
}

/* {"resourceSpans":[{"resource":...,"scopeSpans":[{"scope":...,"spans":[ - the numbers are the same
 * in both requests. */
static void begin_request(const struct wr_otlp *otlp, const struct signal *signal,
			  struct wr_otlp_writer *out, struct wr_text *body)
{
	wr_otlp_writer_init(out, otlp->form, body);
	wr_otlp_root(out);
	wr_otlp_list(out, signal->resources);
	wr_otlp_item(out, 1);
	wr_otlp_piece(out, &otlp->resource);
	wr_otlp_list(out, signal->scopes);
	wr_otlp_item(out, 2);
	wr_otlp_begin(out, "scope", 1);
	wr_otlp_string(out, "name", 1, "weir");
	wr_otlp_string(out, "version", 2, WEIR_VERSION);
	wr_otlp_end(out);
	wr_otlp_list(out, signal->items);
}

/* --- sending ------------------------------------------------------------------------------------
 */

/* `why` NULL: there is nothing behind it; `code` 0: no answer. */
static void say(struct wr_otlp *otlp, const struct signal *signal, const char *text, uint32_t code,
		const struct wr_text *why)
{
	struct wr_text line = {0};

	if (otlp->what.say == NULL)
		return;
	wr_text_printf(&line, "%s %s %s", signal->what, text, signal->shown);
	if (why != NULL && code != 0)
		wr_text_printf(&line, ": HTTP %u %.300s", code, wr_text_str(why));
	else if (why != NULL)
		wr_text_printf(&line, ": %.300s", wr_text_str(why));
	otlp->what.say(otlp->what.user, wr_text_str(&line));
	wr_text_release(&line);
}

/* The collector has the request, or some of it. */
static void note_taken(struct wr_otlp *otlp, struct signal *signal,
		       const struct wr_otlp_answer *answer)
{
	struct wr_text why = {0};
	uint64_t rejected = wr_otlp_rejected(&answer->body, signal->rejected, &why);

	atomic_fetch_add(&signal->exported, 1);
	atomic_fetch_add(&signal->lost, rejected);
	if (rejected > 0 && !signal->failing)
		say(otlp, signal, "are not all taken by", answer->code, &why);
	if (signal->failing)
		say(otlp, signal, "are exported again to", 0, NULL);
	signal->failing = false;
	wr_text_release(&why);
}

/* It is given up. */
static void note_failed(struct wr_otlp *otlp, struct signal *signal,
			const struct wr_otlp_answer *answer, uint64_t items)
{
	struct wr_text why = {0};

	wr_otlp_refused(&answer->body, &why);
	atomic_fetch_add(&signal->failed, 1);
	atomic_fetch_add(&signal->lost, items);
	if (!signal->failing)
		say(otlp, signal, "cannot be exported and are dropped by", answer->code, &why);
	signal->failing = true;
	wr_text_release(&why);
}

static bool may_pass(uint32_t code)
{
	return code == 0 || code == 429 || code == 502 || code == 503 || code == 504;
}

/* Waits before another attempt; false: there is to be none, the process ends. */
static bool pause_for(struct wr_otlp *otlp, uint32_t attempt, const struct wr_otlp_answer *answer)
{
	int64_t wait_us =
	    answer->retry_after > 0 ? answer->retry_after * 1000000 : (int64_t)PAUSE_US << attempt;
	struct timespec deadline;
	uint32_t chance;
	bool goes_on;

	otlp->env->ops->random(otlp->env, &chance, sizeof chance);
	if (answer->retry_after == 0)
		wait_us = wait_us / 4 * 3 + (int64_t)((double)wait_us / 2 * chance / UINT32_MAX);
	deadline = wr_deadline(WR_MIN(wait_us, PAUSE_MAX_US));
	pthread_mutex_lock(&otlp->lock);
	while (!otlp->stopping && wr_cond_wait_until(&otlp->changed, &otlp->lock, &deadline))
		;
	goes_on = !otlp->stopping || wr_mono_us(otlp->env) < otlp->stop_by_us;
	if (goes_on && otlp->stopping) { /* at most LAST_PAUSE_US, though: the user waits */
		deadline = wr_deadline(LAST_PAUSE_US);
		while (wr_cond_wait_until(&otlp->changed, &otlp->lock, &deadline))
			;
	}
	pthread_mutex_unlock(&otlp->lock);
	return goes_on;
}

/* Posts a request of `items` spans or points, again and again where that can help. */
static void send_request(struct wr_otlp *otlp, struct signal *signal, const struct wr_text *body,
			 uint64_t items)
{
	struct wr_otlp_answer answer = {0};
	uint32_t attempt = 0;

	do {
		wr_otlp_http_post(otlp->http, signal->url, body, &answer);
	} while (may_pass(answer.code) && ++attempt < ATTEMPTS_MAX &&
		 pause_for(otlp, attempt - 1, &answer));
	if (answer.code >= 200 && answer.code < 300)
		note_taken(otlp, signal, &answer);
	else
		note_failed(otlp, signal, &answer, items);
	wr_text_release(&answer.body);
}

/* All spans that wait. */
static void send_spans(struct wr_otlp *otlp)
{
	uint32_t count;

	do {
		struct wr_text body = {0};
		struct wr_otlp_writer out;

		begin_request(otlp, &otlp->traces, &out, &body);
		count = wr_tracer_take(otlp->tracer, otlp->spans_max, &out);
		wr_otlp_finish(&out);
		if (count > 0)
			send_request(otlp, &otlp->traces, &body, count);
		wr_text_release(&body);
	} while (count == otlp->spans_max);
}

static void send_metrics(struct wr_otlp *otlp)
{
	struct wr_text body = {0};
	struct wr_otlp_writer out;

	begin_request(otlp, &otlp->metrics, &out, &body);
	wr_metrics_otlp(otlp->what.metrics, &out);
	wr_otlp_finish(&out);
	send_request(otlp, &otlp->metrics, &body, 1);
	wr_text_release(&body);
}

/* Waits until there is something to do; false: the process ends. *spans: they should go. */
static bool wait_for_work(struct wr_otlp *otlp, bool *spans)
{
	int64_t until_us = INT64_MAX, now_us = wr_mono_us(otlp->env);
	struct timespec deadline;
	bool stopping;

	if (otlp->traces.url != NULL)
		until_us = otlp->traces.next_us;
	if (otlp->metrics.url != NULL)
		until_us = WR_MIN(until_us, otlp->metrics.next_us);
	deadline = wr_deadline(until_us - now_us);
	pthread_mutex_lock(&otlp->lock);
	while (!otlp->stopping && !otlp->wanted &&
	       wr_cond_wait_until(&otlp->changed, &otlp->lock, &deadline))
		;
	*spans = otlp->wanted;
	otlp->wanted = false;
	stopping = otlp->stopping;
	pthread_mutex_unlock(&otlp->lock);
	return !stopping;
}

static bool is_due(struct wr_otlp *otlp, struct signal *signal, bool now)
{
	int64_t now_us = wr_mono_us(otlp->env);

	if (signal->url == NULL || (!now && now_us < signal->next_us))
		return false;
	signal->next_us = now_us + signal->every_us;
	return true;
}

static void *run(void *own)
{
	struct wr_otlp *otlp = own;
	bool goes_on = true, spans;

	while (goes_on) {
		goes_on = wait_for_work(otlp, &spans);
		if (is_due(otlp, &otlp->traces, spans || !goes_on))
			send_spans(otlp);
		if (is_due(otlp, &otlp->metrics, !goes_on))
			send_metrics(otlp);
	}
	return NULL;
}

/* The queue is half full; also from threads of jobs. */
static void wake(void *own)
{
	struct wr_otlp *otlp = own;

	pthread_mutex_lock(&otlp->lock);
	otlp->wanted = true;
	pthread_cond_signal(&otlp->changed);
	pthread_mutex_unlock(&otlp->lock);
}

/* --- opening ------------------------------------------------------------------------------------
 */

/* Where a signal goes: its own endpoint, else `path` behind that of all. */
static wr_status *find_url(const struct wr_options *options, struct signal *signal,
			   const char *own_key, const char *path)
{
	const char *all = wr_options_str(options, "otel.exporter.otlp.endpoint");
	const char *own = wr_options_str(options, own_key);
	const char *host, *at;
	struct wr_text url = {0};
	size_t len;

	if (own == NULL && all == NULL)
		return NULL;
	len = strlen(own != NULL ? own : all);
	while (own == NULL && len > 0 && all[len - 1] == '/')
		len--;
	wr_text_add(&url, own != NULL ? own : all, len);
	wr_text_puts(&url, own != NULL ? "" : path);
	signal->url = url.data;
	host = strstr(signal->url, "://");
	at = strrchr(signal->url, '@');
	signal->shown = wr_strdup(host != NULL && at != NULL && at > host ? at + 1 : signal->url);
	if (strncmp(signal->url, "http://", 7) == 0 || strncmp(signal->url, "https://", 8) == 0)
		return NULL;
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s' = '%s' is no http(s) address",
					    own != NULL ? own_key : "otel.exporter.otlp.endpoint",
					    signal->shown),
			      "Write http://HOST:4318; OTLP over gRPC (port 4317) is not spoken");
}

static int64_t us_of(const struct wr_options *options, const char *key)
{
	return wr_options_i64(options, key) * 1000;
}

static wr_status *read_options(struct wr_otlp *otlp)
{
	const struct wr_options *options = otlp->what.options;
	int64_t now_us = wr_mono_us(otlp->env);

	otlp->traces.every_us = us_of(options, "otel.bsp.schedule.delay");
	otlp->metrics.every_us = us_of(options, "otel.metric.export.interval");
	otlp->traces.next_us = now_us + otlp->traces.every_us;
	otlp->metrics.next_us = now_us + otlp->metrics.every_us;
	otlp->form = (enum wr_otlp_form)wr_options_i64(options, "otel.exporter.otlp.protocol");
	otlp->timeout_ms = wr_options_i64(options, "otel.exporter.otlp.timeout");
	otlp->spans_max = (uint32_t)wr_options_i64(options, "otel.bsp.max.export.batch.size");
	if (wr_options_i64(options, "otel.traces.exporter") == 0)
		WR_TRY(find_url(options, &otlp->traces, "otel.exporter.otlp.traces.endpoint",
				"/v1/traces"));
	if (wr_options_i64(options, "otel.metrics.exporter") == 0)
		WR_TRY(find_url(options, &otlp->metrics, "otel.exporter.otlp.metrics.endpoint",
				"/v1/metrics"));
	return NULL;
}

static wr_status *begin(struct wr_otlp *otlp)
{
	WR_TRY(make_resource(otlp));
	WR_TRY(wr_otlp_http_new(otlp->what.options, &otlp->http));
	if (otlp->traces.url != NULL) {
		otlp->tracer = wr_tracer_new(
		    otlp->env, otlp->form,
		    (uint32_t)wr_options_i64(otlp->what.options, "otel.bsp.max.queue.size"));
		wr_tracer_wake(otlp->tracer, wake, otlp);
	}
	otlp->has_thread = wr_thread_start(&otlp->thread, "weir-otlp", run, otlp);
	return otlp->has_thread ? NULL : wr_status_new(WR_FATAL, "Cannot start the thread of OTLP");
}

wr_status *wr_otlp_open(const struct wr_otlp_for *what, struct wr_otlp **out)
{
	struct wr_otlp *otlp;
	wr_status *status;

	*out = NULL;
	if (wr_options_bool(what->options, "otel.sdk.disabled"))
		return NULL;
	otlp = wr_calloc(1, sizeof *otlp);
	otlp->what = *what;
	otlp->env = wr_env_system();
	otlp->traces = (struct signal){.what = "Traces",
				       .resources = "resourceSpans",
				       .scopes = "scopeSpans",
				       .items = "spans",
				       .rejected = "rejectedSpans"};
	otlp->metrics = (struct signal){.what = "Metrics",
					.resources = "resourceMetrics",
					.scopes = "scopeMetrics",
					.items = "metrics",
					.rejected = "rejectedDataPoints"};
	pthread_mutex_init(&otlp->lock, NULL);
	wr_cond_init(&otlp->changed);
	status = read_options(otlp);
	if (status == NULL && (otlp->traces.url != NULL || otlp->metrics.url != NULL)) {
		*out = otlp; /* before the thread is there: its figures may be looked for in it */
		status = begin(otlp);
		if (status == NULL)
			return NULL;
		*out = NULL;
	}
	wr_otlp_close(otlp);
	return status;
}

void wr_otlp_close(struct wr_otlp *otlp)
{
	if (otlp == NULL)
		return;
	pthread_mutex_lock(&otlp->lock);
	otlp->stopping = true;
	otlp->stop_by_us = wr_mono_us(otlp->env) + otlp->timeout_ms * 1000;
	pthread_cond_signal(&otlp->changed);
	pthread_mutex_unlock(&otlp->lock);
	if (otlp->has_thread) {
		wr_otlp_http_hurry(otlp->http, otlp->stop_by_us);
		pthread_join(otlp->thread, NULL);
	}
	wr_otlp_http_free(otlp->http);
	wr_tracer_free(otlp->tracer);
	wr_text_release(&otlp->resource);
	wr_free(otlp->traces.url);
	wr_free(otlp->traces.shown);
	wr_free(otlp->metrics.url);
	wr_free(otlp->metrics.shown);
	pthread_cond_destroy(&otlp->changed);
	pthread_mutex_destroy(&otlp->lock);
	wr_free(otlp);
}

struct wr_tracer *wr_otlp_tracer(struct wr_otlp *otlp)
{
	return otlp != NULL ? otlp->tracer : NULL;
}

void wr_otlp_metrics(struct wr_otlp *otlp, struct wr_metrics *metrics)
{
	struct wr_tracer_stats spans;

	if (otlp == NULL)
		return;
	if (otlp->tracer != NULL) {
		wr_tracer_stats(otlp->tracer, &spans);
		wr_metrics_single(metrics, "weir_otlp_spans_total", "counter",
				  "Spans that have ended.", (double)spans.ended);
		wr_metrics_single(metrics, "weir_otlp_spans_dropped_total", "counter",
				  "Spans that were dropped: the queue was full, or the collector "
				  "did not take them.",
				  (double)(spans.dropped + atomic_load(&otlp->traces.lost)));
	}
	wr_metrics_single(
	    metrics, "weir_otlp_exports_total", "counter", "Requests that a collector has taken.",
	    (double)(atomic_load(&otlp->traces.exported) + atomic_load(&otlp->metrics.exported)));
	wr_metrics_single(
	    metrics, "weir_otlp_exports_failed_total", "counter", "Requests that were given up.",
	    (double)(atomic_load(&otlp->traces.failed) + atomic_load(&otlp->metrics.failed)));
}
