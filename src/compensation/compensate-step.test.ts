import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../common/installation.js';
import { ok, unwrap } from '../common/index.js';
import { LARGEST_AMOUNT, type Corrections } from '../rewards/index.js';
import { planTask } from '../tasks/plan/planner.js';
import { parsePolicyFile } from '../tasks/policy/policy-rules.js';
import { StepRegistry } from '../tasks/steps/step-registry.js';
import { checkStep, compensateTransfer, transferStep } from './compensate-step.js';

const shipped = readFileSync(join(packageRoot(), 'config', 'policies', 'default.yaml'), 'utf8');
const corrections = { correct: () => Promise.resolve(ok({})) } as unknown as Corrections;
const registry = new StepRegistry();
for (const handler of [compensateTransfer(), checkStep(corrections), transferStep(corrections)])
  registry.register(handler);

const wish = { transfer: 'a'.repeat(32), amount: '1000000000', reason: 'paid twice' };
const plan = (changes: object, role: 'user' | 'guardian' = 'guardian') =>
  planTask(
    { taskType: 'compensate_transfer', parameters: { ...wish, ...changes }, roles: [role], at: 0 },
    registry,
    { policies: unwrap(parsePolicyFile('default.yaml', shipped)), hash: '0'.repeat(64) },
  );

describe('a correction as a task', () => {
  it('is looked at first, and moves value only with an approval of somebody else, in whole units of eighteen decimals', () => {
    const { plan: made, verdict } = unwrap(plan({}));
    expect(verdict).toMatchObject({ allowed: true, requires_approval: true, four_eyes: true });
    expect(made.steps).toMatchObject([
      { type: 'compensate_transfer.check', requires_approval: false, amount: null },
      ...[
        {
          type: 'compensate_transfer.transfer',
          requires_approval: true,
          four_eyes: true,
          amount: `1${'0'.repeat(18)}`,
        },
      ],
    ]);
    expect(unwrap(plan({}, 'user')).verdict.allowed).toBe(false);
  });

  it.each(['-1', '0', '01', '1.5', '1e9', '', 5, String(LARGEST_AMOUNT + 1n), '9'.repeat(40)])(
    'cannot be of %p units',
    (amount) => expect(plan({ amount })).toMatchObject({ ok: false, error: { code: 'PARAMETERS_INVALID' } }),
  );

  it('can be of as much as the ledger takes', () =>
    expect(plan({ amount: String(LARGEST_AMOUNT) }).ok).toBe(true));

  it.each([
    ['was stopped before it begins', AbortSignal.abort(), () => Promise.resolve()],
    ['is stopped when it begins', new AbortController().signal, () => Promise.reject(new Error('stopped'))],
  ])('moves nothing where it %s', async (_, signal, keep) => {
    let moved = 0;
    const step = transferStep({ correct: () => Promise.resolve(ok({ moved: ++moved })) } as never);
    const context = { task: 'task_1', owner: 'ada', signal, keep } as never;
    await expect(step.run(wish, context)).rejects.toThrow();
    expect(moved).toBe(0);
  });

  it.each([
    { transfer: 'A'.repeat(32) },
    { transfer: '1' },
    { reason: '' },
    { reason: ' x' },
    { reason: 'x'.repeat(501) },
  ])('is refused with %p', (changes) =>
    expect(plan(changes)).toMatchObject({ ok: false, error: { code: 'PARAMETERS_INVALID' } }),
  );
});
