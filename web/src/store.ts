/** What all views share: who looks, the jobs as they are now, and how fast each was in the last minutes. */
import { signal } from "@preact/signals";

import { get } from "./api";
import { follow } from "./events";
import type { Info, Job } from "./types";

const POINTS = 300;

export interface Point {
  at: number;
  in_s: number;
  out_s: number;
}

export const info = signal<Info | undefined>(undefined);
export const jobs = signal<Job[] | undefined>(undefined);
/** Whether figures come in. */
export const live = signal(true);
/** What a screen reader should hear. */
export const notice = signal("");
/** What is told beside the views: the last few messages, the newest first. */
export const told = signal<{ key: number; text: string; bad: boolean }[]>([]);
/** The last `POINTS` seconds by job. */
export const history = new Map<string, Point[]>();

export const may = () => info.value !== undefined && info.value.role !== "viewer";

function remember(job: Job, at: number) {
  const points = history.get(job.id) ?? [];
  const running = job.state === "RUNNING";

  points.push({ at, in_s: running ? job.rows_in_per_s : 0, out_s: running ? job.rows_out_per_s : 0 });
  if (points.length > POINTS) points.shift();
  history.set(job.id, points);
}

const TOLD = 3;
const SHOWN_MS = 20000;
let messages = 0;

/** To everybody: shown, and read out. What went wrong stays until it is put away. */
export function tell(text: string, bad = false) {
  const key = ++messages;

  notice.value = text;
  told.value = [{ key, text, bad }, ...told.value].slice(0, TOLD);
  if (!bad) setTimeout(() => (told.value = told.value.filter((one) => one.key !== key)), SHOWN_MS);
}

interface Past {
  id: string;
  /** Times in ms, and rows in a second in and out. */
  points: [number, number, number][];
}

/** What the server remembers: all that was before the page looked, and while nobody looked at it. */
function takeHistory(found: Past[]) {
  for (const { id, points } of found) history.set(id, points.slice(-POINTS).map(([at, in_s, out_s]) => ({ at: at / 1000, in_s, out_s })));
}

/** Tells of jobs that change their state. */
function tellChanges(before: Job[] | undefined, now: Job[]) {
  if (before === undefined) return;
  const states = new Map(before.map((job) => [job.id, job.state]));
  const changes = now
    .filter((job) => states.get(job.id) !== job.state)
    .map((job) => `Job ${job.name} is ${job.state.toLowerCase()}`);

  if (changes.length > 0) notice.value = changes.slice(0, 3).join(". ");
}

export function takeJobs(found: Job[]) {
  const at = Date.now() / 1000;

  for (const job of found) remember(job, at);
  for (const id of history.keys()) if (!found.some((job) => job.id === id)) history.delete(id);
  tellChanges(jobs.value, found);
  jobs.value = found;
}

export async function refresh() {
  jobs.value = (await get<{ jobs: Job[] }>("/v1/jobs")).jobs;
}

/** Begins with the first figures; returns what stops it. */
export function watchJobs(): () => void {
  return follow(
    "/v1/stream",
    (name, data) => {
      if (name === "history") takeHistory((data as { jobs: Past[] }).jobs);
      if (name === "jobs") takeJobs((data as { jobs: Job[] }).jobs);
    },
    (there) => (live.value = there),
  );
}
