import type { Json } from '../../common/index.js';
import { planJson } from '../run/plan-json.js';
import { parseManifest } from '../submission/manifest-facts.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import { parseAuditFacts, placeOf } from './audit-facts.js';

const hash = (digit: string) => digit.repeat(64);
const plan: TrainingPlan = {
  blocks: ['layer3.expert5', 'layer4.expert2'],
  ...{ seed: '1', batchTokens: 2048, microBatchTokens: 1024, balance: 0 },
  schedule: { peak: 0.001, floor: 0.05, warmUp: 5, steps: 100 },
  adam: ADAM_DEFAULTS,
};
const steps = [3, 4, 5].map((examples) => ({ hash: hash('a'), tokens: 50, examples, loss: 1.5 }));
const manifest = {
  ...{ version: 2, model: 'genesis', release: hash('1'), kernel: hash('2'), initial: hash('3') },
  data: { hash: hash('4'), bytes: 10, learnt: 30, unseen: 3, root: hash('5'), datasets: [hash('6')] },
  plan: planJson(plan),
  blocks: plan.blocks.map((name) => ({ name, parent: hash('7'), payload_hash: hash('8') })),
  steps,
};
const { data } = manifest;

/** The plan with other members, some of them within its schedule or its optimizer. */
function planWith(changes: Record<string, Json>, part?: 'schedule' | 'adam'): Json {
  const json = planJson(plan) as Record<string, Json>;
  if (part === undefined) return { ...json, ...changes };
  return { ...json, [part]: { ...(json[part] as Record<string, Json>), ...changes } };
}

describe('a manifest of version 2', () => {
  it('says all that an audit needs', () => {
    const expected = {
      ...{ kernel: hash('2'), plan, learnt: 30, root: hash('5'), datasets: [hash('6')] },
      ...{ initial: hash('3'), steps, blocks: plan.blocks.map((name) => ({ name, payloadHash: hash('8') })) },
    };
    const read: unknown = JSON.parse(JSON.stringify(manifest));
    expect(parseAuditFacts(read)).toEqual({ ok: true, value: expected });
    expect(parseManifest(read)).toMatchObject({ value: { steps: 3, audit: expected } });
  });

  it('places updates behind each other', () =>
    expect([0, 1, 2, 3].map((step) => placeOf({ steps }, step))).toEqual([0, 3, 7, 12]));

  it.each<[string, Record<string, unknown>]>([
    ['kernel', { kernel: 'x' }],
    ['data.learnt', { data: { ...data, learnt: 0 } }],
    ['data.learnt', { data: { ...data, learnt: 2 ** 40 } }],
    ['data.root', { data: { ...data, root: null } }],
    ['data.root', { data: { hash: hash('4'), bytes: 10, learnt: 1, unseen: 1 } }],
    ['data.datasets', { data: { ...data, datasets: ['x'] } }],
    ['data.datasets', { data: { ...data, datasets: Array(65).fill(hash('6')) } }],
    ['data.learnt', { data: null }],
    ['initial', { initial: undefined }],
    ['steps', { steps: [{ ...steps[0], examples: 0 }] }],
    ['steps', { steps: [{ ...steps[0], tokens: 1.5 }] }],
    ['steps', { steps: [{ ...steps[0], loss: null }] }],
    ['blocks', { blocks: [{ name: 1, payload_hash: hash('8') }] }],
    ['plan.blocks', { blocks: [...manifest.blocks].reverse() }],
    ['plan', { plan: null }],
    ['plan', { plan: planWith({ blocks: [] }) }],
    ['plan', { plan: planWith({ blocks: ['layer3.expert5', 'layer3.expert5'] }) }],
    ['plan', { plan: planWith({ blocks: ['../x'] }) }],
    ['plan', { plan: planWith({ seed: 1 }) }],
    ['plan', { plan: planWith({ seed: 'x'.repeat(2000) }) }],
    ['plan', { plan: planWith({ batch_tokens: 0 }) }],
    ['plan', { plan: planWith({ batch_tokens: 2 ** 30 }) }],
    ['plan', { plan: planWith({ micro_batch_tokens: 0.5 }) }],
    ['plan', { plan: planWith({ balance: -1 }) }],
    ['plan', { plan: planWith({ peak: 1e9 }, 'schedule') }],
    ['plan', { plan: planWith({ steps: 0 }, 'schedule') }],
    ['plan', { plan: planWith({ warm_up: -1 }, 'schedule') }],
    ['plan', { plan: planWith({ beta1: 1 }, 'adam') }],
    ['plan', { plan: planWith({ beta2: 1 }, 'adam') }],
    ['plan', { plan: planWith({ epsilon: null }, 'adam') }],
  ])('with a wrong %s is refused: %p', (member, changes) =>
    expect(parseAuditFacts({ ...manifest, ...changes })).toMatchObject({
      error: { code: 'SUBMISSION_MANIFEST', facts: { member } },
    }),
  );

  it.each([[null], [[]], ['text'], [{}]])('is not %p', (value) =>
    expect(parseAuditFacts(value).ok).toBe(false),
  );
});
