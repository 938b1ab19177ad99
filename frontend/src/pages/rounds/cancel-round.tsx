import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Round } from '../../api/rounds.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useMe } from '../../hooks/account.js';
import { useCancelRound } from '../../hooks/rounds.js';
import styles from './rounds.module.css';

const OPEN = ['announced', 'committing', 'revealing', 'aggregated'];

/** Ends a round without a result; for who has announced it until an update is shown, and for guardians. */
export function CancelRound({ round }: { round: Round }) {
  const me = useMe().data;
  const [reason, setReason] = useState('');
  const cancel = useCancelRound(round.round_id);
  if (me === undefined || !OPEN.includes(round.state)) return null;
  const guards = me.single_user || ['guardian', 'admin'].some((role) => me.roles.includes(role));
  const announced = me.subject === round.announced_by && round.revealed === 0;
  if (!guards && !announced) return null;
  return (
    <section className="panel" aria-labelledby="cancel">
      <div className="panel-head">
        <h2 id="cancel">Cancel the round</h2>
      </div>
      <div className={`panel-body ${styles.cancel}`}>
        <ReasonField
          label="Reason, which everybody can read"
          maxLength={500}
          value={reason}
          onChange={setReason}
        />
        <Button
          disabled={reason.trim() === ''}
          loading={cancel.isPending}
          onClick={() => cancel.mutate(reason.trim())}
        >
          Cancel the round
        </Button>
        {cancel.isError && <ProblemNotice error={cancel.error} />}
      </div>
    </section>
  );
}
