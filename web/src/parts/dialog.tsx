/** A dialog that asks before something is done; the browser keeps the focus in it and gives it back. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Problem } from "./bits";
import { useHere } from "./operations";

export interface Asked {
  title: string;
  verb: string;
  danger?: boolean;
  body?: ComponentChildren;
  /** Gets what the form has; when it throws, the dialog stays and says why. A dialog that is closed meanwhile stops nothing. */
  act: (form: FormData) => Promise<unknown>;
}

export function Ask({ asked, close }: { asked: Asked; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const { here, failed } = useHere();

  useEffect(() => dialog.current!.showModal(), []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      await asked.act(new FormData(event.target as HTMLFormElement));
      if (here()) close();
    } catch (reason) {
      failed(asked.title, reason, setError);
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="asked">
      <form onSubmit={submit}>
        <h2 id="asked">{asked.title}</h2>
        {asked.body}
        <Problem text={error} />
        <p class="buttons">
          <button type="button" onClick={() => dialog.current!.close()}>
            Back
          </button>
          <button type="submit" class={asked.danger ? "danger" : "main"} disabled={busy}>
            {busy ? "Working …" : asked.verb}
          </button>
        </p>
      </form>
    </dialog>
  );
}
