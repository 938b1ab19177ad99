import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AutonomyGate, type AutonomyState } from '../../common/autonomy/autonomy-gate.js';
import { EventBus, messageOf, systemClock, type Json } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { ServingPlan } from '../../inference/index.js';
import { LogAppender } from '../../log/index.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { SharedSettings } from '../shared/shared-settings.js';
import { stopStateOf, type StopState } from './autonomy-state.js';
import { StopFile } from './stop-file.js';

const SETTING = 'autonomy';
/** Who stopped it where only a file says so. */
const FILE_ACTOR = 'signal file';

/**
 * The emergency stop. It closes the gate in this process at once and in every other by a shared setting; the signal file
 * closes the gate of its own process without a database, and then tells the others. Only a guardian opens it again.
 */
@Injectable()
export class EmergencyStop implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Guardian');
  private readonly file: StopFile;
  private shared: StopState = stopStateOf(undefined);
  /** What this process was told and the shared setting may not say yet. */
  private told: StopState | null = null;
  private announced = '';
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    config: AppConfig,
    private readonly gate: AutonomyGate,
    private readonly serving: ServingPlan,
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
    private readonly events: EventBus,
  ) {
    this.file = new StopFile(config.dataDir, (reason) => this.fileChanged(reason));
    this.gate.guardBy(() => this.gateState());
  }

  async onModuleInit(): Promise<void> {
    this.settings.watch(SETTING, (value) => {
      this.shared = stopStateOf(value);
      this.told = null;
      this.announce();
    });
    await this.file.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.file.stop();
    await this.keeping;
  }

  /** How things stand in this process. */
  get state(): StopState {
    const known = this.told ?? this.shared;
    const reason = this.file.reason;
    if (known.stopped || reason === null) return known;
    return { stopped: true, inference: known.inference, by: FILE_ACTOR, reason, at: null };
  }

  /** Stops all automatic action, and with `inference` answers, too. Doing it again only changes the reason. */
  async stop(by: string, reason: string, inference: boolean): Promise<StopState> {
    // The gate of this process closes before anything is awaited.
    const now = {
      stopped: true,
      inference: inference || this.state.inference,
      by,
      reason,
      at: systemClock.now(),
    };
    this.told = now;
    this.announce();
    await this.keep(now, 'autonomy.stopped');
    return this.state;
  }

  /** Lets automatic action and answers go on. */
  async resume(by: string, reason: string): Promise<StopState> {
    await this.file.remove();
    const now = { stopped: false, inference: false, by, reason, at: systemClock.now() };
    await this.keep(now, 'autonomy.resumed');
    this.told = null;
    this.announce();
    return this.state;
  }

  private async keep(state: StopState, event: string): Promise<void> {
    // In the order they were asked for: a stop that is still being written must not undo a later resume.
    const before = this.keeping;
    const kept = before.then(() => this.write(state, event));
    this.keeping = kept.catch(() => undefined);
    await kept;
  }

  private async write(state: StopState, event: string): Promise<void> {
    const { by: actor, reason, inference } = state;
    await this.transactions.run(async (manager) => {
      await this.settings.put(manager, SETTING, state as unknown as Json, actor);
      await this.trail.append(manager, { event, actor, reason, facts: { inference } });
    });
    this.log.committed();
    await this.settings.refresh();
  }

  private gateState(): AutonomyState {
    const { stopped, by, reason } = this.state;
    return stopped
      ? { allowed: false, reason: `stopped by ${by}: ${reason}` }
      : { allowed: true, reason: '' };
  }

  private fileChanged(reason: string | null): void {
    this.announce();
    if (reason === null || this.shared.stopped) return;
    this.stop(FILE_ACTOR, reason, false).catch((thrown: unknown) =>
      this.logger.error(
        `the stop by signal file holds here, but could not be recorded: ${messageOf(thrown)}`,
      ),
    );
  }

  private announce(): void {
    const { stopped, inference, by, reason } = this.state;
    this.serving.close(inference ? `stopped by ${by}: ${reason}` : null);
    const words = JSON.stringify([stopped, inference, by, reason]);
    if (words === this.announced) return;
    const first = this.announced === '';
    this.announced = words;
    if (first && !stopped) return;
    if (stopped) this.logger.warn(`automatic action is stopped by ${by}: ${reason}`);
    else this.logger.log(`automatic action goes on: ${by}: ${reason}`);
    this.events.emit('autonomy.changed', { stopped, by, reason });
  }
}
