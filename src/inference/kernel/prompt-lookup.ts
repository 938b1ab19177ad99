/** Ids proposed at once at most. */
export const LONGEST_DRAFT = 4;
/** The longest beginning that is looked for, and the shortest: what follows one id alone is too seldom the same. */
const LONGEST_MATCH = 3;
const SHORTEST_MATCH = 2;
/** How far back is looked, ids: bounds what a token costs in a long text. */
const REACH = 8192;

/**
 * Guesses the next ids of a sequence from itself: where its last ids occurred before, what followed them there (A. Saxena, "Prompt
 * Lookup Decoding", 2023). The longest match wins, the latest among equals; what
 * is repeated is taken to go on.
 * @param most ids wanted at most  @returns up to `most` ids, none where nothing matches
 */
export function lookUp(ids: readonly number[], most: number): readonly number[] {
  const end = ids.length;
  let [found, longest] = [0, SHORTEST_MATCH - 1];
  for (let next = end - 1; next > Math.max(0, end - REACH) && longest < LONGEST_MATCH; next--) {
    const length = matching(ids, next);
    if (length > longest) [found, longest] = [next, length];
  }
  const draft: number[] = [];
  if (longest < SHORTEST_MATCH) return draft;
  for (let next = found; draft.length < Math.min(most, LONGEST_DRAFT); next++)
    draft.push(next < end ? ids[next] : draft[next - end]);
  return draft;
}

/** How many ids before `next` are those at the end, at most `LONGEST_MATCH`. */
function matching(ids: readonly number[], next: number): number {
  let length = 0;
  while (length < LONGEST_MATCH && length < next && ids[next - 1 - length] === ids[ids.length - 1 - length])
    length++;
  return length;
}
