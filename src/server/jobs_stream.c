/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_stream - jobs as they are now, every second, for those who look on.
 *
 * One thread makes the text of each kind once and hands it to all who want it. A frame that has no
 * room with a slow reader is left out for it: the next one says how things are then. Who looks at
 * all jobs first hears how they were in the last minutes, which the thread remembers while nobody
 * looks, too.
 *
 * Thread: any; `lock` is around the readers, and is taken before jobs->lock.
 */
#include "server/jobs_stream.h"

#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "runtime/observe.h"
#include "server/jobs_history.h"
#include "server/jobs_inner.h"

#define PERIOD_US   1000000
#define ROOM        (256 << 10) /* bytes that wait for a reader */
#define FRAME_MAX   (16 << 20)  /* of one frame: about 30,000 jobs */
#define READERS_MAX 4096

/* Who looks on. */
struct reader {
	struct wr_http_stream *stream; /* a reference */
	char *job;                     /* its name or id; NULL: all */
};

struct wr_job_streams {
	struct wr_jobs *jobs;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct reader reader[READERS_MAX]; /* under lock: the first `count` */
	uint32_t count;
	bool stopping;
	bool has_thread; /* to be joined */
	pthread_t thread;
};

/* What the reader wants, in `out`; false: its job is gone. */
static bool make(struct wr_jobs *jobs, const struct reader *reader, struct wr_text *out)
{
	wr_text_clear(out);
	if (reader->job != NULL)
		return wr_jobs_describe_short(jobs, reader->job, out);
	wr_jobs_list(jobs, out);
	return true;
}

/* The operators of a job, without their subtasks; nothing while it does not run. */
static void send_operators(struct wr_jobs *jobs, const struct reader *reader, struct wr_text *out)
{
	struct wr_run *run = wr_jobs_hold(jobs, reader->job);
	struct wr_job *job = run != NULL ? wr_run_hold(run) : NULL;

	if (job != NULL) {
		wr_text_clear(out);
		wr_report_operators(out, job, false);
		wr_http_stream_event(reader->stream, "operators", 0, wr_text_str(out), 0);
	}
	if (run != NULL)
		wr_run_let(run);
	wr_jobs_let(jobs, run);
}

/* Hands each its text; those who are gone go. Under lock. */
static void round_of(struct wr_job_streams *streams, struct wr_text *all, struct wr_text *one)
{
	bool made = false;

	for (uint32_t i = 0; i < streams->count;) {
		struct reader *reader = &streams->reader[i];
		bool there = !wr_http_stream_closed(reader->stream);

		if (there && reader->job == NULL) {
			made = made || make(streams->jobs, reader, all);
			wr_http_stream_event(reader->stream, "jobs", 0, wr_text_str(all), 0);
		} else if (there) {
			there = make(streams->jobs, reader, one);
			if (there)
				wr_http_stream_event(reader->stream, "job", 0, wr_text_str(one), 0);
			if (there)
				send_operators(streams->jobs, reader, one);
		}
		if (there) {
			i++;
			continue;
		}
		wr_http_stream_end(reader->stream);
		wr_http_stream_unref(reader->stream);
		wr_free(reader->job);
		*reader = streams->reader[--streams->count];
	}
}

/* A round as soon as there is a new reader, and every second. */
static void *streams_main(void *argument)
{
	struct wr_job_streams *streams = argument;
	struct wr_text all, one;
	int64_t remembered_us = 0;

	wr_text_init(&all);
	wr_text_init(&one);
	pthread_mutex_lock(&streams->lock);
	while (!streams->stopping) {
		wr_cond_wait_us(&streams->wake, &streams->lock, PERIOD_US);
		if (streams->stopping)
			break;
		if (wr_mono_us(streams->jobs->env) - remembered_us >= PERIOD_US / 2) {
			remembered_us = wr_mono_us(streams->jobs->env);
			wr_jobs_remember(streams->jobs);
		}
		round_of(streams, &all, &one);
	}
	pthread_mutex_unlock(&streams->lock);
	wr_text_release(&all);
	wr_text_release(&one);
	return NULL;
}

struct wr_job_streams *wr_job_streams_new(struct wr_jobs *jobs)
{
	struct wr_job_streams *streams = wr_calloc(1, sizeof *streams);

	streams->jobs = jobs;
	pthread_mutex_init(&streams->lock, NULL);
	wr_cond_init(&streams->wake);
	return streams;
}

void wr_job_streams_free(struct wr_job_streams *streams)
{
	if (streams == NULL)
		return;
	pthread_mutex_lock(&streams->lock);
	streams->stopping = true;
	pthread_cond_signal(&streams->wake);
	pthread_mutex_unlock(&streams->lock);
	if (streams->has_thread)
		pthread_join(streams->thread, NULL);
	for (uint32_t i = 0; i < streams->count; i++) {
		wr_http_stream_end(streams->reader[i].stream);
		wr_http_stream_unref(streams->reader[i].stream);
		wr_free(streams->reader[i].job);
	}
	pthread_cond_destroy(&streams->wake);
	pthread_mutex_destroy(&streams->lock);
	wr_free(streams);
}

/* Under lock. */
static bool begin(struct wr_job_streams *streams)
{
	if (!streams->stopping && !streams->has_thread)
		streams->has_thread =
		    wr_thread_start(&streams->thread, "weir-look", streams_main, streams);
	return streams->has_thread;
}

void wr_job_streams_begin(struct wr_job_streams *streams)
{
	pthread_mutex_lock(&streams->lock);
	begin(streams);
	pthread_mutex_unlock(&streams->lock);
}

/* How jobs were until now. */
static void send_history(struct wr_jobs *jobs, struct wr_http_stream *stream)
{
	struct wr_text out;

	wr_text_init(&out);
	wr_jobs_history(jobs, &out);
	wr_http_stream_event(stream, "history", 0, wr_text_str(&out), 0);
	wr_text_release(&out);
}

struct wr_http_stream *wr_job_streams_add(struct wr_job_streams *streams, const char *job)
{
	struct wr_http_stream *stream = NULL;

	pthread_mutex_lock(&streams->lock);
	if (begin(streams) && streams->count < READERS_MAX) {
		struct reader *reader = &streams->reader[streams->count++];

		stream = wr_http_stream_new(ROOM, "text/event-stream");
		wr_http_stream_stretch(stream, FRAME_MAX);
		*reader = (struct reader){wr_http_stream_ref(stream),
					  job != NULL ? wr_strdup(job) : NULL};
		if (job == NULL)
			send_history(streams->jobs, stream);
		pthread_cond_signal(&streams->wake); /* it gets something at once */
	}
	pthread_mutex_unlock(&streams->lock);
	return stream;
}
