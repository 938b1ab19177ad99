import { setImmediate as nextTurn } from 'node:timers/promises';
import { tileBytesOf, type TensorPlan } from '../tensorblock/index.js';

const SCALE_COLUMNS = 32;
const SCALES_PER_TILE = 16;
const EXPONENT = 0x7f800000;
const HALF_EXPONENT = 0x7c00;
/** Bytes looked at before others get their turn: a few milliseconds; whole tiles of either size. */
const SLICE_BYTES = 576 * 5 * 1024;

/**
 * Whether every value (integers: every scale) of a TensorBlock is finite. Looks at the stored words as they lie, padding
 * included: about 1 ns each, in slices that leave the event loop free.
 * @param bytes the whole TensorBlock, starting on a multiple of 4 of its buffer
 */
export async function isFinite(plan: TensorPlan, bytes: Uint8Array): Promise<boolean> {
  const apart = plan.dtype === 'int8' && plan.layout === 'rowMajor';
  const start = apart ? plan.scaleOffset : plan.dataOffset;
  const length = apart ? (plan.rows * plan.paddedColumns * 4) / SCALE_COLUMNS : plan.dataBytes;
  for (let done = 0; done < length; done += SLICE_BYTES) {
    if (done > 0) await nextTurn();
    const size = Math.min(SLICE_BYTES, length - done);
    if (!finiteSlice(plan, bytes.buffer, bytes.byteOffset + start + done, size)) return false;
  }
  return true;
}

function finiteSlice(plan: TensorPlan, buffer: ArrayBufferLike, offset: number, size: number): boolean {
  if (plan.dtype === 'f16') {
    return new Uint16Array(buffer, offset, size / 2).every(
      (half) => (half & HALF_EXPONENT) !== HALF_EXPONENT,
    );
  }
  const words = new Uint32Array(buffer, offset, size / 4);
  const tileBytes = tileBytesOf(plan);
  const [step, looked] = tileBytes === null ? [words.length, words.length] : [tileBytes / 4, SCALES_PER_TILE];
  for (let from = 0; from < words.length; from += step) {
    for (let i = from; i < from + looked; i++) if ((words[i] & EXPONENT) === EXPONENT) return false;
  }
  return true;
}
