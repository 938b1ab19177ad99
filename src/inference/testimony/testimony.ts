import {
  bytesToHex,
  canonicalJson,
  CodedError,
  err,
  hexToBytes,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import type { Ed25519Check } from '../../common/ed25519.js';
import type { TestimonyQuestion } from './question.js';

/** All that digests as hex and values as base64 are written with. */
const ROW = /^[A-Za-z0-9+/=]*$/;

/**
 * Version 1 had all operators of the last layer at every position: nodes of both kinds would seem to contradict themselves to each other.
 */
const VERSION = 2;

/** What a node says about one question, signed with the key that signed the receipt (docs/formats/dispute.md). */
export interface Testimony {
  readonly version: typeof VERSION;
  /** Id of the receipt. */
  readonly receipt: string;
  readonly question: TestimonyQuestion;
  /** One per token or position: digests as hex, or float32 as base64. */
  readonly rows: readonly string[];
  /** Ed25519 key, 64 hex digits. */
  readonly node: string;
  /** Ed25519 over the canonical JSON without `signature`, 128 hex digits. */
  readonly signature: string;
}

/** An Ed25519 signer: the node's receipt key. */
export interface TestimonySigner {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** Signs what a node says. */
export function signTestimony(
  receipt: string,
  question: TestimonyQuestion,
  rows: readonly string[],
  signer: TestimonySigner,
): Testimony {
  const unsigned = { version: VERSION, receipt, question, rows, node: bytesToHex(signer.publicKey) } as const;
  return { ...unsigned, signature: bytesToHex(signer.sign(messageOf(unsigned))) };
}

/**
 * The rows of untrusted JSON, if it is the testimony to that question about that receipt, signed by the node that signed the
 * receipt. Refuses with `TESTIMONY_INVALID`: nobody stands for it, so nobody is to be blamed for it.
 */
export function readTestimony(
  value: unknown,
  asked: { readonly receipt: string; readonly node: string; readonly question: TestimonyQuestion },
  check: Ed25519Check,
): Result<readonly string[]> {
  const { version, receipt, question, rows, node, signature } = isRecord(value) ? value : {};
  if (version !== VERSION)
    return invalid(`it is no testimony of version ${VERSION}: its node may be of another build`);
  if (receipt !== asked.receipt || !sameQuestion(question, asked.question))
    return invalid('it is about something else');
  const count = asked.question.end - asked.question.first;
  if (!Array.isArray(rows) || rows.length !== count || !rows.every((row) => typeof row === 'string'))
    return invalid(`it does not have ${count} rows`);
  if (!rows.every((row) => ROW.test(row))) return invalid('its rows are neither hex nor base64');
  if (node !== asked.node) return invalid('the key of its node is not that of the receipt');
  const unsigned = {
    version,
    receipt: asked.receipt,
    question: asked.question,
    rows,
    node: asked.node,
  } as const;
  const signed =
    typeof signature === 'string' &&
    /^[0-9a-f]{128}$/.test(signature) &&
    check(hexToBytes(signature), messageOf(unsigned), hexToBytes(asked.node));
  return signed ? ok(rows) : invalid('its signature does not match');
}

function messageOf(unsigned: Omit<Testimony, 'signature'>): Uint8Array {
  return utf8ToBytes(canonicalJson(unsigned as unknown as Json));
}

function sameQuestion(given: unknown, asked: TestimonyQuestion): boolean {
  if (!isRecord(given)) return false;
  const members = Object.entries(asked);
  return (
    Object.keys(given).length === members.length && members.every(([name, part]) => given[name] === part)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(detail: string): Result<never> {
  return err(new CodedError('TESTIMONY_INVALID', `what the node answered cannot be used: ${detail}`));
}
