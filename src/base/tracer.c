/* SPDX-License-Identifier: Apache-2.0
 *
 * tracer - the queue of finished spans: a ring of texts under a lock that is held for moments.
 */
#include <pthread.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/trace_inner.h"

struct wr_tracer {
	struct wr_env *env;
	enum wr_otlp_form form;  /* fixed: of the texts */
	void (*wake)(void *own); /* MAY: the queue is half full */
	void *wake_own;          /* the caller's */
	pthread_mutex_t lock;
	/* Under lock. */
	uint32_t first, count;   /* of the ring's texts, those that wait */
	uint64_t ended, dropped; /* spans so far; of those, that did not fit */
	uint32_t capacity;       /* fixed */
	struct wr_text ring[];
};

struct wr_tracer *wr_tracer_new(struct wr_env *env, enum wr_otlp_form form, uint32_t spans_max)
{
	struct wr_tracer *tracer =
	    wr_calloc(1, sizeof *tracer + spans_max * sizeof(struct wr_text));

	WR_REQUIRE(spans_max > 0);
	tracer->env = env;
	tracer->form = form;
	tracer->capacity = spans_max;
	pthread_mutex_init(&tracer->lock, NULL);
	return tracer;
}

void wr_tracer_free(struct wr_tracer *tracer)
{
	if (tracer == NULL)
		return;
	for (uint32_t i = 0; i < tracer->count; i++)
		wr_text_release(&tracer->ring[(tracer->first + i) % tracer->capacity]);
	pthread_mutex_destroy(&tracer->lock);
	wr_free(tracer);
}

struct wr_env *wr_tracer_env(const struct wr_tracer *tracer)
{
	return tracer->env;
}

enum wr_otlp_form wr_tracer_form(const struct wr_tracer *tracer)
{
	return tracer->form;
}

void wr_tracer_wake(struct wr_tracer *tracer, void (*wake)(void *own), void *own)
{
	tracer->wake = wake;
	tracer->wake_own = own;
}

void wr_tracer_put(struct wr_tracer *tracer, struct wr_text *moved)
{
	bool full, half;

	pthread_mutex_lock(&tracer->lock);
	tracer->ended++;
	full = tracer->count == tracer->capacity;
	if (full)
		tracer->dropped++;
	else
		tracer->ring[(tracer->first + tracer->count++) % tracer->capacity] = *moved;
	half = !full && tracer->count == (tracer->capacity + 1) / 2;
	pthread_mutex_unlock(&tracer->lock);
	if (full)
		wr_text_release(moved);
	if (half && tracer->wake != NULL)
		tracer->wake(tracer->wake_own);
}

uint32_t wr_tracer_take(struct wr_tracer *tracer, uint32_t max, struct wr_otlp_writer *out)
{
	uint32_t taken = 0;

	for (bool more = true; more && taken < max; taken += more) {
		struct wr_text text = {0};

		pthread_mutex_lock(&tracer->lock);
		more = tracer->count > 0;
		if (more) {
			text = tracer->ring[tracer->first];
			tracer->first = (tracer->first + 1) % tracer->capacity;
			tracer->count--;
		}
		pthread_mutex_unlock(&tracer->lock);
		wr_otlp_piece(out, &text);
		wr_text_release(&text);
	}
	return taken;
}

void wr_tracer_stats(struct wr_tracer *tracer, struct wr_tracer_stats *stats)
{
	pthread_mutex_lock(&tracer->lock);
	*stats = (struct wr_tracer_stats){
	    .ended = tracer->ended, .dropped = tracer->dropped, .waiting = tracer->count};
	pthread_mutex_unlock(&tracer->lock);
}
