/* SPDX-License-Identifier: Apache-2.0
 *
 * env_sim - a whole operating system in memory, made of one seed: clock, chance, disk, faults.
 *
 * Time stands still but for sleeps and a small cost of every call. What goes wrong is picked by
 * chance, as the faults say; the same seed and the same calls go wrong in the same way. The power
 * can fail at a given call: from then on every call fails and changes nothing, so that the program
 * under test ends by its own error paths and frees what it holds. Then wr_sim_restart decides what
 * the disk has kept, and the next life of the program begins.
 *
 * Every call is added to a digest and, if wanted, printed: two runs of a seed are the same exactly
 * when their digests are.
 *
 * Order of calls: new -> (calls of the environment, restart)* -> free.        Thread: one.
 */
#ifndef WR_TESTS_ENV_SIM_H
#define WR_TESTS_ENV_SIM_H

#include <stdio.h>

#include "base/env.h"
#include "disk.h"

/* What goes wrong; may be changed at any time. All 0: nothing does. */
struct wr_sim_faults {
	uint64_t power_fails_at; /* the call, counted from 1, that is the last; 0: none */
	uint64_t space;          /* bytes that all files may have; 0: no limit */
	uint32_t read_short;     /* per mille of reads that return less than there is */
	uint32_t read_fails;     /* per mille of reads (EIO) */
	uint32_t write_fails;    /* per mille of writes that end half-way (EIO) */
	uint32_t sync_fails;     /* per mille of syncs of files (EIO): the bytes are lost */
	uint32_t names_fail;     /* per mille of opens, renames, removes and syncs of folders */
	int64_t sync_us;         /* at most so long takes a sync */
	int64_t call_us;         /* at most so long takes any call; at least 1 */
	int64_t turn_us;         /* and any turn of a worker */
};

enum wr_sim_loss {
	WR_SIM_PROCESS_DIES, /* all that was written is there */
	WR_SIM_POWER_FAILS   /* what was not synced may be lost */
};

struct wr_sim;

struct wr_sim *wr_sim_new(uint64_t seed);
void wr_sim_free(struct wr_sim *sim);
struct wr_env *wr_sim_env(struct wr_sim *sim);
struct wr_sim_faults *wr_sim_faults(struct wr_sim *sim);
/* Random numbers for the test itself, of their own: what the test asks changes no faults. */
struct wr_chance *wr_sim_chance(struct wr_sim *sim);

bool wr_sim_is_dead(const struct wr_sim *sim);   /* the power has failed */
uint64_t wr_sim_calls(const struct wr_sim *sim); /* so far, of all lives */
uint64_t
wr_sim_failed(const struct wr_sim *sim); /* calls that failed by the faults, but for power */
uint32_t wr_sim_open_files(const struct wr_sim *sim);
uint64_t wr_sim_digest(const struct wr_sim *sim);
void wr_sim_trace(struct wr_sim *sim, FILE *out); /* prints every call from now on; NULL: no more */

/* The machine starts again. No file may be open. */
void wr_sim_restart(struct wr_sim *sim, enum wr_sim_loss loss);

/* Looks and changes from outside, at no cost and without faults. */
const struct wr_disk *wr_sim_disk(const struct wr_sim *sim);
/* A durable file, with its folders. */
void wr_sim_put(struct wr_sim *sim, const char *path, const char *bytes, size_t len);
/* A file's bytes, or NULL; the simulator's own, until the next call. */
const struct wr_text *wr_sim_get(const struct wr_sim *sim, const char *path);
/* Damage: one bit of a file, or its end. */
void wr_sim_flip(struct wr_sim *sim, const char *path, uint64_t bit);
void wr_sim_cut(struct wr_sim *sim, const char *path, size_t len);

#endif
