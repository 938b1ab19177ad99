import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { releaseModelOf } from '../../../test/support/release-model.js';
import {
  hashHeader,
  type BlockDraft,
  type BlockHeader,
  type BlockInput,
  type BlockReader,
} from '../../chain/index.js';
import { CodedError, err, ok, unwrap, type Json } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { encodeRouterRow, newExpertMetadata, rowOf, type ReleaseView } from '../../experts/index.js';
import { grownConfig, routerRowPlace } from '../../experts/tensorblock/growth.js';
import { withoutExperts } from '../../experts/tensorblock/left-out.js';
import { checkCurrent, checkForm, type SubmissionParts } from '../checks/form.js';
import type { ReleaseModel } from '../source/release-model.js';
import { parseManifest } from '../submission/manifest-facts.js';
import type { SubmissionStatement } from '../submission/statement.js';
import { growModel } from './grow-model.js';
import { GrownReleases } from './grown-releases.js';
import { ReleaseGrowth, type Growth } from './growth.js';

const FRESH = 'layer1.expert4';
const config = smallConfig({ layers: 3, experts: 4 });
const base = releaseModelOf(randomModel(config, 'f32', 7));
const values = Float32Array.from({ length: config.hiddenSize }, (_, i) => Math.cos(i));
const row = encodeRouterRow(values);
const unused = {} as never;

/** Rows of routers are blocks of trainings only. */
function weightsIn(blocks: ReleaseModel['blocks']) {
  return [...blocks].filter(([name]) => routerRowPlace(name) === null);
}

/** A release as the server sees it. */
function viewOf({ blocks, config: of, meta }: ReleaseModel): ReleaseView {
  const weights = weightsIn(blocks).map(([name, { hash, payload, tensors }]) => {
    return [name, { name, block: hash, payloadHash: nativeSha256Hex(payload), tensors }] as const;
  });
  return {
    version: '1.0.0',
    tokenizer: null,
    meta,
    config: of,
    weights: new Map(weights),
  } as unknown as ReleaseView;
}

function growthOf(model: ReleaseModel): ReleaseGrowth {
  const payloads = new Map(weightsIn(model.blocks).map(([, { hash, payload }]) => [hash, payload]));
  const missing = err(new CodedError('BLOB_MISSING', 'it is gone'));
  const payload = (hash: string) => Promise.resolve(payloads.has(hash) ? ok(payloads.get(hash)) : missing);
  return new ReleaseGrowth({ payload } as unknown as BlockReader);
}

const headerOf = (name = FRESH, from = 'layer1.expert2', of = row) =>
  ({ name, metadata: { router: newExpertMetadata(from, of) } }) as unknown as BlockHeader;

