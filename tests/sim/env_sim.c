/* SPDX-License-Identifier: Apache-2.0
 *
 * env_sim - see env_sim.h.
 */
#include "env_sim.h"

#include <inttypes.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define WALL_START_US 1700000000000000 /* the wall clock at the beginning of the world */

struct wr_sim {
	struct wr_env env; /* first: users see this */
	struct wr_disk *disk;
	struct wr_sim_faults faults;
	struct wr_chance chance; /* of faults, costs and losses */
	struct wr_chance random; /* what programs ask for */
	struct wr_chance order;  /* who goes next */
	struct wr_chance test;   /* wr_sim_chance */
	int64_t now_us;          /* since the beginning */
	uint64_t calls, failed;  /* so far */
	uint64_t digest;         /* of all calls */
	uint64_t turns;          /* picked so far */
	uint32_t turn, habit;    /* the last one; how they are picked at present */
	uint32_t open_files;
	bool dead;   /* the power has failed */
	FILE *trace; /* NULL: none */
};

struct sim_file {
	struct wr_file base; /* first: the caller sees this */
	struct wr_inode *inode;
	char *path; /* cleaned; owned */
	bool writable;
	size_t position; /* of the next read; writes go to the end */
};

static struct wr_sim *sim_of(struct wr_env *env)
{
	return (struct wr_sim *)env;
}

/* --- paths, trace, faults */

/* Without empty and "." parts and without a slash at the end; the root is "". Free it. */
static char *clean(const char *path)
{
	struct wr_text text;

	wr_text_init(&text);
	if (path[0] == '/')
		wr_text_putc(&text, '/');
	while (*path != '\0') {
		size_t len = strcspn(path, "/");

		WR_REQUIRE(len != 2 || memcmp(path, "..", 2) != 0);
		if (len > 0 && (len != 1 || path[0] != '.')) {
			if (text.len > 1 || (text.len == 1 && text.data[0] != '/'))
				wr_text_putc(&text, '/');
			wr_text_add(&text, path, len);
		}
		path += len + (path[len] == '/');
	}
	char *out = wr_strdup(text.len == 1 && text.data[0] == '/' ? "" : wr_text_str(&text));
	wr_text_release(&text);
	return out;
}

static void digest_add(struct wr_sim *sim, const char *bytes, size_t len)
{
	struct wr_chance mix = {sim->digest};

	for (size_t i = 0; i < len; i++)
		mix.state = (mix.state ^ (uint8_t)bytes[i]) * 0x100000001b3u;
	sim->digest = wr_chance_next(&mix);
}

static void note(struct wr_sim *sim, const char *what, const char *path, int64_t number)
{
	digest_add(sim, what, strlen(what));
	digest_add(sim, path, strlen(path));
	digest_add(sim, (const char *)&number, sizeof number);
	if (sim->trace != NULL)
		fprintf(sim->trace, "%7" PRIu64 " %10.3f ms  %-10s %s %" PRId64 "\n", sim->calls,
			(double)sim->now_us / 1000, what, path, number);
}

static wr_status *no_power(const char *path)
{
	return wr_status_new(WR_FATAL, "Cannot reach '%s': the simulated power has failed", path);
}

static wr_status *fails(struct wr_sim *sim, const char *verb, const char *path, const char *cause)
{
	sim->failed++;
	note(sim, cause, path, 0);
	return wr_status_new(WR_USER_ERROR, "Cannot %s '%s': %s", verb, path, cause);
}

static void pass_time(struct wr_sim *sim, int64_t most_us)
{
	sim->now_us += 1 + (int64_t)wr_chance_below(&sim->chance, (uint64_t)WR_MAX(most_us, 1));
}

/* A call begins. *last: the power fails in it, so that it may be done half. */
static wr_status *enter(struct wr_sim *sim, const char *what, const char *path, int64_t number,
			bool *last)
{
	*last = false;
	if (sim->dead)
		return no_power(path);
	sim->calls++;
	pass_time(sim, sim->faults.call_us);
	note(sim, what, path, number);
	if (sim->calls == sim->faults.power_fails_at) {
		sim->dead = true;
		*last = true;
		note(sim, "power fails", path, 0);
	}
	return NULL;
}

