/** A set of token ids as bits: id i is bit i % 32 of word i / 32. */
export type TokenSet = Uint32Array;

/** An empty set for ids below `size`. */
export function emptySet(size: number): TokenSet {
  return new Uint32Array(Math.ceil(size / 32));
}

/** Puts an id in. */
export function addToken(set: TokenSet, id: number): void {
  set[id >>> 5] |= 1 << (id & 31);
}

/** Whether an id is in. */
export function hasToken(set: TokenSet, id: number): boolean {
  return ((set[id >>> 5] >>> (id & 31)) & 1) === 1;
}

/** Takes all ids of another set out. */
export function removeAll(set: TokenSet, others: TokenSet): void {
  for (let word = 0; word < set.length; word++) set[word] &= ~others[word];
}

/** Whether no id is in. */
export function isEmpty(set: TokenSet): boolean {
  return set.every((word) => word === 0);
}

/** Puts all ids of another set in. */
export function addAll(set: TokenSet, others: TokenSet): void {
  for (let word = 0; word < set.length; word++) set[word] |= others[word];
}
