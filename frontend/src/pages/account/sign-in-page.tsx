import { Anchor, Button } from '@mantine/core';
import { useState } from 'react';
import { Navigate, useNavigate } from 'react-router';
import { openSession } from '../../api/session.js';
import { enterWithWallet, hasWallet } from '../../api/wallet.js';
import { Loading } from '../../components/loading.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useEntry, useMe } from '../../hooks/account.js';
import styles from './account.module.css';
import { CredentialsForm } from './credentials-form.js';

/** Who are you? */
export default function SignInPage() {
  const me = useMe();
  const navigate = useNavigate();
  const [isNew, setIsNew] = useState(false);
  if (me.isPending) return <Loading lines={6} />;
  if (me.isError) return <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />;
  if (me.data.account !== null) return <Navigate to="/account" replace />;
  if (me.data.single_user)
    return (
      <Empty title="Nobody has to sign in here">
        This server is reached from its own machine only, and whoever sits there may do everything.
      </Empty>
    );
  return (
    <div className={`page ${styles.narrow}`}>
      <header className="page-head">
        <h1>{isNew ? 'New account' : 'Sign in'}</h1>
        <p>What is public can be read without</p>
      </header>
      <CredentialsForm
        key={String(isNew)}
        action={isNew ? 'Make the account' : 'Sign in'}
        isNew={isNew}
        enter={(credentials) => openSession(isNew ? '/api/register' : '/api/login', credentials)}
        onDone={() => void navigate('/')}
      />
      <WalletEntry onDone={() => void navigate('/')} />
      {me.data.registration === 'open' && (
        <p>
          <Anchor component="button" type="button" onClick={() => setIsNew(!isNew)}>
            {isNew ? 'I have an account' : 'Make a new account'}
          </Anchor>
        </p>
      )}
    </div>
  );
}

function WalletEntry({ onDone }: { onDone: () => void }) {
  const entry = useEntry(enterWithWallet);
  if (!hasWallet()) return null;
  return (
    <div className={styles.form} style={{ marginTop: 14 }}>
      <Button
        variant="default"
        loading={entry.isPending}
        onClick={() => entry.mutate(undefined, { onSuccess: onDone })}
      >
        Sign in with a wallet
      </Button>
      {entry.isError && <ProblemNotice error={entry.error} />}
    </div>
  );
}