/* --- clock and chance */

static int64_t sim_mono_us(struct wr_env *env)
{
	return ++sim_of(env)->now_us;
}

static int64_t sim_wall_us(struct wr_env *env)
{
	return WALL_START_US + sim_mono_us(env);
}

static void sim_sleep_us(struct wr_env *env, int64_t us)
{
	sim_of(env)->now_us += WR_MAX(us, 1);
}

static void sim_random(struct wr_env *env, void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)wr_chance_next(&sim_of(env)->random);
}

/* --- files */

/* Finds or makes what an open asks for. */
static wr_status *open_inode(struct wr_sim *sim, const char *path, enum wr_open_mode mode,
			     struct wr_inode **out)
{
	struct wr_inode *inode = wr_disk_find(sim->disk, path), *folder;
	char *slash = strrchr(path, '/'), *name;

	*out = inode;
	if (inode != NULL && inode->is_dir && mode != WR_OPEN_READ)
		return wr_status_new(WR_USER_ERROR, "Cannot write '%s': Is a directory", path);
	if (inode != NULL) {
		if (mode == WR_OPEN_CREATE && inode->now.len > 0)
			wr_inode_cut(inode, 0);
		return NULL;
	}
	if (mode == WR_OPEN_READ)
		return wr_status_new(WR_USER_ERROR, "Cannot open '%s': No such file or directory",
				     path);
	name = wr_strndup(path, slash != NULL ? (size_t)(slash - path) : 0);
	folder = wr_disk_find(sim->disk, name);
	bool there = name[0] == '\0' || (folder != NULL && folder->is_dir);
	wr_free(name);
	if (!there)
		return wr_status_new(WR_USER_ERROR, "Cannot write '%s': No such file or directory",
				     path);
	*out = wr_disk_make(sim->disk, path, false);
	(*out)->mtime_us = WALL_START_US + sim->now_us;
	return NULL;
}

static wr_status *sim_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
			   struct wr_file **file)
{
	struct wr_sim *sim = sim_of(env);
	struct wr_inode *inode = NULL;
	struct sim_file *made;
	wr_status *status;
	bool last;
	char *name = clean(path);

	*file = NULL;
	WR_TRY_OUT(status, enter(sim, "open", name, mode, &last));
	if (wr_chance_is(&sim->chance, sim->faults.names_fail))
		WR_TRY_OUT(status, fails(sim, "open", name, "Input/output error"));
	if (!last || wr_chance_is(&sim->chance, 500))
		WR_TRY_OUT(status, open_inode(sim, name, mode, &inode));
	if (last)
		WR_TRY_OUT(status, no_power(name));
	made = wr_calloc(1, sizeof *made);
	*made = (struct sim_file){
	    .base.env = env, .inode = inode, .path = name, .writable = mode != WR_OPEN_READ};
	sim->open_files++;
	*file = &made->base;
	return NULL;
out:
	wr_free(name);
	return status;
}

/* Both kinds of reads. */
static wr_status *read_bytes(struct sim_file *file, void *bytes, size_t len, size_t offset,
			     size_t *got)
{
	struct wr_sim *sim = sim_of(file->base.env);
	const struct wr_text *text = &file->inode->now;
	bool last;

	*got = 0;
	WR_TRY(enter(sim, "read", file->path, (int64_t)offset, &last));
	if (last)
		return no_power(file->path);
	if (wr_chance_is(&sim->chance, sim->faults.read_fails))
		return fails(sim, "read", file->path, "Input/output error");
	if (offset >= text->len || len == 0)
		return NULL;
	*got = WR_MIN(len, text->len - offset);
	if (wr_chance_is(&sim->chance, sim->faults.read_short))
		*got = 1 + wr_chance_below(&sim->chance, *got);
	memcpy(bytes, text->data + offset, *got);
	return NULL;
}

