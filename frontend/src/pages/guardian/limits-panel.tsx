import { Button, NumberInput } from '@mantine/core';
import { useState } from 'react';
import type { Limits, LimitsInForce } from '../../api/limits.js';
import { number } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useChangeLimits, useLimits } from '../../hooks/limits.js';
import { changedLimits, limitNames, type LimitName } from './limit-names.js';
import { LimitHistory } from './limit-history.js';
import styles from './guardian.module.css';

/** Every limit, the way to change it, and who changed what before. */
export function LimitsPanel() {
  const limits = useLimits();
  const [reason, setReason] = useState('');
  return (
    <section className="panel" aria-labelledby="tuning">
      <div className="panel-head">
        <h2 id="tuning">Change the limits</h2>
        <span className="label">every change is on record</span>
      </div>
      <div className={`panel-body ${styles.body}`}>
        {limits.isPending && <Loading lines={4} />}
        {limits.isError && <ProblemNotice error={limits.error} onRetry={() => void limits.refetch()} />}
        {limits.isSuccess && <LimitForm inForce={limits.data} reason={reason} onReason={setReason} />}
      </div>
      <LimitHistory reason={reason} onUsed={() => setReason('')} />
    </section>
  );
}

function LimitForm(props: { inForce: LimitsInForce; reason: string; onReason: (reason: string) => void }) {
  const { inForce, reason, onReason } = props;
  // Only what somebody has typed is kept here: the rest follows what is in force.
  const [typed, setTyped] = useState<Limits>({});
  const change = useChangeLimits();
  const changes = changedLimits(inForce.thresholds, { ...inForce.thresholds, ...typed });
  const ready = reason.trim() !== '' && Object.keys(changes).length > 0 && !change.isPending;
  const done = () => {
    setTyped({});
    onReason('');
  };
  return (
    <form
      className={styles.body}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) change.mutate({ changes, reason: reason.trim() }, { onSuccess: done });
      }}
    >
      <div className={styles.limits}>
        {limitNames.map((limit) => (
          <LimitInput
            key={limit.name}
            limit={limit}
            usual={inForce.defaults[limit.name]}
            value={typed[limit.name] ?? inForce.thresholds[limit.name]}
            changed={limit.name in changes}
            onChange={(value) => setTyped({ ...typed, [limit.name]: value })}
          />
        ))}
      </div>
      <ReasonField
        label="Reason for the change"
        description="It goes into the log."
        value={reason}
        onChange={onReason}
      />
      <div className="row">
        <Button type="submit" disabled={!ready}>
          Change limits
        </Button>
        <Button variant="default" disabled={Object.keys(changes).length === 0} onClick={() => setTyped({})}>
          As they are
        </Button>
      </div>
      {change.isError && <ProblemNotice error={change.error} />}
    </form>
  );
}

function LimitInput(props: {
  limit: LimitName;
  usual: number;
  value: number;
  changed: boolean;
  onChange: (value: number) => void;
}) {
  const { limit, usual, value, changed, onChange } = props;
  const usually = `usually ${number(usual, limit.decimals)}`;
  return (
    <NumberInput
      label={changed ? `${limit.label} (changed)` : limit.label}
      description={`${limit.about}; ${usually}`}
      min={0}
      max={limit.most}
      step={limit.step}
      clampBehavior="strict"
      allowNegative={false}
      value={value}
      onChange={(entered) => {
        if (typeof entered === 'number') onChange(entered);
      }}
    />
  );
}
