import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { accountPath, shortAccount } from './accounts.js';

/** An account of the ledger, short; leads to its statement. */
export function AccountLink({ account }: { account: string }) {
  return (
    <Anchor component={Link} to={accountPath(account)} size="sm" className="mono" title={account}>
      {shortAccount(account)}
    </Anchor>
  );
}
