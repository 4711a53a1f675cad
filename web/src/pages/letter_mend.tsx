/** One dead letter with its bytes, to be changed, tried and replayed. The focus comes here, and goes back to where it was. */
import { useEffect, useRef, useState } from "preact/hooks";

import type { Asked } from "../parts/dialog";
import { type Replaying, Replayed, replayAsked } from "./letter_replay";
import { called, type Letter, place, type ReplayAsk } from "./letter_types";

/** Fields of a page have lines that end with a line feed alone: the letter's own ends come back. */
const asBefore = (text: string, before: string) => (before.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text);

interface Shown {
  letter: Letter;
  replay: Replaying;
  ask: (asked: Asked) => void;
  close: () => void;
}

export function Mend({ letter, replay, ask, close }: Shown) {
  const before = letter.raw ?? letter.raw_base64 ?? "";
  const whole = letter.raw_bytes === undefined;
  const [text, setText] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const base64 = letter.raw_base64 !== undefined;

  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    replay.clear();
    field.current?.focus();
    return () => {
      replay.clear();
      from?.focus();
    };
  }, []);

  function those(): ReplayAsk {
    const one = { ids: [letter.id] };
    if (text === undefined) return one;
    return base64 ? { ...one, payload_base64: text.trim() } : { ...one, payload: asBefore(text, before) };
  }
  return (
    <section class="card" aria-label={`Mend ${place(letter)}`}>
      <h2>Mend {called(letter)}</h2>
      {letter.error && <p class="warn">{letter.error}</p>}
      <label>
        {base64 ? "Its bytes in base64, since they are no text" : "Its text"}
        <textarea ref={field} rows={8} spellcheck={false} readOnly={!whole} value={text ?? before} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      {!whole && <p class="hint">It is too long to be changed here: only its beginning is shown.</p>}
      <Replayed replay={replay} />
      <p class="buttons">
        <button type="button" onClick={close}>
          Back
        </button>
        <button type="button" disabled={replay.busy} onClick={() => void replay.run({ ...those(), again: true, dry_run: true })}>
          Try it
        </button>
        <button type="button" class="main" disabled={replay.busy} onClick={() => ask(replayAsked("it", those(), letter.replayed, replay.run))}>
          Replay it …
        </button>
      </p>
    </section>
  );
}
