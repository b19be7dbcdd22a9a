// A line without axes. What it says stands in words beside it or in its label.
import classes from "./sparkline.module.css";

interface SparklineProps {
  values: readonly (number | undefined)[];
  label: string;
  width?: number;
  height?: number;
}

export function Sparkline({ values, label, width = 140, height = 32 }: SparklineProps) {
  const known = values.filter((value): value is number => value !== undefined);
  const top = Math.max(...known, 1);
  const step = width / Math.max(values.length - 1, 1);
  let pen = false;
  const path = values
    .map((value, index) => {
      if (value === undefined) {
        pen = false;
        return "";
      }
      const point = `${(index * step).toFixed(1)} ${(height - 2 - (value / top) * (height - 4)).toFixed(1)}`;
      const mark = pen ? "L" : "M";
      pen = true;
      return mark + point;
    })
    .join("");
  const area = known.length === values.length && known.length > 1 ? `${path}L${width} ${height}L0 ${height}Z` : undefined;
  return (
    <svg className={classes["spark"]} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {area && <path className={classes["area"]} d={area} />}
      <path className={classes["line"]} d={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
