import { Button, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { HealingStatus } from '../../api/healing.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useApplyRemedy, useDiagnosis } from '../../hooks/healing.js';
import styles from './healing.module.css';

/** Looks now, and uses a remedy by hand: with what it touches, how it is undone, and a reason. */
export function RemedyForm({ status }: { status: HealingStatus }) {
  const [name, setName] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const apply = useApplyRemedy();
  const remedy = status.remedies.find((each) => each.name === name);
  const use = () => remedy !== undefined && apply.mutate({ name: remedy.name, reason: reason.trim() });
  return (
    <section className="panel" aria-labelledby="by-hand">
      <div className="panel-head">
        <h2 id="by-hand">By hand</h2>
      </div>
      <div className={`panel-body ${styles.stack}`}>
        <Diagnose />
        <Select
          size="xs"
          label="Remedy"
          placeholder="Choose one"
          data={status.remedies.map((each) => each.name)}
          value={name}
          onChange={setName}
        />
        {remedy !== undefined && (
          <dl className="facts">
            <dt>Should</dt>
            <dd>{remedy.expected_effect}</dd>
            <dt>Touches</dt>
            <dd>{remedy.blast_radius}</dd>
            <dt>Undone</dt>
            <dd>{remedy.undo}</dd>
          </dl>
        )}
        <TextInput
          size="xs"
          label="Reason"
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Button
          disabled={remedy === undefined || reason.trim() === ''}
          loading={apply.isPending}
          onClick={use}
        >
          Use it now
        </Button>
        {apply.isSuccess && (
          <State is="proved" wraps>
            {apply.data.detail}
          </State>
        )}
        {apply.isError && <ProblemNotice error={apply.error} />}
      </div>
    </section>
  );
}

function Diagnose() {
  const diagnosis = useDiagnosis();
  const symptoms = diagnosis.data?.symptoms;
  return (
    <>
      <div className="row">
        <Button variant="default" loading={diagnosis.isPending} onClick={() => diagnosis.mutate()}>
          Diagnose now
        </Button>
        {symptoms?.length === 0 && <State is="proved">nothing is wrong</State>}
      </div>
      {symptoms?.map(({ cause, summary }) => (
        <State key={cause} is="failed" wraps>
          {summary}
        </State>
      ))}
      {diagnosis.isError && <ProblemNotice error={diagnosis.error} />}
    </>
  );
}
