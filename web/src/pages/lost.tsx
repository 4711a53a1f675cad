/** Rows that did not take the usual way: late ones and those that failed. How many each job has, and the tables that keep them. */
import { useState } from "preact/hooks";

import { get, said } from "../api";
import { whole } from "../format";
import { Empty, Loading, Problem, Scroll, State } from "../parts/bits";
import { useGet } from "../parts/hooks";
import { runScript } from "../parts/statements";
import { jobs } from "../store";
import type { CatalogTable, JobWhole, Statement } from "../types";
import type { Found } from "./catalog";
import { ResultView } from "./result";

const KEEPERS = ["weir.late-rows.table", "error-handling.log.target"];

/** Tables that a job's script or settings name for such rows. */
function named(job: JobWhole): string[] {
  const found = job.sql.matchAll(/'(?:weir\.late-rows\.table|error-handling\.log\.target)'\s*=\s*'([^']+)'/g);
  const set = KEEPERS.map((key) => job.settings?.[key]).filter((table) => table !== undefined && table !== "");

  return [...new Set([...set, ...[...found].map((one) => one[1]!)])];
}

const keepsLetters = (table: CatalogTable) => {
  const names = (table.columns ?? []).map((column) => column.name.toLowerCase());
  return names.includes("raw") && (names.includes("error_kind") || names.includes("error_text"));
};

/** How many there are, and the way to them. */
function Count({ count, href, label }: { count: number; href: string; label: string }) {
  return count === 0 ? (
    <>0</>
  ) : (
    <a href={href} aria-label={`${label}: ${whole(count)}`}>
      {whole(count)}
    </a>
  );
}

function JobLine({ id, pick }: { id: string; pick: (sql: string, table: string) => void }) {
  const { found } = useGet<JobWhole>(`/v1/jobs/${id}`);
  const job = jobs.value?.find((one) => one.id === id);

  if (job === undefined) return null;
  return (
    <tr>
      <th scope="row">
        <a href={`/ui/jobs/${id}`}>{job.name}</a>
      </th>
      <td>
        <State state={job.state} />
      </td>
      <td class={`number ${job.rows_late > 0 ? "warn" : ""}`}>
        <Count count={job.rows_late} href={`/ui/jobs/${id}/late`} label={`Late rows of ${job.name}`} />
      </td>
      <td class={`number ${job.rows_bad > 0 ? "bad" : ""}`}>
        <Count count={job.rows_bad} href={`/ui/jobs/${id}/letters`} label={`Dead letters of ${job.name}`} />
      </td>
      <td>
        {found &&
          named(found).map((table) => (
            <button key={table} type="button" onClick={() => pick(found.sql, table)}>
              {table}
            </button>
          ))}
      </td>
    </tr>
  );
}

const HEAD = /CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?((?:`[^`]*`|[\w.])+)\s*\(/gi;

/** What reads a table. One of the catalog is read as it is, unless it has what late rows alone have: how late they were is a column like
 * others once it is written. One of a job's script is declared for this session. */
async function reading(sql: string, table: string): Promise<string> {
  const ddl = await get<CatalogTable>(`/v1/catalog/${encodeURIComponent(table)}`).then(
    (found) => found.ddl ?? "",
    () => "",
  );
  const own = [...sql.matchAll(HEAD)].find((one) => one[1]!.replaceAll("`", "").split(".").at(-1) === table);
  const found = ddl !== "" ? ddl : own ? sql.slice(own.index).split(";")[0]! : "";

  if (found === "" || (ddl !== "" && !/'late-by'/.test(ddl))) return `SELECT * FROM \`${table}\`;`;
  const name = `\`page_${table}\``;
  const columns = found.replace(HEAD, `CREATE TEMPORARY TABLE ${name} (`).replace(/\s+METADATA\s+FROM\s+'late-by'(\s+VIRTUAL)?/gi, "");
  return `DROP TEMPORARY TABLE IF EXISTS ${name};\n${columns.replace(/;\s*$/, "")};\nSELECT * FROM ${name};`;
}

export function Lost({ table }: { table?: string }) {
  const { found, error: unread } = useGet<Found>("/v1/catalog");
  const [shown, setShown] = useState<{ table: string; statement: Statement; round: number }>();
  const [error, setError] = useState<string>();
  const kept = (found?.tables ?? []).filter(keepsLetters);
  const all = jobs.value ?? [];
  const known = jobs.value !== undefined && (found !== undefined || unread !== undefined);

  async function pick(sql: string, name: string) {
    setError(undefined);
    setShown(undefined);
    try {
      const { rows } = await runScript(await reading(sql, name));
      if (rows) setShown({ table: name, statement: rows, round: Date.now() });
    } catch (reason) {
      setError(said(reason));
    }
  }

  return (
    <>
      <div class="heading">
        <h1>Dead letters and late rows</h1>
      </div>
      {!known && <Loading />}
      {known && all.length === 0 && <Empty>There are no jobs.</Empty>}
      {known && all.length > 0 && (
        <Scroll label="Jobs with late or bad rows" class="card kept-in">
          <table>
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Late
                </th>
                <th scope="col" class="number">
                  Bad
                </th>
                <th scope="col">Kept in</th>
              </tr>
            </thead>
            <tbody>
              {all.map((job) => (
                <JobLine key={job.id} id={job.id} pick={pick} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {known && kept.length > 0 && (
        <>
          <h2 class="below">Tables of dead letters in the catalog</h2>
          <p class="buttons start">
            {kept.map((one) => (
              <button key={one.name} type="button" aria-pressed={(shown?.table ?? table) === one.name} onClick={() => pick("", one.name)}>
                {one.name}
              </button>
            ))}
          </p>
        </>
      )}
      <Problem text={error} />
      {shown && (
        <>
          <h2 class="below">{shown.table}</h2>
          <ResultView key={shown.round} statement={shown.statement} ended={() => {}} />
        </>
      )}
      {known && (
        <p class="hint below">
          Late and bad rows are kept where a script says so: SET 'weir.late-rows.table' and 'error-handling.log.target'. Dead letters are mended and
          replayed on the page of their job, or with <code>weir dlq replay</code>.
        </p>
      )}
    </>
  );
}
