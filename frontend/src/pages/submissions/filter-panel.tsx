import type { FilterAnswer, LearntFilter } from '../../api/learning.js';
import { count, dateTime, number } from '../../components/format.js';
import { useLearntFilter } from '../../hooks/learning.js';
import styles from './submissions.module.css';

/** Which candidates are turned away without an evaluation, and how well that was told so far. */
export function FilterPanel() {
  const answer = useLearntFilter();
  if (!answer.isSuccess) return null;
  const { filter, experience } = answer.data;
  return (
    <section className="panel" aria-labelledby="filter">
      <div className="panel-head">
        <h2 id="filter">Learnt pre-filter</h2>
        <span className="label">what verdicts so far say of candidates before they are evaluated</span>
      </div>
      {filter === null ? (
        <p className={styles.note}>
          None was learnt yet. It takes forty verdicts of new contributors, eight of them accepted and eight
          rejected.
        </p>
      ) : (
        <FilterFacts filter={filter} experience={experience} />
      )}
    </section>
  );
}

function FilterFacts({
  filter,
  experience,
}: {
  filter: LearntFilter;
  experience: FilterAnswer['experience'];
}) {
  const { accepted, rejected, precision, recall, threshold, unused, features } = filter;
  const most = Math.max(...features.map(({ weight }) => Math.abs(weight)), 1e-9);
  const { turned_away: away, evaluated, evaluated_and_rejected: right } = experience;
  return (
    <>
      <dl className={styles.facts}>
        <dt>Learnt</dt>
        <dd>
          {dateTime(Date.parse(filter.trained_at))}, from {accepted} accepted and {rejected} rejected
          candidates
        </dd>
        <dt>Precision</dt>
        <dd>
          {precision === null
            ? 'it would turn nobody away'
            : `${percent(precision)} of those it would turn away were rejected`}
        </dd>
        <dt>Recall</dt>
        <dd>{percent(recall)} of those that were rejected would have been turned away</dd>
        <dt>{unused === null ? 'Turned away' : 'Not used'}</dt>
        <dd>{unused ?? `below a probability of acceptance of ${percent(threshold)}`}</dd>
        <dt>So far</dt>
        <dd>
          {count(away, 'candidate')} turned away; {evaluated} unlikely ones evaluated all the same, {right} of
          them rejected
        </dd>
      </dl>
      <table className={styles.table} aria-label="What the filter looks at">
        <thead>
          <tr>
            <th scope="col">Looks at</th>
            <th scope="col">Weight</th>
            <th scope="col">
              <span className="visually-hidden">Picture</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {features.map(({ name, meaning, weight }) => (
            <tr key={name}>
              <th scope="row">{meaning}</th>
              <td>{number(weight, 2)}</td>
              <td>
                <svg
                  width="120"
                  height="12"
                  viewBox="-60 0 120 12"
                  aria-hidden="true"
                  className={styles.weight}
                >
                  <path d="M0 0V12" />
                  <rect
                    x={Math.min(0, (weight / most) * 58)}
                    y="2"
                    height="8"
                    width={Math.abs((weight / most) * 58)}
                    data-sign={weight < 0 ? 'against' : 'for'}
                  />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function percent(share: number): string {
  return `${number(share * 100, 1)} %`;
}
