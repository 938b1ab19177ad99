import type { UpdateFigures } from '../../api/rounds.js';
import { number, shortHash } from '../../components/format.js';
import { IntervalPlot } from '../../components/interval-plot.js';
import styles from './rounds.module.css';

/** How each update lies to what was made of all: a picture, and the table behind it. */
export function Agreement({ members }: { members: readonly UpdateFigures[] }) {
  return (
    <section className="panel" aria-labelledby="agreement">
      <div className="panel-head">
        <h2 id="agreement">How each update lies to the aggregate</h2>
        <span className="label">whoever points elsewhere has learnt something else, or nothing</span>
      </div>
      <IntervalPlot
        rows={members.map(({ author, cosine }) => ({
          ...{ name: shortHash(author), value: cosine, low: cosine, high: cosine },
          title: `${shortHash(author)}: cosine ${number(cosine, 3)}`,
        }))}
        edge={1}
        ticks={['against it', '0', 'the same way']}
        label="Cosine of each update with the aggregate; the table below has the numbers"
      />
      <table className={styles.table}>
        <caption className="visually-hidden">Length, distance and cosine of each update</caption>
        <thead>
          <tr>
            <th scope="col">Member</th>
            <th scope="col">Cosine</th>
            <th scope="col">Distance</th>
            <th scope="col">Length</th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ author, cosine, distance, length }) => (
            <tr key={author}>
              <th scope="row" className="mono">
                {shortHash(author)}
              </th>
              <td>{number(cosine, 3)}</td>
              <td>{number(distance, 3)}</td>
              <td>{number(length, 3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
