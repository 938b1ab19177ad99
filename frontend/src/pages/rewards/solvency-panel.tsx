import { Anchor, Button } from '@mantine/core';
import { Link } from 'react-router';
import type { SolvencyTotals } from '../../api/rewards.js';
import { Amount } from '../../components/amount.js';
import { Command } from '../../components/command.js';
import { count } from '../../components/format.js';
import { Hash } from '../../components/hash.js';
import { ProblemNotice } from '../../components/notice.js';
import { State } from '../../components/state.js';
import { useSolvency, useSolvencyCheck } from '../../hooks/rewards.js';
import { shortAccount } from './accounts.js';

/** The root over all balances, whether their sum is what was issued, and how to check that a balance is in it. */
export function SolvencyPanel({ account }: { account: string }) {
  const solvency = useSolvency();
  if (solvency.isError)
    return <ProblemNotice error={solvency.error} onRetry={() => void solvency.refetch()} />;
  if (!solvency.isSuccess) return null;
  const totals = solvency.data;
  const whole = totals.sum === totals.issued;
  return (
    <section className="panel" aria-labelledby="solvency">
      <div className="panel-head">
        <h2 id="solvency">Solvency</h2>
        <span className="label">all balances, as the leaves of one tree</span>
        <State is={whole ? 'proved' : 'failed'}>
          {whole ? 'the sum is what was issued' : 'the sum is not what was issued'}
        </State>
      </div>
      <div className="panel-body" style={{ display: 'grid', gap: 14 }}>
        <Totals totals={totals} />
        {account !== '' && <Check key={`${account} ${totals.root}`} account={account} root={totals.root} />}
      </div>
    </section>
  );
}

function Totals({ totals: { block, accounts, root, sum, issued } }: { totals: SolvencyTotals }) {
  return (
    <dl className="facts">
      <dt>Root</dt>
      <dd>
        <Hash value={root} head={11} />
      </dd>
      <dt>Sum</dt>
      <dd>
        <Amount units={sum} /> in {count(accounts, 'account')}
      </dd>
      <dt>Issued</dt>
      <dd>
        <Amount units={issued} />
      </dd>
      <dt>Behind block</dt>
      <dd>
        <Link to={`/blocks/C/${block}`}>{block.slice(0, 12)}… of chain C</Link>
      </dd>
    </dl>
  );
}

/** Checks here that the balance of an account is in the sum, and tells how to do it elsewhere. */
function Check({ account, root }: { account: string; root: string }) {
  const check = useSolvencyCheck();
  const path = `/rewards/solvency/${encodeURIComponent(account)}`;
  return (
    <div style={{ display: 'grid', gap: 6 }}>
      <div className="row">
        <Button size="compact-sm" loading={check.isPending} onClick={() => check.mutate(account)}>
          Check {shortAccount(account)} in this browser
        </Button>
        <Anchor href={path} download="proof.json" size="sm">
          Save its proof
        </Anchor>
        <span role="status">
          {check.isSuccess && (
            <State is={check.data.fault === null ? 'proved' : 'failed'}>
              {check.data.fault ?? 'the balance is in the sum under this root'}
            </State>
          )}
        </span>
      </div>
      {check.isSuccess && check.data.fault === null && (
        <span className="label">
          <Amount units={check.data.proof.balance} />, {count(check.data.proof.path.length, 'step')} to the
          root
        </span>
      )}
      {check.isError && <ProblemNotice error={check.error} />}
      <span className="label">Check the saved proof elsewhere, without asking anybody</span>
      <Command>{`npx stemma rewards verify-solvency proof.json --root ${root}`}</Command>
    </div>
  );
}
