import type { BlockReader } from '../../chain/index.js';
import { concatBytes, ok } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { encodeTensorBlock } from '../../experts/tensorblock/index.js';
import type { NodeKeys } from '../../keys/index.js';
import { AntiCopy, COPY_COSINE } from './anti-copy.js';

const [ROWS, COLUMNS] = [8, 64];
/** Values of each tensor. */
const SIZE = ROWS * COLUMNS;
/** What a training changes, as a share of what was there. */
const CHANGE = 0.01;

/** Values that are unlike those of any other seed. */
function noise(seed: number): Float32Array {
  return Float32Array.from({ length: 3 * SIZE }, (_, i) => Math.sin((i + 1) * (i + 7) * seed));
}

/** Weights as a training leaves them. */
function trained(before: Float32Array, seed: number): Float32Array {
  const change = noise(seed);
  return before.map((value, i) => value + CHANGE * change[i]);
}

/** The same expert with its neurons in another order. */
function reordered(values: Float32Array): Float32Array {
  const from = (neuron: number) => (neuron * 3 + 1) % ROWS;
  return values.map((_, i) => {
    const [part, place] = [Math.floor(i / SIZE), i % SIZE];
    const [row, column] =
      part < 2 ? [Math.floor(place / COLUMNS), place % COLUMNS] : [Math.floor(place / ROWS), place % ROWS];
    const at = part < 2 ? from(row) * COLUMNS + column : row * ROWS + from(column);
    return values[part * SIZE + at];
  });
}

/** A block of these weights that comes from another. */
function blockOf(hash: string, values: Float32Array, parent?: string) {
  let offset = 0;
  const parts = ['gate', 'up', 'down'].map((name, part) => {
    const [rows, columns] = name === 'down' ? [COLUMNS, ROWS] : [ROWS, COLUMNS];
    const own = values.subarray(part * SIZE, (part + 1) * SIZE);
    const bytes = encodeTensorBlock({ dtype: 'f32', layout: 'rowMajor', rows, columns }, own);
    const entry = { name, offset, length: bytes.length, rows, columns, dtype: 'f32' as const };
    offset += bytes.length;
    return { bytes, entry };
  });
  const payload = concatBytes(...parts.map(({ bytes }) => bytes));
  const tensors = parts.map(({ entry }) => entry);
  const header = {
    ...{ name: 'layer0.expert0', payload_size: payload.length, payload_hash: nativeSha256Hex(payload) },
    metadata: { model: 'tiny', tensors, ...(parent !== undefined && { parent }) },
  };
  return { hash, header, payload, tensors };
}

describe('what a candidate is like', () => {
  const x = noise(1);
  const x1 = trained(x, 2);
  const y = trained(x, 3);
  const blocks = [blockOf('x', x), blockOf('y', y, 'x'), blockOf('x1', x1, 'x')];
  const reader = {
    list: () => Promise.resolve(ok({ items: blocks, nextCursor: null })),
    payload: (hash: string) => Promise.resolve(ok(blocks.find((block) => block.hash === hash)?.payload)),
  };
  const sut = new AntiCopy(
    reader as unknown as BlockReader,
    { tokenSecret: new Uint8Array(32) } as unknown as NodeKeys,
  );
  const likeness = async (values: Float32Array, parent: string) => {
    const { payload, tensors, header } = blockOf('candidate', values, parent);
    const question = { model: 'tiny', name: header.name, payloadHash: header.payload_hash, parent };
    const { nearest, compared } = await sut.find({ ...question, payload, tensors });
    expect([nearest?.block, compared]).toEqual(parent === 'x1' ? ['y', 1] : [expect.any(String), 2]);
    return nearest?.cosine ?? 0;
  };

  it('is no copy of a relative of any generation whose training was another one', async () => {
    expect(await likeness(trained(x, 4), 'x')).toBeLessThan(0.5);
    expect(await likeness(trained(x1, 4), 'x1')).toBeLessThan(0.5);
  });

  it('is a copy of a relative that it has the change of, however it came to it', async () => {
    const copy = y.map((value) => value * (1 + 1e-6));
    expect(await likeness(copy, 'x')).toBeGreaterThan(COPY_COSINE);
    expect(await likeness(copy, 'x1')).toBeGreaterThan(COPY_COSINE);
    expect(await likeness(reordered(copy), 'x')).toBeGreaterThan(COPY_COSINE);
    expect(await likeness(reordered(copy), 'x1')).toBeGreaterThan(COPY_COSINE);
  });
});
