import { err, ok, type Result } from '../../common/index.js';
import { decodeTensorHeader, type TensorPlan } from '../../experts/tensorblock/index.js';
import type { BlockTensor } from '../../experts/tensorblock/model-blocks.js';
import { KIND } from './abi.js';
import { blockCorrupt, type WeightBlock } from './block-source.js';
import type { Kernel } from './kernel.js';

/** Bytes of 16 rows x 32 columns in 8 bits, as they are stored. */
export const INT8_TILE_BYTES = 576;

/** A tensor in the kernel's memory. */
export interface PlacedTensor {
  /** Address of the data section. */
  readonly data: number;
  /** Address of the scales, where they lie apart; else 0. */
  readonly scales: number;
  /** One of `KIND`. */
  readonly kind: number;
  /** Tiles that the kernel wants in another order than they are stored in (`arrange`); 0 for all but 8-bit matrices. */
  readonly tiles: number;
}

/** Kinds of the matrices that the kernel has put into its order, which is done once, by their addresses. */
export type Arrangement = Map<number, number>;

/** What the model expects of a tensor. */
export type TensorExpectation = BlockTensor;

/** The tensors of one block by name. */
export class PlacedTensors {
  constructor(private readonly tensors: ReadonlyMap<string, PlacedTensor>) {}

  /** One that was expected. Throws where it was not. */
  get(name: string): PlacedTensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new Error(`nobody expected a tensor ${name}`);
    return tensor;
  }

  /** The same tensors, as the kernel multiplies with them. @param arrangement what has been done at these addresses, filled as it is done */
  arranged({ exports }: Kernel, arrangement: Arrangement): PlacedTensors {
    const arranged = [...this.tensors].map(([name, tensor]): [string, PlacedTensor] => {
      const { data, tiles } = tensor;
      if (tiles === 0) return [name, tensor];
      const kind = arrangement.get(data) ?? exports.arrange?.(data, tiles) ?? tensor.kind;
      arrangement.set(data, kind);
      return [name, { ...tensor, kind }];
    });
    return new PlacedTensors(new Map(arranged));
  }

  /** Address of one that not every model has; 0 stands for absence in the kernel's structures. */
  optional(name: string): number {
    return this.tensors.get(name)?.data ?? 0;
  }
}

/**
 * Finds the tensors of a block whose payload is at `address`, checking their headers against what is expected. Refuses with
 * `BLOCK_CORRUPT`.
 * @param payload the payload's bytes
 */
export function placeTensors(
  block: WeightBlock,
  payload: Uint8Array,
  address: number,
  expected: readonly TensorExpectation[],
): Result<PlacedTensors> {
  const placed = new Map<string, PlacedTensor>();
  for (const expectation of expected) {
    const entry = block.tensors.find((tensor) => tensor.name === expectation.name);
    if (!entry) return err(blockCorrupt(block, `it holds no tensor ${expectation.name}`));
    const { offset, length } = entry;
    if (!isWithin(offset, length, payload.length)) {
      return err(blockCorrupt(block, `tensor ${expectation.name} lies outside the payload`));
    }
    const plan = decodeTensorHeader(payload.subarray(offset, offset + length));
    if (!plan.ok) return err(blockCorrupt(block, `tensor ${expectation.name}: ${plan.error.message}`));
    const mismatch = compare(plan.value, expectation);
    if (mismatch) return err(blockCorrupt(block, `tensor ${expectation.name} ${mismatch}`));
    const start = address + offset;
    const apart = plan.value.scaleOffset !== 0 && plan.value.scaleOffset !== plan.value.dataOffset;
    placed.set(expectation.name, {
      data: start + plan.value.dataOffset,
      scales: apart ? start + plan.value.scaleOffset : 0,
      kind: KIND[plan.value.dtype],
      tiles: int8Tiles(plan.value),
    });
  }
  return ok(new PlacedTensors(placed));
}

/** 16 x 32 integers with their scales each. */
function int8Tiles({ dtype, layout, dataBytes }: TensorPlan): number {
  return dtype === 'int8' && layout === 'tile16' ? dataBytes / INT8_TILE_BYTES : 0;
}

function isWithin(offset: number, length: number, size: number): boolean {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  return whole && offset >= 0 && offset % 64 === 0 && length > 0 && offset + length <= size;
}

function compare(plan: TensorPlan, expected: TensorExpectation): string | undefined {
  if (plan.rows !== expected.rows || plan.columns !== expected.columns) {
    return `is ${plan.rows} x ${plan.columns}, not ${expected.rows} x ${expected.columns}`;
  }
  if (plan.layout !== (expected.use === 'matrix' ? 'tile16' : 'rowMajor')) return `has layout ${plan.layout}`;
  if (expected.use === 'vector' && plan.dtype !== 'f32') return `has dtype ${plan.dtype}, not f32`;
  return undefined;
}
