import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { openSession } from '../../api/session.js';
import { Empty, ProblemNotice } from '../../components/notice.js';
import { useEntry } from '../../hooks/account.js';
import styles from './account.module.css';

const SHORTEST_PASSWORD = 10;

/** Sets a new password with a link from an admin. The token stands behind the #, so that it is sent with the form only. */
export default function NewPasswordPage() {
  const navigate = useNavigate();
  const [token] = useState(() => new URLSearchParams(globalThis.location.hash.slice(1)).get('token'));
  const [password, setPassword] = useState('');
  const entry = useEntry((body: { token: string; password: string }) => openSession('/api/password', body));
  if (token === null)
    return <Empty title="This link is not complete">Open the whole link that an admin has given you.</Empty>;
  return (
    <div className={`page ${styles.narrow}`}>
      <header className="page-head">
        <h1>A new password</h1>
        <p>It signs you in here, and out everywhere else</p>
      </header>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          entry.mutate(
            { token, password },
            { onSuccess: () => void navigate('/account', { replace: true }) },
          );
        }}
      >
        <PasswordInput
          label="New password"
          description={`At least ${SHORTEST_PASSWORD} characters; a few words are best`}
          autoComplete="new-password"
          autoFocus
          required
          minLength={SHORTEST_PASSWORD}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={entry.isPending}>
          Set the password
        </Button>
        {entry.isError && <ProblemNotice error={entry.error} />}
      </form>
    </div>
  );
}
