/** Tells the sequencer of this process that entries were committed; losing a poke only costs the polling interval. */
export class LogSignal {
  private readonly listeners = new Set<() => void>();

  /** Listens until the returned function is called. */
  onPoke(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Call after the commit of a transaction that appended entries. */
  poke(): void {
    for (const listener of this.listeners) listener();
  }
}
