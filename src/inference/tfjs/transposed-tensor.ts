import { type TensorBlock } from '../../experts/tensorblock/index.js';
import { INT8_TILE_BYTES, SCALE_COLUMNS, TILE_ROWS } from '../../experts/tensorblock/format.js';

/** Integers of a tile begin behind its scales. */
const SCALES_BYTES = TILE_ROWS * 4;

/**
 * A matrix as [columns, rows] of float32, with the values that `TensorBlock.at` gives. What imports store most (tiles of int8, of
 * f32) is read tile by tile: 16 rows lie side by side in both places.
 * @param bytes what the block was decoded from
 */
export function transposed(block: TensorBlock, bytes: Uint8Array): Float32Array {
  const { rows, columns, dtype, layout } = block.plan;
  const out = new Float32Array(rows * columns);
  if (layout === 'tile16' && dtype === 'int8') readInt8(block, bytes, out);
  else if (layout === 'tile16' && dtype === 'f32') readFloats(block, bytes, out);
  else {
    for (let column = 0; column < columns; column++)
      for (let row = 0; row < rows; row++) out[column * rows + row] = block.at(row, column);
  }
  return out;
}

/** Integers of a tile lie in groups of four columns, within them in fours of a row (docs/formats/tensorblock.md). */
function readInt8({ plan }: TensorBlock, bytes: Uint8Array, out: Float32Array): void {
  const { rows, columns, dataOffset, stepBytes } = plan;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integers = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const scales = new Float32Array(TILE_ROWS);
  for (let first = 0; first < rows; first += TILE_ROWS) {
    const count = Math.min(TILE_ROWS, rows - first);
    for (let start = 0; start < columns; start += SCALE_COLUMNS) {
      const tile = dataOffset + (first / TILE_ROWS) * stepBytes + (start / SCALE_COLUMNS) * INT8_TILE_BYTES;
      for (let row = 0; row < TILE_ROWS; row++) scales[row] = view.getFloat32(tile + row * 4, true);
      const end = Math.min(SCALE_COLUMNS, columns - start);
      for (let column = 0; column < end; column++) {
        const from = tile + SCALES_BYTES + (column >> 2) * 64 + (column & 3);
        const to = (start + column) * rows + first;
        for (let row = 0; row < count; row++) out[to + row] = integers[from + row * 4] * scales[row];
      }
    }
  }
}

function readFloats({ plan }: TensorBlock, bytes: Uint8Array, out: Float32Array): void {
  const { rows, columns, dataOffset } = plan;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let first = 0; first < rows; first += TILE_ROWS) {
    const count = Math.min(TILE_ROWS, rows - first);
    for (let column = 0; column < columns; column++) {
      const from = dataOffset + (first * columns + column * TILE_ROWS) * 4;
      for (let row = 0; row < count; row++)
        out[column * rows + first + row] = view.getFloat32(from + row * 4, true);
    }
  }
}
