/** A result as curves over time or numbers, or as bars over names; a curve for each value of a third column, if that is wanted. */
import { useState } from "preact/hooks";

import { cell, count } from "../format";
import { Empty } from "../parts/bits";
import { Chart, COLOURS } from "../parts/chart";
import type { Column } from "../types";
import { isNumber } from "./result";

const BARS_MOST = 200;
const isTime = (column: Column) => /^(TIMESTAMP|DATE)/.test(column.type);

/** A cell as a place on an axis. */
function place(value: unknown, column: Column): number | null {
  if (value === null || value === undefined) return null;
  const found = isTime(column) ? Date.parse(String(value).replace(" ", "T").replace(/Z?$/, "Z")) / 1000 : Number(value);

  return Number.isFinite(found) ? found : null;
}

interface Plot {
  data: (number | null)[][];
  names: string[];
  labels?: string[];
  times: boolean;
  /** Curves that have no colour left. */
  left: number;
}

/** `x` and `each`: the place of a column, or -1. */
function plot(columns: Column[], rows: unknown[][], x: number, y: number, each: number): Plot {
  const named = x >= 0 && !isTime(columns[x]!) && !isNumber(columns[x]!);
  const bars = named || (x >= 0 && !isTime(columns[x]!) && new Set(rows.map((row) => row[x])).size <= 60);
  const keys = each < 0 ? [columns[y]!.name] : [...new Set(rows.map((row) => cell(row[each])))];
  const shown = keys.slice(0, COLOURS.length);
  const at = new Map<number | string, (number | null)[]>();

  rows.forEach((row, i) => {
    const key = x < 0 ? i + 1 : named ? cell(row[x]) : place(row[x], columns[x]!);
    const curve = each < 0 ? 0 : shown.indexOf(cell(row[each]));
    if (key === null || curve < 0) return;
    if (!at.has(key)) at.set(key, shown.map(() => null));
    at.get(key)![curve] = place(row[y], columns[y]!);
  });
  const points = [...at];
  if (!named && x >= 0) points.sort((a, b) => Number(a[0]) - Number(b[0]));
  const drawn = bars ? points.slice(0, BARS_MOST) : points;
  return {
    data: [drawn.map((point, i) => (bars ? i : Number(point[0]))), ...shown.map((_, i) => drawn.map((point) => point[1][i]!))],
    names: shown,
    labels: bars ? drawn.map((point) => String(point[0])) : undefined,
    times: x >= 0 && isTime(columns[x]!),
    left: keys.length - shown.length,
  };
}

function Choice({ name, value, none, columns, set }: { name: string; value: number; none?: string; columns: [Column, number][]; set: (to: number) => void }) {
  return (
    <label>
      {name}{" "}
      <select value={value} onChange={(event) => set(Number(event.currentTarget.value))}>
        {none !== undefined && <option value={-1}>{none}</option>}
        {columns.map(([column, i]) => (
          <option key={i} value={i}>
            {column.name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ResultChart({ columns, rows }: { columns: Column[]; rows: unknown[][] }) {
  const all = columns.map((column, i) => [column, i] as [Column, number]);
  const numbers = all.filter(([column]) => isNumber(column));
  const time = columns.findIndex(isTime);
  const [y, setY] = useState(numbers.at(-1)?.[1] ?? -1);
  const [x, setX] = useState(time >= 0 ? time : (all.find(([, i]) => i !== y)?.[1] ?? -1));
  const [each, setEach] = useState(time >= 0 ? (all.find(([, i]) => i !== x && i !== y)?.[1] ?? -1) : -1);
  const found = y < 0 ? undefined : plot(columns, rows, x, y, each); // rows change in place: nothing to keep

  if (found === undefined) return <Empty>No column has numbers to draw.</Empty>;
  return (
    <section class="card">
      <div class="bar-line">
        <Choice name="Across" value={x} none="row by row" columns={all.filter(([, i]) => i !== y)} set={setX} />
        <Choice name="Up" value={y} columns={numbers} set={setY} />
        {columns.length > 2 && <Choice name="For each" value={each} none="(all together)" columns={all.filter(([, i]) => i !== x && i !== y)} set={setEach} />}
        {found.left > 0 && <span class="hint">{found.left} more values have no curve</span>}
      </div>
      <Chart
        key={`${x} ${y} ${each}`}
        label={`${columns[y]!.name} of the result`}
        names={found.names}
        times={found.times}
        labels={found.labels}
        data={found.data}
        format={count}
        height={280}
      />
    </section>
  );
}
