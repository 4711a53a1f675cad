/* SPDX-License-Identifier: Apache-2.0
 *
 * control - see control.h. Sockets belong to the process, as signals do: they are not part of what
 * a simulator replaces.
 */
#include "cli/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "runtime/job_report.h"
#include "runtime/why.h"

#define PATIENCE_S 5 /* a client that says nothing for so long is sent away */

struct wr_control {
	struct wr_session *session;
	pthread_t thread;
	bool started;               /* the thread is to be joined */
	int socket, wake[2];        /* listening; a pipe whose end ends the thread */
	struct wr_text path;        /* of the socket; empty: not open */
	pthread_mutex_t lock;       /* while a question is answered */
	struct wr_job *job;         /* under lock; NULL: none runs */
	const char *name;           /* under lock: of the job */
	struct wr_stage_load *load; /* under lock: per stage, when it was last asked for; owned */
	int64_t looked_us;          /* under lock: of the job's time, when that was */
};

bool wr_control_folder(const char *given, const char *checkpoints, struct wr_text *folder)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (given != NULL && *given != '\0')
		wr_text_puts(folder, given);
	else if (runtime != NULL && *runtime == '/')
		wr_text_printf(folder, "%s/weir", runtime);
	else if (checkpoints != NULL)
		wr_text_printf(folder, "%s/control", checkpoints);
	return folder->len != 0;
}

/* --- answers ------------------------------------------------------------------------------------
 */

