/** Latencies from reading to writing as time goes by: of the rows that were written between two looks at the metrics. */
import { useRef } from "preact/hooks";

import { histogramOf, quantile, type Histogram, type Sample } from "./metrics";

export const PARTS = [0.5, 0.95, 0.99];
const POINTS = 120;
const NAME = /^weir_sink_latency_seconds/;

export const latencyOf = (samples: Sample[], job?: string): Histogram => histogramOf(job === undefined ? samples : samples.filter((one) => one.labels.job_name === job), NAME);

/** What came since; all, when the server has begun anew. */
function since(before: Histogram, now: Histogram): Histogram {
  if (now.total < before.total) return now;
  const known = new Map(before.buckets);

  return { buckets: now.buckets.map(([end, sum]) => [end, sum - (known.get(end) ?? 0)]), total: now.total - before.total };
}

/** Times, and the percentiles of `PARTS` in ms of what was written then. */
export function useLatencies(samples: Sample[]): (number | null)[][] {
  const seen = useRef<{ samples: Sample[]; histogram?: Histogram; curves: (number | null)[][] }>({ samples: [], curves: [[], ...PARTS.map(() => [])] });
  const last = seen.current;

  if (samples !== last.samples && samples.length > 0) {
    const histogram = latencyOf(samples);
    const part = last.histogram && since(last.histogram, histogram);
    const curves = last.curves.map((curve) => curve.slice(-POINTS));
    if (part) {
      curves[0]!.push(Date.now() / 1000);
      PARTS.forEach((one, i) => curves[i + 1]!.push(part.total > 0 ? quantile(part, one) * 1000 : null));
    }
    seen.current = { samples, histogram, curves };
  }
  return seen.current.curves;
}
