import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import type { Findings } from '../../log/index.js';
import { AUDIT_ENTRY, auditHash, type AuditRecord } from './audit-record.js';
import { AuditTrail } from './audit-trail.js';

const PAGE = 500;

/**
 * Compares the audit records of tasks with the log. Findings: `AUDIT_MISSING` (logged, but not stored), `AUDIT_ALTERED` (its
 * content has another hash), and as a warning `AUDIT_NOT_LOGGED` (stored, its
 * leaf still to be sequenced).
 */
@Injectable()
export class AuditFsck implements FsckCheck, OnModuleInit {
  readonly name = 'tasks';
  private logged = new Set<string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly trail: AuditTrail,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if (leaf.kind === AUDIT_ENTRY) this.logged.add(leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged);
    for await (const { hash, record } of this.trail.all(PAGE)) {
      missing.delete(hash);
      if (hashOf(record) !== hash) findings.error('AUDIT_ALTERED', hash, `audit record ${hash} was altered`);
      else if (complete && !this.logged.has(hash))
        findings.warning('AUDIT_NOT_LOGGED', hash, `audit record ${hash} is not in the log yet`);
    }
    for (const hash of missing)
      findings.error('AUDIT_MISSING', hash, `audit record ${hash} is in the log, but not stored`);
    this.logged = new Set();
  }
}

function hashOf(record: unknown): string | null {
  try {
    return auditHash(record as AuditRecord);
  } catch {
    return null;
  }
}
