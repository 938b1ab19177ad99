import { hexToBytes } from '../../../src/common/hash.js';
import { verifyConsistency } from '../../../src/common/merkle.js';
import { openCheckpoint } from '../../../src/log/checkpoint/checkpoint.js';
import { parseVerifierKey } from '../../../src/log/checkpoint/note.js';

/** A checkpoint that this browser has seen: its size, its root (hex), and when (ms since the epoch). */
export interface SeenCheckpoint {
  readonly size: number;
  readonly root: string;
  readonly at: number;
}

/** What this browser remembers of a log. */
export interface LogMemory {
  readonly key: string;
  readonly first: SeenCheckpoint;
  readonly last: SeenCheckpoint;
}

/** Either what is remembered from now on, or what is wrong. */
export type LogWatch =
  { readonly ok: true; readonly memory: LogMemory } | { readonly ok: false; readonly fault: string };

/** Gives the consistency path between two sizes. */
export type ConsistencySource = (first: number, second: number) => Promise<readonly string[]>;

/**
 * Holds a newly published checkpoint against what this browser saw before: same key, signed by it, never shorter, never
 * two roots for one size, and an RFC 6962 proof that the log seen before is the beginning of this one.
 */
export async function watchLog(
  memory: LogMemory | null,
  published: { readonly note: string; readonly key: string; readonly now: number },
  consistency: ConsistencySource,
): Promise<LogWatch> {
  const { note, key, now } = published;
  if (memory !== null && memory.key !== key)
    return wrong('the log’s key is not the one this browser saw before');
  const verifier = parseVerifierKey(key);
  const opened = verifier.ok ? openCheckpoint(note, verifier.value) : verifier;
  if (!opened.ok) return wrong(`the checkpoint is not signed by the log’s key: ${opened.error.message}`);
  const { size, root } = opened.value;
  const seen = { size, root, at: now };
  if (memory === null) return { ok: true, memory: { key, first: seen, last: seen } };
  const { last } = memory;
  if (size < last.size) return wrong(`the log has shrunk from ${last.size} leaves to ${size}`);
  if (size === last.size && root !== last.root) return wrong(`the log shows two roots for ${size} leaves`);
  if (size > last.size && !(await grows(last, seen, consistency)))
    return wrong(`the log of ${last.size} leaves is not the beginning of that of ${size}`);
  return { ok: true, memory: { ...memory, last: seen } };
}

async function grows(
  last: SeenCheckpoint,
  next: SeenCheckpoint,
  consistency: ConsistencySource,
): Promise<boolean> {
  if (last.size === 0) return true;
  const path = (await consistency(last.size, next.size)).map((hash) => hexToBytes(hash));
  return verifyConsistency(last.size, next.size, path, hexToBytes(last.root), hexToBytes(next.root));
}

function wrong(fault: string): LogWatch {
  return { ok: false, fault };
}
