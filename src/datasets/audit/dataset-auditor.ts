import { Injectable, Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { haltSignal } from '../../common/autonomy/halt-signal.js';
import { EventBus, messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatasetRows, type DatasetRow } from '../registry/dataset-rows.js';
import { DatasetRegistry } from '../registry/dataset-registry.js';
import { isApproved } from '../registry/stages.js';
import { DatasetFiles } from '../upload/dataset-files.js';
import { DatasetClock } from '../vote/dataset-clock.js';
import { SERVER_ACTOR } from '../vote/dataset-votes.js';
import { AuditClaims, type AuditClaim } from './audit-claims.js';
import { AuditQueue } from './audit-queue.js';
import { AuditRunner } from './audit-runner.js';
import { AuditSettlement } from './audit-settlement.js';
import type { AuditFindings } from './audit-work.js';
import { ExpectedGain, type GainFigures } from './expected-gain.js';
import { KnownSets } from './known-sets.js';

const MOST_ATTEMPTS = 3;
const RETRY_MS = 2_000;
/** Longest time the model may be asked, ms. */
const GAIN_MS = 60_000;

/** Looks through datasets: new ones before the vote, approved ones from time to time. */
@Injectable()
export class DatasetAuditor {
  private readonly logger = new Logger('Datasets');

  constructor(
    private readonly config: AppConfig,
    private readonly rows: DatasetRows,
    private readonly registry: DatasetRegistry,
    private readonly files: DatasetFiles,
    private readonly clock: DatasetClock,
    private readonly claims: AuditClaims,
    private readonly queue: AuditQueue,
    private readonly runner: AuditRunner,
    private readonly known: KnownSets,
    private readonly gain: ExpectedGain,
    private readonly settlement: AuditSettlement,
    private readonly gate: AutonomyGate,
    private readonly events: EventBus,
  ) {}

  /** Does the job of a dataset; one that has moved on, or that somebody else is at, does nothing. */
  async work(id: string, worker: string): Promise<void> {
    if (!this.gate.state().allowed) return;
    await this.clock.open();
    const row = await this.begun(id);
    if (row === null) return;
    const claim = await this.claims.claim(id, worker);
    if (claim === null) return;
    const rest = this.claims.keepAlive(claim);
    const halt = haltSignal(this.events, this.gate);
    try {
      await this.audit(row, claim, AbortSignal.any([halt.signal, this.queue.stopSignal]));
    } catch (thrown) {
      this.logger.warn(`the audit of ${id} was cut off: ${messageOf(thrown)}`);
      await this.claims.giveBack(claim, RETRY_MS, true);
    } finally {
      halt.end();
      rest();
    }
  }

  /** The set, if there is something to look through: a pending one is now being audited. */
  private async begun(id: string): Promise<DatasetRow | null> {
    const found = await this.rows.one(id);
    if (!found.ok) return null;
    const { stage } = found.value.record;
    if (stage === 'audit' || isApproved(stage)) return found.value;
    if (stage !== 'pending') return null;
    const moved = await this.registry.move(id, () => ({
      ok: true,
      value: { stage: 'audit', actor: SERVER_ACTOR },
    }));
    const again = moved.ok ? await this.rows.one(id) : moved;
    return again.ok ? again.value : null;
  }

  private async audit(row: DatasetRow, claim: AuditClaim, ended: AbortSignal): Promise<void> {
    const { record, block } = row;
    const rescan = isApproved(record.stage);
    if (rescan && (await this.files.store.check(record.sha256)) !== 'intact')
      return this.settlement.quarantine(record.id, ['FILE_DAMAGED']);
    const deadline = AbortSignal.timeout(this.config.datasetAuditSeconds * 1000);
    const signal = AbortSignal.any([deadline, ended]);
    const findings = await this.runner.run(
      {
        ...{ path: this.files.store.path(record.sha256)!, licence: record.licence },
        // Nobody knew the block's hash before the file was fixed; after a crash it draws the same sample again.
        seed: rescan ? `${block}/${this.clock.now()}` : block,
        known: await this.known.before(row.position),
      },
      signal,
    );
    if (!findings.ok)
      return this.failed(row, claim, findings, { late: deadline.aborted, ended: ended.aborted });
    if (rescan) return this.settlement.rescanned(record, claim, findings.value);
    await this.settlement.audited(record, findings.value, await this.gainOf(findings.value));
  }

  private async failed(
    { record }: DatasetRow,
    claim: AuditClaim,
    { error }: { error: Error },
    { late, ended }: { readonly late: boolean; readonly ended: boolean },
  ): Promise<void> {
    if (ended) return this.claims.giveBack(claim, 0, false);
    this.logger.warn(`the audit of ${record.id} failed: ${error.message}`);
    const rescan = isApproved(record.stage);
    if (!late && claim.attempt < MOST_ATTEMPTS)
      return this.claims.giveBack(claim, RETRY_MS * claim.attempt, true);
    // Whether an approved set still holds is not known then: it is asked again later, and not condemned.
    if (rescan) return this.claims.giveBack(claim, this.config.datasetRescanSeconds * 1000, false);
    await this.settlement.reject(record.id, [late ? 'AUDIT_TIMEOUT' : 'AUDIT_FAILED'], null, null);
  }

  private async gainOf(findings: AuditFindings): Promise<GainFigures | null> {
    if (findings.is !== 'report' || findings.reasons.length > 0) return null;
    const signal = AbortSignal.any([AbortSignal.timeout(GAIN_MS), this.queue.stopSignal]);
    return this.gain.measure(findings.excerpts, signal).catch((thrown: unknown) => {
      this.logger.warn(`the gain of a dataset was not measured: ${messageOf(thrown)}`);
      return null;
    });
  }
}
