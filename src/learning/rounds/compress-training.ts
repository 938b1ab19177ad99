import { CodedError, err, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { TensorBlock } from '../../experts/tensorblock/index.js';
import type { Matrix } from '../checks/spectrum.js';
import { parseManifest } from '../submission/manifest-facts.js';
import { prepareUpdate, type PreparedUpdate, type UpdateWish } from './prepare-update.js';
import { deltaName, type RoundBase } from './round-base.js';
import type { RoundTerms } from './terms.js';

/**
 * What a training has changed, in few bytes. `ROUND_TRAINING` where it is not one of what the terms name: another release, other experts, or
 * files that its manifest does not name; and as `prepareUpdate`.
 * @param payloads of the trained blocks, by name
 */
export function compressTraining(
  terms: RoundTerms,
  base: RoundBase,
  manifest: unknown,
  payloads: ReadonlyMap<string, Uint8Array>,
  wish: UpdateWish,
): Result<PreparedUpdate> {
  const { release, experts } = terms;
  const bad = (problem: string) => err(new CodedError('ROUND_TRAINING', problem, { release }));
  const facts = parseManifest(manifest);
  if (!facts.ok) return facts;
  if (facts.value.release !== release)
    return bad('this was trained from another release than the round names');
  const names = facts.value.blocks.map(({ name }) => name).sort();
  if (names.join() !== experts.join())
    return bad(`the round trains ${experts.join(', ')}, this is ${names.join(', ')}`);
  const altered = facts.value.blocks.find(
    ({ name, payloadHash }) => nativeSha256Hex(payloads.get(name) ?? new Uint8Array()) !== payloadHash,
  );
  if (altered !== undefined) return bad(`the file of ${altered.name} is not the one the manifest names`);
  const changes = new Map<string, Matrix>();
  for (const tensor of base.tensors) {
    const { block, rows, columns } = tensor;
    const values = trainedValues(base, payloads.get(block), tensor);
    if (values === null) return bad(`the file of ${block} is missing or not one of this expert`);
    const change = values.map((value, i) => value - tensor.values[i]);
    changes.set(deltaName(tensor), { rows, columns, values: change });
  }
  return prepareUpdate(terms, base, changes, wish);
}

function trainedValues(
  { model }: RoundBase,
  payload: Uint8Array | undefined,
  { block, tensor, rows }: RoundBase['tensors'][number],
): Float32Array | null {
  // Stored as the block it comes from: the same tensors at the same places.
  const entry = model.blocks.get(block)?.tensors.find(({ name }) => name === tensor);
  if (payload === undefined || entry === undefined || entry.offset + entry.length > payload.length)
    return null;
  const decoded = TensorBlock.decode(payload.subarray(entry.offset, entry.offset + entry.length));
  return decoded.ok ? decoded.value.rows(0, rows) : null;
}
