import { unwrap } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { recomputeRoundOf } from '../../src/learning/rounds/recompute-round.js';
import { RoundPrivacy } from '../../src/learning/rounds/round-privacy.js';
import { shownUpdate } from '../../src/learning/rounds/round-update.js';
import { roundDetail } from '../../src/learning/rounds/http/views.js';
import type { NodeKeys } from '../../src/keys/index.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import { until } from '../support/index.js';
import { SMALL_TERMS, smallBase, updateOf } from '../support/round-base.js';
import { AUTHORS, codeOf, openRounds, type RoundsUnderTest } from './rounds-support.js';

const PRIVACY = { clip: 0.5, noise_multiplier: 2, epsilon: 3.5, delta: 1e-5 };
const PRIVATE: RoundTerms = { ...SMALL_TERMS, aggregator: 'mean', faulty: 0, privacy: PRIVACY };

let rounds: RoundsUnderTest;
let updates: Uint8Array[];
beforeAll(async () => {
  rounds = await openRounds();
  const salt = (who: number) => new Uint8Array(32).fill(who + 1);
  updates = rounds.updates.map((delta, who) => shownUpdate(PRIVATE, salt(who), delta));
});
afterAll(() => rounds.chain.close());
beforeEach(async () => {
  await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});

/** A round in which three members have committed. */
async function revealing(changes: Partial<RoundTerms> = {}): Promise<string> {
  const id = await rounds.committing(3, { ...PRIVATE, ...changes });
  for (const who of [0, 1, 2]) unwrap(await rounds.committed(id, who, updates[who]));
  expect(await rounds.advance(id)).toBe('revealing');
  return id;
}

async function submitted(shown: readonly number[] = [0, 1, 2], privacy = PRIVACY): Promise<string> {
  const id = await revealing({ minimum: 2, privacy });
  for (const who of shown) unwrap(await rounds.revealed(id, who, updates[who]));
  expect([await rounds.advance(id), await rounds.advance(id)]).toEqual(['aggregated', 'submitted']);
  return id;
}

interface Entry {
  readonly kind: string;
  readonly hash: string;
  readonly data: Record<string, unknown>;
}
async function entriesOf(id: string): Promise<Entry[]> {
  const rows = await rounds.chain.dataSource.query<{ leaf: string }[]>(
    'SELECT leaf FROM log_entries WHERE subject = $1 ORDER BY id',
    [id],
  );
  return rows.map(({ leaf }) => JSON.parse(leaf) as Entry);
}

/** The server as `recompute` asks it; of updates it gives out none. */
async function asked(id: string, change: (entry: Entry) => void = () => undefined) {
  const entries = await entriesOf(id);
  entries.forEach(change);
  return recomputeRoundOf(id, (path) => {
    const kind = new URLSearchParams(path.split('?')[1]).get('kind');
    return Promise.resolve(Response.json({ items: entries.filter((entry) => entry.kind === kind) }));
  });
}

