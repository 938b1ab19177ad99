import { CodedError } from '../common/index.js';

const DEEPEST = 64;
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

/**
 * Reads a JSON request body. Refusals are thrown: JSON_INVALID_UTF8, JSON_INVALID, JSON_TOO_DEEP, JSON_LONE_SURROGATE,
 * JSON_FORBIDDEN_KEY. An empty body is `undefined`.
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw refuse('JSON_INVALID', `The body is not valid JSON: ${(thrown as Error).message}`);
  }
  inspect(value, SURROGATE_ESCAPE.test(text));
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('JSON_INVALID_UTF8', 'The body is not valid UTF-8.');
  }
}

/** Walks without recursion, so that depth is refused here and never overflows a stack elsewhere. */
function inspect(value: unknown, mayHoldSurrogates: boolean): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) throw refuse('JSON_TOO_DEEP', `The body nests deeper than ${DEEPEST} levels.`);
    const below: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'string' && mayHoldSurrogates && !item.isWellFormed()) {
        throw refuse('JSON_LONE_SURROGATE', 'A text in the body holds half of a surrogate pair.');
      }
      if (typeof item === 'object' && item !== null) collect(item, below, mayHoldSurrogates);
    }
    level = below;
  }
}

function collect(parent: object, into: unknown[], mayHoldSurrogates: boolean): void {
  if (Array.isArray(parent)) {
    for (const item of parent) into.push(item);
    return;
  }
  for (const [key, item] of Object.entries(parent)) {
    if (key === '__proto__') throw refuse('JSON_FORBIDDEN_KEY', 'The key "__proto__" is not allowed.');
    if (mayHoldSurrogates) into.push(key);
    into.push(item);
  }
}

function refuse(code: string, message: string): CodedError {
  return new CodedError(code, message, {}, 400);
}
