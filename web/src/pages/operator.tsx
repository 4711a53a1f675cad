/** One operator: its figures, what flows through it, its keys, its subtasks, and where it stands in the SQL. */
import { useEffect, useRef } from "preact/hooks";

import { bytes, cell, count, micros, share, span, time, whole } from "../format";
import { Empty, Figure, Heads, Meter, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";
import type { GraphNode, Operator } from "../types";
import { StateByKey } from "./operator_state";

interface Samples {
  columns?: { in: string[]; out: string[] };
  in: unknown[];
  out: unknown[];
}

interface HotKeys {
  keys: { key: string; share: number; count?: number }[];
  key_groups: number[];
  rows?: number;
}

/** The values of a row: an array, an object by column, or with its kind. */
function values(row: unknown, columns: string[]): { kind?: string; cells: unknown[] } {
  if (Array.isArray(row)) return { cells: row };
  const object = row as { kind?: string; row?: unknown } & Record<string, unknown>;
  if (object !== null && typeof object === "object" && "row" in object) return { kind: object.kind, ...values(object.row, columns) };
  return { cells: columns.map((name) => object[name]) };
}

/** What the local half of an aggregate says to the other: nothing a reader knows. */
const INNER = "$partial";

function SampleTable({ label, columns: all, rows }: { label: string; columns: string[]; rows: unknown[] }) {
  const columns = all.filter((name) => name !== INNER);
  const shown = rows.map((row) => {
    const { kind, cells } = values(row, all);
    return { kind, cells: cells.filter((_, i) => all[i] !== INNER) };
  });
  const kinds = shown.some((row) => row.kind !== undefined);

  if (rows.length === 0) return <Empty>No rows passed by while the page looked.</Empty>;
  return (
    <Scroll label={label} class="short">
      <table class="rows">
        <thead>
          <tr>
            {kinds && <th scope="col">Kind</th>}
            <Heads names={columns} />
          </tr>
        </thead>
        <tbody>
          {shown.map((row, i) => (
            <tr key={i}>
              {kinds && <td class="kind">{row.kind}</td>}
              {row.cells.map((value, k) => (
                <td key={k} class={value === null ? "null" : typeof value === "number" ? "number" : ""}>
                  {cell(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Keys({ path }: { path: string }) {
  const { found, error } = useGet<HotKeys>(`${path}/hot-keys`, 3000);
  const most = Math.max(...(found?.key_groups ?? []), 1);

  return (
    <>
      <h3>Hot keys</h3>
      <Problem text={error} />
      {found?.keys.length === 0 && <Empty>Its rows are not spread by key.</Empty>}
      {found !== undefined && found.keys.length > 0 && (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col">Share of rows</th>
                <th scope="col" class="number">
                  Rows
                </th>
              </tr>
            </thead>
            <tbody>
              {found.keys.slice(0, 10).map((key) => (
                <tr key={key.key}>
                  <th scope="row">{key.key}</th>
                  <td>
                    <Meter value={key.share} text={share(key.share)} />
                  </td>
                  <td class="number">{whole(key.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <h3>Rows by key group</h3>
          <div class="groups" role="img" aria-label={`${found.key_groups.length} groups of keys; the largest has ${whole(most)} rows`}>
            {found.key_groups.map((rows, i) => (
              <span key={i} style={{ height: `${Math.max((rows / most) * 100, rows > 0 ? 3 : 0)}%` }} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

function Subtasks({ op }: { op: Operator }) {
  return (
    <>
      <h3>
        Subtasks {op.skew !== undefined && <small class="inline">skew {op.skew.toFixed(2)} × the average</small>}
      </h3>
      <Scroll label="Subtasks" class="short">
        <table>
          <thead>
            <tr>
              <th scope="col">Subtask</th>
              <th scope="col" class="number">
                Rows in
              </th>
              <th scope="col" class="number">
                Rows out
              </th>
              <th scope="col">Busy</th>
              <th scope="col" class="number">
                State
              </th>
            </tr>
          </thead>
          <tbody>
            {op.subtasks.map((one, i) => (
              <tr key={i}>
                <th scope="row">{one.subtask ?? i}</th>
                <td class="number">{whole(one.rows_in)}</td>
                <td class="number">{whole(one.rows_out)}</td>
                <td>
                  <Meter value={one.busy} tone="busy" text={share(one.busy)} />
                </td>
                <td class="number">{bytes(one.state_bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** The SQL around the operator's line. */
function Part({ sql, line }: { sql: string; line: number }) {
  const lines = sql.split("\n");
  const first = Math.max(0, line - 4);

  return (
    <>
      <h3>Its SQL, line {line}</h3>
      <pre>
        {lines.slice(first, line + 4).map((text, i) =>
          first + i + 1 === line ? <mark key={i}>{`${text}\n`}</mark> : `${text}\n`,
        )}
      </pre>
    </>
  );
}

interface OperatorShown {
  id: string;
  node: GraphNode;
  op?: Operator;
  rate?: number;
  sql?: string;
  close: () => void;
}

export function OperatorView({ id, node, op, rate, sql, close }: OperatorShown) {
  const path = `/v1/jobs/${encodeURIComponent(id)}/operators/${node.id}`;
  const { found: samples, error } = useGet<Samples>(`${path}/samples?max=8`, 3000);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <section class="card operator" aria-labelledby="operator" onKeyDown={(event) => event.key === "Escape" && close()}>
      <div class="heading">
        <h2 id="operator" ref={heading} tabIndex={-1}>
          {node.name} {node.table && <small class="inline">{node.table}</small>}
        </h2>
        <button type="button" class="quiet" onClick={close} aria-label="Close the operator">
          ✕
        </button>
      </div>
      {node.detail && <pre>{node.detail}</pre>}
      {op && (
        <dl class="figures">
          <Figure name="Rows/s">{count(rate ?? null)}</Figure>
          <Figure name="Rows in">{whole(op.rows_in)}</Figure>
          <Figure name="Rows out">{whole(op.rows_out)}</Figure>
          <Figure name="Busy">{share(op.busy)}</Figure>
          <Figure name="Back pressure" tone={op.backpressure > 0.5 ? "bad" : ""}>
            {share(op.backpressure)}
          </Figure>
          <Figure name="p50">{micros(op.p50_us)}</Figure>
          <Figure name="p95">{micros(op.p95_us)}</Figure>
          <Figure name="p99">{micros(op.p99_us)}</Figure>
          <Figure name="State">{bytes(op.state_bytes)}</Figure>
          <Figure name="Late" tone={op.late > 0 ? "warn" : ""}>
            {whole(op.late)}
          </Figure>
          <Figure name="Bad" tone={op.bad > 0 ? "bad" : ""}>
            {whole(op.bad)}
          </Figure>
          <Figure name="Watermark">{time(op.watermark_ms)}</Figure>
          {op.next_fire_ms !== undefined && op.watermark_ms !== null && (
            <Figure name="Fires when the watermark moves by">{span(op.next_fire_ms - op.watermark_ms)}</Figure>
          )}
        </dl>
      )}
      <Problem text={error} />
      {samples && samples.in.length > 0 && (
        <>
          <h3>Last rows in</h3>
          <SampleTable label="Last rows in" columns={samples.columns?.in ?? []} rows={samples.in} />
        </>
      )}
      {samples && (
        <>
          <h3>Last rows out</h3>
          <SampleTable label="Last rows out" columns={samples.columns?.out ?? []} rows={samples.out} />
        </>
      )}
      <Keys path={path} />
      {op && op.state_bytes > 0 && <StateByKey path={path} />}
      {op && <Subtasks op={op} />}
      {sql && node.sql_line !== undefined && <Part sql={sql} line={node.sql_line} />}
    </section>
  );
}
