/* SPDX-License-Identifier: Apache-2.0
 *
 * env - the only door to the operating system: clocks, random numbers, files.
 *
 * Everything goes through a table of functions, so that a simulator can stand in for the real
 * system with its own clock, its own disk and its own failures. wr_env_system() is the real one.
 * Errors are user errors that name the path and the cause; ENOSPC and EIO say so.
 *
 * Thread: wr_env_system() may be used by any thread; a file by one at a time.
 */
#ifndef WR_BASE_ENV_H
#define WR_BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct wr_env;
struct wr_file;

enum wr_open_mode {
	WR_OPEN_READ,   /* must exist */
	WR_OPEN_CREATE, /* made or emptied, for writing */
	WR_OPEN_APPEND  /* made if missing, for writing at the end */
};

struct wr_file_info {
	bool exists;      /* false: the other fields are 0 */
	bool is_dir;      /* a folder */
	bool is_regular;  /* a plain file (size is meaningful, reads may be positioned) */
	int64_t size;     /* bytes */
	int64_t mtime_us; /* last change, wall clock */
	uint64_t inode;   /* which file it is, whatever its name; 0: unknown */
};

struct wr_env_ops {
	int64_t (*mono_us)(struct wr_env *env); /* never goes back; origin unspecified */
	int64_t (*wall_us)(struct wr_env *env); /* since 1970 UTC */
	void (*sleep_us)(struct wr_env *env, int64_t us);
	void (*random)(struct wr_env *env, void *bytes,
		       size_t len); /* from the system's generator */
	wr_status *(*open)(struct wr_env *env, const char *path, enum wr_open_mode mode,
			   struct wr_file **file);
	/* At most `len` bytes from the current position; *got 0: end of file. */
	wr_status *(*read)(struct wr_file *file, void *bytes, size_t len, size_t *got);
	/* The same at an offset, leaving the position alone; regular files only; may be called by
	 * several threads. */
	wr_status *(*read_at)(struct wr_file *file, void *bytes, size_t len, int64_t offset,
			      size_t *got);
	wr_status *(*write)(struct wr_file *file, const void *bytes, size_t len); /* all of them */
	wr_status *(*sync)(struct wr_file *file);                                 /* to the disk */
	wr_status *(*close)(struct wr_file *file); /* frees the file in any case; NULL allowed */
	wr_status *(*rename)(struct wr_env *env, const char *from,
			     const char *to); /* replaces `to` */
	wr_status *(*remove)(struct wr_env *env,
			     const char *path); /* a file or an empty folder; missing is no error */
	wr_status *(*make_dirs)(struct wr_env *env,
				const char *path); /* with its parents; existing is no error */
	wr_status *(*sync_dir)(struct wr_env *env,
			       const char *path); /* makes renames in it durable */
	wr_status *(*stat)(struct wr_env *env, const char *path, struct wr_file_info *info);
	/* Calls `each` with every name in the folder (not "." and ".."), in order of bytes. */
	wr_status *(*list)(struct wr_env *env, const char *path,
			   wr_status *(*each)(void *ctx, const char *name), void *ctx);
	/* Cuts a file to `len` bytes, not more than it has (an error). */
	wr_status *(*cut)(struct wr_env *env, const char *path, int64_t len);
	/* Waits up to wait_us for the file to have bytes (or its end) to read; false: not yet.
	 * NULL: reads never wait. */
	bool (*readable)(struct wr_file *file, int64_t wait_us);
	/* Whether the process may make files in the folder. NULL: in any. */
	bool (*may_write)(struct wr_env *env, const char *folder);
	/* Which of `count` things that could go on goes on, 0..count-1. NULL, the usual: those are
	 * threads, and the system decides; else everything runs on the caller's thread. */
	uint32_t (*pick)(struct wr_env *env, uint32_t count);
};

struct wr_env {
	const struct wr_env_ops *ops; /* never NULL */
};

/* A simulator embeds this at the start of its own file struct. */
struct wr_file {
	struct wr_env *env; /* whose ops serve this file */
};

/* The real system. Immutable; lives forever. */
struct wr_env *wr_env_system(void);

static inline int64_t wr_mono_us(struct wr_env *env)
{
	return env->ops->mono_us(env);
}
static inline int64_t wr_wall_us(struct wr_env *env)
{
	return env->ops->wall_us(env);
}
static inline wr_status *wr_file_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
				      struct wr_file **file)
{
	return env->ops->open(env, path, mode, file);
}
static inline wr_status *wr_file_read(struct wr_file *file, void *bytes, size_t len, size_t *got)
{
	return file->env->ops->read(file, bytes, len, got);
}
static inline wr_status *wr_file_read_at(struct wr_file *file, void *bytes, size_t len,
					 int64_t offset, size_t *got)
{
	return file->env->ops->read_at(file, bytes, len, offset, got);
}
static inline wr_status *wr_file_write(struct wr_file *file, const void *bytes, size_t len)
{
	return file->env->ops->write(file, bytes, len);
}
static inline wr_status *wr_file_sync(struct wr_file *file)
{
	return file->env->ops->sync(file);
}
static inline bool wr_file_readable(struct wr_file *file, int64_t wait_us)
{
	return file->env->ops->readable == NULL || file->env->ops->readable(file, wait_us);
}
static inline bool wr_env_may_write(struct wr_env *env, const char *folder)
{
	return env->ops->may_write == NULL || env->ops->may_write(env, folder);
}
static inline bool wr_env_picks(const struct wr_env *env)
{
	return env->ops->pick != NULL;
}
static inline wr_status *wr_file_close(struct wr_file *file)
{
	return file != NULL ? file->env->ops->close(file) : NULL;
}

/* A whole file in memory, NUL-terminated (wr_free it). More than `max` bytes is an error. "-" reads
 * standard input. */
wr_status *wr_env_read_file(struct wr_env *env, const char *path, size_t max, char **data,
			    size_t *len);
/* Writes a file so that it is there as a whole or not at all: temporary name, sync, rename. */
wr_status *wr_env_write_file(struct wr_env *env, const char *path, const void *data, size_t len);
/* Standard output and input as files (closing them leaves the descriptor open). They are `open`
 * with these names, which no path can have. */
#define WR_ENV_STDIN  "\001stdin"
#define WR_ENV_STDOUT "\001stdout"
wr_status *wr_env_stdout(struct wr_env *env, struct wr_file **file);
wr_status *wr_env_stdin(struct wr_env *env, struct wr_file **file);

#endif
