/** The graph of a job with its figures, and beside it the operator that was picked. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { bytes, count, micros, share, span, whole } from "../format";
import { Empty, Loading, Meter, Problem } from "../parts/bits";
import { Picture } from "../parts/graph";
import { useGet } from "../parts/hooks";
import { DataTable, type Col } from "../parts/table";
import { go } from "../route";
import type { Graph, Job, Operator } from "../types";
import { active } from "./actions";
import { OperatorView } from "./operator";

/** Rows in a second by operator, of the last two looks. */
export function useOperators(id: string, on: boolean) {
  const { found, error } = useGet<{ operators: Operator[] }>(on ? `/v1/jobs/${encodeURIComponent(id)}/operators` : undefined, 2000);
  const before = useRef<{ at: number; rows: Map<number, number> }>(undefined);
  const [rates, setRates] = useState(new Map<number, number>());

  useEffect(() => {
    if (found === undefined) return;
    const at = performance.now() / 1000;
    const rows = new Map(found.operators.map((op) => [op.id, Math.max(op.rows_in, op.rows_out)]));
    const last = before.current;
    if (last !== undefined && at > last.at)
      setRates(new Map([...rows].map(([op, n]) => [op, Math.max(0, n - (last.rows.get(op) ?? n)) / (at - last.at)])));
    before.current = { at, rows };
  }, [found]);
  const operators = useMemo(() => new Map((found?.operators ?? []).map((op) => [op.id, op])), [found]);
  return { operators, rates, error };
}

interface TableShown {
  operators: Operator[];
  rates: Map<number, number>;
  pick?: (id: number) => void;
  label: string;
  sorted?: { name: string; down: boolean };
}

/** How far an operator's time is behind the clock. */
const behind = (op: Operator) => (op.watermark_ms === null ? null : Date.now() - op.watermark_ms);

export function OperatorTable({ operators, rates, pick, label, sorted }: TableShown) {
  const figure = (name: string, by: (op: Operator) => number | null | undefined, say: (value: number | null | undefined) => string, tone?: string): Col<Operator> => ({
    name,
    number: true,
    by,
    show: (op) => say(by(op)),
    class: tone === undefined ? undefined : (op) => ((by(op) ?? 0) > 0 ? tone : ""),
  });
  const columns: Col<Operator>[] = [
    {
      name: "Operator",
      by: (op) => `${op.name} ${op.table ?? ""}`,
      show: (op) => (
        <span class="one-line" title={`${op.name} ${op.table ?? ""}`}>
          {pick ? (
            <button type="button" class="quiet link" onClick={() => pick(op.id)}>
              {op.name}
            </button>
          ) : (
            op.name
          )}{" "}
          {op.table && <small class="inline">{op.table}</small>}
        </span>
      ),
    },
    figure("Rows/s", (op) => rates.get(op.id) ?? null, count),
    figure("Rows in", (op) => op.rows_in, whole),
    figure("Rows out", (op) => op.rows_out, whole),
    { name: "Busy", by: (op) => op.busy, show: (op) => <Meter value={op.busy} tone="busy" text={share(op.busy)} /> },
    { name: "Back pressure", by: (op) => op.backpressure, show: (op) => <Meter value={op.backpressure} tone="back" text={share(op.backpressure)} /> },
    figure("p50", (op) => op.p50_us, micros),
    figure("p95", (op) => op.p95_us, micros),
    figure("p99", (op) => op.p99_us, micros),
    figure("State", (op) => op.state_bytes, bytes),
    figure("Late", (op) => op.late, whole, "warn"),
    figure("Bad", (op) => op.bad, whole, "bad"),
    figure("Watermark lag", behind, span),
    figure("Skew", (op) => op.skew, (value) => (value === null || value === undefined ? "–" : `${value.toFixed(2)} ×`)),
  ];

  return <DataTable label={label} rows={operators} columns={columns} id={(op) => op.id} class="operators" sorted={sorted} />;
}

export function JobGraph({ id, job, sql, op }: { id: string; job: Job; sql?: string; op?: string }) {
  const on = active(job);
  const { found, error } = useGet<Graph>(on ? `/v1/jobs/${encodeURIComponent(id)}/graph` : undefined);
  const { operators, rates } = useOperators(id, on);
  const picked = op === undefined ? undefined : Number(op);
  const node = found?.nodes.find((one) => one.id === picked);
  const [word, setWord] = useState("");
  const list = useMemo(() => {
    const all = [...operators.values()];
    return word === "" ? all : all.filter((one) => `${one.name} ${one.table ?? ""}`.toLowerCase().includes(word.toLowerCase()));
  }, [operators, word]);
  const pick = (to?: number) => go(`jobs/${encodeURIComponent(id)}/graph${to === undefined ? "" : `/${to}`}`);

  if (!on)
    return (
      <Empty>
        The job does not run: it has no operators now. <a href={`/ui/jobs/${encodeURIComponent(id)}/exceptions`}>What went wrong</a>,{" "}
        <a href={`/ui/jobs/${encodeURIComponent(id)}/checkpoints`}>its checkpoints</a>.
      </Empty>
    );
  return (
    <>
      <Problem text={error} />
      {!found && !error && <Loading />}
      {found && (
        <div class={`job-graph ${node ? "picked" : ""}`}>
          <Picture graph={found} figures={operators} rates={rates} picked={picked} pick={pick} />
          {node && <OperatorView key={node.id} id={id} node={node} op={operators.get(node.id)} rate={rates.get(node.id)} sql={sql} close={() => pick()} />}
        </div>
      )}
      {operators.size > 0 && (
        <>
          <div class="heading below">
            <h2>All operators</h2>
            <small>
              {list.length === operators.size ? operators.size : `${list.length} of ${operators.size}`}
            </small>
            {operators.size > 20 && (
              <input type="search" aria-label="Only operators with" placeholder="Filter" value={word} onInput={(event) => setWord(event.currentTarget.value)} />
            )}
          </div>
          <OperatorTable label="Operators" operators={list} rates={rates} pick={pick} />
        </>
      )}
    </>
  );
}