static wr_status *sim_read(struct wr_file *base, void *bytes, size_t len, size_t *got)
{
	struct sim_file *file = (struct sim_file *)base;
	wr_status *status = read_bytes(file, bytes, len, file->position, got);

	file->position += *got;
	return status;
}

static wr_status *sim_read_at(struct wr_file *base, void *bytes, size_t len, int64_t offset,
			      size_t *got)
{
	return read_bytes((struct sim_file *)base, bytes, len, (size_t)offset, got);
}

/* How many of `len` bytes there is room for. */
static size_t room(const struct wr_sim *sim, size_t len)
{
	uint64_t used = wr_disk_used(sim->disk);

	if (sim->faults.space == 0 || used + len <= sim->faults.space)
		return len;
	return used >= sim->faults.space ? 0 : (size_t)(sim->faults.space - used);
}

static wr_status *sim_write(struct wr_file *base, const void *bytes, size_t len)
{
	struct sim_file *file = (struct sim_file *)base;
	struct wr_sim *sim = sim_of(base->env);
	size_t some = room(sim, len);
	bool last, broken;

	WR_REQUIRE(file->writable);
	WR_TRY(enter(sim, "write", file->path, (int64_t)len, &last));
	digest_add(sim, bytes, len);
	broken = wr_chance_is(&sim->chance, sim->faults.write_fails);
	if (last || broken)
		some = wr_chance_below(&sim->chance, some + 1);
	wr_inode_write(file->inode, bytes, some, file->inode->now.len);
	file->inode->mtime_us = WALL_START_US + sim->now_us;
	if (last)
		return no_power(file->path);
	if (broken)
		return fails(sim, "write", file->path, "Input/output error");
	return some < len ? fails(sim, "write", file->path, "No space left on device") : NULL;
}

static wr_status *sim_sync(struct wr_file *base)
{
	struct sim_file *file = (struct sim_file *)base;
	struct wr_sim *sim = sim_of(base->env);
	bool last;

	WR_TRY(enter(sim, "sync", file->path, 0, &last));
	pass_time(sim, sim->faults.sync_us);
	if (last)
		return no_power(file->path);
	if (wr_chance_is(&sim->chance, sim->faults.sync_fails)) {
		wr_inode_sync_fails(file->inode);
		return fails(sim, "write", file->path, "Input/output error");
	}
	wr_inode_sync(file->inode);
	return NULL;
}

/* The inode may be gone when the power has failed and come back: it is not looked at. */
static wr_status *sim_close(struct wr_file *base)
{
	struct sim_file *file = (struct sim_file *)base;
	struct wr_sim *sim = sim_of(base->env);

	WR_REQUIRE(sim->open_files > 0);
	sim->open_files--;
	wr_free(file->path);
	wr_free(file);
	return NULL;
}

static bool sim_readable(struct wr_file *file, int64_t wait_us)
{
	return true;
}

/* --- names */

/* What every call on names begins with; name2 may be NULL. *now: do it, although the power fails
 * in it. */
static wr_status *enter_names(struct wr_sim *sim, const char *verb, const char *name, bool *now)
{
	bool last;

	*now = false;
	WR_TRY(enter(sim, verb, name, 0, &last));
	if (last) {
		*now = wr_chance_is(&sim->chance, 500);
		return no_power(name);
	}
	if (wr_chance_is(&sim->chance, sim->faults.names_fail))
		return fails(sim, verb, name, "Input/output error");
	*now = true;
	return NULL;
}

