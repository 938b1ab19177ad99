import { Injectable } from '@nestjs/common';
import { systemClock, type Json } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { SharedSettings } from '../shared/shared-settings.js';

const PREFIX = 'rollout:';

/** A release that is brought to people by stages. */
export interface Rollout {
  /** Hash of the release block. */
  readonly release: string;
  readonly version: string;
  /** The step that was asked for last, and when, ms since the epoch. */
  readonly step: 'shadow' | 'canary' | 'promote' | 'withdraw';
  readonly at: number;
  /** Hash of the release that must be live as long; left out: any. */
  readonly base?: string;
  /** The decision by which it began, and that about the step. */
  readonly asked?: string;
  readonly decision?: string;
}

/** Which releases are brought to people by stages; the same in every process. One at a time for each model: a later one takes its place. */
@Injectable()
export class Rollouts {
  constructor(
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
  ) {}

  /** That of a model; null where there is none. */
  of(model: string): Rollout | null {
    return (this.settings.get(PREFIX + model) as unknown as Rollout | undefined) ?? null;
  }

  /** Has this process know what others have noted. */
  async refresh(): Promise<void> {
    await this.settings.refresh();
  }

  /** Notes that a step was asked for. */
  async note(model: string, rollout: Omit<Rollout, 'at'>, actor: string): Promise<void> {
    await this.put(model, { ...rollout, at: systemClock.now() } as unknown as Json, actor);
  }

  /** It is over, whichever way. */
  async end(model: string, actor: string): Promise<void> {
    await this.put(model, null, actor);
  }

  private async put(model: string, value: Json, actor: string): Promise<void> {
    await this.transactions.run((manager) => this.settings.put(manager, PREFIX + model, value, actor));
    await this.settings.refresh();
  }
}
