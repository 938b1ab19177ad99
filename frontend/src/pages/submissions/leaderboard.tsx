import { count } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { useLeaders } from '../../hooks/learning.js';
import { fallText } from './fall-text.js';
import styles from './submissions.module.css';

/** Contributors by what their accepted experts have gained. */
export function Leaderboard() {
  const leaders = useLeaders();
  if (leaders.isError) return <ProblemNotice error={leaders.error} onRetry={() => void leaders.refetch()} />;
  if (!leaders.isSuccess || leaders.data.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="leaders">
      <div className="panel-head">
        <h2 id="leaders">Contributors</h2>
        <span className="label">{count(leaders.data.length, 'key')}, by the loss their experts saved</span>
      </div>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Trust</th>
            <th scope="col">Accepted</th>
            <th scope="col">Live</th>
            <th scope="col">Rejected</th>
            <th scope="col">Less loss</th>
          </tr>
        </thead>
        <tbody>
          {leaders.data.map(({ author, trust, accepted, released, rejected, gained }) => (
            <tr key={author}>
              <th scope="row">
                <Hash value={author} />
              </th>
              <td>{trust}</td>
              <td>{accepted}</td>
              <td>{released}</td>
              <td>{rejected}</td>
              <td>{fallText(gained)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
