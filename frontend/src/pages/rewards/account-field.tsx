import { Autocomplete } from '@mantine/core';
import { useState } from 'react';
import { useAddressFilter } from '../../hooks/address-filter.js';
import { useLeaders } from '../../hooks/learning.js';
import { readAccount, shortAccount } from './accounts.js';

/** Accounts that every ledger has. */
const COMMON = ['rewards:owed', 'issuer'];

/** Chooses whose account is shown: the own one, one of those who contribute, or any other by its name or key. */
export function AccountField({ own }: { own: string }) {
  const [chosen, choose] = useAddressFilter('account');
  const [typed, type] = useState<string | null>(null);
  const [refused, refuse] = useState(false);
  const leaders = useLeaders().data ?? [];
  const keys = leaders.map(({ author }) => `key:${author}`);
  const shown = typed ?? (chosen === '' ? own : chosen);
  const take = (name: string): void => {
    const account = name === '' ? '' : readAccount(name);
    refuse(account === null);
    if (account === null) return;
    choose(account === own ? '' : account);
    type(null);
  };
  return (
    <Autocomplete
      size="xs"
      w={300}
      aria-label="Account"
      placeholder="Account or key, then Enter"
      data={[...new Set([...(own === '' ? [] : [own]), ...keys, ...COMMON])]}
      renderOption={({ option }) => <span className="mono">{shortAccount(option.value)}</span>}
      value={shown}
      error={refused && 'This cannot be the name of an account'}
      onChange={(text) => {
        type(text);
        refuse(false);
      }}
      onOptionSubmit={take}
      onBlur={() => type(null)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(event.currentTarget.value);
      }}
    />
  );
}
