import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { createKey } from '../../api/account.js';
import { ProblemNotice } from '../../components/notice.js';
import { useChange } from '../../hooks/account.js';
import styles from './account.module.css';
import { scopesFor } from './scopes-for.js';

const DAY_MS = 86_400_000;
const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '', label: 'until it is revoked' },
];

/** Asks what a new key may do, and for how long. */
export function NewKeyForm({ roles, onMade }: { roles: readonly string[]; onMade: (key: string) => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['inference']);
  const [days, setDays] = useState('90');
  const create = useChange(
    () => createKey(name, scopes, days === '' ? null : Date.now() + Number(days) * DAY_MS),
    'keys',
  );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined, { onSuccess: onMade });
      }}
    >
      <div className="row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          label="Name of the new key"
          required
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="Good for"
          w={170}
          allowDeselect={false}
          data={LIFETIMES}
          value={days}
          onChange={(value) => setDays(value ?? '90')}
        />
        <Button type="submit" disabled={scopes.length === 0} loading={create.isPending}>
          Make a key
        </Button>
      </div>
      <Checkbox.Group label="What it may do" value={scopes} onChange={setScopes}>
        <div className="row">
          {scopesFor(roles).map(({ scope, label }) => (
            <Checkbox key={scope} size="xs" value={scope} label={label} />
          ))}
        </div>
      </Checkbox.Group>
      {create.isError && <ProblemNotice error={create.error} />}
    </form>
  );
}
