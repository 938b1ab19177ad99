import { Anchor, Button } from '@mantine/core';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Decision } from '../../api/autonomy.js';
import { DecisionState } from '../../components/decision-state.js';
import { dateTime } from '../../components/format.js';
import { Judgement } from '../../components/judgement.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useDecision, useOverride } from '../../hooks/autonomy.js';
import styles from './decisions.module.css';

type Outcome = 'approve' | 'reject' | 'undo';

/** What an override can make of a decision. */
const OVERRIDES: Readonly<Record<string, readonly Outcome[]>> = {
  waiting: ['approve', 'reject'],
  held: ['approve', 'undo'],
  recorded: ['approve'],
  rejected: ['approve'],
  expired: ['approve'],
  succeeded: ['undo'],
  failed: ['undo'],
};

const WORDS: Readonly<Record<Outcome, string>> = {
  approve: 'Let it happen',
  reject: 'Reject',
  undo: 'Take it back',
};

/** One decision: what, why, what came of it, and what a guardian can make of it. */
export default function DecisionPage() {
  const { id = '' } = useParams();
  const decision = useDecision(id);
  return (
    <div className={`page ${styles.page}`} style={{ maxWidth: 960 }}>
      <Anchor component={Link} to="/decisions" size="sm">
        All decisions
      </Anchor>
      {decision.isPending && <Loading lines={8} />}
      {decision.isError && <ProblemNotice error={decision.error} onRetry={() => void decision.refetch()} />}
      {decision.isSuccess && <View row={decision.data} />}
    </div>
  );
}

function View({ row }: { row: Decision }) {
  const outcomes = OVERRIDES[row.state] ?? [];
  // What never began left nothing to take back.
  const undoable = !row.delegated && row.result !== null;
  const offered = undoable ? outcomes : outcomes.filter((outcome) => outcome !== 'undo');
  return (
    <>
      <header className="page-head">
        <h1>{row.what}</h1>
        <p>
          {row.type.replaceAll('_', ' ')}, asked by {row.asked_by}, {dateTime(row.created_at)}
        </p>
        <div className="tools">
          <DecisionState state={row.state} />
        </div>
      </header>
      <section className="panel" aria-labelledby="outcome">
        <div className="panel-head">
          <h2 id="outcome">What came of it</h2>
          <span className="label">{row.automatic ? 'by itself' : (row.decided_by ?? 'nobody yet')}</span>
        </div>
        <div className={`panel-body ${styles.body}`}>
          {row.detail !== null && row.reason !== null && (
            <p style={{ margin: 0, overflowWrap: 'anywhere' }}>Why: {row.reason}</p>
          )}
          <p style={{ margin: 0, overflowWrap: 'anywhere' }}>{row.detail ?? row.reason ?? 'Nothing yet.'}</p>
          {offered.length > 0 && <Override id={row.decision_id} outcomes={offered} />}
        </div>
      </section>
      <section className="panel" aria-labelledby="judged">
        <div className="panel-head">
          <h2 id="judged">What it was judged by</h2>
        </div>
        <div className="panel-body">
          <Judgement judged={row} />
        </div>
      </section>
    </>
  );
}

function Override({ id, outcomes }: { id: string; outcomes: readonly Outcome[] }) {
  const [reason, setReason] = useState('');
  const override = useOverride(id);
  return (
    <>
      <ReasonField label="Reason for an override" value={reason} onChange={setReason} />
      <div className="row">
        {outcomes.map((outcome) => (
          <Button
            key={outcome}
            variant="default"
            disabled={reason.trim() === '' || override.isPending}
            onClick={() => override.mutate({ outcome, reason: reason.trim() })}
          >
            {WORDS[outcome]}
          </Button>
        ))}
      </div>
      {override.isError && <ProblemNotice error={override.error} />}
    </>
  );
}
