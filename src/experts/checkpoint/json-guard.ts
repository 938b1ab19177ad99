import { CodedError, err, ok, type Result } from '../../common/index.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

/**
 * Parses JSON from outside. Refuses what `JSON.parse` lets through silently: nesting beyond `maxDepth`, a key that
 * occurs twice in one object, bytes that are not UTF-8. The refusal carries the given code and names `what`.
 */
export function parseGuardedJson(
  bytes: Uint8Array,
  guard: { readonly code: string; readonly what: string; readonly maxDepth: number },
): Result<unknown> {
  const refuse = (why: string) =>
    err(new CodedError(guard.code, `${guard.what}: ${why}`, { file: guard.what }));
  const depth = deepestNesting(bytes);
  if (depth > guard.maxDepth) return refuse(`nested ${depth} deep, allowed are ${guard.maxDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown;
  } catch {
    return refuse('not valid JSON in UTF-8');
  }
  const twice = firstRepeatedKey(bytes);
  return twice === null ? ok(value) : refuse(`the key ${JSON.stringify(twice)} occurs twice in one object`);
}

/** Checked before parsing, so that no depth of nesting costs more than one pass over the bytes. */
function deepestNesting(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (OPEN.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSE.has(byte)) depth--;
  }
  return deepest;
}

/** The text is known to be valid JSON here: a string followed by a colon is a key. */
function firstRepeatedKey(bytes: Uint8Array): string | null {
  const open: Set<string>[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (OPEN.has(byte)) open.push(new Set());
    else if (CLOSE.has(byte)) open.pop();
    else if (byte === QUOTE) {
      const end = endOfString(bytes, i);
      if (isFollowedByColon(bytes, end + 1)) {
        const key = JSON.parse(
          Buffer.from(bytes.buffer, bytes.byteOffset + i, end + 1 - i).toString(),
        ) as string;
        const keys = open[open.length - 1];
        if (keys.has(key)) return key;
        keys.add(key);
      }
      i = end;
    }
  }
  return null;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

function isFollowedByColon(bytes: Uint8Array, from: number): boolean {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x09 || bytes[i] === 0x0a || bytes[i] === 0x0d) i++;
  return bytes[i] === COLON;
}
