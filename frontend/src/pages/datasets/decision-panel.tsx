import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Dataset, DatasetDecision } from '../../api/datasets.js';
import { ProblemNotice } from '../../components/notice.js';
import { ReasonField } from '../../components/reason-field.js';
import { useMe } from '../../hooks/account.js';
import { useAppealAnswer, useDatasetDecision } from '../../hooks/datasets.js';
import styles from './datasets.module.css';

const APPROVED = ['gold', 'silver', 'experimental'];

/** What this person may decide of the dataset, each with a reason. */
export function DecisionPanel({ dataset }: { dataset: Dataset }) {
  const me = useMe().data;
  const [reason, setReason] = useState('');
  const decide = useDatasetDecision(dataset.id);
  const answer = useAppealAnswer(dataset.id);
  if (me === undefined) return null;
  const guardian = me.single_user || me.roles.some((role) => ['guardian', 'admin'].includes(role));
  const offers = offersFor(dataset, { guardian, own: me.subject === dataset.creator });
  if (offers.length === 0) return null;
  const ready = reason.trim() !== '';
  const act = (offer: Offer) => {
    const settle = { onSuccess: () => setReason('') };
    if (offer.what === 'grant' || offer.what === 'deny')
      answer.mutate({ granted: offer.what === 'grant', reason: reason.trim() }, settle);
    else decide.mutate({ what: offer.what, reason: reason.trim() }, settle);
  };
  return (
    <section className="panel" aria-labelledby="decide">
      <div className="panel-head">
        <h2 id="decide">Decide</h2>
      </div>
      <div className={`panel-body ${styles.report}`}>
        <ReasonField
          label="Reason (public)"
          minRows={2}
          maxLength={500}
          value={reason}
          onChange={setReason}
        />
        <div className="row">
          {offers.map((offer) => (
            <Button
              key={offer.what}
              size="xs"
              variant="default"
              disabled={!ready}
              loading={decide.isPending || answer.isPending}
              onClick={() => act(offer)}
            >
              {offer.label}
            </Button>
          ))}
          {offers.some(({ what }) => what === 'withdraw') && (
            <span className="label">Withdrawing is for good: the file is removed.</span>
          )}
        </div>
        {decide.isError && <ProblemNotice error={decide.error} />}
        {answer.isError && <ProblemNotice error={answer.error} />}
      </div>
    </section>
  );
}

interface Offer {
  readonly what: DatasetDecision | 'grant' | 'deny';
  readonly label: string;
}

function offersFor(
  { stage, appeal, appeal_until: until }: Dataset,
  { guardian, own }: { guardian: boolean; own: boolean },
): readonly Offer[] {
  const offers: Offer[] = [];
  if (stage === 'rejected' && own && appeal === null && until !== null)
    offers.push({ what: 'appeal', label: 'Appeal' });
  if (stage === 'appealed' && guardian)
    offers.push({ what: 'grant', label: 'Grant the appeal' }, { what: 'deny', label: 'Deny the appeal' });
  if ([...APPROVED, 'vote'].includes(stage) && guardian)
    offers.push({ what: 'quarantine', label: 'Quarantine' });
  if (stage === 'quarantined' && guardian) offers.push({ what: 'release', label: 'End the quarantine' });
  if (stage !== 'withdrawn' && (own || guardian)) offers.push({ what: 'withdraw', label: 'Withdraw' });
  return offers;
}
