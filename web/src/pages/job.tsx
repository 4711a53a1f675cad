/** One job: its figures on top, and below them its graph, why there is no output, its history, its SQL. */
import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";

import { bytes, count, span, time, whole } from "../format";
import { Figure, Loading, Problem, State, Tabs } from "../parts/bits";
import { Ask, type Asked } from "../parts/dialog";
import { useGet } from "../parts/hooks";
import { Spark } from "../parts/spark";
import { history, jobs, may } from "../store";
import type { Job, JobWhole } from "../types";
import { active, forgetJob, rescaleJob, restartJob, savepointOf, stopJob } from "./actions";
import { Checkpoints, Exceptions, Logs } from "./job_history";
import { Lag } from "./job_lag";
import { LateRows } from "./job_late";
import { JobSql } from "./job_sql";
import { WhyView } from "./why";

const JobGraph = lazy(() => import("./job_graph").then((part) => part.JobGraph));
const Letters = lazy(() => import("./job_letters").then((part) => part.Letters));

const TABS = [
  { key: "graph", name: "Operators" },
  { key: "why", name: "Why no output?" },
  { key: "checkpoints", name: "Checkpoints" },
  { key: "exceptions", name: "Exceptions" },
  { key: "lag", name: "Lag" },
  { key: "letters", name: "Dead letters" },
  { key: "late", name: "Late rows" },
  { key: "sql", name: "SQL" },
  { key: "logs", name: "Log" },
];

function Top({ job }: { job: Job }) {
  return (
    <dl class="figures card top">
      <Figure name="Rows per second in">
        <Spark values={(history.get(job.id) ?? []).map((point) => point.in_s)} label="Rows per second, last minute" />{" "}
        {job.state === "RUNNING" ? count(job.rows_in_per_s) : "–"}
      </Figure>
      <Figure name="Rows in">{whole(job.rows_in)}</Figure>
      <Figure name="Rows out">{whole(job.rows_out)}</Figure>
      <Figure name="Late" tone={job.rows_late > 0 ? "warn" : ""}>
        {whole(job.rows_late)}
      </Figure>
      <Figure name="Bad" tone={job.rows_bad > 0 ? "bad" : ""}>
        {whole(job.rows_bad)}
      </Figure>
      <Figure name="Watermark lag">{span(job.watermark_lag_ms)}</Figure>
      <Figure name="Behind by">{job.lag === null ? "–" : `${count(job.lag)} rows`}</Figure>
      <Figure name="State size">{bytes(job.state_bytes)}</Figure>
      <Figure name="Last checkpoint" tone={job.checkpoint.failed > 0 ? "warn" : ""}>
        {job.checkpoint.age_ms === null ? "–" : `${span(job.checkpoint.age_ms)} ago`}
      </Figure>
      <Figure name="Restarts" tone={job.restarts > 0 ? "warn" : ""}>
        {job.restarts}
      </Figure>
      <Figure name={job.uptime_ms === null ? "Ended" : "Uptime"}>{job.uptime_ms === null ? time(job.ended_ms) : span(job.uptime_ms)}</Figure>
    </dl>
  );
}

function Buttons({ job, parallelism, ask }: { job: Job; parallelism?: number | null; ask: (asked: Asked) => void }) {
  if (!may()) return null;
  return (
    <p class="buttons">
      {active(job) ? (
        <>
          <button type="button" onClick={() => ask(savepointOf(job))}>
            Savepoint
          </button>
          <button type="button" onClick={() => ask(rescaleJob(job, parallelism))}>
            Rescale
          </button>
          <button type="button" class="danger" onClick={() => ask(stopJob(job))}>
            Stop
          </button>
        </>
      ) : (
        <>
          <button type="button" class="main" onClick={() => ask(restartJob(job))}>
            Start again
          </button>
          <button type="button" class="danger" onClick={() => ask(forgetJob(job))}>
            Forget
          </button>
        </>
      )}
    </p>
  );
}

export function JobView({ id, tab, op }: { id: string; tab: string; op?: string }) {
  const at = `/v1/jobs/${encodeURIComponent(id)}`;
  const { found, error, again } = useGet<JobWhole>(at);
  const [asked, ask] = useState<Asked>();
  const job = jobs.value?.find((one) => one.id === id || one.name === id) ?? found;

  useEffect(() => (found ? again() : undefined), [job?.state]);
  if (job === undefined)
    return (
      <>
        <h1>Job {id}</h1>
        {error ? <Problem text={error} /> : <Loading />}
        <p>
          <a href="/ui/jobs">All jobs</a>
        </p>
      </>
    );
  const path = `/ui/jobs/${encodeURIComponent(id)}`;
  return (
    <>
      <div class="heading">
        <h1>{job.name}</h1>
        <State state={job.state} changing={job.changing} />
        <small class="mono">{job.id}</small>
        <Buttons job={job} parallelism={found?.parallelism} ask={ask} />
      </div>
      <Problem text={job.error ? `${job.error}${found?.hint ? `\n${found.hint}` : ""}` : undefined} />
      {found?.waiting && <p class="banner">{found.waiting}</p>}
      <Top job={job} />
      <Tabs label={`Of ${job.name}`} at={tab} tabs={TABS.map((one) => ({ ...one, href: `${path}/${one.key}` }))} />
      {tab === "graph" && (
        <Suspense fallback={<Loading />}>
          <JobGraph id={id} job={job} sql={found?.sql} op={op} />
        </Suspense>
      )}
      {tab === "why" && <WhyView id={id} />}
      {tab === "checkpoints" && <Checkpoints id={id} />}
      {tab === "exceptions" && <Exceptions id={id} />}
      {tab === "lag" && <Lag id={id} />}
      {tab === "letters" && (
        <Suspense fallback={<Loading />}>
          <Letters job={job} />
        </Suspense>
      )}
      {tab === "late" && <LateRows job={job} />}
      {tab === "sql" && found && <JobSql job={found} changed={again} />}
      {tab === "logs" && <Logs id={id} />}
      {asked && (
        <Ask
          asked={asked}
          close={() => {
            ask(undefined);
            again();
          }}
        />
      )}
    </>
  );
}
