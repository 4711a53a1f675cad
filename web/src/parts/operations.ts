/** What takes its time: the server answers 202 with an operation, which is followed until it has ended. */
import { useEffect, useRef } from "preact/hooks";

import { get, Refused, remove, request, said } from "../api";
import { notice, tell } from "../store";

interface Operation<T> {
  operation: string;
  state: "running" | "done" | "failed";
  result: T | null;
  error: { message?: string; hint?: string } | null;
}

/** How long the first request waits for the end. */
const WAIT_MS = 1000;
const POLL_MS = [200, 300, 500, 1000];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One look at it. Where the server does not answer there is nothing to see yet. */
async function look<T>(id: string): Promise<Operation<T> | undefined> {
  try {
    return await get<Operation<T>>(`/v1/operations/${id}`);
  } catch (reason) {
    if (reason instanceof TypeError || (reason instanceof Refused && (reason.status === 429 || reason.status >= 500))) return undefined;
    if (reason instanceof Refused && reason.status === 404)
      throw new Refused(404, "What came of it is not known: the server has begun anew meanwhile", "See how the job is, and try again");
    throw reason;
  }
}

/** Asks for it and waits for its end, whatever time it takes. `begun` gets the operation's id if it is not done at once. Throws what
 * it failed of, as other requests do. */
export async function operate<T>(method: string, path: string, body?: unknown, begun?: (id: string) => void): Promise<T> {
  const answer = await request(method, `${path}?wait_ms=${WAIT_MS}`, body);
  const text = await answer.text();
  const first = (text === "" ? {} : JSON.parse(text)) as T & { operation?: string };

  if (answer.status !== 202) return first;
  const id = first.operation!;
  notice.value = "It is under way";
  begun?.(id);
  for (let round = 0; ; round++) {
    await pause(POLL_MS[Math.min(round, POLL_MS.length - 1)]!);
    const found = await look<T>(id);
    if (found === undefined || found.state === "running") continue;
    if (found.state === "done") return found.result as T;
    throw new Refused(409, found.error?.message ?? "It failed", found.error?.hint);
  }
}

export const cancel = (id: string) => remove(`/v1/operations/${id}`);

/** Whether the view is still there, for what ends after somebody went elsewhere: then it is told beside the views. */
export function useHere(): { here: () => boolean; failed: (what: string, reason: unknown, show: (text: string) => void) => void } {
  const there = useRef(true);

  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  return {
    here: () => there.current,
    failed: (what, reason, show) => {
      if (there.current) show(said(reason));
      else tell(`${what}: ${said(reason)}`, true);
    },
  };
}
