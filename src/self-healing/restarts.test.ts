import { jest } from '@jest/globals';
import { rules, setup } from '../../test/factories/healer-under-test.js';
import { Incident } from './incidents/incident.js';
import type { LeftRestart } from './incidents/left-restarts.js';
import { LEAST_HELD_MS } from './restarts.js';
import type { Vitals } from './vitals/vitals.js';

const full: Partial<Vitals> = { heap: { total: 100, used: 95, share: 0.95 } };

/** What a server left that ended itself because its heap was full. */
function leftRestart(): LeftRestart {
  const symptom = { cause: 'memory_high', summary: 'full', evidence: {}, match: 1 } as const;
  const incident = new Incident('memory_high', 'critical', 0, symptom, 'incident_left');
  incident.state = 'verifying';
  incident.remedy = 'restart_server';
  incident.decision = 'd0';
  incident.attempts = 4;
  const tried = { incident: incident.id, cause: 'memory_high', remedy: 'restart_server' } as const;
  return { incident, attempt: { ...tried, helped: null, detail: 'ended', tookMs: 1, id: 'a0', at: 7 } };
}

/** A healer of a process that has just begun, at a time that the test sets. */
function started(mode = 'auto') {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const healer = setup(undefined, mode);
  const lookAt = async (ms: number, changes: Partial<Vitals> = {}) => {
    now.mockReturnValue(ms);
    await healer.look(changes, ms);
  };
  const settled = () =>
    healer.store.add.mock.calls
      .filter(([, known]) => known !== undefined)
      .map(([{ remedy, helped }, known]) => [remedy, helped, (known as { id: string }).id]);
  return { ...healer, lookAt, settled };
}

afterEach(() => jest.restoreAllMocks());

describe('a server that an earlier one has started by ending', () => {
  it('says that this helped once the trouble has stayed away for long enough, not before', async () => {
    const { sut, lookAt, settled, report, states } = started();
    const left = leftRestart();
    sut.resume([left]);
    await lookAt(10_000);
    await lookAt(LEAST_HELD_MS - 1);
    expect([settled(), report.mock.calls, sut.open]).toEqual([[], [], [left.incident]]);
    await lookAt(LEAST_HELD_MS);
    await lookAt(LEAST_HELD_MS + 60_000);
    expect(settled()).toEqual([['restart_server', true, 'a0']]);
    expect(report.mock.calls).toEqual([['d0', expect.objectContaining({ helped: true })]]);
    expect([states, sut.open]).toEqual([['resolved'], []]);
  });

  it('says that it did not help when the trouble is back within minutes, and calls somebody instead of ending again', async () => {
    const { sut, lookAt, settled, report, states, act, book } = started();
    sut.resume([leftRestart()]);
    await lookAt(50_000, full);
    expect(settled()).toEqual([]);
    await lookAt(56_000, full);
    expect(settled()).toEqual([['restart_server', false, 'a0']]);
    expect(report.mock.calls).toEqual([['d0', expect.objectContaining({ helped: false })]]);
    // The same incident goes on: behind ending the server nothing is left to try.
    expect(sut.open.map(({ id, state }) => [id, state])).toEqual([['incident_left', 'escalated']]);
    expect(act).not.toHaveBeenCalled();
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({ summary: expect.stringContaining('no remedy is left') as string }),
    );
    await lookAt(LEAST_HELD_MS + 60_000, full);
    await lookAt(LEAST_HELD_MS + 64_000);
    expect(states.at(-1)).toBe('resolved');
    expect(settled()).toHaveLength(1);
  });

  it('goes on with the next remedy of the pattern where there is one', async () => {
    const { sut, lookAt, store } = started();
    const left = leftRestart();
    left.incident.remedy = 'run_gc';
    sut.resume([{ ...left, attempt: { ...left.attempt, remedy: 'run_gc' } }]);
    await lookAt(50_000, full);
    await lookAt(56_000, full);
    await lookAt(60_000);
    expect(store.add.mock.calls.at(-1)).toMatchObject([{ remedy: rules.memory_high.remedies[1] }]);
  });

  it('goes on with the remedies before one that a guardian chose early, and skips that one at its turn', async () => {
    const { sut, lookAt, store, states } = started();
    const left = leftRestart();
    left.incident.attempts = 1;
    left.incident.place = 1;
    left.incident.early = ['restart_server'];
    sut.resume([left]);
    await lookAt(50_000, full);
    await lookAt(56_000, full);
    for (let at = 60_000; states.at(-1) !== 'escalated' && at < 2_000_000; at += 4_000)
      await lookAt(at, full);
    const tried = store.add.mock.calls.flatMap(([{ remedy }, known]) => (known === undefined ? remedy : []));
    expect(tried).toEqual(rules.memory_high.remedies.slice(1, -1));
    expect(rules.memory_high.remedies.at(-1)).toBe('restart_server');
  });

  it('waits for what is being seen when the time is over', async () => {
    const { sut, lookAt, settled } = started();
    sut.resume([leftRestart()]);
    await lookAt(LEAST_HELD_MS - 1_000, full);
    await lookAt(LEAST_HELD_MS + 1_000, full);
    expect(settled()).toEqual([]);
    await lookAt(LEAST_HELD_MS + 6_000, full);
    expect(settled()).toEqual([['restart_server', false, 'a0']]);
  });

  it.each([
    [50_000, false],
    [LEAST_HELD_MS, true],
  ])(
    'that learns late what was left, because the database was away, goes by when the trouble was found: after %i ms',
    async (found, helped) => {
      const { sut, lookAt, settled, store, act } = started('watch');
      await lookAt(found, full);
      await lookAt(found + 6_000, full);
      const [own] = sut.open;
      const left = leftRestart();
      left.incident.early = ['run_gc'];
      await lookAt(LEAST_HELD_MS * 2, full);
      sut.resume([left]);
      expect(settled()).toEqual([['restart_server', helped, 'a0']]);
      expect([left.incident.state, sut.open]).toEqual(['resolved', [own]]);
      // Trouble that is back goes on behind what has not helped.
      expect(own.place).toBe(helped ? 0 : rules.memory_high.remedies.length);
      expect(own.early).toEqual(helped ? [] : ['run_gc']);
      expect(store.save).toHaveBeenCalledWith(left.incident);
      expect(act).not.toHaveBeenCalled();
    },
  );
});
