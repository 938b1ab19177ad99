import { Problem } from '../../api/problem.js';
import type { Balance } from '../../api/rewards.js';
import { blyText, unitsText } from '../../components/bly.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { Reading, Readings } from '../../components/reading.js';
import { useBalance } from '../../hooks/rewards.js';
import { shortAccount } from './accounts.js';
import { Statement } from './statement.js';

/** What an account holds, and every transfer that led there. */
export function BalancePanel({ account, own }: { account: string; own: boolean }) {
  const balance = useBalance(account);
  const whose = own ? 'your account' : 'this account';
  if (balance.isPending) return <Loading lines={4} />;
  if (balance.isError && isUnknown(balance.error))
    return (
      <Empty title={`Nothing was paid to ${whose} yet`}>
        The ledger opens {shortAccount(account)} with the first payment.
      </Empty>
    );
  if (balance.isError) return <ProblemNotice error={balance.error} onRetry={() => void balance.refetch()} />;
  return (
    <>
      <Holdings balance={balance.data} />
      <Statement account={account} />
    </>
  );
}

function Holdings({ balance: { balance, available, debits, credits, asset } }: { balance: Balance }) {
  const readings = [
    { label: 'Balance', units: balance },
    { label: 'Can be spent', units: available },
    { label: 'Received', units: credits.posted },
    { label: 'Paid out', units: debits.posted },
    { label: 'Reserved', units: debits.pending },
  ];
  return (
    <section aria-label="Balance">
      <Readings>
        {readings.map(({ label, units }) => (
          <Reading key={label} label={label} value={blyText(units)} unit={asset} title={unitsText(units)} />
        ))}
      </Readings>
    </section>
  );
}

function isUnknown(error: unknown): boolean {
  return Problem.from(error).code === 'LEDGER_ACCOUNT_NOT_FOUND';
}
