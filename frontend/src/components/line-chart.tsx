import { useElementSize } from '@mantine/hooks';
import { momentIn } from './format.js';
import styles from './line-chart.module.css';

/** A measured point: time in ms since the epoch, value or null for a gap. */
export interface Point {
  readonly at: number;
  readonly value: number | null;
  /** What was most, where the value is the mean of several. */
  readonly most?: number | null;
}

/** The span of time on the axis, in ms since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const HEIGHT = 132;
const BOTTOM = 18;
const TOP = 6;
const LEFT = 40;

/**
 * One measure over time. Charts that get the same `span` and `cross` share axis and crosshair. Under each is its table.
 */
export function LineChart(props: {
  title: string;
  unit: string;
  points: readonly Point[];
  span: Span;
  /** Where the crosshair stands, or null. */
  cross: number | null;
  onCross: (at: number | null) => void;
  /** The axis ends at least here. */
  least: number;
  /** Single measurements that no line joins. */
  scattered?: boolean;
  format: (value: number) => string;
}) {
  const { points, span, cross, format } = props;
  const { ref, width } = useElementSize();
  const top = niceCeiling(Math.max(props.least, ...points.map((point) => point.most ?? point.value ?? 0)));
  const when = (at: number): string => momentIn(span.to - span.from, at);
  const x = (at: number): number =>
    LEFT + ((at - span.from) / (span.to - span.from)) * Math.max(1, width - LEFT - 4);
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const marked = cross === null ? points.findLast(({ value }) => value !== null) : nearest(points, cross);
  const atPointer = (event: React.PointerEvent<SVGSVGElement>): number => {
    const left = event.currentTarget.getBoundingClientRect().left;
    return (
      span.from + ((event.clientX - left - LEFT) / Math.max(1, width - LEFT - 4)) * (span.to - span.from)
    );
  };
  return (
    <figure className={styles.chart} style={{ margin: 0 }}>
      <figcaption className={styles.head}>
        <span className="label">{props.title}</span>
        {cross !== null && marked !== undefined && <span className="label">{when(marked.at)}</span>}
        <span className={styles.now}>
          {marked?.value === null || marked === undefined ? '–' : format(marked.value)}
          <span className={styles.unit}>{props.unit}</span>
        </span>
      </figcaption>
      <div ref={ref}>
        <svg
          className={styles.plot}
          viewBox={`0 0 ${Math.max(1, width)} ${HEIGHT}`}
          aria-hidden
          onPointerMove={(event) => props.onCross(atPointer(event))}
          onPointerLeave={() => props.onCross(null)}
        >
          <Axes top={top} span={span} x={x} y={y} right={width - 4} format={format} when={when} />
          {segments(points.map(({ at, most = null }) => ({ at, value: most }))).map((segment) => (
            <path key={segment[0].at} className={styles.most} d={`M${path(segment, x, y)}`} />
          ))}
          {segments(points, props.scattered === true).map((segment) => (
            <Segment key={segment[0].at} points={segment} x={x} y={y} />
          ))}
          {cross !== null && marked !== undefined && (
            <line
              className={styles.cross}
              x1={x(marked.at)}
              x2={x(marked.at)}
              y1={TOP}
              y2={HEIGHT - BOTTOM}
            />
          )}
          {marked !== undefined && marked.value !== null && (
            <circle className={styles.dot} cx={x(marked.at)} cy={y(marked.value)} r={4} />
          )}
        </svg>
      </div>
      <PointTable title={props.title} unit={props.unit} points={points} format={format} when={when} />
    </figure>
  );
}

function Axes(props: {
  top: number;
  span: Span;
  x: (at: number) => number;
  y: (value: number) => number;
  right: number;
  format: (value: number) => string;
  when: (at: number) => string;
}) {
  const { top, span, x, y } = props;
  const middle = (span.from + span.to) / 2;
  return (
    <>
      {[0, top / 2, top].map((value) => (
        <g key={value}>
          <line className={styles.grid} x1={LEFT} x2={props.right} y1={y(value)} y2={y(value)} />
          <text className={styles.axis} x={LEFT - 6} y={y(value) + 3.5} textAnchor="end">
            {props.format(value)}
          </text>
        </g>
      ))}
      {[span.from, middle, span.to].map((at, index) => (
        <text
          key={index}
          className={styles.axis}
          x={x(at)}
          y={HEIGHT - 3}
          textAnchor={index === 0 ? 'start' : index === 1 ? 'middle' : 'end'}
        >
          {props.when(at)}
        </text>
      ))}
    </>
  );
}

type Known = Point & { readonly value: number };

function Segment(props: {
  points: readonly Known[];
  x: (at: number) => number;
  y: (value: number) => number;
}) {
  const { points, x, y } = props;
  const line = path(points, x, y);
  const base = y(0).toFixed(1);
  if (points.length === 1)
    return <circle className={styles.point} cx={x(points[0].at)} cy={y(points[0].value)} r={2} />;
  return (
    <>
      <path
        className={styles.area}
        d={`M${x(points[0].at).toFixed(1)},${base}L${line}L${x(points[points.length - 1].at).toFixed(1)},${base}Z`}
      />
      <path className={styles.line} d={`M${line}`} />
    </>
  );
}

function path(points: readonly Known[], x: (at: number) => number, y: (value: number) => number): string {
  return points.map((point) => `${x(point.at).toFixed(1)},${y(point.value).toFixed(1)}`).join('L');
}

function PointTable(props: {
  title: string;
  unit: string;
  points: readonly Point[];
  format: (value: number) => string;
  when: (at: number) => string;
}) {
  const cell = (value: number | null | undefined): string => (value == null ? '–' : props.format(value));
  const hasMost = props.points.some(({ most }) => most !== undefined);
  return (
    <details className={styles.table}>
      <summary>Table</summary>
      <div tabIndex={0} role="region" aria-label={`${props.title}, table`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">
                {props.title} ({props.unit})
              </th>
              {hasMost && <th scope="col">Most</th>}
            </tr>
          </thead>
          <tbody>
            {props.points
              .slice(-60)
              .reverse()
              .map((point) => (
                <tr key={point.at}>
                  <td>{props.when(point.at)}</td>
                  <td>{cell(point.value)}</td>
                  {hasMost && <td>{cell(point.most ?? point.value)}</td>}
                </tr>
              ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** The runs of points between gaps; runs of one where the points are scattered. */
function segments(points: readonly Point[], scattered = false): Known[][] {
  const runs: Known[][] = [];
  let run: Known[] = [];
  for (const point of points) {
    if (point.value === null) {
      if (run.length > 0) runs.push(run);
      run = [];
    } else {
      run.push({ at: point.at, value: point.value });
      if (scattered) runs.push(run.splice(0));
    }
  }
  return run.length > 0 ? [...runs, run] : runs;
}

function nearest(points: readonly Point[], at: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points)
    if (best === undefined || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  return best;
}

/** The smallest of 1, 2, 4, 5 × a power of ten that is not below the value. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  let power = 1;
  while (power > value) power /= 10;
  while (power * 10 <= value) power *= 10;
  return power * ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10);
}
