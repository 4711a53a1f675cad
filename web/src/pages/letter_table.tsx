/** A page of dead letters as a table; who may picks some, or one to be mended. */
import { bytes, time } from "../format";
import { Heads, Scroll } from "../parts/bits";
import { may } from "../store";
import { type Letter, type Page, PICKED_MAX, place } from "./letter_types";

type Picked = ReadonlySet<string>;

/** Its beginning; what is not text is told as base64. */
function Bytes({ letter }: { letter: Letter }) {
  const text = letter.raw ?? letter.raw_base64;

  if (text === undefined || text === null) return <span class="null">not kept</span>;
  return (
    <>
      <code class="clip" title={text.slice(0, 1000)}>
        {text.slice(0, 400)}
      </code>
      {letter.raw_base64 !== undefined && <small class="block">base64: it is no text</small>}
      {letter.raw_bytes !== undefined && <small class="block">the beginning of {bytes(letter.raw_bytes)}</small>}
    </>
  );
}

function Marks({ letter }: { letter: Letter }) {
  return (
    <>
      {letter.replayed ? (
        <span class="good">
          <span aria-hidden="true">✓</span> Replayed
        </span>
      ) : (
        <span class="warn">Open</span>
      )}
      {(letter.attempts ?? 1) > 1 && <small class="block">{letter.attempts} attempts</small>}
      {letter.copies > 1 && <small class="block">{letter.copies} the same</small>}
    </>
  );
}

/** With these added or taken away, but not more than one request can name. */
function turned(picked: Picked, ids: string[], on: boolean): Picked {
  const now = new Set(picked);

  for (const id of ids)
    if (!on) now.delete(id);
    else if (now.size < PICKED_MAX) now.add(id);
  return now;
}

export function LetterTable({ found, picked, pick, mend }: { found: Page; picked: Picked; pick: (ids: Picked) => void; mend: (letter: Letter) => void }) {
  const ids = found.letters.map((one) => one.id);
  const all = ids.every((id) => picked.has(id));

  return (
    <Scroll label="Dead letters" class="card letters">
      <table>
        <thead>
          <tr>
            {may() && (
              <th scope="col">
                <input type="checkbox" aria-label="Pick all of this page" checked={all} onChange={() => pick(turned(picked, ids, !all))} />
              </th>
            )}
            <Heads names={["Where from", "Failed at", "Table", "Error", "Bytes", "State"]} />
            {may() && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody>
          {found.letters.map((one) => (
            <tr key={one.id}>
              {may() && (
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Pick ${place(one)}`}
                    checked={picked.has(one.id)}
                    onChange={() => pick(turned(picked, [one.id], !picked.has(one.id)))}
                  />
                </td>
              )}
              <th scope="row" title={one.origin ?? undefined}>
                {place(one)}
              </th>
              <td class="when">{time(one.time_ms)}</td>
              <td>{one.table ?? "–"}</td>
              <td class="words">
                <b>{one.error_kind ?? "unknown"}</b>
                <small class="block">{one.error}</small>
              </td>
              <td class="bytes">
                <Bytes letter={one} />
              </td>
              <td class="when">
                <Marks letter={one} />
              </td>
              {may() && (
                <td class="actions">
                  <button type="button" onClick={() => mend(one)} aria-label={`Mend ${place(one)}`}>
                    Mend …
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
