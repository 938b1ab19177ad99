import { readFile } from 'node:fs/promises';
import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { releaseModelOf } from '../../../test/support/release-model.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';
import { CodedError, err, ok, unwrap, utf8ToBytes, type Json } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { encodeRouterRow, modelConfigJson, newExpertMetadata } from '../../experts/index.js';
import { evaluationFigures } from '../evaluation/acceptance.js';
import type { PairedLoss } from '../evaluation/paired-bootstrap.js';
import { ExampleEncoder } from '../examples/example-encoder.js';
import type { BlockAccess, VerifiedBlock } from '../source/block-access.js';
import { recomputeLosses, type LossEngine } from './recompute-losses.js';
import type { SealedEvidence } from './sealed-evidence.js';

const [BASE, META, TOKENIZER, KERNEL, ROOT] = ['1', '2', '3', '4', '5'].map((digit) => digit.repeat(64));
const [BETTER, ADDED] = ['b', 'c'].map((digit) => digit.repeat(64));
const NAME = 'layer0.expert1';
const NEW = 'layer0.expert4';
const RESAMPLES = 50;
const config = smallConfig({ experts: 4 });
const model = releaseModelOf(randomModel(config, 'f32', 7));
const other = releaseModelOf(randomModel(config, 'f32', 8));
const hashOf = (name: string) => nativeSha256Hex(utf8ToBytes(name));

/** One token for each character. */
const tokenizer = {
  tokenizer: {
    ...{ version: '1.0', added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null },
    ...{ decoder: null, model: { type: 'BPE', vocab: { a: 0, b: 1, c: 2, d: 3 }, merges: [] } },
  },
  ...{ config: { tokenizer_class: 'LlamaTokenizer' }, generation: null },
};

const blocks = new Map<string, VerifiedBlock>([
  [BASE, json({ ...release(), tokenizer: TOKENIZER })],
  [META, json(modelConfigJson(config))],
  [TOKENIZER, json(tokenizer)],
  ...[...model.blocks.keys()].map((name) => [hashOf(name), weightBlock(model, name)] as const),
  [BETTER, weightBlock(other, NAME)],
  [ADDED, weightBlock(other, NAME, NEW)],
]);

function release(): Record<string, Json> {
  const weights = Object.fromEntries([...model.blocks.keys()].map((name) => [name, hashOf(name)]));
  return { version: '1.0.0', model: 'fable', parent: null, meta: META, weights };
}

/** A block of weights as a server gives it. @param name what its header calls it */
function weightBlock(of: typeof model, from: string, name = from): VerifiedBlock {
  const { payload, tensors } = of.blocks.get(from)!;
  const row = encodeRouterRow(new Float32Array(config.hiddenSize).fill(0.1));
  const metadata = { tensors, ...(name === NEW && { router: newExpertMetadata(NAME, row) }) };
  const facts = { name, block_type: 'expert', layer_id: 0, payload_hash: nativeSha256Hex(payload) };
  return { header: { ...facts, metadata } as unknown as VerifiedBlock['header'], payload };
}

function json(value: Json): VerifiedBlock {
  return { header: {} as VerifiedBlock['header'], payload: utf8ToBytes(JSON.stringify(value)) };
}

const access: BlockAccess = {
  resolve: () => Promise.resolve(ok(BASE)),
  read: (_, hash) => {
    const block = blocks.get(hash);
    return Promise.resolve(
      block === undefined ? err(new CodedError('BLOCK_UNKNOWN', `there is no ${hash}`)) : ok(block),
    );
  },
};

type Loaded = Parameters<LossEngine['load']>[0];

/** Loses more the later a letter is in the alphabet, and otherwise so with another model than the release. */
const lossOf = (id: number, isBase: boolean) => (isBase ? id + 1 : id ** 2 / 4);
const engineOf = (loaded: Loaded[], kernelHash = KERNEL): LossEngine => ({
  kernelHash,
  load: (loading) => Promise.resolve(ok(void loaded.push(loading))),
  score: ({ release: of }, ids, _, first) =>
    Promise.resolve(ok({ logprobs: ids.slice(first).map((id) => -lossOf(id, of === BASE)) })),
});

const texts = ['abc', 'bcd', 'dad', 'cab', 'ddda'];
const drawn = { tales: [3, 4], facts: [1, 0, 2] };
const examples = texts.map((text, index) => {
  return { index, domain: index < 3 ? 'facts' : 'tales', content: { form: 'text', text } };
});

/** The figures by another way: domains by name, examples in the order of the draw. */
async function figures() {
  const encoder = unwrap(ExampleEncoder.create(tokenizer));
  const pair = (index: number): PairedLoss => {
    const { ids } = unwrap(encoder.encode({ form: 'text', text: texts[index] }));
    const sum = (isBase: boolean) => ids.slice(1).reduce((all, id) => all + lossOf(id, isBase), 0);
    return { base: sum(true), candidate: sum(false), tokens: ids.length - 1 };
  };
  const losses = { facts: drawn.facts.map(pair), tales: drawn.tales.map(pair) };
  return evaluationFigures(losses, ROOT, RESAMPLES);
}

