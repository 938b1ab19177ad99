interface Kept<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

/** What a `FreshCache` keeps, and for how long. */
export interface FreshCacheLimits<T> {
  /** How long an answer counts, ms. */
  readonly freshMs: number;
  /** Answers at most; the oldest goes first. */
  readonly most: number;
  /** Whether an answer may be remembered; every one when absent. */
  readonly keeps?: (value: T) => boolean;
}

/**
 * Remembers answers for a short time, at most so many; callers at the same moment share one question. What is forgotten while it
 * is still being asked for is not remembered when its answer comes, so that whoever changes something forgets after the commit
 * and is sure.
 */
export class FreshCache<T> {
  private readonly kept = new Map<string, Kept<T>>();

  constructor(
    private readonly load: (key: string) => Promise<T>,
    private readonly limits: FreshCacheLimits<T>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The answer to a key, at most `freshMs` old; a failure is not remembered. */
  get(key: string): Promise<T> {
    const now = this.now();
    const known = this.kept.get(key);
    if (known !== undefined && known.until > now) return known.value;
    const value = this.load(key);
    this.kept.delete(key);
    this.kept.set(key, { until: now + this.limits.freshMs, value });
    this.dropUnlessKept(key, value);
    // Insertion order is age: the oldest goes first.
    if (this.kept.size > this.limits.most) this.kept.delete(this.kept.keys().next().value as string);
    return value;
  }

  /** Forgets one answer. */
  forget(key: string): void {
    this.kept.delete(key);
  }

  /** Forgets everything: the next question is asked anew. */
  clear(): void {
    this.kept.clear();
  }

  private dropUnlessKept(key: string, value: Promise<T>): void {
    const drop = () => this.kept.get(key)?.value === value && this.kept.delete(key);
    const { keeps } = this.limits;
    value.then((answer) => keeps?.(answer) === false && drop(), drop);
  }
}
