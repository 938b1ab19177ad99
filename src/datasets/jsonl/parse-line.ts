import type { Json } from '../../common/canonical-json.js';
import { ok, type Result } from '../../common/result.js';
import type { Line } from './lines.js';
import { lineRefused } from './refusal.js';

const [QUOTE, BACKSLASH, TAB, CARRIAGE_RETURN, SPACE] = [0x22, 0x5c, 0x09, 0x0d, 0x20];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
/** Beginnings of files that say how they are encoded: UTF-8, UTF-16 in both orders. */
const BYTE_ORDER_MARKS = [
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/**
 * The JSON value of a line. What is wrong is found on the bytes, before anything is decoded or parsed: `DATASET_BOM`,
 * `DATASET_BINARY`, `DATASET_NESTING`; then `DATASET_UTF8` and `DATASET_JSON`.
 */
export function parseLine({ number, bytes }: Line, depth: number): Result<Json> {
  if (BYTE_ORDER_MARKS.some((mark) => mark.every((byte, i) => bytes[i] === byte)))
    return lineRefused('BOM', number, 'begins with a byte order mark; the file must be UTF-8 without one');
  const problem = problemIn(bytes, depth);
  if (problem === 'binary') return lineRefused('BINARY', number, 'holds control bytes: it is no text');
  if (problem === 'deep') return lineRefused('NESTING', number, `is nested more than ${depth} deep`);
  const text = decoded(bytes);
  if (text === null) return lineRefused('UTF8', number, 'is not valid UTF-8');
  try {
    return ok(JSON.parse(text) as Json);
  } catch {
    return lineRefused('JSON', number, 'is not JSON');
  }
}

function problemIn(bytes: Uint8Array, most: number): 'binary' | 'deep' | null {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte < SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return 'binary';
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (OPENING.has(byte) && ++depth > most) return 'deep';
    else if (CLOSING.has(byte)) depth--;
  }
  return null;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
