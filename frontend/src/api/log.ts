import { canonicalJson, type Json } from '../../../src/common/canonical-json.js';
import { requestJson, requestText, withQuery } from './client.js';
import type { Page } from './page.js';
import { Problem } from './problem.js';
import { parseCheckpoint } from './system.js';

/** An entry with its leaf number. */
export interface LogEntry {
  readonly index: number;
  readonly time: number;
  readonly kind: string;
  readonly subject: string;
  readonly actor: string;
  readonly hash: string;
  readonly data: Json;
}

/** Everything needed to check that an entry is in the log. */
export interface EntryProof {
  readonly index: number;
  readonly leaf: string;
  readonly size: number;
  readonly proof: readonly string[];
  readonly checkpoint: string;
  readonly log_key: string;
}

interface InclusionAnswer {
  readonly index: number;
  readonly size: number;
  readonly path: readonly string[];
}

/** The proof for the entry of a kind and subject, under the newest checkpoint. */
export async function getEntryProof(
  kind: string,
  subject: string,
  signal?: AbortSignal,
): Promise<EntryProof> {
  const [checkpoint, key, entries] = await Promise.all([
    requestText('/log/checkpoint', { signal }),
    getLogKey(signal),
    requestJson<Page<LogEntry>>(withQuery('/log/entries', { kind, subject, limit: 1 }), { signal }),
  ]);
  const entry = entries.items[0];
  if (entry === undefined) throw new Problem(404, 'LOG_ENTRY_UNKNOWN', 'The log has no such entry yet.');
  const { index, ...leaf } = entry;
  const { size } = parseCheckpoint(checkpoint);
  const inclusion = await requestJson<InclusionAnswer>(withQuery('/log/proof/inclusion', { index, size }), {
    signal,
  });
  return { index, leaf: canonicalJson(leaf), size, proof: inclusion.path, checkpoint, log_key: key };
}

/** The path that proves that the log of `first` leaves is the beginning of that of `second`. Hashes are hex. */
export async function getConsistency(
  first: number,
  second: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const path = withQuery('/log/proof/consistency', { first, second });
  return (await requestJson<{ path: readonly string[] }>(path, { signal })).path;
}

/** The key that checkpoints are signed with, as a verifier key of signed notes. */
export async function getLogKey(signal?: AbortSignal): Promise<string> {
  return (await requestText('/log/key', { signal })).trim();
}
