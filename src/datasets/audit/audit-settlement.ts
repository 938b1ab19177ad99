import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ok, unwrap, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import type { AuditOutcome, DatasetRecord } from '../registry/dataset-record.js';
import { DatasetRegistry, type RowsOfChange } from '../registry/dataset-registry.js';
import { isApproved } from '../registry/stages.js';
import { DatasetClock } from '../vote/dataset-clock.js';
import { SERVER_ACTOR } from '../vote/dataset-votes.js';
import { VoteOpening } from '../vote/opening.js';
import { AuditClaims, type AuditClaim } from './audit-claims.js';
import type { AuditFindings } from './audit-work.js';
import type { GainFigures } from './expected-gain.js';
import { KnownSets } from './known-sets.js';

/** Kind of the log entry of an approved set that was looked through again and still holds. */
export const DATASET_RESCANNED = 'dataset.rescanned';

const LONGEST_NOTE = 500;

type Report = Extract<AuditFindings, { is: 'report' }>;

/** Writes down what came of looking through a dataset: its next stage with the report, in one transaction. */
@Injectable()
export class AuditSettlement {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly registry: DatasetRegistry,
    private readonly opening: VoteOpening,
    private readonly claims: AuditClaims,
    private readonly clock: DatasetClock,
    private readonly known: KnownSets,
    private readonly log: LogAppender,
  ) {}

  /** After the first audit: on to the vote, or rejected. */
  async audited(record: DatasetRecord, findings: AuditFindings, gain: GainFigures | null): Promise<void> {
    if (findings.is === 'refused')
      return this.reject(record.id, [findings.code], findings.detail.slice(0, LONGEST_NOTE), null);
    const audit: AuditOutcome = { report: findings.hash, documents: findings.documents, gain };
    const keep = this.reportOf(record.id, findings);
    if (findings.reasons.length > 0) return this.reject(record.id, findings.reasons, null, audit, keep);
    settled(
      await this.registry.move(
        record.id,
        async (row, now) =>
          ok({ stage: 'vote', actor: SERVER_ACTOR, audit, vote: await this.opening.next(row.record, now) }),
        async (manager, next) => {
          await keep(manager, next);
          await this.known.keep(manager, { ...findings, id: record.id });
        },
      ),
    );
  }

  /** Rejects a set that is being audited; the appeal runs from now. */
  async reject(
    id: string,
    reasons: readonly string[],
    note: string | null,
    audit: AuditOutcome | null,
    alongside?: RowsOfChange,
  ): Promise<void> {
    settled(
      await this.registry.move(
        id,
        (_row, now) =>
          ok({
            ...{ stage: 'rejected', actor: SERVER_ACTOR, reasons, note, audit },
            appeal_until: now + this.config.datasetAppealSeconds * 1000,
          }),
        alongside,
      ),
    );
  }

  /** After looking through an approved set again: all stays as it is, or quarantine. */
  async rescanned(record: DatasetRecord, claim: AuditClaim, findings: AuditFindings): Promise<void> {
    if (findings.is === 'refused') return this.quarantine(record.id, [findings.code]);
    const keep = this.reportOf(record.id, findings);
    if (findings.reasons.length > 0) return this.quarantine(record.id, findings.reasons, keep);
    await this.transactions.run(async (manager) => {
      const now = this.clock.now();
      const own = await this.claims.finish(
        manager,
        claim,
        now,
        now + this.config.datasetRescanSeconds * 1000,
      );
      if (!own) return;
      await keep(manager, record);
      const { id, stage } = record;
      await this.log.append(manager, [
        { kind: DATASET_RESCANNED, subject: id, actor: SERVER_ACTOR, hash: findings.hash, data: { stage } },
      ]);
    });
    this.log.committed();
  }

  /** Takes an approved set out of use. */
  async quarantine(id: string, reasons: readonly string[], alongside?: RowsOfChange): Promise<void> {
    settled(
      await this.registry.move(
        id,
        ({ record: { stage } }) =>
          ok({
            ...{ stage: 'quarantined', actor: SERVER_ACTOR, reasons },
            tier: isApproved(stage) ? stage : null,
          }),
        alongside,
      ),
    );
  }

  /** The newest report of a set, or the one of that hash; null where there is none. */
  async report(id: string, hash: string | null): Promise<string | null> {
    const rows = await this.dataSource.query<{ report: string }[]>(
      `SELECT report FROM dataset_reports WHERE dataset_id = $1 AND ($2::text IS NULL OR hash = $2)
       ORDER BY reported_at DESC LIMIT 1`,
      [id, hash],
    );
    return rows.at(0)?.report ?? null;
  }

  private reportOf(id: string, { hash, text }: Report): RowsOfChange {
    return async (manager: EntityManager) => {
      await manager.query(
        `INSERT INTO dataset_reports (hash, dataset_id, report, reported_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING`,
        [hash, id, text, this.clock.now()],
      );
    };
  }
}

/** A set that was withdrawn meanwhile stays withdrawn. */
function settled(outcome: Result<unknown>): void {
  if (!outcome.ok && outcome.error.code !== 'STATE_CONFLICT') unwrap(outcome);
}
