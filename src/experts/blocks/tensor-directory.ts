import { CodedError, err, ok, type Json, type Result } from '../../common/index.js';
import type { TensorDtype } from '../tensorblock/index.js';

/** Where a tensor lies in its block's payload: an entry of `metadata.tensors`. Offsets and lengths in bytes. */
export interface TensorEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly rows: number;
  readonly columns: number;
  readonly dtype: TensorDtype;
}

const MEMBERS = ['columns', 'dtype', 'length', 'name', 'offset', 'rows'];
const DTYPES: readonly unknown[] = ['f16', 'f32', 'int4', 'int8'];
const ALIGNMENT = 64;
const MAX_TENSORS = 64;

/**
 * Reads `metadata.tensors` of a weight block. The tensors must follow each other without gap or overlap from the first
 * byte of the payload to the last; `TENSOR_DIRECTORY` says what is wrong.
 */
export function parseTensorDirectory(
  tensors: Json | undefined,
  payloadSize: number,
): Result<readonly TensorEntry[]> {
  const bad = (why: string) => err(new CodedError('TENSOR_DIRECTORY', `metadata.tensors: ${why}`));
  if (!Array.isArray(tensors) || tensors.length === 0 || tensors.length > MAX_TENSORS) {
    return bad(`must list 1 to ${MAX_TENSORS} tensors`);
  }
  let end = 0;
  const names = new Set<string>();
  for (const entry of tensors as unknown[]) {
    if (!isTensorEntry(entry)) return bad('an entry is not {name, offset, length, rows, columns, dtype}');
    if (names.has(entry.name)) return bad(`${entry.name} is listed twice`);
    if (entry.offset !== end) return bad(`${entry.name} starts at byte ${entry.offset}, expected ${end}`);
    names.add(entry.name);
    end += entry.length;
  }
  if (end !== payloadSize) return bad(`the tensors end at byte ${end}, the payload at ${payloadSize}`);
  return ok(tensors as unknown as readonly TensorEntry[]);
}

function isTensorEntry(value: unknown): value is TensorEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as TensorEntry;
  const sizes = [entry.offset, entry.length, entry.rows, entry.columns];
  return (
    Object.keys(entry).sort().join() === MEMBERS.join() &&
    typeof entry.name === 'string' &&
    DTYPES.includes(entry.dtype) &&
    sizes.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    entry.length > 0 &&
    entry.length % ALIGNMENT === 0
  );
}
