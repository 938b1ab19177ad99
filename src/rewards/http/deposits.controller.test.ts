import type { AccountAdministration } from '../../auth/index.js';
import { LOCAL_ADMIN, type IdentifiedRequest, type Identity } from '../../auth/index.js';
import { ok } from '../../common/index.js';
import { testConfig } from '../../../test/support/test-config.js';
import { DepositAccounts } from '../fees/deposit-accounts.js';
import type { Deposits, DepositWish } from '../fees/deposits.js';
import { DepositsController } from './deposits.controller.js';

const wish = { key: 'k', amount: '5', nonce: 'n', signature: 's' };
const user: Identity = { subject: 'acc_ann', roles: ['user'] };
const shell: Identity = { subject: 'command', roles: ['admin'] };
const eve = { id: 'acc_eve', name: 'Eve' };
const administration = {
  known: (wanted: string) => Promise.resolve(Object.values(eve).includes(wanted) ? eve : null),
} as unknown as AccountAdministration;

/** Whose account is filled, and by what. @param host that of a server of one person, where it is left out */
async function filled(identity: Identity, account?: string, host = '127.0.0.1') {
  const asked: unknown[] = [];
  const deposit = (name: string, made: DepositWish) => {
    asked.push(name, made);
    return Promise.resolve(ok({ transfer: 't', account: `account:${name}`, amount: made.amount }));
  };
  const accounts = new DepositAccounts(testConfig({ host }), administration);
  const controller = new DepositsController({ deposit } as unknown as Deposits, accounts);
  await controller.deposit({ ...wish, account }, { identity } as IdentifiedRequest);
  return asked;
}

describe('deposits over HTTP', () => {
  it('fill the own account', async () => {
    expect(await filled(user)).toEqual(['acc_ann', wish]);
    expect(await filled(user, 'acc_ann')).toEqual(['acc_ann', wish]);
    expect(await filled(LOCAL_ADMIN)).toEqual(['local', wish]);
  });

  it("fill another's account for admins only, by its id or its name", async () => {
    await expect(filled(user, 'acc_eve')).rejects.toMatchObject({ code: 'DEPOSIT_ACCOUNT', status: 403 });
    expect(await filled(shell, 'acc_eve')).toEqual(['acc_eve', wish]);
    expect(await filled(shell, 'Eve')).toEqual(['acc_eve', wish]);
  });

  it('fill no account that no answer is charged to', async () => {
    const unknown = { code: 'DEPOSIT_ACCOUNT_UNKNOWN', status: 404 };
    for (const account of ['acc_nobody', 'command', undefined])
      await expect(filled(shell, account)).rejects.toMatchObject(unknown);
    expect(await filled(shell, 'local')).toEqual(['local', wish]);
    await expect(filled(shell, 'local', '0.0.0.0')).rejects.toMatchObject(unknown);
  });
});
