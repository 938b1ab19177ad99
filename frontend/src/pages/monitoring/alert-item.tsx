import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Alert } from '../../api/monitoring.js';
import { count, dateTime } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { useAcknowledge, useSilence } from '../../hooks/monitoring.js';
import { AgentState } from './agent-state.js';
import styles from './monitoring.module.css';

/** An alert with its evidence, and the way to say that one knows. */
export function AlertItem({ alert }: { alert: Alert }) {
  return (
    <li>
      <div className={styles.head}>
        <span className="row">
          <AgentState state={alert.severity === 'critical' ? 'critical' : 'warning'} />
          <span className="mono">{alert.fingerprint}</span>
        </span>
        <AgentState state={alert.state} />
      </div>
      <p>{alert.summary}</p>
      <span className="label">
        since {dateTime(alert.raised_at)}, seen {count(alert.occurrences, 'time')}
        {alert.acknowledged_by !== null && `, ${alert.acknowledged_by}: ${alert.reason ?? ''}`}
        {alert.silenced_until !== null && `, silenced until ${dateTime(alert.silenced_until)}`}
      </span>
      <details>
        <summary className="label">Evidence</summary>
        <pre className={`mono ${styles.json}`} tabIndex={0}>
          {JSON.stringify(alert.evidence, null, 2)}
        </pre>
      </details>
      {alert.state === 'firing' && <Answer alert={alert} />}
    </li>
  );
}

/** The two things somebody may say of an alert, both with a reason. */
function Answer({ alert }: { alert: Alert }) {
  const [reason, setReason] = useState('');
  const acknowledge = useAcknowledge(alert.alert_id);
  const silence = useSilence(alert.fingerprint);
  const waits = reason.trim() === '' || acknowledge.isPending || silence.isPending;
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          acknowledge.mutate(reason.trim());
        }}
      >
        <TextInput
          size="xs"
          aria-label={`What you know about ${alert.fingerprint}`}
          placeholder={alert.lasting ? 'What you know about it' : 'What was done; this ends the alert'}
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button size="compact-sm" type="submit" disabled={waits}>
          Acknowledge
        </Button>
        {alert.silenced_until === null && (
          <Button
            size="compact-sm"
            variant="default"
            disabled={waits}
            onClick={() => silence.mutate(reason.trim())}
          >
            Silence for an hour
          </Button>
        )}
      </form>
      {acknowledge.isError && <ProblemNotice error={acknowledge.error} />}
      {silence.isError && <ProblemNotice error={silence.error} />}
    </>
  );
}
