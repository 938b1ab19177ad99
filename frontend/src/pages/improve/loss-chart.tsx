import { useElementSize } from '@mantine/hooks';
import { number } from '../../components/format.js';
import { pointsOf, type LossPoints } from '../../training/loss-points.js';
import type { Look } from '../../training/protocol.js';
import styles from './improve.module.css';

const HEIGHT = 180;
const EDGE = { left: 44, right: 8, top: 8, bottom: 20 } as const;
/** Share of the span that is left free above and below. */
const AIR = 0.08;
/** Ticks beside the curve. */
const TICKS = [0, 0.5, 1] as const;

/** The loss of every update and of unseen documents. Under it is its table. */
export function LossChart(props: { losses: LossPoints; looks: readonly Look[]; updates: number }) {
  const { looks, updates } = props;
  const { ref, width } = useElementSize();
  const learnt = pointsOf(props.losses);
  const { x, y, low, high } = scales([...learnt, ...looks], updates, width);
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.legend}>
        <span className={styles.learnt}>learnt documents</span>
        <span className={styles.unseen}>unseen documents</span>
        <span className="label">loss in nats per token</span>
      </figcaption>
      <div ref={ref}>
        <svg className={styles.plot} viewBox={`0 0 ${Math.max(1, width)} ${HEIGHT}`} aria-hidden>
          {TICKS.map((share) => {
            const value = low + (high - low) * share;
            return (
              <g key={share}>
                <line
                  className={styles.grid}
                  x1={EDGE.left}
                  x2={width - EDGE.right}
                  y1={y(value)}
                  y2={y(value)}
                />
                <text className={styles.axis} x={EDGE.left - 6} y={y(value) + 3.5} textAnchor="end">
                  {number(value, high - low < 0.5 ? 3 : 2)}
                </text>
              </g>
            );
          })}
          <text className={styles.axis} x={EDGE.left} y={HEIGHT - 4}>
            0
          </text>
          <text className={styles.axis} x={width - EDGE.right} y={HEIGHT - 4} textAnchor="end">
            {number(updates)} updates
          </text>
          <polyline className={styles.learntLine} points={drawn(learnt, x, y)} />
          <polyline className={styles.unseenLine} points={drawn(looks, x, y)} />
          {looks.map((look) => (
            <circle
              key={look.step}
              className={styles.unseenDot}
              cx={x(look.step)}
              cy={y(look.loss)}
              r={2.5}
            />
          ))}
        </svg>
      </div>
      <LookTable looks={looks} />
    </figure>
  );
}

function LookTable({ looks }: { looks: readonly Look[] }) {
  return (
    <details className={styles.table}>
      <summary>Table</summary>
      <div tabIndex={0} role="region" aria-label="Loss on unseen documents, table">
        <table>
          <thead>
            <tr>
              <th scope="col">After updates</th>
              <th scope="col">Loss on unseen documents</th>
            </tr>
          </thead>
          <tbody>
            {looks.map(({ step, loss }) => (
              <tr key={step}>
                <td>{number(step)}</td>
                <td>{number(loss, 4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

type Scale = (value: number) => number;

function scales(points: readonly Look[], updates: number, width: number) {
  const values = points.map(({ loss }) => loss);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const air = Math.max((most - least) * AIR, 0.01);
  const [low, high] = [Math.max(0, least - air), most + air];
  const room = Math.max(1, width - EDGE.left - EDGE.right);
  const x: Scale = (step) => EDGE.left + (step / Math.max(1, updates)) * room;
  const y: Scale = (loss) => EDGE.top + (1 - (loss - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  return { x, y, low, high };
}

function drawn(points: readonly Look[], x: Scale, y: Scale): string {
  return points.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
}
