import type { SubmissionState } from '../../src/learning/submission/states.js';
import type { SubmissionRow } from '../../src/learning/submission/submission-row.js';
import { SubmissionStore } from '../../src/learning/submission/submission-store.js';
import { paidBefore } from '../../src/learning/judging/paid-before.js';
import { paidBy } from '../../src/learning/verdict/verdict.js';
import { openChain, type ChainUnderTest } from './chain-support.js';

const [PARENT, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];
const NAME = 'layer0.expert1';
/** What a new expert says of its row; only that it does counts here. */
const ROW = { dtype: 'f32' };

let chain: ChainUnderTest;
let store: SubmissionStore;
let count = 0;

beforeAll(async () => {
  chain = await openChain();
  store = new SubmissionStore(chain.dataSource);
});
afterAll(() => chain.close());

/** A submission of an expert. @returns its id */
async function submitted(
  state: string,
  { name = NAME, parent = PARENT, model = 'tiny', router, rewarded }: Record<string, unknown> = {},
): Promise<string> {
  const id = `submission_${String(++count).padStart(32, '0')}`;
  const verdict = {
    ...{ accepted: state !== 'rejected', figures: { overall: { fall: 0.05 } } },
    blocks: [{ name, block: `block of ${String(name)}`, parent }],
    ...(rewarded !== undefined && { rewarded }),
  };
  const headers = [
    { name: 'layer0.expert0', metadata: { parent: OTHER } },
    { name, metadata: { parent, router } },
  ];
  await chain.dataSource.query(
    `INSERT INTO learning_submissions (id, account, author, model, parent_release, statement, signature, manifest, headers,
       state, checks, verdict, judged_at)
     VALUES ($1, 'a', 'b', $2, $3, '{}', '', '{}', $6, $4, '[]', $5, now())`,
    [id, model, OTHER, state, JSON.stringify(verdict), JSON.stringify(headers)],
  );
  return id;
}

describe('rivals of a submission', () => {
  const row = (id: string) =>
    ({
      id,
      model: 'tiny',
      headers: [{ name: NAME, metadata: { parent: PARENT } }],
    }) as unknown as SubmissionRow;

  it('are accepted ones of the same expert from the same weights, with what they were paid for', async () => {
    const own = await submitted('accepted');
    const first = await submitted('released');
    const second = await submitted('superseded', { rewarded: { fall: 0.01, before: 0.05 } });
    // Who was paid nothing keeps nobody waiting, and has nothing to be counted twice.
    await submitted('accepted', { rewarded: { fall: 0, before: 0 } });
    await submitted('accepted', { rewarded: { fall: 0, before: 0.05 } });
    await submitted('accepted', { router: ROW });
    await submitted('rejected');
    await submitted('evaluating');
    await submitted('accepted', { parent: OTHER });
    await submitted('accepted', { name: 'layer0.expert2' });
    await submitted('accepted', { model: 'other' });
    const found = await store.rivalsOf(row(own));
    expect(found.map(({ id, state, verdict }) => [id, state, Number(paidBy(verdict).toFixed(6))])).toEqual([
      [second, 'superseded', 0.06],
      [first, 'released', 0.05],
    ]);
  });

  it('are of a new expert all that are new in its layer, whatever they began as, and what is live of them unpaid, too', async () => {
    const place = { name: 'layer1.expert4', router: ROW };
    const headers = [{ name: place.name, metadata: { parent: PARENT, router: ROW } }];
    const own = { id: await submitted('evaluating', place), model: 'tiny', headers };
    const before = await submitted('accepted', { ...place, parent: OTHER });
    const beside = await submitted('accepted', { ...place, name: 'layer1.expert5' });
    await submitted('accepted', { ...place, name: 'layer10.expert4' });
    await submitted('accepted', { name: 'layer1.expert5' });
    await submitted('accepted', { name: place.name });
    await submitted('accepted', { ...place, rewarded: { fall: 0, before: 0 } });
    const unpaid = await submitted('released', {
      ...place,
      name: 'layer1.expert6',
      rewarded: { fall: 0, before: 0.1 },
    });
    const found = await store.rivalsOf(own as unknown as SubmissionRow);
    expect(found.map(({ id, isSame, added }) => [id, isSame, ...added])).toEqual([
      [unpaid, false, ['layer1.expert6', 'block of layer1.expert6']],
      [beside, false, ['layer1.expert5', 'block of layer1.expert5']],
      [before, false, ['layer1.expert4', 'block of layer1.expert4']],
    ]);
    // Both were paid, and nobody wanted them: the next one of the layer would show the same again.
    expect(paidBefore(found, new Map())).toBeCloseTo(0.1);
    expect(paidBefore(found, new Map([['layer1.expert6', { block: 'what came of it' }]]))).toBeCloseTo(0.05);
  });

  it('are waited for since the first time, and attempts begin anew with every state', async () => {
    const id = await submitted('evaluating');
    const moved = async (to: SubmissionState) => {
      await chain.dataSource.query('UPDATE learning_submissions SET attempts = 3 WHERE id = $1', [id]);
      await chain.dataSource.transaction(async (manager) =>
        store.move(manager, (await store.find(id))!, to, { code: null }),
      );
      return (await store.find(id))!;
    };
    expect((await store.find(id))!.waitingSince).toBeNull();
    const first = await moved('waiting_decision');
    expect(Math.abs((await store.now()) - first.waitingSince!.getTime())).toBeLessThan(60_000);
    expect(first.attempts).toBe(0);
    await moved('evaluating');
    const again = await moved('waiting_decision');
    expect(again.waitingSince).toEqual(first.waitingSince);
    expect(again.updatedAt.getTime()).toBeGreaterThan(first.updatedAt.getTime());
  });

  it('are waited for in a state that the database knows, by its own clock', async () => {
    const waiting = await submitted('waiting_decision');
    expect(await store.open('tiny')).toContainEqual({ id: waiting, state: 'waiting_decision' });
    const { updatedAt } = (await store.find(waiting))!;
    expect(Math.abs((await store.now()) - updatedAt.getTime())).toBeLessThan(60_000);
  });
});
