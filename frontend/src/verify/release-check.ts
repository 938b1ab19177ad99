import { isHash } from '../../../src/common/hash.js';
import { isRecord } from '../api/problem.js';
import { fetchBlock, type CheckedBlock } from './block-check.js';
import type { Downloads } from './downloads.js';
import type { Findings } from './findings.js';

/** What a verified release says. `meta` and `tokenizer` are the parsed payloads of its blocks; null: it has no tokenizer. */
export interface VerifiedRelease {
  readonly model: string;
  readonly version: string;
  readonly weights: ReadonlyMap<string, string>;
  readonly meta: unknown;
  readonly tokenizer: unknown;
}

/** Downloads the release, its meta block and its tokenizer; null when one of them does not agree. */
export async function checkRelease(
  hash: string,
  downloads: Downloads,
  findings: Findings,
): Promise<VerifiedRelease | null> {
  findings.step('release', 'running', 'downloading');
  const release = jsonOf(await fetchBlock(downloads, 'A', hash), 'release', findings);
  if (release === null) return null;
  const said = parseRelease(release);
  if (said === null) {
    findings.fail('release', 'release', 'the release block does not say what a release says');
    return null;
  }
  const [meta, tokenizer] = await Promise.all([
    fetchBlock(downloads, 'A', said.meta).then((block) => jsonOf(block, 'meta', findings)),
    said.tokenizer === null
      ? null
      : fetchBlock(downloads, 'A', said.tokenizer).then((block) => jsonOf(block, 'tokenizer', findings)),
  ]);
  if (meta === null || (tokenizer === null && said.tokenizer !== null)) return null;
  const parts = tokenizer === null ? 'release and architecture' : 'release, architecture and tokenizer';
  findings.step('release', 'passed', `${said.model} ${said.version}: ${parts}`);
  return { model: said.model, version: said.version, weights: said.weights, meta, tokenizer };
}

function jsonOf(block: CheckedBlock, part: string, findings: Findings): unknown {
  if (block.ok) return JSON.parse(new TextDecoder().decode(block.payload));
  findings.fail('release', part, `the ${block.part} of the ${part} block does not agree: ${block.detail}`);
  return null;
}

interface ReleasePayload {
  readonly model: string;
  readonly version: string;
  readonly meta: string;
  readonly tokenizer: string | null;
  readonly weights: ReadonlyMap<string, string>;
}

function parseRelease(value: unknown): ReleasePayload | null {
  if (!isRecord(value) || !isRecord(value.weights)) return null;
  const { model, version, meta, tokenizer } = value;
  if (typeof model !== 'string' || typeof version !== 'string' || !isHash(meta)) return null;
  if (tokenizer !== null && !isHash(tokenizer)) return null;
  const weights = new Map<string, string>();
  for (const [name, hash] of Object.entries(value.weights)) {
    if (!isHash(hash)) return null;
    weights.set(name, hash);
  }
  return { model, version, meta, tokenizer, weights };
}
