import { bytesToHex, concatBytes, type Sha256 } from '../../common/index.js';
import { encodeTensorBlock, type TensorDtype } from '../../experts/tensorblock/index.js';
import { describeBlocks } from './blocks.js';
import type { EngineModel, TensorEntry, WeightBlock } from './block-source.js';
import type { ModelConfig } from './config.js';
import type { TensorExpectation } from './tensors.js';

/** Values of a tensor, row-major; matrices and tables may come in any dtype (a table of int4 becomes int8). */
export interface TensorValues {
  readonly dtype: TensorDtype;
  readonly values: Float32Array;
}

/** A model in memory with its payloads by block name. */
export interface BuiltModel {
  readonly model: EngineModel;
  readonly payloads: Map<string, Uint8Array>;
}

/** Makes a model from values, block by block. Block hashes are the payloads' hashes: such a model is on no chain. */
export function buildModel(
  config: ModelConfig,
  valuesOf: (block: string, tensor: TensorExpectation) => TensorValues,
  sha256: Sha256,
): BuiltModel {
  const payloads = new Map<string, Uint8Array>();
  const blocks = describeBlocks(config).map(({ name, tensors }): WeightBlock => {
    const parts: Uint8Array[] = [];
    const entries: TensorEntry[] = [];
    let offset = 0;
    for (const tensor of tensors) {
      const part = encodeTensor(tensor, valuesOf(name, tensor));
      entries.push({ name: tensor.name, offset, length: part.length });
      parts.push(part);
      offset += part.length;
    }
    const payload = concatBytes(...parts);
    payloads.set(name, payload);
    const hash = bytesToHex(sha256(payload));
    return { name, block: hash, payloadHash: hash, payloadSize: payload.length, path: '', tensors: entries };
  });
  const names = new TextEncoder().encode(blocks.map((block) => block.block).join());
  return { model: { release: bytesToHex(sha256(names)), config, blocks }, payloads };
}

function encodeTensor(tensor: TensorExpectation, { dtype, values }: TensorValues): Uint8Array {
  const layout = tensor.use === 'matrix' ? 'tile16' : 'rowMajor';
  const { rows, columns } = tensor;
  const kept = tensor.use === 'vector' ? 'f32' : tensor.use === 'table' && dtype === 'int4' ? 'int8' : dtype;
  return encodeTensorBlock({ dtype: kept, layout, rows, columns }, values);
}
