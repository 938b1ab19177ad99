import { CodedError, err, ok, type Result } from '../../../common/index.js';

/** What a routing trace says before its records; docs/formats/routing-trace.md. */
export interface TraceHeader {
  /** Hash of the release, or a name for what no release made. */
  readonly release: string;
  readonly layers: number;
  /** Experts per layer. */
  readonly experts: number;
  readonly expertsPerToken: number;
  /** Bytes of the largest expert. */
  readonly expertBytes: number;
  /** Whether records hold predictions too. */
  readonly predictions: boolean;
  /** Passes that came before the first record and were not kept. */
  readonly skipped: number;
}

/** Which experts each pass used, layer by layer. */
export interface RoutingTrace {
  readonly header: TraceHeader;
  /** Passes. */
  readonly steps: number;
  /** `recordBytes(header)` bytes per pass. */
  readonly records: Uint8Array;
}

const MAGIC = 'STEMMART';
const VERSION = 1;
/** Magic, version and length of the header. */
const PREFIX_BYTES = 16;
const LONGEST_HEADER = 1 << 16;
/** Bytes of a record before its sets: rows of the batch, u16. */
const ROWS_BYTES = 2;
const LIMITS = { layers: 1024, experts: 4096 } as const;

/** Bytes of a set of experts of one layer: one bit each. */
export function setBytes({ experts }: TraceHeader): number {
  return Math.ceil(experts / 8);
}

/** Bytes of one record: rows, then per layer the set that was used and, with predictions, the set foretold. */
export function recordBytes(header: TraceHeader): number {
  return ROWS_BYTES + header.layers * setBytes(header) * (header.predictions ? 2 : 1);
}

/** Where in its record the set of a layer begins. */
export function setOffset(header: TraceHeader, layer: number, kind: 'used' | 'predicted'): number {
  return ROWS_BYTES + (layer + (kind === 'predicted' ? header.layers : 0)) * setBytes(header);
}

/** Rows of a pass. */
export function rowsOf({ header, records }: RoutingTrace, step: number): number {
  const at = step * recordBytes(header);
  return records[at] + records[at + 1] * 256;
}

/** The experts of one set, ascending. */
export function expertsOf(
  trace: RoutingTrace,
  step: number,
  layer: number,
  kind: 'used' | 'predicted',
): number[] {
  const { header, records } = trace;
  const start = step * recordBytes(header) + setOffset(header, layer, kind);
  const experts: number[] = [];
  for (let expert = 0; expert < header.experts; expert++) {
    if ((records[start + (expert >> 3)] >> (expert & 7)) & 1) experts.push(expert);
  }
  return experts;
}

/** Adds an expert to the set that begins at `start`. */
export function addToSet(records: Uint8Array, start: number, expert: number): void {
  records[start + (expert >> 3)] |= 1 << (expert & 7);
}

/** The bytes of a trace file. */
export function encodeTrace({ header, records }: RoutingTrace): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(writeHeader(header)));
  const bytes = new Uint8Array(PREFIX_BYTES + json.length + records.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, VERSION, true);
  view.setUint32(12, json.length, true);
  bytes.set(json, PREFIX_BYTES);
  bytes.set(records, PREFIX_BYTES + json.length);
  return bytes;
}

/** A trace out of a file's bytes; refuses with `TRACE_INVALID` what is cut, of another version or out of range. */
export function decodeTrace(bytes: Uint8Array): Result<RoutingTrace> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length < PREFIX_BYTES ? '' : new TextDecoder('latin1').decode(bytes.subarray(0, 8));
  if (magic !== MAGIC) return invalid('it does not begin as a routing trace does');
  if (view.getUint32(8, true) !== VERSION) return invalid(`version ${view.getUint32(8, true)} is not known`);
  const length = view.getUint32(12, true);
  if (length > LONGEST_HEADER || PREFIX_BYTES + length > bytes.length) return invalid('its header is cut');
  const header = readHeader(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length)));
  if (!header.ok) return header;
  const records = bytes.subarray(PREFIX_BYTES + length);
  const steps = records.length / recordBytes(header.value);
  if (!Number.isInteger(steps) || steps === 0) return invalid('it holds no whole number of records');
  return ok({ header: header.value, steps, records });
}

function writeHeader({ expertsPerToken, expertBytes, ...rest }: TraceHeader): object {
  return { ...rest, experts_per_token: expertsPerToken, expert_bytes: expertBytes };
}

function readHeader(text: string): Result<TraceHeader> {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = Object(JSON.parse(text)) as typeof value;
  } catch {
    return invalid('its header is no JSON');
  }
  const { release, layers, experts, predictions, skipped } = value;
  const { experts_per_token: expertsPerToken, expert_bytes: expertBytes } = value;
  const right =
    typeof release === 'string' &&
    release.length <= 128 &&
    typeof predictions === 'boolean' &&
    whole(layers, 1, LIMITS.layers) &&
    whole(experts, 1, LIMITS.experts) &&
    whole(expertsPerToken, 1, experts) &&
    whole(expertBytes, 1, 2 ** 32) &&
    whole(skipped, 0, Number.MAX_SAFE_INTEGER);
  if (!right) return invalid('a field of its header is absent or out of range');
  return ok({ release, layers, experts, expertsPerToken, expertBytes, predictions, skipped });
}

function whole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function invalid(why: string): Result<never> {
  return err(new CodedError('TRACE_INVALID', `this is no routing trace that can be replayed: ${why}`));
}
