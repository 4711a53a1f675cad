/** What an operator remembers of one key, asked for when somebody wants to know. */
import { useState } from "preact/hooks";

import { get, said } from "../api";
import { Empty, Problem, Records } from "../parts/bits";

interface StateOfKey {
  subtask: number;
  cut: boolean;
  states: { name: string; rows: Record<string, unknown>[] }[];
}

export function StateByKey({ path }: { path: string }) {
  const [key, setKey] = useState("");
  const [found, setFound] = useState<StateOfKey>();
  const [error, setError] = useState<string>();

  const ask = async (event: Event) => {
    event.preventDefault();
    setFound(undefined);
    setError(undefined);
    try {
      setFound(await get<StateOfKey>(`${path}/state${key === "" ? "" : `?key=${encodeURIComponent(key)}`}`));
    } catch (failure) {
      setError(said(failure));
    }
  };

  return (
    <>
      <h3>State by key</h3>
      <form class="line" onSubmit={ask}>
        <label>
          Key{" "}
          <input value={key} spellcheck={false} placeholder='7, or ["a", 7]' onInput={(event) => setKey(event.currentTarget.value)} />
        </label>{" "}
        <button type="submit">Look up</button>
      </form>
      <Problem text={error} />
      {found?.states.map((state) => (
        <div key={state.name}>
          <h4>
            {state.name} <small class="inline">subtask {found.subtask}</small>
          </h4>
          {state.rows.length === 0 ? <Empty>Nothing of this key.</Empty> : <Records label={`State ${state.name}`} rows={state.rows} />}
        </div>
      ))}
      {found?.cut && <p>There is more than is shown.</p>}
    </>
  );
}
