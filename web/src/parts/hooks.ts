import { useEffect, useState } from "preact/hooks";

import { get, said } from "../api";

/** What a path answers, asked for again every `ms` (0: once). Errors keep what was there. */
export function useGet<T>(path: string | undefined, ms = 0): { found?: T; error?: string; again: () => void } {
  const [found, setFound] = useState<T>();
  const [error, setError] = useState<string>();
  const [round, setRound] = useState(0);

  useEffect(() => {
    setFound(undefined);
    setError(undefined);
  }, [path]);
  useEffect(() => {
    let over = false;
    let first = true; // also of a tab in the background
    let timer: ReturnType<typeof setTimeout> | undefined;

    async function ask() {
      if (path === undefined) return;
      try {
        if (!document.hidden || first) {
          first = false;
          const answer = await get<T>(path);
          if (over) return;
          setFound(answer);
          setError(undefined);
        }
      } catch (reason) {
        if (!over) setError(said(reason));
      }
      if (ms > 0 && !over) timer = setTimeout(ask, ms);
    }
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [path, ms, round]);
  return { found, error, again: () => setRound((n) => n + 1) };
}
