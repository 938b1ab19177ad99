import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { EventBus } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { PolledFigure } from '../../common/observation/polled-figure.js';

/** Decisions that count as recent, if they are of the last day. */
const RECENT = 20;

/** How sure the server was of its recent decisions, 0 to 1, as the live figure `decision_confidence`; not there without any. */
@Injectable()
export class ConfidenceFigure implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly figure = new PolledFigure('decision_confidence', () => this.measure());
  private leave: () => void = () => undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly figures: LiveFigures,
    private readonly events: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    this.figure.start(this.figures);
    this.leave = this.events.on('decision.changed', () => void this.figure.refresh());
  }

  onModuleDestroy(): Promise<void> {
    this.leave();
    return this.figure.stop();
  }

  /** Mean estimate of the newest decisions; orders of guardians are no estimates. */
  private async measure(): Promise<number | null> {
    const [{ confidence }] = await this.dataSource.query<{ confidence: number | null }[]>(
      `SELECT avg(estimate) FILTER (WHERE created_at >= (extract(epoch FROM now()) - 86400) * 1000) AS confidence FROM (
         SELECT estimate, created_at FROM decisions WHERE type <> 'guardian_override'
         ORDER BY position DESC LIMIT $1) AS recent`,
      [RECENT],
    );
    return confidence;
  }
}
