import { rmSync } from 'node:fs';
import {
  changedCopy,
  shardedCopy,
  tensorsOf,
  type TensorContent,
} from '../../../test/factories/checkpoint.js';
import { importInMemory } from '../../../test/support/imported.js';
import { openCheckpoint } from './checkpoint.js';

const GOLDEN = 'test/vectors/golden';
const MXFP4 = `${GOLDEN}/gpt_oss-a-mxfp4`;
const FUSED = `${GOLDEN}/gpt_oss-a-bf16`;
const QWEN3 = `${GOLDEN}/qwen3_moe-a-bf16`;
const EXPERTS = 'model.layers.1.mlp.experts';

const folders: string[] = [];
const keep = (folder: string) => {
  folders.push(folder);
  return folder;
};
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const bytes = (dtype: string, shape: number[], size: number): TensorContent => ({
  dtype,
  shape,
  data: new Uint8Array(shape.reduce((product, side) => product * side, size)),
});

describe('the checkpoint of a family', () => {
  it.each<[string, string, Record<string, TensorContent | null>, string, string]>([
    [
      'lacks scales',
      MXFP4,
      { [`${EXPERTS}.down_proj_scales`]: null },
      'IMPORT_TENSOR_MISSING',
      'down_proj_scales',
    ],
    [
      'has blocks of another shape',
      MXFP4,
      { [`${EXPERTS}.down_proj_blocks`]: bytes('U8', [8, 64, 2, 16], 1) },
      'IMPORT_TENSOR_SHAPE',
      'down_proj_blocks',
    ],
    [
      'has scales of another kind',
      MXFP4,
      { [`${EXPERTS}.down_proj_scales`]: bytes('I8', [8, 64, 3], 1) },
      'IMPORT_DTYPE',
      'down_proj_scales',
    ],
    [
      'holds too few experts',
      FUSED,
      { [`${EXPERTS}.gate_up_proj`]: bytes('BF16', [5, 64, 128], 2) },
      'IMPORT_TENSOR_SHAPE',
      'gate_up_proj',
    ],
    [
      'has biases of another width',
      FUSED,
      { [`${EXPERTS}.gate_up_proj_bias`]: bytes('BF16', [6, 64], 2) },
      'IMPORT_TENSOR_SHAPE',
      'gate_up_proj_bias',
    ],
    [
      'has integers for weights',
      FUSED,
      { [`${EXPERTS}.down_proj`]: bytes('I16', [6, 64, 64], 2) },
      'IMPORT_DTYPE',
      'down_proj',
    ],
    ['lacks sinks', FUSED, { 'model.layers.0.self_attn.sinks': null }, 'IMPORT_TENSOR_MISSING', 'sinks'],
    [
      'lacks a norm of keys',
      QWEN3,
      { 'model.layers.1.self_attn.k_norm.weight': null },
      'IMPORT_TENSOR_MISSING',
      'k_norm.weight',
    ],
    [
      'has a bias too many',
      QWEN3,
      { 'model.layers.1.self_attn.k_proj.bias': bytes('BF16', [128], 2) },
      'IMPORT_TENSOR_UNKNOWN',
      'k_proj.bias',
    ],
  ])('is refused when it %s', async (_, folder, changes, code, tensor) => {
    const opened = await openCheckpoint(keep(changedCopy(folder, changes)));
    if (opened.ok) await opened.value.source.close();
    expect(opened).toMatchObject({
      error: { code, facts: { tensor: expect.stringMatching(new RegExp(`${tensor}$`)) as string } },
    });
  });

  it('is refused by the place of a scale that is no number, or of a weight', async () => {
    const scales = tensorsOf(MXFP4)[`${EXPERTS}.gate_up_proj_scales`];
    const broken = { ...scales, data: Uint8Array.from(scales.data) };
    broken.data[(3 * 192 + 7) * 2 + 1] = 255;
    const damaged = keep(changedCopy(MXFP4, { [`${EXPERTS}.gate_up_proj_scales`]: broken }));
    await expect(importInMemory(damaged, 'q8')).rejects.toMatchObject({
      code: 'IMPORT_NOT_FINITE',
      facts: { tensor: `${EXPERTS}.gate_up_proj_scales`, row: 3 * 192 + 7, column: 1 },
    });
    const fused = tensorsOf(FUSED)[`${EXPERTS}.down_proj`];
    const infinite = { ...fused, data: Uint8Array.from(fused.data) };
    infinite.data.set([0x80, 0x7f], (2 * 64 * 64 + 5 * 64 + 9) * 2);
    const spoilt = keep(changedCopy(FUSED, { [`${EXPERTS}.down_proj`]: infinite }));
    await expect(importInMemory(spoilt, 'q8')).rejects.toMatchObject({
      code: 'IMPORT_NOT_FINITE',
      facts: { tensor: `${EXPERTS}.down_proj`, row: 2 * 64 + 5, column: 9 },
    });
  });

  it('may keep blocks and scales in different shards', async () => {
    const [whole, shards] = [
      await importInMemory(MXFP4, 'q8'),
      await importInMemory(keep(shardedCopy(MXFP4, 5)), 'q8'),
    ];
    expect(shards.model.release).toBe(whole.model.release);
  });

  it('may tie the head to the embedding', async () => {
    const changes = { 'lm_head.weight': null };
    const { model } = await importInMemory(
      keep(changedCopy(QWEN3, changes, { tie_word_embeddings: true })),
      'f32',
    );
    expect(model.config.tieWordEmbeddings).toBe(true);
  });
});
