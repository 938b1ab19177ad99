import { checkSignaturePortable, type SignatureCheck } from '../../chain/block/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  isHash,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';

/** What a contributor signs (docs/formats/submission.md). Members are named as in JSON. */
export interface SubmissionStatement {
  readonly version: 1;
  readonly model: string;
  /** Hash of the release that was trained from. */
  readonly release: string;
  /** Hashes of the expert blocks, sorted. */
  readonly blocks: readonly string[];
  /** SHA-256 of the manifest's canonical JSON. */
  readonly manifest: string;
  /** Domains that are claimed to be better, sorted; none: only the whole. */
  readonly domains: readonly string[];
  /** Blocks of chain D that were trained on, sorted. */
  readonly datasets: readonly string[];
  /** Compressed secp256k1 key, hex: the author of every block, too. */
  readonly author: string;
  /** ms since the epoch. */
  readonly created_at: number;
}

const MEMBERS = 'author,blocks,created_at,datasets,domains,manifest,model,release,version';
const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const DOMAIN = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
/** Bounds of one submission. */
export const SUBMISSION_LIMITS = { blocks: 32, domains: 64, datasets: 64, manifestBytes: 4 << 20 } as const;

/** Reads a statement; `SUBMISSION_STATEMENT` names the member that is wrong. */
export function parseStatement(value: unknown): Result<SubmissionStatement> {
  const bad = (member: string) =>
    err(new CodedError('SUBMISSION_STATEMENT', `statement: ${member} is not valid`, { member }));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('statement');
  const given = value as Record<string, unknown>;
  if (Object.keys(given).sort().join() !== MEMBERS) return bad('its list of members');
  if (given.version !== 1) return bad('version');
  if (typeof given.model !== 'string' || !MODEL.test(given.model)) return bad('model');
  if (!isHash(given.release)) return bad('release');
  if (!isHash(given.manifest)) return bad('manifest');
  if (typeof given.author !== 'string' || !KEY.test(given.author)) return bad('author');
  if (!Number.isSafeInteger(given.created_at) || (given.created_at as number) < 0) return bad('created_at');
  const { blocks, domains, datasets } = SUBMISSION_LIMITS;
  if (!isSortedSet(given.blocks, isHash, 1, blocks)) return bad('blocks');
  if (!isSortedSet(given.domains, (name) => DOMAIN.test(String(name)), 0, domains)) return bad('domains');
  if (!isSortedSet(given.datasets, isHash, 0, datasets)) return bad('datasets');
  return ok(given as unknown as SubmissionStatement);
}

/** The hash of a statement: what is signed, logged, and what the submission's id is made of. */
export function statementHash(statement: SubmissionStatement): string {
  return hashJson(statement as unknown as Json);
}

/** The id of a submission: the same statement is the same submission. */
export function submissionId(statement: SubmissionStatement): string {
  return `submission_${statementHash(statement).slice(0, 32)}`;
}

/** The bytes that are signed. */
export function statementBytes(statement: SubmissionStatement): Uint8Array {
  return utf8ToBytes(canonicalJson(statement as unknown as Json));
}

/** `SUBMISSION_SIGNATURE`: the statement is signed by the key it names as its author (ECDSA over SHA-256, compact, low S). */
export function checkStatementSignature(
  statement: SubmissionStatement,
  signature: string,
  check: SignatureCheck = checkSignaturePortable,
): Result<void> {
  if (SIGNATURE.test(signature) && check(statement.author, statementBytes(statement), signature)) return ok();
  const message = 'the signature is not one of the statement by its author';
  return err(new CodedError('SUBMISSION_SIGNATURE', message, { author: statement.author }));
}

function isSortedSet(value: unknown, fits: (item: unknown) => boolean, least: number, most: number): boolean {
  if (!Array.isArray(value) || value.length < least || value.length > most) return false;
  const items = value as unknown[];
  return items.every(
    (item, i) => typeof item === 'string' && fits(item) && (i === 0 || (items[i - 1] as string) < item),
  );
}
