import { Button, Checkbox, Select } from '@mantine/core';
import { useState } from 'react';
import { changeAccount, createPasswordLink, type Account, type AccountChange } from '../../api/account.js';
import { Loading } from '../../components/loading.js';
import { ProblemNotice } from '../../components/notice.js';
import { useAccounts, useChange } from '../../hooks/account.js';
import styles from './account.module.css';
import { ShownKey } from './shown-key.js';

const ROLES = ['contributor', 'node', 'guardian', 'admin'];
const TIERS = ['newbie', 'trusted', 'expert'];

/** Who is here, and what may they do? */
export default function AccountsPage() {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const accounts = useAccounts(cursors.at(-1) ?? null);
  const next = accounts.data?.next_cursor ?? null;
  return (
    <div className="page">
      <header className="page-head">
        <h1>Accounts</h1>
        <p>Who is here, and what may they do?</p>
      </header>
      {accounts.isPending && <Loading lines={8} />}
      {accounts.isError && <ProblemNotice error={accounts.error} onRetry={() => void accounts.refetch()} />}
      <ul className={`${styles.list} panel panel-body`} aria-label="Accounts">
        {(accounts.data?.items ?? []).map((account) => (
          <AccountRow key={account.id} account={account} />
        ))}
      </ul>
      <div className="row" style={{ marginTop: 12 }}>
        <Button
          size="xs"
          variant="default"
          disabled={cursors.length === 1}
          onClick={() => setCursors(cursors.slice(0, -1))}
        >
          Back
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={next === null}
          onClick={() => setCursors([...cursors, next])}
        >
          More
        </Button>
      </div>
    </div>
  );
}

/** One account; every change counts at once. */
function AccountRow({ account }: { account: Account }) {
  const change = useChange((wanted: AccountChange) => changeAccount(account.id, wanted), 'accounts', 'me');
  const passwordLink = useChange(createPasswordLink);
  // What was just asked for shows at once, so that the focus stays where it is.
  const { name, roles, tier, disabled } = change.isPending ? { ...account, ...change.variables } : account;
  return (
    <li className={styles.item}>
      <span>
        <strong>{name}</strong> {disabled && <span className="label">disabled</span>}
        <br />
        <span className="label mono">{account.id}</span>
      </span>
      <div className="row" role="group" aria-label={`Roles of ${name}`}>
        {ROLES.map((role) => (
          <Checkbox
            key={role}
            size="xs"
            label={role}
            checked={roles.includes(role)}
            onChange={(event) => {
              const without = roles.filter((other) => other !== role);
              change.mutate({ roles: event.currentTarget.checked ? [...without, role] : without });
            }}
          />
        ))}
      </div>
      <Select
        size="xs"
        w={110}
        aria-label={`Tier of ${name}`}
        allowDeselect={false}
        data={TIERS}
        value={tier}
        onChange={(value) => change.mutate({ tier: value ?? tier })}
      />
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`${disabled ? 'Enable' : 'Disable'} ${name}`}
        onClick={() => change.mutate({ disabled: !disabled })}
      >
        {disabled ? 'Enable' : 'Disable'}
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`New password for ${name}`}
        loading={passwordLink.isPending}
        onClick={() => passwordLink.mutate(account.id)}
      >
        New password
      </Button>
      {passwordLink.data !== undefined && (
        <ShownKey value={passwordLink.data} what="link" onDone={() => passwordLink.reset()} />
      )}
      {passwordLink.isError && <ProblemNotice error={passwordLink.error} />}
      {change.isError && <ProblemNotice error={change.error} />}
    </li>
  );
}