describe('a private round', () => {
  it('gives what was shown to nobody, and keeps none of it beyond its end', async () => {
    const { advance, chain, revealed, store } = rounds;
    const id = await revealing();
    for (const who of [0, 1, 2]) unwrap(await revealed(id, who, updates[who]));
    const hash = nativeSha256Hex(updates[0]);
    expect(codeOf(await store.update(id, hash))).toBe('ROUND_UPDATE_PRIVATE');
    expect(await advance(id)).toBe('aggregated');
    expect(await store.shown(id)).toHaveLength(3);
    expect(await advance(id)).toBe('submitted');
    expect(codeOf(await store.update(id, hash))).toBe('ROUND_UPDATE_PRIVATE');
    const [{ kept }] = await chain.dataSource.query<{ kept: string }[]>(
      'SELECT count(*) AS kept FROM learning_round_members WHERE update_bytes IS NOT NULL',
    );
    expect(kept).toBe('0');
  });

  it.each(['failed', 'cancelled'])('keeps none of it when it has %s', async (how) => {
    const { advance, cancellation, chain, revealed } = rounds;
    const id = await revealing();
    unwrap(await revealed(id, 0, updates[0]));
    if (how === 'failed') expect(await advance(id)).toBe('failed');
    else unwrap(await cancellation.cancel(id, { account: 'g', guardian: true, reason: 'a test' }));
    const rows = await chain.dataSource.query<unknown[]>(
      'SELECT 1 FROM learning_round_members WHERE update_bytes IS NOT NULL',
    );
    expect(rows).toEqual([]);
  });

  it('tells of members only who they are, in the log and to whoever asks', async () => {
    const { store } = rounds;
    const id = await submitted();
    const row = unwrap(await store.one(id));
    expect(row.outcome?.members.map((member) => Object.keys(member).sort())).toEqual(
      [0, 1, 2].map(() => ['author', 'commitment', 'update', 'weight']),
    );
    const shown = (await entriesOf(id)).filter(({ kind }) => kind.endsWith('.revealed'));
    expect(shown.map(({ data }) => Object.keys(data))).toEqual([['author'], ['author'], ['author']]);
    const { members_list: list } = roundDetail(row, await store.members(id), null) as {
      members_list: { bytes: number | null }[];
    };
    expect(list.map(({ bytes }) => bytes)).toEqual([null, null, null]);
  });

  it('refuses who would move it too far, and counts that update for nothing', async () => {
    const { committing, committed, revealed, advance, store } = rounds;
    const base = await smallBase();
    const value = (0.51 * base.length) / Math.sqrt(base.size);
    const far = shownUpdate(
      PRIVATE,
      new Uint8Array(32),
      updateOf(base, () => value),
    );
    const id = await committing(3, PRIVATE);
    for (const [who, bytes] of [far, updates[1], updates[2]].entries())
      unwrap(await committed(id, who, bytes));
    await advance(id);
    expect(codeOf(await revealed(id, 0, far))).toBe('UPDATE_NOT_CLIPPED');
    const member = (await store.members(id)).find(({ author }) => author === AUTHORS[0]);
    expect(member).toMatchObject({ code: 'UPDATE_NOT_CLIPPED', update: null });
  });

  it('is bound to its noise before anybody joins, and has it made by no other node', async () => {
    const { chain, privacy, store } = rounds;
    const id = await submitted();
    const row = unwrap(await store.one(id));
    const seed = unwrap(privacy.seed(row));
    expect(seed).toHaveLength(32);
    expect(row.noise).toBe(nativeSha256Hex(seed!));
    const entries = await entriesOf(id);
    expect([entries[0].data.noise, entries.at(-2)?.data.noise]).toEqual([row.noise, row.noise]);
    expect(JSON.stringify(entries)).not.toContain(Buffer.from(seed!).toString('hex'));
    const foreign = new RoundPrivacy({ noiseSecret: new Uint8Array(32) } as unknown as NodeKeys);
    expect(foreign.seed(row)).toMatchObject({ error: { code: 'ROUND_NOISE', status: 503 } });
    expect(unwrap(privacy.seed({ id, terms: SMALL_TERMS, noise: null }))).toBeNull();
    expect(chain.keys.noiseSecret).toHaveLength(32);
    expect(privacy.commitment('round_other', PRIVATE)).not.toBe(row.noise);
  });

  it('can be looked through as far as the log goes, and no further', async () => {
    const id = await submitted();
    expect(await asked(id)).toMatchObject({ value: { equal: true, computed: null, members: 3 } });
    const at =
      (kind: string, change: (data: Record<string, unknown>) => void) =>
      (entry: Entry): void => {
        if (entry.kind === kind) change(entry.data);
      };
    const unequal = { value: { equal: false } };
    const aggregated = 'learning.round.aggregated';
    expect(
      await asked(
        id,
        at(aggregated, (data) => (data.noise = 'a'.repeat(64))),
      ),
    ).toMatchObject(unequal);
    expect(
      await asked(
        id,
        at(aggregated, (data) => ((data.members as { author: string }[])[0].author = 'me')),
      ),
    ).toMatchObject(unequal);
    const unfit = { error: { code: 'ROUND_LOG' } };
    const committed = 'learning.round.committed';
    expect(
      await asked(
        id,
        at(committed, (data) => (data.signature = '1'.repeat(128))),
      ),
    ).toMatchObject(unfit);
    expect(
      await asked(
        id,
        at(committed, (data) => (data.commitment = 'b'.repeat(64))),
      ),
    ).toMatchObject(unfit);
    expect(
      await asked(
        id,
        at(committed, (data) => delete data.signature),
      ),
    ).toMatchObject(unfit);
    expect(
      await asked(id, ({ kind, data }) => {
        if (kind === committed && data.author === AUTHORS[1]) delete data.signature;
      }),
    ).toMatchObject(unfit);
  });
});

