import { CodedError, err, ok, type ErrorFacts, type Result } from '../../common/index.js';
import { parseGuardedJson } from './json-guard.js';

/** Bytes per element of every dtype the safetensors format knows. */
const DTYPE_BYTES: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** The largest header the reference implementation reads, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Length of the header's own length field, in bytes. */
export const LENGTH_FIELD_BYTES = 8;
const MAX_DIMENSIONS = 8;
const MAX_NESTING = 3;

/** One tensor as the header describes it. */
export interface TensorRecord {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte, counted from the start of the data section. */
  readonly begin: number;
  /** First byte after the tensor. */
  readonly end: number;
}

/**
 * Parses and checks the JSON header of a safetensors file (format of huggingface/safetensors): every tensor's dtype,
 * shape and byte range agree, ranges touch each other without overlap or gap, and together they are the data section.
 * @param header the JSON bytes alone  @param dataBytes length of everything after the header  @param file for messages
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  dataBytes: number,
  file: string,
): Result<readonly TensorRecord[]> {
  const parsed = parseGuardedJson(header, { code: 'SAFETENSORS_HEADER', what: file, maxDepth: MAX_NESTING });
  if (!parsed.ok) return parsed;
  if (!isRecord(parsed.value)) return refuse('SAFETENSORS_HEADER', file, 'the header is not a JSON object');
  const tensors: TensorRecord[] = [];
  for (const [name, entry] of Object.entries(parsed.value)) {
    if (name === '__metadata__') {
      if (!isTextMap(entry))
        return refuse('SAFETENSORS_HEADER', file, '__metadata__ is not a map of strings');
      continue;
    }
    const tensor = parseTensor(name, entry, file);
    if (!tensor.ok) return tensor;
    tensors.push(tensor.value);
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const covered = checkCoverage(tensors, dataBytes, file);
  return covered.ok ? ok(tensors) : covered;
}

function parseTensor(name: string, entry: unknown, file: string): Result<TensorRecord> {
  const bad = (why: string) =>
    refuse('SAFETENSORS_HEADER', file, `tensor ${JSON.stringify(name)}: ${why}`, { tensor: name });
  if (!isRecord(entry)) return bad('its description is not an object');
  const unknown = Object.keys(entry).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (unknown !== undefined) return bad(`unknown field ${JSON.stringify(unknown)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype))
    return bad(`unknown dtype ${JSON.stringify(dtype)}`);
  if (!isCountList(shape) || shape.length > MAX_DIMENSIONS)
    return bad('its shape is not a short list of sizes');
  if (!isCountList(offsets) || offsets.length !== 2) return bad('data_offsets are not two byte positions');
  const [begin, end] = offsets;
  const bytes = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
  if (!Number.isSafeInteger(bytes)) return bad('its shape is too large');
  if (end < begin || end - begin !== bytes) {
    return bad(`${dtype} [${shape.join(', ')}] takes ${bytes} bytes but data_offsets say ${end - begin}`);
  }
  return ok({ name, dtype, shape, begin, end });
}

function checkCoverage(sorted: readonly TensorRecord[], dataBytes: number, file: string): Result<void> {
  let covered = 0;
  for (const { name, begin, end } of sorted) {
    if (begin < covered)
      return refuse(
        'SAFETENSORS_OVERLAP',
        file,
        `tensor ${JSON.stringify(name)} overlaps the one before it`,
        { tensor: name },
      );
    if (begin > covered)
      return refuse(
        'SAFETENSORS_GAP',
        file,
        `bytes ${covered}..${begin} before tensor ${JSON.stringify(name)} belong to no tensor`,
        { tensor: name },
      );
    if (end > dataBytes)
      return refuse(
        'SAFETENSORS_TRUNCATED',
        file,
        `tensor ${JSON.stringify(name)} ends at byte ${end} of ${dataBytes}`,
        { tensor: name },
      );
    covered = end;
  }
  if (covered < dataBytes)
    return refuse('SAFETENSORS_GAP', file, `the last ${dataBytes - covered} bytes belong to no tensor`);
  return ok();
}

function refuse(code: string, file: string, why: string, facts: ErrorFacts = {}): Result<never> {
  return err(new CodedError(code, `${file}: ${why}`, { file, ...facts }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextMap(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
