import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { releaseModelOf } from '../../../test/support/release-model.js';
import { hashJson, unwrap, type Json } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { encodeRouterRow } from '../../experts/index.js';
import { routerRowOf } from '../../experts/tensorblock/growth.js';
import { parseManifest } from '../submission/manifest-facts.js';
import { mergeTrainings, type TrainedPart } from './merge-trainings.js';

const model = releaseModelOf(randomModel(smallConfig({ layers: 3, experts: 4 }), 'f32', 7));
const PARENT = 'a'.repeat(64);

/** What a training of a new expert has written; `mark` makes it another one. */
function trained(name: string, mark: number, changes: object = {}, datasets: string[] = []): TrainedPart {
  const payload = new Uint8Array([mark]);
  const row = encodeRouterRow(new Float32Array(64).fill(mark));
  const block = (of: string, bytes: Uint8Array) => {
    return {
      name: of,
      parent: PARENT,
      payload_hash: nativeSha256Hex(bytes),
      file: `${of}.tensorblock`,
      tensors: [],
    };
  };
  const manifest = {
    ...{ version: 1, model: 'tiny', release: model.release, steps: [] },
    data: { hash: String(mark).repeat(64), datasets },
    blocks: [{ ...block(name, payload), from: 'layer1.expert2' }, block(routerRowOf(name), row)],
    ...changes,
  };
  return {
    manifest,
    payloads: new Map([
      [name, payload],
      [routerRowOf(name), row],
    ]),
  };
}

const codeOf = (...parts: TrainedPart[]) => {
  const found = mergeTrainings(model, parts);
  return found.ok ? null : found.error.code;
};

describe('new experts that were trained apart', () => {
  it('are one candidate, the second of a number under the next one, each with its own row and file', () => {
    const parts = [
      trained('layer1.expert4', 1, {}, ['b']),
      trained('layer1.expert4', 2, {}, ['a', 'b']),
      trained('layer2.expert4', 3),
    ];
    const { manifest, payloads, experts } = unwrap(mergeTrainings(model, parts));
    const names = ['layer1.expert4', 'layer1.expert5', 'layer2.expert4'];
    expect(experts.map(({ name }) => name)).toEqual(names);
    expect(experts[1]).toEqual({ was: 'layer1.expert4', name: 'layer1.expert5', from: 'layer1.expert2' });
    expect([...payloads.keys()]).toEqual(names.flatMap((name) => [name, routerRowOf(name)]));
    expect(payloads.get('layer1.router.row5')).toEqual(parts[1].payloads.get('layer1.router.row4'));
    const facts = unwrap(parseManifest(manifest));
    expect(facts.blocks.map(({ name, payloadHash }) => [name, payloadHash])).toEqual(
      names.map((name) => [name, nativeSha256Hex(payloads.get(name)!)]),
    );
    expect(facts.rows?.size).toBe(3);
    expect(manifest).toMatchObject({
      merged: parts.map((part) => hashJson(part.manifest)),
      data: { datasets: ['a', 'b'] },
    });
    const { blocks } = manifest as unknown as { blocks: { name: string; data: string; file: string }[] };
    expect(blocks[2]).toMatchObject({ data: '2'.repeat(64), file: 'layer1.expert5.tensorblock' });
  });

  it('are refused alone, from another release, beside old experts, and with other files', () => {
    const good = trained('layer1.expert4', 1);
    expect(codeOf(good)).toBe('MERGE_BLOCKS');
    expect(codeOf(good, trained('layer1.expert4', 2, { release: PARENT }))).toBe('MERGE_RELEASE');
    expect(codeOf(good, trained('layer1.expert4', 2, { model: 'other' }))).toBe('MERGE_RELEASE');
    const old = { blocks: [{ name: 'layer1.expert1', parent: PARENT, payload_hash: nativeSha256Hex('') }] };
    expect(codeOf(good, trained('layer1.expert4', 2, old))).toBe('MERGE_BLOCKS');
    const altered = trained('layer1.expert4', 2).manifest;
    expect(codeOf(good, { ...good, manifest: altered })).toBe('MERGE_FILES');
    const rowless = trained('layer1.expert4', 2);
    const { blocks } = rowless.manifest as { blocks: Json[] };
    const manifest = { ...(rowless.manifest as object), blocks: blocks.slice(0, 1) };
    expect(codeOf(good, { ...rowless, manifest })).toBe('MERGE_FILES');
    expect(codeOf(good, { ...good, manifest: null })).toBe('SUBMISSION_MANIFEST');
  });

  it('find no place beside so many others', () => {
    const many = Array.from({ length: 33 }, (_, i) => trained('layer1.expert4', i % 9));
    expect(codeOf(...many)).toBe('MERGE_BLOCKS');
    expect(codeOf(...many.slice(1))).toBeNull();
  });
});
