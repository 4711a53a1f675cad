/** Dead letters of a job: rows that could not be read, evaluated or written. Filtered, page by page, some or all of them tried and replayed,
 * and one of them mended. */
import { useState } from "preact/hooks";

import { whole } from "../format";
import { Empty, Loading, Problem } from "../parts/bits";
import { Ask, type Asked } from "../parts/dialog";
import { useGet } from "../parts/hooks";
import { may } from "../store";
import type { Job } from "../types";
import { Mend } from "./letter_mend";
import { Replayed, replayAsked, useReplay } from "./letter_replay";
import { LetterTable } from "./letter_table";
import { given, type Filter, type Letter, letters, type Page, PICKED_MAX } from "./letter_types";

const FILTERS: { name: keyof Filter; label: string; hint: string }[] = [
  { name: "table", label: "Of table", hint: "any" },
  { name: "error_kind", label: "Kind of error", hint: "syntax, type …" },
  { name: "error", label: "In the error's text", hint: "anything" },
];

function FilterForm({ filter, set }: { filter: Filter; set: (filter: Filter) => void }) {
  return (
    <form
      class="filters"
      role="search"
      aria-label="Which dead letters"
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        set(given(Object.fromEntries(FILTERS.map(({ name }) => [name, String(form.get(name) ?? "").trim()]))));
      }}
    >
      {FILTERS.map(({ name, label, hint }) => (
        <label key={name}>
          {label}
          <input name={name} placeholder={hint} defaultValue={filter[name] ?? ""} />
        </label>
      ))}
      <button type="submit">Filter</button>
      {Object.keys(filter).length > 0 && (
        <button type="reset" class="quiet" onClick={() => set({})}>
          All of them
        </button>
      )}
    </form>
  );
}

/** The newest page, or one before; how to come there. */
function usePages(job: Job, filter: Filter) {
  const [places, setPlaces] = useState<string[]>([]);
  const query = new URLSearchParams({ ...filter, ...(places.length > 0 ? { before: places.at(-1)! } : {}) }).toString();
  const { found, error, again } = useGet<Page>(`${letters(job)}${query === "" ? "" : `?${query}`}`);

  return {
    found,
    error,
    again,
    first: () => setPlaces([]),
    newer: places.length > 0 ? () => setPlaces(places.slice(0, -1)) : undefined,
    older: found?.next ? () => setPlaces([...places, found.next!]) : undefined,
  };
}

export function Letters({ job }: { job: Job }) {
  const [filter, setFilter] = useState<Filter>({});
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [mended, mend] = useState<Letter>();
  const [asked, ask] = useState<Asked>();
  const { found, error, again, first, newer, older } = usePages(job, filter);
  const replay = useReplay(job, again);
  const those = picked.size > 0 ? { ids: [...picked] } : filter;
  const what = picked.size > 0 ? `the ${whole(picked.size)} picked` : `all ${found ? whole(found.total) : ""}`;

  return (
    <div class="stack">
      <FilterForm
        key={JSON.stringify(filter)}
        filter={filter}
        set={(now) => {
          setFilter(now);
          setPicked(new Set());
          first();
        }}
      />
      <Problem text={error} />
      {found === undefined && error === undefined && <Loading />}
      {found?.letters.length === 0 && <Empty>{Object.keys(filter).length > 0 ? "None of its dead letters is like that." : `There are none in ${found.table}.`}</Empty>}
      {found && found.letters.length > 0 && (
        <>
          <div class="bar-line">
            <span role="status">
              {whole(found.total)} in {found.table}
              {picked.size > 0 && `, ${whole(picked.size)} picked`}
            </span>
            <button type="button" disabled={newer === undefined} onClick={newer}>
              Newer
            </button>
            <button type="button" disabled={older === undefined} onClick={older}>
              Older
            </button>
            <button type="button" onClick={again}>
              Look again
            </button>
            {may() && (
              <span class="end buttons start">
                <button type="button" disabled={replay.busy} onClick={() => void replay.run({ ...those, dry_run: true })}>
                  Try {what}
                </button>
                <button type="button" class="main" disabled={replay.busy} onClick={() => ask(replayAsked(what, those, false, replay.run))}>
                  Replay {what} …
                </button>
              </span>
            )}
          </div>
          {picked.size >= PICKED_MAX && <p class="hint">More than {PICKED_MAX} cannot be picked at once: filter them instead.</p>}
          {!mended && <Replayed replay={replay} />}
          <LetterTable found={found} picked={picked} pick={setPicked} mend={mend} />
        </>
      )}
      {mended && <Mend key={mended.id} letter={found?.letters.find((one) => one.id === mended.id) ?? mended} replay={replay} ask={ask} close={() => mend(undefined)} />}
      {asked && <Ask asked={asked} close={() => ask(undefined)} />}
    </div>
  );
}
