import { Button } from '@mantine/core';
import type { Dataset } from '../../api/datasets.js';
import { count, dateTime, number } from '../../components/format.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useVote } from '../../hooks/datasets.js';
import styles from './datasets.module.css';

/** The vote on a dataset: what there is so far, until when, and the two buttons. */
export function VotePanel({ dataset }: { dataset: Dataset }) {
  const cast = useVote(dataset.id);
  const { vote, votes, own_vote: own, stage } = dataset;
  if (vote === null || votes === null) return null;
  const all = votes.yes + votes.no;
  const open = stage === 'vote';
  return (
    <section className="panel" aria-labelledby="vote">
      <div className="panel-head">
        <h2 id="vote">Vote</h2>
        <span className="label">
          {open ? 'open' : 'ended'} {open && `until ${dateTime(vote.ends_at)}`}
          {vote.extended && ', extended once'}; {count(vote.quorum, 'vote')} needed
        </span>
      </div>
      <div className={`panel-body ${styles.report}`}>
        <svg width="100%" height={18} role="img" aria-label={`${votes.yes} for, ${votes.no} against`}>
          <rect width="100%" height={18} className={styles.rail} />
          <rect width={`${all === 0 ? 0 : (votes.yes / all) * 100}%`} height={18} className={styles.within} />
          {[40, 60, 75].map((share) => (
            <line key={share} x1={`${share}%`} x2={`${share}%`} y1={0} y2={18} className={styles.limit} />
          ))}
        </svg>
        <p className={styles.line}>
          {votes.yes} for, {votes.no} against
          {all > 0 && ` (${number((votes.yes / all) * 100, 1)} %)`}; gold from 75 %, silver from 60 %,
          experimental from 40 %
        </p>
        {own !== null && <State is={own ? 'proved' : 'failed'}>You voted {own ? 'for' : 'against'} it</State>}
        {open && own === null && (
          <div className="row">
            <Button size="xs" loading={cast.isPending} onClick={() => cast.mutate(true)}>
              Vote for it
            </Button>
            <Button size="xs" variant="default" loading={cast.isPending} onClick={() => cast.mutate(false)}>
              Vote against it
            </Button>
            <span className="label">A vote stays as it is.</span>
          </div>
        )}
        {cast.isError && <ProblemNotice error={cast.error} />}
      </div>
    </section>
  );
}
