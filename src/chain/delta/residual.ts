import { TILE_BYTES, type DeltaSection } from './delta-header.js';

const SCALES = 16;
const SCALE_BYTES = SCALES * 4;
const ROWS = 16;

/** Sections are cut into pieces of about this many bytes, so that whoever computes them can do something else between. */
const PIECE_TILES = 2048;
const PIECE_BYTES = PIECE_TILES * TILE_BYTES;

/** A piece of a section: the same bytes of parent, payload and residual. */
export interface DeltaPiece {
  readonly kind: DeltaSection['kind'];
  readonly start: number;
  readonly end: number;
}

/** The pieces of a payload in order. */
export function piecesOf(sections: readonly DeltaSection[]): DeltaPiece[] {
  const pieces: DeltaPiece[] = [];
  let start = 0;
  for (const { kind, length } of sections) {
    const end = start + length;
    for (; start < end; start += PIECE_BYTES)
      pieces.push({ kind, start, end: Math.min(end, start + PIECE_BYTES) });
    start = end;
  }
  return pieces;
}

/**
 * What is left of a payload once its parent has foretold it: as many bytes, most of them zero. Plain bytes are taken apart modulo 256. Of
 * tiles, the scales come first, as four planes of the difference of their bit patterns (zigzag, highest byte first), then the integers
 * less those that the parent's foretell at the new scale.
 */
export function takeApart(
  piece: DeltaPiece,
  parent: Uint8Array,
  payload: Uint8Array,
  residual: Uint8Array,
): void {
  const { kind, start, end } = piece;
  if (kind === 'bytes') {
    for (let i = start; i < end; i++) residual[i] = payload[i] - parent[i];
    return;
  }
  const tiles = (end - start) / TILE_BYTES;
  const [before, after] = [scalesOf(parent), scalesOf(payload)];
  const planes = tiles * SCALES;
  for (let tile = 0; tile < tiles; tile++) {
    const at = start + tile * TILE_BYTES;
    for (let i = 0; i < SCALES; i++) {
      const difference = (after.getInt32(at + i * 4, true) - before.getInt32(at + i * 4, true)) | 0;
      const zigzag = (difference << 1) ^ (difference >> 31);
      const place = start + tile * SCALES + i;
      for (let plane = 0; plane < 4; plane++) residual[place + plane * planes] = zigzag >>> (24 - 8 * plane);
    }
    const ratios = ratiosOf(before, after, at);
    const integers = start + tiles * SCALE_BYTES + tile * (TILE_BYTES - SCALE_BYTES);
    for (let i = SCALE_BYTES; i < TILE_BYTES; i++)
      residual[integers + i - SCALE_BYTES] = payload[at + i] - foretold(parent[at + i], ratios[rowOf(i)]);
  }
}

/** The payload again from what its parent foretells and what was left. Exactly the reverse of `takeApart`. */
export function putTogether(
  piece: DeltaPiece,
  parent: Uint8Array,
  residual: Uint8Array,
  payload: Uint8Array,
): void {
  const { kind, start, end } = piece;
  if (kind === 'bytes') {
    for (let i = start; i < end; i++) payload[i] = residual[i] + parent[i];
    return;
  }
  const tiles = (end - start) / TILE_BYTES;
  const [before, after] = [scalesOf(parent), scalesOf(payload)];
  const planes = tiles * SCALES;
  for (let tile = 0; tile < tiles; tile++) {
    const at = start + tile * TILE_BYTES;
    for (let i = 0; i < SCALES; i++) {
      const place = start + tile * SCALES + i;
      let zigzag = 0;
      for (let plane = 0; plane < 4; plane++) zigzag = (zigzag << 8) | residual[place + plane * planes];
      const difference = (zigzag >>> 1) ^ -(zigzag & 1);
      after.setInt32(at + i * 4, (before.getInt32(at + i * 4, true) + difference) | 0, true);
    }
    const ratios = ratiosOf(before, after, at);
    const integers = start + tiles * SCALE_BYTES + tile * (TILE_BYTES - SCALE_BYTES);
    for (let i = SCALE_BYTES; i < TILE_BYTES; i++)
      payload[at + i] = residual[integers + i - SCALE_BYTES] + foretold(parent[at + i], ratios[rowOf(i)]);
  }
}

/** The row of a byte of a tile: within the integers, 4 rows x 4 columns lie together. */
function rowOf(byte: number): number {
  const place = (byte - SCALE_BYTES) & 63;
  return (place >> 4) * 4 + ((place & 15) >> 2);
}

/** Old scale by new scale of each row, in double precision; 1 where there is none that is finite. */
function ratiosOf(before: DataView, after: DataView, at: number): Float64Array {
  const ratios = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const ratio = before.getFloat32(at + row * 4, true) / after.getFloat32(at + row * 4, true);
    ratios[row] = Number.isFinite(ratio) ? ratio : 1;
  }
  return ratios;
}

/** The integer that stands for the parent's value at the new scale: product in double precision, rounded half up, within -127 to 127. */
function foretold(byte: number, ratio: number): number {
  const value = (byte << 24) >> 24;
  return Math.max(-127, Math.min(127, Math.floor(value * ratio + 0.5)));
}

function scalesOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
