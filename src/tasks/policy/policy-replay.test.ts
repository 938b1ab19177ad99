import { ok, unwrap } from '../../common/index.js';
import type { PlanService } from '../plan/plan-service.js';
import type { Plan } from '../plan/planner.js';
import { planTask } from '../plan/planner.js';
import type { StepHandler } from '../steps/step-handler.js';
import { StepRegistry } from '../steps/step-registry.js';
import type { TaskRow } from '../store/rows.js';
import type { TaskStore } from '../store/task-store.js';
import { PolicyReplay } from './policy-replay.js';
import { parsePolicyFile } from './policy-rules.js';

const rules = (...lines: string[]) =>
  ['version: 1', 'rules:', ...lines.map((line) => `  - {${line}}`)].join('\n');
/** The first step asks for more than the second, which is riskier. */
const IN_FORCE = rules(
  'action_type: look, allowed: true, four_eyes: true',
  'action_type: pay, allowed: true',
);

/** A replay of one task that was planned by the rules in force, of a step that looks and one that pays. */
function setup() {
  const registry = new StepRegistry();
  const step = (type: string, changes: Partial<StepHandler>) =>
    registry.register({
      ...{ type, summary: type, startable: false, risk: 'low', effect: 'none', timeoutMs: 1_000 },
      ...{ parse: () => ok({}), run: () => Promise.resolve(ok(null)), ...changes },
    });
  step('look', {});
  step('pay', { risk: 'critical', movesValue: true });
  const steps = ['look', 'pay'].map((type) => ({ type, parameters: {} }));
  step('both', { startable: true, plan: () => steps });
  const policies = unwrap(parsePolicyFile('rules.yaml', IN_FORCE));
  const request = { taskType: 'both', parameters: {}, roles: ['user'] as const, at: 0 };
  const { plan, verdict }: { plan: Plan; verdict: object } = unwrap(
    planTask(request, registry, { policies, hash: '0'.repeat(64) }),
  );
  const task = { id: 'task_1', roles: ['user'], createdAt: 0 } as unknown as TaskRow;
  const store = { list: async () => [task] } as unknown as TaskStore;
  const plans = { find: async () => ok({ plan, verdict }) } as unknown as PlanService;
  const sut = new PolicyReplay(store, plans, registry);
  return async (policy: string) => unwrap(await sut.replay(policy, 10))[0];
}

describe('policies that are replayed', () => {
  it('do not differ from themselves, whichever step asks for most', async () => {
    const same = await setup()(IN_FORCE);
    const all = { allowed: true, requires_approval: true, four_eyes: true };
    expect(same).toMatchObject({ differs: false, before: all, after: all });
  });

  it('differ where any step would ask for something else, or be forbidden', async () => {
    const replay = setup();
    const laxer = await replay(rules('action_type: pay, allowed: true'));
    expect(laxer).toMatchObject({ differs: true, before: { four_eyes: true }, after: { four_eyes: false } });
    expect(await replay(rules('action_type: look, allowed: true, four_eyes: true'))).toMatchObject({
      ...{ differs: true, after: { allowed: false, rule: null } },
    });
  });
});