describe('the privacy that an account has left', () => {
  const spent = { error: { code: 'PRIVACY_BUDGET_SPENT', status: 409 } };

  it('is enough for two rounds of this kind and not for three, whatever key it joins with', async () => {
    const { announced, joined } = rounds;
    await submitted();
    await submitted();
    const third = await announced(PRIVATE);
    expect(await joined(third, 0)).toMatchObject(spent);
    expect(await joined(third, 4, 'account 0')).toMatchObject(spent);
    expect(codeOf(await joined(third, 4))).toBe('ok');
    // A round that is not private asks nobody.
    expect(codeOf(await joined(await announced(), 0))).toBe('ok');
  });

  it('is not made more by who announces the next round, whatever that one allows', async () => {
    const { announced, joined } = rounds;
    const more = { ...PRIVACY, epsilon: 9 };
    await submitted(undefined, more);
    await submitted(undefined, more);
    // Nothing less was ever agreed to: there is room.
    expect(codeOf(await joined(await announced({ ...PRIVATE, privacy: more }), 0))).toBe('ok');
    await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members');
    await submitted();
    await submitted(undefined, more);
    const third = await announced({ ...PRIVATE, privacy: more });
    expect(await joined(third, 0)).toMatchObject(spent);
    expect(await joined(third, 0)).toMatchObject({ error: { facts: { limit: PRIVACY.epsilon } } });
    expect(codeOf(await joined(third, 4))).toBe('ok');
  });

  it('is reckoned with the probability that stands beside each limit', async () => {
    const { announced, joined } = rounds;
    // Less than the other epsilon, and with this probability far from it.
    await submitted(undefined, { ...PRIVACY, epsilon: 3.6, delta: 1e-3 });
    const loose = { ...PRIVACY, epsilon: 9 };
    expect(codeOf(await joined(await announced({ ...PRIVATE, privacy: loose }), 0))).toBe('ok');
    await submitted(undefined, loose);
    expect(codeOf(await joined(await announced({ ...PRIVATE, privacy: loose }), 0))).toBe('ok');
    await submitted(undefined, { ...PRIVACY, epsilon: 4.4 });
    // The probability of the new terms is not that of the strictest limit.
    const lenient = { ...PRIVACY, epsilon: 9, delta: 1e-3 };
    expect(await joined(await announced({ ...PRIVATE, privacy: lenient }), 0)).toMatchObject(spent);
  });

  it('is asked for at the commitment, where rounds run beside each other', async () => {
    const { committed, committing } = rounds;
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push(await committing(3, PRIVATE));
    expect(codeOf(await committed(ids[0], 0, updates[0]))).toBe('ok');
    // At the same time, as neither gets to write: only one of both has room.
    const { dataSource } = rounds.chain;
    const { begun } = await dataSource.transaction(async (manager) => {
      await manager.query('LOCK TABLE learning_round_members IN SHARE MODE');
      const begun = [1, 2].map((i) => committed(ids[i], 0, updates[0]));
      await until('both wait', async () => {
        const [{ waiting }] = await dataSource.query<{ waiting: string }[]>(
          `SELECT count(*) AS waiting FROM pg_locks
           WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return waiting === '2';
      });
      return { begun };
    });
    const both = await Promise.all(begun);
    expect(both.map(codeOf).sort()).toEqual(['PRIVACY_BUDGET_SPENT', 'ok']);
    expect(codeOf(await committed(ids[0], 0, updates[0]))).toBe('ok');
  });

  it('is not spent by rounds without a result, or without the update', async () => {
    const { advance, announced, joined } = rounds;
    const failed = await revealing();
    expect(await advance(failed)).toBe('failed');
    await submitted([1, 2]);
    await submitted([1, 2]);
    const next = await announced(PRIVATE);
    expect(codeOf(await joined(next, 0))).toBe('ok');
    expect(await joined(next, 1)).toMatchObject(spent);
  });
});
