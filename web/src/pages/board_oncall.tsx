/** The board of who is on call: jobs in trouble first, what went wrong, how far behind, how checkpoints go. */
import { useEffect, useState } from "preact/hooks";

import { get } from "../api";
import { span, whole } from "../format";
import { Empty, Loading, Scroll, State } from "../parts/bits";
import { useMetrics, type Sample } from "../parts/metrics";
import { jobs } from "../store";
import type { Job, JobWhole } from "../types";
import { CheckpointChart, ExceptionTable, type Made, type Thrown } from "./job_history";
import { PartitionTable } from "./job_lag";

/** Something of each job, asked for every few seconds; undefined until the first answers. */
function useEach<T>(list: Job[], path: (id: string) => string): Map<string, T> | undefined {
  const [found, setFound] = useState<Map<string, T>>();
  const ids = list.map((job) => job.id).join(" ");

  useEffect(() => {
    let over = false;
    const ask = async () => {
      const answers = await Promise.all(
        ids
          .split(" ")
          .filter((id) => id !== "")
          .map((id) => get<T>(path(id)).then((one) => [id, one] as const, () => undefined)),
      );
      if (!over) setFound(new Map(answers.filter((one) => one !== undefined)));
    };
    void ask();
    const timer = setInterval(ask, 5000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, [ids]);
  return found;
}

function Trouble({ job }: { job: Job }) {
  return (
    <tr class={job.state === "FAILED" ? "held" : ""}>
      <th scope="row">
        <a href={`/ui/jobs/${job.id}`}>{job.name}</a>
      </th>
      <td>
        <State state={job.state} changing={job.changing} />
      </td>
      <td class={`number ${job.restarts > 0 ? "warn" : ""}`}>{job.restarts}</td>
      <td class="number">{span(job.checkpoint.age_ms)}</td>
      <td class="number">{span(job.checkpoint.duration_ms)}</td>
      <td class={`number ${job.checkpoint.failed > 0 ? "bad" : ""}`}>{job.checkpoint.failed}</td>
      <td class="number">{span(job.watermark_lag_ms)}</td>
      <td class="number">{whole(job.lag)}</td>
      <td class={`number ${job.rows_bad > 0 ? "bad" : ""}`}>{whole(job.rows_bad)}</td>
      <td class="when">
        <a href={`/ui/jobs/${job.id}/why`} aria-label={`Why no output of ${job.name}`}>
          Why no output?
        </a>
      </td>
    </tr>
  );
}

const TROUBLES: [string, string][] = [
  ["weir_operator_rows_bad_total", "bad rows"],
  ["weir_sink_errors_total", "writes that failed"],
  ["weir_operator_rows_late_total", "late rows"],
  ["weir_operator_backpressure_incidents_total", "times held up"],
];

/** Operators at which something went wrong, the worst first. */
function OperatorErrors({ all, metrics }: { all: Job[]; metrics: Sample[] }) {
  const found = metrics
    .map((one) => ({ one, rank: TROUBLES.findIndex(([name]) => name === one.name) }))
    .filter(({ one, rank }) => rank >= 0 && one.value > 0)
    .sort((a, b) => a.rank - b.rank || b.one.value - a.one.value);

  if (found.length === 0) return <Empty>No operator had errors, late rows or back pressure.</Empty>;
  return (
    <Scroll label="Operators with errors" class="card tall">
      <table>
        <thead>
          <tr>
            <th scope="col">Operator</th>
            <th scope="col">Job</th>
            <th scope="col" class="number">
              How many
            </th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, 50).map(({ one, rank }, i) => {
            const job = all.find((each) => each.name === one.labels.job_name);
            const name = one.labels.operator_name ?? (one.name.startsWith("weir_sink") ? "Sink" : "Operator");
            return (
              <tr key={i}>
                <th scope="row">
                  {job && one.labels.operator !== undefined ? <a href={`/ui/jobs/${job.id}/graph/${one.labels.operator}`}>{name}</a> : name}{" "}
                  {one.labels.table && <small class="inline">{one.labels.table}</small>}
                </th>
                <td>{one.labels.job_name}</td>
                <td class={`number ${rank < 2 ? "bad" : "warn"}`}>{whole(one.value)}</td>
                <td>{TROUBLES[rank]![1]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {found.length > 50 && <p class="hint">{found.length - 50} more are in the metrics.</p>}
    </Scroll>
  );
}

export function OnCall() {
  const all = [...(jobs.value ?? [])].sort((a, b) => Number(b.state === "FAILED") - Number(a.state === "FAILED") || b.restarts - a.restarts);
  const shown = all.slice(0, 50);
  const running = shown.filter((job) => job.state === "RUNNING").slice(0, 10);
  const exceptions = useEach<{ exceptions: Thrown[] }>(shown.slice(0, 20), (id) => `/v1/jobs/${id}/exceptions`);
  const whole_ = useEach<JobWhole>(running, (id) => `/v1/jobs/${id}`);
  const made = useEach<{ checkpoints: Made[] }>(running, (id) => `/v1/jobs/${id}/checkpoints`);
  const metrics = useMetrics();

  // The board comes at once: nothing moves under the reader, and nothing is called well before it is known.
  if (exceptions === undefined || whole_ === undefined || made === undefined || metrics === undefined) return <Loading />;
  const thrown = [...exceptions]
    .flatMap(([id, one]) => one.exceptions.map((what) => ({ ...what, job: all.find((job) => job.id === id)?.name })))
    .sort((a, b) => b.at_ms - a.at_ms)
    .slice(0, 50);
  const name = (id: string) => all.find((job) => job.id === id)?.name ?? id;

  return (
    <div class="stack">
      <Scroll label="Jobs, those in trouble first" class="card">
        <table>
          <thead>
            <tr>
              <th scope="col">Job</th>
              <th scope="col">State</th>
              {["Restarts", "Checkpoint age", "It took", "Failed", "Watermark lag", "Rows behind", "Bad rows"].map((one) => (
                <th key={one} scope="col" class="number">
                  {one}
                </th>
              ))}
              <th scope="col">Then</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((job) => (
              <Trouble key={job.id} job={job} />
            ))}
          </tbody>
        </table>
      </Scroll>
      <section>
        <h2>Last errors</h2>
        {thrown.length === 0 ? <Empty>Nothing went wrong so far.</Empty> : <ExceptionTable thrown={thrown} />}
      </section>
      <section>
        <h2>Operators with errors</h2>
        <OperatorErrors all={all} metrics={metrics} />
      </section>
      <section>
        <h2>Lag by partition</h2>
        {[...whole_].filter(([, job]) => (job.tables ?? []).some((table) => (table.partitions ?? []).length > 0)).map(([id, job]) => (
          <div key={id}>
            <h3>{job.name}</h3>
            <PartitionTable tables={job.tables ?? []} job={job.name} />
          </div>
        ))}
        {![...whole_.values()].some((job) => (job.tables ?? []).some((table) => (table.partitions ?? []).length > 0)) && (
          <Empty>No running job reads from partitions.</Empty>
        )}
      </section>
      <div class="grid">
        {[...made]
          .filter(([, one]) => one.checkpoints.length > 1)
          .map(([id, one]) => (
            <section key={id} class="card">
              <h2>Checkpoints of {name(id)}</h2>
              <CheckpointChart made={one.checkpoints} />
            </section>
          ))}
      </div>
    </div>
  );
}

