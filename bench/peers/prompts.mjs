// The prompts that all sides get: the same ids, different ones in every round, so that no cache of earlier prompts can help.
// driver.c has the same formula.

/** Ids of the prompt of one stream. */
export function promptIds(round, stream, length, vocabulary) {
  return Array.from({ length }, (_, place) => (7 + 1009 * round + 131 * stream + 37 * place) % vocabulary);
}
