import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Json } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { ServingPlan, type StagedRelease } from '../../inference/index.js';
import { SharedReleaseFigures } from './release-figures.js';
import { SharedSettings } from '../shared/shared-settings.js';

const PREFIX = 'stage:';

/** A staged release with its version. */
export interface Stage extends StagedRelease {
  readonly version: string;
}

/** Which releases are staged beside the live ones, in the database and in every process's serving plan. */
@Injectable()
export class ReleaseStages implements OnModuleInit {
  constructor(
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly plan: ServingPlan,
    private readonly figures: SharedReleaseFigures,
  ) {}

  onModuleInit(): void {
    this.settings.watchAll(PREFIX, (name) => {
      const model = name.slice(PREFIX.length);
      this.plan.stage(model, this.of(model));
    });
  }

  /** What is staged for a model. */
  of(model: string): Stage | null {
    return (this.settings.get(PREFIX + model) as unknown as Stage | undefined) ?? null;
  }

  /** Since when it is staged so, ms since the epoch; null where nothing is. */
  since(model: string): Promise<number | null> {
    return this.settings.changedAt(PREFIX + model);
  }

  /** All that is staged, by model. */
  get all(): Readonly<Record<string, Stage>> {
    const models = this.settings.names(PREFIX).map((name) => name.slice(PREFIX.length));
    return Object.fromEntries(models.map((model) => [model, this.of(model) as Stage]));
  }

  /**
   * Stages a release, or takes away what is staged; every process has it when this resolves or within half a second.
   * @param begin called right before the change; where it throws, nothing changes
   */
  async set(model: string, stage: Stage | null, actor: string, begin = (): void => undefined): Promise<void> {
    await this.transactions.run(async (manager) => {
      begin();
      await this.put(manager, model, stage, actor);
    });
    await this.settings.refresh();
  }

  private async put(
    manager: EntityManager,
    model: string,
    stage: Stage | null,
    actor: string,
  ): Promise<void> {
    const before = this.of(model);
    // A canary is judged by its own answers, not by those it gave as a shadow.
    if (stage !== null && (stage.release !== before?.release || stage.stage !== before.stage))
      await this.figures.forget(manager, stage.release);
    await this.settings.put(manager, PREFIX + model, stage as unknown as Json, actor);
  }
}
