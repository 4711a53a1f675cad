/** The catalog: tables, views and functions, and what each looks like. */
import { useState } from "preact/hooks";

import { Empty, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";
import { go } from "../route";
import type { CatalogTable } from "../types";
import { DRAFT } from "./sql_draft";

type Function = string | { name: string; class?: string; language?: string };

export interface Found {
  tables: CatalogTable[];
  functions: Function[];
}

function Table({ name }: { name: string }) {
  const { found, error } = useGet<CatalogTable>(`/v1/catalog/${encodeURIComponent(name)}`);

  return (
    <div class="stack">
      <Problem text={error} />
      {found && (
        <>
          <div class="heading">
            <h2>{found.name}</h2>
            <small>
              {found.kind}
              {found.connector && ` by ${found.connector}`}
            </small>
            <button
              type="button"
              onClick={() => {
                sessionStorage.setItem(DRAFT, `SELECT * FROM ${found.name};\n`);
                go("sql");
              }}
            >
              Query it
            </button>
          </div>
          {found.comment && <p>{found.comment}</p>}
          {found.columns && found.columns.length > 0 && (
            <Scroll label={`Columns of ${found.name}`} class="card">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Column</th>
                    <th scope="col">Type</th>
                  </tr>
                </thead>
                <tbody>
                  {found.columns.map((column) => (
                    <tr key={column.name}>
                      <th scope="row">{column.name}</th>
                      <td class="mono">{column.type}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          )}
          {found.ddl && (
            <pre tabIndex={0} role="region" aria-label="Declaration">
              {found.ddl}
            </pre>
          )}
        </>
      )}
    </div>
  );
}

export function Catalog({ name }: { name?: string }) {
  const { found, error } = useGet<Found>("/v1/catalog", 5000);
  const [word, setWord] = useState("");
  const tables = (found?.tables ?? []).filter((table) => table.name.toLowerCase().includes(word.toLowerCase()));
  const functions = (found?.functions ?? []).map((one) => (typeof one === "string" ? one : one.name));

  return (
    <>
      <div class="heading">
        <h1>Catalog</h1>
        <input type="search" aria-label="Only tables with" placeholder="Filter" value={word} onInput={(event) => setWord(event.currentTarget.value)} />
      </div>
      <Problem text={error} />
      <div class="catalog">
        <nav aria-label="Tables">
          {found && tables.length === 0 && <Empty>No tables. CREATE TABLE in the SQL view, or in a job's script, makes some.</Empty>}
          <ul class="list">
            {tables.map((table) => (
              <li key={table.name}>
                <a href={`/ui/catalog/${encodeURIComponent(table.name)}`} aria-current={table.name === name ? "page" : undefined}>
                  {table.name} <small>{table.kind}</small>
                </a>
              </li>
            ))}
          </ul>
          {functions.length > 0 && (
            <>
              <h2>Functions</h2>
              <ul class="list">
                {functions.map((one) => (
                  <li key={one} class="mono">
                    {one}
                  </li>
                ))}
              </ul>
            </>
          )}
        </nav>
        <div hidden={found === undefined && error === undefined /* below the list, where the window is narrow: it would be pushed down */}>
          {name !== undefined ? <Table key={name} name={name} /> : <Empty>Pick a table to see its columns and its declaration.</Empty>}
        </div>
      </div>
    </>
  );
}
