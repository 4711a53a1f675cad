/* SPDX-License-Identifier: Apache-2.0
 *
 * sim - whole jobs on the simulated system: does what is visible stay right, whatever fails?
 *
 *   sim SEED [--trace]        one seed, with what it does; --trace: every call, too
 *   sim --seeds FROM COUNT    many; prints those that fail
 *   sim --replay FROM COUNT   runs each twice: both must make the same calls
 *   ... --query N             always the same query
 *
 * A seed picks a scenario (scenario.h), and runs it once undisturbed. Then it runs it on a fresh
 * disk in several lives: each ends when the power fails or the process dies at some call, also in
 * the middle of a restore, or by a failing disk; in between a file of a checkpoint may be damaged.
 * The last life is left in peace. Everything is restored from `latest`.
 *
 * Checked:
 *
 *   S1  in the end exactly the rows of the undisturbed run are visible
 *
 *   S2  after every life rows that are visible are among these, if the sinks only append; and those
 *       that were visible before are still there, unless the power failed or the newest
 *       checkpoint could not be read
 *
 *   S3  a life without faults ends well, unless all checkpoints were damaged: then it refuses
 *
 *   S4  every life closes its files, and the last one leaves no hidden ones, but for empty ones,
 *       those of a life that died before its first checkpoint, and what could not be removed
 *
 *   S5  a seed makes the same calls whenever it is run (--replay)
 */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "engine/prepared.h"
#include "engine/session.h"
#include "scenario.h"
#include "topic.h"
#include "visible.h"

#define LIVES_MAX 6

/* How a seed is run. */
struct how {
	uint32_t query; /* UINT32_MAX: any */
	bool tell;      /* what happens */
	bool trace;     /* every call */
};

struct run {
	uint64_t seed;
	const struct how *how;
	struct wr_scenario scenario;
	struct wr_chance chance; /* of the lives */
	struct wr_visible want;  /* of the undisturbed run */
	struct wr_visible seen;  /* at the end of the life before */
	struct wr_sim *sim;      /* the disturbed one */
	uint64_t calls;          /* of a run that nothing disturbs, about */
	uint64_t lost_power;     /* lives that ended so */
	bool faulty;             /* in this life calls fail */
	bool damaged;            /* a file of a checkpoint was */
	bool last_failed;        /* in this life: the results were shown without a checkpoint */
	bool excused;            /* and it ended in the midst, without any checkpoint: rows may
				    come twice */
	bool unreadable;         /* files could not be read or opened in some life */
	bool anew;               /* a life was lost before its first checkpoint */
	uint32_t lives;          /* so far */
	char *failure;           /* NULL: all is well; owned */
};

static volatile sig_atomic_t current_seed; /* for the handler of crashes */

static void fail(struct run *run, const char *what, const char *more)
{
	struct wr_text text;

	if (run->failure != NULL || run->excused)
		return;
	wr_text_init(&text);
	wr_text_printf(&text, "%s, life %u: %s: %s", run->scenario.query, run->lives, what, more);
	run->failure = text.data;
}

static void tell(const struct run *run, const char *what, const char *more)
{
	if (run->how->tell)
		printf("[life %u, call %" PRIu64 "] %s%s\n", run->lives, wr_sim_calls(run->sim),
		       what, more);
}

static void on_notice(void *user, const char *text)
{
	struct run *run = user;

	tell(run, "weir: ", text);
	run->last_failed = run->last_failed || strstr(text, "without a last checkpoint") != NULL;
}

static wr_status *run_script(struct wr_session *session, const struct wr_text *text)
{
	return wr_session_script(session, (struct wr_str){wr_text_str(text), text->len}, NULL,
				 WR_SCRIPT_RUN);
}

