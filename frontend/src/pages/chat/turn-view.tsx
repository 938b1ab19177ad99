import { Button } from '@mantine/core';
import { IconReceipt, IconShieldCheck } from '@tabler/icons-react';
import type { Receipt } from '../../api/receipts.js';
import { ExpertStrip } from '../../components/expert-strip.js';
import { number, rate } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useModels } from '../../hooks/models.js';
import { useReceipt } from '../../hooks/receipts.js';
import styles from './chat.module.css';
import type { Turn } from '../../hooks/conversation-store.js';

/** One question, its answer as it grows, and what can be said of it when it is there. */
export function TurnView({
  turn,
  onReceipt,
}: {
  turn: Turn;
  onReceipt: (id: string, verify?: boolean) => void;
}) {
  const running = turn.state === 'waiting' || turn.state === 'streaming';
  const receipt = useReceipt(turn.receipt).data?.receipt;
  return (
    <article className={styles.turn}>
      <div className={styles.prompt} tabIndex={turn.prompt.length > 600 ? 0 : undefined}>
        <span className="visually-hidden">You asked: </span>
        {turn.prompt}
      </div>
      <div
        className={`${styles.answer} ${running ? styles.caret : ''}`}
        aria-live="polite"
        aria-busy={running}
      >
        <span className="visually-hidden">Answer: </span>
        {turn.answer}
      </div>
      {(running || receipt !== undefined) && <ExpertStrip id={turn.id} receipt={receipt} />}
      {turn.problem !== null && <ProblemNotice error={turn.problem} />}
      {!running && turn.problem === null && <Facts turn={turn} receipt={receipt} onReceipt={onReceipt} />}
    </article>
  );
}

function Facts(props: {
  turn: Turn;
  receipt: Receipt | undefined;
  onReceipt: (id: string, verify?: boolean) => void;
}) {
  const { turn, receipt, onReceipt } = props;
  const release = useModels().data?.find(({ live }) => live !== null && live.release === receipt?.release);
  const tokens = turn.tokens ?? receipt?.output.tokens ?? null;
  const speed = turn.tokensPerSecond;
  return (
    <div className={styles.meta}>
      {turn.state === 'stopped' && <State is="waiting">stopped by you</State>}
      {turn.reason === 'length' && <State is="waiting">cut at the longest answer</State>}
      {tokens !== null && (
        <span>
          <b>{number(tokens)}</b> {tokens === 1 ? 'token' : 'tokens'}
        </span>
      )}
      {speed !== null && speed > 0 && (
        <span>
          <b>{rate(speed)}</b> tokens/s
        </span>
      )}
      {receipt !== undefined && (
        <>
          <span>
            {release === undefined ? 'release' : <b>{`${release.name} ${release.live?.version ?? ''}`}</b>}{' '}
            <Hash value={receipt.release} />
          </span>
          <span>
            seed <b>{receipt.request.seed}</b>
          </span>
        </>
      )}
      {turn.receipt !== null && (
        <span className={styles.actions}>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconReceipt size={15} aria-hidden />}
            onClick={() => onReceipt(turn.receipt ?? '')}
          >
            Receipt
          </Button>
          <Button
            size="compact-sm"
            leftSection={<IconShieldCheck size={15} aria-hidden />}
            onClick={() => onReceipt(turn.receipt ?? '', true)}
          >
            Verify
          </Button>
        </span>
      )}
    </div>
  );
}
