import { Button } from '@mantine/core';
import { useState } from 'react';
import type { BlockAnswer } from '../../api/chain.js';
import { Problem } from '../../api/problem.js';
import { count } from '../../components/format.js';
import { State, type Meaning } from '../../components/state.js';
import { checkHeader, checkInclusion, checkPayload, type Proof } from '../../verify/block-proofs.js';
import styles from './chain.module.css';

const checks = [
  [
    'header',
    'Header and signature',
    'The hash follows from the header, and the author’s key signed it.',
    checkHeader,
  ],
  ['payload', 'Payload', 'Every byte is downloaded and hashed, whole and by 256 KiB tile.', checkPayload],
  ['inclusion', 'Inclusion', 'The block is a leaf of the log, under a signed checkpoint.', checkInclusion],
] as const;

type Outcome = Proof | 'running' | null;

/** What this browser can prove of a block. The header is checked at once, the rest when asked. */
export function BlockProofs({ block }: { block: BlockAnswer }) {
  const [outcomes, setOutcomes] = useState<Readonly<Record<string, Outcome>>>(() => ({
    header: checkHeader(block),
  }));
  const run = async (name: string, check: (block: BlockAnswer) => Proof | Promise<Proof>): Promise<void> => {
    setOutcomes((before) => ({ ...before, [name]: 'running' }));
    const outcome = await Promise.resolve(check(block)).catch((thrown: unknown) => refused(thrown));
    setOutcomes((before) => ({ ...before, [name]: outcome }));
  };
  return (
    <section className="panel" aria-labelledby="proofs">
      <div className="panel-head">
        <h2 id="proofs">Proofs</h2>
        <span className="label">{count(checks.length, 'check')}, all made in this browser</span>
      </div>
      <ul className={styles.proofs}>
        {checks.map(([name, title, meaning, check]) => {
          const outcome = outcomes[name] ?? null;
          return (
            <li key={name} data-proof={name}>
              <span>{title}</span>
              <span className="label">
                {outcome === null || outcome === 'running' ? meaning : outcome.detail}
              </span>
              {outcome === null || outcome === 'running' ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={outcome === 'running'}
                  onClick={() => void run(name, check)}
                >
                  Check
                </Button>
              ) : (
                <State is={meaningOf(outcome)}>{outcome.is === 'open' ? 'not proved' : outcome.is}</State>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function meaningOf(proof: Proof): Meaning {
  return proof.is === 'proved' ? 'proved' : proof.is === 'open' ? 'waiting' : 'failed';
}

function refused(thrown: unknown): Proof {
  const problem = Problem.from(thrown);
  return { is: 'failed', detail: `${problem.detail} (${problem.code})` };
}
