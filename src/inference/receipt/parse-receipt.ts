import { CodedError, err, isHash, ok, type Result } from '../../common/index.js';
import { isConstraint } from '../constraints/index.js';
import { isLogitBias } from '../sampler/index.js';
import { RECEIPT_VERSION, TOKENS_PER_COMMITMENT, type Receipt, type ReceiptEvidence } from './receipt.js';

const ID = /^rcpt_[0-9a-f]{32}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
const MAX_EXPERTS = 65_536;
const MAX_TOKENS = 1 << 24;
const FINISH = ['stop', 'length', 'cancelled'];

type Check = (value: unknown) => boolean;

const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const finite: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const text: Check = (value) => typeof value === 'string' && value.isWellFormed();
const token: Check = (value) => count(value) && (value as number) < 2 ** 32;

const parameters = record({
  max_tokens: count,
  temperature: finite,
  top_p: finite,
  top_k: count,
  min_p: finite,
  repetition_penalty: finite,
  presence_penalty: finite,
  frequency_penalty: finite,
});

const printable: Check = (value) => typeof value === 'string' && /^[\x20-\x7e]{1,128}$/.test(value);
const LANE = ['exact', 'backend', 'device'] as const;

const receipt = record({
  version: (value) => value === RECEIPT_VERSION,
  id: (value) => typeof value === 'string' && ID.test(value),
  release: isHash,
  kernel: isHash,
  request: record({ salted_hash: isHash, parameters, seed: count }),
  exact: optional((value) => value === false),
  backend: optional(printable),
  device: optional(printable),
  experts: list(record({ name: text, block: isHash, tokens: count }), MAX_EXPERTS),
  output: record({
    tokens: (value) => count(value) && (value as number) <= MAX_TOKENS,
    tokens_hash: isHash,
    text_hash: isHash,
    finish: (value) => FINISH.includes(value as string),
  }),
  commitments: list(isHash, MAX_TOKENS / TOKENS_PER_COMMITMENT),
  started_at: count,
  finished_at: count,
  node: isHash,
  signature: (value) => typeof value === 'string' && SIGNATURE.test(value),
});

const evidence = record({
  salt: isHash,
  prompt_ids: list(token, MAX_TOKENS),
  output_ids: list(token, MAX_TOKENS),
  stop: list(text, 16),
  logit_bias: optional(isLogitBias),
  constraint: optional(isConstraint),
  text,
  prompt_text: text,
});

/**
 * Reads a receipt from untrusted JSON. Every field must be there, of its type and within bounds, and none besides.
 * Refuses with `RECEIPT_SHAPE`.
 */
export function parseReceipt(value: unknown): Result<Receipt> {
  const wrong = receipt.wrong(value, 'receipt');
  if (wrong !== null) return shapeError(wrong);
  const parsed = value as Receipt;
  const lane = LANE.filter((member) => parsed[member] !== undefined);
  if (lane.length !== 0 && lane.length !== LANE.length) return shapeError('receipt.exact');
  const expected = Math.ceil(parsed.output.tokens / TOKENS_PER_COMMITMENT);
  if (parsed.commitments.length !== expected) return shapeError('receipt.commitments');
  return ok(parsed);
}

/** Reads the private part of a receipt from untrusted JSON; refuses with `RECEIPT_SHAPE`. */
export function parseEvidence(value: unknown): Result<ReceiptEvidence> {
  const wrong = evidence.wrong(value, 'evidence');
  return wrong === null ? ok(value as ReceiptEvidence) : shapeError(wrong);
}

function shapeError(path: string): Result<never> {
  return err(
    new CodedError('RECEIPT_SHAPE', `${path} is missing, unknown or not what the format says`, { path }),
  );
}

/** A field that may be left out. */
function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

interface Shape {
  /** The path of the first thing that is wrong, or null. */
  wrong(value: unknown, path: string): string | null;
}

function record(fields: Record<string, Check | Shape>): Shape {
  return {
    wrong(value, path) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return path;
      const unknown = Object.keys(value).find((key) => !Object.hasOwn(fields, key));
      if (unknown !== undefined) return `${path}.${unknown}`;
      for (const [name, field] of Object.entries(fields)) {
        const wrong = wrongPart(field, (value as Record<string, unknown>)[name], `${path}.${name}`);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  };
}

function list(item: Check | Shape, maximum: number): Shape {
  return {
    wrong(value, path) {
      if (!Array.isArray(value) || value.length > maximum) return path;
      for (let i = 0; i < value.length; i++) {
        const wrong = wrongPart(item, value[i], `${path}[${i}]`);
        if (wrong !== null) return wrong;
      }
      return null;
    },
  };
}

function wrongPart(check: Check | Shape, value: unknown, path: string): string | null {
  if (typeof check === 'function') return check(value) ? null : path;
  return check.wrong(value, path);
}