/* Runs the job once on a system. */
static wr_status *run_job(struct run *run, struct wr_sim *sim, const char *more)
{
	struct wr_listener listener = {.notice = on_notice, .user = run};
	struct wr_session *session = wr_session_new(&listener);
	const struct wr_connector *connectors[64] = {&wr_connector_topic};
	struct wr_text settings;
	wr_status *status;

	wr_text_init(&settings);
	wr_text_puts(&settings, more);
	wr_session_use(session, wr_sim_env(sim));
	for (uint32_t i = 0; session->registry.connectors[i] != NULL; i++) {
		WR_REQUIRE(i + 2 < WR_COUNT(connectors));
		connectors[i + 1] = session->registry.connectors[i];
	}
	session->registry.connectors = connectors;
	status = run_script(session, &settings);
	if (status == NULL)
		status = run_script(session, &run->scenario.tables);
	if (status == NULL)
		status = run_script(session, &run->scenario.insert);
	wr_session_free(session);
	wr_text_release(&settings);
	return status;
}

/* What must come out. */
static void run_undisturbed(struct run *run)
{
	struct wr_sim *sim = wr_sim_new(1);
	wr_status *status;

	wr_scenario_put(&run->scenario, sim);
	status = run_job(run, sim, "SET 'parallelism.default' = '1';");
	if (status != NULL)
		fail(run, "the undisturbed run", status->text);
	wr_status_free(status);
	wr_visible_take(&run->want, sim, "/out");
	wr_sim_free(sim);
	sim = wr_sim_new(1);
	wr_sim_faults(sim)->call_us = 500;
	wr_sim_faults(sim)->turn_us = 500;
	wr_scenario_put(&run->scenario, sim);
	status = run_job(run, sim, wr_text_str(&run->scenario.settings));
	if (status != NULL)
		fail(run, "the undisturbed run with checkpoints", status->text);
	wr_status_free(status);
	run->calls = wr_sim_calls(sim);
	wr_visible_release(&run->seen);
	wr_visible_take(&run->seen, sim, "/out");
	if (wr_visible_beyond(&run->seen, &run->want) != NULL ||
	    wr_visible_beyond(&run->want, &run->seen) != NULL)
		fail(run, "the undisturbed run", "with checkpoints it is another one");
	wr_visible_release(&run->seen);
	wr_sim_free(sim);
}

/* What fails in this life. */
static void pick_faults(struct run *run)
{
	struct wr_sim_faults *faults = wr_sim_faults(run->sim);
	struct wr_chance *chance = &run->chance;
	int64_t call_us = faults->call_us, turn_us = faults->turn_us;

	*faults = (struct wr_sim_faults){.call_us = call_us, .turn_us = turn_us};
	faults->read_short = wr_chance_is(chance, 300) ? 300 : 0;
	faults->sync_us = wr_chance_is(chance, 300) ? 200000 : 0;
	run->faulty = wr_chance_is(chance, 300);
	if (run->faulty) {
		uint32_t *one[] = {&faults->read_fails, &faults->write_fails, &faults->sync_fails,
				   &faults->names_fail};

		*one[wr_chance_below(chance, WR_COUNT(one))] = 1 + wr_chance_below(chance, 60);
		run->unreadable =
		    run->unreadable || faults->read_fails > 0 || faults->names_fail > 0;
		if (wr_chance_is(chance, 300))
			faults->space =
			    wr_disk_used(wr_sim_disk(run->sim)) + wr_chance_below(chance, 20000);
	}
	if (!run->faulty || wr_chance_is(chance, 500))
		faults->power_fails_at = wr_sim_calls(run->sim) + 1 +
					 wr_chance_below(chance, run->calls + run->calls / 8 + 1);
}

/* Damages a file of the checkpoints. */
static void damage(struct run *run)
{
	const struct wr_disk *disk = wr_sim_disk(run->sim);
	struct wr_inode *inode;
	const char *path = NULL;
	uint32_t found = 0;

	for (uint32_t i = 0; i < wr_disk_count(disk); i++) {
		const char *name = wr_disk_path(disk, i, &inode);

		if (!inode->is_dir && inode->now.len > 0 && strncmp(name, "/chk/", 5) == 0 &&
		    wr_chance_below(&run->chance, ++found) == 0)
			path = name;
	}
	if (path == NULL)
		return;
	run->damaged = true;
	tell(run, "damaged: ", path);
	inode = wr_disk_find(disk, path);
	if (wr_chance_is(&run->chance, 500))
		wr_sim_flip(run->sim, path, wr_chance_below(&run->chance, inode->now.len * 8));
	else
		wr_sim_cut(run->sim, path, wr_chance_below(&run->chance, inode->now.len));
}

