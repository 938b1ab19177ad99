import { canonicalJson, ok, type Json, type Result } from '../../common/index.js';
import type { BlockRule } from '../checks/check.js';
import { payloadBytes, type Candidate } from '../publish/candidate.js';
import { ruleBroken } from './refusal.js';

/** `BLOCK_RULES_JSON`: the payload is one JSON object in canonical form, within a size. */
export function jsonPayload(limit: number): BlockRule {
  return async (candidate) => {
    const read = await readJsonPayload(candidate, limit);
    return read.ok ? ok() : read;
  };
}

/** The object a JSON payload holds, or why it holds none. */
export async function readJsonPayload(
  candidate: Candidate,
  limit: number,
): Promise<Result<Readonly<Record<string, Json>>>> {
  const { payload_type, payload_size } = candidate.header;
  if (payload_type !== 'json')
    return ruleBroken('PAYLOAD_TYPE', candidate, `has a ${payload_type} payload, not json`);
  if (payload_size > limit)
    return ruleBroken('JSON', candidate, `has a JSON payload of more than ${limit} bytes`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await payloadBytes(candidate),
    );
    const value = JSON.parse(text) as Json;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return ruleBroken('JSON', candidate, 'has a payload that is not a JSON object');
    if (canonicalJson(value) !== text)
      return ruleBroken('JSON', candidate, 'has a payload that is not canonical JSON');
    return ok(value as Readonly<Record<string, Json>>);
  } catch {
    return ruleBroken('JSON', candidate, 'has a payload that is not JSON in UTF-8');
  }
}
