/* SPDX-License-Identifier: Apache-2.0
 *
 * env_system - the real operating system behind wr_env: POSIX files and clocks.
 *
 * Every call that a signal may interrupt is repeated. A short write goes on with the rest.
 */
#include "base/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"

struct sys_file {
	struct wr_file base; /* first: the caller sees this */
	int fd;              /* descriptor */
	bool borrowed;       /* standard input or output: not closed */
	char *path;          /* for messages; owned */
};

static struct sys_file *sys(struct wr_file *file)
{
	return (struct sys_file *)file;
}

/* Errors that may be gone when the same is tried again later. */
static bool may_pass(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EIO:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EBUSY:
	case ENOMEM:
	case ESTALE:
	case ETIMEDOUT: return true;
	default: return false;
	}
}

/* "cannot VERB 'PATH': cause", with the next action where there is an obvious one. */
static wr_status *sys_error(const char *verb, const char *path, int error)
{
	char buffer[128];
	const char *cause = strerror_r(error, buffer, sizeof buffer);
	wr_status *status = wr_status_new(may_pass(error) ? WR_RETRY : WR_USER_ERROR,
					  "Cannot %s '%s': %s", verb, path, cause);

	switch (error) {
	case ENOENT: return wr_status_hint(status, "Check the path, and that its folder exists");
	case EACCES:
	case EPERM:
		return wr_status_hint(status, "Check the permissions of the path and its folder");
	case ENOSPC:
	case EDQUOT: return wr_status_hint(status, "Make room on the disk and run again");
	case EIO: return wr_status_hint(status, "The device reports an error; check the disk");
	case EMFILE:
	case ENFILE: return wr_status_hint(status, "Raise the limit of open files (ulimit -n)");
	default: return status;
	}
}

/* --- clocks and random
 * ---------------------------------------------------------------------------------- */

static int64_t clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t sys_mono_us(struct wr_env *env)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int64_t sys_wall_us(struct wr_env *env)
{
	return clock_us(CLOCK_REALTIME);
}

static void sys_sleep_us(struct wr_env *env, int64_t us)
{
	struct timespec span = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	if (us > 0)
		nanosleep(&span, NULL); /* a signal may end it early: callers wait in loops */
}

static void sys_random(struct wr_env *env, void *bytes, size_t len)
{
	char *to = bytes;

	while (len != 0) {
		ssize_t got = getrandom(to, len, 0);
		WR_REQUIRE(got >= 0 || errno == EINTR);
		if (got > 0) {
			to += got;
			len -= (size_t)got;
		}
	}
}

/* --- files
 * ---------------------------------------------------------------------------------------------- */

static wr_status *sys_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
			   struct wr_file **file)
{
	static const int flags[] = {
	    [WR_OPEN_READ] = O_RDONLY,
	    [WR_OPEN_CREATE] = O_WRONLY | O_CREAT | O_TRUNC,
	    [WR_OPEN_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
	};
	bool in = strcmp(path, WR_ENV_STDIN) == 0;
	bool out = strcmp(path, WR_ENV_STDOUT) == 0;
	int fd = in ? STDIN_FILENO : STDOUT_FILENO;

	*file = NULL;
	if (!in && !out) {
		do {
			fd = open(path, flags[mode] | O_CLOEXEC, 0666);
		} while (fd < 0 && errno == EINTR);
		if (fd < 0)
			return sys_error(mode == WR_OPEN_READ ? "open" : "write", path, errno);
	}
	struct sys_file *made = wr_calloc(1, sizeof *made);
	made->base.env = env;
	made->fd = fd;
	made->borrowed = in || out;
	made->path = wr_strdup(in ? "standard input" : out ? "standard output" : path);
	*file = &made->base;
	return NULL;
}

static wr_status *sys_read(struct wr_file *file, void *bytes, size_t len, size_t *got)
{
	ssize_t count;

	do {
		count = read(sys(file)->fd, bytes, len);
	} while (count < 0 && errno == EINTR);
	*got = count > 0 ? (size_t)count : 0;
	return count < 0 ? sys_error("read", sys(file)->path, errno) : NULL;
}

static wr_status *sys_read_at(struct wr_file *file, void *bytes, size_t len, int64_t offset,
			      size_t *got)
{
	ssize_t count;

	do {
		count = pread(sys(file)->fd, bytes, len, offset);
	} while (count < 0 && errno == EINTR);
	*got = count > 0 ? (size_t)count : 0;
	return count < 0 ? sys_error("read", sys(file)->path, errno) : NULL;
}

static wr_status *sys_write(struct wr_file *file, const void *bytes, size_t len)
{
	const char *from = bytes;

	while (len != 0) {
		ssize_t count = write(sys(file)->fd, from, len);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return sys_error("write", sys(file)->path, errno);
		from += count;
		len -= (size_t)count;
	}
	return NULL;
}

/* Pipes and terminals cannot be synced: no error. */
static wr_status *sys_sync(struct wr_file *file)
{
	if (fsync(sys(file)->fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS)
		return NULL;
	return sys_error("write", sys(file)->path, errno);
}

static wr_status *sys_close(struct wr_file *file)
{
	struct sys_file *f = sys(file);
	wr_status *status = NULL;

	if (!f->borrowed && close(f->fd) != 0 && errno != EINTR)
		status = sys_error("close", f->path, errno);
	wr_free(f->path);
	wr_free(f);
	return status;
}

/* --- names
 * ---------------------------------------------------------------------------------------------- */

static wr_status *sys_rename(struct wr_env *env, const char *from, const char *to)
{
	return rename(from, to) == 0 ? NULL : sys_error("rename to", to, errno);
}

static wr_status *sys_remove(struct wr_env *env, const char *path)
{
	return remove(path) == 0 || errno == ENOENT ? NULL : sys_error("remove", path, errno);
}

static wr_status *sys_make_dirs(struct wr_env *env, const char *path)
{
	char *name = wr_strdup(path);
	wr_status *status = NULL;

	for (char *p = name + 1; status == NULL && *name != '\0'; p++) {
		char c = *p;
		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(name, 0777) != 0 && errno != EEXIST)
			status = sys_error("make the folder", name, errno);
		*p = c;
		if (c == '\0')
			break;
	}
	wr_free(name);
	struct stat info;
	if (status == NULL && (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)))
		status = sys_error("make the folder", path, ENOTDIR);
	return status;
}

