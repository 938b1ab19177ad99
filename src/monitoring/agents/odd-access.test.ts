import type { AccountUse, CredentialUse } from '../../common/observation/access-patterns.js';
import { MANY_ADDRESSES, MANY_ROUTES, oddAccess } from './odd-access.js';

const NOW = 10_000;
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const look = (accounts: Partial<AccountUse>[], credentials: Partial<CredentialUse>[] = []) =>
  oddAccess(
    {
      minute: NOW,
      accounts: () =>
        accounts.map((use) => ({ account: 'acc_1', name: 'anna', minutes: [], refused: [], ...use })),
      credentials: () =>
        credentials.map((use) => ({
          ...{ credential: 'key.1', account: 'acc_1', name: 'anna', addresses: [], ...use },
        })),
    },
    (of) => `secret_${of.length}_${of.slice(-2)}`,
  );
/** Minutes that end just before now. */
const minutes = (calls: readonly number[], until = NOW) =>
  calls.map((each, i) => ({ minute: until - calls.length + i, calls: each }));

describe('odd access', () => {
  it('is none while accounts do what they always do', () => {
    const steady = minutes(times(120, (i) => 80 + (i % 40)));
    expect(look([{ minutes: steady, refused: times(MANY_ROUTES - 1, (i) => `GET /${i}`) }])).toEqual([]);
    expect(look([], [{ addresses: times(MANY_ADDRESSES - 1, (i) => `10.0.0.${i}`) }])).toEqual([]);
  });

  it('is many different routes that refuse one account', () => {
    const refused = times(MANY_ROUTES, (i) => `GET /${i}`);
    expect(look([{ refused }])).toMatchObject([
      {
        ...{ fingerprint: 'security.probing.secret_5__1', severity: 'warning' },
        evidence: { account: 'acc_1', routes: MANY_ROUTES, newest: refused },
      },
    ]);
  });

  it('is a sudden rate against the account’s own history, and not a rate as such', () => {
    const usual = minutes(
      times(60, (i) => 10 + (i % 7)),
      NOW - 15,
    );
    const sudden = minutes(times(12, (i) => 300 + i));
    expect(look([{ minutes: [...usual, ...sudden] }])).toMatchObject([
      {
        fingerprint: 'security.rate.secret_5__1',
        evidence: { usual: 13, samples: 12, reference: 60, calls_per_minute: 305.5 },
      },
    ]);
    const busy = minutes(
      times(60, () => 300),
      NOW - 15,
    );
    expect(look([{ minutes: [...busy, ...sudden] }])).toEqual([]);
    // Somebody new, a few minutes, little, a single burst, or a minute that is not over say nothing.
    expect(look([{ minutes: sudden }])).toEqual([]);
    expect(look([{ minutes: [...usual, ...sudden.slice(-5)] }])).toEqual([]);
    expect(
      look([
        {
          minutes: [
            ...minutes(
              times(60, () => 1),
              NOW - 15,
            ),
            ...minutes(times(12, () => 40)),
          ],
        },
      ]),
    ).toEqual([]);
    const burst = minutes(times(12, (i) => (i === 5 ? 100_000 : 12)));
    expect(look([{ minutes: [...usual, ...burst] }])).toEqual([]);
    expect(look([{ minutes: [...usual, { minute: NOW, calls: 100_000 }] }])).toEqual([]);
    // Half a minute short of five times the usual.
    expect(look([{ minutes: [...usual, ...minutes(times(12, () => 64))] }])).toEqual([]);
  });

  it('is one credential in many places', () => {
    const addresses = times(25, (i) => `10.0.0.${i}`);
    expect(look([], [{ addresses }])).toMatchObject([
      {
        fingerprint: 'security.addresses.secret_5_.1',
        summary: expect.stringContaining(
          'One key of the account anna was used from 25 network addresses',
        ) as string,
        evidence: { addresses: 25, newest: addresses.slice(-20) },
      },
    ]);
  });

  it('names the ten clearest cases of a kind', () => {
    const accounts = times(12, (i) => ({
      account: `acc_${i}`,
      refused: times(MANY_ROUTES + i, (j) => `GET /${j}`),
    }));
    const found = look(accounts);
    expect(found).toHaveLength(10);
    expect(found[0].fingerprint).toBe('security.probing.secret_6_11');
    expect(found.map(({ fingerprint }) => fingerprint)).not.toContain('security.probing.secret_5__1');
  });
});
