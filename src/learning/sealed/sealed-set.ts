import {
  canonicalJson,
  CodedError,
  concatBytes,
  err,
  hexToBytes,
  isHash,
  merkleLeafHash,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
  type Sha256,
} from '../../common/index.js';
import type { Content } from '../../datasets/jsonl/index.js';

/** What is made known of a sealed set before anything is judged by it (docs/formats/sealed-set.md). Members are named as in JSON. */
export interface SealedCommitment {
  readonly version: 1;
  readonly model: string;
  /** RFC 6962 root over the salted hashes of all examples, 64 hex digits. */
  readonly root: string;
  /** How many examples each domain has. They lie one domain after the other, by name. */
  readonly domains: Readonly<Record<string, number>>;
  /** How many examples are drawn from each domain at a time. */
  readonly draws: number;
  /** Tokens that an example has at most. */
  readonly context: number;
}

/** An example of a sealed set. */
export interface SealedExample {
  readonly domain: string;
  readonly content: Content;
  /** 32 random bytes in hex: without them nobody can find out by its hash whether a known document is in the set. */
  readonly salt: string;
}

/** An example that was drawn and judged by, with its way to the root. Members are named as in JSON. */
export interface OpenedExample extends SealedExample {
  /** Its place in the set, from 0. */
  readonly index: number;
  /** Hashes from the leaf upwards, 64 hex digits each. */
  readonly path: readonly string[];
}

/** Bounds of a sealed set. */
export const SEALED_LIMITS = {
  examples: 32_768,
  domains: 64,
  /** Its file. */
  bytes: 64 << 20,
  /** Examples of one draw, of all domains together. */
  drawn: 4_096,
  leastDraws: 8,
  mostDraws: 512,
} as const;

/** Examples that are drawn from each domain, where nothing else is said. */
export const USUAL_SEALED_DRAWS = 64;
/** Hex digits of a salt. */
const SALT = /^[0-9a-f]{64}$/;
const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const DOMAIN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Whether a text can be the name of a domain. */
export function isDomainName(name: unknown): name is string {
  return typeof name === 'string' && DOMAIN.test(name);
}

/** Whether a value can be the salt of an example. */
export function isSalt(salt: unknown): salt is string {
  return typeof salt === 'string' && SALT.test(salt);
}

/** The leaf of an example in the tree: RFC 6962 leaf hash of SHA-256(salt ‖ canonical JSON of `{content, domain}`). */
export function sealedLeaf({ domain, content, salt }: SealedExample, sha256: Sha256): Uint8Array {
  const text = canonicalJson({ content: content as unknown as Json, domain });
  return merkleLeafHash(sha256(concatBytes(hexToBytes(salt), utf8ToBytes(text))), sha256);
}

/** Where each domain lies: its first example, and the one behind its last. */
export function rangesOf({
  domains,
}: Pick<SealedCommitment, 'domains'>): ReadonlyMap<string, readonly [from: number, to: number]> {
  let from = 0;
  return new Map(
    Object.keys(domains)
      .sort()
      .map((name) => {
        const to = from + domains[name];
        const range = [name, [from, to]] as const;
        from = to;
        return range;
      }),
  );
}

/** Examples of all domains. */
export function sizeOf({ domains }: Pick<SealedCommitment, 'domains'>): number {
  return Object.values(domains).reduce((sum, count) => sum + count, 0);
}

/** Reads a commitment; `SEALED_SET_FORM`. A set has at least one draw of every domain. */
export function parseCommitment(value: unknown): Result<SealedCommitment> {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (Object.keys(given).sort().join() !== 'context,domains,draws,model,root,version')
    return badForm('has not exactly the members version, model, root, domains, draws and context');
  const { version, model, root, domains, draws, context } = given;
  if (version !== 1) return badForm('is of another version than 1');
  if (typeof model !== 'string' || !MODEL.test(model)) return badForm('names no model');
  if (!isHash(root)) return badForm('has a root that is no SHA-256');
  if (!isBetween(context, 2, 2 ** 24)) return badForm('has a context that is no number of tokens');
  if (!isBetween(draws, SEALED_LIMITS.leastDraws, SEALED_LIMITS.mostDraws))
    return badForm(`draws less than ${SEALED_LIMITS.leastDraws} or more than ${SEALED_LIMITS.mostDraws}`);
  if (typeof domains !== 'object' || domains === null || Array.isArray(domains))
    return badForm('has no domains');
  const counts = Object.entries(domains as Record<string, unknown>);
  if (counts.length === 0 || counts.length > SEALED_LIMITS.domains)
    return badForm(`has not one to ${SEALED_LIMITS.domains} domains`);
  const short = counts.find(([, count]) => !isBetween(count, draws, SEALED_LIMITS.examples));
  if (short !== undefined)
    return badForm(`has ${String(short[1])} examples of ${short[0]}, and draws ${draws} at a time`);
  const wrong = counts.find(([name]) => !isDomainName(name));
  if (wrong !== undefined) return badForm('has a domain whose name is none');
  const commitment = { version, model, root, domains, draws, context } as SealedCommitment;
  if (sizeOf(commitment) > SEALED_LIMITS.examples)
    return badForm(`has more than ${SEALED_LIMITS.examples} examples`);
  if (counts.length * draws > SEALED_LIMITS.drawn)
    return badForm(`draws more than ${SEALED_LIMITS.drawn} examples at a time`);
  return ok(commitment);
}

function isBetween(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function badForm(what: string): Result<never> {
  return err(new CodedError('SEALED_SET_FORM', `the sealed set ${what}`));
}
