import styles from './interval-plot.module.css';

const ROW = 26;
const HALF = 48;

/** One row of the picture: a value with its interval. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** What is said when somebody points at it. */
  readonly title: string;
}

/** Values with their intervals, one under the other, zero in the middle; what is beyond the edge is drawn at the edge. */
export function IntervalPlot(props: {
  rows: readonly IntervalRow[];
  /** The value at the right edge; the left one is its negative. */
  edge: number;
  /** What stands below the left edge, zero, and the right edge. */
  ticks: readonly [string, string, string];
  label: string;
}) {
  const { rows, edge, ticks, label } = props;
  const at = (value: number) => `${50 + Math.max(-1, Math.min(1, value / edge)) * HALF}%`;
  const height = rows.length * ROW;
  const middle = (i: number) => i * ROW + ROW / 2;
  return (
    <div className={styles.plot}>
      <div aria-hidden className={styles.names} style={{ gridAutoRows: ROW }}>
        {rows.map(({ name }) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <svg width="100%" height={height + 20} role="img" aria-label={label}>
        <line x1="50%" x2="50%" y1={0} y2={height} className={styles.zero} />
        {rows.map(({ name, value, low, high, title }, i) => (
          <g key={name}>
            <title>{title}</title>
            <line x1={at(low)} x2={at(high)} y1={middle(i)} y2={middle(i)} className={styles.interval} />
            <circle cx={at(value)} cy={middle(i)} r={4.5} className={styles.dot} />
          </g>
        ))}
        {(['start', 'middle', 'end'] as const).map((anchor, i) => (
          <text
            key={anchor}
            x={at((i - 1) * edge)}
            y={height + 14}
            textAnchor={anchor}
            className={styles.tick}
          >
            {ticks[i]}
          </text>
        ))}
      </svg>
    </div>
  );
}