/* Where the time of each stage went since it was asked last, or since the job began. */
static void put_operators(struct wr_control *control, int64_t elapsed_us, struct wr_text *out)
{
	uint32_t count = wr_job_stage_count(control->job);
	int64_t since_us = elapsed_us - control->looked_us;
	struct wr_stage_load *before, load;

	if (control->load == NULL)
		control->load = wr_calloc(count + 1, sizeof *control->load);
	before = control->load;
	wr_text_puts(out, ",\"operators\":[");
	for (uint32_t i = 0; i < count; i++) {
		struct wr_load_rates rates;
		struct wr_text name;

		wr_job_stage_load(control->job, i, &load);
		rates = wr_load_rates(&before[i], &load, since_us);
		before[i] = load;
		wr_text_init(&name);
		wr_job_stage_name(control->job, i, &name);
		wr_text_puts(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		wr_text_json(out, wr_text_str(&name));
		wr_report_number(out, "busyTimeMsPerSecond", (uint64_t)rates.busy);
		wr_report_number(out, "idleTimeMsPerSecond", (uint64_t)rates.idle);
		wr_report_number(out, "backPressuredTimeMsPerSecond", (uint64_t)rates.blocked);
		wr_text_putc(out, '}');
		wr_text_release(&name);
	}
	wr_text_putc(out, ']');
	control->looked_us = elapsed_us;
}

static void answer_status(struct wr_control *control, struct wr_text *out)
{
	struct wr_job_stats stats;
	struct wr_text waiting;

	wr_job_stats(control->job, &stats);
	wr_text_init(&waiting);
	wr_job_waiting(control->job, &waiting);
	wr_text_puts(out, "{\"ok\":true,\"job\":");
	wr_text_json(out, stats.checkpoint.job != NULL ? stats.checkpoint.job : control->name);
	wr_report_number(out, "pid", (uint64_t)getpid());
	wr_text_printf(out, ",\"state\":\"%s\"",
		       wr_job_cancelled(control->job) ? "stopping" : "running");
	if (waiting.len > 0) {
		wr_text_puts(out, ",\"waiting\":");
		wr_text_json(out, waiting.data);
	}
	wr_text_release(&waiting);
	wr_report_stats(out, &stats);
	if (stats.checkpoint.folder != NULL) {
		wr_text_puts(out, ",\"checkpoint_folder\":");
		wr_text_json(out, stats.checkpoint.folder);
	}
	put_operators(control, stats.elapsed_us, out);
	wr_report_tables(out, control->job);
	wr_text_putc(out, '}');
}

/* Why there is no output: as JSON, or as text for people. */
static void answer_why(struct wr_control *control, bool as_text, struct wr_text *out)
{
	struct wr_text text;

	if (!as_text) {
		wr_report_why(out, control->job);
		return;
	}
	wr_text_init(&text);
	wr_why_print(&text, control->job);
	wr_text_puts(out, "{\"ok\":true,\"text\":");
	wr_text_json(out, wr_text_str(&text));
	wr_text_putc(out, '}');
	wr_text_release(&text);
}

static void answer_error(struct wr_text *out, wr_status *status)
{
	wr_text_puts(out, "{\"ok\":false,\"error\":");
	wr_text_json(out, status->text);
	if (status->hint != NULL) {
		wr_text_puts(out, ",\"hint\":");
		wr_text_json(out, status->hint);
	}
	wr_text_putc(out, '}');
	wr_status_free(status);
}

static void answer_savepoint(struct wr_control *control, const char *path, bool stop,
			     struct wr_text *out)
{
	struct wr_text made;
	wr_status *status;

	wr_text_init(&made);
	status = wr_job_savepoint(control->job, path, stop, &made);
	if (status != NULL) {
		answer_error(out, status);
	} else {
		if (stop)
			wr_session_cancel(control->session);
		wr_text_puts(out, "{\"ok\":true,\"savepoint\":");
		wr_text_json(out, made.data);
		wr_text_putc(out, '}');
	}
	wr_text_release(&made);
}

/* Answers a question; under the lock, while a job runs. */
static void answer_job(struct wr_control *control, char *question, struct wr_text *out)
{
	char *rest = strchr(question, ' ');
	const char *path;

	if (rest != NULL)
		*rest++ = '\0';
	path = rest != NULL && strcmp(rest, "-") != 0 ? rest : NULL;
	if (strcmp(question, "status") == 0) {
		answer_status(control, out);
	} else if (strcmp(question, "why") == 0) {
		answer_why(control, rest != NULL && strcmp(rest, "text") == 0, out);
	} else if (strcmp(question, "savepoint") == 0) {
		answer_savepoint(control, path, false, out);
	} else if (strcmp(question, "stop") == 0 && rest != NULL) {
		answer_savepoint(control, path, true, out);
	} else if (strcmp(question, "stop") == 0) {
		wr_session_cancel(control->session);
		wr_text_puts(out, "{\"ok\":true}");
	} else if (strcmp(question, "drain") == 0) {
		wr_job_drain(control->job);
		wr_text_puts(out, "{\"ok\":true}");
	} else {
		answer_error(out,
			     wr_status_hint(
				 wr_status_new(WR_USER_ERROR, "There is no command '%s'", question),
				 "There are status, why, savepoint, stop and drain"));
	}
}

/* Reads a line, up to its end or the patience's; false: there is none. */
static bool read_line(int fd, char *line)
{
	size_t len = 0;

	while (len + 1 < WR_CONTROL_LINE_MAX) {
		ssize_t got = read(fd, line + len, WR_CONTROL_LINE_MAX - 1 - len);
		char *end;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		len += (size_t)got;
		line[len] = '\0';
		end = strchr(line, '\n');
		if (end != NULL) {
			*end = '\0';
			return true;
		}
	}
	return false;
}

static void send_line(int fd, struct wr_text *line)
{
	wr_text_putc(line, '\n');
	for (size_t done = 0; done < line->len;) {
		ssize_t sent = send(fd, line->data + done, line->len - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return; /* the client is gone: it did not want to know */
		done += (size_t)sent;
	}
}

static void serve(struct wr_control *control, int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	char line[WR_CONTROL_LINE_MAX];
	struct wr_text answer;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	wr_text_init(&answer);
	if (read_line(fd, line)) {
		pthread_mutex_lock(&control->lock);
		if (control->job != NULL)
			answer_job(control, line, &answer);
		else
			answer_error(&answer,
				     wr_status_new(WR_USER_ERROR, "No job runs at the moment"));
		pthread_mutex_unlock(&control->lock);
		send_line(fd, &answer);
	}
	wr_text_release(&answer);
	close(fd);
}

static void *control_main(void *argument)
{
	struct wr_control *control = argument;
	struct pollfd fds[2] = {{.fd = control->socket, .events = POLLIN},
				{.fd = control->wake[0], .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents != 0)
			return NULL;
		if (fds[0].revents & POLLIN) {
			int fd = accept(control->socket, NULL, NULL);

			if (fd >= 0)
				serve(control, fd);
		}
	}
}

/* --- the socket ---------------------------------------------------------------------------------
 */

static wr_status *control_error(const char *path, const char *what)
{
	char buffer[128];

	return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s': %s: %s", path, what,
					    strerror_r(errno, buffer, sizeof buffer)),
			      "Set 'weir.control.dir' to a short path of a folder of your own");
}