describe('what a release becomes by submitted experts', () => {
  it('is a grown model with the row that was handed in, and nothing where no expert is new', async () => {
    const sut = growthOf(base);
    const known = { name: 'layer1.expert1', metadata: {} } as unknown as BlockHeader;
    expect(await sut.of(viewOf(base), [known])).toEqual(ok(null));
    const growth = unwrap(await sut.of(viewOf(base), [known, headerOf()])) as Growth;
    expect([growth.added, growth.config]).toEqual([[FRESH], grownConfig(config, [FRESH])]);
    expect(growth.routers.map(({ name, layer, parent }) => [name, layer, parent])).toEqual(
      [0, 1, 2].map((layer) => [
        `layer${layer}.router`,
        layer,
        base.blocks.get(`layer${layer}.router`)?.hash,
      ]),
    );
    expect(rowOf(growth.routers[1], 4)).toEqual(values);
    expect(rowOf(growth.routers[0], 4)).toEqual(new Float32Array(config.hiddenSize));
  });

  it('takes an empty place of a grown model, for which one router alone is written anew', async () => {
    const grown = unwrap(growModel(base, [{ name: FRESH, from: 'layer1.expert2' }]));
    const added = headerOf('layer2.expert4', 'layer2.expert0');
    const growth = unwrap(await growthOf(grown).of(viewOf(grown), [added])) as Growth;
    expect(growth.routers.map(({ name }) => name)).toEqual(['layer2.router']);
    expect(growth.config.experts).toBe(5);
  });

  it('is nothing where the place was taken, by an expert that is there or one that was left out', async () => {
    const grown = unwrap(growModel(base, [{ name: FRESH, from: 'layer1.expert2' }]));
    const outdated = { ok: false, error: { code: 'SUBMISSION_OUTDATED', status: 409 } };
    expect(await growthOf(grown).of(viewOf(grown), [headerOf()])).toMatchObject(outdated);
    const blocks = new Map([...grown.blocks].filter(([name]) => name !== FRESH));
    const less = { ...grown, config: withoutExperts(grown.config, [FRESH]), blocks };
    expect(await growthOf(less).of(viewOf(less), [headerOf()])).toMatchObject(outdated);
  });

  it('is nothing where the live release has not what an expert began as, or asks for another row', async () => {
    const gone = 'layer1.expert2';
    const blocks = new Map([...base.blocks].filter(([name]) => name !== gone));
    const less = { ...base, config: withoutExperts(config, [gone]), blocks };
    const outdated = { ok: false, error: { code: 'SUBMISSION_OUTDATED', status: 409 } };
    expect(await growthOf(less).of(viewOf(less), [headerOf(FRESH, gone)])).toMatchObject(outdated);
    expect(await growthOf(less).of(viewOf(less), [headerOf(FRESH, 'layer1.expert3')])).toMatchObject({
      ok: true,
    });
    for (const length of [config.hiddenSize - 1, config.hiddenSize + 1]) {
      const other = encodeRouterRow(new Float32Array(length).fill(1));
      const added = [headerOf(FRESH, gone, other)];
      expect(await growthOf(base).of(viewOf(base), added)).toMatchObject(outdated);
    }
  });

  it('is nothing with a row that is far longer or shorter than that of what an expert began as', async () => {
    const origin = rowOf(base.blocks.get('layer1.router')!, 2)!;
    const times = async (factor: number) => {
      const of = encodeRouterRow(origin.map((value) => value * factor));
      const found = await growthOf(base).of(viewOf(base), [headerOf(FRESH, 'layer1.expert2', of)]);
      return found.ok ? null : found.error.code;
    };
    expect([await times(-7.9), await times(0.13)]).toEqual([null, null]);
    expect([await times(8.1), await times(0.12)]).toEqual(['WEIGHTS_OUT_OF_SHAPE', 'WEIGHTS_OUT_OF_SHAPE']);
  });

  it('refuses what a damaged block refuses with', async () => {
    const sut = growthOf({ ...base, blocks: new Map() });
    expect(await sut.of(viewOf(base), [headerOf()])).toMatchObject({ error: { code: 'BLOB_MISSING' } });
  });

  it('is the release of the submission only with these routers, this architecture and these blocks', async () => {
    const sut = new GrownReleases(growthOf(base), unused, unused, unused, unused);
    const submitted = { model: 'tiny', headers: [headerOf()] };
    const live = viewOf(base);
    const growth = unwrap(await growthOf(base).of(live, submitted.headers)) as Growth;
    const block = [...placesOf(submitted.headers)].at(-1)!;
    const weights = new Map([...live.weights, block]) as Map<string, never>;
    for (const { name, payloadHash } of growth.routers) weights.set(name, { payloadHash } as never);
    const own = { ...live, config: growth.config, meta: 'grown', weights } as ReleaseView;
    expect(await sut.isOn(submitted, own, live)).toBe(true);
    expect(await sut.isOn(submitted, { ...own, config }, live)).toBe(false);
    const other = new Map([...weights, ['layer0.router', { payloadHash: 'x' } as never]]);
    expect(await sut.isOn(submitted, { ...own, weights: other }, live)).toBe(false);
    expect(await sut.isOn(submitted, { ...own, weights: live.weights }, live)).toBe(false);
  });

  it('has an empty place taken by a minor step, and routers that were published before', async () => {
    const grown = unwrap(growModel(base, [{ name: FRESH, from: 'layer1.expert2' }]));
    const published: BlockHeader[] = [];
    const reader = {
      list: () => {
        const items = published.map((header) => ({ header, hash: hashHeader(header, nativeSha256) }));
        return Promise.resolve(ok({ items, nextCursor: null }));
      },
    };
    const author = {
      now: () => 1,
      create: ({ name, layer, payload, dependsOn }: BlockDraft) =>
        Promise.resolve({
          ...{ name, layer_id: layer, payload_hash: nativeSha256Hex(payload as Uint8Array) },
          depends_on: dependsOn,
        }),
    };
    const publish = (inputs: readonly BlockInput[]) => {
      published.push(...inputs.map(({ header }) => header));
      return Promise.resolve(ok([]));
    };
    const sut = new GrownReleases(
      growthOf(grown),
      { publish: () => Promise.resolve(ok({ meta: 'grown meta', tokenizer: null })) } as never,
      author as never,
      { publish } as never,
      reader as never,
    );
    const live = viewOf(grown);
    const added = { ...headerOf('layer2.expert4', 'layer2.expert0'), layer_id: 2, timestamp: 5 };
    const submitted = { model: 'tiny', headers: [added] };
    const parts = unwrap(await sut.parts(submitted, live));
    expect([parts.least, parts.meta, parts.config.experts]).toEqual(['minor', 'grown meta', 5]);
    expect(published.map(({ name }) => name)).toEqual(['layer2.router']);
    const own = hashHeader(added, nativeSha256);
    const before = String(live.weights.get('layer2.router')?.block);
    expect(published[0].depends_on).toEqual(['grown meta', before, own]);
    const weights = [...live.weights.values()].map(({ name, block }) => [name, block] as const);
    const router = hashHeader(published[0], nativeSha256);
    expect(parts.weights).toEqual({
      ...Object.fromEntries(weights),
      ...{ 'layer2.router': router, 'layer2.expert4': own },
    });
    expect(unwrap(await sut.parts(submitted, live)).weights).toEqual(parts.weights);
    expect(published).toHaveLength(1);
  });

  /** The weights that a release with submitted blocks would have in their places, as its view shows them. */
  function placesOf(headers: readonly BlockHeader[]) {
    return new Map(headers.map((header) => [header.name ?? '', { block: hashHeader(header, nativeSha256) }]));
  }
});

