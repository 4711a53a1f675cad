/** Server-sent events, read with fetch so that the login goes with them. */
import { loginNeeded, Refused, request } from "./api";

type Take = (name: string, data: unknown) => void;

/** Reads one stream until it ends. */
export async function readEvents(path: string, take: Take, signal: AbortSignal): Promise<void> {
  const answer = await request("GET", path, undefined, signal);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";

  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      let name = "message";
      const data: string[] = [];
      for (const line of part.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      if (data.length > 0) take(name, JSON.parse(data.join("\n")));
    }
  }
}

/** Follows a stream that has no end: comes back after failures, more and more slowly, and rests while nobody looks at the tab, so
 * that hidden tabs take no connections. `up` hears whether it is there. Returns what stops it. */
export function follow(path: string, take: Take, up: (there: boolean) => void = () => {}): () => void {
  let control = new AbortController();
  let over = false;
  let wake: () => void = () => {};
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => (clearTimeout(timer), resolve());
    });
  const look = () => {
    if (document.hidden) control.abort();
    else wake();
  };

  async function run() {
    let pause = 500;
    while (!over) {
      if (document.hidden || loginNeeded.value) {
        await rest(2000);
        continue;
      }
      control = new AbortController();
      try {
        await readEvents(
          path,
          (name, data) => {
            pause = 500;
            up(true);
            take(name, data);
          },
          control.signal,
        );
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return;
        if (!over && !document.hidden) up(false);
      }
      if (!over) await rest(pause);
      pause = Math.min(pause * 2, 10000);
    }
  }
  document.addEventListener("visibilitychange", look);
  void run();
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", look);
    control.abort();
    wake();
  };
}
