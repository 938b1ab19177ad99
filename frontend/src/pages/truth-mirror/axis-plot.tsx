import type { AxisFigures } from '../../api/mirror.js';
import { number } from '../../components/format.js';
import styles from './truth-mirror.module.css';

const ROW = 26;

/** Where the groups of one axis stand: a dot per group with its interval, zero in the middle. */
export function AxisPlot({ axis }: { axis: AxisFigures }) {
  const { bias, fairness, groups, expressible, items } = axis;
  const known = bias !== null && fairness !== null;
  return (
    <div className="panel">
      <div className="panel-head">
        <h2>{axis.axis}</h2>
        <span className="label">
          {known
            ? `bias ${number(bias.value, 2)}, fairness ${number(fairness.value, 2)}; ${expressible} of ${items} items within the model`
            : `not known: only ${expressible} of ${items} items are within what the model can express`}
        </span>
      </div>
      {known && <Dots groups={groups} name={axis.axis} />}
    </div>
  );
}

function Dots({ groups, name }: { groups: AxisFigures['groups']; name: string }) {
  const reach = Math.max(0.1, ...groups.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
  const edge = Math.ceil(reach * 10) / 10;
  const at = (value: number) => `${50 + (value / edge) * 48}%`;
  const height = groups.length * ROW;
  return (
    <div className={styles.plot}>
      <div aria-hidden className={styles.names} style={{ gridAutoRows: ROW }}>
        {groups.map(({ group }) => (
          <span key={group}>{group}</span>
        ))}
      </div>
      <svg
        width="100%"
        height={height + 20}
        role="img"
        aria-label={`Groups of the axis ${name}; the table below has the numbers`}
      >
        <line x1="50%" x2="50%" y1={0} y2={height} className={styles.zero} />
        {groups.map(({ group, value, low, high }, i) => (
          <g key={group}>
            <title>{`${group}: ${number(value, 2)}, 95 %: ${number(low, 2)} to ${number(high, 2)}`}</title>
            <line
              x1={at(low)}
              x2={at(high)}
              y1={i * ROW + ROW / 2}
              y2={i * ROW + ROW / 2}
              className={styles.interval}
            />
            <circle cx={at(value)} cy={i * ROW + ROW / 2} r={4.5} className={styles.dot} />
          </g>
        ))}
        {[-edge, 0, edge].map((value) => (
          <text
            key={value}
            x={at(value)}
            y={height + 14}
            textAnchor={value === 0 ? 'middle' : value < 0 ? 'start' : 'end'}
            className={styles.tick}
          >
            {value > 0 ? `+${number(value, 1)} likelier` : number(value, value === 0 ? 0 : 1)}
          </text>
        ))}
      </svg>
    </div>
  );
}
