import { Button, PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { changePassword } from '../../api/account.js';
import { ProblemNotice } from '../../components/notice.js';
import { useChange } from '../../hooks/account.js';
import styles from './account.module.css';

const SHORTEST_PASSWORD = 10;

/** Another password; it ends all other sessions. */
export function PasswordPanel() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useChange(() => changePassword(current === '' ? null : current, next), 'sessions');
  const done = () => {
    setCurrent('');
    setNext('');
  };
  return (
    <section className="panel">
      <div className="panel-head">
        <h2>Password</h2>
        <span className="label">Changing it signs you out everywhere else</span>
      </div>
      <form
        className={`panel-body ${styles.form}`}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(undefined, { onSuccess: done });
        }}
      >
        <PasswordInput
          label="Current password"
          description="Empty if you have signed in with a wallet only"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': 'Show the current password' }}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description={`At least ${SHORTEST_PASSWORD} characters`}
          autoComplete="new-password"
          required
          minLength={SHORTEST_PASSWORD}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <div className="row">
          <Button type="submit" size="xs" loading={change.isPending}>
            Change the password
          </Button>
          <span role="status">{change.isSuccess && 'The password is changed.'}</span>
        </div>
        {change.isError && <ProblemNotice error={change.error} />}
      </form>
    </section>
  );
}
