import {
  bytesToHex,
  CodedError,
  err,
  merkleLeafHash,
  ok,
  RunningRoot,
  type Result,
} from '../../common/index.js';
import type { LogLeaf } from '../../log/entry.js';
import { decodeBundle } from '../../log/tree/entry-bundle.js';
import { TILE_WIDTH } from '../../log/tree/tile-path.js';
import type { EpochRange } from './epoch-input.js';
import type { EpochSource } from './epoch-source.js';

/** A leaf with its number. */
export interface NumberedLeaf extends LogLeaf {
  readonly index: number;
}

/** Gives an entry bundle of the log (C2SP tlog-tiles), `width` leaves of it; null where the log has no such. */
export type BundleSource = (index: number, width: number) => Promise<Uint8Array | null>;

/** The leaves of a part of the log, in order. Throws `LOG_RANGE`, `LOG_ENTRY_UNREADABLE` where the log does not give them. */
export async function* leavesIn(
  bundles: BundleSource,
  { first, end }: EpochRange,
): AsyncGenerator<NumberedLeaf> {
  if (first >= end) return;
  for (let start = first - (first % TILE_WIDTH); start < end; start += TILE_WIDTH) {
    const { leaves } = await bundleAt(bundles, start, end);
    for (let i = Math.max(first - start, 0); i < leaves.length; i++) yield readLeaf(leaves[i], start + i);
  }
}

/** One leaf of a log of `end` leaves. Throws as `leavesIn`. */
export async function leafAt(bundles: BundleSource, index: number, end: number): Promise<NumberedLeaf> {
  const { leaves } = await bundleAt(bundles, index - (index % TILE_WIDTH), end);
  return readLeaf(leaves[index % TILE_WIDTH], index);
}

/**
 * The same bundles, after all of them up to `end` gave the root that is claimed; `LOG_ROOT_WRONG` where they give another one. What
 * is read later must be what was read then, or `LOG_RANGE` is thrown. Reads the whole log once, and keeps a hash of every bundle.
 * @param told how many leaves are hashed
 */
export async function provenBundles(
  { bundles, sha256 }: Pick<EpochSource, 'bundles' | 'sha256'>,
  end: number,
  root: string,
  told: (leaves: number) => void = () => undefined,
): Promise<Result<BundleSource>> {
  const hashOf = (bytes: Uint8Array) => bytesToHex(sha256(bytes));
  const tree = new RunningRoot(sha256);
  const hashes: string[] = [];
  for (let start = 0; start < end; start += TILE_WIDTH) {
    const { bytes, leaves } = await bundleAt(bundles, start, end);
    for (const leaf of leaves) tree.add(merkleLeafHash(leaf, sha256));
    hashes.push(hashOf(bytes));
    told(start + leaves.length);
  }
  const found = bytesToHex(tree.root());
  if (found !== root) {
    const message = `the first ${end} leaves of the log have the root ${found}, not ${root}`;
    return err(new CodedError('LOG_ROOT_WRONG', message, { size: end }));
  }
  return ok(async (index, width) => {
    const bytes = await bundles(index, width);
    return bytes !== null && hashOf(bytes) === hashes[index] ? bytes : null;
  });
}

/** The bundle that begins with leaf `start`, as far as the log of `end` leaves goes. */
async function bundleAt(
  bundles: BundleSource,
  start: number,
  end: number,
): Promise<{ readonly bytes: Uint8Array; readonly leaves: Uint8Array[] }> {
  const width = Math.min(TILE_WIDTH, end - start);
  const bytes = await bundles(start / TILE_WIDTH, width);
  const leaves = bytes === null ? null : decodeBundle(bytes);
  if (bytes !== null && leaves?.length === width) return { bytes, leaves };
  throw new CodedError('LOG_RANGE', `the log does not give leaves ${start} to ${start + width - 1}`, {}, 409);
}

function readLeaf(bytes: Uint8Array, index: number): NumberedLeaf {
  const leaf = parsed(bytes);
  if (leaf !== null && isLeaf(leaf)) return { ...leaf, index };
  throw new CodedError('LOG_ENTRY_UNREADABLE', `leaf ${index} of the log cannot be read`, { leaf: index });
}

function isLeaf({ kind, subject, actor, hash, time, data }: LogLeaf): boolean {
  const texts = [kind, subject, actor, hash].every((text) => typeof text === 'string');
  return texts && typeof time === 'number' && typeof data === 'object' && data !== null;
}

function parsed(bytes: Uint8Array): LogLeaf | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as LogLeaf | null;
  } catch {
    return null;
  }
}
