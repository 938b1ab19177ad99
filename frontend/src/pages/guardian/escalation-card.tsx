import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ActionParameters, Escalation } from '../../api/autonomy.js';
import { dateTime } from '../../components/format.js';
import { Judgement } from '../../components/judgement.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useEscalationAnswer } from '../../hooks/autonomy.js';
import { readParameters } from '../decisions/parameters.js';
import { AlternativeChoice } from './alternative-choice.js';
import styles from './guardian.module.css';

/** A question with all that is needed to answer it, and the answer. */
export function EscalationCard({ escalation }: { escalation: Escalation }) {
  const { decision } = escalation;
  const written = JSON.stringify(decision.parameters, null, 1);
  const [reason, setReason] = useState('');
  const [parameters, setParameters] = useState(written);
  const [instead, setInstead] = useState<string | null>(null);
  const answer = useEscalationAnswer(escalation.escalation_id);
  const amended = parameters === written ? null : readParameters(parameters);
  const ready = reason.trim() !== '' && !answer.isPending;
  const send = (approved: boolean) =>
    answer.mutate({
      ...{ approved, reason: reason.trim() },
      ...(approved && amended !== null && amended !== 'invalid'
        ? { parameters: amended as ActionParameters }
        : {}),
      ...(approved && instead !== null ? { action: instead } : {}),
    });
  return (
    <section className="panel" aria-labelledby={escalation.escalation_id}>
      <div className="panel-head">
        <h3 id={escalation.escalation_id} style={{ margin: 0 }}>
          {decision.what}
        </h3>
        <span className="label">
          {decision.type}, asked by {decision.asked_by}
        </span>
      </div>
      <div className={`panel-body ${styles.body}`}>
        <p style={{ margin: 0 }}>
          Until {dateTime(escalation.expires_at)}; after that {escalation.if_nobody_answers}.
        </p>
        <Judgement judged={decision} />
        <ReasonField label="Reason" value={reason} onChange={setReason} />
        {!decision.delegated && (
          <details>
            <summary>Approve with other parameters</summary>
            <Textarea
              label="Parameters"
              autosize
              minRows={2}
              error={amended === 'invalid' ? 'This is not a JSON object.' : undefined}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              value={parameters}
              onChange={(event) => setParameters(event.currentTarget.value)}
            />
          </details>
        )}
        {decision.alternatives.length > 0 && (
          <AlternativeChoice decision={decision} chosen={instead} onChoose={setInstead} />
        )}
        <div className="row">
          <Button disabled={!ready || amended === 'invalid'} onClick={() => send(true)}>
            {amended === null && instead === null ? 'Approve' : 'Approve as changed'}
          </Button>
          <Button disabled={!ready} variant="default" onClick={() => send(false)}>
            Reject
          </Button>
        </div>
        {answer.isError && <ProblemNotice error={answer.error} />}
      </div>
    </section>
  );
}
