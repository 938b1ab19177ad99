import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../chain/index.js';
import { hashJson, type Json } from '../common/index.js';
import type { Findings } from '../log/index.js';
import { verifyReport } from './report/sign-report.js';
import { MirrorRunStore } from './runs/mirror-run-store.js';
import { MIRROR_REPORT } from './runs/truth-mirror.js';

const PAGE = 100;

/**
 * Compares stored reports with the log. Findings: `MIRROR_MISSING` (logged, but not stored), `MIRROR_ALTERED` (its content has
 * another hash or a wrong signature), and as a warning `MIRROR_NOT_LOGGED` (its leaf is still to be sequenced).
 */
@Injectable()
export class MirrorFsck implements FsckCheck, OnModuleInit {
  readonly name = 'truth-mirror';
  private readonly logged = new Map<string, string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly runs: MirrorRunStore,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if (leaf.kind === MIRROR_REPORT) this.logged.set(leaf.subject, leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged.keys());
    for await (const { id, hash, report } of this.runs.reports(PAGE)) {
      missing.delete(id);
      const logged = this.logged.get(id);
      if (!isIntact(report, hash) || (logged !== undefined && logged !== hash))
        findings.error('MIRROR_ALTERED', id, `report ${id} was altered`);
      else if (complete && logged === undefined)
        findings.warning('MIRROR_NOT_LOGGED', id, `report ${id} is not in the log yet`);
    }
    for (const id of missing)
      findings.error('MIRROR_MISSING', id, `report ${id} is in the log, but not stored`);
    this.logged.clear();
  }
}

function isIntact(text: string, hash: string): boolean {
  try {
    const report: unknown = JSON.parse(text);
    return hashJson(report as Json) === hash && verifyReport(report).ok;
  } catch {
    return false;
  }
}
