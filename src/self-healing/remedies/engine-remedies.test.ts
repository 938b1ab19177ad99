import { jest } from '@jest/globals';
import { ActionAuthority } from '../../common/autonomy/action-authority.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { LoadShedding } from '../../common/autonomy/load-shedding.js';
import { EventBus, ok } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import type { Instance } from '../../config/index.js';
import type { EngineHost } from '../../inference/index.js';
import type { MachineVitals } from '../../monitoring/index.js';
import { EngineRemedies } from './engine-remedies.js';
import { isRefusal } from './remedy.js';
import { SheddingEnd } from './shedding-end.js';

/**
 * The remedies of a server on which an answer waits.
 * @param total bytes of memory @param share how much of them is used @param heap how much of its heap the server uses
 */
function setup(total = 2 ** 40, share = 1, heap = 0.2) {
  const [events, shedding, figures] = [new EventBus(), new LoadShedding(), new LiveFigures()];
  figures.register('queue_depth', () => 1);
  const machine = {
    memory: async () => ({ total, used: total * share, share }),
    heap: () => ({ total: 100, used: 100 * heap, share: heap }),
  } as unknown as MachineVitals;
  const restart = jest.fn(async () => ok());
  const sut = new EngineRemedies({ restart } as unknown as EngineHost, shedding, figures, machine);
  const authority = new ActionAuthority(new AutonomyGate());
  const end = new SheddingEnd(shedding, events, authority, { id: '0123456789ab' } as Instance);
  end.onModuleInit();
  const [shed, again] = ['shed_load', 'restart_engine'].map((wanted) =>
    sut.all.find(({ name }) => name === wanted),
  );
  const tell = (stopped: boolean) =>
    events.emit('autonomy.changed', { stopped, by: 'ada', reason: 'a drill' });
  return { authority, end, shedding, shed, again, restart, tell };
}

describe('shed_load', () => {
  it('ends with an emergency stop, and not with its end', async () => {
    const { end, shedding, shed, tell } = setup();
    await shed?.act('busy', 'cpu_high');
    tell(false);
    expect(shedding.current()).toMatchObject({ why: 'busy' });
    tell(true);
    expect(shedding.current()).toBeNull();
    end.onModuleDestroy();
  });

  it('goes on where a guardian ordered it: a stop stops the server, not people', async () => {
    const { shedding, shed, tell } = setup();
    await shed?.act('I say so', 'manual');
    await shed?.act('busy', 'cpu_high');
    tell(true);
    expect(shedding.current()).toMatchObject({ why: 'I say so' });
  });
});

describe('shed_load that a guardian takes back', () => {
  const decision = (subject: string) => ({ action: 'shed_load', parameters: { cause: 'cpu_high', subject } });

  it('ends, once, and at the server that sheds', async () => {
    const { authority, shedding, shed, end } = setup();
    await shed?.act('busy', 'cpu_high');
    const refused = { ok: false, error: { code: 'DECISION_NOT_UNDOABLE' } };
    expect(authority.takeBack(decision('ba9876543210'))).toMatchObject(refused);
    expect(shedding.current()).toMatchObject({ why: 'busy' });
    expect(authority.takeBack(decision('0123456789ab'))).toMatchObject({ ok: true });
    expect(shedding.current()).toBeNull();
    expect(authority.takeBack(decision('0123456789ab'))).toMatchObject(refused);
    end.onModuleDestroy();
    expect(authority.takeBack(decision('0123456789ab'))).toBeNull();
  });
});

describe('restart_engine for memory', () => {
  it('is used where this process fills its control group, however large the machine is', async () => {
    const { again, restart } = setup(process.memoryUsage.rss() * 2);
    expect(await again?.act('full', 'memory_high')).toContain('started anew');
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it('is not where others fill the machine, unless the engine itself is the trouble', async () => {
    const { again, restart } = setup(process.memoryUsage.rss() * 20);
    await expect(again?.act('full', 'memory_high')).rejects.toMatchObject({ code: 'NOT_OURS' });
    expect(restart).not.toHaveBeenCalled();
    await again?.act('hung', 'kernel_hung');
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it('is not where the heap is full, which the engine holds nothing of, so that the next remedy follows', async () => {
    const { again, restart } = setup(process.memoryUsage.rss() * 4, 0.5, 0.95);
    const refusal = await again?.act('full', 'memory_high').catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ code: 'NOT_OURS', message: expect.stringContaining('heap') });
    expect(isRefusal(refusal)).toBe(true);
    expect(restart).not.toHaveBeenCalled();
    await again?.act('I say so', 'manual');
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['the memory is fuller than the heap', 4, 0.97, 0.95],
    ['the process fills the memory with what is no JavaScript', 1.5, 0.9, 0.95],
    ['there is room in the heap', 4, 0.7, 0.75],
  ])('is used where %s', async (_what, times, share, heap) => {
    const { again, restart } = setup(process.memoryUsage.rss() * times, share, heap);
    await again?.act('full', 'memory_high');
    expect(restart).toHaveBeenCalledTimes(1);
  });
});
