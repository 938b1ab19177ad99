import type { LiveFigures } from './live-figures.js';

/** How often a figure is read, ms. */
export const POLL_MS = 10_000;

/** A live figure that takes a question to the database: asked every ten seconds, and not there while nobody can say. */
export class PolledFigure {
  private value: number | null = null;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | null = null;
  private leave: () => void = () => undefined;

  /** @param read null: there is nothing to tell of; a rejection means the same */
  constructor(
    private readonly name: string,
    private readonly read: () => Promise<number | null>,
  ) {}

  /** Publishes it. */
  start(figures: LiveFigures): void {
    this.leave = figures.registerGroup(() => (this.value === null ? {} : { [this.name]: this.value }));
    this.timer = setInterval(() => void this.refresh(), POLL_MS);
    this.timer.unref();
    void this.refresh();
  }

  /** Takes it away, and waits until nobody is asked any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.leave();
    await this.reading;
  }

  /** Reads it now; a question that is still being answered is not asked twice. */
  refresh(): Promise<void> {
    this.reading ??= this.ask().finally(() => (this.reading = null));
    return this.reading;
  }

  private async ask(): Promise<void> {
    this.value = await this.read().catch(() => null);
  }
}
