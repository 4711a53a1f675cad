/** Small things that many views show. */
import type { ComponentChildren } from "preact";

const MARKS: Record<string, string> = {
  RUNNING: "●",
  RESTARTING: "↻",
  CREATED: "○",
  FINISHED: "✓",
  FAILED: "✕",
  CANCELED: "■",
  SUSPENDED: "❚❚",
};

/** A job's state: by sign and word, not by colour alone. */
export function State({ state, changing }: { state: string; changing?: string | null }) {
  return (
    <span class={`state state-${state.toLowerCase()}`}>
      <span aria-hidden="true">{MARKS[state] ?? "?"}</span> {state.charAt(0) + state.slice(1).toLowerCase()}
      {changing ? <small> ({changing})</small> : null}
    </span>
  );
}

/** The cells of a table's head. */
export function Heads({ names }: { names: string[] }) {
  return (
    <>
      {names.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
    </>
  );
}

export function Problem({ text }: { text?: string | null }) {
  return text ? (
    <p class="problem" role="alert">
      {text}
    </p>
  ) : null;
}

/** A figure with its name. */
export function Figure({ name, children, tone }: { name: string; children: ComponentChildren; tone?: string }) {
  return (
    <div class={`figure ${tone ?? ""}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Views below a heading; each is a link, so that it has an address. */
export function Tabs({ label, at, tabs }: { label: string; at: string; tabs: { href: string; key: string; name: string }[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <a key={tab.key} href={tab.href} aria-current={tab.key === at ? "page" : undefined}>
          {tab.name}
        </a>
      ))}
    </nav>
  );
}

/** Tables are wide: they scroll by themselves, with the keyboard too. */
export function Scroll({ label, children, class: name }: { label: string; children: ComponentChildren; class?: string }) {
  return (
    <div class={`scroll ${name ?? ""}`} role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** While the first answer is on its way; what comes fast is not announced. */
export function Loading() {
  return (
    <p class="empty loading" role="status">
      Loading …
    </p>
  );
}

/** Where a chart will be, so that what stands below it does not move when it comes. */
export function Room({ height }: { height: number }) {
  return <div style={{ minHeight: `${height}px` }} />;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** A share of one as a bar with its number beside. */
export function Meter({ value, tone, text }: { value: number; tone?: string; text: string }) {
  return (
    <span class="meter">
      <span class="bar" aria-hidden="true">
        <span class={tone ?? ""} style={{ width: `${Math.min(Math.max(value, 0), 1) * 100}%` }} />
      </span>
      {text}
    </span>
  );
}

/** Objects of the server as a table whose columns are their members. */
export function Records({ label, rows, show }: { label: string; rows: Record<string, unknown>[]; show?: (name: string, value: unknown) => string }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];

  return (
    <Scroll label={label}>
      <table>
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name.replace(/_ms$|_us$/, "").replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {names.map((name) => (
                <td key={name} class={typeof row[name] === "number" ? "number" : ""}>
                  {show ? show(name, row[name]) : String(row[name] ?? "–")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
