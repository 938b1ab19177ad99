import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { messageOf } from '../common/index.js';
import { AppConfig } from '../config/index.js';
import { AgentRunner } from './agents/agent-runner.js';
import { AlertBook } from './alerts/alert-book.js';
import { HealthReports } from './reports/health-reports.js';

const MINUTE_MS = 60_000;
/** The first round waits until the start has calmed down, ms. */
const FIRST_ROUND_MS = 15_000;
/** How often alerts are looked at whose silence may be over, and what waits to be written down, ms. */
const FLUSH_MS = 10_000;
const ROUNDS = 'monitoring-rounds';
const FIRST = 'monitoring-first-round';
const FLUSHING = 'alerts-flushing';

/**
 * Runs all agents every few minutes, and the health report when it is due; whether or not there are rounds, alerts whose silence
 * is over are told of within seconds. A round that still runs is not joined by another.
 */
@Injectable()
export class MonitoringSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Monitoring');
  private round: Promise<void> | null = null;
  private flushing: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly scheduler: SchedulerRegistry,
    private readonly runner: AgentRunner,
    private readonly book: AlertBook,
    private readonly reports: HealthReports,
  ) {}

  onApplicationBootstrap(): void {
    this.scheduler.addInterval(
      FLUSHING,
      setInterval(() => this.flush(), FLUSH_MS),
    );
    const { monitoringMinutes: minutes } = this.config;
    if (minutes === 0) return;
    const tick = () => void this.begin();
    this.scheduler.addTimeout(FIRST, setTimeout(tick, FIRST_ROUND_MS));
    this.scheduler.addInterval(ROUNDS, setInterval(tick, minutes * MINUTE_MS));
  }

  async onModuleDestroy(): Promise<void> {
    if (this.scheduler.doesExist('interval', ROUNDS)) {
      this.scheduler.deleteInterval(ROUNDS);
      this.scheduler.deleteTimeout(FIRST);
    }
    if (this.scheduler.doesExist('interval', FLUSHING)) this.scheduler.deleteInterval(FLUSHING);
    await Promise.all([this.round, this.flushing]);
  }

  /** What fails is tried again the next time: while the database is away nothing can be looked at. */
  private flush(): void {
    this.flushing ??= this.book
      .flush()
      .catch((thrown: unknown) => this.logger.debug(`alerts were not looked at: ${messageOf(thrown)}`))
      .finally(() => (this.flushing = null));
  }

  private begin(): void {
    this.round ??= this.run().finally(() => (this.round = null));
  }

  private async run(): Promise<void> {
    try {
      await this.runner.runAll();
      await this.book.flush();
      await this.reports.makeIfDue();
    } catch (thrown) {
      this.logger.error(`a round of monitoring failed: ${messageOf(thrown)}`);
    }
  }
}
