import { createEngine, EVERY_PART, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { builtModelOf, releaseModelOf } from '../../../test/support/release-model.js';
import { createTrainingKernel } from '../../../test/support/training.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { unwrap } from '../../common/index.js';
import { withoutExperts } from '../../experts/tensorblock/left-out.js';
import type { BuiltModel } from '../../inference/kernel/model-builder.js';
import type { ModelConfig } from '../../inference/kernel/config.js';
import { auditOpening } from '../audit/audit.js';
import { openEnd, openRecorded, recordTraining } from '../audit/planted/recorded-training.js';
import { norm } from '../checks/similarity.js';
import { parsePlan, planJson } from '../run/plan-json.js';
import { encodeTrainedBlock } from '../source/trained-block.js';
import { tensorValues } from '../source/tensor-values.js';
import { ADAM_DEFAULTS } from '../trainer/adam.js';
import type { TokenSequence } from '../trainer/batch.js';
import type { WeightValues } from '../trainer/model-weights.js';
import { Trainer } from '../trainer/trainer.js';
import type { TrainingPlan } from '../trainer/training-plan.js';
import { growModel, SHARE_OF_ROW } from './grow-model.js';
import { placesOf } from './places.js';
import { useOfExperts } from './use-of-experts.js';

const NEW = 'layer1.expert9';
const ids = Array.from({ length: 41 }, (_, i) => (i * i * 7 + 3) % 100);

const logitsOf = (built: BuiltModel) =>
  (
    unwrap(
      runWork(createEngine(built), { kind: 'logits', release: built.model.release, ids }),
    ) as Float32Array[]
  ).map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('hex'));

describe('a model with a new expert', () => {
  const configs: [string, ModelConfig][] = [
    ['over the chosen', smallConfig({ layers: 3 })],
    ['over all, with a bias', smallConfig({ architecture: EVERY_PART, layers: 3 })],
  ];
  it.each(configs)(
    'computes without it what the model computed before, bit by bit, softmax %s',
    (_, config) => {
      const base = randomModel(config, 'f32', 5);
      const grown = unwrap(growModel(releaseModelOf(base), [{ name: NEW, from: 'layer1.expert2' }]));
      const built = builtModelOf(grown, 'b'.repeat(64));
      expect(built.model.config.experts).toBe(10);
      expect(logitsOf(built)).not.toEqual(logitsOf(base));
      const without = withoutExperts(grown.config, [NEW]);
      const less = builtModelOf({ ...grown, config: without }, 'c'.repeat(64));
      expect(logitsOf(less)).toEqual(logitsOf(base));
    },
  );
});

const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 3, vocabSize: 40 });
const base = releaseModelOf(randomModel(config, 'f32', 7));
const FRESH = 'layer1.expert4';
const ROW = 'layer1.router.row4';
const newExperts = [{ name: FRESH, from: 'layer1.expert2' }];
const grown = unwrap(growModel(base, newExperts));
const documents: TokenSequence[] = Array.from({ length: 30 }, (_, e) => ({
  ids: Array.from({ length: 6 + (e % 7) }, (_, i) => (e * 3 + i * (1 + (e % 3))) % 40),
  firstTarget: 2,
}));
const plan: TrainingPlan = {
  ...{ blocks: [FRESH, ROW], newExperts, seed: 'a seed', batchTokens: 60, microBatchTokens: 30, balance: 0 },
  schedule: { peak: 0.02, floor: 0.1, warmUp: 2, steps: 20 },
  // Weights that decay would show a row that is trained beside its own.
  adam: { ...ADAM_DEFAULTS, weightDecay: 0.1 },
};
const valuesOf: WeightValues = (block, tensor) => tensorValues(grown, block, tensor);
const createTrainer = (by = plan, learnt: readonly TokenSequence[] = documents) =>
  new Trainer(
    {
      kernel: createTrainingKernel(),
      config: grown.config,
      valuesOf,
      sha256: nativeSha256,
      prefixBytes: 1 << 20,
    },
    by,
    learnt,
  );

