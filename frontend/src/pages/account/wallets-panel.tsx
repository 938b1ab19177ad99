import { Button } from '@mantine/core';
import { unlinkWallet } from '../../api/account.js';
import { hasWallet, linkWallet } from '../../api/wallet.js';
import { ProblemNotice } from '../../components/notice.js';
import { useChange, useWallets } from '../../hooks/account.js';
import styles from './account.module.css';

/** Wallets that open the account; not shown where there is none and none could be added. */
export function WalletsPanel() {
  const wallets = useWallets();
  const link = useChange(linkWallet, 'wallets');
  const unlink = useChange(unlinkWallet, 'wallets');
  const addresses = wallets.data ?? [];
  if (addresses.length === 0 && !hasWallet()) return null;
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>Wallets</h2>
        {hasWallet() && (
          <Button
            size="compact-xs"
            variant="default"
            loading={link.isPending}
            onClick={() => link.mutate(undefined)}
          >
            Link the wallet of this browser
          </Button>
        )}
      </div>
      <div className="panel-body">
        {link.isError && <ProblemNotice error={link.error} />}
        {unlink.isError && <ProblemNotice error={unlink.error} />}
        <ul className={styles.list}>
          {addresses.map((address) => (
            <li key={address} className={styles.item}>
              <span className="mono">{address}</span>
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Unlink ${address}`}
                onClick={() => unlink.mutate(address)}
              >
                Unlink
              </Button>
            </li>
          ))}
        </ul>
        {addresses.length === 0 && <span className="label">No wallet opens this account yet.</span>}
      </div>
    </section>
  );
}