const change = { blocks: [{ name: NAME, block: BETTER }] };

async function recompute(changes: object, kernelHash = KERNEL) {
  const verdict = {
    ...{ model: 'fable', base_release: BASE, kernel: KERNEL, rules: { resamples: RESAMPLES } },
    ...{ beacon: { root: ROOT }, examples: { drawn }, figures: await figures() },
    ...changes,
  };
  const evidence = { verdict, commitment: { domains: { tales: 2, facts: 3 } }, examples };
  const loaded: Loaded[] = [];
  const told: string[] = [];
  const progress = (...[step, done, total]: [string, number, number]) =>
    void told.push(`${step} ${done} of ${total}`);
  const engine = engineOf(loaded, kernelHash);
  const work = { folder: temporaryFolder('losses'), progress };
  const found = await recomputeLosses(evidence as unknown as SealedEvidence, access, engine, work);
  return { found, loaded, told };
}

/** What the engine has loaded for a name, read from its file. */
async function payloadIn(loaded: Loaded | undefined, name: string): Promise<string | null> {
  const block = loaded?.blocks.find((each) => each.name === name);
  return block === undefined ? null : nativeSha256Hex(new Uint8Array(await readFile(block.path)));
}

const payloadOf = (of: typeof model, name: string) => nativeSha256Hex(of.blocks.get(name)!.payload);

describe('the losses of a verdict, computed again', () => {
  it('give its figures, with the block of the verdict in the place of that of the release', async () => {
    const { found, loaded, told } = await recompute(change);
    expect(found).toEqual(ok(null));
    const [base, candidate] = loaded;
    expect(base.release).toBe(BASE);
    expect(await payloadIn(base, NAME)).toBe(payloadOf(model, NAME));
    expect(await payloadIn(candidate, NAME)).toBe(payloadOf(other, NAME));
    expect(await payloadIn(candidate, 'layer0.expert0')).toBe(payloadOf(model, 'layer0.expert0'));
    const count = model.blocks.size;
    expect([told[0], told[count - 1]]).toEqual([`blocks 1 of ${count}`, `blocks ${count} of ${count}`]);
    expect(told.slice(count)).toEqual([1, 2, 3, 4, 5].map((done) => `examples ${done} of 5`));
  });

  it('are those without the experts that a removal leaves out, and with the routers that a new one needs', async () => {
    const removal = await recompute({ experts: [{ name: NAME, block: null }] });
    expect(removal.found).toEqual(ok(null));
    expect(await payloadIn(removal.loaded[1], NAME)).toBeNull();
    expect(removal.loaded[1].config.architecture?.leftOut).toEqual([{ layer: 0, experts: [1] }]);
    const added = await recompute({ blocks: [{ name: NEW, block: ADDED }] });
    expect(added.found).toEqual(ok(null));
    expect(await payloadIn(added.loaded[1], NEW)).toBe(payloadOf(other, NAME));
    expect(added.loaded[1].config.experts).toBe(5);
    const router = await payloadIn(added.loaded[1], 'layer0.router');
    expect([null, payloadOf(model, 'layer0.router')]).not.toContain(router);
  });

  it('say which figures are others', async () => {
    const right = await figures();
    const facts = { ...right.domains.facts, candidate: right.domains.facts.candidate - 1e-12 };
    const forged = { ...change, figures: { ...right, domains: { ...right.domains, facts } } };
    expect(unwrap((await recompute(forged)).found)).toContain('the figures of facts are others');
    const overall = { ...right.overall, high: right.overall.high + 0.01 };
    const wide = { ...change, figures: { ...right, overall } };
    expect(unwrap((await recompute(wide)).found)).toContain('the figures of overall are others');
  });

  it.each([
    ['KERNEL_OTHER', change, 'f'.repeat(64)],
    ['VERDICT_FORM', {}, KERNEL],
    ['VERDICT_FORM', { blocks: [{ name: '../x', block: BETTER }] }, KERNEL],
    ['VERDICT_FORM', { ...change, rules: { resamples: 1e9 } }, KERNEL],
    ['BLOCK_UNKNOWN', { blocks: [{ name: NAME, block: 'e'.repeat(64) }] }, KERNEL],
    ['BLOCK_NAME', { blocks: [{ name: 'layer0.expert2', block: BETTER }] }, KERNEL],
    ['BLOCK_UNKNOWN', { ...change, base_release: 'e'.repeat(64) }, KERNEL],
  ])('cannot be computed: %s', async (code, changes, kernel) => {
    expect((await recompute(changes, kernel)).found).toMatchObject({ ok: false, error: { code } });
  });
});
