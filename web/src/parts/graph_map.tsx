/** The whole graph in small, with a frame around what is in sight; a click or a drag moves there. */
import { memo } from "preact/compat";

import type { Heat } from "./graph_chains";
import { HEIGHT, WIDTH, type Drawn } from "./graph_layout";

const MOST = { width: 190, height: 120 };

const Dots = memo(
  ({ drawn, heat }: { drawn: Drawn; heat: Map<number, Heat> }) => (
    <g>
      {drawn.nodes.map((node) => {
        const { busy, back } = heat.get(node.id)!;
        return (
          <g key={node.id} transform={`translate(${node.x - WIDTH / 2},${node.y - HEIGHT / 2})`}>
            <rect class="dot" width={WIDTH} height={HEIGHT} />
            <rect class={`tint ${back >= busy ? "back" : "busy"}`} width={WIDTH} height={HEIGHT} fill-opacity={Math.max(busy, back).toFixed(2)} />
          </g>
        );
      })}
    </g>
  ),
  (a, b) => a.drawn === b.drawn && a.heat === b.heat,
);

interface MapShown {
  drawn: Drawn;
  heat: Map<number, Heat>;
  /** What is in sight, in the graph's own places. */
  sight: { x: number; y: number; width: number; height: number };
  /** To have this place in the middle. */
  to: (x: number, y: number) => void;
}

export function SmallMap({ drawn, heat, sight, to }: MapShown) {
  const scale = Math.min(MOST.width / drawn.width, MOST.height / drawn.height);
  const move = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGSVGElement).getBoundingClientRect();
    to((event.clientX - box.x) / scale, (event.clientY - box.y) / scale);
  };

  return (
    <svg
      class="small-map"
      aria-hidden="true"
      width={drawn.width * scale}
      height={drawn.height * scale}
      viewBox={`0 0 ${drawn.width} ${drawn.height}`}
      onPointerDown={(event) => {
        event.stopPropagation();
        (event.currentTarget as SVGSVGElement).setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={(event) => event.buttons !== 0 && move(event)}
    >
      <Dots drawn={drawn} heat={heat} />
      <rect class="sight" {...sight} />
    </svg>
  );
}
