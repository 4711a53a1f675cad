/** Rows of a job that came too late: the last ones of its run, and those that its script keeps. */
import { span, time, whole } from "../format";
import { Empty, Heads, Loading, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";
import type { Job } from "../types";

interface Late {
  at_ms: number;
  operator: string;
  watermark_ms: number | null;
  late_by_ms: number | null;
  row: Record<string, unknown>;
}

interface LateRows {
  rows_late: number;
  recent: Late[];
  table: string | null;
  columns: string[];
  rows: (string | null)[][];
}

function Recent({ rows }: { rows: Late[] }) {
  return (
    <Scroll label="Last late rows" class="card tall">
      <table>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Operator</th>
            <th scope="col" class="number">
              Late by
            </th>
            <th scope="col">Watermark</th>
            <th scope="col">Row</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one, i) => (
            <tr key={i}>
              <td class="when">{time(one.at_ms)}</td>
              <td>{one.operator}</td>
              <td class="number">{span(one.late_by_ms)}</td>
              <td class="when">{time(one.watermark_ms)}</td>
              <td class="mono words">{JSON.stringify(one.row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Kept({ found }: { found: LateRows }) {
  return (
    <Scroll label={`Rows of ${found.table}`} class="card tall rows">
      <table>
        <thead>
          <tr>
            <Heads names={found.columns} />
          </tr>
        </thead>
        <tbody>
          {found.rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, k) => (
                <td key={k} class={value === null ? "null" : ""}>
                  {value ?? "NULL"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function LateRows({ job }: { job: Job }) {
  const { found, error, again } = useGet<LateRows>(`/v1/jobs/${encodeURIComponent(job.id)}/late-rows`);

  return (
    <div class="stack">
      <Problem text={error} />
      {found === undefined && error === undefined && <Loading />}
      {found && (
        <>
          <div class="bar-line">
            <span role="status">{found.rows_late === 0 ? "No row was late." : `${whole(found.rows_late)} ${found.rows_late === 1 ? "row was" : "rows were"} late.`}</span>
            <button type="button" onClick={again}>
              Look again
            </button>
          </div>
          {found.recent.length > 0 && <h2>The last ones</h2>}
          {found.recent.length > 0 && <Recent rows={found.recent} />}
          {found.table === null ? (
            <p class="hint">
              They are counted and then dropped. <code>SET 'weir.late-rows.table' = '…'</code> in the job's script keeps them in a table.
            </p>
          ) : (
            <>
              <h2>Kept in {found.table}</h2>
              {found.rows.length > 0 ? <Kept found={found} /> : <Empty>It has no rows yet: they come with the job's checkpoints.</Empty>}
            </>
          )}
        </>
      )}
    </div>
  );
}
