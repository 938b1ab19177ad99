import { CodedError, err, ok } from '../../common/index.js';
import { readFields, textField, type JsonObject } from '../steps/fields.js';
import type { StepHandler } from '../steps/step-handler.js';
import { StepRegistry } from '../steps/step-registry.js';
import { MOST_STEPS, planHash, planTask } from './planner.js';

const word = { word: textField(/^[a-z]+$/, 'a word') };
const handler = (changes: Partial<StepHandler>): StepHandler => ({
  ...{ type: 'say', summary: 'Says a word.', startable: true, risk: 'low', effect: 'none', timeoutMs: 1000 },
  parse: (raw) => readFields(word, raw),
  run: () => Promise.resolve(ok(null)),
  ...changes,
});
const registryOf = (...handlers: readonly StepHandler[]): StepRegistry => {
  const registry = new StepRegistry();
  for (const each of handlers) registry.register(each);
  return registry;
};
const NONE = { policies: [], hash: '0'.repeat(64) };
const request = (parameters: unknown, taskType = 'say') => ({
  taskType,
  parameters,
  roles: ['user' as const],
  at: 0,
});

describe('the planner', () => {
  it('gives the same hash for the same request, and another for any other', () => {
    const registry = registryOf(handler({}));
    const plan = (parameters: unknown) => {
      const judged = planTask(request(parameters), registry, NONE);
      if (!judged.ok) throw judged.error;
      return judged.value;
    };
    expect(plan({ word: 'a' }).hash).toBe(plan({ word: 'a' }).hash);
    expect(plan({ word: 'a' }).hash).not.toBe(plan({ word: 'b' }).hash);
    const { plan: made, hash } = plan({ word: 'a' });
    expect(planHash({ ...made, risk: 'high' })).not.toBe(hash);
  });

  it('takes the risk and the verdict of its worst step', () => {
    const pay = handler({
      type: 'pay',
      startable: false,
      risk: 'critical',
      movesValue: true,
      amount: () => '5',
    });
    const both = handler({
      plan: (parameters: JsonObject) => [
        { type: 'pay', parameters },
        { type: 'say', parameters },
      ],
    });
    const judged = planTask(request({ word: 'a' }), registryOf(both, pay), NONE);
    expect(judged).toMatchObject({
      ok: true,
      value: {
        verdict: { allowed: false },
        plan: { risk: 'critical', action_type: 'pay', steps: [{ amount: '5' }, {}] },
      },
    });
  });

  it('refuses what it does not know, what is not startable, too large, too long or away', () => {
    const code = (parameters: unknown, type: string, ...handlers: readonly StepHandler[]) => {
      const judged = planTask(request(parameters, type), registryOf(...handlers), NONE);
      return judged.ok ? null : judged.error.code;
    };
    expect(code({}, 'fly', handler({}))).toBe('TASK_TYPE_UNKNOWN');
    expect(code({ word: 'a' }, 'say', handler({ startable: false }))).toBe('TASK_TYPE_UNKNOWN');
    expect(code({ word: '1' }, 'say', handler({}))).toBe('PARAMETERS_INVALID');
    expect(code([], 'say', handler({}))).toBe('PARAMETERS_INVALID');
    expect(code({ word: 'a'.repeat(20_000) }, 'say', handler({}))).toBe('PARAMETERS_TOO_LARGE');
    const long = handler({
      plan: (p) => Array.from({ length: MOST_STEPS + 1 }, () => ({ type: 'say', parameters: p })),
    });
    expect(code({ word: 'a' }, 'say', long)).toBe('PLAN_TOO_LONG');
    const away = handler({ unavailable: () => new CodedError('AWAY', 'not now') });
    expect(code({ word: 'a' }, 'say', away)).toBe('AWAY');
    const missing = handler({ plan: () => [{ type: 'gone', parameters: {} }] });
    expect(code({ word: 'a' }, 'say', missing)).toBe('STEP_UNAVAILABLE');
    expect(code({ word: 'a' }, 'say', handler({ parse: () => err(new CodedError('OWN', 'no')) }))).toBe(
      'OWN',
    );
  });
});
