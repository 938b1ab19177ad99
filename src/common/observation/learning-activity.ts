import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LiveFigures } from './live-figures.js';
import { PolledFigure } from './polled-figure.js';

/** So many works at once or within the hour draw half a ring. */
const HALF = 2;

/** Counts what is in work now or was within the last hour. */
export type WorkCounter = () => Promise<number>;

/**
 * How much is being learnt, from 0 (nothing within an hour) to 1, as the live figure `learning_activity`: n / (n + 2) for n
 * works. Modules that learn say what they have in work.
 */
@Injectable()
export class LearningActivity implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly counters: WorkCounter[] = [];
  private readonly figure = new PolledFigure('learning_activity', () => this.measure());

  constructor(private readonly figures: LiveFigures) {}

  onApplicationBootstrap(): void {
    if (this.counters.length > 0) this.figure.start(this.figures);
  }

  onModuleDestroy(): Promise<void> {
    return this.figure.stop();
  }

  /** Adds works to what is counted; before the server has started. */
  add(counter: WorkCounter): void {
    this.counters.push(counter);
  }

  private async measure(): Promise<number> {
    const counts = await Promise.all(this.counters.map((count) => count()));
    const works = counts.reduce((sum, count) => sum + count, 0);
    return works / (works + HALF);
  }
}
