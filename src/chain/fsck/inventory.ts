import type { LogLeaf } from '../../log/index.js';
import type { AcceptedFact, FsckCheck, FsckFacts } from './fsck-check.js';

/** What one run of fsck learns from the public artefacts, step by step. */
export class Inventory implements FsckFacts {
  logSize = 0;
  /** Whether every leaf could be read: only then is what no leaf names known to be too much. */
  complete = true;
  readonly blocks = new Map<string, AcceptedFact>();

  constructor(private readonly others: readonly FsckCheck[] = []) {}

  /** Notes what a leaf says. Returns why it says nothing usable, or null. */
  takeLeaf(index: number, bytes: Uint8Array): string | null {
    let leaf: LogLeaf;
    try {
      leaf = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as LogLeaf;
    } catch {
      return 'is not JSON';
    }
    if (leaf.kind !== 'block') {
      for (const check of this.others) check.visitLeaf?.(index, leaf);
      return null;
    }
    const { chain, index: position } = leaf.data as { chain?: unknown; index?: unknown };
    if (typeof chain !== 'string' || typeof position !== 'number') return 'gives no position for its block';
    if (this.blocks.has(leaf.hash)) return `names block ${leaf.hash} a second time`;
    this.blocks.set(leaf.hash, { hash: leaf.hash, chain, index: position, leaf: index, header: null });
    return null;
  }
}
