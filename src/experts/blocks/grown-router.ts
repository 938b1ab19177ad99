import { concatBytes, unwrap } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { encodeTensorBlock, TensorBlock } from '../tensorblock/index.js';
import { routerTensors } from '../tensorblock/model-blocks.js';
import type { TensorEntry } from './tensor-directory.js';

/** The row of a router that belongs to a new expert. */
export interface RouterRow {
  /** Its number in the layer. */
  readonly expert: number;
  /** That of the expert it comes from. */
  readonly from: number;
  /** [hiddenSize] */
  readonly values: Float32Array;
}

/** A payload of TensorBlocks and where they lie. */
export interface RouterContent {
  readonly payload: Uint8Array;
  readonly tensors: readonly TensorEntry[];
}

/**
 * The router of a layer with as many places as a grown model has: what was there as it was, the rows of new experts, and zeros for places that
 * nobody takes. @param config the grown model's
 */
export function grownRouter(
  router: RouterContent,
  config: ModelConfig,
  rows: readonly RouterRow[],
): RouterContent {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const tensors = routerTensors(config).map(({ name, rows: count, columns }): TensorEntry => {
    const values = new Float32Array(count * columns);
    values.set(valuesOf(router, name));
    for (const { expert, from, values: row } of rows) {
      if (name === 'weight') values.set(row, expert * columns);
      if (name === 'bias') values[expert] = values[from];
    }
    const part = encodeTensorBlock({ dtype: 'f32', layout: 'rowMajor', rows: count, columns }, values);
    const entry = { name, offset, length: part.length, rows: count, columns, dtype: 'f32' as const };
    parts.push(part);
    offset += part.length;
    return entry;
  });
  return { payload: concatBytes(...parts), tensors };
}

/** Whether nobody has ever taken a place of a router: it is beyond its rows, or its row is all zeros. */
export function isEmptyRow(router: RouterContent, expert: number): boolean {
  return rowOf(router, expert)?.every((value) => value === 0) ?? true;
}

/** The row of an expert; null where the router has none. */
export function rowOf({ payload, tensors }: RouterContent, expert: number): Float32Array | null {
  const entry = tensors.find(({ name }) => name === 'weight');
  if (entry === undefined || expert >= entry.rows) return null;
  return decoded(payload, entry).rows(expert, 1);
}

function valuesOf({ payload, tensors }: RouterContent, name: string): Float32Array {
  const entry = tensors.find((tensor) => tensor.name === name);
  if (entry === undefined) throw new Error(`the router has no ${name}`);
  return decoded(payload, entry).rows(0, entry.rows);
}

function decoded(payload: Uint8Array, { offset, length }: TensorEntry): TensorBlock {
  return unwrap(TensorBlock.decode(payload.subarray(offset, offset + length)));
}
