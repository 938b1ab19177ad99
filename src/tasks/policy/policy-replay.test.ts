import { ok, unwrap } from '../../common/index.js';
import type { PlanService } from '../plan/plan-service.js';
import type { Plan } from '../plan/planner.js';
import { planTask } from '../plan/planner.js';
import type { StepHandler } from '../steps/step-handler.js';
import { StepRegistry } from '../steps/step-registry.js';
import type { TaskRow } from '../store/rows.js';
import type { TaskStore } from '../store/task-store.js';
import type { MovedAmount, MovedAmounts } from '../store/moved-amounts.js';
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
  const amounts = { around: async () => [] } as unknown as MovedAmounts;
  const sut = new PolicyReplay(store, plans, registry, amounts);
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

const HOUR_MS = 3_600_000;
const daily = (amount: number) => rules(`action_type: pay, allowed: true, daily_amount: "${amount}"`);

/** A payment of the past: its amount, the hour it began in or was refused, and why it did not begin. */
type Payment = readonly [amount: number, hour: number, refused?: string];

/** A replay of payments, with one of somebody else's besides. @param inForce the rules by which they were planned */
function payments(inForce: string, past: readonly Payment[], besides: Payment = [0, 0]) {
  const registry = new StepRegistry();
  registry.register({
    ...{ type: 'pay', summary: 'pays', startable: true, risk: 'low', effect: 'none', timeoutMs: 1_000 },
    ...{ movesValue: true, parse: (raw) => ok(raw as { sum: string }), run: () => Promise.resolve(ok(null)) },
    amount: ({ sum }) => String(sum),
  });
  const policies = unwrap(parsePolicyFile('rules.yaml', inForce));
  const planned = past.map(([amount, hour], i) => {
    const request = { taskType: 'pay', parameters: { sum: String(amount) }, roles: ['user'] as const, at: 0 };
    const { plan, verdict } = unwrap(planTask(request, registry, { policies, hash: '0'.repeat(64) }));
    const task = { id: `task_${i}`, planId: `plan_${i}`, roles: ['user'], createdAt: hour * HOUR_MS };
    return { task: task as unknown as TaskRow, plan, verdict };
  });
  const moved = (id: string, [amount, hour, refused]: Payment): MovedAmount => ({
    ...{ task: id, index: 0, actionType: 'pay', amount: BigInt(amount), at: hour * HOUR_MS },
    ...{ began: refused === undefined, code: refused ?? null },
  });
  const store = { list: async () => planned.map(({ task }) => task).reverse() };
  const plans = {
    find: async (id: string) => ok(planned.find(({ task }) => task.planId === id) as never),
  };
  const around = async () => [
    ...past.map((payment, i) => moved(`task_${i}`, payment)),
    moved('besides', besides),
  ];
  const sut = new PolicyReplay(
    ...([store, plans, registry, { around }] as unknown as ConstructorParameters<typeof PolicyReplay>),
  );
  /** Which payments are allowed, and which go another way, oldest first. */
  return async (policy: string) => {
    const items = unwrap(await sut.replay(policy, 10)).toReversed();
    return {
      allowed: items.flatMap(({ after }, i) => (after.allowed ? i : [])),
      differing: items.flatMap(({ differs }, i) => (differs ? i : [])),
      why: items.map(({ after }) => after.reason),
    };
  };
}

describe('amounts of a day in a replay', () => {
  const past: Payment[] = [
    [6, 0],
    [6, 1, 'POLICY_DAILY_AMOUNT'],
    [3, 2],
    [6, 25],
  ];

  it('are added up as in the run: the same rules end the same tasks', async () => {
    const same = await payments(daily(10), past)(daily(10));
    expect(same).toMatchObject({ allowed: [0, 2, 3], differing: [] });
    expect(same.why[1]).toBe('more than 10 would have been moved within 24 hours (6 before)');
  });

  it('go by the other rules in their order: what these refuse counts for nothing, what they let through does', async () => {
    const replay = payments(daily(10), past);
    expect(await replay(daily(20))).toMatchObject({ allowed: [0, 1, 2, 3], differing: [1] });
    // With the second one through, the third does not fit.
    expect(await replay(daily(12))).toMatchObject({ allowed: [0, 1, 3], differing: [1, 2] });
    expect(await replay(daily(5))).toMatchObject({ allowed: [2], differing: [0, 3] });
    expect(await replay(rules('action_type: pay, allowed: true'))).toMatchObject({ allowed: [0, 1, 2, 3] });
  });

  it('count what others moved, but nothing that a person kept from moving, nor what is a day old', async () => {
    expect(await payments(daily(10), past, [4, 0.5])(daily(10))).toMatchObject({ allowed: [0, 3] });
    expect(await payments(daily(10), past, [4, -24])(daily(10))).toMatchObject({ allowed: [0, 2, 3] });
    const rejected: Payment[] = [
      [6, 0, 'APPROVAL_REJECTED'],
      [6, 1],
    ];
    expect(await payments(daily(10), rejected)(daily(10))).toMatchObject({ allowed: [0, 1], differing: [] });
  });

  it('count payments that the rules in force forbade when they were planned', async () => {
    const forbidden = payments(rules('action_type: pay, allowed: false'), [
      [6, 0, 'POLICY_DENIED'],
      [6, 1, 'POLICY_DENIED'],
    ]);
    expect(await forbidden(daily(10))).toMatchObject({ allowed: [0], differing: [0] });
  });
});
