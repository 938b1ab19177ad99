import type { Lexicon } from './lexicon.js';
import type { MaskCache } from './mask-cache.js';
import type { State } from './states/state.js';
import { addAll, emptySet, type TokenSet } from './token-set.js';
import { distinct } from './token-trie.js';

/**
 * One answer's way through a constraint: which tokens may come next, and where each leads. Several places are followed at once
 * while alternatives look alike.
 */
export class Matcher {
  private places: readonly State[];
  private next: TokenSet | null = null;

  /** @param prefix names the grammar in the cache of masks */
  constructor(
    start: State,
    private readonly lexicon: Lexicon,
    private readonly masks: MaskCache,
    private readonly prefix: string,
  ) {
    this.places = [start];
  }

  /**
   * The tokens that may come next; never none. Null when the tokens so far do not obey the constraint, as may be found when
   * a recorded answer is replayed: then nothing is left to hold on to.
   */
  allowed(): TokenSet | null {
    if (this.places.length === 0) return null;
    this.next ??= this.union();
    return this.next;
  }

  /** Takes the next token. */
  accept(token: number): void {
    const bytes = this.lexicon.bytes(token);
    const reached = bytes.length === 0 ? [] : this.places.flatMap((place) => follow(place, bytes));
    this.places = distinct(reached);
    this.next = null;
  }

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.places.some(({ complete }) => complete);
  }

  private union(): TokenSet {
    const sets = this.places.map((place) =>
      this.masks.get(this.prefix + place.maskKey, () => this.tokensAt(place)),
    );
    if (sets.length === 1) return sets[0];
    const all = emptySet(this.lexicon.size);
    for (const set of sets) addAll(all, set);
    return all;
  }

  private tokensAt(place: State): TokenSet {
    const { lexicon } = this;
    const found = emptySet(lexicon.size);
    if (place.complete) addAll(found, lexicon.ends);
    if (place.plain === 0) lexicon.all.collect(place, found);
    else {
      addAll(found, lexicon.plainUpTo(place.plain));
      lexicon.notPlain.collect(place, found);
    }
    return found;
  }
}

/** As the walk over all tokens: places that look alike are one, and not too many are followed. */
function follow(start: State, bytes: Uint8Array): readonly State[] {
  let places: readonly State[] = [start];
  for (const byte of bytes) {
    const next: State[] = [];
    for (const place of places) place.step(byte, next);
    places = next.length > 1 ? distinct(next) : next;
    if (places.length === 0) break;
  }
  return places;
}
