import { jest } from '@jest/globals';
import {
  ActionAuthority,
  type Authorization,
  type ProposedAction,
} from '../common/autonomy/action-authority.js';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { HealingFigures } from '../common/autonomy/healing-figures.js';
import { CodedError, EventBus, unwrap } from '../common/index.js';
import type { AppConfig, Instance } from '../config/index.js';
import type { AlertBook } from '../monitoring/index.js';
import { Healer } from './healer.js';
import type { Attempt, IncidentStore } from './incidents/incident-store.js';
import { defaultHealingFile, readHealingRules } from './patterns/healing-rules.js';
import type { RemedyBox } from './remedies/remedy-box.js';
import { Treatment } from './treatment.js';
import type { Vitals } from './vitals/vitals.js';

const rules = unwrap(readHealingRules(defaultHealingFile()));
const well: Vitals = {
  at: 0,
  cpu: { machine: 0, process: 0 },
  memory: { total: 1, used: 0, share: 0 },
  heap: { total: 1, used: 0, share: 0 },
  disk: { total: 1, free: 1, share: 0 },
  eventLoop: { mean: 0, worst: 0 },
  pool: { most: 12, open: 1, idle: 1, waiting: 0 },
  database: { awayMs: 0, detail: '' },
  engine: { running: true, silentMs: 0 },
  caches: { experts: 0, kv: 0 },
  log: { waiting: 0, lagMs: 0 },
  crashes: [],
  ends: [],
  workers: { brokenMs: 0, queue: '', detail: '' },
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
  const texts = { expectedEffect: 'e', blastRadius: 'b', undo: 'u' };
  const endsServer = (name: string) => (name === 'restart_server' ? { endsServer: true as const } : {});
  const get = (name: string) => ({ ...texts, blastShare: () => 0, act, ...endsServer(name) });
  const gate = new AutonomyGate();
  const authority = new ActionAuthority(gate);
  const report = jest.fn(async () => undefined);
  const ask = jest.fn(async (_action: ProposedAction) => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const withdraw = jest.fn(async () => undefined);
  const refuse = jest.fn(async () => undefined);
  /** What the database says of the decision. */
  const stateOf = jest.fn(async (_decision: string): Promise<string | null> => 'waiting');
  authority.use({ ask, report, withdraw, refuse, stateOf });
  const instance = {
    id: 'here',
    label: 'stemma on web-2',
    own: (name: string) => `${name}@here`,
  } as Instance;
  const box = { get } as unknown as RemedyBox;
  const treatment = new Treatment(authority, gate, new HealingFigures(), box, instance);
  const store = { save: jest.fn(), add: jest.fn((_attempt: Attempt) => undefined) };
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
    instance,
  );
  sut.onModuleInit();
  /** One look; what runs beside it is over afterwards. */
  const look = async (changes: Partial<Vitals>, at = 0) => {
    sut.look({ ...well, ...changes, at });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { sut, act, ask, report, withdraw, refuse, stateOf, gate, store, book, events, states, look };
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

  it('counts a remedy that ends the server before that, and leaves its incident to the next one', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const { look, act, report, store, states, sut } = setup();
    const full = { heap: { total: 100, used: 95, share: 0.95 } };
    const lookAt = async (ms: number, changes: Partial<Vitals> = full) => {
      now.mockReturnValue(ms);
      await look(changes, ms);
    };
    await lookAt(0);
    // A remedy is begun, and has not helped within eight seconds: the look after that begins the next.
    for (let remedy = 0; remedy < 4; remedy++)
      for (const ms of [6_000, 15_000]) await lookAt(remedy * 10_000 + ms);
    const tried = () => store.add.mock.calls.map(([{ remedy, helped }]) => `${remedy}: ${helped}`);
    const all = ['run_gc: false', 'shrink_caches: false', 'restart_engine: false', 'restart_server: true'];
    expect(tried()).toEqual(all);
    expect(act).toHaveBeenCalledTimes(4);
    expect(report).toHaveBeenLastCalledWith('d1', expect.objectContaining({ helped: true }));
    // The server stops; whatever it sees meanwhile begins and ends nothing.
    for (const ms of [60_000, 90_000]) await lookAt(ms);
    await lookAt(95_000, {});
    expect([tried(), act.mock.calls.length, sut.open.length]).toEqual([all, 4, 1]);
    expect(states.at(-1)).toBe('verifying');
    now.mockRestore();
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
      expect.objectContaining({ fingerprint: 'healing.kernel_hung@here', severity: 'critical' }),
    );
    expect(sut.open).toHaveLength(1);
    await look({});
    expect(book.clear).toHaveBeenLastCalledWith('healing.kernel_hung@here');
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
    expect(book.clear.mock.calls).toEqual(Array(3).fill(['healing.kernel_hung@here']));
  });

  it('does not end the alert of trouble that is back', async () => {
    const { look, book, sut } = setup(undefined, 'watch');
    sut.takeOver(['healing.kernel_hung@here']);
    await look(hung, 0);
    await look(hung, 100_000);
    expect(book.clear).not.toHaveBeenCalled();
    await look({}, 200_000);
    expect(book.clear).toHaveBeenCalledTimes(1);
  });

  it('ends what an earlier process left, also where the clock has gone back', async () => {
    const { look, book, sut } = setup();
    book.clear.mockResolvedValue(false);
    sut.takeOver(['healing.kernel_hung@here']);
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

  it.each([
    ['approved', ['open', 'waiting', 'healing', 'verifying'], 1],
    ['rejected', ['open', 'waiting', 'declined'], 0],
    ['expired', ['open', 'waiting', 'declined'], 0],
  ])('goes by an answer that another server heard: %s', async (answer, expected, acted) => {
    const { look, act, stateOf, states, book } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    await look(hung);
    // While it cannot be read nothing is known.
    stateOf.mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce('waiting');
    await look(hung);
    await look(hung);
    expect(states).toEqual(['open', 'waiting']);
    stateOf.mockResolvedValue(answer);
    await look(hung);
    expect(stateOf).toHaveBeenLastCalledWith('d7');
    expect([states, act.mock.calls.length]).toEqual([expected, acted]);
    expect(book.raise).toHaveBeenCalledTimes(1 - acted);
  });

  it('calls whoever there is, however little the trouble is worth', async () => {
    const { look, book, states } = setup(undefined, 'watch');
    const high = { cpu: { machine: 1, process: 0 } };
    await look(high, 0);
    await look(high, 12_000);
    expect(rules.cpu_high.severity).toBe('warning');
    expect(states).toEqual(['open', 'escalated']);
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({
        ...{ fingerprint: 'healing.cpu_high@here', severity: 'critical' },
        evidence: expect.objectContaining({ seen_by: 'stemma on web-2' }) as object,
      }),
    );
  });

  it('says every hour that it goes on, while it does', async () => {
    const { look, book, store } = setup(undefined, 'watch');
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      await look(hung);
      await look(hung);
      expect(book.raise).toHaveBeenCalledTimes(1);
      const saved = store.save.mock.calls.length;
      now.mockReturnValue(3_600_000);
      await look(hung);
      await look(hung);
      expect([book.raise.mock.calls.length, store.save.mock.calls.length]).toEqual([2, saved + 1]);
      await look({});
      now.mockReturnValue(7_200_000);
      await look({});
      expect(book.raise).toHaveBeenCalledTimes(2);
    } finally {
      now.mockRestore();
    }
  });

  it('says every hour that it waits, calling nobody', async () => {
    const { look, book, store } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      await look(hung);
      await look(hung);
      const saved = store.save.mock.calls.length;
      now.mockReturnValue(3_600_000);
      await look(hung);
      await look(hung);
      expect([book.raise.mock.calls.length, store.save.mock.calls.length]).toEqual([0, saved + 1]);
    } finally {
      now.mockRestore();
    }
  });

  it('does not ask again and again about remedies that find nothing to be done', async () => {
    const { look, act, ask, states } = setup();
    act.mockRejectedValue(new CodedError('NOT_OURS', 'the load is not of this server'));
    const high = { cpu: { machine: 1, process: 0 } };
    for (let round = 0; round < 8; round++) {
      for (const at of [0, 12_000, 13_000]) await look(high, at);
      expect(states.at(-1)).toBe('escalated');
      await look({}, 14_000);
    }
    expect(ask).toHaveBeenCalledTimes(6);
  });

  it('counts no remedy that found nothing to be done, and does not call it a failure', async () => {
    const { look, act, report, refuse, store, book, states, sut } = setup();
    act.mockRejectedValue(new CodedError('NOT_OURS', 'the load is not of this server'));
    const high = { cpu: { machine: 1, process: 0 } };
    for (const at of [0, 12_000, 13_000]) await look(high, at);
    expect([act.mock.calls.length, states]).toEqual([1, ['open', 'healing', 'open', 'escalated']]);
    expect([store.add.mock.calls, report.mock.calls]).toEqual([[], []]);
    expect(refuse.mock.calls).toEqual([['d1', 'the load is not of this server [NOT_OURS]']]);
    expect(sut.budget.used('cpu_high')).toBe(0);
    expect(sut.open).toMatchObject([{ attempts: 0, place: 1 }]);
    expect(book.raise).toHaveBeenCalledTimes(1);
  });

  it('goes on with the remedy behind one that found nothing to be done', async () => {
    const { look, act, ask, store } = setup();
    act.mockRejectedValueOnce(new CodedError('NO_BLOB_SOURCE', 'there is none'));
    const full = { memory: { total: 1, used: 1, share: 0.99 } };
    for (const at of [0, 7_000, 8_000]) await look(full, at);
    expect(
      ask.mock.calls.map(([{ action, idempotencyKey }]) => [action, idempotencyKey.split('/')[1]]),
    ).toEqual([
      ['run_gc', '0'],
      ['shrink_caches', '1'],
    ]);
    await look({});
    expect(store.add.mock.calls.map(([{ remedy }]) => remedy)).toEqual(['shrink_caches']);
  });

  it('takes its question back when the trouble ends before anybody answers', async () => {
    const { look, withdraw, refuse, act, events, states } = setup({
      answer: 'wait',
      reason: 'unsure',
      decision: 'd7',
    });
    await look(hung);
    await look({});
    // It may have been answered meanwhile, unheard.
    for (const said of [withdraw, refuse]) expect(said.mock.calls).toEqual([['d7', 'the symptom is gone']]);
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
