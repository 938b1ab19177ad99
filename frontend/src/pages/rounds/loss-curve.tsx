import { useState } from 'react';
import type { RoundSummary } from '../../api/rounds.js';
import { number } from '../../components/format.js';
import { LineChart, type Point } from '../../components/line-chart.js';
import styles from './rounds.module.css';

/** The loss on unseen examples with what each round has made, oldest first; nothing before one was judged. */
export function LossCurve({ rounds }: { rounds: readonly RoundSummary[] }) {
  const [cross, setCross] = useState<number | null>(null);
  const points = rounds
    .flatMap(({ created_at: at, result }): Point[] =>
      result?.overall == null ? [] : [{ at: Date.parse(at), value: result.overall.candidate }],
    )
    .reverse();
  if (points.length === 0) return null;
  const [first, last] = [points[0].at, points[points.length - 1].at];
  return (
    <section className="panel" aria-labelledby="curve">
      <div className="panel-head">
        <h2 id="curve">From round to round</h2>
        <span className="label">on examples that nobody could have seen</span>
      </div>
      <div className={styles.curve}>
        <LineChart
          title="Loss with what a round has made"
          unit="nats per token"
          points={points}
          // A single round has no span of its own.
          span={first === last ? { from: first - 60_000, to: first + 60_000 } : { from: first, to: last }}
          cross={cross}
          onCross={setCross}
          least={0.1}
          format={(value) => number(value, 3)}
        />
      </div>
    </section>
  );
}
