import type { SchedulerRegistry } from '@nestjs/schedule';
import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { ok, unwrap } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { RoundRetention } from '../../src/learning/rounds/round-retention.js';
import { codeOf, openRounds, type RoundsUnderTest } from './rounds-support.js';

let rounds: RoundsUnderTest;
let retention: RoundRetention;
beforeAll(async () => {
  rounds = await openRounds();
  const { chain, config, store, transactions } = rounds;
  const scheduler = {} as SchedulerRegistry;
  retention = new RoundRetention(config, scheduler, store, transactions, chain.log, new AutonomyGate());
});
afterAll(() => rounds.chain.close());
beforeEach(async () => {
  rounds.settings.learningRoundMb = 128;
  await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});

async function endedDaysAgo(id: string, days: number): Promise<void> {
  await rounds.chain.dataSource.query(
    `UPDATE learning_rounds SET updated_at = now() - $2 * interval '1 day' WHERE id = $1`,
    [id, days],
  );
}

describe('the bytes of a round', () => {
  it('are no more together than the server takes, and a refusal takes nothing from anybody', async () => {
    const { announced, desk, revealed, revealing, settings, store, updates } = rounds;
    const id = await revealing(3);
    settings.learningRoundMb = (updates[0].length + updates[1].length) / 2 ** 20;
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    expect(codeOf(await revealed(id, 1))).toBe('ok');
    const refused = await revealed(id, 2);
    expect(refused).toMatchObject({ error: { code: 'ROUND_BUDGET', status: 413 } });
    expect((await store.members(id)).map(({ code }) => code)).toEqual([null, null, null]);
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    const { terms } = unwrap(await store.one(id));
    expect(codeOf(await desk.announce('somebody', terms))).toBe('ROUND_BUDGET');
    settings.learningRoundMb = 128;
    expect(codeOf(await revealed(id, 2))).toBe('ok');
    await announced();
  });

  it('go away after the retention of a round that has ended; hashes, sizes and the outcome stay', async () => {
    const { advance, kinds, revealed, revealing, store, updates } = rounds;
    const [id, running] = [await revealing(3), await revealing(3)];
    for (const who of [0, 1, 2]) {
      unwrap(await revealed(id, who));
      unwrap(await revealed(running, who));
    }
    expect([await advance(id), await advance(id)]).toEqual(['aggregated', 'submitted']);
    expect(await advance(running)).toBe('aggregated');
    const [before, members] = [await store.one(id), await store.members(id)];
    await endedDaysAgo(running, 400);
    await endedDaysAgo(id, 89);
    expect(await retention.clear()).toBe(0);
    const hash = nativeSha256Hex(updates[0]);
    expect(await store.update(id, hash)).toEqual(ok(updates[0]));

    await endedDaysAgo(id, 91);
    expect(await Promise.all([retention.clear(), retention.clear()])).toContain(1);
    expect(await retention.clear()).toBe(0);
    expect((await kinds()).filter((kind) => kind === '.cleared')).toHaveLength(1);
    expect(await store.update(id, hash)).toMatchObject({
      error: { code: 'ROUND_UPDATES_GONE', status: 410 },
    });
    expect(codeOf(await store.update(id, 'f'.repeat(64)))).toBe('ROUND_UPDATE_UNKNOWN');
    expect(await store.members(id)).toEqual(members);
    expect(members.map(({ bytes }) => bytes)).toContain(updates[0].length);
    expect(unwrap(await store.one(id)).outcome).toEqual(unwrap(before).outcome);
    // What has not ended needs its updates still.
    expect(await advance(running)).toBe('submitted');
  });
});