static wr_status *sim_rename(struct wr_env *env, const char *from, const char *to)
{
	struct wr_sim *sim = sim_of(env);
	char *old = clean(from), *new = clean(to);
	struct wr_inode *inode = wr_disk_find(sim->disk, old),
			*there = wr_disk_find(sim->disk, new);
	bool now;
	wr_status *status = enter_names(sim, "rename to", new, &now);

	if (now && (inode == NULL || inode->is_dir || (there != NULL && there->is_dir))) {
		now = false;
		if (status == NULL)
			status = wr_status_new(WR_USER_ERROR, "Cannot rename to '%s': %s", new,
					       inode == NULL ? "No such file or directory"
							     : "Is a directory");
	}
	if (now)
		wr_disk_rename(sim->disk, old, new);
	wr_free(old);
	wr_free(new);
	return status;
}

static bool is_empty_dir(const struct wr_sim *sim, const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; i < wr_disk_count(sim->disk); i++) {
		struct wr_inode *inode;
		const char *path = wr_disk_path(sim->disk, i, &inode);

		if (strncmp(path, name, len) == 0 && path[len] == '/')
			return false;
	}
	return true;
}

static wr_status *sim_remove(struct wr_env *env, const char *path)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	struct wr_inode *inode = wr_disk_find(sim->disk, name);
	bool now;
	wr_status *status = enter_names(sim, "remove", name, &now);

	if (now && inode != NULL && inode->is_dir && !is_empty_dir(sim, name)) {
		now = false;
		if (status == NULL)
			status = wr_status_new(WR_USER_ERROR,
					       "Cannot remove '%s': Directory not empty", name);
	}
	if (now && inode != NULL)
		wr_disk_remove(sim->disk, name);
	wr_free(name);
	return status;
}

/* Makes the folders of a cleaned path. False: a file is in the way. */
static bool make_folders(struct wr_sim *sim, const char *name)
{
	for (const char *at = name + (name[0] == '/'); *name != '\0';) {
		const char *slash = strchr(at, '/');
		char *folder =
		    wr_strndup(name, slash != NULL ? (size_t)(slash - name) : strlen(name));
		struct wr_inode *inode = wr_disk_find(sim->disk, folder);

		if (inode == NULL)
			inode = wr_disk_make(sim->disk, folder, true);
		wr_free(folder);
		if (!inode->is_dir)
			return false;
		if (slash == NULL)
			break;
		at = slash + 1;
	}
	return true;
}

static wr_status *sim_make_dirs(struct wr_env *env, const char *path)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	bool now;
	wr_status *status = enter_names(sim, "make the folder", name, &now);

	if (now && !make_folders(sim, name) && status == NULL)
		status = wr_status_new(WR_USER_ERROR,
				       "Cannot make the folder '%s': Not a directory", name);
	wr_free(name);
	return status;
}

static bool is_folder(const struct wr_sim *sim, const char *name)
{
	const struct wr_inode *inode = wr_disk_find(sim->disk, name);

	return name[0] == '\0' || (inode != NULL && inode->is_dir);
}

static wr_status *sim_sync_dir(struct wr_env *env, const char *path)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	bool now;
	wr_status *status = enter_names(sim, "sync", name, &now);

	if (status == NULL && !is_folder(sim, name))
		status = wr_status_new(WR_USER_ERROR, "Cannot open '%s': No such file or directory",
				       name);
	if (status == NULL) {
		pass_time(sim, sim->faults.sync_us);
		wr_disk_sync_dir(sim->disk, name);
	}
	wr_free(name);
	return status;
}

static wr_status *sim_stat(struct wr_env *env, const char *path, struct wr_file_info *info)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	bool last;
	wr_status *status = enter(sim, "stat", name, 0, &last);
	const struct wr_inode *inode = wr_disk_find(sim->disk, name);

	*info = (struct wr_file_info){0};
	if (status == NULL && last)
		status = no_power(name);
	if (status == NULL && name[0] == '\0')
		*info = (struct wr_file_info){.exists = true, .is_dir = true};
	if (status == NULL && inode != NULL)
		*info = (struct wr_file_info){.exists = true,
					      .is_dir = inode->is_dir,
					      .is_regular = !inode->is_dir,
					      .size = (int64_t)inode->now.len,
					      .mtime_us = inode->mtime_us,
					      .inode = inode->number};
	wr_free(name);
	return status;
}

