/** What happened to a job: its checkpoints, its exceptions, its log. */
import { lazy, Suspense } from "preact/compat";

import { bytes, span, time } from "../format";
import { Empty, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";

const Chart = lazy(() => import("../parts/chart").then((part) => part.Chart));

export interface Made {
  number?: number;
  at_ms: number;
  duration_ms?: number | null;
  bytes?: number | null;
  kind: string;
  state: string;
  path?: string;
  error?: string;
}

export interface Thrown {
  at_ms: number;
  message: string;
  hint?: string | null;
  restarted: boolean;
}

const of = (id: string, what: string) => `/v1/jobs/${encodeURIComponent(id)}/${what}`;

/** How long they took, oldest first. */
export function CheckpointChart({ made }: { made: Made[] }) {
  const good = made.filter((one) => typeof one.duration_ms === "number").slice(0, 200).reverse();

  if (good.length < 2) return null;
  return (
    <Suspense fallback={null}>
      <Chart
        label="Duration of checkpoints"
        names={["Duration"]}
        data={[good.map((one) => one.at_ms / 1000), good.map((one) => one.duration_ms!)]}
        format={span}
        height={150}
      />
    </Suspense>
  );
}

export function Checkpoints({ id }: { id: string }) {
  const { found, error } = useGet<{ checkpoints: Made[] }>(of(id, "checkpoints"), 5000);
  const made = found?.checkpoints;

  return (
    <div class="stack">
      <Problem text={error} />
      {made?.length === 0 && <Empty>No checkpoints yet.</Empty>}
      {made && made.length > 0 && (
        <>
          <section class="card">
            <h2>Duration</h2>
            <CheckpointChart made={made} />
          </section>
          <Scroll label="Checkpoints" class="card tall">
            <table>
              <thead>
                <tr>
                  <th scope="col" class="number">
                    Number
                  </th>
                  <th scope="col">At</th>
                  <th scope="col">Kind</th>
                  <th scope="col">State</th>
                  <th scope="col" class="number">
                    Took
                  </th>
                  <th scope="col" class="number">
                    Size
                  </th>
                  <th scope="col">Where, or why not</th>
                </tr>
              </thead>
              <tbody>
                {made.slice(0, 200).map((one, i) => (
                  <tr key={i}>
                    <td class="number">{one.number ?? "–"}</td>
                    <td class="when">{time(one.at_ms)}</td>
                    <td>{one.kind}</td>
                    <td class={one.error ? "bad" : "good"}>{one.state}</td>
                    <td class="number">{span(one.duration_ms)}</td>
                    <td class="number">{bytes(one.bytes)}</td>
                    <td class="mono words">{one.error ?? one.path}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
    </div>
  );
}

export function Exceptions({ id }: { id: string }) {
  const { found, error } = useGet<{ exceptions: Thrown[] }>(of(id, "exceptions"), 5000);

  return (
    <>
      <Problem text={error} />
      {found?.exceptions.length === 0 && <Empty>Nothing went wrong so far.</Empty>}
      {found && found.exceptions.length > 0 && <ExceptionTable thrown={found.exceptions} />}
    </>
  );
}

export function ExceptionTable({ thrown }: { thrown: (Thrown & { job?: string })[] }) {
  const jobs = thrown.some((one) => one.job !== undefined);

  return (
    <Scroll label="Exceptions" class="card tall">
      <table>
        <thead>
          <tr>
            <th scope="col">At</th>
            {jobs && <th scope="col">Job</th>}
            <th scope="col">Cause</th>
            <th scope="col">Then</th>
          </tr>
        </thead>
        <tbody>
          {thrown.map((one, i) => (
            <tr key={i}>
              <td class="when">{time(one.at_ms)}</td>
              {jobs && (
                <td>
                  <span class="one-line" title={one.job}>
                    {one.job}
                  </span>
                </td>
              )}
              <td class="words">
                {one.message}
                {one.hint && <small class="inline block">{one.hint}</small>}
              </td>
              <td class="when">{one.restarted ? "restarted" : "failed"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Logs({ id }: { id: string }) {
  const { found, error } = useGet<{ lines: unknown[] }>(of(id, "logs"), 3000);
  const text = (line: unknown) => {
    if (typeof line === "string") return line;
    const { at_ms, ...rest } = line as Record<string, unknown>;
    return `${at_ms === undefined ? "" : `${time(at_ms as number)}  `}${Object.values(rest).join("  ")}`;
  };

  return (
    <>
      <Problem text={error} />
      {found?.lines.length === 0 && <Empty>Nothing was logged.</Empty>}
      {found && found.lines.length > 0 && (
        <pre class="log" tabIndex={0} role="region" aria-label="Log">
          {found.lines.map(text).join("\n")}
        </pre>
      )}
    </>
  );
}
