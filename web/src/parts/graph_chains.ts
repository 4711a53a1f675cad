/** Chains: operators of one stage that hand rows on to each other within a thread, one after the other, can be shown as one box. */
import type { Graph, GraphNode, Operator } from "../types";

export interface Chain extends GraphNode {
  /** Its operators, first to last; one: it is no chain. */
  members: number[];
}

export interface ChainGraph extends Graph {
  nodes: Chain[];
}

export const single = (graph: Graph): ChainGraph => ({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, members: [node.id] })) });

/** Every chain as a node with the id of its last operator. */
export function collapse(graph: Graph): ChainGraph {
  const into = new Map<number, number[]>();
  const out = new Map<number, number[]>();
  const at = new Map(graph.nodes.map((node) => [node.id, node]));
  const add = (map: Map<number, number[]>, key: number, value: number) => map.set(key, [...(map.get(key) ?? []), value]);

  for (const { from, to } of graph.edges) {
    add(out, from, to);
    add(into, to, from);
  }
  /** The operator that this one hands all its rows to, within the stage. */
  const next = (id: number) => {
    const to = out.get(id);
    if (to?.length !== 1 || into.get(to[0]!)?.length !== 1 || at.get(to[0]!)!.stage !== at.get(id)!.stage) return undefined;
    return to[0];
  };
  const follows = new Set(graph.nodes.map((node) => next(node.id)).filter((id) => id !== undefined));
  const chain = new Map<number, number>(); // of each operator the chain's id
  const nodes: Chain[] = [];
  for (const node of graph.nodes) {
    if (follows.has(node.id)) continue;
    const members = [node.id];
    for (let id = next(node.id); id !== undefined; id = next(id)) members.push(id);
    const last = at.get(members.at(-1)!)!;
    for (const id of members) chain.set(id, last.id);
    const names = members.map((id) => at.get(id)!.name);
    nodes.push({
      ...last,
      members,
      name: members.length === 1 ? last.name : names.join(" → "),
      table: members.map((id) => at.get(id)!.table).find((table) => table !== undefined),
    });
  }
  const edges = graph.edges.map((edge) => ({ ...edge, from: chain.get(edge.from)!, to: chain.get(edge.to)! })).filter((edge) => edge.from !== edge.to);
  return { nodes, edges };
}

export interface Heat {
  busy: number;
  back: number;
  /** Rows in a second; undefined: not known yet. */
  rate?: number;
  known: boolean;
}

/** How a chain is: its operators share a thread, so their busy times add up; back pressure is that of the last. */
export function heatOf(node: Chain, figures: Map<number, Operator>, rates: Map<number, number>): Heat {
  const found = node.members.map((id) => figures.get(id)).filter((op) => op !== undefined);

  return {
    busy: Math.min(1, found.reduce((sum, op) => sum + op.busy, 0)),
    back: found.reduce((most, op) => Math.max(most, op.backpressure), 0),
    rate: rates.size === 0 ? undefined : node.members.reduce((most, id) => Math.max(most, rates.get(id) ?? 0), 0),
    known: found.length > 0,
  };
}
