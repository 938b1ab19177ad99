import { Anchor, Button } from '@mantine/core';
import { Link, Navigate } from 'react-router';
import type { Account } from '../../api/account.js';
import { closeSession } from '../../api/session.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useEntry, useMe } from '../../hooks/account.js';
import styles from './account.module.css';
import { KeysPanel } from './keys-panel.js';
import { PasswordPanel } from './password-panel.js';
import { SessionsPanel } from './sessions-panel.js';
import { WalletsPanel } from './wallets-panel.js';

/** What is mine, and who else uses it? */
export default function AccountPage() {
  const me = useMe();
  if (me.isPending) return <Loading lines={8} />;
  if (me.isError) return <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.account === null) return <Navigate to="/sign-in" replace />;
  return <Panels account={me.data.account} />;
}

function Panels({ account }: { account: Account }) {
  const leave = useEntry(closeSession);
  return (
    <div className="page" style={{ maxWidth: 820 }}>
      <header className="page-head">
        <h1>{account.name}</h1>
        <p>
          {account.roles.join(', ')} · {account.tier}
        </p>
        <div className="tools">
          {account.roles.includes('admin') && (
            <Anchor component={Link} to="/accounts" size="sm">
              All accounts
            </Anchor>
          )}
          <Button size="xs" variant="default" onClick={() => leave.mutate(false)}>
            Sign out
          </Button>
          <Button size="xs" variant="default" onClick={() => leave.mutate(true)}>
            Sign out everywhere
          </Button>
        </div>
      </header>
      {leave.isError && <ProblemNotice error={leave.error} />}
      <div className={styles.panels}>
        <KeysPanel roles={account.roles} />
        <SessionsPanel />
        <WalletsPanel />
        <PasswordPanel />
      </div>
    </div>
  );
}
