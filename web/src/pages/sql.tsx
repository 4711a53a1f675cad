/** SQL: written with completion, run, and its result watched; queries can be kept on the server. */
import { useEffect, useRef, useState } from "preact/hooks";

import { get, put, Refused, remove, said } from "../api";
import { Empty, Problem } from "../parts/bits";
import { Ask, type Asked } from "../parts/dialog";
import { makeEditor, type Editor, type Words } from "../parts/editor";
import { useGet } from "../parts/hooks";
import { runScript } from "../parts/statements";
import { may, notice } from "../store";
import type { Statement } from "../types";
import { ResultView } from "./result";
import { DRAFT } from "./sql_draft";

interface Saved {
  name: string;
  sql?: string;
}

function Queries({ text, open }: { text: () => string; open: (sql: string) => void }) {
  const { found, error, again } = useGet<{ queries: (Saved | string)[] }>("/v1/queries");
  const [asked, ask] = useState<Asked>();
  const at = (name: string) => `/v1/queries/${encodeURIComponent(name)}`;
  const saved = (found?.queries ?? []).map((one) => (typeof one === "string" ? { name: one } : one));

  const save = (): Asked => ({
    title: "Save the query",
    verb: "Save",
    body: (
      <label>
        Name
        <input name="name" required maxLength={100} />
      </label>
    ),
    act: async (form) => {
      const name = String(form.get("name")).trim();
      await put(at(name), { sql: text() });
      notice.value = `Saved as ${name}`;
      again();
    },
  });

  const forget = (name: string): Asked => ({
    title: `Delete the saved query ${name}?`,
    verb: "Delete",
    danger: true,
    act: async () => {
      await remove(at(name));
      again();
    },
  });

  return (
    <section class="card" aria-labelledby="saved">
      <h2 id="saved">Saved queries</h2>
      <Problem text={error} />
      {found && saved.length === 0 && <Empty>None yet.</Empty>}
      <ul class="saved">
        {saved.map((one: Saved) => (
          <li key={one.name}>
            <button type="button" class="link" onClick={async () => open(one.sql ?? (await get<Saved>(at(one.name))).sql ?? "")}>
              {one.name}
            </button>
            {may() && (
              <button type="button" class="quiet" aria-label={`Delete ${one.name}`} onClick={() => ask(forget(one.name))}>
                ✕
              </button>
            )}
          </li>
        ))}
      </ul>
      {may() && (
        <p class="buttons start">
          <button type="button" onClick={() => ask(save())}>
            Save this one …
          </button>
        </p>
      )}
      {asked && <Ask asked={asked} close={() => ask(undefined)} />}
    </section>
  );
}

/** What the statements before the result did. */
function Done({ all }: { all: Statement[] }) {
  const others = all.filter((one) => one.kind !== "rows");

  if (others.length === 0) return null;
  return (
    <ul class="done" aria-live="polite">
      {others.map((one, i) => (
        <li key={i}>
          <span class="good" aria-hidden="true">
            ✓
          </span>{" "}
          {one.word}
          {one.job && (
            <>
              : <a href={`/ui/jobs/${one.job}`}>job {one.job}</a>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Sql() {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor>(undefined);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const [came, setCame] = useState<{ all: Statement[]; rows?: Statement; round: number }>();
  const round = useRef(0);

  async function run() {
    const text = editor.current!.text();
    const part = editor.current!.selected().trim();

    if ((part || text.trim()) === "") return;
    setBusy(true);
    setError(undefined);
    editor.current!.point();
    try {
      setCame({ ...(await runScript(part || text)), round: ++round.current });
      void words();
    } catch (reason) {
      setCame(undefined);
      setError(said(reason) + (reason instanceof Refused && reason.line ? ` (line ${reason.line}, column ${reason.column})` : ""));
      if (reason instanceof Refused && part === "") editor.current!.point(reason.line, reason.column);
    }
    setBusy(false);
  }

  const words = () =>
    get<Words>("/v1/completion").then(
      (found) => editor.current?.words(found),
      () => {}, // without it the editor only knows SQL's own words
    );

  useEffect(() => {
    const last = { run };
    editor.current = makeEditor(
      host.current!,
      sessionStorage.getItem(DRAFT) ?? "",
      () => void last.run(),
      (text) => sessionStorage.setItem(DRAFT, text),
    );
    void words();
    return () => editor.current!.free();
  }, []);

  return (
    <>
      <div class="heading">
        <h1>SQL</h1>
      </div>
      <div class="sql">
        <div>
          <div class="editor" ref={host} />
          <div class="bar-line">
            <button type="button" class="main" disabled={busy} onClick={run}>
              {busy ? "Working …" : "Run"}
            </button>
            <span class="hint">Ctrl+Enter runs all, or what is selected. An INSERT becomes a job.</span>
          </div>
          <Problem text={error} />
          {came && <Done all={came.all} />}
          {came?.rows && <ResultView key={came.round} statement={came.rows} ended={() => {}} />}
        </div>
        <Queries
          text={() => editor.current!.text()}
          open={(sql) => {
            editor.current!.set(sql);
            editor.current!.focus();
          }}
        />
      </div>
    </>
  );
}
