/** How far a job is behind its sources, by partition. */
import { time, whole } from "../format";
import { Empty, Meter, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";
import type { JobTable, JobWhole } from "../types";

export function PartitionTable({ tables, job }: { tables: JobTable[]; job?: string }) {
  const lines = tables.flatMap((table) => (table.partitions ?? []).map((partition) => ({ table: table.table, ...partition })));
  const most = Math.max(...lines.map((line) => line.lag ?? 0), 1);

  if (lines.length === 0) return <Empty>None of its sources has partitions that it can be behind of.</Empty>;
  return (
    <Scroll label={`Lag by partition${job ? ` of ${job}` : ""}`} class="card tall">
      <table>
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">Topic</th>
            <th scope="col" class="number">
              Partition
            </th>
            <th scope="col" class="number">
              Offset
            </th>
            <th scope="col" class="number">
              End
            </th>
            <th scope="col">Lag</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line, i) => (
            <tr key={i}>
              <th scope="row">{line.table}</th>
              <td>{line.topic}</td>
              <td class="number">{line.partition}</td>
              <td class="number">{whole(line.offset)}</td>
              <td class="number">{whole(line.end)}</td>
              <td>{line.lag === null ? "–" : <Meter value={line.lag / most} tone="back" text={whole(line.lag)} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Lag({ id }: { id: string }) {
  const { found, error } = useGet<JobWhole>(`/v1/jobs/${encodeURIComponent(id)}`, 2000);
  const tables = found?.tables ?? [];

  return (
    <div class="stack">
      <Problem text={error} />
      {found && (
        <>
          <Scroll label="Tables" class="card">
            <table>
              <thead>
                <tr>
                  <th scope="col">Table</th>
                  <th scope="col" class="number">
                    Rows in
                  </th>
                  <th scope="col" class="number">
                    Rows out
                  </th>
                  <th scope="col" class="number">
                    Lag
                  </th>
                  <th scope="col">Watermark</th>
                </tr>
              </thead>
              <tbody>
                {tables.map((table) => (
                  <tr key={table.table}>
                    <th scope="row">{table.table}</th>
                    <td class="number">{whole(table.rows_in)}</td>
                    <td class="number">{whole(table.rows_out)}</td>
                    <td class="number">{whole(table.lag)}</td>
                    <td class="when">{time(table.watermark_ms)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
          <PartitionTable tables={tables} />
        </>
      )}
    </div>
  );
}
