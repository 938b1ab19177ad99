import {
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { PayloadPacker } from './payload-packer.js';

const HOUR_MS = 3_600_000;

/**
 * Looks after the forms of payloads once an hour where `DELTA_COLD_HOURS` asks for it, but not during an emergency stop. One server does so: the lock file of a data folder
 * allows no second one beside it.
 */
@Injectable()
export class PackingSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Payloads');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private stopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly packer: PayloadPacker,
    @Optional() private readonly gate: AutonomyGate = new AutonomyGate(),
  ) {}

  onApplicationBootstrap(): void {
    const { taskWorkers, deltaColdHours } = this.config;
    if (taskWorkers === 0 || deltaColdHours === 0) return;
    this.timer = setInterval(() => {
      this.running ??= this.runIfAllowed().finally(() => (this.running = null));
    }, HOUR_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** One run, unless automatic action is stopped; a stop ends it after the payload it is at. */
  async runIfAllowed(): Promise<void> {
    try {
      const isOver = () => this.stopping || !this.gate.state().allowed;
      if (!isOver()) await this.packer.run(isOver);
    } catch (thrown) {
      if (!this.stopping) this.logger.warn(`payloads could not be packed: ${messageOf(thrown)}`);
    }
  }
}
