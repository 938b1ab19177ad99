import { createEngine, EVERY_PART, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { encodeTensorBlock, TensorBlock } from '../../experts/tensorblock/index.js';
import { GREEDY } from '../sampler/index.js';
import { leftOutNames, withoutExperts } from '../../experts/tensorblock/left-out.js';
import { bytesToHex, unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { GenerateResult } from './index.js';
import type { BuiltModel } from './model-builder.js';
import type { ModelConfig } from './config.js';

const NAMES = ['layer0.expert0', 'layer1.expert2', 'layer1.expert3'];
const ids = Array.from({ length: 41 }, (_, i) => (i * i * 7 + 3) % 100);

/** The model without some experts: the blocks of the others are the same bytes. */
function without({ model, payloads }: BuiltModel, names: readonly string[]): BuiltModel {
  const blocks = model.blocks.filter(({ name }) => !names.includes(name));
  const kept = new Map([...payloads].filter(([name]) => !names.includes(name)));
  return {
    model: { release: 'b'.repeat(64), config: withoutExperts(model.config, names), blocks },
    payloads: kept,
  };
}

/** The model with all its experts and a bias that no logit of these ever makes up for. */
function biased({ model, payloads }: BuiltModel, names: readonly string[]): BuiltModel {
  const altered = new Map(payloads);
  const blocks = model.blocks.map((block) => {
    const layer = /^layer(\d)\.router$/.exec(block.name)?.[1];
    const entry = block.tensors.find(({ name }) => name === 'bias');
    const payload = payloads.get(block.name)?.slice();
    if (layer === undefined || entry === undefined || payload === undefined) return block;
    const bias = unwrap(TensorBlock.decode(payload.slice(entry.offset, entry.offset + entry.length)));
    const values = Float32Array.from(bias.rows(0, 1));
    for (const name of names) {
      const [of, expert] = /^layer(\d)\.expert(\d)$/.exec(name)!.slice(1);
      if (of === layer) values[Number(expert)] = -1e30;
    }
    payload.set(encodeTensorBlock(bias.plan, values), entry.offset);
    altered.set(block.name, payload);
    const hash = bytesToHex(nativeSha256(payload));
    return { ...block, block: hash, payloadHash: hash };
  });
  return { model: { ...model, release: 'c'.repeat(64), blocks }, payloads: altered };
}

const logitsOf = (built: BuiltModel) =>
  (
    unwrap(
      runWork(createEngine(built), { kind: 'logits', release: built.model.release, ids }),
    ) as Float32Array[]
  ).map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('hex'));

describe('a model without some of its experts', () => {
  const configs: [string, ModelConfig][] = [
    ['over the chosen', smallConfig({ architecture: { version: 1, routerBias: true } })],
    ['over all', smallConfig({ architecture: EVERY_PART, layers: 3 })],
  ];
  it.each(configs)('computes what it would if they could not win, softmax %s', (_, config) => {
    const whole = randomModel(config, 'mixed', 5);
    const small = logitsOf(without(whole, NAMES));
    expect(small).toEqual(logitsOf(biased(whole, NAMES)));
    expect(small).not.toEqual(logitsOf(whole));
  });

  it('uses, counts and loads none of them, foretelling included', () => {
    const whole = randomModel(smallConfig(), 'int8', 3);
    const used = (built: BuiltModel) => {
      const engine = createEngine(built, { experts: { prefetch: true } });
      const { release } = built.model;
      const request = { release, promptIds: ids, maxTokens: 20, stopIds: [], sampling: GREEDY };
      const done = unwrap(runWork(engine, { kind: 'generate', ...request })) as GenerateResult;
      const namesIn = (experts: readonly { layer: number; expert: number }[]) =>
        experts
          .map(({ layer, expert }) => `layer${layer}.expert${expert}`)
          .filter((name) => NAMES.includes(name));
      return { known: namesIn(engine.stats().models[0].experts), used: namesIn(done.experts) };
    };
    expect(used(whole)).toEqual({ known: NAMES, used: NAMES });
    expect(used(without(whole, NAMES))).toEqual({ known: [], used: [] });
  });

  it('is told by its architecture, one way only', () => {
    const config = smallConfig();
    const [once, again] = [
      withoutExperts(config, NAMES),
      withoutExperts(withoutExperts(config, NAMES.slice(1)), NAMES.slice(0, 1)),
    ];
    expect(once.architecture).toEqual({
      version: 1,
      leftOut: [
        { layer: 0, experts: [0] },
        { layer: 1, experts: [2, 3] },
      ],
    });
    expect(again).toEqual(once);
    expect(leftOutNames(once)).toEqual(NAMES);
  });
});
