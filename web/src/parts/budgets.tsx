/** Error budgets of jobs: what is left, and how fast each burns over its windows. */
import { span } from "../format";
import type { Burn, Slo } from "./alerts";
import { Empty, Figure, Meter, Scroll } from "./bits";
import { useGet } from "./hooks";

const percent = (value: number) => `${(value * 100).toFixed(Math.abs(value) < 0.1 ? 1 : 0)} %`;
const tone = (slo: Slo) => (slo.severity === "page" ? "bad" : slo.severity === "warn" ? "warn" : "");

/** The objectives, once they are there, and whether there was an answer at all. */
export function useSlos(): { slos: Slo[] | undefined; answered: boolean } {
  const { found, error } = useGet<{ slos: Slo[] }>("/v1/slos", 5000);
  return { slos: found?.slos, answered: found !== undefined || error !== undefined };
}

/** The budget of which least is left. */
export function BudgetFigure({ slos }: { slos: Slo[] | undefined }) {
  const least = (slos ?? []).reduce<Slo | undefined>((worst, one) => (worst === undefined || one.budget_remaining < worst.budget_remaining ? one : worst), undefined);

  if (least === undefined) return null;
  return (
    <Figure name={`Error budget left: ${least.slo} of ${least.job}`} tone={`large ${least.budget_remaining < 0 ? "bad" : tone(least)}`}>
      {percent(least.budget_remaining)}
    </Figure>
  );
}

function BurnCell({ burn }: { burn: Burn }) {
  return (
    <td class={`number ${burn.holds ? (burn.severity === "page" ? "bad" : "warn") : ""}`}>
      {percent(burn.burn)}{" "}
      <small>
        ({percent(burn.short_burn)} over {span(burn.short_window_ms)})
      </small>
    </td>
  );
}

export function Budgets({ slos }: { slos: Slo[] | undefined }) {
  if (slos === undefined) return null;
  if (slos.length === 0)
    return (
      <Empty>
        No job has an objective. Declare one in its script, as <code>SET 'weir.slo.latency' = '2 s'</code>, or for many jobs in weir.yaml.
      </Empty>
    );
  return (
    <Scroll label="Error budgets" class="card">
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Objective</th>
            <th scope="col" class="number">
              Is to be good
            </th>
            <th scope="col">Budget left, of {span(slos[0].window_ms)}</th>
            {slos[0].burn.map((burn) => (
              <th key={burn.severity} scope="col" class="number">
                Burn over {span(burn.window_ms)}
                <small>
                  {" "}
                  {burn.severity} at {percent(burn.threshold)}
                </small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {slos.map((slo) => (
            <tr key={`${slo.job_id} ${slo.slo}`}>
              <th scope="row">
                <a href={`/ui/jobs/${slo.job_id}`}>{slo.job}</a>
              </th>
              <td>
                {slo.slo}
                {slo.bound > 0 && <small> within {slo.slo === "lag.records" ? `${slo.bound} records` : span(slo.bound)}</small>}
              </td>
              <td class="number">{+(slo.objective * 100).toFixed(6)} %</td>
              <td>
                <Meter value={slo.budget_remaining} tone={slo.budget_remaining <= 0 ? "bad" : tone(slo)} text={percent(slo.budget_remaining)} />
              </td>
              {slo.burn.map((burn) => (
                <BurnCell key={burn.severity} burn={burn} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
