import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CodedError } from '../common/index.js';
import type { Instance } from '../config/index.js';
import type { Transactions } from '../database/index.js';
import type { GuardianRecord, GuardianTrail } from '../guardian/index.js';
import type { LogAppender } from '../log/index.js';
import type { IncidentStore } from './incidents/incident-store.js';
import type { RemedyName } from './patterns/healing-rules.js';
import { RemedyOrders } from './remedy-orders.js';
import type { Done, Treatment } from './treatment.js';

const full = new CodedError('STORAGE_FULL', 'The disk is full.', {}, 507);

function setup(done: Partial<Done> = {}) {
  /** What happened, in its order. */
  const events: string[] = [];
  const records: GuardianRecord[] = [];
  /** What a transaction does: it passes, refuses, or never ends. */
  const state = { database: 'there' as 'there' | 'full' | 'hangs' | 'lost', unwritable: '' };
  const transactions = {
    run: async (work: (manager: unknown) => Promise<void>) => {
      if (state.database === 'full') throw full;
      if (state.database === 'hangs') await new Promise(() => undefined);
      await work({});
      if (state.database === 'lost') throw full;
    },
  };
  const appendOnce = async (_manager: unknown, record: GuardianRecord) => {
    if (record.event === state.unwritable) throw new TypeError('it cannot be written');
    events.push(record.event);
    records.push(record);
  };
  const actFor = async (remedy: RemedyName): Promise<Done> => {
    events.push(remedy);
    return { ok: true, refused: false, detail: 'done', tookMs: 5, ...done };
  };
  const add = jest.fn();
  const sut = new RemedyOrders(
    { actFor } as unknown as Treatment,
    { add } as unknown as IncidentStore,
    { id: '0123456789ab' } as Instance,
    transactions as unknown as Transactions,
    { appendOnce } as unknown as GuardianTrail,
    { committed: () => undefined } as unknown as LogAppender,
  );
  return { sut, state, events, records, add };
}

