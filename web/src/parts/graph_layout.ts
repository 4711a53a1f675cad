/** Where the operators of a job stand: ranks from the sources to the sinks, by dagre.
 *
 * A job of many INSERTs is one source with dozens of branches; one below the other they would be a column that nobody can read. Such
 * branches are laid out each for itself and packed into several columns, whose shape is that of the window; lines from the source run
 * along a lane above the columns and down between them. */
import { Graph as Dag, layout } from "@dagrejs/dagre";

import type { GraphEdge } from "../types";
import type { Chain, ChainGraph } from "./graph_chains";

export const WIDTH = 196;
export const HEIGHT = 74;
/** Nodes with more neighbours on one side than this tie branches together. */
const HUB = 6;
const GAP = 36;
const LANE = 70;

export interface Placed extends Chain {
  x: number;
  y: number;
}

export interface Line {
  from: number;
  to: number;
  kind: string;
  d: string;
}

export interface Drawn {
  nodes: Placed[];
  lines: Line[];
  width: number;
  height: number;
}

interface Point {
  x: number;
  y: number;
}

/** A smooth way through the points. */
function way(points: Point[]): string {
  let d = `M${points[0]!.x},${points[0]!.y}`;

  for (let i = 1; i < points.length - 1; i++) {
    const a = points[i]!;
    const b = points[i + 1]!;
    d += ` Q${a.x},${a.y} ${i === points.length - 2 ? b.x : (a.x + b.x) / 2},${i === points.length - 2 ? b.y : (a.y + b.y) / 2}`;
  }
  return points.length === 2 ? `${d} L${points[1]!.x},${points[1]!.y}` : d;
}

/** Straight pieces with small round corners. */
function lane(points: Point[]): string {
  let d = `M${points[0]!.x},${points[0]!.y}`;

  for (let i = 1; i < points.length - 1; i++) {
    const [a, b, c] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const near = (p: Point) => {
      const far = Math.hypot(p.x - b.x, p.y - b.y) || 1;
      const r = Math.min(10, far / 2);
      return `${b.x + ((p.x - b.x) / far) * r},${b.y + ((p.y - b.y) / far) * r}`;
    };
    d += ` L${near(a)} Q${b.x},${b.y} ${near(c)}`;
  }
  return `${d} L${points.at(-1)!.x},${points.at(-1)!.y}`;
}

/** A part of the graph, its corner at 0,0. */
function ranks(nodes: Chain[], edges: GraphEdge[], margin: number): Drawn {
  const dag = new Dag({ multigraph: true });

  dag.setGraph({ rankdir: "LR", nodesep: 24, ranksep: 60, marginx: margin, marginy: margin });
  dag.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) dag.setNode(String(node.id), { width: WIDTH, height: HEIGHT });
  edges.forEach((edge, i) => dag.setEdge(String(edge.from), String(edge.to), {}, String(i)));
  layout(dag);
  const size = dag.graph() as { width?: number; height?: number };
  return {
    nodes: nodes.map((node) => {
      const at = dag.node(String(node.id)) as Point;
      return { ...node, x: at.x, y: at.y };
    }),
    lines: edges.map((edge, i) => {
      const label = dag.edge(String(edge.from), String(edge.to), String(i)) as { points: Point[] };
      return { ...edge, d: way(label.points) };
    }),
    width: size.width ?? WIDTH,
    height: size.height ?? HEIGHT,
  };
}

const moved = (part: Drawn, x: number, y: number): Placed[] => part.nodes.map((node) => ({ ...node, x: node.x + x, y: node.y + y }));

/** Nodes that hang together when `hubs` are taken out, each set in the order of its first node. */
function branches(graph: ChainGraph, hubs: Set<number>): Chain[][] {
  const next = new Map<number, number[]>(graph.nodes.map((node) => [node.id, []]));
  const seen = new Set(hubs);
  const found: Chain[][] = [];

  for (const { from, to } of graph.edges)
    if (!hubs.has(from) && !hubs.has(to)) {
      next.get(from)?.push(to);
      next.get(to)?.push(from);
    }
  for (const node of graph.nodes) {
    if (seen.has(node.id)) continue;
    const part = new Set([node.id]);
    seen.add(node.id);
    for (const id of part)
      for (const other of next.get(id)!)
        if (!seen.has(other)) {
          seen.add(other);
          part.add(other);
        }
    found.push(graph.nodes.filter((one) => part.has(one.id)));
  }
  return found;
}

/** Nodes that tie branches together: before them (sources of many), and behind (sinks of many). */
function hubsOf(graph: ChainGraph): { before: Set<number>; behind: Set<number> } {
  const out = new Map<number, number>();
  const into = new Map<number, number>();

  for (const { from, to } of graph.edges) {
    out.set(from, (out.get(from) ?? 0) + 1);
    into.set(to, (into.get(to) ?? 0) + 1);
  }
  const before = new Set(graph.nodes.filter((node) => (out.get(node.id) ?? 0) > HUB).map((node) => node.id));
  const behind = new Set(graph.nodes.filter((node) => !before.has(node.id) && (into.get(node.id) ?? 0) > HUB).map((node) => node.id));
  return { before, behind };
}

interface Block {
  part: Drawn;
  column: number;
  x: number;
  y: number;
}

