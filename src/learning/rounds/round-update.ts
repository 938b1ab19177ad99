import { CodedError, err, ok, type Result } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import { decodeDelta } from '../delta/delta-codec.js';
import { deltaName, roundShapes, type RoundBase } from './round-base.js';

/**
 * Reads a compressed update as one long vector. Untrusted: `DELTA_FORMAT` for what is no delta of these experts, `UPDATE_NOT_FINITE` for
 * what holds something that is no finite number, `UPDATE_TOO_LARGE` for one that is longer than the terms allow.
 * @param longest multiple of the length of the weights it changes
 */
export function readRoundUpdate(bytes: Uint8Array, base: RoundBase, longest: number): Result<Float32Array> {
  const delta = decodeDelta(bytes, roundShapes(base));
  if (!delta.ok) return delta;
  const update = new Float32Array(base.size);
  for (const tensor of base.tensors) {
    const values = delta.value.get(deltaName(tensor))?.values;
    if (values === undefined) throw new Error(`a delta was read without ${deltaName(tensor)}`);
    update.set(values, tensor.offset);
  }
  if (!update.every(Number.isFinite))
    return err(new CodedError('UPDATE_NOT_FINITE', 'the update holds something that is no finite number'));
  const [length, most] = [norm(update), longest * base.length];
  if (length <= most) return ok(update);
  const message = `the update is ${length.toPrecision(3)} long, ${most.toPrecision(3)} is allowed`;
  return err(new CodedError('UPDATE_TOO_LARGE', message, { length, most }));
}
