/** Somebody for whom bytes may wait. */
export interface Reader {
  /** Bytes that were sent but not yet taken by the network. */
  readonly bufferedAmount: number;
}

/** Whom to let go so that what waits for all others fits into a budget of bytes: those for whom most waits. */
export function beyondBudget<R extends Reader>(readers: Iterable<R>, budget: number): readonly R[] {
  const waiting = [...readers]
    .map((reader) => ({ reader, bytes: reader.bufferedAmount }))
    .filter(({ bytes }) => bytes > 0);
  let total = waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= budget) return [];
  waiting.sort((a, b) => b.bytes - a.bytes);
  const dropped: R[] = [];
  for (const { reader, bytes } of waiting) {
    if (total <= budget) break;
    dropped.push(reader);
    total -= bytes;
  }
  return dropped;
}
