/** One operator, or a chain of them, as a box of the graph. From afar it has a short name only, and from farther none: then its colour
 * is what is to be seen. */
import { memo } from "preact/compat";

import { count, share } from "../format";
import type { Heat } from "./graph_chains";
import { HEIGHT, WIDTH, type Placed } from "./graph_layout";

export type Detail = "all" | "name" | "none";

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

interface BoxShown {
  node: Placed;
  heat: Heat;
  picked: boolean;
  /** Whether what is searched for is here; undefined: nothing is searched for. */
  found?: boolean;
  detail: Detail;
  /** Height of the name's letters. */
  letters: number;
  /** The one that the Tab key stops at. */
  tab: boolean;
}

function Shown({ node, heat, picked, found, detail, letters, tab }: BoxShown) {
  const { busy, back, rate, known } = heat;
  const tone = back >= busy ? "back" : "busy";
  const more = node.members.length > 1 ? `${node.members.length} in a chain${node.table ? `, ${node.table}` : ""}` : (node.table ?? node.detail ?? "");
  const figures = known ? `${count(rate)}/s · busy ${share(busy)}${back >= 0.005 ? ` · bp ${share(back)}` : ""}` : `× ${node.parallelism}`;
  const title = `${node.name}${more === "" ? "" : `, ${more}`}`;
  const near = [cut(node.name, 23), cut(more, 24), figures].filter((text) => text !== "");
  const far = cut(node.table ?? node.name, Math.floor((WIDTH - 16) / (letters * 0.66)));

  return (
    <g
      class={`node ${picked ? "picked" : ""} ${found === undefined ? "" : found ? "found" : "other"}`}
      data-id={node.id}
      role="button"
      aria-label={`${(detail === "name" ? [far, ...near] : near).join(" ")}, back pressure ${share(back)}`} /* begins with what is to be read */
      aria-pressed={picked}
      tabindex={tab ? 0 : -1} /* not tabIndex: names of attributes of SVG are as they are written */
      transform={`translate(${node.x - WIDTH / 2},${node.y - HEIGHT / 2})`}
    >
      <title>{title}</title>
      {node.members.length > 1 && <rect class="box behind" x="5" y="5" width={WIDTH} height={HEIGHT} rx="7" />}
      <rect class="box" width={WIDTH} height={HEIGHT} rx="7" />
      <rect class={`tint ${tone}`} width={WIDTH} height={HEIGHT} rx="7" fill-opacity={(Math.max(busy, back) * (detail === "all" ? 0.4 : 0.85)).toFixed(2)} />
      {detail === "name" && (
        <text class="name" x="9" y={HEIGHT / 2 + letters * 0.35} font-size={letters}>
          {far}
        </text>
      )}
      {detail === "all" && (
        <>
          <text class="name" x="10" y="20" font-size="14">
            {`${cut(node.name, 23)} `}
          </text>
          <text class="more" x="10" y="38">
            {`${cut(more, 24)} `}
          </text>
          <text class="more" x="10" y="56">
            {figures}
          </text>
          <rect class="track" x="10" y={HEIGHT - 11} width={WIDTH - 20} height="4" rx="2" />
          <rect class="tint busy" x="10" y={HEIGHT - 11} width={(WIDTH - 20) * Math.min(busy, 1)} height="4" />
          <rect class="tint back" x={10 + (WIDTH - 20) * Math.min(busy, 1)} y={HEIGHT - 11} width={(WIDTH - 20) * Math.min(back, Math.max(1 - busy, 0))} height="4" />
        </>
      )}
    </g>
  );
}

/** Drawn again when something about it is another to the eye: of hundreds of boxes most stay as they are. */
export const Box = memo(Shown, (a, b) => {
  const same = (one: number, other: number) => Math.abs(one - other) < 0.002;

  return (
    a.node === b.node &&
    a.picked === b.picked &&
    a.found === b.found &&
    a.detail === b.detail &&
    a.letters === b.letters &&
    a.tab === b.tab &&
    a.heat.known === b.heat.known &&
    same(a.heat.busy, b.heat.busy) &&
    same(a.heat.back, b.heat.back) &&
    count(a.heat.rate) === count(b.heat.rate)
  );
});

export const Lines = memo(
  ({ lines }: { lines: { kind: string; d: string }[] }) => (
    <g>
      {lines.map((line, i) => (
        <path key={i} class={`edge ${line.kind === "late" || line.kind === "dead" ? "aside" : line.kind}`} d={line.d} marker-end="url(#arrow)">
          <title>{line.kind}</title>
        </path>
      ))}
    </g>
  ),
  (a, b) => a.lines === b.lines,
);
