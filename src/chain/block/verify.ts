import { CodedError } from '../../common/errors.js';
import { bytesToHex, sha256Bytes, type Sha256 } from '../../common/hash.js';
import { err, ok, type Result } from '../../common/result.js';
import { encodeHeader } from './codec.js';
import type { BlockHeader } from './header.js';
import { checkShape } from './shape.js';
import { checkSignaturePortable, type SignatureCheck } from './signature.js';
import { leadingZeroBits } from './work.js';

/** What `verifyHeader` may be told beyond the header. */
export interface HeaderExpectations {
  /** The name under which the header was found, if any. */
  readonly hash?: string;
  /** Leading zero bits asked for; 0 by default. */
  readonly difficulty?: number;
  readonly sha256?: Sha256;
  readonly checkSignature?: SignatureCheck;
}

/** A header whose own claims hold, with its name. */
export interface VerifiedHeader {
  readonly hash: string;
  readonly header: BlockHeader;
}

/**
 * Everything that can be said of a header alone: shape → hash → signature → proof of work. Refusals: `BLOCK_SHAPE`,
 * `BLOCK_METADATA_SIZE`, `BLOCK_HASH`, `BLOCK_SIGNATURE`, `BLOCK_WORK`.
 */
export function verifyHeader(value: unknown, expected: HeaderExpectations = {}): Result<VerifiedHeader> {
  const shaped = checkShape(value);
  if (!shaped.ok) return shaped;
  const header = shaped.value;
  const message = encodeHeader(header);
  const hash = bytesToHex((expected.sha256 ?? sha256Bytes)(message));
  if (expected.hash !== undefined && expected.hash !== hash) return err(wrongHash(expected.hash, hash));
  const checkSignature = expected.checkSignature ?? checkSignaturePortable;
  if (!checkSignature(header.miner_pub, message, header.signature)) return err(wrongSignature(hash));
  const difficulty = expected.difficulty ?? 0;
  if (leadingZeroBits(hash) < difficulty) return err(tooLittleWork(hash, difficulty));
  return ok({ hash, header });
}

/** The refusal of a header that does not hash to its name. */
export function wrongHash(claimed: string, actual: string): CodedError {
  return new CodedError('BLOCK_HASH', `The header hashes to ${actual}, not to ${claimed}.`, {
    claimed,
    actual,
  });
}

/** The refusal of a header whose signature is not its author's. */
export function wrongSignature(block: string): CodedError {
  return new CodedError(
    'BLOCK_SIGNATURE',
    `The signature of block ${block} is not a low-S signature by its miner_pub.`,
    { block },
  );
}

/** The refusal of a header with too few leading zero bits. */
export function tooLittleWork(block: string, difficulty: number): CodedError {
  const found = leadingZeroBits(block);
  return new CodedError(
    'BLOCK_WORK',
    `Block ${block} has ${found} leading zero bits; ${difficulty} are asked for.`,
    {
      block,
      found,
      difficulty,
    },
  );
}
