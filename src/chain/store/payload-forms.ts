import { stat } from 'node:fs/promises';
import { canonicalJson, CodedError, err, isHash, ok, utf8ToBytes, type Result } from '../../common/index.js';
import { applyDelta, DELTA_LIMITS, readDelta } from '../delta/index.js';
import { chainFigures, readThroughDeltas } from './delta-chain.js';
import type { PayloadStore } from './payload-store.js';

/**
 * Why a payload stays whole: too many deltas below it, deltas that are together too large, one that takes too long to load, or a delta
 * that would not be much smaller.
 */
export type SnapshotReason = 'chain' | 'size' | 'slow' | 'ratio';

const REASONS: readonly unknown[] = ['chain', 'size', 'slow', 'ratio'];

/** The name of a note: the payload it is about; empty for what is none. */
export function nameOfNote(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder().decode(bytes);
    const note = JSON.parse(text) as { payload?: unknown; reason?: unknown; version?: unknown };
    return isHash(note.payload) && text === noteOf(note.payload, note.reason as SnapshotReason)
      ? note.payload
      : '';
  } catch {
    return '';
  }
}

/** Changes the form in which payloads lie, and never what they are: both forms of one have its hash. */
export class PayloadForms {
  constructor(private readonly store: PayloadStore) {}

  /** Whether a payload is to stay whole. */
  isSnapshot(hash: string): Promise<boolean> {
    return this.store.keptWhole.has(hash);
  }

  /** Whether there is a delta of a payload. */
  hasDelta(hash: string): Promise<boolean> {
    return this.store.deltas.has(hash);
  }

  /** Whether a payload lies there whole. */
  isFile(hash: string): Promise<boolean> {
    return this.store.whole.has(hash);
  }

  /** Keeps a delta beside the payload, once it was found to give it. Refusals: `DELTA_BLOCK_…`, `BLOB_…`, `STORAGE_…`. */
  async keepDelta(bytes: Uint8Array): Promise<Result<void>> {
    const delta = readDelta(bytes);
    if (!delta.ok) return delta;
    const { payload_hash: hash, parent_payload_hash: parent } = delta.value.header;
    const parentPayload = await this.store.read(parent);
    if (!parentPayload.ok) return parentPayload;
    const payload = await applyDelta(delta.value, parentPayload.value);
    if (!payload.ok) return payload;
    return this.store.exclusively(hash, async () => {
      if (await this.store.deltas.has(hash)) return ok();
      const stored = await this.store.deltas.putAll([{ hash, content: bytes }]);
      return stored.ok ? this.follow(hash) : stored;
    });
  }

  /** Why a payload has to be whole by now, as far as its deltas tell; null: it need not. @param size of the payload, bytes */
  async reasonAgainst(hash: string, size: number): Promise<Result<SnapshotReason | null>> {
    const chain = await chainFigures(this.store.deltas, hash);
    if (!chain.ok) return chain.error.code === 'DELTA_BLOCK_CHAIN' ? ok('chain') : chain;
    if (chain.value.length > DELTA_LIMITS.chain) return ok('chain');
    return ok(chain.value.bytes > size * DELTA_LIMITS.share ? 'size' : null);
  }

  /**
   * Removes the whole file of a payload whose delta has just given the same bytes, unless somebody used it after `before` (ms since the
   * epoch). Refusals: `DELTA_BLOCK_…`, `BLOB_…`.
   *
   * @returns how long making it from its deltas took, ms, and whether the file was removed
   */
  pack(hash: string, before: number, slowMs: number): Promise<Result<PackedPayload>> {
    return this.store.exclusively(hash, () => this.packAlone(hash, before, slowMs));
  }

  private async packAlone(hash: string, before: number, slowMs: number): Promise<Result<PackedPayload>> {
    if (!(await this.isUnused(hash, before))) return ok({ loadMs: 0, slow: false, removed: false });
    const loaded = await this.load(hash, slowMs);
    if (!loaded.ok) return loaded;
    const loadMs = loaded.value;
    if (loadMs > slowMs) return ok({ loadMs, slow: true, removed: false });
    // Somebody may have begun to use it meanwhile.
    if (!(await this.isUnused(hash, before))) return ok({ loadMs, slow: false, removed: false });
    await this.store.whole.remove(hash);
    return ok({ loadMs, slow: false, removed: true });
  }

  /** How long making a payload from its deltas takes, ms: the shorter of two times where the first is too long, as a busy machine says little. */
  private async load(hash: string, slowMs: number): Promise<Result<number>> {
    let shortest = Infinity;
    for (let attempt = 0; attempt < 2 && shortest > slowMs; attempt++) {
      const began = performance.now();
      const payload = await readThroughDeltas(this.store.whole, this.store.deltas, hash);
      if (!payload.ok) return payload;
      shortest = Math.min(shortest, performance.now() - began);
    }
    return ok(shortest);
  }

  /** Whether a payload lies there whole and was not used since `before`. */
  private async isUnused(hash: string, before: number): Promise<boolean> {
    const path = this.store.whole.path(hash);
    if (path === null || !(await this.store.whole.has(hash))) return false;
    return (await stat(path)).mtimeMs < before;
  }

  /** Makes a payload whole for good and forgets its delta. Refusals: `DELTA_BLOCK_…`, `BLOB_…`, `STORAGE_…`. */
  keepWhole(hash: string, reason: SnapshotReason): Promise<Result<void>> {
    return this.store.exclusively(hash, () => this.keepWholeAlone(hash, reason));
  }

  /**
   * Removes the delta of a payload that is there whole and intact, where `isWrong` says so of it.
   *
   * @returns whether it is gone
   */
  removeDelta(hash: string, isWrong: () => Promise<boolean>): Promise<boolean> {
    return this.store.exclusively(hash, async () => {
      if ((await this.store.whole.check(hash)) !== 'intact' || !(await isWrong())) return false;
      await this.store.deltas.remove(hash);
      return true;
    });
  }

  private async keepWholeAlone(hash: string, reason: SnapshotReason): Promise<Result<void>> {
    const held = await this.store.makeWhole(hash);
    if (!held.ok) return held;
    const condition = await this.store.whole.check(hash);
    if (condition !== 'intact') {
      const message = `payload ${hash} is ${condition}; its delta is kept`;
      return err(new CodedError('BLOB_CORRUPT', message, { hash }, 503));
    }
    const note = utf8ToBytes(noteOf(hash, reason));
    const noted = await this.store.keptWhole.putAll([{ hash, content: note }]);
    if (noted.ok) await this.store.deltas.remove(hash);
    return noted;
  }

  /** A circle of deltas must never be all there is: what was just kept has to lead to a payload. */
  private async follow(hash: string): Promise<Result<void>> {
    const chain = await chainFigures(this.store.deltas, hash);
    if (chain.ok) return ok();
    await this.store.deltas.remove(hash);
    return chain;
  }
}

/** What came of packing a payload. */
export interface PackedPayload {
  readonly loadMs: number;
  /** Making it from its deltas takes longer than it may; nothing was removed. */
  readonly slow: boolean;
  readonly removed: boolean;
}

function noteOf(payload: string, reason: SnapshotReason): string {
  return REASONS.includes(reason) ? canonicalJson({ payload, reason, version: 1 }) : '';
}
