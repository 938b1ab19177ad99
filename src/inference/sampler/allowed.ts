import { hasToken, type TokenSet } from '../constraints/index.js';

const NONE = 0;
const ALL = 0xffffffff;

/** The greatest logit's token among those of a set; the lowest id among equals. */
export function argmaxAmong(logits: Float32Array, allowed: TokenSet): number {
  let best = -1;
  for (let word = 0; word < allowed.length; word++) {
    for (let bits = allowed[word]; bits !== NONE; bits &= bits - 1) {
      const id = word * 32 + 31 - Math.clz32(bits & -bits);
      if (best < 0 || logits[id] > logits[best]) best = id;
    }
  }
  return best;
}

/** Makes every token outside a set impossible. */
export function excludeOthers(logits: Float64Array, allowed: TokenSet): void {
  for (let word = 0; word < allowed.length; word++) {
    if (allowed[word] === ALL) continue;
    const end = Math.min(logits.length, word * 32 + 32);
    for (let id = word * 32; id < end; id++) if (!hasToken(allowed, id)) logits[id] = -Infinity;
  }
}
