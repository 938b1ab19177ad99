import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { canonicalJson, messageOf, ok, type Json, type Result } from '../../common/index.js';
import { AppConfig, cacheProblem } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { EngineHost, EngineTuning, engineSize, mostStreams, type EngineSize } from '../../inference/index.js';
import { SharedSettings } from '../shared/shared-settings.js';

const SETTING = 'engine';

/** What was changed of the engine's size, and what it was before that. */
export interface SizeSetting {
  readonly size: Partial<EngineSize>;
  readonly before: Partial<EngineSize>;
}

const AS_CONFIGURED: SizeSetting = { size: {}, before: {} };

/** The engine's size while the server runs: kept in the database, taken up by the engine of every process. */
@Injectable()
export class EngineSizing implements OnModuleInit {
  private readonly logger = new Logger('Engine');
  private started = false;
  private applying: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly tuning: EngineTuning,
    private readonly host: EngineHost,
  ) {}

  onModuleInit(): void {
    this.settings.watch(SETTING, () => {
      const { size } = this.setting;
      if (canonicalJson(size as Json) === canonicalJson(this.tuning.size as Json)) return;
      this.tuning.size = size;
      // The engine is not running yet when the server starts: it takes the size by itself.
      if (this.started) this.apply();
    });
    this.started = true;
  }

  /** What was changed. */
  get setting(): SizeSetting {
    return (this.settings.get(SETTING) as unknown as SizeSetting | undefined) ?? AS_CONFIGURED;
  }

  /** The size an engine has that starts now. */
  get current(): EngineSize {
    return engineSize(this.config, this.tuning);
  }

  /** The size an engine would have with other changes. */
  sizeWith(size: Partial<EngineSize>): EngineSize {
    return engineSize(this.config, { size });
  }

  /** Answers that the engine of this server can make at once at most, however it is tuned. */
  get mostStreams(): number {
    return mostStreams(this.config.inferenceEngine);
  }

  /** When it was changed last, ms since the epoch; null: never. */
  changedAt(): Promise<number | null> {
    return this.settings.changedAt(SETTING);
  }

  /** Why an engine with this changed cannot be; null: it can. */
  problem(wanted: Partial<EngineSize>): string | null {
    const { inferenceEngine } = this.config;
    if ((wanted.streams ?? 0) > this.mostStreams)
      return `its engine (${inferenceEngine}) makes at most ${this.mostStreams} answers at once`;
    return cacheProblem({ ...this.current, ...wanted, inferenceEngine });
  }

  /**
   * Sets the size; resolves when this process's engine has it. Refuses with `ENGINE_UNAVAILABLE`.
   * @param before what a rollback goes back to then  @param begin called right before the change; where it throws, nothing changes
   */
  async set(
    size: Partial<EngineSize>,
    actor: string,
    before: Partial<EngineSize>,
    begin = (): void => undefined,
  ): Promise<Result<void>> {
    const setting: SizeSetting = { size, before };
    await this.transactions.run(async (manager) => {
      begin();
      await this.settings.put(manager, SETTING, setting as unknown as Json, actor);
    });
    await this.settings.refresh();
    await this.applying;
    const engine = await this.host.engine();
    return engine.ok ? ok() : engine;
  }

  private apply(): void {
    this.applying = this.applying
      .then(() => this.host.replace())
      .catch((thrown: unknown) => this.logger.error(`the engine was not replaced: ${messageOf(thrown)}`));
  }
}
