import type { CacheLab } from '../../api/experts.js';
import { bytes, number } from '../../components/format.js';
import chart from '../../components/line-chart.module.css';
import { useExpertCache } from '../../hooks/experts.js';
import styles from './experts.module.css';
import { policyName } from './policy-names.js';

const PLOT = { width: 320, height: 170, left: 40, right: 312, top: 8, bottom: 146 } as const;
const OPTIMUM = 'belady';

/** What cache-lab found: hit rate over the size of the cache, per policy, with the optimum no policy can pass. */
export function CacheCurves() {
  const lab = useExpertCache().data?.lab ?? null;
  if (lab === null || lab.curves.length < 2) return null;
  const names = Object.keys(lab.curves[0].hit_rates);
  const others = names.filter((name) => name !== lab.policy && name !== OPTIMUM);
  return (
    <figure className={chart.chart} style={{ margin: 0 }}>
      <figcaption className={chart.head}>
        <span className="label">Hit rate by cache size, {lab.model}</span>
      </figcaption>
      <svg viewBox={`0 0 ${PLOT.width} ${PLOT.height}`} width="100%" aria-hidden>
        <Grid lab={lab} />
        {others.map((name) => (
          <Curve key={name} lab={lab} name={name} className={styles.other} />
        ))}
        <Curve lab={lab} name={OPTIMUM} className={styles.optimum} />
        <Curve lab={lab} name={lab.policy} className={styles.chosen} />
      </svg>
      <p className={styles.legend}>
        <b>{policyName(lab.policy)}</b> chosen for {number(lab.expert_cache_mb)} MiB; dashed: the optimum;
        thin: {others.map(policyName).join(', ')}. {number(lab.passes)} passes replayed.
      </p>
      <CurveTable lab={lab} names={names} />
    </figure>
  );
}

function Grid({ lab }: { lab: CacheLab }) {
  const most = lab.curves[lab.curves.length - 1].bytes;
  return (
    <>
      {[0, 0.5, 1].map((rate) => (
        <g key={rate}>
          <line className={chart.grid} x1={PLOT.left} x2={PLOT.right} y1={y(rate)} y2={y(rate)} />
          <text className={chart.axis} x={PLOT.left - 6} y={y(rate) + 3.5} textAnchor="end">
            {rate * 100} %
          </text>
        </g>
      ))}
      {[0, 0.5, 1].map((part) => (
        <text
          key={part}
          className={chart.axis}
          x={PLOT.left + (PLOT.right - PLOT.left) * part}
          y={PLOT.height - 8}
          textAnchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
        >
          {bytes(most * part)}
        </text>
      ))}
    </>
  );
}

function Curve({ lab, name, className }: { lab: CacheLab; name: string; className: string }) {
  const most = lab.curves[lab.curves.length - 1].bytes;
  const points = lab.curves.map((point) => {
    const x = PLOT.left + ((PLOT.right - PLOT.left) * point.bytes) / most;
    return `${x.toFixed(1)},${y(point.hit_rates[name] ?? 0).toFixed(1)}`;
  });
  return <polyline className={className} points={points.join(' ')} />;
}

function CurveTable({ lab, names }: { lab: CacheLab; names: readonly string[] }) {
  return (
    <details className={chart.table}>
      <summary>Table</summary>
      <div tabIndex={0} role="region" aria-label="Hit rate by cache size, table">
        <table>
          <thead>
            <tr>
              <th scope="col">Size</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {policyName(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lab.curves.map((point) => (
              <tr key={point.experts}>
                <td>{bytes(point.bytes)}</td>
                {names.map((name) => (
                  <td key={name}>{number(100 * (point.hit_rates[name] ?? 0), 1)} %</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function y(rate: number): number {
  return PLOT.bottom - (PLOT.bottom - PLOT.top) * rate;
}
