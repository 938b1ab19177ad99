import { jest } from '@jest/globals';
import { ActionAuthority, type Authorization } from '../common/autonomy/action-authority.js';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { HealingFigures } from '../common/autonomy/healing-figures.js';
import { EventBus, unwrap } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import type { AlertBook } from '../monitoring/index.js';
import { Healer } from './healer.js';
import type { IncidentStore } from './incidents/incident-store.js';
import { defaultHealingFile, readHealingRules } from './patterns/healing-rules.js';
import type { RemedyBox } from './remedies/remedy-box.js';
import { Treatment } from './treatment.js';
import type { Vitals } from './vitals/vitals.js';

const rules = unwrap(readHealingRules(defaultHealingFile()));
const well: Vitals = {
  at: 0,
  cpu: { machine: 0, process: 0 },
  memory: { total: 1, used: 0, share: 0 },
  disk: { total: 1, free: 1, share: 0 },
  eventLoop: { mean: 0, worst: 0 },
  pool: { most: 12, open: 1, idle: 1, waiting: 0 },
  database: { awayMs: 0, detail: '' },
  engine: { running: true, silentMs: 0 },
  log: { waiting: 0, lagMs: 0 },
  crashes: [],
  ends: [],
  damaged: [],
  readiness: { status: 'ok', detail: '' },
};
const hung = { engine: { running: true, silentMs: 20_000 } };
const away = { database: { awayMs: 20_000, detail: 'gone' } };

