import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { EventBus, messageOf } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { Transactions } from '../database/index.js';
import { AuditClaims, LEASE_MS } from './audit/audit-claims.js';
import { AuditQueue } from './audit/audit-queue.js';
import { DatasetAuditor } from './audit/dataset-auditor.js';
import { DatasetDecisions } from './decisions/dataset-decisions.js';
import { DatasetRows, type DueDataset } from './registry/dataset-rows.js';
import { DatasetIntake } from './upload/dataset-intake.js';
import { DatasetClock } from './vote/dataset-clock.js';
import { DatasetVotes } from './vote/dataset-votes.js';

const MOST_AT_ONCE = 100;

/**
 * Looks regularly for datasets that something is due with: an audit or another look, the end of a vote, a file that nobody
 * needs any more. Several servers may do so: whatever is due is taken by one.
 */
@Injectable()
export class DatasetSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Datasets');
  private timer: NodeJS.Timeout | undefined;
  private unwatch = (): unknown => undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private takenUp = false;

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly rows: DatasetRows,
    private readonly clock: DatasetClock,
    private readonly queue: AuditQueue,
    private readonly claims: AuditClaims,
    private readonly auditor: DatasetAuditor,
    private readonly votes: DatasetVotes,
    private readonly decisions: DatasetDecisions,
    private readonly intake: DatasetIntake,
    private readonly gate: AutonomyGate,
    private readonly events: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    const again = () => {
      this.sweeping = this.sweeping.then(() => this.sweep());
    };
    this.timer = setInterval(again, this.config.datasetSweepMs);
    // A set that was just uploaded need not wait.
    this.unwatch = this.events.on('dataset.changed', ({ stage }) => {
      if (stage === 'pending' || stage === 'withdrawn') again();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.unwatch();
    await this.sweeping;
  }

  /** Does what is due. */
  async sweep(): Promise<void> {
    if (this.queue.stopSignal.aborted || !this.gate.state().allowed) return;
    try {
      await this.clock.open();
      if (!this.takenUp) await this.claims.takeUp();
      this.takenUp = true;
      for (const due of await this.rows.due(this.clock.now(), MOST_AT_ONCE)) await this.see(due);
    } catch (thrown) {
      if (!this.queue.stopSignal.aborted)
        this.logger.warn(`could not look after datasets: ${messageOf(thrown)}`);
    }
  }

  private async see(due: DueDataset): Promise<void> {
    if (due.stage === 'rejected' || due.stage === 'withdrawn') return this.forgetFile(due);
    if (due.stage !== 'vote' && due.stage !== 'appealed') return this.giveToQueue(due);
    const ended = due.stage === 'vote' ? await this.votes.close(due.id) : await this.decisions.lapse(due.id);
    // Another server may have been first.
    if (ended.ok || ended.error.status === 409) return;
    this.logger.warn(`${due.id} stays ${due.stage}: ${ended.error.message}`);
  }

  private async giveToQueue(due: DueDataset): Promise<void> {
    await this.queue.ready();
    const now = this.clock.now();
    await this.transactions.run(async (manager) => {
      if (await this.rows.take(manager, due, now, now + LEASE_MS))
        await this.queue.add(manager, due.id, due.worker);
    });
    this.queue.start(({ dataset }, worker) => this.auditor.work(dataset, worker));
  }

  private async forgetFile(due: DueDataset): Promise<void> {
    const row = await this.rows.one(due.id);
    const { manager } = this.dataSource;
    if (row.ok && (await this.rows.forgetFile(manager, due, this.clock.now())))
      await this.intake.forgetFile(row.value.record.sha256);
  }
}
