/** What the server says of alerts and error budgets. */
import { signal } from "@preact/signals";

import { get } from "../api";

export interface Alert {
  id: string;
  alert: string;
  state: "pending" | "firing" | "resolved";
  severity: "warn" | "page";
  slo: string | null;
  job: string;
  job_id: string;
  cause: string;
  runbook: string;
  since_ms: number | null;
  fired_ms: number | null;
  silenced_by: string | null;
  told: string | null;
  acknowledged_by: string | null;
  acknowledged_ms: number | null;
  comment: string | null;
}

export interface AlertEvent {
  at_ms: number;
  event: string;
  alert: string;
  severity: string;
  slo: string | null;
  job: string;
  cause: string;
}

export interface Receiver {
  receiver: string;
  arrived: number;
  failed: number;
  dropped: number;
  waiting: number;
  last_error: string | null;
}

export interface AlertList {
  alerts: Alert[];
  firing: number;
  silenced: number;
  history: AlertEvent[];
  notifications: Receiver[];
}

export interface Silence {
  id: string;
  state: "pending" | "active" | "expired";
  job: string | null;
  alert: string | null;
  severity: string | null;
  starts_ms: number;
  ends_ms: number;
  owner: string;
  reason: string;
}

export interface Burn {
  severity: string;
  window_ms: number;
  burn: number;
  short_window_ms: number;
  short_burn: number;
  threshold: number;
  holds: boolean;
}

export interface Slo {
  job: string;
  job_id: string;
  slo: string;
  objective: number;
  bound: number;
  window_ms: number;
  budget_remaining: number;
  severity: "none" | "warn" | "page";
  burn: Burn[];
}

const EVERY_MS = 10000;

/** Alerts that fire and are not silenced; undefined while nobody knows. */
export const firing = signal<number | undefined>(undefined);

/** Keeps `firing` up to date; returns what stops it. */
export function watchAlerts(): () => void {
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function look() {
    if (!document.hidden) {
      const found = await get<AlertList>("/v1/alerts?history=0").catch(() => undefined);
      if (!over && found !== undefined) firing.value = found.firing - found.silenced;
    }
    if (!over) timer = setTimeout(look, EVERY_MS);
  }
  void look();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
