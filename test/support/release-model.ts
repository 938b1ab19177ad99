import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { describeBlocks } from '../../src/experts/tensorblock/model-blocks.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type { ReleaseModel } from '../../src/learning/source/release-model.js';

/** A model in memory as trainings read it from a release; its tensors are f32. */
export function releaseModelOf({ model, payloads }: BuiltModel): ReleaseModel {
  const described = new Map(describeBlocks(model.config).map(({ name, tensors }) => [name, tensors]));
  const blocks = model.blocks.map(({ name, block, tensors }) => {
    const entries = tensors.map((tensor) => {
      const { rows = 0, columns = 0 } = described.get(name)?.find((of) => of.name === tensor.name) ?? {};
      return { ...tensor, rows, columns, dtype: 'f32' as const };
    });
    return [
      name,
      { hash: block, tensors: entries, payload: payloads.get(name) ?? new Uint8Array() },
    ] as const;
  });
  const facts = { release: model.release, model: 'tiny', version: '1.0.0', meta: 'e'.repeat(64) };
  return { ...facts, config: model.config, tokenizer: null, blocks: new Map(blocks) };
}

/** Such a model as the engine loads it. @param release what it is called there */
export function builtModelOf(model: ReleaseModel, release: string): BuiltModel {
  const names = describeBlocks(model.config).map(({ name }) => name);
  const blocks = names.map((name) => {
    const { payload, tensors } = model.blocks.get(name)!;
    const hash = nativeSha256Hex(payload);
    const facts = { block: hash, payloadHash: hash, payloadSize: payload.length, path: '' };
    const places = tensors.map(({ name: tensor, offset, length }) => ({ name: tensor, offset, length }));
    return { name, ...facts, tensors: places };
  });
  const payloads = new Map(names.map((name) => [name, model.blocks.get(name)!.payload]));
  return { model: { release, config: model.config, blocks }, payloads };
}
