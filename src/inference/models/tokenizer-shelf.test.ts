import fc from 'fast-check';
import { genesisModel } from '../../../test/factories/served-model.js';
import { KEPT_TOKENIZERS, SentTokenizers, TokenizerShelf } from './tokenizer-shelf.js';

const { source } = genesisModel().tokenizer!;

/** What is sent for a key, and that the other side can read it. */
function ask(sent: SentTokenizers, shelf: TokenizerShelf, key: string): boolean {
  const sending = sent.send(key, source);
  shelf.get(key, sending);
  return sending !== null;
}

describe('tokenizers of the thread', () => {
  it('are sent once as long as they are in use, and the one unused for longest goes', () => {
    const [sent, shelf] = [new SentTokenizers(), new TokenizerShelf()];
    const keys = Array.from({ length: KEPT_TOKENIZERS }, (_, i) => `t${i}`);
    expect(keys.map((key) => ask(sent, shelf, key))).toEqual(keys.map(() => true));
    expect(keys.map((key) => ask(sent, shelf, key))).toEqual(keys.map(() => false));
    ask(sent, shelf, 't0');
    ask(sent, shelf, 'another');
    expect(shelf.size).toBe(KEPT_TOKENIZERS);
    expect([ask(sent, shelf, 't0'), ask(sent, shelf, 't1')]).toEqual([false, true]);
  });

  it('are always there when they are not sent, whatever is asked for in whatever order', () => {
    const key = fc.integer({ min: 0, max: 2 * KEPT_TOKENIZERS }).map(String);
    fc.assert(
      fc.property(fc.array(key, { maxLength: 40 }), (keys) => {
        const [sent, shelf] = [new SentTokenizers(), new TokenizerShelf()];
        for (const each of keys) ask(sent, shelf, each);
        expect(shelf.size).toBeLessThanOrEqual(KEPT_TOKENIZERS);
      }),
      { numRuns: 20 },
    );
  });

  it('are sent again to a thread that was started again', () => {
    const sent = new SentTokenizers();
    ask(sent, new TokenizerShelf(), 'a');
    sent.clear();
    expect(ask(sent, new TokenizerShelf(), 'a')).toBe(true);
  });
});
