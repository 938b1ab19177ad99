import { DistinctTexts } from './distinct-texts.js';
import { overlapOf, type TextSketch } from './text-sketch.js';

function sketchOf(from: number, to: number, text = (i: number) => `text number ${i}`): TextSketch {
  const texts = new DistinctTexts();
  for (let i = from; i < to; i++) texts.add(text(i));
  return texts.sketch();
}

it('is exact for small sets, and does not care for letter case and punctuation', () => {
  const known = [['half', sketchOf(50, 150)] as const, ['none', sketchOf(500, 600)] as const];
  expect(overlapOf(sketchOf(0, 100), known)).toEqual({ bySet: { half: 0.5 }, share: 0.5 });
  const shouted = sketchOf(0, 100, (i) => `TEXT, number ${i}!`);
  expect(overlapOf(shouted, [['same', sketchOf(0, 100)]])).toEqual({ bySet: { same: 1 }, share: 1 });
});

it('adds up what different sets have', () => {
  const known = [['first', sketchOf(0, 50)] as const, ['second', sketchOf(50, 100)] as const];
  expect(overlapOf(sketchOf(0, 100), known)).toEqual({ bySet: { first: 0.5, second: 0.5 }, share: 1 });
});

it('estimates for large sets', () => {
  const own = sketchOf(0, 30_000);
  expect(own).toMatchObject({ whole: false });
  expect(own.hashes).toHaveLength(4096);
  const { bySet, share } = overlapOf(own, [['third', sketchOf(20_000, 60_000)]]);
  expect(Math.abs(bySet.third - 1 / 3)).toBeLessThan(0.05);
  expect(share).toBe(bySet.third);
  expect(overlapOf(own, [['copy', sketchOf(0, 30_000)]]).share).toBe(1);
});

it('finds a small set within a large one', () => {
  const { share } = overlapOf(sketchOf(1_000, 1_900), [['large', sketchOf(0, 20_000)]]);
  expect(share).toBe(1);
});

it('says nothing where too little can be compared', () => {
  expect(overlapOf(sketchOf(0, 20), [['huge', sketchOf(0, 100_000)]])).toEqual({ bySet: {}, share: 0 });
  expect(overlapOf(sketchOf(0, 0), [['any', sketchOf(0, 10)]])).toEqual({ bySet: {}, share: 0 });
});
