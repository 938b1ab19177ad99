import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import { hashJson } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import { RECORD_KINDS, RecordTrail, type RecordKind, type StoredRecord } from './record-trail.js';

const PAGE = 500;
const TABLE_OF: Readonly<Record<RecordKind, string>> = { alert: 'alerts', incident: 'incidents' };

/**
 * Compares alerts and incidents with the log. Findings: `MONITORING_RECORD_MISSING` (logged, but not stored),
 * `MONITORING_RECORD_ALTERED` (its content has another hash), `MONITORING_STATE_ALTERED` (an alert or incident says another state
 * than its last record), and as a warning `MONITORING_RECORD_NOT_LOGGED` (stored, its leaf still to be sequenced).
 */
@Injectable()
export class RecordFsck implements FsckCheck, OnModuleInit {
  readonly name = 'monitoring';
  private logged = new Set<string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly trail: RecordTrail,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if ((RECORD_KINDS as readonly string[]).includes(leaf.kind)) this.logged.add(leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged);
    const last = new Map<string, { kind: string; state: unknown }>();
    for await (const stored of this.trail.all(PAGE)) {
      const { hash, kind, subject } = stored;
      missing.delete(hash);
      const state = stateOf(stored);
      if (state === null)
        findings.error('MONITORING_RECORD_ALTERED', hash, `the record ${hash} of ${subject} was altered`);
      else last.set(subject, { kind, state });
      if (state !== null && complete && !this.logged.has(hash))
        findings.warning('MONITORING_RECORD_NOT_LOGGED', hash, `record ${hash} is not in the log yet`);
    }
    for (const hash of missing)
      findings.error('MONITORING_RECORD_MISSING', hash, `record ${hash} is in the log, but not stored`);
    await this.compareStates(last, findings);
    this.logged = new Set();
  }

  private async compareStates(
    last: ReadonlyMap<string, { kind: string; state: unknown }>,
    findings: Findings,
  ): Promise<void> {
    for (const kind of RECORD_KINDS) {
      const rows = await this.dataSource.query<{ id: string; state: string }[]>(
        `SELECT id, state FROM ${TABLE_OF[kind]}`,
      );
      for (const { id, state } of rows) {
        const recorded = last.get(id)?.state;
        if (recorded === state) continue;
        const detail = `${id} is ${state}, its last record says ${String(recorded ?? 'nothing')}`;
        findings.error('MONITORING_STATE_ALTERED', id, detail);
      }
    }
  }
}

/** The state a record tells of; null when the record is not what its hash says. */
function stateOf({ hash, record }: StoredRecord): unknown {
  if (typeof record !== 'object' || record === null || hashJson(record) !== hash) return null;
  return (record as Readonly<Record<string, unknown>>).state ?? null;
}