describe('orders of remedies', () => {
  let said: jest.SpiedFunction<typeof Logger.prototype.log>;
  beforeEach(() => {
    jest.useFakeTimers();
    said = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('are recorded before anything is done, and what came of them afterwards', async () => {
    const { sut, events, records, add } = setup();
    expect(await sut.carryOut('run_gc', 'ada', 'it is slow')).toEqual({
      ok: true,
      value: { detail: 'done' },
    });
    expect(said.mock.calls).toEqual([['run_gc for ada: it is slow']]);
    expect(events).toEqual(['healing.ordered', 'run_gc', 'healing.carried_out']);
    const [ordered, carriedOut] = records;
    expect(ordered).toMatchObject({
      ...{ actor: 'ada', reason: 'it is slow' },
      facts: {
        remedy: 'run_gc',
        instance: '0123456789ab',
        order: expect.stringMatching(/^order_[0-9a-f]{32}$/),
      },
    });
    expect(carriedOut).toMatchObject({
      actor: 'ada',
      facts: { order: ordered.facts.order, done: true, detail: 'done' },
    });
    expect(add).toHaveBeenCalledWith(expect.objectContaining({ remedy: 'run_gc', helped: true }));
  });

  it('are not carried out where they cannot be recorded', async () => {
    const { sut, state, events } = setup();
    state.database = 'full';
    await expect(sut.carryOut('run_gc', 'ada', 'it is slow')).rejects.toBe(full);
    expect(events).toEqual([]);
  });

  it.each<['full' | 'hangs', RemedyName]>([
    ['full', 'prune_files'],
    ['hangs', 'recover_database'],
    ['hangs', 'reset_pool'],
  ])('that mend a database that is %s are carried out (%s)', async (how, remedy) => {
    const { sut, state, events } = setup();
    state.database = how;
    const answer = sut.carryOut(remedy, 'ada', 'nothing can be written');
    await jest.advanceTimersByTimeAsync(10_000);
    expect((await answer).ok).toBe(true);
    expect(events).toEqual([remedy]);
  });

  it('that were carried out without a record are recorded once it can be done, and once', async () => {
    const { sut, state, events, records } = setup();
    state.database = 'full';
    const began = Date.now();
    await sut.carryOut('prune_files', 'ada', 'nothing can be written');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual(['prune_files']);
    state.database = 'there';
    await jest.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual(['prune_files', 'healing.ordered', 'healing.carried_out']);
    expect(records[0]).toMatchObject({ actor: 'ada', reason: 'nothing can be written' });
    expect(records[0].at).toBe(began);
    await sut.onModuleDestroy();
    expect(events).toHaveLength(3);
  });

  it('that cannot be recorded though the database is there are not carried out, whatever they mend', async () => {
    const { sut, state, events } = setup();
    state.unwritable = 'healing.ordered';
    await expect(sut.carryOut('prune_files', 'ada', 'it is full')).rejects.toThrow('cannot be written');
    expect(events).toEqual([]);
    state.unwritable = '';
    await jest.advanceTimersByTimeAsync(60_000);
    expect(events).toEqual([]);
  });

  it('are recorded although the record of an earlier one cannot be', async () => {
    const { sut, state, events } = setup();
    state.unwritable = 'healing.carried_out';
    await sut.carryOut('run_gc', 'ada', 'it is slow');
    await sut.carryOut('prune_files', 'ada', 'it is full');
    expect(events).toEqual(['healing.ordered', 'run_gc', 'healing.ordered', 'prune_files']);
    state.unwritable = '';
    await jest.advanceTimersByTimeAsync(60_000);
    expect(events.slice(4)).toEqual(['healing.carried_out', 'healing.carried_out']);
  });

  it('tell what came of them though it is no text', async () => {
    const { sut, records } = setup({ detail: 'cut \ud83d' });
    await sut.carryOut('run_gc', 'ada', 'it is slow');
    expect(records[1].facts.detail).toBe('cut \ufffd');
  });

  it('are tried again as the same record where it is not known whether they were written', async () => {
    const { sut, state, records } = setup();
    state.database = 'lost';
    await sut.carryOut('prune_files', 'ada', 'nothing can be written');
    await jest.advanceTimersByTimeAsync(5_000);
    state.database = 'there';
    await jest.advanceTimersByTimeAsync(60_000);
    const orders = records.filter(({ event }) => event === 'healing.ordered');
    expect(orders.length).toBeGreaterThan(2);
    for (const order of orders) expect(order).toEqual(orders[0]);
  });

  it('are refused, not forgotten, where too many wait for their record', async () => {
    const { sut, state, events, records } = setup();
    state.database = 'full';
    for (let order = 0; order < 50; order++) await sut.carryOut('prune_files', 'ada', `order ${order}`);
    const refused = await sut.carryOut('prune_files', 'ada', 'one more');
    expect(!refused.ok && [refused.error.code, refused.error.status]).toEqual(['ORDERS_UNRECORDED', 503]);
    expect(events).toHaveLength(50);
    state.database = 'there';
    await jest.advanceTimersByTimeAsync(5_000);
    expect([records.length, records[0].reason]).toEqual([100, 'order 0']);
  });

  it('are not tried any more after the end of the server', async () => {
    const { sut, state } = setup();
    state.database = 'full';
    await sut.carryOut('prune_files', 'ada', 'nothing can be written');
    await sut.onModuleDestroy();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('say why nothing was done, and count as no attempt then', async () => {
    const { sut, records, add } = setup({
      ok: false,
      refused: true,
      detail: 'there is none [NO_BLOB_SOURCE]',
    });
    const answer = await sut.carryOut('refetch_blob', 'ada', 'it is broken');
    expect(!answer.ok && answer.error.code).toBe('HEALING_FAILED');
    expect(records[1].facts).toMatchObject({ done: false, detail: 'there is none [NO_BLOB_SOURCE]' });
    expect(add).not.toHaveBeenCalled();
  });
});