describe('the training of a new expert', () => {
  it('begins as the expert it comes from, with less of its row', () => {
    for (const tensor of ['gate', 'up', 'down'])
      expect(valuesOf(FRESH, tensor)).toEqual(tensorValues(base, 'layer1.expert2', tensor));
    const [origin, row] = [
      tensorValues(base, 'layer1.router', 'weight').subarray(64, 96),
      valuesOf(ROW, 'row'),
    ];
    expect(row).toEqual(origin.map((value) => value * SHARE_OF_ROW));
    expect(valuesOf('layer1.router', 'weight').subarray(4 * 32)).toEqual(row);
  });

  it('learns, and changes the expert and its row and no other value', () => {
    const sut = createTrainer();
    const before = sut.evaluate(documents);
    for (let i = 0; i < 20; i++) unwrap(sut.step());
    expect(sut.evaluate(documents)).toBeLessThan(0.97 * before);
    const changed = [...grown.blocks].flatMap(([name, { tensors }]) =>
      tensors.flatMap((tensor) => {
        const [was, is] = [valuesOf(name, tensor.name), sut.values(name, tensor.name)];
        return was.every((value, i) => value === is[i]) ? [] : [`${name}/${tensor.name}`];
      }),
    );
    const learns = ['layer1.router/weight', `${ROW}/row`];
    for (const tensor of ['gate', 'up', 'down']) learns.push(`${FRESH}/${tensor}`);
    expect(changed.sort()).toEqual(learns.sort());
    const [was, is] = [valuesOf, sut.values.bind(sut)].map((of) => of('layer1.router', 'weight'));
    expect(is.subarray(0, 4 * 32)).toEqual(was.subarray(0, 4 * 32));
    expect(is.subarray(4 * 32)).toEqual(sut.values(ROW, 'row'));
  });

  it('gives its row the gradient that it would have in a whole router', () => {
    // So large an epsilon keeps Adam from dividing a gradient's length away.
    const adam = { ...plan.adam, clip: 1e9, epsilon: 1, weightDecay: 0 };
    const schedule = { ...plan.schedule, peak: 0.002 };
    const changes = (blocks: string[]) => {
      const sut = createTrainer({ ...plan, blocks, adam, schedule });
      return [1, 2, 3].map(() => {
        unwrap(sut.step());
        const was = valuesOf(ROW, 'row');
        return sut.values('layer1.router', 'weight').map((value, i) => value - was[i - 4 * 32]);
      });
    };
    const [alone, whole] = [
      [FRESH, ROW],
      [FRESH, 'layer1.router'],
    ].map((blocks) => changes(blocks).map((values) => values.subarray(4 * 32)));
    expect(norm(alone[0])).toBeGreaterThan(0);
    expect(alone[0]).toEqual(whole[0]);
    // From then on the other rows are others, by so little that a gradient of an earlier update would show.
    for (const step of [1, 2])
      expect(norm(alone[step].map((value, i) => value - whole[step][i]))).toBeLessThan(
        0.02 * norm(alone[step]),
      );
  });

  it('is audited as any other, its row included', () => {
    const encode = (name: string, of: WeightValues) => encodeTrainedBlock(grown, name, of).payload;
    const workshop = {
      ...{ config: grown.config, encode, sha256: nativeSha256, plan, documents, steps: 4 },
      createTrainer,
    };
    const training = recordTraining(workshop);
    const shown = {
      updates: [0, 2].map((step) => openRecorded(training, step)),
      end: openEnd(training, workshop),
    };
    const parts = {
      ...{ model: { config: grown.config, valuesOf }, encode, kernel: createTrainingKernel() },
      ...{ sha256: nativeSha256, progress: () => undefined },
    };
    const audit = (facts: typeof training.facts) => {
      const found = auditOpening(facts, [0, 2], shown, parts);
      return found.ok ? null : found.error.code;
    };
    expect(audit(training.facts)).toBeNull();
    const other = nativeSha256Hex('another row');
    const blocks = training.facts.blocks.map((block) =>
      block.name === ROW ? { ...block, payloadHash: other } : block,
    );
    expect(audit({ ...training.facts, blocks })).toBe('AUDIT_WEIGHTS');
  });

  it('is planned in JSON, and refused where the plan names new experts in no valid way', () => {
    const json = planJson(plan) as Record<string, unknown>;
    expect(parsePlan(json)).toEqual(plan);
    for (const wrong of [
      [],
      {},
      [{ name: FRESH }],
      [{ ...newExperts[0], more: 1 }],
      [{ name: 1, from: 'a' }],
    ])
      expect(parsePlan({ ...json, new_experts: wrong })).toBeNull();
  });

  it.each([
    ['a place that has an expert', [{ name: 'layer1.expert3', from: 'layer1.expert2' }]],
    ['another layer', [{ name: FRESH, from: 'layer0.expert2' }]],
    ['an origin that is not there', [{ name: FRESH, from: 'layer1.expert8' }]],
    ['a layer that is not there', [{ name: 'layer3.expert4', from: 'layer3.expert2' }]],
    ['a place that is too far', [{ name: 'layer1.expert36', from: 'layer1.expert2' }]],
    ['the same place twice', [newExperts[0], { name: FRESH, from: 'layer1.expert1' }]],
    ['the same origin twice', [newExperts[0], { name: 'layer1.expert5', from: 'layer1.expert2' }]],
  ])('is refused for %s', (_, additions) => {
    expect(growModel(base, additions)).toMatchObject({ ok: false, error: { code: 'TRAINING_BLOCKS' } });
  });

  it('is refused by a model that asks one expert for each token', () => {
    const one = releaseModelOf(randomModel({ ...config, expertsPerToken: 1 }, 'f32', 7));
    expect(growModel(one, newExperts)).toMatchObject({ ok: false, error: { code: 'TRAINING_BLOCKS' } });
    expect(growModel(one, [])).toEqual({ ok: true, value: one });
  });

  it('is refused for a place whose expert was left out', () => {
    const without = withoutExperts(config, [FRESH.replace('4', '1')]);
    const blocks = new Map([...base.blocks].filter(([name]) => name !== 'layer1.expert1'));
    const asked = [{ name: 'layer1.expert1', from: 'layer1.expert2' }];
    const found = growModel({ ...base, config: without, blocks }, asked);
    expect(found).toMatchObject({ ok: false, error: { code: 'TRAINING_BLOCKS' } });
  });
});

