import { useParams } from 'react-router';
import { adviceByCode, adviceByPrefix, adviceFor, type Advice } from '../../components/advice.js';
import styles from './problems.module.css';

/** What a problem code means: the one asked for, then all that have words of their own. */
export default function ProblemsPage() {
  const { code } = useParams();
  return (
    <div className="page" style={{ maxWidth: 820 }}>
      <header className="page-head">
        <h1>{code ?? 'Problem codes'}</h1>
        <p>What happened, what was not affected, what to do</p>
      </header>
      {code !== undefined && (
        <div className="panel panel-body" style={{ marginBottom: 20 }}>
          <Words advice={adviceFor({ code, status: 0 })} />
        </div>
      )}
      <h2 className="visually-hidden">All codes</h2>
      <dl className={styles.codes}>
        {[
          ...Object.entries(adviceByCode),
          ...adviceByPrefix.map(([prefix, advice]) => [`${prefix}…`, advice] as const),
        ].map(([name, advice]) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd>
              <Words advice={advice} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Words({ advice }: { advice: Advice }) {
  return (
    <>
      <strong>{advice.title}.</strong> {advice.unaffected} {advice.action}
    </>
  );
}
