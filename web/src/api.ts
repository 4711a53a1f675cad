/** The REST API: requests, and the login that goes with each.
 *
 * The login is a header of requests and is kept as long as the tab; the browser's own dialog is not used, since it knows no
 * tokens and no logout. */
import { signal } from "@preact/signals";

const KEPT = "weir.login";

/** Whether the server wants a login that the page does not have. */
export const loginNeeded = signal(false);

/** An answer that is no success, as the server words it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint?: string,
    readonly line?: number,
    readonly column?: number,
  ) {
    super(message);
  }
}

/** How errors of any kind are told. */
export function said(error: unknown): string {
  if (error instanceof Refused) return error.hint ? `${error.message}. ${error.hint}` : error.message;
  if (error instanceof TypeError) return "The server does not answer";
  return error instanceof Error ? error.message : String(error);
}

function base64(text: string) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** For the requests from now on; whether it is right the next one says. */
export function login(name: string, password: string) {
  sessionStorage.setItem(KEPT, name === "" ? `Bearer ${password}` : `Basic ${base64(`${name}:${password}`)}`);
}

export function logout() {
  sessionStorage.removeItem(KEPT);
  loginNeeded.value = true;
}

/** A request with the login. Throws Refused when the answer is an error. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const kept = sessionStorage.getItem(KEPT);
  const headers: Record<string, string> = kept === null ? {} : { Authorization: kept };

  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, {
    method,
    headers,
    credentials: "omit",
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
  });
  if (answer.ok) return answer;
  if (answer.status === 401) loginNeeded.value = true;
  const error = (await answer.json().catch(() => ({}))).error ?? {};
  throw new Refused(answer.status, error.message ?? `${answer.status} ${answer.statusText}`, error.hint, error.line, error.column);
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const text = await (await request(method, path, body)).text();

  return (text === "" ? {} : JSON.parse(text)) as T;
}

export const get = <T>(path: string) => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}) => ask<T>("POST", path, body);
export const put = <T>(path: string, body: unknown) => ask<T>("PUT", path, body);
export const remove = <T>(path: string) => ask<T>("DELETE", path);
