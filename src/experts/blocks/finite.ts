import type { TensorPlan } from '../tensorblock/index.js';

const SCALE_COLUMNS = 32;
const TILE_BYTES = 576;
const SCALES_PER_TILE = 16;
const EXPONENT = 0x7f800000;
const HALF_EXPONENT = 0x7c00;

/**
 * Whether every value (int8: every scale) of a TensorBlock is finite. Looks at the stored words as they lie, padding
 * included: about 1 ns each.
 * @param bytes the whole TensorBlock, starting on a multiple of 4 of its buffer
 */
export function isFinite(plan: TensorPlan, bytes: Uint8Array): boolean {
  if (plan.dtype === 'f16') {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset + plan.dataOffset, plan.dataBytes / 2);
    return halves.every((half) => (half & HALF_EXPONENT) !== HALF_EXPONENT);
  }
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  if (plan.dtype === 'f32') return finiteWords(words, plan.dataOffset, plan.dataBytes / 4);
  if (plan.layout === 'rowMajor') {
    return finiteWords(words, plan.scaleOffset, (plan.rows * plan.paddedColumns) / SCALE_COLUMNS);
  }
  for (let tile = plan.dataOffset; tile < plan.dataOffset + plan.dataBytes; tile += TILE_BYTES) {
    if (!finiteWords(words, tile, SCALES_PER_TILE)) return false;
  }
  return true;
}

function finiteWords(words: Uint32Array, byteOffset: number, count: number): boolean {
  const first = byteOffset / 4;
  for (let i = first; i < first + count; i++) if ((words[i] & EXPONENT) === EXPONENT) return false;
  return true;
}
