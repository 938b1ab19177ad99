import { dateTime } from '../../components/format.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useReports } from '../../hooks/monitoring.js';
import { AgentState } from './agent-state.js';
import styles from './monitoring.module.css';
import { serverName } from './servers.js';

/** The full health reports; each opens. */
export function ReportPanel() {
  const reports = useReports();
  return (
    <section className="panel" aria-labelledby="reports">
      <div className="panel-head">
        <h2 id="reports">Health reports</h2>
        {reports.data !== undefined && <span className="label">every {reports.data.every_hours} hours</span>}
      </div>
      {reports.isError && <ProblemNotice error={reports.error} onRetry={() => void reports.refetch()} />}
      {reports.data?.items.length === 0 && (
        <Empty title="No report yet">The first one is made with the first round of the agents.</Empty>
      )}
      <ul className={styles.list}>
        {reports.data?.items.map(({ report_id: id, node, instance, at, status, report }) => (
          <li key={id}>
            <div className={styles.head}>
              <span>{dateTime(at)}</span>
              <span className="mono">{serverName({ node, instance })}</span>
              <AgentState state={status} />
            </div>
            <details>
              <summary className="label">Report</summary>
              <pre className={`mono ${styles.json}`} tabIndex={0}>
                {JSON.stringify(report, null, 2)}
              </pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
