import type { Lexicon } from './lexicon.js';
import type { Mask, MaskCache } from './mask-cache.js';
import type { State } from './states/state.js';
import { addAll, emptySet, isEmpty, removeAll, type TokenSet } from './token-set.js';
import { distinct, LONGEST_TOKEN } from './token-trie.js';

/** Tokens without which a token has to leave the text: itself, and the one that ends the answer. */
const TAKEN = 2;

/**
 * One answer's way through a constraint: which tokens may come next, and where each leads. Several places are followed at once
 * while alternatives look alike. An answer that may have so many tokens and no more is steered to an end in time.
 */
export class Matcher {
  private places: readonly State[];
  private next: TokenSet | null = null;

  /**
   * @param prefix names the grammar in the cache of masks
   * @param left tokens the answer may have; infinite where it is not steered
   */
  constructor(
    start: State,
    private readonly lexicon: Lexicon,
    private readonly masks: MaskCache,
    private readonly prefix: string,
    private left = Infinity,
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
    this.left--;
  }

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.places.some(({ complete }) => complete);
  }

  /** The tokens that may follow; where the end is near, of these the ones that leave enough tokens to come to it, if there are any. */
  private union(): TokenSet {
    const masks = this.places.map((place) => this.maskAt(place));
    const most = this.left - TAKEN;
    const near = (place: State, i: number) => place.need + masks[i].rise > most;
    const within = ({ need }: State) => need - LONGEST_TOKEN <= most;
    if (most !== Infinity && this.places.some(near) && this.places.some(within)) {
      const sets = this.places.map((place, i) =>
        near(place, i) ? this.tokensWithin(place, most) : masks[i].tokens,
      );
      const steered = this.join(sets);
      if (!isEmpty(steered)) return steered;
    }
    return this.join(masks.map(({ tokens }) => tokens));
  }

  private join(sets: readonly TokenSet[]): TokenSet {
    if (sets.length === 1) return sets[0];
    const all = emptySet(this.lexicon.size);
    for (const set of sets) addAll(all, set);
    return all;
  }

  private maskAt(place: State): Mask {
    return this.masks.get(this.prefix + place.maskKey, () => {
      const { lexicon } = this;
      const tokens = this.endsAt(place);
      if (place.plain === 0) return { tokens, rise: lexicon.all.collect(place, tokens) - place.need };
      addAll(tokens, lexicon.plainUpTo(place.plain));
      const need = Math.max(place.plainNeed, lexicon.notPlain.collect(place, tokens));
      return { tokens, rise: need - place.need };
    });
  }

  /** The tokens that leave places of which one needs at most `most` bytes. */
  private tokensWithin(place: State, most: number): TokenSet {
    const { lexicon } = this;
    const tokens = this.endsAt(place);
    if (place.plain === 0 || place.plainShrink === null) lexicon.all.collect(place, tokens, most);
    else {
      addAll(tokens, this.plainWithin(place, place.plainShrink, most));
      lexicon.notPlain.collect(place, tokens, most);
    }
    return tokens;
  }

  /** Plain tokens: each character lowers the need by one, until it is lower by `shrink`. */
  private plainWithin({ need, plain }: State, shrink: number, most: number): TokenSet {
    const { lexicon } = this;
    const tokens = emptySet(lexicon.size);
    const least = need - most;
    if (least > shrink) return tokens;
    addAll(tokens, lexicon.plainUpTo(plain));
    if (least > 1) removeAll(tokens, lexicon.plainUpTo(least - 1));
    return tokens;
  }

  private endsAt(place: State): TokenSet {
    const tokens = emptySet(this.lexicon.size);
    if (place.complete) addAll(tokens, this.lexicon.ends);
    return tokens;
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
