/** Curves over time (or any x), by uPlot, in the colours of the theme. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export const COLOURS = ["--curve-1", "--curve-2", "--curve-3", "--curve-4", "--curve-5"];

/** What its legend takes, in pixels: of a line. */
const LEGEND = 28;

interface Shown {
  label: string;
  /** x first, then a curve each. */
  data: (number | null)[][];
  names: string[];
  format: (value: number) => string;
  times?: boolean;
  /** Names of what stands across, in place of numbers: bars, at 0, 1, 2 ... */
  labels?: string[];
  height?: number;
}

/** A colour of the theme as a canvas takes it. */
function colour(name: string): string {
  const probe = document.body.appendChild(document.createElement("i"));

  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** The time of day (UTC); at midnight and for whole days the date. */
function clock(at: number): string {
  const text = new Date(at * 1000).toISOString();

  return text.slice(11, 19) === "00:00:00" ? text.slice(0, 10) : text.slice(11, 19);
}

/** What stands below the ticks: names, times, or the numbers as they are. */
function across({ labels, times }: Shown): Partial<uPlot.Axis> {
  if (labels) return { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], space: 60, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? (labels[tick] ?? "").slice(0, 14) : "")) };
  return times === false ? {} : { values: (_, ticks) => ticks.map(clock) };
}

function options(shown: Shown, width: number): uPlot.Options {
  const axis = { stroke: colour("--plot-ink"), grid: { stroke: colour("--plot-grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };

  return {
    width,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    height: shown.height ?? 180,
    legend: { show: shown.names.length > 1 },
    cursor: { points: { size: 6 } },
    scales: { x: { time: shown.times ?? true, range: shown.labels && ((_, low, high) => [(low ?? 0) - 0.5, (high ?? 0) + 0.5]) }, y: { range: (_, low, high) => [Math.min(low ?? 0, 0), high > 0 ? high * 1.1 : 1] } },
    axes: [{ ...axis, size: 28, space: 90, ...across(shown) }, { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : shown.format(tick))) }],
    series: [
      shown.labels ? { label: "Of", value: (_: uPlot, at: number | null) => (at === null ? "–" : (shown.labels![at] ?? "–")) } : shown.times === false ? {} : { label: "At", value: (_: uPlot, at: number | null) => (at === null ? "–" : clock(at)) },
      ...shown.names.map((name, i) => ({
        label: name,
        stroke: colour(COLOURS[i % COLOURS.length]!),
        fill: shown.labels || (i === 0 && shown.names.length === 1) ? colour("--plot-fill") : undefined,
        width: 2,
        paths: shown.labels && uPlot.paths.bars!({ size: [0.7, 60] }),
        points: { show: shown.labels === undefined && (shown.data[0]?.length ?? 0) < 2 },
        value: (_: uPlot, value: number | null) => (value === null ? "–" : shown.format(value)),
      })),
    ],
  };
}

export function Chart(shown: Shown) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const last = shown.data.slice(1).map((curve) => curve.at(-1));

  useEffect(() => {
    const div = place.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(shown, div.clientWidth || 300), shown.data as uPlot.AlignedData, div);
    };
    make();
    const size = new ResizeObserver(() => plot.current?.setSize({ width: div.clientWidth, height: shown.height ?? 180 }));
    size.observe(div);
    const theme = new MutationObserver(make);
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      size.disconnect();
      theme.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shown.names.join("|"), shown.times, shown.labels?.join("|")]);
  useEffect(() => plot.current?.setData(shown.data as uPlot.AlignedData), [shown.data]);

  const now = last.map((value, i) => `${shown.names[i]} ${value === null || value === undefined ? "unknown" : shown.format(value)}`).join(", ");
  const few = shown.labels === undefined && (shown.data[0]?.length ?? 0) < 2;
  return (
    <div class={`chart ${few ? "few" : ""}`} role="img" aria-label={few ? `${shown.label}: figures come in` : `${shown.label}: now ${now}`}>
      {few && <p class="empty">Figures come in …</p>}
      <div ref={place} style={{ minHeight: `${(shown.height ?? 180) + (shown.names.length > 1 ? LEGEND : 0)}px` }} />
    </div>
  );
}
