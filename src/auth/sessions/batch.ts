/** Asks one question for all keys that are wanted within the same turn of the event loop. */
export class Batch<T> {
  private waiting = new Map<string, PromiseWithResolvers<T>>();

  /** @param load answers for some keys, in their order */
  constructor(
    private readonly load: (keys: readonly string[]) => Promise<readonly T[]>,
    private readonly most: number,
  ) {}

  /** The answer for a key. Rejects, with all that were asked together, when the question fails. */
  get(key: string): Promise<T> {
    const known = this.waiting.get(key);
    if (known !== undefined) return known.promise;
    if (this.waiting.size === 0) setImmediate(() => void this.ask());
    const wanted = Promise.withResolvers<T>();
    this.waiting.set(key, wanted);
    return wanted.promise;
  }

  private async ask(): Promise<void> {
    const all = [...this.waiting];
    this.waiting = new Map();
    for (let first = 0; first < all.length; first += this.most)
      await this.askFor(all.slice(first, first + this.most));
  }

  private async askFor(wanted: readonly (readonly [string, PromiseWithResolvers<T>])[]): Promise<void> {
    try {
      const answers = await this.load(wanted.map(([key]) => key));
      wanted.forEach(([, { resolve }], i) => resolve(answers[i]));
    } catch (thrown) {
      for (const [, { reject }] of wanted) reject(thrown);
    }
  }
}
