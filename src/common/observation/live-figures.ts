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
  private readonly groups = new Set<() => Readonly<Record<string, number>>>();

  /** Adds a figure until the returned function is called; a later reader of the same name replaces it. */
  register(name: string, read: FigureReader): () => void {
    this.readers.set(name, read);
    return () => {
      if (this.readers.get(name) === read) this.readers.delete(name);
    };
  }

  /** Adds figures that are read together, until the returned function is called. */
  registerGroup(read: () => Readonly<Record<string, number>>): () => void {
    this.groups.add(read);
    return () => {
      this.groups.delete(read);
    };
  }

  /** One figure now, without reading the others; undefined where nobody registered it by itself. */
  one(name: string): number | undefined {
    return this.readers.get(name)?.();
  }

  /** Every figure now. */
  read(): Readonly<Record<string, number>> {
    const single = [...this.readers].map(([name, read]) => [name, read()] as const);
    const grouped = [...this.groups].flatMap((read) => Object.entries(read()));
    return Object.fromEntries([...single, ...grouped]);
  }
}
