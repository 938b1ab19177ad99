import { Injectable } from '@nestjs/common';

/** Reads one current value, cheaply and without waiting. */
export type FigureReader = () => number;

/**
 * Figures the dashboard draws once a second (`tokens_per_second`, `queue_depth`, `log_size`, …); names carry their unit.
 * Modules register how each is read.
 */
@Injectable()
export class LiveFigures {
  private readonly readers = new Map<string, FigureReader>();

  /** Adds a figure until the returned function is called; a later reader of the same name replaces it. */
  register(name: string, read: FigureReader): () => void {
    this.readers.set(name, read);
    return () => {
      if (this.readers.get(name) === read) this.readers.delete(name);
    };
  }

  /** Every figure now. */
  read(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.readers].map(([name, read]) => [name, read()]));
  }
}