describe('the form of a submission with a new expert', () => {
  const hash = (digit: string) => digit.repeat(64);
  const [RELEASE, META, PARENT, PAYLOAD, BLOCK, ROUTER] = ['1', '2', '3', '4', '5', '6'].map(hash);
  const rowName = 'layer1.router.row4';
  const manifestOf = (changes: object = {}, expert: object = {}, rows: object[] = [{}]): Json => ({
    ...{ version: 1, model: 'tiny', release: RELEASE, steps: [] },
    blocks: [
      { name: FRESH, parent: PARENT, payload_hash: PAYLOAD, from: 'layer1.expert2', ...expert },
      ...rows.map((of) => ({ name: rowName, parent: ROUTER, payload_hash: nativeSha256Hex(row), ...of })),
    ],
    ...changes,
  });
  const header = {
    ...{ name: FRESH, miner_pub: 'author', depends_on: [META, PARENT], payload_hash: PAYLOAD },
    metadata: { model: 'tiny', parent: PARENT, router: newExpertMetadata('layer1.expert2', row) },
  } as unknown as BlockHeader;
  const weightsWith = (...names: string[]) =>
    new Map(
      ['layer1.expert2', ...names].map((name) => [name, { block: PARENT }]),
    ) as unknown as ReleaseView['weights'];
  const statement = { model: 'tiny', release: RELEASE, blocks: [BLOCK], datasets: [], author: 'author' };
  const partsOf = (
    manifest: Json,
    changes: Partial<BlockHeader> = {},
    names: string[] = [],
  ): SubmissionParts => ({
    statement: statement as unknown as SubmissionStatement,
    manifest: unwrap(parseManifest(manifest)),
    headers: [{ hash: BLOCK, header: { ...header, ...changes } }],
    parent: { model: 'tiny', release: RELEASE, meta: META, weights: weightsWith(...names) },
  });
  const metadata = (router: Json) => ({ metadata: { ...header.metadata, router } });
  const audited = (newExperts?: object[]) => {
    const parts = partsOf(manifestOf());
    const audit = { plan: { ...(newExperts && { newExperts }) }, datasets: [] };
    return { ...parts, manifest: { ...parts.manifest, audit: audit as never } };
  };

  it('holds together, with a plan and without', () => {
    expect(checkForm(partsOf(manifestOf()))).toEqual(ok());
    expect(checkForm(audited([{ name: FRESH, from: 'layer1.expert2' }]))).toEqual(ok());
  });

  it.each<[string, SubmissionParts, string]>([
    ['no row in the manifest', partsOf(manifestOf({}, {}, [])), 'other new experts'],
    ['two rows', partsOf(manifestOf({}, {}, [{}, { name: 'layer1.router.row5' }])), 'other new experts'],
    [
      'the row of another expert',
      partsOf(manifestOf({}, {}, [{ name: 'layer1.router.row3' }])),
      'another row',
    ],
    ['another row', partsOf(manifestOf({}, {}, [{ payload_hash: PAYLOAD }])), 'another row'],
    ['another origin', partsOf(manifestOf({}, { from: 'layer1.expert3' })), 'began as another'],
    ['no origin', partsOf(manifestOf({}, { from: undefined })), 'began as another'],
    ['another parent', partsOf(manifestOf({}, { parent: META })), 'metadata.parent'],
    [
      'an origin that is not there',
      partsOf(manifestOf(), metadata(newExpertMetadata('layer1.expert3', row))),
      'has no layer1.expert3',
    ],
    ['no row in the block', partsOf(manifestOf(), metadata({ from: 'layer1.expert2' })), 'metadata.router'],
    ['a place that the release has', partsOf(manifestOf(), {}, [FRESH]), 'already'],
    [
      'an expert that the block does not call new',
      partsOf(manifestOf(), { metadata: { model: 'tiny', parent: PARENT } }),
      'other new experts',
    ],
    ['a plan without it', audited(), 'other new experts'],
    ['a plan of another one', audited([{ name: 'layer1.expert5', from: 'layer1.expert2' }]), 'the plan'],
    ['a plan of another origin', audited([{ name: FRESH, from: 'layer1.expert1' }]), 'the plan'],
  ])('with %s is refused', (_, parts, detail) => {
    const found = checkForm(parts);
    expect(found).toMatchObject({ ok: false, error: { code: 'SUBMISSION_FORM' } });
    expect(found.ok ? '' : found.error.message).toContain(detail);
  });

  it('is outdated once its place was taken, and not when its parent was replaced', () => {
    const { headers } = partsOf(manifestOf());
    const live = (weights: ReleaseView['weights']) => ({ version: '1.1.0', weights });
    expect(checkCurrent(headers, live(new Map()))).toEqual(ok());
    const taken = checkCurrent(headers, live(weightsWith(FRESH)));
    expect(taken).toMatchObject({
      error: { code: 'SUBMISSION_OUTDATED', message: expect.stringContaining('taken') },
    });
  });
});
