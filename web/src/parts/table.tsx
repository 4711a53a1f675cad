/** A table of figures: sorted by a click on a column's name, and of hundreds of rows only those in sight are drawn.
 *
 * Rows are then of one height; what does not fit in a cell is cut and stands in its title. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { Scroll } from "./bits";

export interface Col<T> {
  name: string;
  /** Right-aligned, with digits of one width. */
  number?: boolean;
  /** What rows are sorted by; without it the column is not for sorting. */
  by?: (row: T) => number | string | null | undefined;
  show: (row: T) => ComponentChildren;
  class?: (row: T) => string;
}

interface Order {
  name: string;
  down: boolean;
}

interface Shown<T> {
  label: string;
  rows: T[];
  columns: Col<T>[];
  id: (row: T) => string | number;
  row?: (row: T) => string;
  class?: string;
  sorted?: Order;
}

/** More rows than this are drawn as they come into sight. */
const MANY = 80;
const BEYOND = 12;

function compare(a: number | string | null | undefined, b: number | string | null | undefined): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : -1;
  if (b === null || b === undefined) return 1;
  return typeof a === "string" || typeof b === "string" ? String(a).localeCompare(String(b)) : a - b;
}

/** Which rows are in sight, and how high those before and behind are. */
function useWindow(count: number) {
  const place = useRef<HTMLTableElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600, row: 34 });
  const many = count > MANY;

  useEffect(() => {
    const box = place.current?.parentElement;
    if (!many || !box) return;
    const look = () => {
      const row = place.current?.querySelector<HTMLElement>("tbody tr[data-row]")?.offsetHeight || 34;
      setSight({ top: box.scrollTop, height: box.clientHeight, row });
    };
    look();
    box.addEventListener("scroll", look, { passive: true });
    const size = new ResizeObserver(look);
    size.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      size.disconnect();
    };
  }, [many]);
  if (!many) return { place, many, from: 0, to: count, before: 0, behind: 0 };
  const from = Math.max(0, Math.floor(sight.top / sight.row) - BEYOND);
  const to = Math.min(count, Math.ceil((sight.top + sight.height) / sight.row) + BEYOND);
  return { place, many, from, to, before: from * sight.row, behind: (count - to) * sight.row };
}

export function DataTable<T>({ label, rows, columns, id, row: rowClass, class: name, sorted }: Shown<T>) {
  const [order, setOrder] = useState<Order | undefined>(sorted);
  const column = columns.find((one) => one.name === order?.name);
  const list = useMemo(() => {
    if (column?.by === undefined) return rows;
    const up = order!.down ? -1 : 1;
    return [...rows].sort((a, b) => up * compare(column.by!(a), column.by!(b)));
  }, [rows, order?.name, order?.down]);
  const { place, many, from, to, before, behind } = useWindow(list.length);
  const turn = (one: Col<T>) => setOrder({ name: one.name, down: order?.name === one.name ? !order.down : (one.number ?? false) });

  return (
    <Scroll label={label} class={`card ${many ? "many" : ""} ${name ?? ""}`}>
      <table ref={place} class="figures-table" aria-rowcount={many ? list.length + 1 : undefined}>
        <thead>
          <tr aria-rowindex={many ? 1 : undefined}>
            {columns.map((one) => (
              <th
                key={one.name}
                scope="col"
                class={one.number ? "number" : ""}
                aria-sort={one.by === undefined || order?.name !== one.name ? undefined : order.down ? "descending" : "ascending"}
              >
                {one.by === undefined ? (
                  one.name
                ) : (
                  <button type="button" class="sort" onClick={() => turn(one)}>
                    {one.name}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden="true" style={{ height: `${before}px` }} />}
          {list.slice(from, to).map((row, i) => (
            <tr key={id(row)} data-row class={rowClass?.(row)} aria-rowindex={many ? from + i + 2 : undefined}>
              {columns.map((one, k) => {
                const Cell = k === 0 ? "th" : "td";
                return (
                  <Cell key={one.name} scope={k === 0 ? "row" : undefined} class={`${one.number ? "number" : ""} ${one.class?.(row) ?? ""}`}>
                    {one.show(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
          {behind > 0 && <tr aria-hidden="true" style={{ height: `${behind}px` }} />}
        </tbody>
      </table>
    </Scroll>
  );
}
