import {
  canonicalJson,
  CodedError,
  concatBytes,
  err,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import type { Matrix } from '../checks/spectrum.js';
import { factorize, product } from './low-rank.js';
import { decodePlaces, encodePlaces } from './places.js';
import { dequantize, quantize, valueBytes, type ValueBits } from './quantized-values.js';
import { largest } from './sparse.js';

/** How much of a delta is sent. At least one of rank and share is above zero. */
export interface DeltaPlan {
  /** Columns of the factors; 0: none. */
  readonly rank: number;
  /** Share of the values, of what the factors leave, that are sent one by one; 0: none. */
  readonly share: number;
  readonly bits: ValueBits;
}

/** Differences of weights, by tensor. */
export type Delta = ReadonlyMap<string, Matrix>;

/** Shapes of the tensors that a delta is of: what it may fill memory with. */
export type DeltaShapes = ReadonlyMap<string, Pick<Matrix, 'rows' | 'columns'>>;

/** What the header says of a tensor; members are named as in JSON. */
interface TensorHeader {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly kept: number;
  readonly bits: ValueBits;
  readonly remainder_bits: number;
  readonly place_bytes: number;
}

const MAGIC = utf8ToBytes('SDELTA1\n');
const FACTOR_BITS = 8;
const LENGTH_BYTES = 4;
/** Limits of what is read. */
const MOST_RANK = 64;
const MOST_HEADER = 16_384;

/** A delta in few bytes (docs/formats/delta.md). What is lost is the difference to `decodeDelta`. */
export function encodeDelta(delta: Delta, plan: DeltaPlan): Uint8Array {
  const tensors = [...delta].map(([name, matrix]) => encodeTensor(name, matrix, plan));
  const header = utf8ToBytes(
    canonicalJson({ version: 1, tensors: tensors.map((tensor) => tensor.header) } as unknown as Json),
  );
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return concatBytes(MAGIC, length, header, ...tensors.flatMap(({ parts }) => parts));
}

/**
 * Reads untrusted bytes; refuses with `DELTA_FORMAT`, also where the tensors are not those of `shapes`, and with `UPDATE_NOT_FINITE` where a
 * scale is no finite number.
 */
export function decodeDelta(bytes: Uint8Array, shapes: DeltaShapes): Result<Delta> {
  const headers = readHeader(bytes, shapes);
  if (headers === null) return malformed('its header');
  const reader = new PartReader(bytes, headers.end);
  const delta = new Map<string, Matrix>();
  for (const header of headers.tensors) {
    const values = decodeTensor(header, reader);
    if (!values.ok) return values;
    delta.set(header.name, { rows: header.rows, columns: header.columns, values: values.value });
  }
  return reader.isAtEnd ? ok(delta) : malformed('its length');
}

function encodeTensor(
  name: string,
  matrix: Matrix,
  { rank, share, bits }: DeltaPlan,
): { header: TensorHeader; parts: Uint8Array[] } {
  const { rows, columns, values } = matrix;
  const factors = factorize(matrix, Math.min(rank, rows, columns));
  const columnsOfBoth = [...factors.left, ...factors.right].map((column) => quantize(column, FACTOR_BITS));
  const sent =
    factors.left.length === 0 ? null : productOf(columnsOfBoth, factors.left.length, rows, columns);
  const rest = sent === null ? values : values.map((value, i) => value - sent[i]);
  const kept = largest(rest, Math.round(values.length * share));
  const places = encodePlaces(kept.places);
  return {
    header: {
      ...{ name, rows, columns, rank: factors.left.length, kept: kept.places.length },
      bits: kept.places.length === 0 ? FACTOR_BITS : bits,
      ...{ remainder_bits: places.remainderBits, place_bytes: places.bytes.length },
    },
    parts: [...columnsOfBoth, places.bytes, quantize(kept.values, bits)],
  };
}

function decodeTensor(header: TensorHeader, reader: PartReader): Result<Float32Array> {
  const { rows, columns, rank, kept, bits } = header;
  const parts = Array.from({ length: 2 * rank }, (_, i) =>
    reader.take(valueBytes(i < rank ? rows : columns, FACTOR_BITS)),
  );
  const encoded = reader.take(header.place_bytes);
  const keptBytes = reader.take(valueBytes(kept, bits));
  if (encoded === null || keptBytes === null || parts.some((part) => part === null))
    return malformed(header.name);
  const places = decodePlaces({ bytes: encoded, remainderBits: header.remainder_bits }, kept, rows * columns);
  const single = dequantize(keptBytes, kept, bits);
  const values =
    rank === 0
      ? new Float32Array(rows * columns)
      : productOf(parts as readonly Uint8Array[], rank, rows, columns);
  if (places === null) return malformed(header.name);
  if (single === null || values === null) return notFinite(header.name);
  for (const [i, place] of places.entries()) values[place] += single[i];
  return ok(values);
}

/** Null where a scale is no finite number. */
function productOf(
  parts: readonly Uint8Array[],
  rank: number,
  rows: number,
  columns: number,
): Float32Array | null {
  const both = parts.map((part, i) => dequantize(part, i < rank ? rows : columns, FACTOR_BITS));
  if (both.some((column) => column === null)) return null;
  const known = both as readonly Float32Array[];
  return product({ left: known.slice(0, rank), right: known.slice(rank) }, rows, columns);
}

/** Takes one part after the other; null beyond the end. */
class PartReader {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  take(length: number): Uint8Array | null {
    if (this.at + length > this.bytes.length) return null;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }
}

function readHeader(
  bytes: Uint8Array,
  shapes: DeltaShapes,
): { tensors: readonly TensorHeader[]; end: number } | null {
  const start = MAGIC.length + LENGTH_BYTES;
  if (bytes.length < start || !MAGIC.every((byte, i) => bytes[i] === byte)) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(MAGIC.length, true);
  if (length > MOST_HEADER || start + length > bytes.length) return null;
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  try {
    const { version, tensors } = JSON.parse(text) as { version: unknown; tensors: unknown };
    if (version !== 1 || !Array.isArray(tensors) || !tensors.every(isTensorHeader)) return null;
    const names = new Set(tensors.map(({ name }) => name));
    const right =
      names.size === tensors.length &&
      names.size === shapes.size &&
      tensors.every(
        ({ name, rows, columns }) => rows === shapes.get(name)?.rows && columns === shapes.get(name)?.columns,
      ) &&
      canonicalJson({ version, tensors } as unknown as Json) === text;
    return right ? { tensors, end: start + length } : null;
  } catch {
    return null;
  }
}

function isTensorHeader(value: unknown): value is TensorHeader {
  if (typeof value !== 'object' || value === null) return false;
  const { name, rows, columns, rank, kept, bits, remainder_bits, place_bytes, ...rest } =
    value as TensorHeader;
  const size = rows * columns;
  return (
    Object.keys(rest).length === 0 &&
    typeof name === 'string' &&
    [rows, columns].every((count) => Number.isSafeInteger(count) && count > 0) &&
    isBetween(rank, Math.min(rows, columns, MOST_RANK)) &&
    isBetween(kept, size) &&
    (bits === FACTOR_BITS || (bits === 2 && kept > 0)) &&
    Number.isSafeInteger(remainder_bits) &&
    isBetween(place_bytes, size + kept * LENGTH_BYTES)
  );
}

function isBetween(count: number, most: number): boolean {
  return Number.isSafeInteger(count) && count >= 0 && count <= most;
}

function malformed(what: string): Result<never> {
  return err(new CodedError('DELTA_FORMAT', `This is not a delta: ${what} is wrong.`, {}, 400));
}

function notFinite(name: string): Result<never> {
  return err(new CodedError('UPDATE_NOT_FINITE', `A scale of ${name} is no finite number.`, {}, 400));
}
