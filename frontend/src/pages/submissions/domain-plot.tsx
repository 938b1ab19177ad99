import type { LossFigures, Submission } from '../../api/learning.js';
import { number } from '../../components/format.js';
import { IntervalPlot } from '../../components/interval-plot.js';
import { fallText } from './fall-text.js';
import styles from './submissions.module.css';

/** How much less loss there is in each domain, with intervals: a picture, and the table behind it. */
export function DomainPlot(props: {
  figures: NonNullable<Submission['verdict']>['figures'];
  claimed: readonly string[];
}) {
  const { overall, domains } = props.figures;
  const rows: [string, LossFigures][] = [['overall', overall], ...Object.entries(domains)];
  return (
    <section className="panel" aria-labelledby="domains">
      <div className="panel-head">
        <h2 id="domains">Less loss on unseen examples</h2>
        <span className="label">
          {number(overall.examples)} examples, {number(overall.tokens)} tokens, 95 % intervals
        </span>
      </div>
      <IntervalPlot
        rows={rows.map(([name, { fall, low, high }]) => ({
          ...{ name, value: fall, low, high },
          title: `${name}: ${fallText(fall)}, 95 %: ${fallText(low)} to ${fallText(high)}`,
        }))}
        // A loss of nearly nothing may rise manifold: shares beyond one are drawn at the edge.
        edge={1}
        ticks={['more loss', '0', '100 % less']}
        label="Less loss in each domain; the table below has the numbers"
      />
      <table className={styles.table}>
        <caption className="visually-hidden">
          Loss before and after in nats per token, and how much it fell
        </caption>
        <thead>
          <tr>
            <th scope="col">Domain</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
            <th scope="col">Less by</th>
            <th scope="col">95 %</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, { base, candidate, fall, low, high }]) => (
            <tr key={name}>
              <th scope="row">
                {name}
                {props.claimed.includes(name) && ' (claimed)'}
              </th>
              <td>{number(base, 4)}</td>
              <td>{number(candidate, 4)}</td>
              <td>{fallText(fall)}</td>
              <td>
                {fallText(low)} to {fallText(high)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
