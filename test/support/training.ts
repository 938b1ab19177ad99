import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { TensorBlock } from '../../src/experts/tensorblock/index.js';
import { buildModel, type BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type { ModelConfig } from '../../src/inference/kernel/config.js';
import type { WeightValues } from '../../src/learning/trainer/model-weights.js';
import { createTrainingMemory, TrainingKernel } from '../../src/learning/trainer/training-kernel.js';

const file = fileURLToPath(new URL('../../dist/training/training.wasm', import.meta.url));

/** The built training kernel, compiled once. */
export const trainingModule = new WebAssembly.Module(Uint8Array.from(readFileSync(file)));

/** A training kernel on this thread alone, with a fresh memory. */
export function createTrainingKernel(longest = 256): TrainingKernel {
  return TrainingKernel.create(trainingModule, createTrainingMemory(), 1, longest);
}

/** The values of a model's tensors, by block and name. */
export function valuesOf(built: BuiltModel): Map<string, Float32Array> {
  const values = new Map<string, Float32Array>();
  for (const block of built.model.blocks) {
    const payload = built.payloads.get(block.name) ?? new Uint8Array();
    for (const { name, offset, length } of block.tensors) {
      const tensor = unwrap(TensorBlock.decode(payload.subarray(offset, offset + length)));
      values.set(`${block.name}/${name}`, tensor.rows(0, tensor.plan.rows));
    }
  }
  return values;
}

/** The same, as the trainer asks for them. */
export function lookUp(values: ReadonlyMap<string, Float32Array>): WeightValues {
  return (block, tensor) => {
    const found = values.get(`${block}/${tensor}`);
    if (found === undefined) throw new Error(`no ${block}/${tensor}`);
    return found;
  };
}

/** A model of such values, unquantised. */
export function modelOf(config: ModelConfig, values: ReadonlyMap<string, Float32Array>): BuiltModel {
  const look = lookUp(values);
  return buildModel(config, (block, { name }) => ({ dtype: 'f32', values: look(block, name) }), nativeSha256);
}
