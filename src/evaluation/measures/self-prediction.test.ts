import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { first, mixture, Random } from '../../datasets/index.js';
import { expectedGain } from './dataset-gain.js';
import { predictionOf, selfPrediction } from './self-prediction.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz ';

/** Documents of letters that follow no rule. */
function gibberish(documents: number, length: number): string[] {
  const random = new Random('gibberish');
  return Array.from({ length: documents }, () =>
    Array.from({ length }, () => LETTERS[random.int(0, LETTERS.length - 1)]).join(''),
  );
}

const sentences = [...first(32, mixture('train', 'self'))].map((example) => JSON.stringify(example));

describe('what a set tells of itself', () => {
  it('is much for texts with rules, and nothing but the letters for noise', () => {
    expect(selfPrediction(sentences)).toBeLessThan(1.5);
    expect(selfPrediction(gibberish(32, 1_000))).toBeGreaterThan(0.98 * Math.log(LETTERS.length));
    expect(selfPrediction([sentences.join('\n')])).toBeLessThan(2.2);
  });

  it('does not count what a text repeats within itself', () => {
    const repeated = gibberish(32, 12).map((text) => text.repeat(40));
    expect(selfPrediction(repeated)).toBeGreaterThan(0.9 * Math.log(LETTERS.length));
  });

  it('is that of chance where there is too little to learn from', () => {
    for (const texts of [[], [''], ['a']]) expect(selfPrediction(texts)).toBeGreaterThan(5);
  });
});

/** Prose of many subjects: pieces of what the documentation says. */
function prose(documents: number, length: number): string[] {
  const folder = join(packageRoot(), 'docs');
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const pieces = files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8').replace(/\s+/g, ' ');
    return [text.length >> 2, text.length >> 1].map((at) => text.slice(at, at + length));
  });
  return pieces.slice(0, documents);
}

describe('the expected gain', () => {
  const told = { floor: 0.5, letters: 2 };

  it('is what a loss exceeds what the model has elsewhere', () => {
    expect(expectedGain(2, 1, told)).toBe(0.5);
    expect(expectedGain(1, 2, told)).toBe(0);
    expect(expectedGain(1.1, 0.8, { floor: 1.8, letters: 2 })).toBeCloseTo(3 / 11);
  });

  it.each([
    [32, 512],
    [16, 1_000],
    [32, 120],
  ])(
    'of honest prose is not lost because %i documents of %i bytes tell little of each other',
    (many, length) => {
      const texts = prose(many, length);
      expect(texts).toHaveLength(many);
      expect(selfPrediction(texts)).toBeGreaterThan(1.8);
      expect(expectedGain(1.1, 0.8, predictionOf(texts))).toBeCloseTo(3 / 11);
    },
  );

  it.each([
    ['long', gibberish(32, 1_000)],
    ['short', gibberish(32, 40)],
    ['repeating itself', gibberish(32, 40).map((text) => text.repeat(10))],
    ['hexadecimal', gibberish(32, 64).map((text) => sha256Hex(text))],
  ])('of noise is none, however little a model makes of it: %s', (_, texts) => {
    for (const loss of [1.1, 3.4, 6]) expect(expectedGain(loss, 0.8, predictionOf(texts))).toBe(0);
  });
});
