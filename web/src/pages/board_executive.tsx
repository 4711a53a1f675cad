/** The executive board: how it goes, over all jobs. */
import { lazy, Suspense } from "preact/compat";
import { useMemo } from "preact/hooks";

import { count, span, whole } from "../format";
import { Empty, Figure, Loading, Room, State } from "../parts/bits";
import { BudgetFigure, Budgets, useSlos } from "../parts/budgets";
import { latencyOf, PARTS, useLatencies } from "../parts/latency";
import { quantile, useMetrics, type Sample } from "../parts/metrics";
import { DataTable, type Col } from "../parts/table";
import { history, jobs, type Point } from "../store";

const Chart = lazy(() => import("../parts/chart").then((part) => part.Chart));

/** The points of a job by second, one each: of two that came within one the later, and where one is left out the one before. */
function bySecond(points: Point[]): Map<number, Point> {
  const found = new Map<number, Point>();
  let last: Point | undefined;

  for (const point of points) {
    const at = Math.round(point.at);
    if (last && at - Math.round(last.at) === 2) found.set(at - 1, last);
    found.set(at, point);
    last = point;
  }
  return found;
}

/** Rows in a second of all jobs, by second. */
function together(): (number | null)[][] {
  const sums = new Map<number, [number, number]>();

  for (const points of history.values())
    for (const [at, point] of bySecond(points)) {
      const sum = sums.get(at) ?? [0, 0];
      sums.set(at, [sum[0] + point.in_s, sum[1] + point.out_s]);
    }
  const times = [...sums.keys()].sort((a, b) => a - b);
  return [times, times.map((at) => sums.get(at)![0]), times.map((at) => sums.get(at)![1])];
}

/** Before the metrics are there. */
const NONE: Sample[] = [];

const percent = (part: number) => `p${part * 100}`;

/** The sum of a metric of a job; undefined where it has none. */
function sumOf(metrics: Sample[], name: string, job: string): number | undefined {
  const found = metrics.filter((one) => one.name === name && one.labels.job_name === job);

  return found.length === 0 ? undefined : found.reduce((sum, one) => sum + one.value, 0);
}

function JobTable({ metrics }: { metrics: Sample[] }) {
  const rows = useMemo(
    () =>
      (jobs.value ?? []).map((job) => {
        const latency = latencyOf(metrics, job.name);
        return {
          job,
          times: PARTS.map((part) => (latency.total > 0 ? quantile(latency, part) * 1000 : null)),
          missed: sumOf(metrics, "weir_sink_slo_violations_total", job.name),
          well: sumOf(metrics, "weir_job_success_ratio", job.name),
        };
      }),
    [metrics, jobs.value],
  );
  type Line = (typeof rows)[number];
  const figure = (name: string, by: (line: Line) => number | null | undefined, say: (value: number | null | undefined) => string, tone = ""): Col<Line> => ({
    name,
    number: true,
    by,
    show: (line) => say(by(line)),
    class: (line) => ((by(line) ?? 0) > 0 ? tone : ""),
  });
  const columns: Col<Line>[] = [
    {
      name: "Job",
      by: ({ job }) => job.name,
      show: ({ job }) => (
        <a class="one-line" href={`/ui/jobs/${job.id}`} title={job.name}>
          {job.name}
        </a>
      ),
    },
    { name: "State", by: ({ job }) => job.state, show: ({ job }) => <State state={job.state} changing={job.changing} /> },
    figure("Rows/s", ({ job }) => (job.state === "RUNNING" ? job.rows_in_per_s : null), count),
    ...PARTS.map((part, i) => figure(percent(part), (line) => line.times[i], span)),
    figure("Agreed times missed", (line) => line.missed, whole, "warn"),
    figure("Rows read well", (line) => line.well, (value) => (value === null || value === undefined ? "–" : `${(value * 100).toFixed(value < 1 ? 3 : 0)} %`)),
    figure("Watermark lag", ({ job }) => job.watermark_lag_ms, span),
    figure("Restarts", ({ job }) => job.restarts, whole, "warn"),
  ];

  return <DataTable label="Jobs: throughput, latency, what was missed" rows={rows} columns={columns} id={(line) => line.job.id} />;
}

export function Executive() {
  const all = jobs.value ?? [];
  const running = all.filter((job) => job.state === "RUNNING");
  const rows = all.reduce((sum, job) => sum + job.rows_in, 0);
  const bad = all.reduce((sum, job) => sum + job.rows_bad, 0);
  const failing = rows > 0 ? bad / rows : 0;
  const { slos, answered } = useSlos();
  const answer = useMetrics();
  const metrics = answer ?? NONE;
  const latency = latencyOf(metrics);
  const curves = useLatencies(metrics);
  const violations = metrics.filter((one) => /sl[ao].*violation/.test(one.name)).reduce((sum, one) => sum + one.value, 0);

  // All of it at once: nothing moves under the reader.
  if (answer === undefined || !answered) return <Loading />;
  return (
    <>
      <dl class="figures card top">
        <Figure name="Jobs running" tone="large">
          {running.length} <small>of {all.length}</small>
        </Figure>
        <Figure name="Rows per second" tone="large">
          {count(running.reduce((sum, job) => sum + job.rows_in_per_s, 0))}
        </Figure>
        <Figure name="Rows in" tone="large">
          {count(rows)}
        </Figure>
        <Figure name="Rows read well" tone="large">
          {rows > 0 ? `${((1 - failing) * 100).toFixed(failing > 0 ? 3 : 0)} %` : "–"}
        </Figure>
        <BudgetFigure slos={slos} />
        <Figure name="Agreed times missed" tone={`large ${violations > 0 ? "warn" : ""}`}>
          {whole(violations)}
        </Figure>
      </dl>
      <div class="grid">
        <section class="card">
          <h2>Throughput</h2>
          <Suspense fallback={<Room height={248} />}>
            <Chart label="Rows per second of all jobs" names={["Rows in", "Rows out"]} data={together()} format={(value) => `${count(value)}/s`} height={220} />
          </Suspense>
        </section>
        <section class="card">
          <h2>From reading to writing</h2>
          {latency.total === 0 ? (
            <Empty>No latencies were measured yet.</Empty>
          ) : (
            <>
              <Suspense fallback={<Room height={208} />}>
                <Chart label="Time from reading a row to writing its result" names={PARTS.map(percent)} data={curves} format={span} height={180} />
              </Suspense>
              <dl class="figures">
                {PARTS.map((part) => (
                  <Figure key={part} name={`${percent(part)} of all`}>
                    {span(quantile(latency, part) * 1000)}
                  </Figure>
                ))}
              </dl>
            </>
          )}
        </section>
      </div>
      <h2>Error budgets</h2>
      <Budgets slos={slos} />
      <h2>By job</h2>
      <JobTable metrics={metrics} />
    </>
  );
}

