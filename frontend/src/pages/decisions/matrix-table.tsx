import type { DecisionMetrics } from '../../api/autonomy.js';
import { number } from '../../components/format.js';
import styles from './decisions.module.css';

/** What each type of decision may do by itself, and how many there were. */
export function MatrixTable({ metrics }: { metrics: DecisionMetrics }) {
  return (
    <section className="panel" aria-labelledby="matrix">
      <div className="panel-head">
        <h2 id="matrix">Matrix</h2>
        <span className="label">config/decision-matrix.yaml; read again whenever it changes</span>
      </div>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label="Decision matrix">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col">Mode</th>
              <th scope="col">Least confidence</th>
              <th scope="col">An hour</th>
              <th scope="col">Cooldown</th>
              <th scope="col">A day, same subject</th>
              <th scope="col">May touch</th>
              <th scope="col">Answer within</th>
              <th scope="col">Always automatic</th>
              <th scope="col">So far</th>
            </tr>
          </thead>
          <tbody>
            {metrics.types.map(({ type, rules }) => (
              <tr key={type}>
                <th scope="row">{type.replaceAll('_', ' ')}</th>
                <td>{rules.shadow ? 'only recorded' : 'acts'}</td>
                <td>{number(rules.threshold, 2)}</td>
                <td>{number(rules.automatic_per_hour)}</td>
                <td>{number(rules.cooldown_s)} s</td>
                <td>{number(rules.attempts_per_day)}</td>
                <td>{number(rules.blast_radius * 100)} %</td>
                <td>{number(rules.answer_within_s / 60)} min</td>
                <td>{rules.automatic_actions.join(', ') || '–'}</td>
                <td>
                  {number(Object.values(metrics.counts[type] ?? {}).reduce((sum, each) => sum + each, 0))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
