import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { payloadRoot, type BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, unwrap, utf8ToBytes } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { modelConfigJson } from '../../experts/index.js';
import { PlainWeights, PlainWitness, type Place } from '../dispute/index.js';
import { MemoryBlockSource } from '../kernel/index.js';
import { GREEDY } from '../sampler/index.js';
import { FetchedReferee, type ReadBlock } from './fetched-referee.js';

const built = randomModel(smallConfig({ vocabSize: 40 }), 'int8', 3);
const weights = new PlainWeights(built.model, new MemoryBlockSource(built.payloads, nativeSha256));
const question = {
  ...{ release: built.model.release, kernelHash: '0'.repeat(64), promptIds: [3, 1, 4] },
  ...{ sampling: GREEDY, salt: new Uint8Array(32) },
};
const META = 'ee'.repeat(32);
const release = {
  ...{ model: 'small', version: '1.0.0', meta: META, tokenizer: null, parent: null },
  weights: Object.fromEntries(built.model.blocks.map(({ name, block }) => [name, block])),
};

let honest: PlainWitness;
let faulty: PlainWitness;

beforeAll(async () => {
  const options = { weights, sha256: nativeSha256 };
  honest = unwrap(await PlainWitness.answer(question, 8, options));
  const tamper = (place: Place, value: Float32Array) => {
    if (place.position === 4 && place.section === 2 && place.operator === 'gate' && place.rank === 1)
      value[3] += 1;
  };
  faulty = unwrap(await PlainWitness.answer(question, 8, { ...options, tamper }));
});

/** Blocks as a node has them. @param change what is not as it should be */
function node(change: (header: BlockHeader) => BlockHeader = (header) => header) {
  const fetched: string[] = [];
  const json = (value: object) =>
    ok({ header: {} as BlockHeader, payload: utf8ToBytes(JSON.stringify(value)) });
  const read: ReadBlock = async (chain, hash) => {
    if (chain === 'A') return json(hash === META ? (modelConfigJson(built.model.config) as object) : release);
    const block = built.model.blocks.find((known) => known.block === hash);
    const payload = block && built.payloads.get(block.name);
    if (block === undefined || payload === undefined) return err(new CodedError('BLOCK_UNKNOWN', hash));
    fetched.push(block.name);
    const facts = {
      name: block.name,
      payload_hash: nativeSha256Hex(payload),
      payload_root: payloadRoot(payload),
    };
    const shape = { rows: 1, columns: 1, dtype: 'int8' };
    const metadata = { tensors: block.tensors.map((tensor) => ({ ...tensor, ...shape })) };
    return ok({ header: change({ ...facts, metadata } as unknown as BlockHeader), payload });
  };
  return { read, fetched };
}

it('fetches of the weights the one block that the disputed operator reads', async () => {
  const { read, fetched } = node();
  const referee = unwrap(await FetchedReferee.open(read, built.model.release));
  const verdict = unwrap(await referee.settle(honest, faulty));
  expect(verdict).toMatchObject({ wrong: ['b'], place: { layer: 1, operator: 'gate', rank: 1 } });
  expect(fetched).toEqual([expect.stringMatching(/^layer1\.expert\d$/)]);
});

it.each<[string, (header: BlockHeader) => BlockHeader]>([
  ['has another name', (header) => ({ ...header, name: 'layer0.router' })],
  ['has tiles of another root', (header) => ({ ...header, payload_root: 'ab'.repeat(32) })],
])('refuses a block that %s', async (_, change) => {
  const referee = unwrap(await FetchedReferee.open(node(change).read, built.model.release));
  expect(await referee.settle(honest, faulty)).toMatchObject({ error: { code: 'DISPUTE_RELEASE' } });
});

it('refuses a release that names no such block, or is none', async () => {
  const { read } = node();
  const without: ReadBlock = async (chain, hash) =>
    chain === 'A' && hash !== META
      ? ok({ header: {} as BlockHeader, payload: utf8ToBytes(JSON.stringify({ ...release, weights: {} })) })
      : read(chain, hash);
  const referee = unwrap(await FetchedReferee.open(without, built.model.release));
  expect(await referee.settle(honest, faulty)).toMatchObject({ error: { code: 'DISPUTE_RELEASE' } });
  const garbage: ReadBlock = async () => ok({ header: {} as BlockHeader, payload: utf8ToBytes('{') });
  expect(await FetchedReferee.open(garbage, built.model.release)).toMatchObject({
    error: { code: 'DISPUTE_RELEASE' },
  });
});
