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

/** What a contributor signs to join a round. Members are named as in JSON. */
export interface JoinStatement {
  readonly version: 1;
  readonly kind: 'join';
  readonly round: string;
  /** Compressed secp256k1 key, hex. */
  readonly author: string;
}

/** What a contributor signs to commit to an update. */
export interface CommitStatement extends Omit<JoinStatement, 'kind'> {
  readonly kind: 'commit';
  /** See `commitmentOf`. */
  readonly commitment: string;
}

/** Either of both. */
export type RoundStatement = JoinStatement | CommitStatement;

const ROUND = /^round_[0-9a-f]{32}$/;
const KEY = /^0[23][0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;
const MEMBERS = {
  join: 'author,kind,round,version',
  commit: 'author,commitment,kind,round,version',
} as const;

/**
 * What stands for an update until it is shown. Its author and its round are in it, so that nobody can commit to what somebody else has
 * committed to, and show the same once that one has shown it.
 * @param update SHA-256 of the compressed update
 */
export function commitmentOf(round: string, author: string, update: string): string {
  return hashJson({ version: 1, round, author, update });
}

/**
 * The seed of a member's training, of the terms' seed and its key: members with the same data learn it in different orders, so that no two
 * honest updates are the same.
 */
export function memberSeed(seed: string, round: string, author: string): string {
  return hashJson({ version: 1, seed, round, author });
}

/** The bytes that are signed. */
export function roundStatementBytes(statement: RoundStatement): Uint8Array {
  return utf8ToBytes(canonicalJson(statement as unknown as Json));
}

/**
 * Reads a statement of that kind about that round: `ROUND_STATEMENT` names the member that is wrong, `ROUND_SIGNATURE` that its author did
 * not sign it (ECDSA over SHA-256, compact, low S).
 */
export function readRoundStatement<K extends RoundStatement['kind']>(
  kind: K,
  round: string,
  { statement, signature }: { readonly statement: unknown; readonly signature: string },
  check: SignatureCheck = checkSignaturePortable,
): Result<Extract<RoundStatement, { kind: K }>> {
  const wrong = problemIn(kind, round, statement);
  if (wrong !== null)
    return err(new CodedError('ROUND_STATEMENT', `statement: ${wrong} is not valid`, { member: wrong }));
  const found = statement as Extract<RoundStatement, { kind: K }>;
  if (SIGNATURE.test(signature) && check(found.author, roundStatementBytes(found), signature))
    return ok(found);
  const message = 'the signature is not one of the statement by its author';
  return err(new CodedError('ROUND_SIGNATURE', message, { author: found.author }));
}

function problemIn(kind: RoundStatement['kind'], round: string, value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'statement';
  const given = value as Record<string, unknown>;
  if (Object.keys(given).sort().join() !== MEMBERS[kind]) return 'its list of members';
  if (given.version !== 1) return 'version';
  if (given.kind !== kind) return 'kind';
  if (given.round !== round || !ROUND.test(round)) return 'round';
  if (typeof given.author !== 'string' || !KEY.test(given.author)) return 'author';
  return kind === 'commit' && !isHash(given.commitment) ? 'commitment' : null;
}
