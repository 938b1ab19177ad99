import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import type { Dashboard } from '../../api/autonomy.js';
import { count, dateTime, number, shortHash } from '../../components/format.js';
import { DecisionState } from '../../components/decision-state.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { State } from '../../components/state.js';
import { useGuardianDashboard } from '../../hooks/autonomy.js';
import { AuditExport } from './audit-export.js';
import { ApprovalCard } from './approval-card.js';
import { EscalationCard } from './escalation-card.js';
import { LimitsPanel } from './limits-panel.js';
import { OrderForm } from './order-form.js';
import { StopPanel } from './stop-panel.js';
import styles from './guardian.module.css';

/** What waits for a guardian's answer, and what a guardian can do at any time. */
export default function GuardianPage() {
  const dashboard = useGuardianDashboard();
  return (
    <div className={`page ${styles.page}`}>
      <header className="page-head">
        <h1>Guardian</h1>
        <p>What waits for my answer, and is everything as it should be?</p>
      </header>
      {dashboard.isPending && <Loading lines={10} />}
      {dashboard.isError && (
        <ProblemNotice error={dashboard.error} onRetry={() => void dashboard.refetch()} />
      )}
      {dashboard.isSuccess && <View data={dashboard.data} />}
    </div>
  );
}

function View({ data }: { data: Dashboard }) {
  // A replica that is not updated yet does not say which tasks wait.
  const { escalations, approvals = [] } = data;
  const questions = escalations.length + approvals.length;
  return (
    <>
      <StopPanel state={data.autonomy} />
      <section aria-labelledby="questions" className={styles.body}>
        <h2 id="questions">
          {questions === 0 ? 'Nothing waits for an answer' : count(questions, 'question')}
        </h2>
        {questions === 0 && (
          <Empty title="No question is open">
            What the server is not sure of appears here, with all that is needed to answer, and so does every
            task that waits for an approval.
          </Empty>
        )}
        {escalations.map((escalation) => (
          <EscalationCard key={escalation.escalation_id} escalation={escalation} />
        ))}
        {approvals.map((approval) => (
          <ApprovalCard key={`${approval.task_id}/${approval.step_id}`} approval={approval} />
        ))}
      </section>
      <OrderForm actions={data.actions} />
      <Limits data={data} />
      <LimitsPanel />
      <RecentDecisions data={data} />
      <Audit data={data} />
    </>
  );
}

function Limits({ data }: { data: Dashboard }) {
  const { thresholds, security_score: score } = data.safety;
  const staged = Object.entries(data.stages);
  return (
    <section className="panel" aria-labelledby="limits">
      <div className="panel-head">
        <h2 id="limits">Limits</h2>
        {data.matrix.problem === null ? (
          <State is="proved">matrix {shortHash(data.matrix.hash)}</State>
        ) : (
          <State is="failed">matrix broken, the old one holds</State>
        )}
      </div>
      <Readings>
        <Reading
          label="Security score"
          value={score === null ? '–' : number(score, 2)}
          note={score === null ? 'nobody measured it yet' : `at least ${thresholds.security}`}
        />
        <Reading label="Bias, at most" value={number(thresholds.bias, 2)} />
        <Reading label="Fairness, at least" value={number(thresholds.fairness, 2)} />
        <Reading
          label="Per transaction"
          value={number(thresholds.transaction_amount)}
          note={`${number(thresholds.transaction_day)} a day`}
        />
        <Reading
          label="Staged"
          value={staged.length === 0 ? 'nothing' : staged.map(([, { version }]) => version).join(', ')}
          note={staged
            .map(([model, { stage, share }]) => `${model}: ${stage}, ${number(share * 100, 1)} %`)
            .join('; ')}
        />
      </Readings>
      {data.matrix.problem !== null && <p style={{ margin: 14 }}>{data.matrix.problem.detail}</p>}
    </section>
  );
}

function RecentDecisions({ data }: { data: Dashboard }) {
  return (
    <section className="panel" aria-labelledby="recent">
      <div className="panel-head">
        <h2 id="recent">Decided last</h2>
        <Anchor component={Link} to="/decisions" size="sm">
          All decisions
        </Anchor>
      </div>
      {data.decisions.length === 0 && <Empty title="Nothing was decided yet">Decisions appear here.</Empty>}
      <ol className={styles.list}>
        {data.decisions.slice(0, 8).map((row) => (
          <li key={row.decision_id}>
            <span className="label">{dateTime(row.created_at)}</span>
            <Anchor component={Link} to={`/decisions/${row.decision_id}`} size="sm">
              {row.what}
            </Anchor>
            <DecisionState state={row.state} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Audit({ data }: { data: Dashboard }) {
  return (
    <section className="panel" aria-labelledby="audit">
      <div className="panel-head">
        <h2 id="audit">Audit</h2>
        <span className="label">every record is a leaf of the log</span>
        <AuditExport />
      </div>
      <ol className={styles.list}>
        {data.audit.map((row) => (
          <li key={row.hash}>
            <span className="label">{dateTime(row.at)}</span>
            <span>
              {row.event} by {row.actor}
              {row.reason === null || row.reason === '' ? '' : `: ${row.reason}`}
            </span>
            <span className="label">{row.txid === null ? 'on its way' : `leaf ${row.txid}`}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
