import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import type { Findings } from '../../log/index.js';
import { GUARDIAN_ENTRY, recordHash, type GuardianRecord } from './guardian-record.js';
import { GuardianTrail } from './guardian-trail.js';

const PAGE = 500;

/**
 * Compares decisions and the guardians' audit records with the log. Findings: `GUARDIAN_AUDIT_MISSING` (logged, not stored),
 * `GUARDIAN_AUDIT_ALTERED` (its content has another hash), `DECISION_STATE_WRONG` (a decision is not what its last record
 * says), `DECISION_UNRECORDED` (a decision without records), and as a warning `GUARDIAN_AUDIT_NOT_LOGGED`.
 */
@Injectable()
export class GuardianFsck implements FsckCheck, OnModuleInit {
  readonly name = 'guardian';
  private logged = new Set<string>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly dataSource: DataSource,
    private readonly trail: GuardianTrail,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: { kind: string; subject: string; hash: string }): void {
    if (index === 0) this.logged.clear();
    if (leaf.kind === GUARDIAN_ENTRY) this.logged.add(leaf.hash);
  }

  async run({ complete }: FsckFacts, findings: Findings): Promise<void> {
    const missing = new Set(this.logged);
    const states = new Map<string, string>();
    for await (const { hash, record } of this.trail.all(PAGE)) {
      missing.delete(hash);
      if (hashOf(record) !== hash) {
        findings.error('GUARDIAN_AUDIT_ALTERED', hash, `guardian audit record ${hash} was altered`);
        continue;
      }
      const { decision, state } = record as GuardianRecord;
      if (decision !== null && state !== null) states.set(decision, state);
      if (complete && !this.logged.has(hash))
        findings.warning(
          'GUARDIAN_AUDIT_NOT_LOGGED',
          hash,
          `guardian audit record ${hash} is not in the log yet`,
        );
    }
    for (const hash of missing)
      findings.error(
        'GUARDIAN_AUDIT_MISSING',
        hash,
        `guardian audit record ${hash} is in the log, but not stored`,
      );
    this.logged = new Set();
    await this.compareStates(states, findings);
  }

  private async compareStates(states: ReadonlyMap<string, string>, findings: Findings): Promise<void> {
    for (let after = '0'; ;) {
      const rows = await this.dataSource.query<{ position: string; id: string; state: string }[]>(
        'SELECT position, id, state FROM decisions WHERE position > $1 ORDER BY position LIMIT $2',
        [after, PAGE],
      );
      for (const { id, state } of rows) {
        const recorded = states.get(id);
        if (recorded === undefined)
          findings.error('DECISION_UNRECORDED', id, `decision ${id} has no audit record`);
        else if (recorded !== state)
          findings.error(
            'DECISION_STATE_WRONG',
            id,
            `decision ${id} is ${state}, its last record says ${recorded}`,
          );
      }
      if (rows.length < PAGE) return;
      after = rows[rows.length - 1].position;
    }
  }
}

function hashOf(record: unknown): string | null {
  try {
    return recordHash(record as GuardianRecord);
  } catch {
    return null;
  }
}
