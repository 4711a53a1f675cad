/** Rows of a result as they change: what the table is now, and the last changes. Both are bounded; what does not fit is counted. */
import type { Row } from "../types";

export const ROWS_KEPT = 1000;
export const CHANGES_KEPT = 500;

export class Result {
  /** In the order in which rows came; an updated row keeps its place. */
  rows: unknown[][] = [];
  changes: Row[] = [];
  /** Changes that came. */
  count = 0;
  /** Rows that are no longer shown, because others came. */
  left = 0;
  /** Places that a -U left for its +U. */
  private open: number[] = [];

  take(came: Row[]) {
    for (const change of came) this.one(change);
    if (this.rows.length > ROWS_KEPT && this.open.length === 0) {
      this.left += this.rows.length - ROWS_KEPT;
      this.rows = this.rows.slice(-ROWS_KEPT);
    }
    this.changes = [...this.changes, ...came].slice(-CHANGES_KEPT);
    this.count += came.length;
  }

  private one({ kind, row }: Row) {
    if (kind === "+I") this.rows.push(row);
    else if (kind === "+U") {
      const at = this.open.shift();
      if (at === undefined) this.rows.push(row);
      else this.rows[at] = row;
    } else {
      const text = JSON.stringify(row);
      const at = this.rows.findLastIndex((one) => JSON.stringify(one) === text);
      if (at < 0) this.left--;
      else if (kind === "-U") this.open.push(at);
      else this.rows.splice(at, 1);
    }
  }
}
