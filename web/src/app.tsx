/** The frame around all views: the way to them, who is logged in, and whether the server answers. */
import { lazy, Suspense } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";

import { get, loginNeeded, logout, said } from "./api";
import { firing, watchAlerts } from "./parts/alerts";
import { Loading, Problem } from "./parts/bits";
import { Told } from "./parts/told";
import { Jobs } from "./pages/jobs";
import { Login } from "./pages/login";
import { onLink, path } from "./route";
import { info, jobs, live, notice, watchJobs } from "./store";
import { theme, turn } from "./theme";
import type { Info } from "./types";

const JobView = lazy(() => import("./pages/job").then((part) => part.JobView));
const Sql = lazy(() => import("./pages/sql").then((part) => part.Sql));
const Boards = lazy(() => import("./pages/boards").then((part) => part.Boards));
const Catalog = lazy(() => import("./pages/catalog").then((part) => part.Catalog));
const Alerts = lazy(() => import("./pages/alerts").then((part) => part.Alerts));
const Lost = lazy(() => import("./pages/lost").then((part) => part.Lost));

const VIEWS = [
  { key: "jobs", name: "Jobs", title: "Jobs" },
  { key: "sql", name: "SQL", title: "SQL" },
  { key: "catalog", name: "Catalog", title: "Catalog" },
  { key: "boards", name: "Boards", title: "Boards" },
  { key: "alerts", name: "Alerts", title: "Alerts" },
  { key: "lost", name: "Dead letters", title: "Dead letters and late rows" },
];

/** What a path shows as a whole; within it, tabs keep the focus. */
const place = (at: string) => at.split("/").slice(0, at.startsWith("jobs/") ? 2 : 1).join("/");

function View({ at }: { at: string }) {
  const [first, ...rest] = at.split("/").map(decodeURIComponent);

  if (first === "jobs") return rest[0] === undefined ? <Jobs /> : <JobView key={rest[0]} id={rest[0]} tab={rest[1] ?? "graph"} op={rest[2]} />;
  if (first === "sql") return <Sql />;
  if (first === "catalog") return <Catalog name={rest[0]} />;
  if (first === "boards") return <Boards board={rest[0] ?? "executive"} />;
  if (first === "alerts") return <Alerts />;
  if (first === "lost") return <Lost table={rest[0]} />;
  return (
    <>
      <h1>Not found</h1>
      <p>
        There is no view “{at}”. <a href="/ui/jobs">All jobs</a>
      </p>
    </>
  );
}

function Who() {
  const found = info.value;

  return (
    <div class="who">
      <button type="button" class="quiet" onClick={turn} aria-label={`Show the ${theme.value === "dark" ? "light" : "dark"} theme`}>
        <span aria-hidden="true">{theme.value === "dark" ? "☀" : "☾"}</span>
      </button>
      {found?.login && !loginNeeded.value && (
        <>
          <span>
            {found.user} <small>({found.role})</small>
          </span>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              logout();
              info.value = undefined;
              jobs.value = undefined;
            }}
          >
            Log out
          </button>
        </>
      )}
    </div>
  );
}

export function App() {
  const [error, setError] = useState<string>();
  const main = useRef<HTMLElement>(null);
  const seen = useRef(path.value);
  const top = path.value.split("/")[0];
  const view = VIEWS.find((one) => one.key === top);

  useEffect(() => {
    if (loginNeeded.value) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      get<Info>("/v1/info").then(
        (found) => {
          info.value = found;
          setError(undefined);
        },
        (reason) => {
          setError(loginNeeded.value ? undefined : said(reason));
          if (!loginNeeded.value) timer = setTimeout(ask, 3000);
        },
      );
    void ask();
    return () => clearTimeout(timer);
  }, [loginNeeded.value]);
  useEffect(() => (info.value === undefined ? undefined : watchJobs()), [info.value]);
  useEffect(() => (info.value === undefined ? undefined : watchAlerts()), [info.value]);
  useEffect(() => {
    document.title = view ? `${view.title} – Weir` : "Weir";
    if (place(seen.current) !== place(path.value)) main.current?.focus(); // a new view: the way through it begins anew
    seen.current = path.value;
  }, [path.value]);

  const failed = (jobs.value ?? []).filter((job) => job.state === "FAILED").length;
  return (
    <div class="frame" onClick={onLink}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header>
        <a class="brand" href="/ui/jobs" aria-label="Weir: jobs">
          <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
            <path d="M1 6c4-4 6 4 10 0s6 4 10 0M1 12c4-4 6 4 10 0s6 4 10 0M1 18c4-4 6 4 10 0s6 4 10 0" />
          </svg>
          Weir
        </a>
        <nav aria-label="Views" hidden={loginNeeded.value}>
          {VIEWS.map((one) => (
            <a key={one.key} href={`/ui/${one.key}`} aria-current={one.key === top ? "page" : undefined}>
              {one.name}
              {one.key === "alerts" && (firing.value ?? 0) > 0 && (
                <span class="badge" aria-label={`, ${firing.value} firing`}>
                  {firing.value}
                </span>
              )}
              {one.key === "jobs" && failed > 0 && (
                <span class="badge" aria-label={`, ${failed} failed`}>
                  {failed}
                </span>
              )}
            </a>
          ))}
        </nav>
        <Who />
      </header>
      <div class="visually-hidden" aria-live="polite">
        {notice.value}
      </div>
      {!live.value && !loginNeeded.value && (
        <p class="banner" role="status">
          The server does not answer. What is shown is as it was; the page tries again.
        </p>
      )}
      <main id="main" ref={main} tabIndex={-1}>
        <Problem text={error} />
        {loginNeeded.value ? (
          <Login />
        ) : (
          info.value !== undefined && (
            <Suspense fallback={<Loading />}>
              <View at={path.value} />
            </Suspense>
          )
        )}
      </main>
      {!loginNeeded.value && <Told />}
      <footer>{info.value && <>Weir {info.value.version}</>}</footer>
    </div>
  );
}
