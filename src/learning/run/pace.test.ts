import type { Pieces } from '../trainer/pieces.js';
import { Pace, PACE } from './pace.js';

interface Machine {
  readonly threads?: number;
  readonly processors?: number;
  /** Processors that others keep busy at a time. */
  readonly others?: (at: number) => number;
  /** Whether that can be seen. */
  readonly seen?: boolean;
  /** Processor time of this process for each millisecond of work; as much as its threads can have, unless others hold it up. */
  readonly speed?: number;
}

/** A pace on a machine whose clock runs when something is done. */
function createPace({
  threads = 2,
  processors = 2,
  others = () => 0,
  seen = true,
  speed = threads,
}: Machine) {
  const stop = new AbortController();
  let [clock, own, foreign] = [0, 0, 0];
  let last = { clock, own, foreign };
  const rests: number[] = [];
  const told: boolean[] = [];
  const pass = (milliseconds: number, share: number) => {
    for (let i = 0; i < milliseconds; i++) {
      foreign += others(clock++);
      own += share;
    }
  };
  const waits: ((at: number) => void)[] = [];
  const pace = new Pace({
    ...{ threads, processors, signal: stop.signal },
    now: () => clock,
    use: () => {
      const before = last;
      last = { clock, own, foreign };
      if (!seen || clock === before.clock) return null;
      return { others: (foreign - before.foreign) / (clock - before.clock), own: own - before.own };
    },
    wait: (milliseconds) => {
      pass(milliseconds, 0);
      for (const onWait of waits) onWait(clock);
      return Promise.resolve();
    },
    hold: (milliseconds) => {
      pass(milliseconds, 0);
      for (const onWait of waits) onWait(clock);
    },
  });
  let rested = 0;
  pace.onRest = (resting) => {
    told.push(resting);
    if (resting) return;
    rests.push(pace.rested - rested);
    ({ rested } = pace);
  };
  function* pieces(count: number, milliseconds: number): Pieces<number[]> {
    const done: number[] = [];
    for (let i = 0; i < count; i++) {
      pass(milliseconds, speed);
      done.push(clock);
      yield;
    }
    return done;
  }
  /** So many pieces of so many milliseconds; the times at which they were done. */
  const work = (count: number, milliseconds: number) => pace.carryOut(pieces(count, milliseconds));
  /** The same on a thread that is held. */
  const workHere = (count: number, milliseconds: number) => pace.carryOutHere(pieces(count, milliseconds));
  return { sut: pace, work, workHere, rests, told, waits, stop, now: () => clock, own: () => own };
}

describe('a pace', () => {
  it('rests for nobody where nobody else wants the processors', async () => {
    const { sut, work, told } = createPace({ others: () => 0.3 });
    expect(await work(5, 20)).toEqual([20, 40, 60, 80, 100]);
    expect(await work(2, 70)).toEqual([170, 240]);
    expect([sut.rested, told]).toEqual([0, []]);
  });

  it('looks after a micro-step, and rests until others are done', async () => {
    const { sut, work, told } = createPace({ others: (at) => (at < 400 ? 2 : 0) });
    // 60 ms of work, then looks every 50 ms: the one at 460 ms is the first that finds the machine still.
    expect(await work(6, 20)).toEqual([20, 40, 60, 480, 500, 520]);
    expect([sut.rested, told]).toEqual([400, [true, false]]);
  });

  it('gives way within a micro-step of a request, and one piece', async () => {
    const { work, told } = createPace({ others: (at) => (at >= 1005 && at < 1600 ? 2 : 0) });
    const done = await work(100, 35);
    const first = done.findIndex((at, i) => at - (done[i - 1] ?? 0) > 35);
    expect(done[first - 1]).toBeLessThanOrEqual(1005 + 2 * (PACE.microStepMs + 35));
    expect(told).toEqual([true, false]);
  });

  it('keeps its least share under a load without end, and rests for no longer than it may', async () => {
    const { work, rests, now, own } = createPace({ others: () => 2 });
    const done = await work(600, 20);
    expect(rests.length).toBeGreaterThan(100);
    expect(Math.max(...rests)).toBeLessThanOrEqual(PACE.longestRestMs);
    const gaps = done.map((at, i) => at - (done[i - 1] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(PACE.longestRestMs + 20);
    const share = own() / 2 / now();
    expect(share).toBeGreaterThan(0.99 * PACE.leastShare);
    expect(share).toBeLessThan(1.1 * PACE.leastShare);
  });

  it('rests for less where it got little done', async () => {
    // Others hold it up: it has a fiftieth of its threads' time while it works.
    const { work, rests } = createPace({ others: () => 2, speed: 0.04 });
    await work(300, 20);
    expect(rests.length).toBeGreaterThan(90);
    expect(Math.max(...rests)).toBe(PACE.lookMs);
  });

  it('leaves processors that it does not compute on to others', async () => {
    const restedBeside = async (others: number, threads: number) => {
      const { sut, work } = createPace({ threads, processors: 4, others: () => others });
      await work(20, 20);
      return sut.rested;
    };
    expect(await restedBeside(2.4, 2)).toBe(0);
    expect(await restedBeside(2.6, 2)).toBeGreaterThan(0);
    expect(await restedBeside(0.9, 4)).toBe(0);
    expect(await restedBeside(1.1, 4)).toBeGreaterThan(0);
    // More threads than processors leave nothing, and need no more.
    expect(await restedBeside(0.9, 8)).toBe(0);
    expect(await restedBeside(1.1, 8)).toBeGreaterThan(0);
  });

  it('ends its rest when it is stopped, and rests no more', async () => {
    const { sut, work, waits, stop } = createPace({ others: () => 2 });
    waits.push((at) => {
      if (at >= 200) stop.abort();
    });
    // 60 ms of work and three waits; then all the rest at once.
    expect((await work(30, 20)).at(-1)).toBe(600 + 150);
    expect(sut.rested).toBe(150);
  });

  it('rests as long where the thread is held meanwhile', async () => {
    const machine = { others: (at: number) => (at % 700 < 300 ? 2 : 0) };
    const [waiting, held] = [createPace(machine), createPace(machine)];
    expect(held.workHere(60, 20)).toEqual(await waiting.work(60, 20));
    expect(held.rests).toEqual(waiting.rests);
    expect(held.sut.rested).toBeGreaterThan(0);
  });

  it('never rests where nothing is known of others', async () => {
    const { sut, work } = createPace({ others: () => 2, seen: false });
    await work(30, 20);
    expect(sut.rested).toBe(0);
  });

  it('passes on what the work throws', async () => {
    const { sut } = createPace({});
    function* broken(): Pieces<number> {
      yield;
      throw new Error('the memory is full');
    }
    await expect(sut.carryOut(broken())).rejects.toThrow('the memory is full');
  });
});
