import { canonicalJson, concatBytes, equalBytes, utf8ToBytes, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Delta } from '../delta/delta-codec.js';

/** What a member keeps from one round for the next. Empty maps: nothing. */
export interface Carried {
  /** Mean of its updates so far. */
  readonly momentum: Delta;
  /** What compression has dropped. */
  readonly rest: Delta;
}

/** What is kept of one expert. */
export interface CarriedState {
  /** The round that `after` came from. */
  readonly round: string;
  /** What was to be committed to in it. */
  readonly commitment: string;
  /** What was kept before that round: for committing to it again, and where nothing came of it. */
  readonly before: Carried;
  readonly after: Carried;
}

/** What the first round begins with. */
export const NOTHING_CARRIED: Carried = { momentum: new Map(), rest: new Map() };

const MAGIC = utf8ToBytes('SCARRY2\n');
const LENGTH_BYTES = 4;
const HASH_BYTES = 32;
const VALUE_BYTES = 4;
const PARTS = [
  ['before', 'momentum'],
  ['before', 'rest'],
  ['after', 'momentum'],
  ['after', 'rest'],
] as const;

interface PartHeader {
  readonly part: number;
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** A state as a file: magic, length of the header (little-endian), header (JSON), values (float32), SHA-256 of all that. */
export function encodeCarried(state: CarriedState): Uint8Array {
  const tensors = PARTS.flatMap(([time, kind], part) =>
    [...state[time][kind]].map(([name, { rows, columns, values }]) => ({
      part,
      name,
      rows,
      columns,
      values,
    })),
  );
  const parts = tensors.map(({ part, name, rows, columns }) => ({ part, name, rows, columns }));
  const { round, commitment } = state;
  const header = utf8ToBytes(canonicalJson({ version: 2, round, commitment, parts } as unknown as Json));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, header.length, true);
  const values = tensors.map(
    ({ values: { buffer, byteOffset, byteLength } }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const body = concatBytes(MAGIC, length, header, ...values);
  return concatBytes(body, nativeSha256(body));
}

/** Reads such a file; null where a byte of it is wrong or missing. */
export function decodeCarried(bytes: Uint8Array): CarriedState | null {
  const [start, end] = [MAGIC.length + LENGTH_BYTES, bytes.length - HASH_BYTES];
  if (end < start || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) return null;
  if (!equalBytes(nativeSha256(bytes.subarray(0, end)), bytes.subarray(end))) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(MAGIC.length, true);
  if (start + length > end) return null;
  // Only this program writes what has the right hash.
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const { round, commitment, parts } = JSON.parse(text) as Omit<CarriedState, 'before' | 'after'> & {
    readonly parts: readonly PartHeader[];
  };
  const found = PARTS.map(() => new Map<string, { rows: number; columns: number; values: Float32Array }>());
  let at = start + length;
  for (const { part, name, rows, columns } of parts) {
    const size = rows * columns * VALUE_BYTES;
    if (at + size > end) return null;
    // A copy begins where float32 values may.
    const values = new Float32Array(Uint8Array.from(bytes.subarray(at, at + size)).buffer);
    found[part].set(name, { rows, columns, values });
    at += size;
  }
  const [momentumBefore, restBefore, momentum, rest] = found;
  const before = { momentum: momentumBefore, rest: restBefore };
  return { round, commitment, before, after: { momentum, rest } };
}

/** Of what is carried that of one expert. */
export function carriedOf(expert: string, { momentum, rest }: Carried): Carried {
  const own = (delta: Delta) => new Map([...delta].filter(([name]) => name.startsWith(`${expert}/`)));
  return { momentum: own(momentum), rest: own(rest) };
}

/** All of them together. */
export function joinedCarried(all: readonly Carried[]): Carried {
  return {
    momentum: new Map(all.flatMap(({ momentum }) => [...momentum])),
    rest: new Map(all.flatMap(({ rest }) => [...rest])),
  };
}
