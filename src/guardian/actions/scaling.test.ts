import { err, ok } from '../../common/index.js';
import type { EngineHost } from '../../inference/index.js';
import type { MachineVitals } from '../../monitoring/index.js';
import type { ActionRegistry } from './action-registry.js';
import type { DecisionAction } from './decision-action.js';
import type { EngineSizing } from './engine-sizing.js';
import { ScalingActions } from './scaling.js';
import type { ServiceEvidence } from './service-evidence.js';

const GIBIBYTE = 2 ** 30;

/** Asks for a KV cache that is larger by so many MiB, where the control group has 2 GiB of which 1 is used. */
async function grow(mebibytes: number) {
  const actions = new Map<string, DecisionAction>();
  const registry = { register: (action: DecisionAction) => actions.set(action.name, action) };
  const current = { threads: 1, streams: 1, expertCacheMb: 64, kvCacheMb: 64 };
  const evidence = {
    service: async () => ({ load: {}, firstTokenMs: null, usualFirstTokenMs: null, answers: 0, failed: 0 }),
    history: async () => ({ tried: 0, helped: 0, takenBack: 0 }),
  };
  const asked: number[] = [];
  const memory = async (more: number) => {
    asked.push(more);
    return { total: 2 * GIBIBYTE, used: GIBIBYTE, share: 0.5 };
  };
  new ScalingActions(
    registry as unknown as ActionRegistry,
    { current, problem: () => null } as unknown as EngineSizing,
    {} as EngineHost,
    evidence as unknown as ServiceEvidence,
    { memory } as unknown as MachineVitals,
  ).onModuleInit();
  const proposal = await actions.get('scale_up')?.propose({ kv_cache_mb: 64 + mebibytes });
  return { proposal: proposal?.ok === true ? ok() : err(proposal?.error as Error), asked };
}

describe('a larger engine within a control group', () => {
  it('is proposed while a tenth of what the group may have stays free', async () => {
    expect(await grow(800)).toEqual({ proposal: ok(), asked: [800 * 2 ** 20] });
  });

  it('is refused beyond that, however much the machine has', async () => {
    expect((await grow(900)).proposal).toMatchObject({ error: { code: 'SCALING_IMPOSSIBLE' } });
  });
});
