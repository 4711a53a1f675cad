/* SPDX-License-Identifier: Apache-2.0
 *
 * crew - see crew.h.
 *
 * A thread has a seat. It sits there with its work, then idle for up to IDLE_US, then it leaves:
 * the seat is GONE until the next one who takes it has joined the thread that left.
 */
#include "base/crew.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"

#define IDLE_US 10000000

enum seat_state { SEAT_EMPTY, SEAT_BUSY, SEAT_IDLE, SEAT_GONE };

struct seat {
	struct wr_crew *crew;
	enum seat_state state;       /* under lock */
	pthread_t thread;            /* unless it is empty */
	pthread_cond_t work;         /* of the idle one: there is some, or the crew ends */
	void (*run)(void *argument); /* under lock: the work; NULL: none */
	void *argument;              /* under lock */
};

struct wr_crew {
	const char *name;
	pthread_mutex_t lock;
	bool ending; /* under lock */
	uint32_t max;
	struct seat *seat; /* `max` of them */
};

struct wr_crew *wr_crew_new(const char *name, uint32_t max)
{
	struct wr_crew *crew = wr_calloc(1, sizeof *crew);

	crew->name = name;
	crew->max = max;
	crew->seat = wr_calloc(max, sizeof *crew->seat);
	pthread_mutex_init(&crew->lock, NULL);
	for (uint32_t i = 0; i < max; i++) {
		crew->seat[i].crew = crew;
		wr_cond_init(&crew->seat[i].work);
	}
	return crew;
}

static void *seat_main(void *argument)
{
	struct seat *seat = argument;
	struct wr_crew *crew = seat->crew;

	pthread_mutex_lock(&crew->lock);
	while (seat->run != NULL) {
		struct timespec deadline;

		pthread_mutex_unlock(&crew->lock);
		seat->run(seat->argument);
		deadline = wr_deadline(IDLE_US);
		pthread_mutex_lock(&crew->lock);
		seat->run = NULL;
		seat->state = SEAT_IDLE;
		while (seat->run == NULL && !crew->ending &&
		       wr_cond_wait_until(&seat->work, &crew->lock, &deadline))
			;
	}
	seat->state = SEAT_GONE;
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* One that is idle, else one without a thread; NULL: all are busy. Under lock. */
static struct seat *find_seat(struct wr_crew *crew)
{
	struct seat *found = NULL;

	for (uint32_t i = 0; i < crew->max; i++) {
		if (crew->seat[i].state == SEAT_IDLE)
			return &crew->seat[i];
		if (found == NULL && crew->seat[i].state != SEAT_BUSY)
			found = &crew->seat[i];
	}
	return found;
}

bool wr_crew_run(struct wr_crew *crew, void (*run)(void *argument), void *argument)
{
	struct seat *seat;
	bool there;

	pthread_mutex_lock(&crew->lock);
	seat = find_seat(crew);
	there = seat != NULL;
	if (there) {
		seat->run = run;
		seat->argument = argument;
	}
	if (there && seat->state == SEAT_IDLE) {
		pthread_cond_signal(&seat->work);
	} else if (there) {
		if (seat->state == SEAT_GONE)
			pthread_join(seat->thread, NULL);
		there = wr_thread_start(&seat->thread, crew->name, seat_main, seat);
	}
	if (seat != NULL)
		seat->state = there ? SEAT_BUSY : SEAT_EMPTY;
	pthread_mutex_unlock(&crew->lock);
	return there;
}

/* A thread is there, or was, and is to be joined. */
static bool has_thread(struct wr_crew *crew, uint32_t i)
{
	bool there;

	pthread_mutex_lock(&crew->lock);
	there = crew->seat[i].state != SEAT_EMPTY;
	pthread_mutex_unlock(&crew->lock);
	return there;
}

void wr_crew_free(struct wr_crew *crew)
{
	if (crew == NULL)
		return;
	pthread_mutex_lock(&crew->lock);
	crew->ending = true;
	for (uint32_t i = 0; i < crew->max; i++)
		pthread_cond_signal(&crew->seat[i].work);
	pthread_mutex_unlock(&crew->lock);
	for (uint32_t i = 0; i < crew->max; i++) {
		if (has_thread(crew, i)) /* one that leaves just now says so */
			pthread_join(crew->seat[i].thread, NULL);
		pthread_cond_destroy(&crew->seat[i].work);
	}
	pthread_mutex_destroy(&crew->lock);
	wr_free(crew->seat);
	wr_free(crew);
}