static wr_status *sys_sync_dir(struct wr_env *env, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return sys_error("open", path, errno);
	int error = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
	close(fd);
	return error != 0 ? sys_error("sync", path, error) : NULL;
}

static wr_status *sys_stat(struct wr_env *env, const char *path, struct wr_file_info *info)
{
	struct stat st;

	*info = (struct wr_file_info){0};
	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? NULL
							   : sys_error("look at", path, errno);
	info->exists = true;
	info->is_dir = S_ISDIR(st.st_mode);
	info->is_regular = S_ISREG(st.st_mode);
	info->size = st.st_size;
	info->inode = (uint64_t)st.st_ino;
	info->mtime_us = (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
	return NULL;
}

static wr_status *sys_cut(struct wr_env *env, const char *path, int64_t len)
{
	struct wr_file_info info;

	WR_TRY(sys_stat(env, path, &info));
	if (!info.exists)
		return sys_error("cut", path, ENOENT);
	if (info.size < len)
		return wr_status_new(WR_USER_ERROR,
				     "'%s' has %lld bytes, %lld less than it is to be cut to", path,
				     (long long)info.size, (long long)(len - info.size));
	return truncate(path, len) == 0 ? NULL : sys_error("cut", path, errno);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static wr_status *sys_list(struct wr_env *env, const char *path,
			   wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	struct dirent **entry = NULL;
	wr_status *status = NULL;
	int count = scandir(path, &entry, NULL, by_bytes);

	if (count < 0)
		return sys_error("list the folder", path, errno);
	for (int i = 0; i < count; i++) {
		const char *name = entry[i]->d_name;
		bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
		if (status == NULL && !dots)
			status = each(ctx, name);
		free(entry[i]);
	}
	free(entry);
	return status;
}

/* A signal ends the wait early: "not yet". An error is for the read to find. */
static bool sys_readable(struct wr_file *file, int64_t wait_us)
{
	struct pollfd poll_fd = {.fd = sys(file)->fd, .events = POLLIN};
	struct timespec span = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
	int ready = ppoll(&poll_fd, 1, &span, NULL);

	return ready > 0 || (ready < 0 && errno != EINTR);
}

static bool sys_may_write(struct wr_env *env, const char *folder)
{
	return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0;
}

struct wr_env *wr_env_system(void)
{
	static const struct wr_env_ops ops = {
	    .mono_us = sys_mono_us,
	    .wall_us = sys_wall_us,
	    .sleep_us = sys_sleep_us,
	    .random = sys_random,
	    .open = sys_open,
	    .read = sys_read,
	    .read_at = sys_read_at,
	    .write = sys_write,
	    .sync = sys_sync,
	    .close = sys_close,
	    .rename = sys_rename,
	    .remove = sys_remove,
	    .make_dirs = sys_make_dirs,
	    .sync_dir = sys_sync_dir,
	    .stat = sys_stat,
	    .list = sys_list,
	    .cut = sys_cut,
	    .readable = sys_readable,
	    .may_write = sys_may_write,
	};
	static const struct wr_env env = {&ops};

	return (struct wr_env *)&env; /* never written to */
}
