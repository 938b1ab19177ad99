import { CodedError, err, isHash, ok, type Json, type Result } from '../../common/index.js';
import { parseVersion } from './version.js';

/** The payload of a release block (docs/formats/release.md), as canonical JSON. */
export interface ReleasePayload {
  readonly model: string;
  /** SemVer. */
  readonly version: string;
  /** Hash of the meta block. */
  readonly meta: string;
  /** Hash of the tokenizer block; null for a model that takes and gives token ids only. */
  readonly tokenizer: string | null;
  /** Name of a weight block to its hash. */
  readonly weights: Readonly<Record<string, string>>;
  /** Hash of the release this one came from. */
  readonly parent: string | null;
}

const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const MEMBERS = ['model', 'version', 'meta', 'tokenizer', 'weights', 'parent'];

/** Whether a model may bear this name: lower case, digits, `.`, `_`, `-`; at most 64 characters. */
export function isModelName(name: string): boolean {
  return MODEL_NAME.test(name);
}

/** Checks the payload of a release block; `RELEASE_PAYLOAD` names the member that is wrong. */
export function parseReleasePayload(value: unknown): Result<ReleasePayload> {
  const bad = (member: string) =>
    err(new CodedError('RELEASE_PAYLOAD', `release payload: ${member} is not valid`, { member }));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('payload');
  const payload = value as Record<string, unknown>;
  const unknown = Object.keys(payload).find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined) return bad(unknown);
  const { model, version, meta, tokenizer, weights, parent } = payload;
  if (typeof model !== 'string' || !isModelName(model)) return bad('model');
  if (typeof version !== 'string' || parseVersion(version) === null) return bad('version');
  if (!isHash(meta)) return bad('meta');
  if (tokenizer !== null && !isHash(tokenizer)) return bad('tokenizer');
  if (parent !== null && !isHash(parent)) return bad('parent');
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) return bad('weights');
  if (!Object.values(weights).every(isHash)) return bad('weights');
  return ok({ model, version, meta, tokenizer, weights: weights as Record<string, string>, parent });
}

/** The payload as JSON. */
export function releasePayloadJson(payload: ReleasePayload): Json {
  return { ...payload };
}
