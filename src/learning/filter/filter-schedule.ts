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
import { FilterStore } from './filter-store.js';
import { trainFilter } from './train-filter.js';

const HOUR_MS = 3_600_000;
const NAME = 'learning-filter';

/** Makes the filter anew from the verdicts there are by now. Several servers may do so: the same verdicts give the same filter, stored once. */
@Injectable()
export class FilterSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Learning');
  private training: Promise<unknown> = Promise.resolve();

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
      this.training = this.training.then(() => this.tryTraining());
    };
    this.scheduler.addInterval(NAME, setInterval(tick, hours * HOUR_MS).unref());
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', NAME)) this.scheduler.deleteInterval(NAME);
    await this.training;
  }

  /** Learns from all verdicts. @returns whether there is a new filter */
  async train(): Promise<boolean> {
    const examples = await this.store.examples();
    const filter = trainFilter(examples);
    if (filter === null) return false;
    const input = hashJson(examples as unknown as Json);
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

  private async tryTraining(): Promise<void> {
    if (!this.gate.state().allowed) return;
    try {
      await this.train();
    } catch (thrown) {
      this.logger.warn(`the pre-filter could not be learnt anew: ${messageOf(thrown)}`);
    }
  }
}
