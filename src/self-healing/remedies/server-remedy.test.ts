import { ServerRestart, SUPERVISOR_VARIABLE } from '../../common/autonomy/server-restart.js';
import type { MachineVitals } from '../../monitoring/index.js';
import { isRefusal } from './remedy.js';
import { ServerRemedy } from './server-remedy.js';

describe('the remedy restart_server', () => {
  afterEach(() => {
    delete process.env[SUPERVISOR_VARIABLE];
  });

  /** @param heap the share of its heap that the server uses @param total the memory there is, bytes */
  const setUp = (heap = 0.95, total = 2 ** 50) => {
    const restart = new ServerRestart();
    const vitals = { heap: () => ({ share: heap }), memory: async () => ({ total }) };
    const [remedy] = new ServerRemedy(restart, vitals as unknown as MachineVitals).all;
    let asked = false;
    void restart.asked.then(() => (asked = true));
    const act = (cause: 'memory_high' | 'manual' = 'memory_high') =>
      remedy.act('short of memory', cause).catch((thrown: unknown) => thrown);
    const isAsked = async () => {
      await Promise.resolve();
      return asked;
    };
    return { act, isAsked };
  };
  const supervised = () => (process.env[SUPERVISOR_VARIABLE] = String(process.ppid));

  it('ends the server where its supervisor starts it again', async () => {
    supervised();
    const { act, isAsked } = setUp();
    expect(await isAsked()).toBe(false);
    expect(await act()).toBe('the server ends, and its supervisor starts it again');
    expect(await isAsked()).toBe(true);
  });

  it.each([undefined, String(process.pid), ''])(
    'is not used where nobody would, so that a guardian is called (%s)',
    async (supervisor) => {
      if (supervisor !== undefined) process.env[SUPERVISOR_VARIABLE] = supervisor;
      const { act, isAsked } = setUp();
      const refusal = await act();
      expect(refusal).toMatchObject({ code: 'NOT_SUPERVISED' });
      expect(isRefusal(refusal)).toBe(true);
      expect(await isAsked()).toBe(false);
    },
  );

  it('is not used where others fill the memory, unless a person says so', async () => {
    supervised();
    const others = setUp(0.2);
    expect(await others.act()).toMatchObject({ code: 'NOT_OURS' });
    expect(await others.isAsked()).toBe(false);
    expect(await others.act('manual')).toContain('the server ends');
    // Its heap is fine, but what it holds besides is most of the memory.
    expect(await setUp(0.2, 1_000).act()).toContain('the server ends');
  });
});
