import type { Estimate, MirrorFigures } from '../../api/mirror.js';
import { number } from '../../components/format.js';
import styles from './truth-mirror.module.css';

interface Row {
  readonly axis: string;
  readonly what: string;
  readonly figure: Estimate | null;
}

/** Every figure of a report as a table. */
export function FiguresTable({ figures, title }: { figures: MirrorFigures; title: string }) {
  const rows: Row[] = [
    { axis: 'all', what: 'bias', figure: figures.bias },
    { axis: 'all', what: 'fairness', figure: figures.fairness },
    ...figures.axes.flatMap(({ axis, bias, fairness, groups }) => [
      { axis, what: 'bias', figure: bias },
      { axis, what: 'fairness', figure: fairness },
      ...groups.map((group) => ({ axis, what: group.group, figure: group })),
    ]),
  ];
  return (
    <div className="panel">
      <table className={styles.table}>
        <caption className="visually-hidden">
          All figures of {title}, in nats per token; fairness is a share
        </caption>
        <thead>
          <tr>
            <th scope="col">Axis</th>
            <th scope="col">Figure or group</th>
            <th scope="col">Value</th>
            <th scope="col">95 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ axis, what, figure }) => (
            <tr key={`${axis} ${what}`}>
              <td>{axis}</td>
              <th scope="row">{what}</th>
              <td>{figure === null ? 'not known' : number(figure.value, 3)}</td>
              <td>{figure === null ? '' : `${number(figure.low, 2)} to ${number(figure.high, 2)}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
