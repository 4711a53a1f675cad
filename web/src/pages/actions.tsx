/** What can be done with jobs; each asks first. */
import { post } from "../api";
import type { Asked } from "../parts/dialog";
import { operate } from "../parts/operations";
import { go, path } from "../route";
import { refresh, tell } from "../store";
import type { Job } from "../types";

export const active = (job: Job) => job.state === "RUNNING" || job.state === "RESTARTING" || job.state === "CREATED";

const at = (job: Job, rest = "") => `/v1/jobs/${encodeURIComponent(job.id)}${rest}`;

const text = (form: FormData, name: string) => String(form.get(name) ?? "").trim();

/** Members that are not empty. */
const given = (members: Record<string, string>) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== ""));

async function done(what: string) {
  tell(what);
  await refresh();
}

export const submitJob = (): Asked => ({
  title: "Submit a job",
  verb: "Submit",
  body: (
    <>
      <label>
        Name
        <input name="name" placeholder="of its INSERT" />
      </label>
      <label>
        SQL: declarations and INSERTs
        <textarea name="sql" rows={12} required spellcheck={false} />
      </label>
      <label>
        Begin with the state of (optional)
        <input name="restore" placeholder="path of a savepoint, or latest" />
      </label>
    </>
  ),
  act: async (form) => {
    const sql = String(form.get("sql"));
    const made = await post<{ id: string }>("/v1/jobs", { sql, ...given({ name: text(form, "name"), restore: text(form, "restore") }) });

    await done("The job was submitted");
    go(`jobs/${made.id}`);
  },
});

export const stopJob = (job: Job): Asked => ({
  title: `Stop ${job.name}?`,
  verb: "Stop the job",
  danger: true,
  body: (
    <>
      <fieldset>
        <legend>How</legend>
        <label class="choice">
          <input type="radio" name="mode" value="savepoint" checked /> With a savepoint: it can go on from there
        </label>
        <label class="choice">
          <input type="radio" name="mode" value="drain" /> Drain: as if its input had ended; all windows close
        </label>
        <label class="choice">
          <input type="radio" name="mode" value="cancel" /> Cancel: at once, without a savepoint
        </label>
      </fieldset>
      <label>
        Folder of the savepoint (optional)
        <input name="folder" placeholder="beside its checkpoints" />
      </label>
    </>
  ),
  act: async (form) => {
    const mode = text(form, "mode");
    const folder = mode === "savepoint" ? text(form, "folder") : "";
    const answer = await operate<{ savepoint: string | null }>("POST", at(job, "/stop"), { mode, ...given({ folder }) });

    await done(answer.savepoint ? `${job.name} was stopped with the savepoint ${answer.savepoint}` : `${job.name} was stopped`);
  },
});

export const savepointOf = (job: Job): Asked => ({
  title: `Make a savepoint of ${job.name}?`,
  verb: "Make a savepoint",
  body: (
    <label>
      Folder (optional)
      <input name="folder" placeholder="beside its checkpoints" />
    </label>
  ),
  act: async (form) => {
    const answer = await operate<{ savepoint: string }>("POST", at(job, "/savepoint"), given({ folder: text(form, "folder") }));

    await done(`Savepoint ${answer.savepoint}`);
  },
});

export const restartJob = (job: Job): Asked => ({
  title: `Start ${job.name} again?`,
  verb: "Start again",
  body: (
    <fieldset>
      <legend>From</legend>
      <label class="choice">
        <input type="radio" name="from" value="latest" checked /> Its latest checkpoint or savepoint
      </label>
      <label class="choice">
        <input type="radio" name="from" value="" /> The beginning, without state
      </label>
    </fieldset>
  ),
  act: async (form) => {
    await operate("POST", at(job, "/restart"), given({ restore: text(form, "from") }));
    await done(`${job.name} was started again`);
  },
});

export const rescaleJob = (job: Job, now: number | null | undefined): Asked => ({
  title: `How many workers for ${job.name}?`,
  verb: "Rescale",
  body: (
    <label>
      Workers
      <input name="parallelism" type="number" min="1" max="128" required defaultValue={String(now ?? 1)} />
    </label>
  ),
  act: async (form) => {
    await operate("POST", at(job, "/rescale"), { parallelism: Number(text(form, "parallelism")) });
    await done(`${job.name} has ${text(form, "parallelism")} workers`);
  },
});

export const forgetJob = (job: Job): Asked => ({
  title: `Forget ${job.name}?`,
  verb: "Forget the job",
  danger: true,
  body: <p>Its history and its checkpoints are removed. That cannot be undone.</p>,
  act: async () => {
    await operate("DELETE", at(job));
    await done(`${job.name} is forgotten`);
    if (path.value.startsWith(`jobs/${job.id}`)) go("jobs");
  },
});
