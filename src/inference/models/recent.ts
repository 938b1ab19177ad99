/** Values by key, so many at most: the one that was asked for longest ago goes first. */
export class Recent<T> {
  private readonly kept = new Map<string, T>();

  constructor(private readonly most: number) {}

  /** How many there are. */
  get size(): number {
    return this.kept.size;
  }

  /** The value of a key, which is now the last one that goes; what `make` gives where there is none. */
  get(key: string, make: () => T): T {
    const value = this.kept.has(key) ? (this.kept.get(key) as T) : make();
    this.kept.delete(key);
    this.kept.set(key, value);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value as string);
    return value;
  }

  /** Forgets all. */
  clear(): void {
    this.kept.clear();
  }
}
