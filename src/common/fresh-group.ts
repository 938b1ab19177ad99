interface Kept<T> {
  readonly value: Promise<T>;
  readonly until: number;
  /** Asked for since it was loaded: somebody may ask again. */
  used: boolean;
}

/** What a `FreshGroup` keeps, and for how long. */
export interface FreshGroupLimits {
  /** How long an answer counts, ms. */
  readonly freshMs: number;
  /** Answers at most; the oldest goes first. */
  readonly most: number;
  /** Answers that one question may ask for. */
  readonly together: number;
}

/**
 * Remembers answers for a short time, as `FreshCache` does, where one question can give many: when one is due, those that were asked
 * for and are due soon come along with it. Many callers with an answer each cost a few questions a second instead of one each.
 */
export class FreshGroup<T> {
  private readonly kept = new Map<string, Kept<T>>();

  /** @param load answers to some keys, in their order */
  constructor(
    private readonly load: (keys: readonly string[]) => Promise<readonly T[]>,
    private readonly limits: FreshGroupLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The answer to a key, at most `freshMs` old; a failure is not remembered. */
  get(key: string): Promise<T> {
    const now = this.now();
    const known = this.kept.get(key);
    if (known !== undefined && known.until > now) {
      known.used = true;
      return known.value;
    }
    // the one that is asked for is kept last, so that it does not go for those that come along
    const keys = [...this.dueSoon(key, now), key];
    const answers = this.load(keys);
    keys.forEach((each, i) => this.keep(each, answers, i, now));
    return (this.kept.get(key) as Kept<T>).value;
  }

  /** Forgets one answer. */
  forget(key: string): void {
    this.kept.delete(key);
  }

  /** Forgets everything: the next question is asked anew. */
  clear(): void {
    this.kept.clear();
  }

  /** Others that somebody uses, and that have lived through half of their time. */
  private dueSoon(key: string, now: number): string[] {
    const { freshMs, together } = this.limits;
    const others: string[] = [];
    // insertion order is age
    for (const [other, { until, used }] of this.kept) {
      if (others.length + 1 >= together || until - now > freshMs / 2) break;
      if (used && other !== key) others.push(other);
    }
    return others;
  }

  private keep(key: string, answers: Promise<readonly T[]>, place: number, now: number): void {
    const value = answers.then((all) => all[place]);
    const fresh = { value, until: now + this.limits.freshMs, used: false };
    this.kept.delete(key);
    if (this.kept.size >= this.limits.most) this.kept.delete(this.kept.keys().next().value as string);
    this.kept.set(key, fresh);
    value.catch(() => this.kept.get(key) === fresh && this.kept.delete(key));
  }
}
