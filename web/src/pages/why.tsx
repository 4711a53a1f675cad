/** "Why no output?": the one sentence, and what it is drawn from. */
import { cell, span, time, whole } from "../format";
import { Empty, Problem, Scroll } from "../parts/bits";
import { useGet } from "../parts/hooks";
import type { Why } from "../types";

const NAMES: Record<string, string> = {
  last_record_ms: "last record",
  watermark_ms: "watermark",
  next_fire_ms: "next fires at",
  last_written_ms: "last written",
  last_commit_ms: "last commit",
  blocked_ms: "blocked for",
  holds_back: "holds back",
  waits_for: "waits for",
};

function value(name: string, of: unknown): string {
  if (of === null || of === undefined) return "–";
  if (name === "blocked_ms") return span(of as number);
  if (name === "last_record_ms" || name.startsWith("last_")) return `${span(Date.now() - (of as number))} ago`;
  if (name.endsWith("_ms")) return time(of as number);
  if (typeof of === "boolean") return of ? "yes" : "no";
  if (typeof of === "number") return whole(of);
  return cell(of);
}

/** What is in the column's head: "rows_in" is "Rows in". */
function head(name: string): string {
  const words = NAMES[name] ?? name.replaceAll("_", " ");

  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `job`: the rows are its operators, and lead to them. */
function Facts({ title, rows, job }: { title: string; rows: Record<string, unknown>[]; job?: string }) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== "id" && name !== "inputs");
  const numbers = new Set(names.filter((name) => rows.some((row) => typeof row[name] === "number")));
  const side = (name: string) => (numbers.has(name) ? "number" : "");

  return (
    <section class="card">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <Empty>None.</Empty>
      ) : (
        <Scroll label={title}>
          <table>
            <thead>
              <tr>
                {names.map((name) => (
                  <th key={name} scope="col" class={side(name)}>
                    {head(name)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, i) => (
                <tr key={i} class={row.holds_back === true ? "held" : ""}>
                  {names.map((name) => (
                    <td key={name} class={side(name)}>
                      {job !== undefined && name === "name" ? <a href={`/ui/jobs/${job}/graph/${row.id}`}>{value(name, row[name])}</a> : value(name, row[name])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

export function WhyView({ id }: { id: string }) {
  const { found, error } = useGet<Why & { hint?: string }>(`/v1/jobs/${encodeURIComponent(id)}/why`, 2000);

  return (
    <div class="stack">
      <Problem text={error} />
      {found && (
        <>
          <div class="sentence" role="status">
            {found.sentence}
            {found.hint && <p class="hint">{found.hint}</p>}
          </div>
          <Facts title="Sources" rows={found.sources ?? []} />
          <Facts title="Operators" rows={found.operators ?? []} job={encodeURIComponent(id)} />
          <Facts title="Sinks" rows={found.sinks ?? []} />
        </>
      )}
    </div>
  );
}
