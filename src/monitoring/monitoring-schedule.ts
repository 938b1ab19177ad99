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
const ROUNDS = 'monitoring-rounds';
const FIRST = 'monitoring-first-round';

/** Runs all agents every few minutes, and the health report when it is due. A round that still runs is not joined by another. */
@Injectable()
export class MonitoringSchedule implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Monitoring');
  private round: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly scheduler: SchedulerRegistry,
    private readonly runner: AgentRunner,
    private readonly book: AlertBook,
    private readonly reports: HealthReports,
  ) {}

  onApplicationBootstrap(): void {
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
    await this.round;
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
