import { writeFileSync } from 'node:fs';
import { storedModel, valuesOf } from '../../../test/factories/stored-model.js';
import { writtenGguf } from '../../../test/support/gguf-reader.js';
import { unwrap } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import type { TensorDtype } from '../tensorblock/index.js';
import { prepareGguf } from './gguf-file.js';

const config: ModelConfig = {
  ...{ family: 'mixtral', hiddenSize: 64, layers: 2, experts: 3, expertsPerToken: 2, expertHiddenSize: 96 },
  ...{ heads: 2, kvHeads: 1, headDim: 32, vocabSize: 48, maxPositions: 128, ropeTheta: 1e4 },
  ...{ rmsEpsilon: 1e-5, tieWordEmbeddings: false },
};

const modelOf = (dtype: TensorDtype) => storedModel(config, dtype);

/** Row 2i + j of a head in the file is row i + j * headDim / 2 of ours. */
const rotated = (row: number) => row - (row % 32) + ((row % 32) >> 1) + (row % 2) * 16;

const largest = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('export to GGUF', () => {
  it.each(['f32', 'f16'] as const)('keeps %s weights exactly, each in its place', async (dtype) => {
    const { model, tensors } = modelOf(dtype);
    const gguf = await writtenGguf(model);
    expect(gguf.version).toBe(3);
    expect(gguf.metadata.get('general.architecture')).toBe('llama');
    expect(gguf.metadata.get('general.file_type')).toBe(dtype === 'f32' ? 0 : 1);
    expect(gguf.metadata.get('llama.expert_used_count')).toBe(2);
    expect(gguf.tensors.size).toBe(3 + 2 * 10);
    const same = (name: string, block: string, order?: (row: number) => number) =>
      expect(gguf.tensors.get(name)?.values()).toEqual(valuesOf(tensors.get(block)!, order));
    same('token_embd.weight', 'embedding.weight');
    same('output.weight', 'head.weight');
    same('output_norm.weight', 'head.norm');
    same('blk.1.attn_q.weight', 'layer1.attention.q', rotated);
    same('blk.1.attn_k.weight', 'layer1.attention.k', rotated);
    same('blk.1.attn_v.weight', 'layer1.attention.v');
    same('blk.0.attn_output.weight', 'layer0.attention.o');
    same('blk.0.ffn_gate_inp.weight', 'layer0.router.weight');
  });

  it('stacks the experts of a layer', async () => {
    const { model, tensors } = modelOf('f32');
    const gguf = await writtenGguf(model);
    const down = gguf.tensors.get('blk.1.ffn_down_exps.weight')!;
    expect(down.dimensions).toEqual([96, 64, 3]);
    const expected = [0, 1, 2].flatMap((expert) => valuesOf(tensors.get(`layer1.expert${expert}.down`)!));
    expect(down.values()).toEqual(expected);
  });

  it.each([
    ['int8', 8],
    ['int4', 2],
  ] as const)('keeps the integers of %s weights and rounds their scales to float16', async (dtype, type) => {
    const { model, tensors } = modelOf(dtype);
    const gguf = await writtenGguf(model);
    for (const [name, block, order] of [
      ['blk.0.attn_q.weight', 'layer0.attention.q', rotated],
      ['token_embd.weight', 'embedding.weight', undefined],
    ] as const) {
      const [found, expected] = [gguf.tensors.get(name)!, valuesOf(tensors.get(block)!, order)];
      expect(found.type).toBe(block === 'embedding.weight' ? 8 : type);
      // half of the last of 11 bits of a scale, for values up to 0.5
      expect(largest(found.values(), expected)).toBeLessThan(0.5 * 2 ** -11);
      expect(largest(found.values(), expected)).toBeGreaterThan(0);
    }
    expect(gguf.tensors.get('blk.0.ffn_gate_inp.weight')?.type).toBe(0);
  });

  it('says which block is damaged, missing, or of a family it cannot describe', async () => {
    const { model } = modelOf('f32');
    const { path } = model.blocks.find(({ name }) => name === 'layer1.expert2')!;
    const file = unwrap(await prepareGguf(model));
    writeFileSync(path, Buffer.alloc(1 << 20, 7));
    const drain = async () => {
      let bytes = 0;
      for await (const chunk of file.chunks()) bytes += chunk.length;
      return bytes;
    };
    await expect(drain()).rejects.toMatchObject({ code: 'BLOCK_CORRUPT', facts: { name: 'layer1.expert2' } });
    const blocks = model.blocks.map((block) => ({ ...block, path: `${block.path}.gone` }));
    expect(await prepareGguf({ ...model, blocks })).toMatchObject({ error: { code: 'BLOCK_MISSING' } });
    const other = { ...config, family: 'other' } as unknown as ModelConfig;
    expect(await prepareGguf({ ...model, config: other })).toMatchObject({
      error: { code: 'GGUF_FAMILY', facts: { family: 'other' } },
    });
  });
});
