import type { JudgementFigures, ReliabilityBin } from '../../api/autonomy.js';
import { count, number } from '../../components/format.js';
import { Empty } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import styles from './decisions.module.css';

const LEFT = 34;
const TOP = 8;
const SIDE = 200;
const WIDTH = LEFT + SIDE + 12;
const HEIGHT = TOP + SIDE + 32;

const x = (value: number): number => LEFT + value * SIDE;
const y = (value: number): number => TOP + (1 - value) * SIDE;

/** How often decisions of a confidence came true: a curve on the diagonal is an honest one. Its table is under it. */
export function CalibrationCurve({ figures }: { figures: JudgementFigures }) {
  const bins = figures.reliability.filter((bin) => bin.count > 0);
  return (
    <section className="panel" aria-labelledby="calibration">
      <div className="panel-head">
        <h2 id="calibration">Calibration</h2>
        <span className="label">{count(figures.decisions, 'decision')} with a known end</span>
      </div>
      <Readings>
        <Reading label="Calibration error" value={figures.decisions === 0 ? '–' : number(figures.ece, 3)} />
        <Reading label="Brier score" value={figures.brier === null ? '–' : number(figures.brier, 3)} />
        <Reading
          label="Regret: let pass"
          value={figures.regret === null ? '–' : `${number(figures.regret.wronglyPassed * 100, 1)} %`}
        />
        <Reading
          label="Regret: held back"
          value={figures.regret === null ? '–' : `${number(figures.regret.wronglyHeld * 100, 1)} %`}
        />
      </Readings>
      <div className={`panel-body ${styles.body}`}>
        {bins.length === 0 ? (
          <Empty title="No outcome is known yet">
            Every action is checked after it was taken; how often confidence was right appears here.
          </Empty>
        ) : (
          <>
            <Curve bins={bins} />
            <Bins bins={bins} />
          </>
        )}
      </div>
    </section>
  );
}

function Curve({ bins }: { bins: readonly ReliabilityBin[] }) {
  const most = Math.max(...bins.map((bin) => bin.count));
  const points = bins.map(({ confidence, successRate, count: size }) => ({
    cx: x(confidence ?? 0),
    cy: y(successRate ?? 0),
    r: 3 + 5 * Math.sqrt(size / most),
  }));
  return (
    <svg
      className={styles.curve}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label="Share of decisions that came true by confidence; the table below holds the numbers"
    >
      <path className={styles.axis} d={`M${x(0)} ${y(1)}V${y(0)}H${x(1)}`} />
      <line className={styles.perfect} x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
      {[0, 0.5, 1].map((value) => (
        <g key={value}>
          <text x={x(value)} y={y(0) + 14} textAnchor="middle">
            {value}
          </text>
          <text x={x(0) - 6} y={y(value) + 4} textAnchor="end">
            {value}
          </text>
        </g>
      ))}
      <text x={x(0.5)} y={HEIGHT - 3} textAnchor="middle">
        confidence
      </text>
      <polyline className={styles.joined} points={points.map(({ cx, cy }) => `${cx},${cy}`).join(' ')} />
      {points.map((point) => (
        <circle key={point.cx} className={styles.dot} {...point} />
      ))}
    </svg>
  );
}

function Bins({ bins }: { bins: readonly ReliabilityBin[] }) {
  return (
    <div className={styles.scroll} tabIndex={0} role="region" aria-label="Calibration table">
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Confidence</th>
            <th scope="col">Decisions</th>
            <th scope="col">Mean confidence</th>
            <th scope="col">Came true</th>
          </tr>
        </thead>
        <tbody>
          {bins.map((bin) => (
            <tr key={bin.from}>
              <th scope="row">
                {number(bin.from, 1)} to {number(bin.to, 1)}
              </th>
              <td>{number(bin.count)}</td>
              <td>{number(bin.confidence ?? 0, 3)}</td>
              <td>{number(bin.successRate ?? 0, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
