/** A small curve of the last seconds, drawn as SVG; a screen reader hears its last value. */
export function Spark({ values, label, width = 96, height = 26 }: { values: number[]; label: string; width?: number; height?: number }) {
  const shown = values.slice(-60);
  const most = Math.max(...shown, 1);
  const step = width / 59;
  const points = shown.map((value, i) => `${((60 - shown.length + i) * step).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`);

  return (
    <svg class="spark" role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {points.length > 1 && (
        <>
          <polygon points={`${points[0]!.split(",")[0]},${height} ${points.join(" ")} ${width},${height}`} />
          <polyline points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}
