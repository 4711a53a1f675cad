/** A replay of dead letters, or the try of one: asked for, followed, its end told. */
import { useState } from "preact/hooks";

import { said } from "../api";
import { whole } from "../format";
import { Problem, Records } from "../parts/bits";
import type { Asked } from "../parts/dialog";
import { cancel, operate, useHere } from "../parts/operations";
import { refresh, tell } from "../store";
import type { Job } from "../types";
import { given, letters, type ReplayAsk, type ReplayEnd } from "./letter_types";

const many = (count: number, one: string, more = `${one}s`) => `${whole(count)} ${count === 1 ? one : more}`;

/** One sentence for what came of it, and one for each kind of letters that were left out. */
function sentences(end: ReplayEnd): string[] {
  const read = many(end.letters, "letter");
  const failed = end.failed === 0 ? "" : many(end.failed, "row");
  const list: string[] = [];

  if (end.letters === 0) list.push("There was nothing to replay");
  else if (end.dry_run)
    list.push(`Tried ${read}: ${end.readable === null ? "nothing was read" : `${many(end.readable, "row")} can be read now`}${failed === "" ? "" : `, ${failed} cannot`}`);
  else list.push(`Replayed ${read}${end.into ? ` into ${end.into}` : ""}: ${failed === "" ? "none failed again" : `${failed} failed again`}`);
  if (end.replayed_before > 0) list.push(`${many(end.replayed_before, "letter")} left out, replayed before`);
  if (end.without_bytes > 0) list.push(`${many(end.without_bytes, "letter")} left out, whose bytes were not kept`);
  if (end.left > 0) list.push(`${many(end.left, "letter")} left for another time`);
  return list;
}

export interface Replaying {
  busy: boolean;
  operation?: string;
  end?: ReplayEnd;
  error?: string;
  run: (ask: ReplayAsk) => Promise<void>;
  clear: () => void;
}

/** `done`: letters are not as they were. */
export function useReplay(job: Job, done: () => void): Replaying {
  const [busy, setBusy] = useState(false);
  const [operation, setOperation] = useState<string>();
  const [end, setEnd] = useState<ReplayEnd>();
  const [error, setError] = useState<string>();
  const { here, failed } = useHere();
  const clear = () => {
    setEnd(undefined);
    setError(undefined);
  };

  async function run(ask: ReplayAsk) {
    clear();
    setBusy(true);
    try {
      const found = await operate<ReplayEnd>("POST", `${letters(job)}/replay`, ask, setOperation);
      setEnd(found);
      if (!here()) tell(`${job.name}: ${sentences(found).join(". ")}`);
    } catch (reason) {
      failed(`Replay of ${job.name}`, reason, setError);
    }
    setOperation(undefined);
    setBusy(false);
    if (ask.dry_run || !here()) return;
    done();
    await refresh().catch(() => {}); // the stream brings the jobs, too
  }
  return { busy, operation, end, error, run, clear };
}

/** Asks how, and begins it: the dialog does not wait for the end. `again`: it is of one that was replayed. */
export const replayAsked = (what: string, those: ReplayAsk, again: boolean, run: (ask: ReplayAsk) => Promise<void>): Asked => ({
  title: `Replay ${what}?`,
  verb: "Replay",
  body: (
    <>
      <p>They are read once more by the statements of the job, beside it, and their rows go where its rows go.</p>
      <label class="choice">
        <input type="checkbox" name="again" defaultChecked={again} /> Also what was replayed before
      </label>
      <label>
        Instead, as they are, into (optional)
        <input name="into" placeholder="a table of one column" />
      </label>
      {those.ids === undefined && (
        <label>
          At most (optional)
          <input name="limit" type="number" min="1" max="1000000" placeholder="all of them" />
        </label>
      )}
    </>
  ),
  act: async (form) => {
    const limit = Number(form.get("limit") ?? 0);
    const into = String(form.get("into") ?? "").trim();

    void run(given({ ...those, into, again: form.get("again") !== null || undefined, limit: limit > 0 ? limit : undefined }));
  },
});

/** What is under way, or came of it. */
export function Replayed({ replay }: { replay: Replaying }) {
  const { busy, operation, end, error } = replay;
  const [refused, setRefused] = useState<string>();

  return (
    <div class="replayed" role="region" aria-label="Replay">
      <div role="status">
        {busy && <p>Working …</p>}
        {end && <p class={end.failed > 0 ? "warn" : "good"}>{sentences(end).join(". ")}.</p>}
      </div>
      {operation && (
        <p class="buttons start">
          <button type="button" onClick={() => cancel(operation).catch((reason) => setRefused(said(reason)))}>
            Cancel the replay
          </button>
        </p>
      )}
      <Problem text={error ?? (busy ? refused : undefined)} />
      {end && end.reasons.length > 0 && <Records label="Why" rows={end.reasons} />}
    </div>
  );
}
