import { Button } from '@mantine/core';
import type { LimitChange } from '../../api/limits.js';
import { dateTime } from '../../components/format.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useChangeLimits, useLimitChanges } from '../../hooks/limits.js';
import { changedLimits, changeInWords } from './limit-names.js';
import styles from './guardian.module.css';

/** Who changed which limits when and why; each change can be taken back with a reason of its own. */
export function LimitHistory({ reason, onUsed }: { reason: string; onUsed: () => void }) {
  const changes = useLimitChanges();
  const change = useChangeLimits();
  const items = changes.data?.items ?? [];
  const ready = reason.trim() !== '' && !change.isPending;
  const takeBack = ({ from, to }: LimitChange) =>
    change.mutate({ changes: changedLimits(to, from), reason: reason.trim() }, { onSuccess: onUsed });
  return (
    <>
      {changes.isError && <ProblemNotice error={changes.error} onRetry={() => void changes.refetch()} />}
      {change.isError && <ProblemNotice error={change.error} />}
      {changes.isSuccess && items.length === 0 && (
        <Empty title="Nobody has changed a limit yet">Changes appear here, with who, when and why.</Empty>
      )}
      <ol className={styles.list} aria-label="Changes of limits">
        {items.map((item) => (
          <li key={item.hash}>
            <span className="label">{dateTime(item.at)}</span>
            <span>
              {changeInWords(item)}, by {item.actor}: {item.reason}
            </span>
            <span className="row">
              <span className="label">{item.txid === null ? 'on its way' : `leaf ${item.txid}`}</span>
              <Button
                size="compact-sm"
                variant="default"
                disabled={!ready}
                title={ready ? undefined : 'Give a reason above first'}
                aria-label={`Take back: ${changeInWords(item)}`}
                onClick={() => takeBack(item)}
              >
                Take back
              </Button>
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
