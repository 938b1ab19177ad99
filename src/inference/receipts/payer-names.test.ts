import type { NodeKeys } from '../../keys/index.js';
import { PayerNames } from './payer-names.js';

const HOUR_MS = 3_600_000;
const nameOf = (secret: number, account: string, hour: number) => {
  const keys = { tokenSecret: new Uint8Array(32).fill(secret) } as unknown as NodeKeys;
  return new PayerNames(keys).nameOf(account, hour * HOUR_MS);
};

describe('names of payers', () => {
  it('are the same for an account on one day, and for nobody else', () => {
    expect(nameOf(1, 'ada', 0)).toMatch(/^[0-9a-f]{32}$/);
    expect(nameOf(1, 'ada', 23)).toBe(nameOf(1, 'ada', 0));
    const others = [nameOf(1, 'bob', 0), nameOf(1, 'ada', 24), nameOf(2, 'ada', 0)];
    expect(new Set([nameOf(1, 'ada', 0), ...others]).size).toBe(4);
  });
});
