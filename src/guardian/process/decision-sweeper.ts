import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { EventBus, messageOf } from '../../common/index.js';
import { DecisionStore } from '../store/decision-store.js';
import { DecisionRecovery } from './decision-recovery.js';
import { EscalationService } from './escalation-service.js';
import { SupersededQuestions } from './superseded-questions.js';

const SWEEP_MS = 5_000;

/** Looks after what nobody is at: questions past their time or about what is gone, and actions that a crash cut off. */
@Injectable()
export class DecisionSweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Decisions');
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | null = null;
  private stopped = false;
  private leave = (): void => undefined;

  constructor(
    private readonly store: DecisionStore,
    private readonly escalations: EscalationService,
    private readonly recovery: DecisionRecovery,
    private readonly superseded: SupersededQuestions,
    private readonly events: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.begin(), SWEEP_MS);
    this.timer.unref();
    // What other replicas make live is seen by the next sweep.
    this.leave = this.events.on('release.live', () => this.begin());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    this.leave();
    await this.sweeping;
  }

  private begin(): void {
    this.sweeping ??= this.sweep().finally(() => (this.sweeping = null));
  }

  private async sweep(): Promise<void> {
    try {
      await this.escalations.expire();
      await this.superseded.look();
      for (const id of await this.store.left()) if (!this.stopped) await this.recover(id);
    } catch (thrown) {
      this.complain(thrown);
    }
  }

  /** One that cannot be looked after must not keep the others waiting. */
  private async recover(id: string): Promise<void> {
    await this.recovery.recover(id).catch((thrown: unknown) => this.complain(thrown));
  }

  private complain(thrown: unknown): void {
    if (!this.stopped) this.logger.warn(`could not look after decisions: ${messageOf(thrown)}`);
  }
}
