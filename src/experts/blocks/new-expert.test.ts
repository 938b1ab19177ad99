import { EVERY_PART, randomModel, smallConfig } from '../../../test/support/engine.js';
import { releaseModelOf } from '../../../test/support/release-model.js';
import { unwrap, type Json } from '../../common/index.js';
import { encodeTensorBlock, TensorBlock } from '../tensorblock/index.js';
import { grownConfig } from '../tensorblock/growth.js';
import { grownRouter, isEmptyRow, rowOf, type RouterContent } from './grown-router.js';
import { checkNewExpert, encodeRouterRow, newExpertMetadata, parseNewExpert } from './new-expert.js';

const config = smallConfig({ layers: 2, experts: 4 });
const values = Float32Array.from({ length: config.hiddenSize }, (_, i) => Math.sin(i));
const row = encodeRouterRow(values);
const header = (router: Json, name: string | null = 'layer1.expert4') => ({ name, metadata: { router } });
const good = newExpertMetadata('layer1.expert2', row);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('what a block says of a new expert', () => {
  it('is read as it was written; other blocks say nothing', () => {
    const added = unwrap(parseNewExpert(header(good)));
    expect(added).toEqual({
      name: 'layer1.expert4',
      layer: 1,
      expert: 4,
      from: 'layer1.expert2',
      row,
      values,
    });
    expect(parseNewExpert({ name: 'layer1.expert4', metadata: {} })).toEqual({ ok: true, value: null });
    expect(unwrap(checkNewExpert(config, added!))).toEqual(grownConfig(config, ['layer1.expert4']));
  });

  const bytes = (change: (bytes: Uint8Array) => void) => {
    const changed = row.slice();
    change(changed);
    return { from: 'layer1.expert2', row: base64(changed) };
  };
  const rows = (count: number) =>
    encodeTensorBlock(
      { dtype: 'f32', layout: 'rowMajor', rows: count, columns: 32 },
      new Float32Array(count * 32).fill(1),
    );
  const half = encodeTensorBlock(
    { dtype: 'f16', layout: 'rowMajor', rows: 1, columns: 32 },
    new Float32Array(32).fill(1),
  );
  it.each<[string, Json, (string | null)?]>([
    ['no object', 'row'],
    ['one member more', { ...(good as object), more: 1 }],
    ['no row', { from: 'layer1.expert2' }],
    ['a row in no base64', { from: 'layer1.expert2', row: '!' }],
    ['a row in base64 with something behind it', { from: 'layer1.expert2', row: `${base64(row)}=` }],
    ['no TensorBlock', { from: 'layer1.expert2', row: base64(row.subarray(0, 100)) }],
    ['two rows', { from: 'layer1.expert2', row: base64(rows(2)) }],
    [
      'zeros alone, as an empty place has',
      newExpertMetadata('layer1.expert2', encodeRouterRow(new Float32Array(32))),
    ],
    ['halves', { from: 'layer1.expert2', row: base64(half) }],
    [
      'bytes behind the row',
      { from: 'layer1.expert2', row: base64(Buffer.concat([row, new Uint8Array(64)])) },
    ],
    ['no number', bytes((b) => new DataView(b.buffer).setUint32(128, 0x7fc00000, true))],
    ['something in the reserved bytes', bytes((b) => (b[100] = 1))],
    ['another layer', newExpertMetadata('layer0.expert2', row)],
    ['itself', newExpertMetadata('layer1.expert4', row)],
    ['no expert to come from', newExpertMetadata('layer1.router', row)],
    ['a router that it is the block of', good, 'layer1.router'],
    ['no name', good, null],
  ])('is refused with %s', (_, router, name = 'layer1.expert4') => {
    expect(parseNewExpert(header(router, name))).toMatchObject({
      ok: false,
      error: { code: 'WEIGHT_ROUTER' },
    });
  });

  it.each([
    ['a place that has an expert', 'layer1.expert3', 'layer1.expert2', row],
    ['a place that is too far', 'layer1.expert36', 'layer1.expert2', row],
    ['a layer that is not there', 'layer2.expert4', 'layer2.expert2', row],
    ['an origin that is not there', 'layer1.expert4', 'layer1.expert5', row],
    ['a row of another size', 'layer1.expert4', 'layer1.expert2', encodeRouterRow(values.subarray(1))],
  ])('is refused by an architecture for %s', (_, name, from, of) => {
    const added = unwrap(parseNewExpert(header(newExpertMetadata(from, of), name)));
    expect(checkNewExpert(config, added!)).toMatchObject({ ok: false, error: { code: 'WEIGHT_ROUTER' } });
  });
});

describe('the router of a grown model', () => {
  const before = smallConfig({ layers: 3, experts: 4, architecture: EVERY_PART });
  const router: RouterContent = releaseModelOf(randomModel(before, 'f32', 3)).blocks.get('layer1.router')!;
  const tensor = ({ payload, tensors }: RouterContent, name: string) => {
    const { offset, length, rows } = tensors.find((entry) => entry.name === name)!;
    return unwrap(TensorBlock.decode(payload.subarray(offset, offset + length))).rows(0, rows);
  };

  it('has the rows that were there bit by bit, the new ones, and zeros for places that nobody takes', () => {
    const grown = grownRouter(router, grownConfig(before, ['layer1.expert5']), [
      { expert: 5, from: 2, values },
    ]);
    const { hiddenSize } = before;
    const weight = tensor(grown, 'weight');
    expect(weight.subarray(0, 4 * hiddenSize)).toEqual(tensor(router, 'weight'));
    expect(weight.subarray(4 * hiddenSize, 5 * hiddenSize)).toEqual(new Float32Array(hiddenSize));
    expect(weight.subarray(5 * hiddenSize)).toEqual(values);
    const bias = tensor(router, 'bias');
    expect([...tensor(grown, 'bias')]).toEqual([...bias, 0, bias[2]]);
    expect(tensor(grown, 'norm')).toEqual(tensor(router, 'norm'));
    expect([4, 5, 6, 0].map((expert) => isEmptyRow(grown, expert))).toEqual([true, false, true, false]);
    expect([rowOf(grown, 5), rowOf(grown, 6)]).toEqual([values, null]);
  });

  it('gets a row in a place that was left empty, and keeps the others', () => {
    const first = grownConfig(before, ['layer1.expert5']);
    const once = grownRouter(router, first, [{ expert: 5, from: 2, values }]);
    const twice = grownRouter(once, grownConfig(first, ['layer1.expert4']), [{ expert: 4, from: 0, values }]);
    expect([0, 1, 2, 3, 5].map((expert) => rowOf(twice, expert))).toEqual(
      [0, 1, 2, 3, 5].map((expert) => rowOf(once, expert)),
    );
    expect(rowOf(twice, 4)).toEqual(values);
  });
});
