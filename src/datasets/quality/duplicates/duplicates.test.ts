import { Random } from '../../generators/index.js';
import { DistinctTexts } from './distinct-texts.js';
import { minhash, similarity } from './minhash.js';
import { NearDuplicates } from './near-duplicates.js';

const random = new Random('duplicates');
const word = () => `w${random.int(0, 5000)}`;
const textOf = (words: number) => Array.from({ length: words }, word);

it('estimates the share of shingles in common', () => {
  const words = textOf(1000);
  for (const shared of [200, 500, 900]) {
    const other = [...words.slice(0, shared), ...textOf(1000 - shared)];
    const expected = shared / (2000 - shared);
    const estimate = similarity(minhash(words.join(' ')), minhash(other.join(' ')));
    expect(Math.abs(estimate - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / 128));
  }
});

it('sees through letter case and punctuation, and tells short texts apart', () => {
  const same = (a: string, b: string) => similarity(minhash(a), minhash(b));
  expect(same('A dog, a cat and a mouse!', 'a dog a cat -- AND a mouse')).toBe(1);
  expect(same('yes', 'no')).toBe(0);
  expect(same('日本語の文章です', '日本語の文章です。')).toBe(1);
  expect(same('What is 5 + 3? 8', 'What is 6 + 2? 8')).toBeLessThan(0.5);
});

it('finds 99 % of copies with a changed word, and next to nothing else', () => {
  const index = new NearDuplicates();
  let missed = 0;
  let wrong = 0;
  for (let i = 0; i < 400; i++) {
    const words = textOf(60);
    if (index.check(minhash(words.join(' '))).duplicate) wrong++;
    if (!index.check(minhash(words.with(random.int(0, 59), 'changed').join(' '))).duplicate) missed++;
  }
  expect(wrong).toBe(0);
  expect(missed).toBeLessThanOrEqual(4);
});

it('says of which set an earlier text is', () => {
  const index = new NearDuplicates();
  const [known, fresh] = [minhash(textOf(30).join(' ')), minhash(textOf(30).join(' '))];
  index.addKnown(known, 'approved-1');
  expect(index.check(known)).toEqual({ duplicate: true, set: 'approved-1' });
  expect(index.check(fresh)).toEqual({ duplicate: false, set: null });
  expect(index.check(fresh)).toEqual({ duplicate: true, set: null });
});

it('does not slow down where everything looks alike', () => {
  const index = new NearDuplicates();
  const head = textOf(40);
  // Half of each text is the same: bands meet by chance, but no two texts are near.
  const began = process.cpuUsage();
  for (let i = 0; i < 600; i++) index.check(minhash([...head, ...textOf(40)].join(' ')));
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(10_000);
});

describe('different texts', () => {
  it('are counted exactly while they are few', () => {
    const counted = new DistinctTexts();
    for (let i = 0; i < 9000; i++) counted.add(`text ${i % 3000}`);
    expect([counted.total, counted.distinct()]).toEqual([9000, 3000]);
    expect(counted.copies()).toBeCloseTo(2 / 3);
  });

  it('are estimated within 5 % beyond', () => {
    const counted = new DistinctTexts();
    for (let i = 0; i < 60_000; i++) counted.add(`text ${i % 40_000}`);
    expect(Math.abs(counted.distinct() / 40_000 - 1)).toBeLessThan(0.05);
  });
});
