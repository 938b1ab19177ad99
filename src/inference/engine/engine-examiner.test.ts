import { ScriptedEngine } from '../../../test/factories/scripted-engine.js';
import { ExaminationRegistry } from '../../common/observation/examination-registry.js';
import { HealthRegistry } from '../../common/observation/health-registry.js';
import { EngineExaminer } from './engine-examiner.js';
import type { EngineHost } from './engine-host.js';
import type { EnginePort } from './engine-port.js';

function setUp() {
  const [health, examinations] = [new HealthRegistry(), new ExaminationRegistry()];
  const host: { current: EnginePort | null } = { current: null };
  new EngineExaminer(host as EngineHost, health, examinations).onModuleInit();
  const ready = async () => (await health.check()).probes.self_test;
  const examined = async () => (await examinations.check()).probes.self_test;
  const engine = (test: () => { ok: boolean; refused?: string }): EnginePort => ({
    ...new ScriptedEngine().port(),
    selfTest: async () => ({ ...test(), detail: 'what it says', expected: 'a', actual: 'b' }),
  });
  return { host, ready, examined, engine };
}

describe('the engine’s self-test while it runs', () => {
  it('is known behind /ready when it fails, and asked for again until it agrees', async () => {
    const { host, ready, examined, engine } = setUp();
    let right = true;
    host.current = engine(() => ({ ok: right }));
    expect(await ready()).toEqual({ status: 'ok', detail: 'it agreed when the engine started' });
    expect(await examined()).toMatchObject({ status: 'ok', facts: { verdict: 'right' } });
    right = false;
    expect(await ready()).toMatchObject({ status: 'ok' });
    expect(await examined()).toMatchObject({ status: 'failed', detail: 'what it says' });
    expect(await ready()).toMatchObject({ status: 'failed', facts: { examined_at: expect.any(Number) } });
    right = true;
    // The look before has asked it once more; the one after that sees what came of it.
    await ready();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await ready()).toMatchObject({ status: 'ok', facts: { verdict: 'right' } });
  });

  it('is forgotten with the engine it was of', async () => {
    const { host, ready, examined, engine } = setUp();
    expect(await examined()).toMatchObject({ status: 'ok', detail: expect.stringContaining('no engine') });
    host.current = engine(() => ({ ok: false }));
    expect(await examined()).toMatchObject({ status: 'failed' });
    host.current = engine(() => ({ ok: true }));
    expect(await ready()).toEqual({ status: 'ok', detail: 'it agreed when the engine started' });
  });

  it('says that nothing is known where it was refused, which is no reason not to be ready', async () => {
    const { host, ready, examined, engine } = setUp();
    host.current = engine(() => ({ ok: false, refused: 'ENGINE_RESTARTED' }));
    expect(await examined()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('refused'),
    });
    expect(await ready()).toMatchObject({ status: 'ok' });
  });
});