/* Fills in the address; a path that is too long is an error. */
static wr_status *control_address(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address->sun_path) {
		errno = ENAMETOOLONG;
		return control_error(path, "No socket can have this name");
	}
	memcpy(address->sun_path, path, strlen(path) + 1);
	return NULL;
}

/* The folder with its parents, closed to others; then the socket in it. */
static wr_status *control_bind(struct wr_control *control)
{
	const char *path = control->path.data;
	struct sockaddr_un address;

	control->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (control->socket < 0 || pipe(control->wake) != 0)
		return control_error(path, "Cannot make a socket");
	WR_TRY(control_address(path, &address));
	unlink(path); /* of a process that had this number before and died */
	if (bind(control->socket, (struct sockaddr *)&address, sizeof address) != 0 ||
	    chmod(path, 0600) != 0 || listen(control->socket, 16) != 0)
		return control_error(path, "Cannot make the socket");
	control->started = wr_thread_start(&control->thread, "weir-control", control_main, control);
	return NULL;
}

static wr_status *control_open(struct wr_control *control)
{
	const char *given =
	    wr_options_str(wr_session_settings(control->session), "weir.control.dir");
	struct wr_env *env = wr_env_system();
	struct wr_job_stats stats;
	struct wr_file_info info;
	struct wr_text folder;
	wr_status *status = NULL;
	bool own = given != NULL && *given != '\0';

	wr_job_stats(control->job, &stats);
	wr_text_init(&folder);
	if (wr_control_folder(given, stats.checkpoint.folder, &folder)) {
		wr_text_printf(&control->path, "%s/%d.sock", folder.data, (int)getpid());
		status = env->ops->stat(env, folder.data, &info);
		if (status == NULL)
			status = env->ops->make_dirs(env, folder.data);
		if (status == NULL && !info.exists && chmod(folder.data, 0700) != 0)
			status = control_error(folder.data, "Cannot close the folder to others");
		if (status == NULL)
			status = control_bind(control);
	}
	wr_text_release(&folder);
	if (status != NULL && !own) { /* nobody has asked for it */
		wr_status_free(status);
		status = NULL;
	}
	return status;
}

struct wr_control *wr_control_new(struct wr_session *session)
{
	struct wr_control *control = wr_calloc(1, sizeof *control);

	control->session = session;
	control->socket = control->wake[0] = control->wake[1] = -1;
	wr_text_init(&control->path);
	pthread_mutex_init(&control->lock, NULL);
	return control;
}

wr_status *wr_control_job(struct wr_control *control, struct wr_job *job, const char *name)
{
	pthread_mutex_lock(&control->lock);
	control->job = job;
	control->name = name;
	wr_free(control->load);
	control->load = NULL;
	control->looked_us = 0;
	pthread_mutex_unlock(&control->lock);
	return job != NULL && control->path.len == 0 ? control_open(control) : NULL;
}

void wr_control_free(struct wr_control *control)
{
	if (control->wake[1] >= 0)
		close(control->wake[1]);
	if (control->started)
		pthread_join(control->thread, NULL);
	if (control->wake[0] >= 0)
		close(control->wake[0]);
	if (control->socket >= 0) {
		close(control->socket);
		unlink(control->path.data);
	}
	wr_text_release(&control->path);
	wr_free(control->load);
	pthread_mutex_destroy(&control->lock);
	wr_free(control);
}

/* --- asking -------------------------------------------------------------------------------------
 */

wr_status *wr_control_ask(const char *path, const char *question, struct wr_text *answer)
{
	struct sockaddr_un address;
	struct wr_text line;
	char buffer[WR_CONTROL_LINE_MAX];
	ssize_t got = -1;
	int fd;

	WR_TRY(control_address(path, &address));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		if (fd >= 0)
			close(fd);
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "No job answers at '%s'", path),
				      "See weir jobs for those that run");
	}
	wr_text_init(&line);
	wr_text_puts(&line, question);
	send_line(fd, &line);
	wr_text_release(&line);
	while ((got = read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			wr_text_add(answer, buffer, (size_t)got);
	close(fd);
	while (answer->len > 0 && answer->data[answer->len - 1] == '\n')
		answer->data[--answer->len] = '\0';
	return answer->len != 0
		   ? NULL
		   : wr_status_new(WR_USER_ERROR, "The job at '%s' ended without an answer", path);
}
