import { rmSync } from 'node:fs';
import {
  tinyCheckpoint,
  tinyTensors,
  weights,
  type TensorContent,
} from '../../../test/factories/checkpoint.js';
import { concatBytes, unwrap } from '../../common/index.js';
import type { ImportDtype } from '../blocks/tensor-plan.js';
import { encodeTensorBlock, TensorBlock, toHalf, type TensorSpec } from '../tensorblock/index.js';
import type { CheckpointBlock } from './checkpoint-plan.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { BlockEncoding, EncodingBuffers } from './encode-block.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function open(changes: Record<string, TensorContent> = {}): Promise<Checkpoint> {
  const folder = tinyCheckpoint(changes);
  folders.push(folder);
  return unwrap(await openCheckpoint(folder));
}

async function encode(checkpoint: Checkpoint, name: string, dtype: ImportDtype) {
  const block = checkpoint.blocks.find((candidate) => candidate.name === name) as CheckpointBlock;
  const chunks: Uint8Array[] = [];
  const encoding = new BlockEncoding(checkpoint.source, block, dtype, new EncodingBuffers(), () => undefined);
  for await (const chunk of encoding) chunks.push(Uint8Array.from(chunk));
  return { payload: concatBytes(...chunks), tensors: encoding.tensors, refusal: encoding.refusal };
}

const valuesOf = (tensor: string) => tinyTensors()[tensor].data as Float32Array;
const halves = (values: Float32Array) => Uint16Array.from(values, (value) => toHalf(value));
const brain = (values: Float32Array) =>
  new Uint16Array(new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1));

describe('encoding of a block', () => {
  it.each<[ImportDtype, TensorSpec['dtype']]>([
    ['q8', 'int8'],
    ['f16', 'f16'],
    ['f32', 'f32'],
  ])('gives for %s the bytes of the TensorBlock codec', async (dtype, stored) => {
    const checkpoint = await open();
    const { payload, tensors } = await encode(checkpoint, 'layer1.expert2', dtype);
    const at = 'model.layers.1.block_sparse_moe.experts.2';
    const spec = { dtype: stored, layout: 'tile16' } as const;
    expect(payload).toEqual(
      concatBytes(
        encodeTensorBlock({ ...spec, rows: 64, columns: 32 }, valuesOf(`${at}.w1.weight`)),
        encodeTensorBlock({ ...spec, rows: 64, columns: 32 }, valuesOf(`${at}.w3.weight`)),
        encodeTensorBlock({ ...spec, rows: 32, columns: 64 }, valuesOf(`${at}.w2.weight`)),
      ),
    );
    expect(tensors.map(({ name }) => name)).toEqual(['gate', 'up', 'down']);
    await checkpoint.source.close();
  });

  it('keeps norms and routers in f32 whatever the dtype', async () => {
    const checkpoint = await open();
    for (const dtype of ['q8', 'f16', 'f32'] as const) {
      const { tensors, payload } = await encode(checkpoint, 'layer0.router', dtype);
      expect(tensors.map((tensor) => tensor.dtype)).toEqual(['f32', 'f32']);
      const { offset, length } = tensors[1];
      const router = unwrap(TensorBlock.decode(payload.subarray(offset, offset + length)));
      expect(router.rows(0, 3)).toEqual(valuesOf('model.layers.0.block_sparse_moe.gate.weight'));
    }
    await checkpoint.source.close();
  });

  it.each<[string, TensorContent['data'], string, string]>([
    ['F16', halves(weights(24 * 32, 9)), 'F16', 'f16'],
    ['BF16 within the range of f16', brain(weights(24 * 32, 9)), 'BF16', 'f16'],
    ['BF16 beyond it', brain(Float32Array.from({ length: 24 * 32 }, () => 2 ** -40)), 'BF16', 'int8'],
    ['F32', weights(24 * 32, 9), 'F32', 'int8'],
  ])('stores an embedding table of %s for q8 as %4$s', async (_, data, dtype, stored) => {
    const checkpoint = await open({ 'model.embed_tokens.weight': { dtype, shape: [24, 32], data } });
    const { tensors, payload, refusal } = await encode(checkpoint, 'embedding', 'q8');
    expect([refusal, tensors[0].dtype]).toEqual([null, stored]);
    expect(unwrap(TensorBlock.decode(payload)).plan.layout).toBe('rowMajor');
    await checkpoint.source.close();
  });

  it('refuses f16 for a value that f16 cannot hold, naming it', async () => {
    const data = weights(16 * 32, 3);
    data[5 * 32 + 7] = 0.1;
    const checkpoint = await open({ 'model.layers.0.self_attn.k_proj.weight': { shape: [16, 32], data } });
    const { refusal } = await encode(checkpoint, 'layer0.attention', 'f16');
    expect(refusal).toMatchObject({ code: 'IMPORT_NOT_EXACT', facts: { row: 5, column: 7 } });
    await checkpoint.source.close();
  });

  it.each<[string, number]>([
    ['NaN', NaN],
    ['an infinity', -Infinity],
  ])('refuses %s by tensor and position in every float format', async (_, value) => {
    const data = weights(64 * 32, 3);
    data[47 * 32 + 31] = value;
    const name = 'model.layers.1.block_sparse_moe.experts.0.w3.weight';
    const stored = { F32: data, F16: halves(data), BF16: brain(data) };
    for (const [dtype, content] of Object.entries(stored)) {
      const checkpoint = await open({ [name]: { dtype, shape: [64, 32], data: content } });
      const { refusal } = await encode(checkpoint, 'layer1.expert0', 'q8');
      expect(refusal).toMatchObject({
        code: 'IMPORT_NOT_FINITE',
        facts: { tensor: name, row: 47, column: 31 },
      });
      await checkpoint.source.close();
    }
  });
});