describe('the places of new experts', () => {
  it('are the next of their layers, and begin as the experts that the examples use most, each as another', () => {
    const wish = { newExpert: ['layer1', 'layer1', 'layer2.expert7'] };
    const found = unwrap(placesOf(base, wish, { learnt: documents }));
    expect(found.map(({ name }) => name)).toEqual(['layer1.expert4', 'layer1.expert5', 'layer2.expert7']);
    expect(found.map(({ from }) => from.slice(0, 13))).toEqual([
      'layer1.expert',
      'layer1.expert',
      'layer2.expert',
    ]);
    const use = useOfExperts(base, documents);
    const tokens = documents.reduce((sum, { ids: of }) => sum + of.length - 1, 0);
    expect(use.map((counts) => counts.reduce((sum, count) => sum + count, 0))).toEqual(
      use.map(() => tokens * config.expertsPerToken),
    );
    const byUse = use[1].map((_, expert) => expert).sort((a, b) => use[1][b] - use[1][a]);
    expect(use[1][byUse[1]]).toBeGreaterThan(use[1][byUse[2]]);
    expect(found.slice(0, 2).map(({ from }) => from)).toEqual([
      `layer1.expert${byUse[0]}`,
      `layer1.expert${byUse[1]}`,
    ]);
    const [least] = ['layer1.expert0', 'layer1.expert1', 'layer1.expert2', 'layer1.expert3'].filter(
      (name) => name !== found[0].from,
    );
    const given = unwrap(placesOf(base, { newExpert: ['layer1'], from: [least] }, { learnt: documents }));
    expect(given).toEqual([{ name: FRESH, from: least }]);
  });

  it('are an empty one of a grown model before a new one', () => {
    const found = placesOf(
      grown,
      { newExpert: ['layer0', 'layer1'], from: ['a', 'b'] },
      { learnt: documents },
    );
    expect(unwrap(found).map(({ name }) => name)).toEqual(['layer0.expert4', 'layer1.expert5']);
  });

  it.each<{ newExpert: string[]; from?: string[] }>([
    { newExpert: ['layer9'] },
    { newExpert: ['router'] },
    { newExpert: Array.from({ length: 5 }, () => 'layer1') },
    { newExpert: ['layer3.expert4'] },
    { newExpert: ['layer1', 'layer2'], from: ['layer1.expert0'] },
  ])('are refused for %j', (wish) => {
    const found = placesOf(base, wish, { learnt: documents });
    expect(found).toMatchObject({ ok: false, error: { code: 'TRAINING_BLOCKS' } });
  });
});