function setup(
  answer: Authorization | Error = { answer: 'go', reason: 'may', decision: 'd1' },
  mode = 'auto',
) {
  const act = jest.fn(async (_why: string) => 'done');
  const get = () => ({ expectedEffect: 'e', blastRadius: 'b', blastShare: () => 0, undo: 'u', act });
  const gate = new AutonomyGate();
  const authority = new ActionAuthority(gate);
  const report = jest.fn(async () => undefined);
  const ask = jest.fn(async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const withdraw = jest.fn(async () => undefined);
  authority.use({ ask, report, withdraw });
  const treatment = new Treatment(authority, gate, new HealingFigures(), { get } as unknown as RemedyBox);
  const store = { save: jest.fn(), add: jest.fn() };
  const book = { raise: jest.fn(async () => 'alert'), clear: jest.fn(async (_fingerprint: string) => true) };
  const events = new EventBus();
  const states: string[] = [];
  events.on('incident.changed', ({ state }) => states.push(state));
  const sut = new Healer(
    { healing: mode } as AppConfig,
    { current: rules },
    treatment,
    store as unknown as IncidentStore,
    book as unknown as AlertBook,
    events,
  );
  sut.onModuleInit();
  /** One look; what runs beside it is over afterwards. */
  const look = async (changes: Partial<Vitals>, at = 0) => {
    sut.look({ ...well, ...changes, at });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sut, act, ask, report, withdraw, gate, store, book, events, states, look };
}

describe('the healer', () => {
  it('calls while it starts where it has ended too often, once, until that is an hour ago', async () => {
    const { sut, book, act, states, look } = setup();
    const ends = ['SIGKILL', 'exit code 1', 'SIGSEGV'];
    sut.recall({ ...well, ...hung, ends: ends.slice(1) });
    expect(sut.open).toEqual([]);
    sut.recall({ ...well, ...hung, ends });
    expect(book.raise).toHaveBeenCalledTimes(1);
    sut.recall({ ...well, ends });
    await look({ ends });
    expect(states).toEqual(['open', 'escalated']);
    expect(book.raise).toHaveBeenCalledTimes(1);
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({
        fingerprint: expect.stringContaining('healing.process_crashed') as string,
        severity: 'critical',
        summary: expect.stringContaining(
          '3 times though nobody told it to, the last time: SIGSEGV',
        ) as string,
      }),
    );
    await look({ ends: ends.slice(1) });
    expect(states.at(-1)).toBe('resolved');
    expect(act).not.toHaveBeenCalled();
  });

  it('heals, checks and records', async () => {
    const { look, act, report, store, book, states, sut } = setup();
    await look(hung);
    expect(act).toHaveBeenCalledTimes(1);
    await look({});
    expect(states).toEqual(['open', 'healing', 'verifying', 'resolved']);
    expect(report).toHaveBeenCalledWith('d1', expect.objectContaining({ helped: true }));
    expect(store.add).toHaveBeenCalledWith(
      expect.objectContaining({ remedy: 'restart_engine', helped: true }),
    );
    expect(book.raise).not.toHaveBeenCalled();
    expect(sut.open).toEqual([]);
  });

  it('waits until a symptom has lasted', async () => {
    const { look, states } = setup();
    const high = { cpu: { machine: 1, process: 0 } };
    await look(high, 0);
    await look({}, 5_000);
    await look(high, 10_000);
    await look(high, 21_000);
    expect(states).toEqual([]);
    await look(high, 22_000);
    expect(states[0]).toBe('open');
  });

  it('calls a guardian when remedies do not help, and does not heal in a loop', async () => {
    const { look, act, book, states, sut } = setup();
    for (let round = 0; round < 4; round++) {
      await look(hung);
      await look({});
    }
    expect(act).toHaveBeenCalledTimes(4);
    await look(hung);
    expect(act).toHaveBeenCalledTimes(4);
    expect(states.at(-1)).toBe('escalated');
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({ fingerprint: 'healing.kernel_hung', severity: 'critical' }),
    );
    expect(sut.open).toHaveLength(1);
    await look({});
    expect(book.clear).toHaveBeenLastCalledWith('healing.kernel_hung');
    expect(sut.open).toEqual([]);
  });

  it('ends its alert although that has returned, and goes on where the database is away', async () => {
    const { look, book } = setup(undefined, 'watch');
    await look(hung, 0);
    expect(book.raise).toHaveBeenCalledTimes(1);
    // It is to be quiet for a while first; then the database is away; then it is over.
    book.clear.mockResolvedValueOnce(false).mockRejectedValueOnce(new Error('away'));
    await look({}, 1_000);
    await look({}, 60_000);
    expect(book.clear).toHaveBeenCalledTimes(1);
    await look({}, 61_000);
    await look({}, 121_000);
    await look({}, 200_000);
    await look({}, 300_000);
    expect(book.clear.mock.calls).toEqual(Array(3).fill(['healing.kernel_hung']));
  });

  it('does not end the alert of trouble that is back', async () => {
    const { look, book, sut } = setup(undefined, 'watch');
    sut.takeOver(['healing.kernel_hung']);
    await look(hung, 0);
    await look(hung, 100_000);
    expect(book.clear).not.toHaveBeenCalled();
    await look({}, 200_000);
    expect(book.clear).toHaveBeenCalledTimes(1);
  });

  it('ends what an earlier process left, also where the clock has gone back', async () => {
    const { look, book, sut } = setup();
    book.clear.mockResolvedValue(false);
    sut.takeOver(['healing.kernel_hung']);
    await look({}, 500_000);
    await look({}, 1_000);
    expect(book.clear).toHaveBeenCalledTimes(2);
  });

  it('goes on with the next remedy when one cannot be done', async () => {
    const { look, act, store } = setup();
    act.mockRejectedValueOnce(new Error('it is stuck'));
    const full = { memory: { total: 1, used: 1, share: 0.99 } };
    await look(full, 0);
    await look(full, 7_000);
    await look(full, 8_000);
    expect(store.add).toHaveBeenCalledWith(
      expect.objectContaining({ remedy: 'run_gc', helped: false, detail: 'it is stuck' }),
    );
    expect(act).toHaveBeenCalledTimes(2);
  });

  it('waits for a guardian, and acts when one approves', async () => {
    const { look, act, events, states } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'waiting']]);
    const told = { type: 'healing', action: 'restart_engine' };
    events.emit('decision.changed', { decision: 'another', state: 'approved', ...told });
    events.emit('decision.changed', { decision: 'd7', state: 'approved', ...told });
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([1, ['open', 'waiting', 'healing', 'verifying']]);
  });

  it('takes its question back when the trouble ends before anybody answers', async () => {
    const { look, withdraw, act, events, states } = setup({
      answer: 'wait',
      reason: 'unsure',
      decision: 'd7',
    });
    await look(hung);
    await look({});
    expect(withdraw.mock.calls).toEqual([['d7', 'the symptom is gone']]);
    events.emit('decision.changed', { decision: 'd7', state: 'approved', type: 'healing', action: 'x' });
    await look({});
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'waiting', 'resolved']]);
  });

  it('leaves it when a guardian or the emergency stop says no', async () => {
    const { look, act, gate, states, book } = setup();
    gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    await look(hung);
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'declined']]);
    expect(book.raise).toHaveBeenCalledTimes(1);
  });

  it('without a judge only brings the database back, and not even that once it is stopped', async () => {
    const broken = new Error('no database');
    const one = setup(broken);
    await one.look(hung);
    expect([one.act.mock.calls.length, one.states.at(-1)]).toEqual([0, 'declined']);
    const two = setup(broken);
    await two.look(away);
    expect(two.act).toHaveBeenCalledTimes(1);
    const three = setup(broken);
    three.gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
    await three.look(away);
    expect(three.act).not.toHaveBeenCalled();
  });

  it('only calls when it is to watch, and when it does not know the cause', async () => {
    const watching = setup(undefined, 'watch');
    await watching.look(hung);
    expect([watching.act.mock.calls.length, watching.states]).toEqual([0, ['open', 'escalated']]);
    const unsure = setup();
    const unready = { readiness: { status: 'failed' as const, detail: 'chain: gone' } };
    await unsure.look(unready, 0);
    await unsure.look(unready, 12_000);
    expect([unsure.act.mock.calls.length, unsure.states]).toEqual([0, ['open', 'escalated']]);
  });
});
