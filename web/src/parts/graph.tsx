/** The operators of a job as a picture: dragged, zoomed with Ctrl and the wheel or the buttons, walked through with the arrow keys,
 * searched by name. Chains of operators can be shown as one box each; many are, at first.
 *
 * With hundreds of operators only those in sight are drawn, and of those that are far only what can be read. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Graph, Operator } from "../types";
import { Box, Lines, type Detail } from "./graph_box";
import { collapse, heatOf, single, type Chain } from "./graph_chains";
import { draw, HEIGHT, WIDTH, type Drawn, type Placed } from "./graph_layout";
import { SmallMap } from "./graph_map";

interface Eye {
  x: number;
  y: number;
  scale: number;
}

const SCALES = [0.05, 2.5] as const;
/** More operators than this are shown as chains, until somebody asks for all. */
const MANY = 40;

function whole(drawn: Drawn, width: number, height: number): Eye {
  const scale = Math.min(1.15, width / drawn.width, height / drawn.height);

  return { scale, x: (width - drawn.width * scale) / 2, y: (height - drawn.height * scale) / 2 };
}

function detailAt(scale: number): { detail: Detail; letters: number } {
  if (scale >= 0.62) return { detail: "all", letters: 14 };
  if (scale < 0.2) return { detail: "none", letters: 0 };
  return { detail: "name", letters: Math.min(34, Math.round(10.5 / scale)) };
}

interface Size {
  width: number;
  height: number;
}

/** The picture's element, and how large it is. */
function useSize() {
  const place = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState<Size>({ width: 800, height: 400 });

  useEffect(() => {
    const svg = place.current!;
    const look = new ResizeObserver(() => setSize({ width: svg.clientWidth || 1, height: svg.clientHeight || 1 }));
    look.observe(svg);
    return () => look.disconnect();
  }, []);
  return { place, size };
}

/** What is dragged, zoomed and looked at. */
function useEye(drawn: Drawn, place: RefObject<SVGSVGElement | null>, size: Size) {
  const [eye, setEye] = useState<Eye>();
  const now = eye ?? whole(drawn, size.width, size.height);
  const zoom = (factor: number, x = size.width / 2, y = size.height / 2) => {
    const scale = Math.min(Math.max(now.scale * factor, SCALES[0]), SCALES[1]);
    const by = scale / now.scale;
    setEye({ scale, x: x - (x - now.x) * by, y: y - (y - now.y) * by });
  };
  const to = (x: number, y: number, scale = now.scale) => setEye({ scale, x: size.width / 2 - x * scale, y: size.height / 2 - y * scale });

  useEffect(() => setEye(undefined), [drawn]);
  useEffect(() => {
    const svg = place.current!;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault(); // needs a listener that is not passive
      const box = svg.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 400), event.clientX - box.x, event.clientY - box.y);
    };
    svg.addEventListener("wheel", wheel, { passive: false });
    return () => svg.removeEventListener("wheel", wheel);
  });
  return { now, moved: eye !== undefined, zoom, to, set: setEye };
}

/** The neighbour that an arrow key leads to: along the edges with left and right, within the rank with up and down. */
function neighbour(key: string, from: Placed, graph: Graph, nodes: Placed[]): Placed | undefined {
  const along = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const across = { ArrowDown: 1, ArrowUp: -1 }[key];

  if (along !== undefined) {
    const next = graph.edges.filter((edge) => (along > 0 ? edge.from : edge.to) === from.id).map((edge) => (along > 0 ? edge.to : edge.from));
    return nodes.find((node) => next.includes(node.id));
  }
  if (across === undefined) return undefined;
  return nodes.filter((node) => Math.abs(node.x - from.x) < WIDTH / 2 && (node.y - from.y) * across > 1).sort((a, b) => (a.y - b.y) * across)[0];
}

