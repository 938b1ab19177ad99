import { concatBytes, err, ok, unwrap, CodedError, utf8ToBytes, type Json } from '../../src/common/index.js';
import { encodeTensorBlock } from '../../src/experts/tensorblock/index.js';
import { expertTensors } from '../../src/experts/tensorblock/model-blocks.js';
import { modelConfigJson } from '../../src/experts/index.js';
import { encodeDelta, type DeltaPlan } from '../../src/learning/delta/delta-codec.js';
import { deltaName, readRoundBase, type RoundBase } from '../../src/learning/rounds/round-base.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import type { BlockAccess, VerifiedBlock } from '../../src/learning/source/block-access.js';
import { smallConfig } from './engine.js';

const hash = (digit: string) => digit.repeat(64);

/** Hash of the release of the small model. */
export const RELEASE = hash('1');
const [META, EXPERT] = [hash('2'), hash('3')];
const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 1, experts: 2, vocabSize: 40 });

/** Terms of a round about an expert of the small model. */
export const SMALL_TERMS: RoundTerms = {
  ...{ version: 1, model: 'genesis', release: RELEASE, experts: ['layer0.expert1'], datasets: [], seed: '1' },
  training: { learning_rate: 0.001, batch_tokens: 64, steps: 4 },
  ...{ aggregator: 'median', faulty: 1, minimum: 3, most: 5, update_bytes: 100_000, update_length: 2 },
  ...{ join_seconds: 600, commit_seconds: 600, reveal_seconds: 600 },
};

/** The blocks of the small model; both experts are the same. */
export const smallAccess: BlockAccess = {
  resolve: () => Promise.resolve(ok(RELEASE)),
  read: (_, wanted) => {
    const block = blocks().get(wanted);
    return Promise.resolve(
      block === undefined ? err(new CodedError('BLOCK_UNKNOWN', `there is no ${wanted}`)) : ok(block),
    );
  },
};

/** What a round about the small model begins with. */
export async function smallBase(terms = SMALL_TERMS): Promise<RoundBase> {
  return unwrap(await readRoundBase(smallAccess, terms));
}

/** An update in which every value is made from its place. */
export function updateOf(
  base: RoundBase,
  valueAt: (place: number) => number,
  plan: DeltaPlan = { rank: 0, share: 1, bits: 8 },
): Uint8Array {
  const tensors = base.tensors.map((tensor) => {
    const { rows, columns, offset } = tensor;
    const values = Float32Array.from({ length: rows * columns }, (_, i) => valueAt(offset + i));
    return [deltaName(tensor), { rows, columns, values }] as const;
  });
  return encodeDelta(new Map(tensors), plan);
}

function blocks(): Map<string, VerifiedBlock> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const tensors = expertTensors(config).map(({ name, rows, columns }, t) => {
    const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i + 1 + t) / 4);
    const part = encodeTensorBlock({ dtype: 'f32', layout: 'tile16', rows, columns }, values);
    const entry = { name, offset, length: part.length, rows, columns, dtype: 'f32' };
    offset += part.length;
    parts.push(part);
    return entry;
  });
  const names = [
    'embedding',
    'layer0.attention',
    'layer0.router',
    'layer0.expert0',
    'layer0.expert1',
    'head',
  ];
  const release = {
    ...{ version: '1.0.0', model: 'genesis', parent: null, meta: META, tokenizer: null },
    weights: Object.fromEntries(names.map((name) => [name, EXPERT])),
  };
  const json = (value: Json, type: string): VerifiedBlock => ({
    header: { block_type: type, metadata: {} } as VerifiedBlock['header'],
    payload: utf8ToBytes(JSON.stringify(value)),
  });
  const header = { block_type: 'expert', metadata: { tensors } } as unknown as VerifiedBlock['header'];
  return new Map([
    [RELEASE, json(release, 'release')],
    [META, json(modelConfigJson(config), 'meta')],
    [EXPERT, { header, payload: concatBytes(...parts) }],
  ]);
}
