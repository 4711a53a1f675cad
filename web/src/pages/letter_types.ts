/** Dead letters as the REST API has them. */
import type { Job } from "../types";

export interface Letter {
  id: string;
  /** How often there is one that says the same. */
  copies: number;
  replayed: boolean;
  time_ms: number | null;
  table: string | null;
  error_kind: string | null;
  error: string | null;
  /** A file or a topic. */
  origin: string | null;
  partition: number | null;
  offset: number | null;
  line: number | null;
  attempts: number | null;
  /** Its bytes: as a text, or else in base64; `raw_bytes` of them, when more than are told. */
  raw?: string | null;
  raw_base64?: string;
  raw_bytes?: number;
}

export interface Page {
  table: string;
  letters: Letter[];
  total: number;
  next: string | null;
}

export interface Filter {
  table?: string;
  error_kind?: string;
  error?: string;
}

/** What a replay is asked for. */
export interface ReplayAsk extends Filter {
  ids?: string[];
  payload?: string;
  payload_base64?: string;
  into?: string;
  again?: boolean;
  limit?: number;
  dry_run?: boolean;
}

export interface ReplayEnd {
  dry_run: boolean;
  table: string | null;
  into: string | null;
  letters: number;
  failed: number;
  replayed_before: number;
  without_bytes: number;
  left: number;
  readable: number | null;
  reasons: { rows: number; kind: string | null; table: string | null; error: string | null }[];
}

/** Ids in one request. */
export const PICKED_MAX = 500;

export const letters = (job: Job) => `/v1/jobs/${encodeURIComponent(job.id)}/dead-letters`;

/** Members that are not empty. */
export const given = <T extends object>(members: T) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== "" && value !== undefined)) as T;

/** Where it comes from: what a person looks it up by. */
export function place(letter: Letter): string {
  const parts = [
    letter.origin?.split("/").at(-1),
    letter.partition === null ? undefined : `partition ${letter.partition}`,
    letter.offset === null ? undefined : `offset ${letter.offset}`,
    letter.line === null ? undefined : `line ${letter.line}`,
  ];

  return parts.filter((part) => part !== undefined && part !== "").join(", ") || "–";
}

/** How messages name one. */
export const called = (letter: Letter) => `the letter of ${place(letter)}`;
