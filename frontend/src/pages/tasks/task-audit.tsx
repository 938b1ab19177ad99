import { Button } from '@mantine/core';
import { useState } from 'react';
import type { AuditItem } from '../../api/tasks.js';
import { Problem } from '../../api/problem.js';
import { count, dateTime } from '../../components/format.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { State, type Meaning } from '../../components/state.js';
import { useAudit } from '../../hooks/tasks.js';
import { checkAudit } from '../../verify/audit-proof.js';
import type { Proof } from '../../verify/block-proofs.js';
import styles from './tasks.module.css';

const meanings: Readonly<Record<Proof['is'], Meaning>> = {
  proved: 'proved',
  failed: 'failed',
  open: 'waiting',
};

/** What happened to a task, each record provable in this browser. */
export function TaskAudit({ task }: { task: string }) {
  const audit = useAudit(task);
  const [proofs, setProofs] = useState<Readonly<Record<string, Proof>>>({});
  const verify = async (items: readonly AuditItem[]): Promise<void> => {
    for (const item of items) {
      const proof = await checkAudit(item).catch((thrown: unknown): Proof => ({
        is: 'open',
        detail: Problem.from(thrown).detail,
      }));
      setProofs((before) => ({ ...before, [item.hash]: proof }));
    }
  };
  if (audit.isPending) return <Loading lines={4} />;
  if (audit.isError) return <ProblemNotice error={audit.error} onRetry={() => void audit.refetch()} />;
  const { items } = audit.data;
  return (
    <section className="panel" aria-labelledby="audit">
      <div className="panel-head">
        <h2 id="audit">What happened</h2>
        <span className="label">{count(items.length, 'record')} in the log</span>
        <Button size="compact-sm" variant="default" onClick={() => void verify(items)}>
          Verify in this browser
        </Button>
      </div>
      <ol className={styles.audit}>
        {items.map((item) => {
          const proof = proofs[item.hash];
          return (
            <li key={item.hash}>
              <span className="label">{dateTime(item.at)}</span>
              <span>
                {item.event}
                {item.step === null ? '' : `, step ${item.step}`}, by {item.actor}
                {item.reason === undefined ? '' : `: ${item.reason}`}
              </span>
              {proof === undefined ? (
                <span className="label">{item.txid === null ? 'on its way' : `leaf ${item.txid}`}</span>
              ) : (
                <State is={meanings[proof.is]}>{proof.detail}</State>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
