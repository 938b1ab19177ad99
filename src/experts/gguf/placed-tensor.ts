import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { TensorPlan } from '../tensorblock/index.js';
import type { GgufSource, GgufTensorPlan } from './gguf-tensor-plan.js';
import type { GgufTensor } from './gguf-format.js';
import { ggmlTypeOf } from './gguf-rows.js';
import { WeightReader, type WeightFile } from './weight-reader.js';

/** Blocks by name. */
export type WeightFiles = ReadonlyMap<string, WeightFile>;

/** One of the tensors of ours that a tensor of the file is made of. */
export interface TensorPart {
  readonly source: GgufSource;
  readonly plan: TensorPlan;
}

/** A tensor of the file whose sources have been looked up. */
export interface PlacedTensor extends GgufTensor {
  readonly described: GgufTensorPlan;
  readonly parts: readonly TensorPart[];
}

/** Reads the headers of a tensor's sources. Refuses with `GGUF_TENSOR`, `BLOCK_MISSING`. */
export async function placeTensor(
  described: GgufTensorPlan,
  files: WeightFiles,
): Promise<Result<PlacedTensor>> {
  const [columns, ...rest] = described.dimensions;
  const rows = rest.reduce((product, size) => product * size, 1) / described.sources.length;
  const parts: TensorPart[] = [];
  for (const source of described.sources) {
    const reader = await openBlock(files, source.block);
    if (!reader.ok) return reader;
    const plan = await reader.value.plan(source.tensor, rows, columns).finally(() => reader.value.close());
    if (!plan.ok) return plan;
    parts.push({ source, plan: plan.value });
  }
  const type = ggmlTypeOf(parts[0].plan);
  if (parts.some(({ plan }) => ggmlTypeOf(plan) !== type)) {
    const message = `${described.name} cannot be exported: its experts are stored in different element types`;
    return err(new CodedError('GGUF_TENSOR', message, { tensor: described.name }));
  }
  return ok({ name: described.name, dimensions: described.dimensions, type, described, parts });
}

/** Opens a block by its name. Refuses with `BLOCK_MISSING`. */
export async function openBlock(files: WeightFiles, name: string): Promise<Result<WeightReader>> {
  const file = files.get(name);
  if (file === undefined) throw new Error(`the model has no block ${name}`);
  return WeightReader.open(file);
}
