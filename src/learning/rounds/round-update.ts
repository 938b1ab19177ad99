import { CodedError, concatBytes, err, ok, type Result } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import { decodeDelta } from '../delta/delta-codec.js';
import { deltaName, roundShapes, type RoundBase } from './round-base.js';
import type { RoundTerms } from './terms.js';

/** What says how an update is read, and how long it may be. */
export type UpdateTerms = Pick<RoundTerms, 'update_length' | 'privacy'>;

/** Random bytes before the update in a private round, so that its hash tells nothing to whoever guesses what was trained. */
export const SALT_BYTES = 32;

/** An update as it is shown. @param salt `SALT_BYTES` that nobody else knows; used in private rounds alone */
export function shownUpdate({ privacy }: UpdateTerms, salt: Uint8Array, delta: Uint8Array): Uint8Array {
  return privacy === undefined ? delta : concatBytes(salt, delta);
}

/** The longest update that is taken: Euclidean. */
export function longestUpdate({ update_length: most, privacy }: UpdateTerms, base: RoundBase): number {
  return Math.min(most, privacy?.clip ?? most) * base.length;
}

/**
 * Reads a compressed update as one long vector. Untrusted: `DELTA_FORMAT` for what is no delta of these experts, `UPDATE_NOT_FINITE` for
 * what holds something that is no finite number, `UPDATE_TOO_LARGE` for one that is longer than the terms allow, `UPDATE_NOT_CLIPPED` for one
 * that is longer than what the privacy of a round is reckoned by.
 */
export function readRoundUpdate(
  bytes: Uint8Array,
  base: RoundBase,
  terms: UpdateTerms,
): Result<Float32Array> {
  const { update_length: longest, privacy } = terms;
  const delta = decodeDelta(privacy === undefined ? bytes : bytes.subarray(SALT_BYTES), roundShapes(base));
  if (!delta.ok) return delta;
  const update = new Float32Array(base.size);
  for (const tensor of base.tensors) {
    const values = delta.value.get(deltaName(tensor))?.values;
    if (values === undefined) throw new Error(`a delta was read without ${deltaName(tensor)}`);
    update.set(values, tensor.offset);
  }
  if (!update.every(Number.isFinite))
    return err(new CodedError('UPDATE_NOT_FINITE', 'the update holds something that is no finite number'));
  const length = norm(update);
  if (length > longest * base.length) return err(tooLong('UPDATE_TOO_LARGE', length, longest * base.length));
  const clip = (privacy?.clip ?? longest) * base.length;
  return length > clip ? err(tooLong('UPDATE_NOT_CLIPPED', length, clip)) : ok(update);
}

function tooLong(code: string, length: number, most: number): CodedError {
  const message = `the update is ${length.toPrecision(3)} long, ${most.toPrecision(3)} is allowed`;
  return new CodedError(code, message, { length, most });
}
