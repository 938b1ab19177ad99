import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { hashJson, messageOf, type Json } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { LEARNING_ACTOR } from '../judging/publication.js';
import { FILTER_FEATURES } from './filter-features.js';
import { FilterStore } from './filter-store.js';
import { trainFilter } from './train-filter.js';

const HOUR_MS = 3_600_000;
const NAME = 'learning-filter';
const FIRST = 'learning-filter-first';
/** The first look waits until the start has calmed down, ms. */
const FIRST_MS = 60_000;

/** Makes the filter anew from the verdicts there are by now. Several servers may do so: the same verdicts give the same filter, stored once. */
@Injectable()
export class FilterSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Learning');
  private training: Promise<void> | null = null;
  private tried = -Infinity;

  constructor(
    private readonly config: AppConfig,
    private readonly scheduler: SchedulerRegistry,
    private readonly transactions: Transactions,
    private readonly store: FilterStore,
    private readonly log: LogAppender,
    private readonly gate: AutonomyGate,
  ) {}

  onApplicationBootstrap(): void {
    const { learningFilterHours: hours } = this.config;
    if (hours === 0) return;
    const tick = () => {
      this.training ??= this.trainIfDue(hours * HOUR_MS).finally(() => (this.training = null));
    };
    this.scheduler.addTimeout(FIRST, setTimeout(tick, FIRST_MS));
    this.scheduler.addInterval(NAME, setInterval(tick, HOUR_MS));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', NAME)) {
      this.scheduler.deleteInterval(NAME);
      this.scheduler.deleteTimeout(FIRST);
    }
    await this.training;
  }

  /** Learns from all verdicts. @returns whether there is a new filter */
  async train(): Promise<boolean> {
    const examples = await this.store.examples();
    const filter = trainFilter(examples);
    if (filter === null) return false;
    const features = FILTER_FEATURES.map(({ name }) => name);
    const input = hashJson({ version: filter.version, features, examples } as unknown as Json);
    const stored = await this.transactions.run(async (manager) => {
      if (!(await this.store.insert(manager, input, filter))) return false;
      await this.log.append(manager, [
        {
          ...{ kind: 'learning.filter', subject: NAME, actor: LEARNING_ACTOR },
          hash: hashJson(filter as unknown as Json),
          data: { input, ...filter.figures, threshold: filter.threshold, used: filter.unused === null },
        },
      ]);
      return true;
    });
    if (stored) this.log.committed();
    return stored;
  }

  /** Once in so many milliseconds, restarts and other servers included; tried once in as many where there is nothing new to learn. */
  private async trainIfDue(everyMs: number): Promise<void> {
    if (!this.gate.state().allowed || performance.now() - this.tried < everyMs) return;
    try {
      const age = Date.now() - ((await this.store.newest())?.trainedAt.getTime() ?? 0);
      if (age < everyMs) return;
      this.tried = performance.now();
      await this.train();
    } catch (thrown) {
      this.logger.warn(`the pre-filter could not be learnt anew: ${messageOf(thrown)}`);
    }
  }
}
