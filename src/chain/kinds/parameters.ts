import { ok, type Json } from '../../common/index.js';
import type { BlockRule } from '../checks/check.js';
import { ruleBroken } from './refusal.js';

const MODEL = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const TENSORS_LIMIT = 256;

/**
 * What every block of weights has: a name (`BLOCK_RULES_NAME`), the meta block it belongs to among its dependencies
 * (`BLOCK_RULES_META_MISSING`), a TensorBlock payload (`BLOCK_RULES_PAYLOAD_TYPE`), the model's name in its metadata
 * (`BLOCK_RULES_MODEL`) and a directory of tensors that lie inside the payload without overlap (`BLOCK_RULES_TENSORS`).
 */
export const parameterBlock: BlockRule = (candidate) => {
  const { name, payload_type, payload_size, metadata } = candidate.header;
  if (name === null) return ruleBroken('NAME', candidate, 'has no name');
  if (![...candidate.parents.values()].some(({ type }) => type === 'meta'))
    return ruleBroken('META_MISSING', candidate, 'does not depend on a meta block');
  if (payload_type !== 'tensorblock')
    return ruleBroken('PAYLOAD_TYPE', candidate, `has a ${payload_type} payload, not tensorblock`);
  if (typeof metadata.model !== 'string' || !MODEL.test(metadata.model))
    return ruleBroken('MODEL', candidate, 'does not name its model in metadata.model');
  const problem = directoryProblem(metadata.tensors, payload_size);
  return problem === null ? ok() : ruleBroken('TENSORS', candidate, problem);
};

/** A rule that the block's name, and the layer in it, follow a pattern. */
export function named(pattern: RegExp): BlockRule {
  return (candidate) => {
    const { name, layer_id } = candidate.header;
    const match = pattern.exec(name ?? '');
    if (match === null) return ruleBroken('NAME', candidate, `has a name that does not fit its type`);
    const layer = match.groups?.layer === undefined ? null : Number(match.groups.layer);
    return layer === layer_id
      ? ok()
      : ruleBroken('NAME', candidate, `says layer ${layer_id} beside its name`);
  };
}

function directoryProblem(tensors: Json | undefined, payloadSize: number): string | null {
  if (!Array.isArray(tensors) || tensors.length === 0 || tensors.length > TENSORS_LIMIT)
    return `needs 1 to ${TENSORS_LIMIT} entries in metadata.tensors`;
  const names = new Set<string>();
  let end = 0;
  for (const entry of tensors as readonly Json[]) {
    const { name, offset, length } = (entry ?? {}) as { name?: Json; offset?: Json; length?: Json };
    if (typeof name !== 'string' || names.has(name)) return 'names a tensor twice or not at all';
    if (!isCount(offset) || !isCount(length) || length === 0)
      return `has no valid offset and length for ${name}`;
    if (offset < end || offset + length > payloadSize)
      return `places ${name} outside the payload or over another tensor`;
    names.add(name);
    end = offset + length;
  }
  return null;
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
