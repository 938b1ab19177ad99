import {
  bytesToHex,
  CodedError,
  concatBytes,
  err,
  hexToBytes,
  isHash,
  ok,
  utf8ToBytes,
  type Result,
} from '../../common/index.js';
import type { EndOpening, OpenedExample, Opening, UpdateOpening } from './opening.js';

/** Bounds of an opening that comes from outside. */
export const OPENING_LIMITS = {
  /** The whole of it: 1 GiB. */
  bytes: 2 ** 30,
  /** What describes it. */
  headerBytes: 2 ** 26,
  updates: 64,
  /** Documents of one update. */
  examples: 2 ** 16,
  /** Hashes from a leaf to the root. */
  path: 32,
} as const;

const WORD = 4;
const VERSION = 1;

interface ExampleHeader {
  readonly index: number;
  readonly tokens: number;
  readonly first_target: number;
  readonly path: readonly string[];
}

/** What describes an opening; its members are named as in JSON. */
export interface OpeningHeader {
  readonly version: number;
  readonly updates: readonly {
    readonly step: number;
    readonly values: number;
    readonly examples: readonly ExampleHeader[];
  }[];
  readonly end: { readonly values: number; readonly moments: readonly string[] };
}

/** An opening as it is sent (docs/formats/opening.md): length of the header, header, then states, tokens and the values at the end. */
export function encodeOpening({ updates, end }: Opening): Uint8Array {
  const header: OpeningHeader = {
    version: VERSION,
    updates: updates.map(({ step, state, examples }) => ({
      ...{ step, values: state.length },
      examples: examples.map(({ index, ids, firstTarget, path }) => ({
        ...{ index, tokens: ids.length, first_target: firstTarget },
        path: path.map((hash) => bytesToHex(hash)),
      })),
    })),
    end: { values: end.values.length, moments: end.moments.map((hash) => bytesToHex(hash)) },
  };
  const text = utf8ToBytes(JSON.stringify(header));
  const length = new Uint8Array(WORD);
  new DataView(length.buffer).setUint32(0, text.length, true);
  const bodies = updates.flatMap(({ state, examples }) => [
    bytesOf(state),
    ...examples.map(({ ids }) => bytesOf(Uint32Array.from(ids))),
  ]);
  return concatBytes(length, text, ...bodies, bytesOf(end.values));
}

/** Reads an opening; `OPENING_FORM` where it is none. What it says is checked by the audit. */
export function decodeOpening(bytes: Uint8Array): Result<Opening> {
  const header = openingHeader(bytes);
  if (header === null) return bad('its header cannot be read');
  const words = new Words(bytes, header.end);
  const updates: UpdateOpening[] = [];
  for (const { step, values, examples: described } of header.value.updates) {
    const state = words.floats(values);
    const examples: OpenedExample[] = [];
    for (const { index, tokens, first_target: firstTarget, path } of described) {
      const ids = words.integers(tokens);
      if (ids !== null)
        examples.push({ index, ids, firstTarget, path: path.map((hash) => hexToBytes(hash)) });
    }
    if (state === null || examples.length < described.length) return bad('it is shorter than it says');
    updates.push({ step, state, examples });
  }
  const values = words.floats(header.value.end.values);
  if (values === null || !words.isAtEnd) return bad('it is not as long as it says');
  const end: EndOpening = { values, moments: header.value.end.moments.map((hash) => hexToBytes(hash)) };
  return ok({ updates, end });
}

/** 32-bit words from a place on; null beyond the end. */
class Words {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  floats(count: number): Float32Array | null {
    const taken = this.take(count);
    return taken === null ? null : new Float32Array(taken);
  }

  integers(count: number): number[] | null {
    const taken = this.take(count);
    return taken === null ? null : [...new Uint32Array(taken)];
  }

  /** A copy begins where such words may. */
  private take(count: number): ArrayBuffer | null {
    const end = this.at + count * WORD;
    if (end > this.bytes.length) return null;
    const copy = Uint8Array.from(this.bytes.subarray(this.at, end)).buffer;
    this.at = end;
    return copy;
  }
}

/** What an opening begins with, and where that ends; null where it is no opening. */
export function openingHeader(
  bytes: Uint8Array,
): { readonly value: OpeningHeader; readonly end: number } | null {
  if (bytes.length < WORD) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, WORD).getUint32(0, true);
  const end = WORD + length;
  if (length > OPENING_LIMITS.headerBytes || end > bytes.length) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(WORD, end)));
    return isHeader(value) ? { value, end } : null;
  } catch {
    return null;
  }
}

function isHeader(value: unknown): value is OpeningHeader {
  const { version, updates, end } = record(value);
  const { values, moments } = record(end);
  return (
    version === VERSION &&
    isList(updates, OPENING_LIMITS.updates, isUpdate) &&
    isCount(values) &&
    isList(moments, OPENING_LIMITS.headerBytes, isHash)
  );
}

function isUpdate(value: unknown): boolean {
  const { step, values, examples } = record(value);
  return isCount(step) && isCount(values) && isList(examples, OPENING_LIMITS.examples, isExample);
}

function isExample(value: unknown): boolean {
  const { index, tokens, first_target: firstTarget, path } = record(value);
  return [index, tokens, firstTarget].every(isCount) && isList(path, OPENING_LIMITS.path, isHash);
}

function isList(value: unknown, most: number, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && (value as unknown[]).every(fits);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= OPENING_LIMITS.bytes;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function bad(detail: string): Result<never> {
  return err(new CodedError('OPENING_FORM', `this is no opening: ${detail}`));
}