/** Blocks in as many columns as give about the wanted shape. */
function pack(parts: Drawn[], shape: number): { blocks: Block[]; edges: number[]; width: number; height: number } {
  const all = parts.reduce((sum, part) => sum + part.height + GAP, 0);
  let best: ReturnType<typeof pack> | undefined;

  for (let columns = 1; columns <= Math.min(parts.length, 40); columns++) {
    const blocks: Block[] = [];
    const lefts: number[] = [];
    const wanted = all / columns;
    let [x, y, column, widest, height] = [LANE, 0, 0, 0, 0];
    lefts.push(x);
    for (const part of parts) {
      if (y > 0 && y + part.height / 2 > wanted && column < columns - 1) {
        x += widest + LANE;
        [y, widest] = [0, 0];
        lefts.push(x);
        column++;
      }
      blocks.push({ part, column, x, y });
      widest = Math.max(widest, part.width);
      y += part.height + GAP;
      height = Math.max(height, y - GAP);
    }
    const found = { blocks, edges: lefts, width: x + widest, height };
    if (best === undefined || Math.abs(Math.log(found.width / found.height / shape)) < Math.abs(Math.log(best.width / best.height / shape))) best = found;
  }
  return best!;
}

/** Which branches lead only to `hubs`, or come only from them, and from nowhere else. */
function only(graph: ChainGraph, parts: Chain[][], hubs: Set<number>, along: "from" | "to") {
  const other = along === "from" ? "to" : "from";

  return parts.filter((part) => {
    const ids = new Set(part.map((node) => node.id));
    const leaves = graph.edges.filter((edge) => ids.has(edge[along]) && !ids.has(edge[other]));
    const comes = graph.edges.some((edge) => ids.has(edge[other]) && !ids.has(edge[along]));
    return leaves.length > 0 && !comes && leaves.every((edge) => hubs.has(edge[other]));
  });
}

/** Branches in columns; undefined where there are too few to gain by it. */
function columns(graph: ChainGraph, shape: number): Drawn | undefined {
  const { before, behind } = hubsOf(graph);
  const parts = branches(graph, new Set([...before, ...behind]));
  const heads = only(graph, parts, before, "from");
  const tails = only(graph, parts, behind, "to").filter((part) => !heads.includes(part));
  const middle = parts.filter((part) => !heads.includes(part) && !tails.includes(part));
  const inside = (nodes: Chain[]) => {
    const ids = new Set(nodes.map((node) => node.id));
    return graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  };
  const side = (hubs: Set<number>, more: Chain[][]) => graph.nodes.filter((node) => hubs.has(node.id) || more.some((part) => part.includes(node)));

  if (middle.length <= HUB) return undefined;
  const [left, right] = [side(before, heads), side(behind, tails)];
  const packed = pack(middle.map((part) => ranks(part, inside(part), 0)), shape);
  const top = HEIGHT + GAP; // the lane above the columns
  const nodes: Placed[] = [];
  const lines: Line[] = [];
  const column = new Map<number, { left: number; right: number }>();
  let x = 20;
  const sideways = (list: Chain[], y: (height: number) => number) => {
    const part = ranks(list, inside(list), 0);
    const placed = moved(part, x, y(part.height));
    nodes.push(...placed);
    for (const edge of inside(list)) {
      const [a, b] = [placed.find((node) => node.id === edge.from)!, placed.find((node) => node.id === edge.to)!];
      lines.push({ ...edge, d: way([{ x: a.x + WIDTH / 2, y: a.y }, { x: b.x - WIDTH / 2, y: b.y }]) });
    }
    return part.width;
  };

  if (left.length > 0) x += sideways(left, () => 20);
  for (const block of packed.blocks) {
    const dx = x + block.x;
    const dy = 20 + top + block.y;
    const placed = moved(block.part, dx, dy);
    nodes.push(...placed);
    for (const node of placed) column.set(node.id, { left: x + packed.edges[block.column]!, right: (packed.edges[block.column + 1] ?? packed.width + LANE) + x });
    for (const line of block.part.lines) {
      const [a, b] = [placed.find((node) => node.id === line.from)!, placed.find((node) => node.id === line.to)!];
      lines.push({ ...line, d: Math.abs(a.y - b.y) < 1 && b.x - a.x < WIDTH + 80 ? way([{ x: a.x + WIDTH / 2, y: a.y }, { x: b.x - WIDTH / 2, y: b.y }]) : shifted(line.d, dx, dy) });
    }
  }
  x += packed.width + LANE;
  const bottom = 20 + top + packed.height + GAP;
  if (right.length > 0) x += sideways(right, (height) => Math.max(20, bottom - height));

  const at = new Map(nodes.map((node) => [node.id, node]));
  const drawn = new Set(lines.map((line) => `${line.from} ${line.to} ${line.kind}`));
  for (const edge of graph.edges) {
    if (drawn.has(`${edge.from} ${edge.to} ${edge.kind}`)) continue;
    const [a, b] = [at.get(edge.from)!, at.get(edge.to)!];
    const [begin, end] = [{ x: a.x + WIDTH / 2, y: a.y }, { x: b.x - WIDTH / 2, y: b.y }];
    const [from, to] = [column.get(edge.from), column.get(edge.to)];
    const points =
      to !== undefined
        ? [begin, { x: to.left - LANE / 2, y: a.y }, { x: to.left - LANE / 2, y: b.y }, end]
        : from !== undefined
          ? [begin, { x: from.right - LANE / 2, y: a.y }, { x: from.right - LANE / 2, y: b.y }, end]
          : [begin, end];
    lines.push({ ...edge, d: lane(points) });
  }
  return { nodes, lines, width: x + 20, height: bottom + 20 };
}

/** A path of absolute places, moved. */
const shifted = (d: string, x: number, y: number) => d.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, a, b) => `${Number(a) + x},${Number(b) + y}`);

/** `shape`: how much wider than high the window is. */
export function draw(graph: ChainGraph, shape = 2): Drawn {
  return (graph.nodes.length > 30 ? columns(graph, shape) : undefined) ?? ranks(graph.nodes, graph.edges, 20);
}
