import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import { hashJson } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import { EpochStore } from './epoch-store.js';
import { EPOCH_ENTRY, epochSubject } from './leaf-kinds.js';

/**
 * Compares kept epochs with the log. Findings: `EPOCH_MISSING` (logged, but not kept), `EPOCH_ALTERED`, and as a warning
 * `EPOCH_NOT_LOGGED` (kept, its leaf still to be sequenced). Nothing is repaired: `stemma rewards recompute` tells what is right.
 */
@Injectable()
export class EpochFsck implements FsckCheck, OnModuleInit {
  readonly name = 'epochs';
  /** Subject of an epoch's leaf to the hash it carries. */
  private readonly logged = new Map<string, string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly store: EpochStore,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if (leaf.kind === EPOCH_ENTRY) this.logged.set(leaf.subject, leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged.keys());
    for await (const { epoch, hash, record } of this.store.all()) {
      const subject = epochSubject(epoch);
      missing.delete(subject);
      const logged = this.logged.get(subject);
      if (hashJson(record) !== hash || (logged !== undefined && logged !== hash))
        findings.error('EPOCH_ALTERED', subject, `the record of epoch ${epoch} is not the one in the log`);
      else if (complete && logged === undefined)
        findings.warning('EPOCH_NOT_LOGGED', subject, `epoch ${epoch} is not in the log yet`);
    }
    for (const subject of missing)
      findings.error('EPOCH_MISSING', subject, `${subject} is in the log, but not kept`);
    this.logged.clear();
  }
}
