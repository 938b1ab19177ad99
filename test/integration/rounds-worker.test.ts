import { AutonomyGate } from '../../src/common/autonomy/autonomy-gate.js';
import { CodedError, err, EventBus, ok, unwrap, type Result } from '../../src/common/index.js';
import type { RoundRow } from '../../src/learning/rounds/round-row.js';
import type { RoundSteps } from '../../src/learning/rounds/round-steps.js';
import { RoundWorker } from '../../src/learning/rounds/round-worker.js';
import { until } from '../support/index.js';
import { openRounds, SUBMISSION, type RoundsUnderTest } from './rounds-support.js';

let rounds: RoundsUnderTest;
let workers: RoundWorker[] = [];
beforeAll(async () => {
  rounds = await openRounds();
});
afterAll(() => rounds.chain.close());
beforeEach(async () => {
  await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});
afterEach(async () => {
  for (const worker of workers) await worker.beforeApplicationShutdown();
  workers = [];
});

/** What comes before a step of a worker; a refusal takes the place of the step. */
type Before = (row: RoundRow) => Promise<Result<void>>;

/** A worker as every process has one, and the states in which it has begun a step. */
function processWith(before: Before = () => Promise.resolve(ok())) {
  const { config, steps, store, transactions } = rounds;
  const begun: string[] = [];
  const watched = {
    step: async (row: RoundRow) => {
      begun.push(row.state);
      const allowed = await before(row);
      return allowed.ok ? steps.step(row) : allowed;
    },
    fail: steps.fail.bind(steps),
  } as unknown as RoundSteps;
  const worker = new RoundWorker(
    ...([config, store, watched, transactions, new EventBus(), new AutonomyGate()] as const),
  );
  workers.push(worker);
  return { worker, begun };
}

/** A step that waits until it is let go. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, before: () => opened.then(() => ok()) };
}

async function shownByAll(): Promise<string> {
  const id = await rounds.revealing(3);
  for (const who of [0, 1, 2]) unwrap(await rounds.revealed(id, who));
  return id;
}

const stateOf = async (id: string) => unwrap(await rounds.store.one(id)).state;
const leaseOf = async (id: string) => {
  const [lease] = await rounds.chain.dataSource.query<{ worker: string | null; left: string | null }[]>(
    `SELECT worker, extract(epoch FROM lease_until - now()) AS left FROM learning_rounds WHERE id = $1`,
    [id],
  );
  return { worker: lease.worker, left: lease.left === null ? null : Number(lease.left) };
};
const endLease = (id: string, worker: string) =>
  rounds.chain.dataSource.query(
    `UPDATE learning_rounds SET lease_until = now() WHERE id = $1 AND worker = $2`,
    [id, worker],
  );
const dueNow = (id: string) =>
  rounds.chain.dataSource.query(`UPDATE learning_rounds SET due_at = now() WHERE id = $1`, [id]);
const ended = async () => (await rounds.kinds()).slice(-2);

describe('workers of rounds', () => {
  it('leave a round to the one that has it, and end its states once', async () => {
    const id = await shownByAll();
    const { open, before } = gate();
    const [one, other] = [processWith(before), processWith()];
    one.worker.look();
    await until('the first has it', () => one.begun.length === 1);
    const lease = await leaseOf(id);
    expect(lease.left).toBeGreaterThan(5);
    const beside = await shownByAll();
    other.worker.look();
    await until('the other one is at its end', async () => (await stateOf(beside)) === 'submitted');
    expect([await stateOf(id), (await leaseOf(id)).worker]).toEqual(['revealing', lease.worker]);
    open();
    await until('the first one is, too', async () => (await stateOf(id)) === 'submitted');
    expect(other.begun).toEqual(['revealing', 'aggregated']);
    expect(one.begun).toEqual(['revealing', 'aggregated']);
    await until('it is given back', async () => (await leaseOf(id)).worker === null);
    expect(await leaseOf(id)).toEqual({ worker: null, left: null });
  });

  it('take over the round of one that died, which changes nothing when it wakes up', async () => {
    const id = await shownByAll();
    const { open, before } = gate();
    const dead = processWith(before);
    dead.worker.look();
    await until('it has the round', () => dead.begun.length === 1);
    const held = await leaseOf(id);
    const second = gate();
    const other = processWith(second.before);
    await until('another has taken it over', async () => {
      // This one is not dead: it may show a sign of life in between.
      await endLease(id, String(held.worker));
      other.worker.look();
      return other.begun.length === 1;
    });
    const taken = await leaseOf(id);
    expect(taken.worker).not.toBe(held.worker);
    // The first one goes on and is done: the claim of the other stays.
    open();
    await until('it has made the step', async () => (await stateOf(id)) === 'aggregated');
    expect((await leaseOf(id)).worker).toBe(taken.worker);
    second.open();
    await until('the round is at its end', async () => (await stateOf(id)) === 'submitted');
    expect(await ended()).toEqual(['.aggregated', '.submitted']);
    expect(unwrap(await rounds.store.one(id)).submission).toBe(SUBMISSION);
  });

  it('keep a claim only while it is theirs', async () => {
    const { store } = rounds;
    const id = await shownByAll();
    expect(await store.claim('mine')).toBe(id);
    expect(await store.claim('yours')).toBeNull();
    expect(await store.nextMs()).toBeGreaterThan(5_000);
    await rounds.chain.dataSource.query(
      `UPDATE learning_rounds SET lease_until = now() + interval '1 second'`,
    );
    await store.renew(id, 'yours');
    expect((await leaseOf(id)).left).toBeLessThan(2);
    await store.renew(id, 'mine');
    expect((await leaseOf(id)).left).toBeGreaterThan(5);
    await store.release(id, 'yours');
    expect((await leaseOf(id)).worker).toBe('mine');
    await endLease(id, 'mine');
    expect(await store.nextMs()).toBeLessThanOrEqual(0);
    expect(await store.claim('yours')).toBe(id);
  });

  it('try again later what may pass, and go on where it was', async () => {
    const id = await shownByAll();
    const busy = new CodedError('ROUND_BUSY', 'later', {}, 503);
    let refusals = 2;
    const { worker, begun } = processWith(() => Promise.resolve(refusals-- > 0 ? err(busy) : ok()));
    worker.look();
    await until('it was refused', async () => unwrap(await rounds.store.one(id)).attempts === 1);
    await until('it is given back', async () => (await leaseOf(id)).worker === null);
    await dueNow(id);
    worker.look();
    await until('the round is at its end', async () => (await stateOf(id)) === 'submitted');
    expect(begun).toEqual(['revealing', 'revealing', 'revealing', 'aggregated']);
    expect(await ended()).toEqual(['.aggregated', '.submitted']);
  });

  it.each([
    ['what is refused for good', new CodedError('AGGREGATION_BOUND', 'no', {}, 409), 0],
    ['what was refused thirty times', new CodedError('ROUND_BUSY', 'later', {}, 503), 29],
  ])('give up %s', async (_, refusal, attempts) => {
    const id = await shownByAll();
    await rounds.chain.dataSource.query('UPDATE learning_rounds SET attempts = $1', [attempts]);
    const { worker, begun } = processWith(() => Promise.resolve(err(refusal)));
    worker.look();
    await until('it has failed', async () => (await stateOf(id)) === 'failed');
    expect(begun).toEqual(['revealing']);
    expect(unwrap(await rounds.store.one(id))).toMatchObject({ code: refusal.code, detail: refusal.message });
    expect((await rounds.kinds()).at(-1)).toBe('.failed');
  });
});
