import { canonicalJson, isHash, type Json } from '../../common/index.js';
import { documentOf } from '../../datasets/jsonl/index.js';
import type { Beacon } from '../beacon/beacon.js';
import type { DrawnIndexes, SkippedExample } from './sealed-draw.js';
import {
  isSalt,
  parseCommitment,
  SEALED_LIMITS,
  type OpenedExample,
  type SealedCommitment,
} from './sealed-set.js';
import type { SealedDraw } from './sealed-store.js';

/** A leaf of the log with its way to the beacon's root. Members are named as in JSON. */
export interface ProvenLeaf {
  readonly index: number;
  /** Its exact text. */
  readonly leaf: string;
  /** Hashes from the leaf upwards, 64 hex digits each. */
  readonly path: readonly string[];
}

/** What is read of a verdict, or of the effect of a removal, to check the examples it rests on. */
export interface SealedVerdict {
  readonly model: string;
  readonly beacon: Beacon;
  readonly examples: {
    readonly set: string;
    readonly drawn: DrawnIndexes;
    readonly skipped: readonly SkippedExample[];
    readonly more: Readonly<Record<string, number>>;
    readonly hash: string;
  };
}

/** All that shows which examples a verdict rests on, and that they were committed to before (docs/formats/sealed-set.md). */
export interface SealedEvidence {
  readonly version: 1;
  /** Id of the submission or of the removal. */
  readonly subject: string;
  /** The whole verdict, or the effect of the removal. */
  readonly verdict: SealedVerdict;
  readonly commitment: SealedCommitment;
  readonly log: {
    /** Entry `learning.sealed` of the commitment. */
    readonly set: ProvenLeaf;
    /** Entry of the submission or of the removal. */
    readonly subject: ProvenLeaf;
    /** The random number behind it. */
    readonly nonce: ProvenLeaf;
  };
  /** Every draw from the set, oldest first, up to the last one for this subject. */
  readonly draws: readonly SealedDraw[];
  /** Exactly the examples that were judged by. */
  readonly examples: readonly OpenedExample[];
}

/** Draws that evidence tells of at most, and hashes from a leaf to a root. */
const MOST_DRAWS = 8_192;
const LONGEST_PATH = 64;

type Members = Readonly<Record<string, unknown>>;

/** Reads evidence that nobody vouches for; null where it is none. What it says is checked by `verifySealed`. */
export function parseSealedEvidence(value: unknown): SealedEvidence | null {
  const { version, subject, verdict, commitment, log, draws, examples } = membersOf(value);
  const committed = parseCommitment(commitment);
  const isWhole =
    version === 1 &&
    typeof subject === 'string' &&
    isVerdict(verdict) &&
    committed.ok &&
    ['set', 'subject', 'nonce'].every((name) => isLeaf(membersOf(log)[name])) &&
    isList(draws, MOST_DRAWS, isDraw) &&
    isList(examples, 2 * SEALED_LIMITS.drawn, isOpened);
  return isWhole ? (value as SealedEvidence) : null;
}

function isVerdict(value: unknown): boolean {
  const { model, beacon, examples } = membersOf(value);
  const { submission_index: at, nonce_index: nonce, size, root } = membersOf(beacon);
  const { set, drawn, skipped, more, hash } = membersOf(examples);
  return (
    typeof model === 'string' &&
    [at, nonce, size].every(isPlace) &&
    [root, set, hash].every(isHash) &&
    isDrawn(drawn) &&
    isList(skipped, SEALED_LIMITS.examples, isSkipped) &&
    isObject(more) &&
    Object.values(more).every(isPlace)
  );
}

function isDraw(value: unknown): boolean {
  const { subject, round, beacon, drawn, skipped } = membersOf(value);
  return (
    typeof subject === 'string' &&
    isPlace(round) &&
    isHash(beacon) &&
    isDrawn(drawn) &&
    isList(skipped, SEALED_LIMITS.examples, isSkipped)
  );
}

function isDrawn(value: unknown): boolean {
  const lists = Object.values(membersOf(value));
  return (
    isObject(value) &&
    lists.length <= SEALED_LIMITS.domains &&
    lists.every((list) => isList(list, SEALED_LIMITS.examples, isPlace))
  );
}

function isSkipped(value: unknown): boolean {
  const { index, in: where } = membersOf(value);
  return isPlace(index) && typeof where === 'string';
}

function isOpened(value: unknown): boolean {
  const { index, domain, content, salt, path } = membersOf(value);
  const { form, ...members } = membersOf(content);
  const document = documentOf(members as Json, 1);
  return (
    isPlace(index) &&
    typeof domain === 'string' &&
    isSalt(salt) &&
    isList(path, LONGEST_PATH, isHash) &&
    document.ok &&
    document.value.content.form === form &&
    // Nothing beside what is hashed.
    canonicalJson(document.value.content as unknown as Json) === canonicalJson(content as Json)
  );
}

function isLeaf(value: unknown): boolean {
  const { index, leaf, path } = membersOf(value);
  return isPlace(index) && typeof leaf === 'string' && isList(path, LONGEST_PATH, isHash);
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isList(value: unknown, most: number, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= most && value.every((item) => isOne(item));
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

function membersOf(value: unknown): Members {
  return isObject(value) ? value : {};
}
