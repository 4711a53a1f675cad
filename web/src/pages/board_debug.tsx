/** The board for debugging: where a job's time goes, and its state. */
import { useState } from "preact/hooks";

import { bytes, whole } from "../format";
import { Empty } from "../parts/bits";
import { jobs } from "../store";
import type { Job } from "../types";
import { OperatorTable, useOperators } from "./job_graph";

function DebugJob({ job }: { job: Job }) {
  const { operators, rates, error } = useOperators(job.id, true);
  const sorted = [...operators.values()].sort((a, b) => (b.p99_us ?? 0) - (a.p99_us ?? 0));
  const state = sorted.reduce((sum, op) => sum + op.state_bytes, 0);

  return (
    <section>
      <h2>
        <a href={`/ui/jobs/${job.id}`}>{job.name}</a>{" "}
        <small class="inline">
          {bytes(state)} of state, {whole(job.rows_late)} late rows, {whole(job.rows_bad)} bad ones
        </small>
      </h2>
      {error ? <Empty>{error}</Empty> : <OperatorTable label={`Operators of ${job.name}, slowest first`} operators={sorted} rates={rates} sorted={{ name: "p99", down: true }} />}
    </section>
  );
}

export function Debug() {
  const running = (jobs.value ?? []).filter((job) => job.state === "RUNNING");
  const [id, setId] = useState<string>();
  const picked = running.find((job) => job.id === id) ?? running[0];

  if (picked === undefined) return <Empty>No job runs.</Empty>;
  return (
    <div class="stack">
      <label>
        Job{" "}
        <select value={picked.id} onChange={(event) => setId(event.currentTarget.value)}>
          {running.map((job) => (
            <option key={job.id} value={job.id}>
              {job.name}
            </option>
          ))}
        </select>
      </label>
      <DebugJob key={picked.id} job={picked} />
      <p class="hint">
        An operator's rows, keys and subtasks: <a href={`/ui/jobs/${picked.id}/graph`}>in its graph</a>. Rows that failed or came late:{" "}
        <a href="/ui/lost">dead letters and late rows</a>.
      </p>
    </div>
  );
}

