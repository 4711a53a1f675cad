/** Statements of this tab run in one session, so that what one declares the next one sees. */
import { get, post, Refused, remove } from "../api";
import type { Statement } from "../types";

const KEPT = "weir.session";

async function session(): Promise<string> {
  const kept = sessionStorage.getItem(KEPT);

  if (kept !== null) {
    try {
      await get(`/v1/sessions/${kept}`);
      return kept;
    } catch (reason) {
      if (!(reason instanceof Refused) || reason.status !== 404) throw reason;
    }
  }
  const made = (await post<{ session: string }>("/v1/sessions", { name: "page" })).session;
  sessionStorage.setItem(KEPT, made);
  return made;
}

/** Runs a script. Of several results only the last one is kept. */
export async function runScript(sql: string): Promise<{ all: Statement[]; rows?: Statement }> {
  const all = (await post<{ statements: Statement[] }>("/v1/scripts", { sql, session: await session() })).statements;
  const results = all.filter((one) => one.kind === "rows");

  for (const one of results.slice(0, -1)) void remove(`/v1/statements/${one.statement}`).catch(() => {});
  return { all, rows: results.at(-1) };
}
