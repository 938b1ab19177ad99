import { bytesToHex } from '../../common/index.js';
import { secp256k1Signer } from '../../keys/index.js';
import { depositBytes, depositTransfer, type DepositStatement } from './deposit.js';

const signer = secp256k1Signer(new Uint8Array(32).fill(7));
const statement: DepositStatement = {
  ...{ format: 'stemma.deposit.v1', log: 'log+1+x', key: bytesToHex(signer.publicKey) },
  ...{ account: 'account:ann', amount: '5', nonce: 'ab'.repeat(16) },
};
const signed = (by: DepositStatement) => bytesToHex(signer.sign(depositBytes(by)));

describe('a deposit', () => {
  it('moves what its key has earned, under an id that follows from what was signed', () => {
    const draft = depositTransfer(statement, signed(statement));
    expect(draft).toMatchObject({
      value: { debit: `key:${statement.key}`, credit: 'account:ann', amount: 5n, code: 'account.deposit' },
    });
    expect(depositTransfer(statement, signed(statement))).toEqual(draft);
    const other = { ...statement, nonce: 'cd'.repeat(16) };
    const ids = [draft, depositTransfer(other, signed(other))].map((made) => made.ok && made.value.id);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    { log: 'other+1+x' },
    { account: 'account:eve' },
    { amount: '6' },
    { nonce: 'cd'.repeat(16) },
    { key: `02${'ab'.repeat(32)}` },
  ])('is not what was signed for another: %j', (change) => {
    const draft = depositTransfer({ ...statement, ...change }, signed(statement));
    expect(draft).toMatchObject({ ok: false, error: { code: 'DEPOSIT_SIGNATURE', status: 422 } });
  });
});