interface ToolsShown {
  all: number;
  chains?: boolean;
  setChains: (on: boolean) => void;
  word: string;
  setWord: (word: string) => void;
  found: number;
  next: () => void;
  busiest: () => void;
  zoom: (factor: number) => void;
  fit: () => void;
}

function Tools({ all, chains, setChains, word, setWord, found, next, busiest, zoom, fit }: ToolsShown) {
  return (
    <div class="tools">
      <p class="key">
        <i class="busy" aria-hidden="true" />
        busy
        <i class="back" aria-hidden="true" />
        back pressure
        <span>Ctrl + wheel zooms</span>
      </p>
      {all > 8 && (
        <>
          <input
            type="search"
            aria-label="Find an operator"
            placeholder="Find an operator"
            value={word}
            onInput={(event) => setWord(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && next()}
          />
          <span role="status" class="hint">
            {word !== "" && (found === 0 ? "none" : `${found} found`)}
          </span>
          <button type="button" onClick={busiest}>
            Busiest
          </button>
        </>
      )}
      {chains !== undefined && (
        <button type="button" aria-pressed={chains} onClick={() => setChains(!chains)}>
          Chains
        </button>
      )}
      <button type="button" aria-label="Larger" onClick={() => zoom(1.3)}>
        +
      </button>
      <button type="button" aria-label="Smaller" onClick={() => zoom(1 / 1.3)}>
        −
      </button>
      <button type="button" onClick={fit}>
        Fit
      </button>
    </div>
  );
}

export interface GraphShown {
  graph: Graph;
  figures: Map<number, Operator>;
  rates: Map<number, number>;
  picked?: number;
  pick: (id: number) => void;
}

export function Picture({ graph, figures, rates, picked, pick }: GraphShown) {
  const collapsed = useMemo(() => collapse(graph), [graph]);
  const [chains, setChains] = useState(graph.nodes.length > MANY);
  const shown = useMemo(() => (chains ? collapsed : single(graph)), [chains, collapsed]);
  const { place, size } = useSize();
  const shape = Math.max(0.5, Math.round((size.width / size.height) * 2) / 2);
  const drawn = useMemo(() => draw(shown, shape), [shown, shape]);
  const { now, moved, zoom, to, set } = useEye(drawn, place, size);
  const [at, setAt] = useState<number>();
  const [word, setWord] = useState("");
  const drag = useRef<{ x: number; y: number; eye: Eye; moved: boolean }>(undefined);
  const focus = useRef(false);
  const heat = useMemo(() => new Map(shown.nodes.map((node) => [node.id, heatOf(node, figures, rates)])), [shown, figures, rates]);
  const holds = (node: Chain, id: number | undefined) => id !== undefined && node.members.includes(id);
  const current = drawn.nodes.find((node) => holds(node, at) || (at === undefined && holds(node, picked))) ?? drawn.nodes[0];

  const wanted = word.trim().toLowerCase();
  const matches = useMemo(() => {
    if (wanted === "") return undefined;
    const text = new Map(graph.nodes.map((node) => [node.id, `${node.name} ${node.table ?? ""} ${node.detail ?? ""}`.toLowerCase()]));
    return new Set(drawn.nodes.filter((node) => node.members.some((id) => text.get(id)!.includes(wanted))).map((node) => node.id));
  }, [wanted, drawn]);

  useEffect(() => {
    if (!focus.current || at === undefined) return;
    focus.current = false;
    place.current?.querySelector<SVGElement>(`[data-id="${current?.id}"]`)?.focus();
  }, [at, now.x, now.y]);

  const show = (node: Placed) => {
    setAt(node.id);
    to(node.x, node.y, Math.max(now.scale, 0.8));
  };
  const take = (node: Placed) => {
    setAt(node.id);
    pick(node.id);
  };
  /** The next of what was found, from where one is. */
  const next = () => {
    const list = drawn.nodes.filter((node) => matches?.has(node.id));
    const from = list.findIndex((node) => node.id === at);
    if (list.length > 0) show(list[(from + 1) % list.length]!);
  };
  const busiest = () => {
    const hot = (node: Placed) => Math.max(heat.get(node.id)!.busy, heat.get(node.id)!.back);
    const most = drawn.nodes.reduce((a, b) => (hot(b) > hot(a) ? b : a));
    show(most);
    pick(most.id);
  };

  function onKey(event: KeyboardEvent) {
    const from = drawn.nodes.find((node) => node.id === Number((event.target as Element).closest<SVGElement>("[data-id]")?.dataset.id));
    if (from === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return take(from);
    }
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const node = neighbour(event.key, from, shown, drawn.nodes);
    if (node === undefined) return;
    const x = now.x + node.x * now.scale;
    const y = now.y + node.y * now.scale;
    focus.current = true;
    setAt(node.id);
    if (x < WIDTH || y < HEIGHT || x > size.width - WIDTH || y > size.height - HEIGHT) to(node.x, node.y);
  }

  const inSight = (node: Placed) =>
    node === current ||
    (now.x + (node.x + WIDTH) * now.scale > 0 &&
      now.x + (node.x - WIDTH) * now.scale < size.width &&
      now.y + (node.y + HEIGHT) * now.scale > 0 &&
      now.y + (node.y - HEIGHT) * now.scale < size.height);
  const { detail, letters } = detailAt(now.scale);
  const low = drawn.height * whole(drawn, size.width, 1e9).scale < 300;

  return (
    <div class={`graph card ${low ? "low" : ""}`}>
      <Tools
        all={graph.nodes.length}
        chains={collapsed.nodes.length < graph.nodes.length ? chains : undefined}
        setChains={setChains}
        word={word}
        setWord={setWord}
        found={matches?.size ?? 0}
        next={next}
        busiest={busiest}
        zoom={zoom}
        fit={() => set(undefined)}
      />
      <svg
        ref={place}
        class="plan"
        role="group"
        aria-label={`Operator graph: ${graph.nodes.length} operators${chains ? ` in ${shown.nodes.length} chains` : ""}. Arrow keys walk through it, Enter shows an operator`}
        onPointerDown={(event) => (drag.current = { x: event.clientX, y: event.clientY, eye: now, moved: false })}
        onPointerMove={(event) => {
          const held = drag.current;
          if (held === undefined || event.buttons === 0) return;
          const dx = event.clientX - held.x;
          const dy = event.clientY - held.y;
          if (!held.moved && Math.hypot(dx, dy) < 4) return;
          if (!held.moved) place.current!.setPointerCapture(event.pointerId);
          held.moved = true;
          set({ ...held.eye, x: held.eye.x + dx, y: held.eye.y + dy });
        }}
        onPointerUp={() => (drag.current = undefined)}
        onClick={(event) => {
          const id = (event.target as Element).closest<SVGElement>("[data-id]")?.dataset.id;
          const node = drawn.nodes.find((one) => String(one.id) === id);
          if (node !== undefined) take(node);
        }}
        onKeyDown={onKey}
      >
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
            <path class="arrow" d="M0,0L8,4L0,8z" />
          </marker>
        </defs>
        <g class={detail === "all" ? "" : "far"} transform={`translate(${now.x},${now.y}) scale(${now.scale})`}>
          <Lines lines={drawn.lines} />
          {drawn.nodes.filter(inSight).map((node) => (
            <Box
              key={node.id}
              node={node}
              heat={heat.get(node.id)!}
              picked={holds(node, picked)}
              found={matches?.has(node.id)}
              detail={detail}
              letters={letters}
              tab={node === current}
            />
          ))}
        </g>
      </svg>
      {moved && drawn.nodes.length > 12 && (
        <SmallMap
          drawn={drawn}
          heat={heat}
          sight={{ x: -now.x / now.scale, y: -now.y / now.scale, width: size.width / now.scale, height: size.height / now.scale }}
          to={to}
        />
      )}
    </div>
  );
}
