/** A job's SQL and settings; who may can change the SQL of a running job, after a look at what that keeps of its state. */
import { useState } from "preact/hooks";

import { Empty, Problem, Records } from "../parts/bits";
import { operate, useHere } from "../parts/operations";
import { may, tell } from "../store";
import type { JobWhole } from "../types";
import { active } from "./actions";

interface Report {
  report: Record<string, unknown>[];
  misfits: number;
  applied: boolean;
}

function Change({ job, close, changed }: { job: JobWhole; close: () => void; changed: () => void }) {
  const [sql, setSql] = useState(job.sql);
  const [report, setReport] = useState<Report>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { failed } = useHere();

  async function ask(apply: boolean) {
    setBusy(true);
    setError(undefined);
    try {
      const found = await operate<Report>("POST", `/v1/jobs/${encodeURIComponent(job.id)}/update`, { sql, apply });
      if (found.applied) {
        tell(`${job.name} goes on with the new SQL`);
        changed();
        close();
      } else setReport(found);
    } catch (reason) {
      failed(`Change of ${job.name}`, reason, setError);
    }
    setBusy(false);
  }

  return (
    <section class="card" aria-label="Change the SQL">
      <label>
        The SQL from now on
        <textarea
          rows={16}
          value={sql}
          spellcheck={false}
          onInput={(event) => {
            setSql(event.currentTarget.value);
            setReport(undefined);
          }}
        />
      </label>
      <Problem text={error} />
      {report && (
        <div role="status">
          <p>
            {report.misfits === 0
              ? "All of its state is kept."
              : `${report.misfits} ${report.misfits === 1 ? "part" : "parts"} of its state cannot be kept and ${report.misfits === 1 ? "begins" : "begin"} anew.`}
          </p>
          {report.report.length === 0 ? <Empty>It has no state.</Empty> : <Records label="What is kept" rows={report.report} />}
        </div>
      )}
      <p class="buttons">
        <button type="button" onClick={close}>
          Back
        </button>
        <button type="button" class={report ? "" : "main"} disabled={busy} onClick={() => ask(false)}>
          What would be kept?
        </button>
        <button type="button" class="main" disabled={busy || report === undefined} onClick={() => ask(true)}>
          Change the job
        </button>
      </p>
    </section>
  );
}

export function JobSql({ job, changed }: { job: JobWhole; changed: () => void }) {
  const [change, setChange] = useState(false);
  const settings = Object.entries(job.settings ?? {});

  if (change) return <Change job={job} close={() => setChange(false)} changed={changed} />;
  return (
    <div class="stack">
      {may() && active(job) && (
        <p class="buttons start">
          <button type="button" onClick={() => setChange(true)}>
            Change the SQL …
          </button>
        </p>
      )}
      <pre tabIndex={0} role="region" aria-label="SQL">
        {job.sql.trim()}
      </pre>
      {settings.length > 0 && (
        <section class="card">
          <h2>Settings</h2>
          <table>
            <tbody>
              {settings.map(([key, value]) => (
                <tr key={key}>
                  <th scope="row" class="mono">
                    {key}
                  </th>
                  <td class="mono">{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {job.restored_from && <p>Began with the state of {job.restored_from}.</p>}
    </div>
  );
}
