import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useMe } from '../../hooks/account.js';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useNextPage } from '../../hooks/next-page.js';
import { useEpochs, useRewardNotices } from '../../hooks/rewards.js';
import { AccountField } from './account-field.js';
import { ownAccount } from './accounts.js';
import { BalancePanel } from './balance-panel.js';
import { EpochView } from './epoch-view.js';
import { EpochsTable } from './epochs-table.js';
import { Part } from './part.js';
import styles from './rewards.module.css';
import { SolvencyPanel } from './solvency-panel.js';
import { Terms } from './terms.js';

/** Who is owed what, and why? All of it, or one epoch (`?epoch=3`). */
export default function RewardsPage() {
  const [epoch] = useAddressFilter('epoch');
  useRewardNotices();
  return (
    <div className={`page ${styles.page}`}>{epoch === '' ? <Overview /> : <EpochView epoch={epoch} />}</div>
  );
}

function Overview() {
  const own = ownAccount(useMe().data);
  const [chosen] = useAddressFilter('account');
  const epochs = useEpochs();
  const more = useNextPage(epochs);
  const account = chosen === '' ? own : chosen;
  const items = epochs.data?.pages.flatMap((page) => page.items) ?? [];
  // Before the first epoch the ledger is empty: there is nothing to ask for but what somebody insists on.
  const begun = items.length > 0;
  return (
    <>
      <header className="page-head">
        <h1>Rewards</h1>
        <p>Who is owed what, and why?</p>
        <div className="tools">
          <AccountField key={account} own={own} />
        </div>
      </header>
      {account !== '' && (begun || chosen !== '') && (
        <BalancePanel key={account} account={account} own={account === own} />
      )}
      {epochs.isPending && <Loading lines={6} />}
      {epochs.isError && <ProblemNotice error={epochs.error} onRetry={() => void epochs.refetch()} />}
      {epochs.isSuccess && (
        <Part title="Epochs">
          <EpochsTable epochs={items} complete={!epochs.hasNextPage} onEnd={more} />
        </Part>
      )}
      <Terms newest={items.at(0)?.epoch} />
      {begun && <SolvencyPanel account={account} />}
    </>
  );
}
