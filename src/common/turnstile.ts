/** Lets a few callers through at a time; the others wait in line, and when the line is full they are refused. */
export class Turnstile {
  private inside = 0;
  private readonly line: (() => void)[] = [];

  constructor(
    private readonly mostInside: number,
    private readonly mostWaiting: number,
    private readonly refusal: () => Error,
  ) {}

  /** Does the work when it is its turn. Throws the refusal when too many wait. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside < this.mostInside) this.inside++;
    else {
      if (this.line.length >= this.mostWaiting) throw this.refusal();
      await new Promise<void>((resolve) => this.line.push(resolve));
    }
    try {
      return await work();
    } finally {
      // Whoever waits takes this place, so that nobody new gets in between.
      const next = this.line.shift();
      if (next === undefined) this.inside--;
      else next();
    }
  }
}
