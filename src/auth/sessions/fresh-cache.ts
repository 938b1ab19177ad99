interface Kept<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

/** Remembers answers for a short time, at most so many; callers at the same moment share one question. */
export class FreshCache<T> {
  private readonly kept = new Map<string, Kept<T>>();

  /** @param freshMs how long an answer counts */
  constructor(
    private readonly load: (key: string) => Promise<T>,
    private readonly freshMs: number,
    private readonly most: number,
  ) {}

  /** The answer to a key, at most `freshMs` old; a failure is not remembered. */
  get(key: string): Promise<T> {
    const now = performance.now();
    const known = this.kept.get(key);
    if (known !== undefined && known.until > now) return known.value;
    const value = this.load(key);
    this.kept.delete(key);
    this.kept.set(key, { until: now + this.freshMs, value });
    value.catch(() => this.kept.get(key)?.value === value && this.kept.delete(key));
    // Insertion order is age: the oldest goes first.
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value as string);
    return value;
  }

  /** Forgets everything: the next question is asked anew. */
  clear(): void {
    this.kept.clear();
  }
}
