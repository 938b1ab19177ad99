import { LOCAL_ADMIN, type IdentifiedRequest, type Identity } from '../../auth/index.js';
import { ok } from '../../common/index.js';
import type { Deposits, DepositWish } from '../fees/deposits.js';
import { DepositsController } from './deposits.controller.js';

const wish = { key: 'k', amount: '5', nonce: 'n', signature: 's' };
const user: Identity = { subject: 'ann', roles: ['user'] };

/** Whose account is filled, and by what. */
async function filled(identity: Identity, account?: string) {
  const asked: unknown[] = [];
  const deposit = (name: string, made: DepositWish) => {
    asked.push(name, made);
    return Promise.resolve(ok({ transfer: 't', account: `account:${name}`, amount: made.amount }));
  };
  const controller = new DepositsController({ deposit } as unknown as Deposits);
  await controller.deposit({ ...wish, account }, { identity } as IdentifiedRequest);
  return asked;
}

describe('deposits over HTTP', () => {
  it('fill the own account', async () => {
    expect(await filled(user)).toEqual(['ann', wish]);
    expect(await filled(user, 'ann')).toEqual(['ann', wish]);
  });

  it("fill another's account for admins only", async () => {
    await expect(filled(user, 'eve')).rejects.toMatchObject({ code: 'DEPOSIT_ACCOUNT', status: 403 });
    expect(await filled(LOCAL_ADMIN, 'eve')).toEqual(['eve', wish]);
  });
});
