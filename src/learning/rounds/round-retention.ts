import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { LEARNING_ACTOR } from '../judging/publication.js';
import { roundEntry } from './round-log.js';
import { RoundStore } from './round-store.js';
import { termsHash } from './terms.js';

const HOUR_MS = 3_600_000;
const NAME = 'round-retention';

/** Removes what was shown in rounds that ended long ago: the hashes stay, the bytes go. Several servers may do so; each round is cleared once. */
@Injectable()
export class RoundRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rounds');
  private clearing: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly scheduler: SchedulerRegistry,
    private readonly store: RoundStore,
    private readonly transactions: Transactions,
    private readonly log: LogAppender,
    private readonly gate: AutonomyGate,
  ) {}

  onApplicationBootstrap(): void {
    const { taskWorkers, learningRoundDays: days } = this.config;
    if (taskWorkers === 0 || days === 0) return;
    const tick = () => {
      this.clearing ??= this.tryToClear().finally(() => (this.clearing = null));
    };
    this.scheduler.addInterval(NAME, setInterval(tick, HOUR_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', NAME)) this.scheduler.deleteInterval(NAME);
    await this.clearing;
  }

  /** Clears rounds that ended before the retention; a bounded number at a time, the others next time. @returns how many were cleared */
  async clear(): Promise<number> {
    let cleared = 0;
    for (const id of await this.store.outdated(this.config.learningRoundDays)) {
      const updates = await this.transactions.run((manager) => this.clearOne(manager, id));
      if (updates > 0) cleared++;
    }
    if (cleared > 0) this.log.committed();
    return cleared;
  }

  private async clearOne(manager: Parameters<RoundStore['hold']>[0], id: string): Promise<number> {
    const held = await this.store.hold(manager, id);
    if (!held.ok) return 0;
    const updates = await this.store.clear(manager, id);
    if (updates === 0) return 0;
    const hash = termsHash(held.value.terms);
    await this.log.append(manager, [roundEntry('cleared', id, LEARNING_ACTOR, hash, { updates })]);
    return updates;
  }

  private async tryToClear(): Promise<void> {
    if (!this.gate.state().allowed) return;
    try {
      await this.clear();
    } catch (thrown) {
      this.logger.warn(`updates of old rounds could not be removed: ${messageOf(thrown)}`);
    }
  }
}
