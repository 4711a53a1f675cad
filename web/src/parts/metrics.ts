/** What GET /metrics says, as far as the boards need it: the text format of Prometheus. */
import { useEffect, useState } from "preact/hooks";

import { request } from "../api";

export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function parseMetrics(text: string): Sample[] {
  const found: Sample[] = [];

  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (parts === null) continue;
    const labels: Record<string, string> = {};
    for (const label of (parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[label[1]!] = label[2]!;
    found.push({ name: parts[1]!, labels, value: parts[3] === "+Inf" ? Infinity : Number(parts[3]) });
  }
  return found;
}

export interface Histogram {
  /** Upper ends, and how many were at most as large; ascending. */
  buckets: [number, number][];
  total: number;
}

/** The sum of all histograms whose name fits. */
export function histogramOf(samples: Sample[], name: RegExp): Histogram {
  const sums = new Map<number, number>();

  for (const sample of samples) {
    if (!name.test(sample.name) || !sample.name.endsWith("_bucket")) continue;
    const end = sample.labels.le === "+Inf" ? Infinity : Number(sample.labels.le);
    sums.set(end, (sums.get(end) ?? 0) + sample.value);
  }
  const buckets = [...sums].sort((a, b) => a[0] - b[0]);
  return { buckets, total: buckets.at(-1)?.[1] ?? 0 };
}

/** As Prometheus draws it: evenly within a bucket. */
export function quantile(histogram: Histogram, part: number): number {
  const wanted = histogram.total * part;
  let from = 0;
  let before = 0;

  for (const [end, sum] of histogram.buckets) {
    if (sum >= wanted) return end === Infinity || sum === before ? from : from + ((end - from) * (wanted - before)) / (sum - before);
    from = end;
    before = sum;
  }
  return from;
}

/** GET /metrics every few seconds; undefined until the first answer, nothing while it cannot be had. */
export function useMetrics(): Sample[] | undefined {
  const [found, setFound] = useState<Sample[]>();

  useEffect(() => {
    let over = false;
    let first = true; // also of a tab in the background
    const ask = async () => {
      if (document.hidden && !first) return;
      first = false;
      const text = await request("GET", "/metrics").then(
        (answer) => answer.text(),
        () => "",
      );
      if (!over) setFound(parseMetrics(text));
    };
    void ask();
    const timer = setInterval(ask, 5000);
    return () => {
      over = true;
      clearInterval(timer);
    };
  }, []);
  return found;
}