/* All rows that are in one only. */
static void tell_difference(const struct wr_visible *now, const struct wr_visible *want)
{
	uint32_t i = 0, j = 0;

	while (i < now->count || j < want->count) {
		int order = i == now->count    ? 1
			    : j == want->count ? -1
					       : strcmp(now->row[i], want->row[j]);

		if (order < 0)
			printf("  visible only: %s\n", now->row[i]);
		else if (order > 0)
			printf("  missing:      %s\n", want->row[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

/* S1, S2: what can be seen between two lives. `lost`: the power failed. */
static void look(struct run *run, bool last, bool lost)
{
	struct wr_visible now;
	const char *row;

	wr_visible_take(&now, run->sim, "/out");
	row = wr_visible_beyond(&now, &run->want);
	if (row != NULL && (last || run->scenario.appends))
		fail(run, "a row is visible that should not be", row);
	row = wr_visible_beyond(&run->want, &now);
	if (last && row != NULL)
		fail(run, "a row is missing", row);
	row = wr_visible_beyond(&run->seen, &now);
	if (row != NULL && run->scenario.appends && !lost && !run->damaged && !run->unreadable)
		fail(run, "a row was visible and is no more", row);
	if (run->failure != NULL && run->how->tell)
		tell_difference(&now, &run->want);
	wr_visible_release(&run->seen);
	run->seen = now;
}

/* Whether there is a manifest, good or not. */
static bool has_checkpoint(const struct wr_sim *sim)
{
	const struct wr_disk *disk = wr_sim_disk(sim);

	for (uint32_t i = 0; i < wr_disk_count(disk); i++) {
		struct wr_inode *inode;
		const char *name = wr_disk_path(disk, i, &inode), *end = strrchr(name, '.');

		if (strncmp(name, "/chk/", 5) == 0 && end != NULL && strcmp(end, ".manifest") == 0)
			return true;
	}
	return false;
}

/* One life; true: the job has ended well, or refuses to go on with reason. */
static bool live(struct run *run, bool last)
{
	struct wr_sim *sim = run->sim;
	bool lost = false, ended;
	wr_status *status;

	run->lives++;
	run->last_failed = false;
	if (last)
		*wr_sim_faults(sim) = (struct wr_sim_faults){.call_us = 1};
	else
		pick_faults(run);
	status = run_job(run, sim, wr_text_str(&run->scenario.settings));
	tell(run, "ended: ", status != NULL ? status->text : "well");
	if (wr_sim_open_files(sim) != 0) {
		fail(run, "files were left open", status != NULL ? status->text : "");
		wr_status_free(status);
		return true;
	}
	ended = status == NULL && !wr_sim_is_dead(sim);
	if (status != NULL && !wr_sim_is_dead(sim) && (last || !run->faulty)) {
		if (!run->damaged)
			fail(run, "a life without faults failed", status->text);
		ended = true;
	}
	if (run->last_failed && (status != NULL || wr_sim_is_dead(sim)) && !has_checkpoint(sim))
		run->excused = true;
	lost = wr_sim_is_dead(sim) && wr_chance_is(&run->chance, 600);
	look(run, ended && status == NULL, false);
	wr_status_free(status);
	wr_sim_restart(sim, lost ? WR_SIM_POWER_FAILS : WR_SIM_PROCESS_DIES);
	if (lost)
		tell(run, "the power failed", "");
	look(run, false, lost);
	run->anew = run->anew || !has_checkpoint(sim) || wr_sim_faults(sim)->names_fail > 0;
	return ended;
}

static void run_disturbed(struct run *run)
{
	uint32_t lives = 1 + wr_chance_below(&run->chance, LIVES_MAX);
	bool ended = false;

	wr_sim_faults(run->sim)->call_us = (int64_t)1 << wr_chance_below(&run->chance, 15);
	wr_sim_faults(run->sim)->turn_us = (int64_t)1 << wr_chance_below(&run->chance, 14);
	wr_scenario_put(&run->scenario, run->sim);
	for (uint32_t i = 0; i < lives && run->failure == NULL && !ended; i++) {
		ended = live(run, false);
		if (!ended && run->scenario.retained > 1 && wr_chance_is(&run->chance, 150))
			damage(run);
	}
	if (run->failure == NULL && !ended)
		live(run, true);
	if (run->failure == NULL && run->seen.hidden > 0 && !run->anew && !run->damaged)
		fail(run, "hidden files were left", run->seen.a_hidden);
}

/* Runs a seed; NULL: all is well, else what is wrong (wr_free it). *digest: of all its calls. */
static char *run_seed(uint64_t seed, const struct how *how, uint64_t *digest)
{
	struct run run = {.seed = seed, .how = how};
	struct wr_chance *chance;

	current_seed = (sig_atomic_t)seed;
	run.sim = wr_sim_new(seed);
	chance = wr_sim_chance(run.sim);
	wr_scenario_init(&run.scenario, chance, how->query);
	run.chance.state = wr_chance_next(chance);
	if (how->tell)
		printf("seed %" PRIu64 ": %s\n%s%s%s\n", seed, run.scenario.query,
		       run.scenario.settings.data, run.scenario.tables.data,
		       run.scenario.insert.data);
	run_undisturbed(&run);
	if (how->trace)
		wr_sim_trace(run.sim, stdout);
	if (run.failure == NULL)
		run_disturbed(&run);
	*digest = wr_sim_digest(run.sim);
	if (wr_sim_open_files(run.sim) == 0)
		wr_sim_free(run.sim);
	wr_visible_release(&run.want);
	wr_visible_release(&run.seen);
	wr_scenario_release(&run.scenario);
	return run.failure;
}

/* The engine stopped the process: at least the seed must be known. */
static void on_crash(int number)
{
	char text[64];
	int len = snprintf(text, sizeof text, "seed %d: signal %d\n", (int)current_seed, number);

	if (len > 0 && write(STDOUT_FILENO, text, (size_t)len) < 0)
		_exit(3);
	_exit(3);
}

static int run_seeds(uint64_t from, uint64_t count, bool replay, const struct how *how)
{
	uint32_t failed = 0;

	for (uint64_t seed = from; seed < from + count; seed++) {
		uint64_t digest, again = 0;
		char *failure = run_seed(seed, how, &digest);

		if (replay && failure == NULL) {
			failure = run_seed(seed, how, &again);
			if (failure == NULL && again != digest)
				failure = wr_strdup("a second run made other calls");
		}
		if (failure == NULL)
			continue;
		printf("seed %" PRIu64 ": %s\n", seed, failure);
		fflush(stdout);
		wr_free(failure);
		failed++;
	}
	printf("%" PRIu64 " seeds, %u failed\n", count, failed);
	return failed > 0;
}

int main(int count, char **word)
{
	struct how how = {.query = UINT32_MAX};
	bool many = false, replay = false;
	uint64_t number[2] = {0, 1};
	int numbers = 0;

	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	for (int i = 1; i < count; i++) {
		if (strcmp(word[i], "--trace") == 0)
			how.trace = true;
		else if (strcmp(word[i], "--seeds") == 0)
			many = true;
		else if (strcmp(word[i], "--replay") == 0)
			many = replay = true;
		else if (strcmp(word[i], "--query") == 0 && i + 1 < count)
			how.query = (uint32_t)strtoul(word[++i], NULL, 10) % wr_scenario_queries();
		else if (numbers < 2)
			number[numbers++] = strtoull(word[i], NULL, 10);
	}
	if (numbers == 0) {
		fprintf(stderr, "sim SEED [--trace] | --seeds FROM COUNT | --replay FROM COUNT\n");
		return 2;
	}
	how.tell = !many;
	return run_seeds(number[0], many ? number[1] : 1, replay, &how);
}