/* The names are copied first: the callback may change the folder. */
static wr_status *list_names(struct wr_sim *sim, const char *folder,
			     wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	uint32_t count = 0;
	char **found = wr_calloc(wr_disk_count(sim->disk) + 1, sizeof *found);
	size_t len = strlen(folder);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < wr_disk_count(sim->disk); i++) {
		struct wr_inode *inode;
		const char *path = wr_disk_path(sim->disk, i, &inode);

		if (strncmp(path, folder, len) == 0 && path[len] == '/' &&
		    strchr(path + len + 1, '/') == NULL)
			found[count++] = wr_strdup(path + len + 1);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (status == NULL)
			status = each(ctx, found[i]);
		wr_free(found[i]);
	}
	wr_free(found);
	return status;
}

static wr_status *sim_list(struct wr_env *env, const char *path,
			   wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	bool last;
	wr_status *status = enter(sim, "list", name, 0, &last);

	if (status == NULL && last)
		status = no_power(name);
	if (status == NULL && !is_folder(sim, name))
		status = wr_status_new(
		    WR_USER_ERROR, "Cannot list the folder '%s': No such file or directory", name);
	if (status == NULL)
		status = list_names(sim, name, each, ctx);
	wr_free(name);
	return status;
}

static wr_status *sim_cut(struct wr_env *env, const char *path, int64_t len)
{
	struct wr_sim *sim = sim_of(env);
	char *name = clean(path);
	struct wr_inode *inode = wr_disk_find(sim->disk, name);
	bool now;
	wr_status *status = enter_names(sim, "cut", name, &now);

	if (now && (inode == NULL || inode->is_dir || (int64_t)inode->now.len < len)) {
		now = false;
		if (status == NULL)
			status = wr_status_new(WR_USER_ERROR, "Cannot cut '%s' to %lld bytes", name,
					       (long long)len);
	}
	if (now)
		wr_inode_cut(inode, (size_t)len);
	wr_free(name);
	return status;
}

/* --- turns */

/* Anyone, rather the first, or rather the one after whom had the last turn: so that who is slow
 * differs from seed to seed and from time to time. */
static uint32_t sim_pick(struct wr_env *env, uint32_t count)
{
	struct wr_sim *sim = sim_of(env);
	uint64_t one = wr_chance_below(&sim->order, count), other;

	if (sim->turns++ % 256 == 0)
		sim->habit = (uint32_t)wr_chance_below(&sim->order, 4);
	other = wr_chance_below(&sim->order, count);
	if (sim->habit == 1)
		one = WR_MIN(one, other);
	else if (sim->habit == 2)
		one = WR_MAX(one, other);
	else if (sim->habit == 3 && !wr_chance_is(&sim->order, 100))
		one = sim->turn % count;
	sim->turn = (uint32_t)one;
	if (sim->faults.turn_us > 0)
		pass_time(sim, sim->faults.turn_us);
	digest_add(sim, (const char *)&one, sizeof one);
	return (uint32_t)one;
}

/* --- from outside */

static const struct wr_env_ops sim_ops = {
    .mono_us = sim_mono_us,
    .wall_us = sim_wall_us,
    .sleep_us = sim_sleep_us,
    .random = sim_random,
    .open = sim_open,
    .read = sim_read,
    .read_at = sim_read_at,
    .write = sim_write,
    .sync = sim_sync,
    .close = sim_close,
    .rename = sim_rename,
    .remove = sim_remove,
    .make_dirs = sim_make_dirs,
    .sync_dir = sim_sync_dir,
    .stat = sim_stat,
    .list = sim_list,
    .cut = sim_cut,
    .readable = sim_readable,
    .pick = sim_pick,
};

struct wr_sim *wr_sim_new(uint64_t seed)
{
	struct wr_sim *sim = wr_calloc(1, sizeof *sim);
	struct wr_chance chance = {seed};

