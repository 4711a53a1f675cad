/** The result of a query while it comes: as a table that changes in place, as the changes themselves, or as curves. */
import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";

import { remove, said } from "../api";
import { readEvents } from "../events";
import { cell, whole } from "../format";
import { Empty, Problem, Scroll } from "../parts/bits";
import { CHANGES_KEPT, Result, ROWS_KEPT } from "../parts/changelog";
import type { Column, Row, Statement } from "../types";

const ResultChart = lazy(() => import("./result_chart").then((part) => part.ResultChart));

const DRAW_MS = 200;
const LINES = 200;

export const isNumber = (column: Column) => /^(TINYINT|SMALLINT|INT|BIGINT|FLOAT|DOUBLE|DECIMAL)/.test(column.type);
function Table({ columns, rows, kinds }: { columns: Column[]; rows: unknown[][]; kinds?: string[] }) {
  return (
    <Scroll label="Rows" class="card tall">
      <table class="rows">
        <thead>
          <tr>
            {kinds && <th scope="col">Kind</th>}
            {columns.map((column, i) => (
              <th key={i} scope="col" class={isNumber(column) ? "number" : ""}>
                {column.name} <small class="inline">{column.type}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {kinds && <td class={`kind ${kinds[i]!.startsWith("-") ? "bad" : "good"}`}>{kinds[i]}</td>}
              {row.map((value, k) => (
                <td key={k} class={value === null ? "null" : columns[k] && isNumber(columns[k]) ? "number" : ""}>
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

type Look = "table" | "changes" | "chart";

export function ResultView({ statement, ended }: { statement: Statement; ended: () => void }) {
  const result = useRef(new Result());
  const [columns, setColumns] = useState<Column[]>(statement.columns ?? []);
  const [, setRound] = useState(0);
  const [look, setLook] = useState<Look>("table");
  const [state, setState] = useState("running");
  const [error, setError] = useState<string>();
  const control = useRef(new AbortController());
  const at = `/v1/statements/${statement.statement}`;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const drawSoon = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setRound((n) => n + 1);
      }, DRAW_MS);
    };
    const take = (name: string, data: unknown) => {
      if (name === "columns") setColumns((data as { columns: Column[] }).columns);
      if (name === "rows") result.current.take((data as { rows: Row[] }).rows);
      if (name === "end") {
        const end = data as { state: string; error?: { message: string } | string };
        setState(end.state);
        if (end.error) setError(typeof end.error === "string" ? end.error : end.error.message);
      }
      drawSoon();
    };
    readEvents(`${at}/stream`, take, control.current.signal)
      .then(() => setState((now) => (now === "running" ? "ended" : now)))
      .catch((reason) => {
        if (!control.current.signal.aborted) setError(said(reason));
        setState((now) => (now === "running" ? "stopped" : now));
      })
      .finally(() => {
        drawSoon();
        ended();
      });
    return () => {
      clearTimeout(timer);
      control.current.abort();
      void remove(at).catch(() => {}); // it may have gone already
    };
  }, []);

  const { rows, changes, count: came, left } = result.current;
  const shown = rows.length > LINES ? rows.slice(-LINES) : rows;
  return (
    <section aria-label="Result">
      <div class="bar-line">
        {(["table", "changes", "chart"] as Look[]).map((one) => (
          <button key={one} type="button" aria-pressed={look === one} onClick={() => setLook(one)}>
            {{ table: "Table", changes: "Changes", chart: "Chart" }[one]}
          </button>
        ))}
        <span role="status" class="rows-state">
          {state === "running" ? "Running" : state.charAt(0).toUpperCase() + state.slice(1)}
        </span>
        <span class="hint">
          {statement.updating ? `${whole(rows.length)} rows after ${whole(came)} changes` : `${whole(came)} rows`}
          {rows.length > LINES && look === "table" && `; the last ${LINES} are shown`}
          {left > 0 && `; the page keeps ${whole(ROWS_KEPT)}`}
          {look === "changes" && came > CHANGES_KEPT && `; the last ${CHANGES_KEPT} are shown`}
        </span>
        {state === "running" && (
          <button type="button" class="end" onClick={() => control.current.abort()}>
            Stop
          </button>
        )}
      </div>
      <Problem text={error} />
      {look === "table" && (rows.length > 0 ? <Table columns={columns} rows={shown} /> : <Empty>{state === "running" ? "No rows yet." : "No rows."}</Empty>)}
      {look === "changes" && <Table columns={columns} rows={changes.map((change) => change.row)} kinds={changes.map((change) => change.kind)} />}
      {look === "chart" && (
        <Suspense fallback={null}>
          <ResultChart columns={columns} rows={rows} />
        </Suspense>
      )}
    </section>
  );
}
