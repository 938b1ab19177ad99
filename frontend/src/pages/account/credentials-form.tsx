import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ProblemNotice } from '../../components/notice.js';
import { useEntry } from '../../hooks/account.js';
import styles from './account.module.css';

const SHORTEST_PASSWORD = 10;

/** Name and password, for signing in or for a new account. */
export function CredentialsForm({
  action,
  isNew,
  enter,
  onDone,
}: {
  action: string;
  isNew: boolean;
  enter: (credentials: { name: string; password: string }) => Promise<void>;
  onDone: () => void;
}) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const entry = useEntry(enter);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        entry.mutate({ name: name.trim(), password }, { onSuccess: onDone });
      }}
    >
      <TextInput
        label="Name"
        autoComplete="username"
        autoFocus
        required
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label="Password"
        description={isNew ? `At least ${SHORTEST_PASSWORD} characters; a few words are best` : undefined}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        required
        minLength={isNew ? SHORTEST_PASSWORD : 1}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={entry.isPending}>
        {action}
      </Button>
      {entry.isError && <ProblemNotice error={entry.error} />}
    </form>
  );
}
