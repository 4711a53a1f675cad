/** All jobs: how each is, and how fast, as it changes. Those in trouble come first. */
import { useState } from "preact/hooks";

import { bytes, count, span, whole } from "../format";
import { Empty, Loading, State } from "../parts/bits";
import { Ask, type Asked } from "../parts/dialog";
import { Spark } from "../parts/spark";
import { DataTable, type Col } from "../parts/table";
import { history, jobs, may } from "../store";
import type { Job } from "../types";
import { active, forgetJob, restartJob, savepointOf, stopJob, submitJob } from "./actions";

/** What needs somebody comes first. */
const RANKS = ["FAILED", "RESTARTING", "CREATED", "RUNNING"];
const rank = (job: Job) => {
  const found = RANKS.indexOf(job.state);
  return found < 0 ? RANKS.length : found;
};

function Actions({ job, ask }: { job: Job; ask: (asked: Asked) => void }) {
  return active(job) ? (
    <>
      <button type="button" onClick={() => ask(savepointOf(job))} aria-label={`Savepoint of ${job.name}`}>
        Savepoint
      </button>
      <button type="button" onClick={() => ask(stopJob(job))} aria-label={`Stop ${job.name}`}>
        Stop
      </button>
    </>
  ) : (
    <>
      <button type="button" onClick={() => ask(restartJob(job))} aria-label={`Start ${job.name} again`}>
        Start
      </button>
      <button type="button" onClick={() => ask(forgetJob(job))} aria-label={`Forget ${job.name}`}>
        Forget
      </button>
    </>
  );
}

function columns(ask: (asked: Asked) => void, behind: boolean): Col<Job>[] {
  const figure = (name: string, by: (job: Job) => number | null, say: (value: number | null) => string): Col<Job> => ({ name, number: true, by, show: (job) => say(by(job)) });
  const rate = (job: Job) => (job.state === "RUNNING" ? job.rows_in_per_s : null);
  const list: Col<Job>[] = [
    {
      name: "Job",
      by: (job) => job.name,
      show: (job) => (
        <>
          <a href={`/ui/jobs/${job.id}`} title={job.name}>
            {job.name}
          </a>
          {job.error && <small class="bad clip">{job.error}</small>}
        </>
      ),
    },
    { name: "State", by: rank, show: (job) => <State state={job.state} changing={job.changing} /> },
    {
      name: "Rows/s in",
      number: true,
      by: rate,
      class: () => "rate",
      show: (job) => (
        <>
          {job.state === "RUNNING" && <Spark values={(history.get(job.id) ?? []).map((point) => point.in_s)} label={`Rows per second of ${job.name}, last minute`} />}
          <span>{count(rate(job))}</span>
        </>
      ),
    },
    figure("Rows in", (job) => job.rows_in, whole),
    figure("Rows out", (job) => job.rows_out, whole),
    figure("Watermark lag", (job) => job.watermark_lag_ms, span),
    ...(behind ? [figure("Rows behind", (job) => job.lag, count)] : []),
    {
      name: "Checkpoint",
      number: true,
      by: (job) => job.checkpoint.age_ms,
      show: ({ checkpoint }) => (
        <>
          {checkpoint.age_ms === null ? "–" : `${span(checkpoint.age_ms)} ago`}
          {checkpoint.failed > 0 && <small class="bad">{checkpoint.failed} failed</small>}
        </>
      ),
    },
    figure("State size", (job) => job.state_bytes, bytes),
    { ...figure("Restarts", (job) => job.restarts, whole), class: (job) => (job.restarts > 0 ? "warn" : "") },
    figure("Uptime", (job) => job.uptime_ms, span),
  ];

  if (may()) list.push({ name: "Actions", show: (job) => <Actions job={job} ask={ask} />, class: () => "actions" });
  return list;
}

export function Jobs() {
  const [asked, ask] = useState<Asked>();
  const [word, setWord] = useState("");
  const all = jobs.value;
  const shown = (all ?? []).filter((job) => `${job.name} ${job.state}`.toLowerCase().includes(word.toLowerCase())).sort((a, b) => rank(a) - rank(b));
  const running = (all ?? []).filter((job) => job.state === "RUNNING");

  return (
    <>
      <div class="heading">
        <h1>Jobs</h1>
        {all && (
          <p class="summary">
            {running.length} running of {all.length}, {count(running.reduce((sum, job) => sum + job.rows_in_per_s, 0))} rows/s
          </p>
        )}
        {(all?.length ?? 0) > 8 && (
          <input type="search" aria-label="Only jobs with" placeholder="Filter" value={word} onInput={(event) => setWord(event.currentTarget.value)} />
        )}
        {may() && (
          <button type="button" class="main" onClick={() => ask(submitJob())}>
            Submit a job
          </button>
        )}
      </div>
      {all === undefined && <Loading />}
      {all?.length === 0 && (
        <Empty>
          There are no jobs yet. Submit one here, write an INSERT in the <a href="/ui/sql">SQL view</a>, or use <code>weir sql</code>.
        </Empty>
      )}
      {all !== undefined && all.length > 0 && shown.length === 0 && <Empty>No job has “{word}” in its name or state.</Empty>}
      {shown.length > 0 && <DataTable label="Jobs" rows={shown} columns={columns(ask, shown.some((job) => job.lag !== null))} id={(job) => job.id} class="jobs" />}
      {asked && <Ask asked={asked} close={() => ask(undefined)} />}
    </>
  );
}