	sim->env.ops = &sim_ops;
	sim->disk = wr_disk_new();
	sim->faults.call_us = 1;
	sim->chance.state = wr_chance_next(&chance);
	sim->random.state = wr_chance_next(&chance);
	sim->order.state = wr_chance_next(&chance);
	sim->test.state = wr_chance_next(&chance);
	return sim;
}

void wr_sim_free(struct wr_sim *sim)
{
	if (sim == NULL)
		return;
	WR_REQUIRE(sim->open_files == 0);
	wr_disk_free(sim->disk);
	wr_free(sim);
}

struct wr_env *wr_sim_env(struct wr_sim *sim)
{
	return &sim->env;
}

struct wr_sim_faults *wr_sim_faults(struct wr_sim *sim)
{
	return &sim->faults;
}

struct wr_chance *wr_sim_chance(struct wr_sim *sim)
{
	return &sim->test;
}

bool wr_sim_is_dead(const struct wr_sim *sim)
{
	return sim->dead;
}

uint64_t wr_sim_calls(const struct wr_sim *sim)
{
	return sim->calls;
}

uint64_t wr_sim_failed(const struct wr_sim *sim)
{
	return sim->failed;
}

uint32_t wr_sim_open_files(const struct wr_sim *sim)
{
	return sim->open_files;
}

uint64_t wr_sim_digest(const struct wr_sim *sim)
{
	return sim->digest;
}

void wr_sim_trace(struct wr_sim *sim, FILE *out)
{
	sim->trace = out;
}

void wr_sim_restart(struct wr_sim *sim, enum wr_sim_loss loss)
{
	WR_REQUIRE(sim->open_files == 0);
	note(sim, loss == WR_SIM_POWER_FAILS ? "power back" : "new process", "", 0);
	if (loss == WR_SIM_POWER_FAILS)
		wr_disk_lose_power(sim->disk, &sim->chance);
	sim->dead = false;
	sim->faults.power_fails_at = 0;
}

const struct wr_disk *wr_sim_disk(const struct wr_sim *sim)
{
	return sim->disk;
}

void wr_sim_put(struct wr_sim *sim, const char *path, const char *bytes, size_t len)
{
	char *name = clean(path), *slash = strrchr(name, '/');
	struct wr_inode *inode = wr_disk_find(sim->disk, name);

	if (slash != NULL && slash > name) {
		*slash = '\0';
		WR_REQUIRE(make_folders(sim, name));
		*slash = '/';
	}
	if (inode == NULL)
		inode = wr_disk_make(sim->disk, name, false);
	wr_inode_cut(inode, 0);
	wr_inode_write(inode, bytes, len, 0);
	inode->mtime_us = WALL_START_US + sim->now_us;
	wr_disk_sync_all(sim->disk);
	wr_free(name);
}

const struct wr_text *wr_sim_get(const struct wr_sim *sim, const char *path)
{
	char *name = clean(path);
	const struct wr_inode *inode = wr_disk_find(sim->disk, name);

	wr_free(name);
	return inode != NULL && !inode->is_dir ? &inode->now : NULL;
}

static struct wr_inode *damage(struct wr_sim *sim, const char *path)
{
	char *name = clean(path);
	struct wr_inode *inode = wr_disk_find(sim->disk, name);

	WR_REQUIRE(inode != NULL && !inode->is_dir);
	note(sim, "damage", name, 0);
	wr_free(name);
	return inode;
}

void wr_sim_flip(struct wr_sim *sim, const char *path, uint64_t bit)
{
	struct wr_inode *inode = damage(sim, path);
	char byte;

	WR_REQUIRE(bit / 8 < inode->now.len);
	byte = inode->now.data[bit / 8] ^ (char)(1u << bit % 8);
	wr_inode_write(inode, &byte, 1, bit / 8);
	wr_inode_sync(inode);
}

void wr_sim_cut(struct wr_sim *sim, const char *path, size_t len)
{
	struct wr_inode *inode = damage(sim, path);

	wr_inode_cut(inode, len);
	wr_inode_sync(inode);
}
