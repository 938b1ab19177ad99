import { CodedError, err, hashJson, isHash, ok, type Json, type Result } from '../../common/index.js';
import { routerRowPlace } from '../../experts/tensorblock/growth.js';
import { parseAuditFacts, type AuditFacts } from '../audit/audit-facts.js';

/** What submissions need of a training manifest (docs/formats/training-manifest.md). */
export interface ManifestFacts {
  readonly model: string;
  /** Hash of the release that was trained. */
  readonly release: string;
  readonly blocks: readonly {
    readonly name: string;
    /** Hash of the block it comes from. */
    readonly parent: string;
    readonly payloadHash: string;
    /** Of a new expert: name of the one it began as. */
    readonly from?: string;
  }[];
  /** SHA-256 of the rows of routers that were trained with new experts, by their names; absent: none. */
  readonly rows?: ReadonlyMap<string, string>;
  /** Updates up to the best. */
  readonly steps: number;
  /** What an audit needs; null for version 1, which cannot be audited. */
  readonly audit: AuditFacts | null;
}

const MOST_STEPS = 100_000;

/** Reads a manifest; `SUBMISSION_MANIFEST` names what is wrong. */
export function parseManifest(value: unknown): Result<ManifestFacts> {
  const bad = (what: string) =>
    err(new CodedError('SUBMISSION_MANIFEST', `manifest: ${what} is not valid`, { member: what }));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('manifest');
  const { version, model, release, blocks, steps } = value as Record<string, unknown>;
  if (version !== 1 && version !== 2) return bad('version');
  if (typeof model !== 'string') return bad('model');
  if (!isHash(release)) return bad('release');
  if (!Array.isArray(blocks) || blocks.length === 0) return bad('blocks');
  const named = (blocks as unknown[]).map(readBlock);
  if (named.some((block) => block === null)) return bad('blocks');
  if (!Array.isArray(steps) || steps.length > MOST_STEPS || !steps.every(isStep)) return bad('steps');
  const audit = version === 1 ? ok(null) : parseAuditFacts(value);
  if (!audit.ok) return audit;
  const all = named.filter((block) => block !== null);
  const isRow = ({ name }: { name: string }) => routerRowPlace(name) !== null;
  const rows = new Map(all.filter(isRow).map(({ name, payloadHash }) => [name, payloadHash]));
  const facts = { model, release, blocks: all.filter((block) => !isRow(block)) };
  return ok({ ...facts, ...(rows.size > 0 && { rows }), steps: steps.length, audit: audit.value });
}

/** The hash that a statement names a manifest by. */
export function manifestHash(manifest: Json): string {
  return hashJson(manifest);
}

function readBlock(value: unknown): ManifestFacts['blocks'][number] | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, parent, payload_hash: payloadHash, from } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !isHash(parent) || !isHash(payloadHash)) return null;
  if (from === undefined) return { name, parent, payloadHash };
  return typeof from === 'string' ? { name, parent, payloadHash, from } : null;
}

function isStep(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isHash((value as Record<string, unknown>).hash);
}
