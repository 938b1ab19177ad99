import { Button, Checkbox } from '@mantine/core';
import { IconHandStop, IconPlayerPlay, IconRotate2 } from '@tabler/icons-react';
import { useState } from 'react';
import type { StopState } from '../../api/autonomy.js';
import { dateTime } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { State } from '../../components/state.js';
import { useRollback, useStop } from '../../hooks/autonomy.js';
import styles from './guardian.module.css';

/** Stop, resume and roll back: each with its reason, each in one press. */
export function StopPanel({ state }: { state: StopState }) {
  const [reason, setReason] = useState('');
  const [inference, setInference] = useState(false);
  const stop = useStop();
  const back = useRollback();
  const busy = stop.isPending || back.isPending;
  const ready = reason.trim() !== '' && !busy;
  const cleared = { onSuccess: () => setReason('') };
  return (
    <section className={`panel ${state.stopped ? styles.stopped : ''}`} aria-labelledby="stop">
      <div className="panel-head">
        <h2 id="stop">Emergency stop</h2>
        <State is={state.stopped ? 'failed' : 'proved'}>
          {state.stopped ? 'automatic action is stopped' : 'automatic action is on'}
        </State>
        {state.inference && <State is="failed">answers are stopped</State>}
      </div>
      <div className={`panel-body ${styles.body}`}>
        {state.stopped && (
          <p style={{ margin: 0 }}>
            By {state.by}
            {state.at === null ? '' : `, ${dateTime(state.at)}`}: {state.reason}
          </p>
        )}
        <ReasonField label="Reason" description="It goes into the log." value={reason} onChange={setReason} />
        {!state.inference && (
          <Checkbox
            label="Stop answers, too"
            checked={inference}
            onChange={(event) => setInference(event.currentTarget.checked)}
          />
        )}
        <div className="row">
          <Button
            color="var(--failed)"
            variant="outline"
            leftSection={<IconHandStop size={18} aria-hidden />}
            disabled={!ready}
            onClick={() => stop.mutate({ stop: true, reason: reason.trim(), inference }, cleared)}
          >
            Stop automatic action
          </Button>
          {state.stopped && (
            <Button
              leftSection={<IconPlayerPlay size={18} aria-hidden />}
              disabled={!ready}
              onClick={() => stop.mutate({ stop: false, reason: reason.trim(), inference: false }, cleared)}
            >
              Resume
            </Button>
          )}
          <Button
            variant="default"
            leftSection={<IconRotate2 size={18} aria-hidden />}
            disabled={!ready}
            onClick={() => back.mutate(reason.trim(), cleared)}
          >
            Roll back
          </Button>
        </div>
        <p className="label" style={{ margin: 0 }}>
          Stopping holds in every replica within a second and over restarts; tasks wait. Rolling back serves
          the release and the settings of before, and can be undone.
        </p>
        {stop.isError && <ProblemNotice error={stop.error} />}
        {back.isError && <ProblemNotice error={back.error} />}
        {back.isSuccess && (
          <p style={{ margin: 0 }}>{back.data.decisions.map(({ what }) => what).join('; ')}</p>
        )}
      </div>
    </section>
  );
}
