/** Alerts that fire, what came and went, and silences. */
import { useState } from "preact/hooks";

import { post, remove } from "../api";
import { span, time } from "../format";
import type { Alert, AlertList, Receiver, Silence } from "../parts/alerts";
import { Empty, Heads, Problem, Scroll } from "../parts/bits";
import { Ask, type Asked } from "../parts/dialog";
import { useGet } from "../parts/hooks";
import { may, notice } from "../store";

const text = (form: FormData, name: string) => String(form.get(name) ?? "").trim();
const HOURS = [1, 4, 24, 168];

const acknowledge = (alert: Alert, again: () => void): Asked => ({
  title: `Acknowledge ${alert.alert} of ${alert.job}?`,
  verb: "Acknowledge",
  body: (
    <>
      <p>{alert.cause}</p>
      <label>
        Comment
        <input name="comment" maxLength={250} placeholder="who does what about it" />
      </label>
    </>
  ),
  act: async (form) => {
    await post(`/v1/alerts/${alert.id}/acknowledge`, { comment: text(form, "comment") });
    notice.value = "The alert was acknowledged";
    again();
  },
});

const silence = (alert: Alert | undefined, again: () => void): Asked => ({
  title: alert === undefined ? "Silence alerts" : `Silence ${alert.alert} of ${alert.job}`,
  verb: "Silence",
  body: (
    <>
      <label>
        Jobs (* and ? are wildcards)
        <input name="job" required maxLength={250} value={alert?.job ?? "*"} />
      </label>
      <label>
        Alerts
        <input name="alert" required maxLength={250} value={alert?.alert ?? "*"} />
      </label>
      <label>
        For
        <select name="hours">
          {HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {span(hours * 3600000)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Reason
        <input name="reason" required maxLength={250} />
      </label>
    </>
  ),
  act: async (form) => {
    await post("/v1/silences", { job: text(form, "job"), alert: text(form, "alert"), duration_ms: Number(form.get("hours")) * 3600000, reason: text(form, "reason") });
    notice.value = "The alerts are silenced";
    again();
  },
});

const unsilence = (one: Silence, again: () => void): Asked => ({
  title: "End the silence?",
  verb: "End it",
  body: <p>{one.reason}</p>,
  act: async () => {
    await remove(`/v1/silences/${one.id}`);
    notice.value = "The silence has ended";
    again();
  },
});

/** By sign and word, not by colour alone. */
function Severity({ of }: { of: string }) {
  return (
    <span class={of === "page" ? "bad" : "warn"}>
      <span aria-hidden="true">{of === "page" ? "▲" : "△"}</span> {of}
    </span>
  );
}

function Line({ alert, ask, again }: { alert: Alert; ask: (asked: Asked) => void; again: () => void }) {
  const name = `${alert.alert} of ${alert.job}`;

  return (
    <tr>
      <td>
        <Severity of={alert.severity} />
      </td>
      <th scope="row">
        <span class="one-line">{alert.alert}</span>
        {alert.slo && <small> {alert.slo}</small>}
      </th>
      <td>
        <a class="one-line" href={`/ui/jobs/${alert.job_id}`} title={alert.job}>
          {alert.job}
        </a>
      </td>
      <td class="words">
        {alert.cause}
        {alert.acknowledged_by !== null && (
          <small>
            {" "}
            Acknowledged{alert.acknowledged_by && ` by ${alert.acknowledged_by}`}
            {alert.comment && `: ${alert.comment}`}
          </small>
        )}
        {alert.silenced_by && <small> Silenced</small>}
      </td>
      <td>{alert.state}</td>
      <td class="number">{span(Date.now() - (alert.fired_ms ?? alert.since_ms ?? Date.now()))}</td>
      <td>
        <a href={alert.runbook} aria-label={`Runbook of ${name}`}>
          Runbook
        </a>
      </td>
      {may() && (
        <td class="actions">
          {alert.state === "firing" && (
            <>
              {alert.acknowledged_by === null && (
                <button type="button" onClick={() => ask(acknowledge(alert, again))} aria-label={`Acknowledge ${name}`}>
                  Acknowledge
                </button>
              )}
              <button type="button" onClick={() => ask(silence(alert, again))} aria-label={`Silence ${name}`}>
                Silence
              </button>
            </>
          )}
        </td>
      )}
    </tr>
  );
}

function Receivers({ all }: { all: Receiver[] }) {
  const failing = all.filter((one) => one.failed + one.dropped > 0 || (one.waiting > 0 && one.last_error));

  return (
    <>
      {failing.map((one) => (
        <Problem key={one.receiver} text={`${one.receiver}: ${one.failed} notifications have failed, ${one.dropped} were dropped, ${one.waiting} wait. ${one.last_error ?? ""}`} />
      ))}
      {all.length === 0 && <p class="hint">Nobody is told of alerts: server.alerts.webhook.url and server.alerts.alertmanager.url are not set.</p>}
    </>
  );
}

function Silences({ all, ask, again }: { all: Silence[]; ask: (asked: Asked) => void; again: () => void }) {
  const there = all.filter((one) => one.state !== "expired");

  if (there.length === 0) return <Empty>Nothing is silenced.</Empty>;
  return (
    <Scroll label="Silences" class="card">
      <table>
        <thead>
          <tr>
            <Heads names={["Jobs", "Alerts", "From", "Until", "By", "Reason"]} />
            {may() && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody>
          {there.map((one) => (
            <tr key={one.id}>
              <td>{one.job ?? "all"}</td>
              <td>{one.alert ?? "all"}</td>
              <td class="when">{time(one.starts_ms)}</td>
              <td class="when">{time(one.ends_ms)}</td>
              <td>{one.owner || "–"}</td>
              <td class="words">{one.reason}</td>
              {may() && (
                <td class="actions">
                  <button type="button" onClick={() => ask(unsilence(one, again))} aria-label={`End the silence: ${one.reason}`}>
                    End
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** What came and went, the newest first. */
function History({ events }: { events: AlertList["history"] }) {
  if (events.length === 0) return <Empty>No alert has fired so far.</Empty>;
  return (
    <Scroll label="History of alerts" class="card">
      <table>
        <thead>
          <tr>
            <Heads names={["When", "What", "Severity", "Alert", "Job", "Cause"]} />
          </tr>
        </thead>
        <tbody>
          {events.map((event, i) => (
            <tr key={i}>
              <td class="when">{time(event.at_ms)}</td>
              <td>{event.event}</td>
              <td>
                <Severity of={event.severity} />
              </td>
              <th scope="row">
                <span class="one-line">{event.alert}</span>
                {event.slo && <small> {event.slo}</small>}
              </th>
              <td>
                <span class="one-line">{event.job}</span>
              </td>
              <td class="words">{event.cause}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Alerts() {
  const [asked, ask] = useState<Asked>();
  const { found, error, again } = useGet<AlertList>("/v1/alerts", 3000);
  const silences = useGet<{ silences: Silence[] }>("/v1/silences", 10000);
  const both = () => {
    again();
    silences.again();
  };
  const shown = [...(found?.alerts ?? [])].sort((a, b) => Number(b.severity === "page") - Number(a.severity === "page") || (b.fired_ms ?? 0) - (a.fired_ms ?? 0));

  return (
    <div class="stack">
      <div class="heading">
        <h1>Alerts</h1>
        {found && (
          <p class="summary">
            {found.firing} firing, {found.silenced} silenced
          </p>
        )}
        {may() && (
          <button type="button" onClick={() => ask(silence(undefined, both))}>
            Silence alerts
          </button>
        )}
      </div>
      <Problem text={error} />
      {found && <Receivers all={found.notifications} />}
      {found && shown.length === 0 && <Empty>Nothing is wrong.</Empty>}
      {shown.length > 0 && (
        <Scroll label="Alerts" class="card">
          <table>
            <thead>
              <tr>
                {["Severity", "Alert", "Job", "Cause", "State", "For", "What to do"].map((name) => (
                  <th key={name} scope="col" class={name === "For" ? "number" : ""}>
                    {name}
                  </th>
                ))}
                {may() && <th scope="col">Actions</th>}
              </tr>
            </thead>
            <tbody>
              {shown.map((alert) => (
                <Line key={alert.id} alert={alert} ask={ask} again={both} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      <h2>Silences</h2>
      {silences.found && <Silences all={silences.found.silences} ask={ask} again={both} />}
      <h2>What came and went</h2>
      {found && <History events={found.history} />}
      {asked && <Ask asked={asked} close={() => ask(undefined)} />}
    </div>
  );
}
