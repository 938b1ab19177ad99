import type { Sha256 } from '../../common/hash.js';
import { utf8ToBytes } from '../../common/hash.js';

const WORDS_PER_HASH = 8;

/**
 * In which order examples are learnt: every epoch is a permutation that follows from the seed and the epoch's number alone
 * (Fisher and Yates, with random words from SHA-256), so that anybody can name the examples of any step.
 */
export class ExampleOrder {
  private readonly order: Uint32Array;
  private epoch = -1;

  /** @param count examples, at least one */
  constructor(
    private readonly seed: string,
    private readonly count: number,
    private readonly sha256: Sha256,
  ) {
    this.order = new Uint32Array(count);
  }

  /** The example at a place in the endless row of epochs. */
  at(place: number): number {
    const epoch = Math.floor(place / this.count);
    if (epoch !== this.epoch) this.shuffle(epoch);
    return this.order[place % this.count];
  }

  private shuffle(epoch: number): void {
    const { order, count } = this;
    for (let i = 0; i < count; i++) order[i] = i;
    let words = new Uint32Array(WORDS_PER_HASH);
    for (let i = count - 1; i > 0; i--) {
      const used = (count - 1 - i) % WORDS_PER_HASH;
      if (used === 0) words = this.wordsOf(`${this.seed}/epoch/${epoch}/${i}`);
      // the bias of the remainder is below count / 2^32
      const j = words[used] % (i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    this.epoch = epoch;
  }

  private wordsOf(text: string): Uint32Array<ArrayBuffer> {
    const digest = this.sha256(utf8ToBytes(text));
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    return Uint32Array.from({ length: WORDS_PER_HASH }, (_, i) => view.getUint32(i * 4, true));
  }
}
