import { concatBytes, type Sha256 } from '../../common/index.js';
import { digestLogits } from '../commitment/index.js';
import type { PositionTrace } from './plain-forward.js';

/** The digests of one position, three levels of one tree. */
export interface PositionDigests {
  /** SHA-256 of the sections' digests. */
  readonly position: Uint8Array;
  /** Each the SHA-256 of its operators' digests. */
  readonly sections: readonly Uint8Array[];
  /** Each the SHA-256 of the output's bits, float32 little-endian. */
  readonly operators: readonly (readonly Uint8Array[])[];
}

/** Hashes the outputs of a position. That of the logits is the digest the commitment chain binds. */
export function digestTrace(trace: PositionTrace, sha256: Sha256): PositionDigests {
  const operators = trace.map((section) => section.map(({ value }) => digestLogits(value, sha256)));
  const sections = operators.map((digests) => joinDigests(digests, sha256));
  return { position: joinDigests(sections, sha256), sections, operators };
}

/** The digest one level up. */
export function joinDigests(digests: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  return sha256(concatBytes(...digests));
}
